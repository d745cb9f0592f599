"""`dateline comments`: what is done with many comments at once."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer
from rich.progress import Progress

from app.articles import queries as articles
from app.carrying import exporting
from app.carrying.disqus import NotDisqusError
from app.carrying.importing import Outcome, entries_of, import_comments
from app.commands.common import fail, people, say
from app.commands.output import put
from app.commands.working import opened, read_from, with_database, write_whole
from app.comments import recounting
from app.core.database import Database, ReadSession

group = typer.Typer(help="Carry comments in and out, and recount them.", no_args_is_help=True, add_completion=False)

_TOLD_FAULTS = 20
_FORMS: dict[str, Callable[[ReadSession, UUID | None], AsyncIterator[tuple[int, bytes]]]] = {
    "lines": exporting.as_lines,
    "disqus": exporting.as_disqus,
}


@group.command("export")
def export_comments(
    file: Annotated[Path, typer.Argument(help="Where to; it is replaced when the export is whole.")],
    form: Annotated[Literal["lines", "disqus"], typer.Option("--format", help="Lines of JSON, or the XML of Disqus.")] = "lines",
    article: Annotated[str | None, typer.Option(help="Only the comments of this article: its id or slug.")] = None,
) -> None:
    """Write comments into a file, as they are at one moment, without readers' addresses."""

    async def parts(session: ReadSession) -> AsyncIterator[tuple[int, bytes]]:
        only = None if article is None else (await articles.get_article(session, article)).id
        async for part in _FORMS[form](session, only):
            yield part

    count = write_whole(file, parts)
    say(f"{count} comments are in {file}.")


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="Lines of JSON, or the XML of Disqus.", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    source: Annotated[str | None, typer.Option(help="Where the comments are from, whatever the file says of it.")] = None,
    articles_from: Annotated[
        str | None, typer.Option(help="The source of articles whose external ids the file names them by.")
    ] = None,
) -> None:  # fmt: skip
    """Take comments in that are not here yet. It may be repeated: what is here stays as it is."""
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress, opened(file) as carried:
        task = progress.add_task("Importing", total=os.fstat(carried.fileno()).st_size or None)

        async def work(database: Database) -> Outcome:
            return await import_comments(
                database, read_from(file, lambda: entries_of(carried)), source=source, articles_from=articles_from, dry_run=dry_run,
                report=lambda: progress.update(task, completed=carried.tell() if carried.seekable() else None),
            )  # fmt: skip

        try:
            outcome = with_database(work)
        except NotDisqusError as error:
            fail("import", f"{error}. What came before it was taken in." if not dry_run else f"{error}.")
    for line, why in outcome.faults[:_TOLD_FAULTS]:
        say((f"line {line}: ", "yellow"), why)
    if outcome.refused > _TOLD_FAULTS:
        say(f"… and {outcome.refused - _TOLD_FAULTS} more.")
    would = "would be" if dry_run else "were"
    say(f"{outcome.created} comments {would} taken in, {outcome.known} are here already, {outcome.refused} {would} left out.")
    raise typer.Exit(1 if outcome.refused else 0)


@group.command("recount")
def recount_comments(
    mend: Annotated[bool, typer.Option("--mend", help="Put right what is wrong; without it, it is only told.")] = False,
    article: Annotated[str | None, typer.Option(help="Only the discussion of this article: its id or slug.")] = None,
) -> None:
    """Hold every counter of comments and votes against what it counts. It ends with 1 where one is wrong and stays so."""
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress:
        task = progress.add_task("Recounting", total=None)

        async def work(database: Database) -> tuple[int, int]:
            threads = wrong = 0
            async with database.reading() as session:
                only = None if article is None else (await articles.get_article(session, article)).id
            async with aclosing(recounting.check(database, mend=mend, article=only)) as recounted:
                async for _, found in recounted:
                    threads, wrong = threads + 1, wrong + len(found)
                    progress.update(task, completed=threads)
                    for one in found:
                        put(one)
            return threads, wrong

        threads, wrong = with_database(work)
    what = "were wrong, and are mended" if mend else "are wrong"
    say(f"{threads} discussions were recounted; {wrong} counters {what}.")
    raise typer.Exit(1 if wrong and not mend else 0)
