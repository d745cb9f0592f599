"""How a database would answer a statement: one that is written out, whatever it is given, or one with what it is given."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, insert, text

from app.core import ids
from app.core.database import Database
from app.core.lookups import Lookup
from app.events.models import Event

NO_SHORT_TABLES = ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_incremental_sort")
"""What PostgreSQL does where tables are so short that it can look at all of them."""


async def plan_of(database: Database, lookup: Lookup, *, without: Sequence[str] = ()) -> list[str]:
    """The steps of the plan, one a line; PostgreSQL may be asked not to use some of its ways."""
    return await _explained(database, lookup.written_for(database.engine.dialect).text, "EXPLAIN (GENERIC_PLAN)", without)


async def plan_with_values(database: Database, statement: Any, *, without: Sequence[str] = ()) -> list[str]:
    """The same of a statement that is planned for what it is given."""
    written = str(statement.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True}))
    return await _explained(database, written, "EXPLAIN", without)


Said = list[tuple[str, Any]]
"""Statements, as they were sent, each with its values."""


@contextmanager
def overhearing(database: Database) -> Iterator[Said]:
    """Whatever the engines are asked inside the block; not what is asked by lookups."""
    said: Said = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        said.append((statement, values[0] if many else values))

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        for engine in database.engines:
            event.remove(engine, "before_cursor_execute", note)


async def plans_of(database: Database, said: Said, *, without: Sequence[str] = ()) -> list[str]:
    """How each of the statements would be answered now, with the values that it had: itself, and the steps of its plan."""
    asked = [(statement, values) for statement, values in said if statement.startswith(("SELECT", "UPDATE", "DELETE"))]
    return ["\n".join([told, *await _explained(database, told, "EXPLAIN", without, values)]) for told, values in asked]


async def whole_reads(database: Database, said: Said, table: str) -> list[str]:
    """Those of the statements that would look through the whole table, as it is now."""
    step = f"SCAN {table}" if database.dialect == "sqlite" else f"Seq Scan on {table}"
    return [plan for plan in await plans_of(database, said) if step in plan]


async def _explained(database: Database, written: str, how: str, without: Sequence[str], values: Any = None) -> list[str]:
    async with database.writing(keep=False) as session:
        connection = await session.connection()
        if database.dialect == "sqlite":
            given = (None,) * written.count("?") if values is None else values
            return [str(row.detail) for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}", given)]
        for setting in without:
            await connection.exec_driver_sql(f"SET LOCAL {setting} = off")
        return [str(row[0]) for row in await connection.exec_driver_sql(f"{how} {written}", values)]


async def a_long_log(database: Database, events: int = 3_000, **of_each: Any) -> None:
    """Events that nobody asks for, behind those that there are, each of an object of its own; and statistics that say so."""
    common = {
        "at": datetime(2031, 5, 1, tzinfo=UTC), "type": "comment.created", "object_type": "comment", "actor_kind": "system",
        "request_id": "r", "changed": [], "tags": [], "data": {},
    }  # fmt: skip
    rows = [{**common, "seq": 1_000 + n, "id": ids.new(), "object_id": ids.new(), **of_each} for n in range(events)]
    async with database.writing() as session:
        await session.execute(insert(Event), rows)
        await session.execute(text("ANALYZE"))
