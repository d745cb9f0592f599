"""What a database knows of its tables, to choose how it looks for something: PostgreSQL sees to that by itself, SQLite is told to."""

from sqlalchemy import text

from app.core.database import Database

_ROWS_OF_AN_INDEX = 1_000


async def gather(database: Database) -> None:
    """Let SQLite look at some rows of each index; a connection knows what was found when it is opened.

    Without that it takes every column for one that tells rows apart well, and walks through all events of a type, or all approved
    comments, where another index has the one that is looked for.
    """
    if database.dialect != "sqlite":
        return
    async with database.counting() as session:
        await session.execute(text(f"PRAGMA analysis_limit = {_ROWS_OF_AN_INDEX}"))
        await session.execute(text("ANALYZE"))
