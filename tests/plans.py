"""How a database would answer a statement that is written out, whatever it is given."""

from collections.abc import Sequence

from app.core.database import Database
from app.core.lookups import Lookup

NO_SHORT_TABLES = ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_incremental_sort")
"""What PostgreSQL does where tables are so short that it can look at all of them."""


async def plan_of(database: Database, lookup: Lookup, *, without: Sequence[str] = ()) -> list[str]:
    """The steps of the plan, one a line; PostgreSQL may be asked not to use some of its ways."""
    written = lookup.written_for(database.engine.dialect).text
    async with database.writing() as session:
        connection = await session.connection()
        if database.dialect == "sqlite":
            explained = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}", (None,) * written.count("?"))
            return [str(row.detail) for row in explained]
        for setting in without:
            await connection.exec_driver_sql(f"SET LOCAL {setting} = off")
        return [str(row[0]) for row in await connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {written}")]
