"""`dateline migrate`: the tables that this version needs."""

import asyncio

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from app.articles.shown import postings
from app.articles.shown.preparing import prepare_missing
from app.commands.common import fail, insist, read_settings, say
from app.comments.people.sealing import seal_emails
from app.core import doctor, migrations
from app.core.database import database_for
from app.core.settings import Settings


def migrate() -> None:
    """Bring the database up to the newest migration; one that does not exist is made, where it is a SQLite file."""
    bring_up(read_settings())
    say("The database is up to date.")


def bring_up(settings: Settings) -> None:
    """Migrate, and prepare what an older version did not know of."""
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
