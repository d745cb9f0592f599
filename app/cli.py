"""The command `dateline`. Whatever goes wrong is said in a sentence, with an exit code that is not 0."""

import asyncio
import errno
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from alembic.util import CommandError
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.access import actions as access
from app.access import queries as keys_of
from app.access.models import Key
from app.access.schemas import KeyCreate
from app.access.scopes import EVERYTHING, SCOPES
from app.alone import create_page, work
from app.articles.shown import postings
from app.articles.shown.preparing import prepare_missing
from app.changes import archive
from app.changes.importing import ImportRefusedError, import_archive
from app.commands import comments
from app.commands import people as persons
from app.commands.common import fail, insist, people, read_settings, say, with_database, write_whole
from app.commands.secrets import reseal_all
from app.comments.people.sealing import seal_emails
from app.core import clock, doctor, ids, migrations, observability
from app.core.database import Database, ReadSession, database_for
from app.core.server import BoundedProtocol
from app.core.settings import Settings, hand_down
from app.demo.loader import DemoStandsAlreadyError, load_demo
from app.events.models import Actor
from app.sections import tree

main = typer.Typer(name="dateline", help="The content API of a newsroom.", no_args_is_help=True, pretty_exceptions_enable=False)
keys = typer.Typer(help="Make, list and revoke keys.", no_args_is_help=True)
main.add_typer(keys, name="keys")
main.add_typer(comments.group, name="comments")
main.add_typer(persons.group, name="people")
main.command("reseal")(reseal_all)

_OPERATOR = Actor("system", name="command line")
_SECONDS_TO_FINISH = 20
_SECONDS_OF_SILENCE = 30
"""How long a worker may not answer before it is replaced; a busy machine keeps one waiting."""
_SERVER: dict[str, Any] = {
    "http": BoundedProtocol, "log_config": None, "access_log": False, "server_header": False, "date_header": True,
    "timeout_graceful_shutdown": _SECONDS_TO_FINISH,
}  # fmt: skip
_KEY_WIDTH = len("key_") + ids.ID_LENGTH
_WIDE = 1000


def _migrate(settings: Settings) -> None:
    try:
        migrations.migrate(settings.direct_url)
        asyncio.run(_prepare(settings))
    except (SQLAlchemyError, CommandError, LookupError, OSError, ValueError) as error:
        # What can be looked at from outside is explained better; a file that is not there yet is no fault here.
        insist([one for one in doctor.check_database(settings) if one.name == "database"])
        fail("migrations", f"{doctor.reason(error)}.")


async def _prepare(settings: Settings) -> None:
    """What an older version published gets its prepared text, its live updates entries in search; addresses in comments are sealed."""
    database = database_for(settings)
    try:
        await prepare_missing(database)
        await postings.enter_missing(database)
        await seal_emails(database, settings.signing_key)
    finally:
        await database.dispose()


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"dateline {__version__}")
        raise typer.Exit


@main.callback()
def about(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)] = False,
) -> None:
    """The content API of a newsroom."""


@main.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes.", min=1, max=64)] = 1,
) -> None:
    """Serve the API. It migrates nothing by itself, unless DATELINE_AUTO_MIGRATE is on."""
    settings = read_settings()
    if settings.auto_migrate:
        _migrate(settings)
    insist(asyncio.run(doctor.examine()))
    _insist_on_a_free_port(host, port)
    observability.configure(settings)
    with tempfile.TemporaryDirectory(prefix="dateline-") as folder:
        if workers > 1 and not settings.metrics_folder:
            hand_down(metrics_folder=folder)
        uvicorn.run(
            "app.serving:application", factory=True, host=host, port=port, workers=workers,
            timeout_worker_healthcheck=_SECONDS_OF_SILENCE, **_SERVER,
        )  # fmt: skip


@main.command()
def worker(
    host: Annotated[str, typer.Option(help="Address to listen on, with --port.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port where it tells how it is; none when left out.", min=1, max=65535)] = None,
) -> None:
    """Deliver webhooks, record what happens by itself, and sweep; beside an API with DATELINE_WORKER=alone. Several take turns."""
    settings = read_settings()
    insist(asyncio.run(doctor.examine()))
    observability.configure(settings)
    if port is None:
        asyncio.run(work(settings))
    else:
        _insist_on_a_free_port(host, port)
        uvicorn.run(create_page(settings), host=host, port=port, **_SERVER)


def _insist_on_a_free_port(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        why = "another program does already" if error.errno == errno.EADDRINUSE else error.strerror
        fail("port", f"It cannot listen on {host}:{port}: {why}. Choose another with --port, or `make run PORT=…`.")


@main.command()
def migrate() -> None:
    """Bring the database up to the newest migration; one that does not exist is made, where it is a SQLite file."""
    _migrate(read_settings())
    say("The database is up to date.")


@main.command()
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


@main.command("export")
def export_archive(file: Annotated[Path, typer.Argument(help="Where to; it is replaced when the export is whole.")]) -> None:
    """Write everything into a file, as it is at one moment: all but keys, the log, and readers' addresses."""

    async def parts(session: ReadSession) -> AsyncIterator[tuple[int, bytes]]:
        async for lines in archive.lines(session):
            yield lines.count(b"\n"), lines

    count = write_whole(file, parts)
    say(f"{count - 2} rows are in {file}.")


@main.command("import")
def import_file(file: Annotated[Path, typer.Argument(help="What `dateline export` wrote.", exists=True, dir_okay=False)]) -> None:
    """Fill an empty newsroom with what was exported: the whole of it, or nothing."""
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress, file.open("rb") as lines:
        task = progress.add_task("Importing", total=None)
        try:
            count = with_database(lambda database: import_archive(database, lines, lambda done: progress.update(task, completed=done)))
        except ImportRefusedError as error:
            fail("import", f"{error}. Nothing was imported.")
    say(f"{count} rows were imported.")


@main.command("doctor")
def examine() -> None:
    """Say what is wrong with settings, database, migrations or write access, and how to mend it."""
    findings = asyncio.run(doctor.examine())
    for finding in findings:
        say(("ok   ", "green") if finding.sound else ("BAD  ", "bold red"), (f"{finding.name}: ", "bold"), finding.detail)
    raise typer.Exit(0 if all(finding.sound for finding in findings) else 1)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scopes: Annotated[str, typer.Option(help="What it allows, separated by commas; '*' is everything.")],
    days: Annotated[int | None, typer.Option(help="After how many days it expires; never when left out.", min=1, max=36500)] = None,
    sections: Annotated[str | None, typer.Option(help="Sections, separated by commas, that it keeps to; all when left out.")] = None,
    if_none: Annotated[bool, typer.Option("--if-none", help="Do nothing where there are keys already.")] = False,
) -> None:
    """Make a key, and print it, alone, on standard output. It is shown this once."""
    order = _key_order(name, _parts(scopes), days, None if sections is None else _parts(sections))
    tree.install()

    async def work(database: Database) -> str | None:
        async with database.writing() as session:
            if if_none and await keys_of.count_keys(session):
                return None
            _, secret = await access.create_key(
                session, name=order.name, scopes=order.scopes, by=_OPERATOR, expires_at=order.expires_at, sections=order.sections
            )
            return secret

    secret = with_database(work)
    if secret is not None:
        print(secret)


def _parts(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip())]


def _key_order(name: str, scopes: list[str], days: int | None, sections: list[str] | None) -> KeyCreate:
    unknown = next((scope for scope in scopes if scope not in {*SCOPES, EVERYTHING}), None)
    if unknown is not None:
        near = get_close_matches(unknown, SCOPES, n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        fail("scopes", f"There is no scope {unknown}.{guess} There are: {', '.join(SCOPES)}, and {EVERYTHING} for all.", 2)
    try:
        expires = None if days is None else clock.now() + timedelta(days=days)
        return KeyCreate(name=name, scopes=scopes, expires_at=expires, sections=sections)
    except ValidationError as error:
        fail("key", "; ".join(": ".join([*map(str, one["loc"][:1]), one["msg"]]) for one in error.errors()), 2)


@keys.command("list")
def list_keys() -> None:
    """List all keys, without their secrets."""

    async def work(database: Database) -> list[Key]:
        async with database.reading() as session:
            return list(await keys_of.list_keys(session))

    table = Table(Column("id", min_width=_KEY_WIDTH), "name", "begins", "scopes", "state", "last used", box=None, pad_edge=False)
    now = clock.now()
    for key in with_database(work):
        used = key.last_used_at.isoformat(timespec="minutes") if key.last_used_at else "never"
        table.add_row(ids.encode("key", key.id), Text(key.name), key.hint, ",".join(key.scopes), _state(key, now), used)
    # A terminal has a width; a program that reads wants each key on a line of its own.
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "valid"


@keys.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="The key's id, key_…; see `dateline keys list`.")]) -> None:
    """Make a key worthless at once."""
    key_id = ids.decode("key", key)
    if key_id is None:
        fail("key", f"{key} is not the id of a key; `dateline keys list` shows them.", 2)

    async def work(database: Database) -> None:
        async with database.writing() as session:
            await access.revoke_key(session, await keys_of.get_key(session, key_id), by=_OPERATOR)

    with_database(work)
    say("It is revoked.")


if __name__ == "__main__":
    main()
