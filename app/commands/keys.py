"""`dateline keys`: who may do what."""

import sys
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from app.access import actions as access
from app.access import queries as keys_of
from app.access.models import Key
from app.access.schemas import KeyCreate
from app.access.scopes import EVERYTHING, SCOPES
from app.commands.common import fail, say
from app.commands.output import put, written
from app.commands.working import with_database
from app.core import clock, ids
from app.core.database import Database
from app.events.models import Actor
from app.sections import tree

group = typer.Typer(help="Make, list and revoke keys.", no_args_is_help=True, add_completion=False)

_OPERATOR = Actor("system", name="command line")
_KEY_WIDTH = len("key_") + ids.ID_LENGTH
_WIDE = 1000


@group.command("create")
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
        put(secret)


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


@group.command("list")
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
    with written():
        Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "valid"


@group.command("revoke")
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
