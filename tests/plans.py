"""How a database would answer a statement: one that is written out, whatever it is given, or one with what it is given."""

from collections.abc import Sequence
from typing import Any

from app.core.database import Database
from app.core.lookups import Lookup

NO_SHORT_TABLES = ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_incremental_sort")
"""What PostgreSQL does where tables are so short that it can look at all of them."""


async def plan_of(database: Database, lookup: Lookup, *, without: Sequence[str] = ()) -> list[str]:
    """The steps of the plan, one a line; PostgreSQL may be asked not to use some of its ways."""
    return await _explained(database, lookup.written_for(database.engine.dialect).text, "EXPLAIN (GENERIC_PLAN)", without)


async def plan_with_values(database: Database, statement: Any, *, without: Sequence[str] = ()) -> list[str]:
    """The same of a statement that is planned for what it is given."""
    written = str(statement.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True}))
    return await _explained(database, written, "EXPLAIN", without)


async def _explained(database: Database, written: str, how: str, without: Sequence[str]) -> list[str]:
    async with database.writing() as session:
        connection = await session.connection()
        if database.dialect == "sqlite":
            explained = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}", (None,) * written.count("?"))
            return [str(row.detail) for row in explained]
        for setting in without:
            await connection.exec_driver_sql(f"SET LOCAL {setting} = off")
        return [str(row[0]) for row in await connection.exec_driver_sql(f"{how} {written}")]
