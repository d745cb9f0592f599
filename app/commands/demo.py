"""`dateline demo`: the invented newsroom."""

from typing import Annotated

import typer
from rich.progress import Progress

from app.commands.common import fail, people, say
from app.commands.working import with_database
from app.demo.loader import DemoStandsAlreadyError, load_demo


def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where sections or articles stand already.")] = False,
) -> None:
    """Load the invented newsroom: sections, authors, tags, articles and comments."""
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress:
        task = progress.add_task("Loading the demo newsroom", total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        try:
            count = with_database(lambda database: load_demo(database, if_empty=if_empty, report=report))
        except DemoStandsAlreadyError as error:
            fail("demo", str(error))
        except KeyboardInterrupt:
            fail("demo", "It was interrupted, and a part of it is there. To begin anew, begin with an empty database.", 130)
    if count:
        say(f"The invented newsroom is loaded: {count} articles.")
