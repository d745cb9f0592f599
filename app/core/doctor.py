"""What is wrong, and how to mend it."""

from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import migrations
from app.core.database import database_for
from app.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    sound: bool
    detail: str


async def examine() -> list[Finding]:
    """Look at settings, database, migrations and write access, in this order; what depends on something broken is left out."""
    try:
        settings = Settings()
    except ValidationError as error:
        return [Finding("settings", False, "; ".join(str(one["msg"]) for one in error.errors()))]
    found = [Finding("settings", True, f"environment {settings.environment}")]
    try:
        present, newest = migrations.state(settings.database_url)
    except (SQLAlchemyError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        return [*found, Finding("database", False, f"{reason}. Check DATELINE_DATABASE_URL, and that the server runs.")]
    found.append(Finding("database", True, migrations.sync_url(settings.database_url).split("@")[-1]))
    if present != newest:
        return [
            *found,
            Finding("migrations", False, f"it is at {present or 'nothing'}, the newest is {newest}. Run `dateline migrate`."),
        ]
    return [*found, Finding("migrations", True, f"at {newest}"), await _try_to_write(settings)]


async def _try_to_write(settings: Settings) -> Finding:
    database = database_for(settings)
    try:
        async with database.writing(keep=False) as session:
            await session.execute(text("UPDATE log_head SET seq = seq"))
    except (SQLAlchemyError, OSError) as error:
        return Finding("write access", False, f"{str(error).splitlines()[0]}. The user or the file must be allowed to write.")
    finally:
        await database.dispose()
    return Finding("write access", True, "a rehearsed write went through")
