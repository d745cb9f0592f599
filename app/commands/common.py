"""What every command does: read the settings, and tell people how it went."""

from typing import NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from app.core import doctor
from app.core.settings import Settings

people = Console(stderr=True, highlight=False, soft_wrap=True)


def say(*parts: str | tuple[str, str]) -> None:
    """Tell a person something, on standard error: standard output is for programs."""
    people.print(Text.assemble(*parts))


def fail(what: str, detail: str, code: int = 1) -> NoReturn:
    """Say what went wrong, and end."""
    say((f"{what}: ", "bold red"), detail)
    raise typer.Exit(code)


def read_settings() -> Settings:
    """The settings; where one is wrong, that is said."""
    try:
        return Settings()
    except ValidationError as error:
        fail("settings", doctor.settings_fault(error))


def insist(findings: list[doctor.Finding]) -> None:
    """End with the first finding that is not sound."""
    for finding in findings:
        if not finding.sound:
            fail(finding.name, finding.detail)
