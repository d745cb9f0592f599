"""`dateline doctor`: what is wrong, and how to mend it."""

import asyncio

import typer

from app.commands.common import say
from app.core import doctor
from app.core.settings import Settings


def examine() -> None:
    """Say what is wrong with settings, database, migrations, write access or indexes, and how to mend it."""
    findings = [*doctor.names(), *asyncio.run(doctor.examine())]
    if all(finding.sound for finding in findings):
        findings += doctor.check_indexes(Settings())
    for finding in findings:
        say(("ok   ", "green") if finding.sound else ("BAD  ", "bold red"), (f"{finding.name}: ", "bold"), finding.detail)
    raise typer.Exit(0 if all(finding.sound for finding in findings) else 1)
