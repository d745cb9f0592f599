"""An archive becomes a newsroom again: the whole of it, or nothing.

Rows are written as they were, past the actions of their features: nothing happens that has not happened before, so nothing is recorded.
The log goes on behind the `seq` of the archive; what came before it is not here, and whoever asks for it is sent to begin anew.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic_core import from_json
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from app.changes.archive import LARGEST, TABLES, VERSION, columns_of, restored
from app.core.database import Database, WriteSession
from app.events.leaping import leap

_BATCH = 500
_EMPTY = ("sections", "authors", "tags", "articles", "lists")
Numbered = tuple[int, Any]


class ImportRefusedError(Exception):
    """The archive, or the newsroom that it should go into, is not fit for it; says why, and in which line."""


async def import_archive(database: Database, lines: Iterable[bytes], report: Callable[[int], None] = lambda _: None) -> int:
    """Fill the empty newsroom behind `database`; how many rows came. Raises ImportRefusedError, and then nothing was kept."""
    reading = _read(lines)
    seq = _seq_of(next(reading, (1, None)))
    count, ended = 0, None
    async with database.writing() as session:
        await _refuse_what_is_there(session)
        table, waiting = "", list[Numbered]()
        for number, line in reading:
            if ended is not None:
                raise ImportRefusedError(f"line {number}: there is more behind the end")
            if isinstance(line, dict) and line.get("end") is True:
                ended = line.get("lines")
                continue
            name, row = _row_of(number, line)
            if name != table or len(waiting) == _BATCH:
                await _write(session, table, waiting)
                report(count)
                table, waiting = name, []
            waiting.append((number, row))
            count += 1
        await _write(session, table, waiting)
        if ended != count:
            raise ImportRefusedError(f"the file is not whole: {count} rows, and {'no end' if ended is None else f'{ended} were written'}")
        await leap(session, to=seq)  # Who follows this newsroom, at whatever number, is told to begin anew.
    return count


def _read(lines: Iterable[bytes]) -> Iterator[Numbered]:
    for number, line in enumerate(lines, 1):
        try:
            yield number, from_json(line, allow_inf_nan=False)
        except ValueError as error:
            raise ImportRefusedError(f"line {number}: it is no JSON ({error})") from error


def _seq_of(first: Numbered) -> int:
    line = first[1]
    if not isinstance(line, dict) or line.get("dateline") != "export":
        raise ImportRefusedError("line 1: this is no export of Dateline")
    if line.get("form") != "archive":
        raise ImportRefusedError("line 1: only an archive can be imported: `dateline export`, or /v1/export?form=archive")
    if line.get("version") != VERSION:
        raise ImportRefusedError(f"line 1: it is of version {line.get('version')}, and this program reads version {VERSION}")
    seq = line.get("seq")
    if type(seq) is not int or not 0 <= seq < LARGEST:
        raise ImportRefusedError("line 1: it does not say its seq")
    return seq


async def _refuse_what_is_there(session: WriteSession) -> None:
    for name in _EMPTY:
        if (await session.execute(select(func.count()).select_from(TABLES[name]))).scalar_one():
            raise ImportRefusedError(f"there are {name} already; an archive goes into an empty newsroom")


def _row_of(number: int, line: Any) -> tuple[str, dict[str, Any]]:
    """The table and the row that a line holds, in the database's own types."""
    known = isinstance(line, dict) and isinstance(line.get("table"), str) and line["table"] in TABLES
    if not known or not isinstance(line.get("row"), dict):
        raise ImportRefusedError(f"line {number}: it is no row of a table that there is")
    name, row = line["table"], line["row"]
    columns = columns_of(name)
    if set(row) != set(columns):
        odd = sorted(set(row) ^ set(columns))
        raise ImportRefusedError(f"line {number}: {name} has other columns ({', '.join(odd)})")
    try:
        return name, {column: restored(columns[column], value) for column, value in row.items()}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ImportRefusedError(f"line {number}: {error}") from error


async def _write(session: WriteSession, table: str, rows: list[Numbered]) -> None:
    """Write the rows; where the database refuses them, find the line that it refuses."""
    if not rows:
        return
    try:
        async with session.savepoint():
            await session.execute(insert(TABLES[table]), [row for _, row in rows])
    except DBAPIError:
        for number, row in rows:
            try:
                async with session.savepoint():
                    await session.execute(insert(TABLES[table]), [row])
            except DBAPIError as error:
                raise ImportRefusedError(f"line {number}: the database refuses it ({str(error.orig).splitlines()[0]})") from error
