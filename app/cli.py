"""The command `dateline`. Whatever goes wrong is said in a sentence, with an exit code that is not 0."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app import __version__
from app.commands.output import put, written

COMMANDS = {
    "serve": "serve:serve",
    "worker": "worker:worker",
    "migrate": "migrate:migrate",
    "demo": "demo:demo",
    "export": "archive:export_archive",
    "import": "archive:import_file",
    "doctor": "examine:examine",
    "keys": "keys:group",
    "comments": "comments:group",
    "people": "people:group",
    "reseal": "secrets:reseal_all",
    "restored": "restored:restored",
}
"""Where each command, or group of them, is found in `app.commands`."""


class Commands(TyperGroup):
    """Loads a command when it is asked for: to serve takes neither what migrates nor what carries archives."""

    def __init__(self, **said: Any) -> None:
        super().__init__(**said)
        named: dict[str, Any] = {**COMMANDS}
        self.commands = named

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer hands both over
        """The command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        with _collector_at_rest():
            found = getattr(import_module(f"app.commands.{module}"), name)
        command = typer.main.get_command(found if isinstance(found, typer.Typer) else _alone(found))
        command.name = cmd_name
        return command


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """While modules load: what they make stays, and looking through it again and again is a fifth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _alone(work: Callable[..., None]) -> typer.Typer:
    made = typer.Typer(add_completion=False)
    made.command()(work)
    return made


program = typer.Typer(name="dateline", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        put(f"dateline {__version__}")
        raise typer.Exit


@program.callback()
def about(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)] = False,
) -> None:
    """The content API of a newsroom."""


def main() -> None:
    """Run the command of this process."""
    try:
        program()
    finally:
        if sys.stdout is not None:  # It may be closed from the beginning.
            with written():
                pass


if __name__ == "__main__":
    main()
