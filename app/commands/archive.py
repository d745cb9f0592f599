"""`dateline export` and `import`: everything, in one file."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from app.changes import archive
from app.changes.importing import ImportRefusedError, import_archive
from app.commands.common import fail, people, say
from app.commands.working import opened, read_from, with_database, write_whole
from app.core.database import ReadSession


def export_archive(file: Annotated[Path, typer.Argument(help="Where to; it is replaced when the export is whole.")]) -> None:
    """Write everything into a file, as it is at one moment: all but keys, the log, and readers' addresses."""

    async def parts(session: ReadSession) -> AsyncIterator[tuple[int, bytes]]:
        async for lines in archive.lines(session):
            yield lines.count(b"\n"), lines

    count = write_whole(file, parts)
    say(f"{count - 2} rows are in {file}.")


def import_file(file: Annotated[Path, typer.Argument(help="What `dateline export` wrote.", exists=True, dir_okay=False)]) -> None:
    """Fill an empty newsroom with what was exported: the whole of it, or nothing."""
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress, opened(file) as archived:
        task = progress.add_task("Importing", total=None)
        lines = read_from(file, lambda: iter(archived))
        try:
            count = with_database(lambda database: import_archive(database, lines, lambda done: progress.update(task, completed=done)))
        except ImportRefusedError as error:
            fail("import", f"{error}. Nothing was imported.")
    say(f"{count} rows were imported.")
