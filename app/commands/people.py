"""`dateline people`: what one person wrote and what else is kept of them, given out; and erased."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_core import to_json
from rich.progress import Progress

from app.commands.common import fail, people, read_settings, say
from app.commands.working import with_database, write_whole
from app.comments.people import erasing
from app.comments.people import people as persons
from app.comments.people.people_models import Erasure
from app.comments.people.people_schemas import Person, person_comment_out
from app.comments.threads import pages
from app.core import clock
from app.core.database import Database, ReadSession
from app.events.models import Actor
from app.moderation import kept
from app.moderation.kept_schemas import kept_out
from app.worker import KEEPERS

group = typer.Typer(help="Give people what is kept of them and their comments, and erase it.", no_args_is_help=True, add_completion=False)

_AT_ONCE = 500
Member = Annotated[str | None, typer.Option(help="What the identity provider calls them: the `sub` of their tokens.")]
Email = Annotated[str | None, typer.Option(help="The e-mail address that they gave with their comments.")]
Comment = Annotated[str | None, typer.Option(help="One comment, where nothing else is known of its author; that comment alone.")]


@group.command("export")
def export_person(
    file: Annotated[Path, typer.Argument(help="Where to; it is replaced when the export is whole.")],
    member: Member = None, email: Email = None, comment: Comment = None,
) -> None:  # fmt: skip
    """Write everything that a person wrote into a file, as lines of JSON, whatever became of it, and what else is kept of them."""
    who, key, now = _named(member=member, email=email, comment=comment), read_settings().signing_key, clock.now()

    async def parts(session: ReadSession) -> AsyncIterator[tuple[int, bytes]]:
        position: list[Any] | None = None
        while rows := await persons.list_comments(session, who, position, _AT_ONCE):
            yield len(rows), b"".join(to_json(person_comment_out(row, pages.left_out(key, row))) + b"\n" for row in rows)
            position = pages.position_of(rows[-1])
        position = None
        while others := await kept.list_kept(session, key, who, position, _AT_ONCE):
            yield len(others), b"".join(to_json(kept_out(one, key, now)) + b"\n" for one in others)
            position = others[-1].position

    count = write_whole(file, parts)
    say(f"{count} {'record is' if count == 1 else 'records are'} in {file}.")


@group.command("erase")
def erase_person(
    member: Member = None, email: Email = None, comment: Comment = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:  # fmt: skip
    """Erase everything that a person wrote, and all by which they are known, for good. It goes on where it was interrupted."""
    who = _named(member=member, email=email, comment=comment)
    if not yes:
        typer.confirm("Everything that this person wrote is erased, for good. Is that what you want?", abort=True, err=True)
    for keeper in KEEPERS:
        keeper.install()
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress:
        progress.add_task("Erasing", total=None)
        say(f"{with_database(lambda database: _erase(database, who))} comments were erased.")


async def _erase(database: Database, who: Erasure) -> int:
    async with database.writing() as session:
        await persons.request_erasure(session, who)
    await erasing.carry_on(database, read_settings().signing_key)
    async with database.reading() as session:
        return (await persons.get_erasure(session, who.id)).erased


def _named(**said: str | None) -> Erasure:
    try:
        person = Person.model_validate({name: value for name, value in said.items() if value is not None})
    except ValidationError as error:
        fail("person", f"{error.errors()[0]['msg'].replace('`', '')} It is done by --member, --email or --comment.", 2)
    return persons.named(person, read_settings(), Actor("system", name="command line"))
