"""The command `dateline`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
import uvicorn
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from app.access import actions as access
from app.access import queries as keys_of
from app.access.schemas import KeyCreate
from app.core import clock, ids, migrations
from app.core.database import Database, database_for
from app.core.doctor import examine
from app.core.errors import Problem
from app.core.settings import Settings
from app.demo.loader import load_demo
from app.events.models import Actor
from app.main import create_app

main = typer.Typer(name="dateline", help="The content API of a newsroom.", no_args_is_help=True, pretty_exceptions_enable=False)
keys = typer.Typer(help="Make, list and revoke keys.", no_args_is_help=True)
main.add_typer(keys, name="keys")

_error = Console(stderr=True)
_OPERATOR = Actor("system", name="command line")
T = TypeVar("T")


def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on the database that the settings name; what goes wrong is said in a sentence, with exit code 1."""

    async def run() -> T:
        database = database_for(Settings())
        try:
            return await work(database)
        finally:
            await database.dispose()

    try:
        return asyncio.run(run())
    except (SQLAlchemyError, OSError) as error:
        _error.print(f"[red]The database refused:[/] {str(error).splitlines()[0]}\nRun [bold]dateline doctor[/] to see what is wrong.")
    except Problem as problem:
        _error.print(f"[red]{problem.title}:[/] {problem.detail}")
    raise typer.Exit(1)


def application() -> object:
    """The application for uvicorn's workers."""
    return create_app()


@main.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes.", min=1, max=64)] = 1,
) -> None:
    """Serve the API. It migrates nothing by itself, unless DATELINE_AUTO_MIGRATE is on."""
    settings = Settings()
    if settings.auto_migrate:
        migrations.migrate(settings.database_url)
    uvicorn.run(
        "app.cli:application", factory=True, host=host, port=port, workers=workers, log_config=None, access_log=False,
        timeout_graceful_shutdown=20, server_header=False, date_header=True,
    )  # fmt: skip


@main.command()
def migrate() -> None:
    """Bring the database up to the newest migration."""
    settings = Settings()
    migrations.migrate(settings.database_url)
    _error.print("The database is up to date.")


@main.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where articles stand already.")] = False,
) -> None:
    """Load the invented newsroom: sections, authors, tags, articles and comments."""
    with Progress(console=_error, transient=True) as progress:
        task = progress.add_task("Loading the demo newsroom", total=None)
        count = _with_database(lambda database: load_demo(database, if_empty=if_empty, report=lambda done, total: progress.update(task, completed=done, total=total)))
    if count:
        _error.print(f"{count} articles of the invented newsroom are loaded.")


@main.command()
def doctor() -> None:
    """Say what is wrong with settings, database, migrations or write access, and how to mend it."""
    findings = asyncio.run(examine())
    for finding in findings:
        _error.print(f"[{'green' if finding.sound else 'red'}]{'ok ' if finding.sound else 'BAD'}[/] {finding.name}: {finding.detail}")
    raise typer.Exit(0 if all(finding.sound for finding in findings) else 1)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scopes: Annotated[str, typer.Option(help="What it allows, separated by commas; '*' is everything.")],
    days: Annotated[int | None, typer.Option(help="After how many days it expires; never when left out.", min=1, max=36500)] = None,
    if_none: Annotated[bool, typer.Option("--if-none", help="Do nothing where there are keys already.")] = False,
) -> None:
    """Make a key, and print it, alone, on standard output. It is shown this once."""
    expires = None if days is None else clock.now() + timedelta(days=days)
    try:
        order = KeyCreate(name=name, scopes=[scope.strip() for scope in scopes.split(",") if scope.strip()], expires_at=expires)
    except ValueError as error:
        _error.print(f"[red]No such key can be made:[/] {error}")
        raise typer.Exit(2) from error

    async def work(database: Database) -> str | None:
        async with database.writing() as session:
            if if_none and await keys_of.count_keys(session):
                return None
            _, secret = await access.create_key(session, name=order.name, scopes=order.scopes, by=_OPERATOR, expires_at=order.expires_at)
            return secret

    secret = _with_database(work)
    if secret is not None:
        print(secret)


@keys.command("list")
def list_keys() -> None:
    """List all keys, without their secrets."""

    async def work(database: Database) -> Table:
        table = Table("id", "name", "begins", "scopes", "state", "last used")
        async with database.reading() as session:
            for key in await keys_of.list_keys(session):
                state = "revoked" if key.revoked_at else "expired" if key.expires_at and key.expires_at <= clock.now() else "valid"
                used = key.last_used_at.isoformat(timespec="minutes") if key.last_used_at else "never"
                table.add_row(ids.encode("key", key.id), key.name, key.hint, ",".join(key.scopes), state, used)
        return table

    Console().print(_with_database(work))


@keys.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="The key's id, key_…; see `dateline keys list`.")]) -> None:
    """Make a key worthless at once."""
    key_id = ids.decode("key", key)
    if key_id is None:
        _error.print(f"[red]{key} is not an id of a key.[/] See `dateline keys list`.")
        raise typer.Exit(2)

    async def work(database: Database) -> None:
        async with database.writing() as session:
            await access.revoke_key(session, await keys_of.get_key(session, key_id), by=_OPERATOR)

    _with_database(work)
    _error.print("It is revoked.")


if __name__ == "__main__":
    main()
