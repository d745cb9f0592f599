"""`dateline restored`: what is here was brought back from a backup, and what came after it is lost."""

from app.commands.common import say
from app.commands.working import with_database
from app.core.database import Database
from app.events.leaping import LOST, leap


def restored() -> None:
    """Say that the database was brought back from a backup, before the service starts: whoever follows the log begins anew."""

    async def run(database: Database) -> int:
        async with database.writing() as session:
            return await leap(session, over=LOST)

    say(f"The log goes on behind {with_database(run)}. Purge the CDN, and start the service.")
