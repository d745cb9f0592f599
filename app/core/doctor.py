"""What is wrong, and how to mend it, each in a sentence."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app.core import revisions
from app.core.asgi import counting
from app.core.database import database_for, driver_url
from app.core.observability import telemetry
from app.core.settings import Settings, misspelt

_PREFIX = "DATELINE_"
_SECONDS_TO_CONNECT = 5
_UNUSABLE = text(
    "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 1"
)
"""Those whose making beside other work was broken off, or is under way: a migration that is run again finds them there."""


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
        return [Finding("settings", False, settings_fault(error))]
    if settings.telemetry and not telemetry.available():
        return [Finding("settings", False, telemetry.MISSING)]
    if settings.rate_limit_storage.startswith("redis") and find_spec("redis") is None:
        return [Finding("settings", False, counting.REDIS_MISSING)]
    found = [Finding("settings", True, f"environment {settings.environment}"), *check_database(settings)]
    if all(finding.sound for finding in found):
        found.append(await _try_to_write(settings))
    return found


def names() -> list[Finding]:
    """Settings that are misspelt, and so pass unheeded."""
    return [Finding("settings", False, f"{name} is no setting. Did you mean {meant}?") for name, meant in misspelt().items()]


def settings_fault(error: ValidationError) -> str:
    """Which settings are wrong, by the names that an operator knows."""
    faults = []
    for one in error.errors():
        name = "_".join(str(step) for step in one["loc"][:1]).upper()
        message = str(one["msg"]).removeprefix("Value error, ")
        faults.append(f"{_PREFIX}{name}: {message}" if name else message)
    return "; ".join(faults) + ". Set it in the environment or in .env."


def check_database(settings: Settings) -> list[Finding]:
    """Whether the database can be reached, and has the tables that this version needs. Nothing is made or changed."""
    try:
        url = driver_url(settings.database_url)
    except ArgumentError:
        return [
            Finding("database", False, "DATELINE_DATABASE_URL is not a URL: sqlite:///file.db or postgresql://user:password@host/name.")
        ]
    except ValueError as error:
        return [Finding("database", False, f"{error}.")]
    missing = _missing_file(url)
    if missing is not None:
        return [Finding("database", False, missing)]
    try:
        present = revisions.present(_impatient(url))
    except (SQLAlchemyError, OSError) as error:
        return [Finding("database", False, _sentence(error, "Check DATELINE_DATABASE_URL, and that the server runs."))]
    return [Finding("database", True, _name(url)), _judge_migrations(present, revisions.newest())]


def check_indexes(settings: Settings) -> list[Finding]:
    """Indexes that PostgreSQL keeps and does not use. What is looked for is found without them, by reading everything."""
    url = driver_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return []
    engine = create_engine(revisions.sync_url(_impatient(url)))
    try:
        with engine.connect() as connection:
            names = connection.scalars(_UNUSABLE).all()
    finally:
        engine.dispose()
    mend = "was left unfinished. Run `REINDEX INDEX CONCURRENTLY"
    return [Finding("indexes", False, f"{name} {mend} {name}` in the database.") for name in names]


def _judge_migrations(present: str | None, newest: str) -> Finding:
    if present is None:
        return Finding("migrations", False, "The database has no tables yet. Run `dateline migrate`.")
    if present == newest:
        return Finding("migrations", True, f"at {present}, the newest")
    if present in revisions.known():
        return Finding("migrations", False, f"The database is at {present}, the newest is {newest}. Run `dateline migrate`.")
    return Finding("migrations", True, f"at {present}, which is newer than this version of Dateline (it knows {newest})")


def _impatient(url: URL) -> str:
    """The same address, with an end to waiting for a server that does not answer."""
    patient = url.get_backend_name() == "sqlite" or "connect_timeout" in url.query
    return (url if patient else url.update_query_dict({"connect_timeout": str(_SECONDS_TO_CONNECT)})).render_as_string(hide_password=False)


def _name(url: URL) -> str:
    """The database, without the password."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def _missing_file(url: URL) -> str | None:
    """Why a SQLite file is not there: merely to look at it would make it."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    path = Path(url.database)
    if path.is_file():
        return None
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} for {path.name}. Make it, or change DATELINE_DATABASE_URL."
    return f"There is no file {path}. Run `dateline migrate` to make it, or change DATELINE_DATABASE_URL."


async def _try_to_write(settings: Settings) -> Finding:
    database = database_for(settings)
    try:
        async with database.writing(keep=False) as session:
            await session.execute(text("UPDATE log_head SET seq = seq"))
    except (SQLAlchemyError, OSError) as error:
        return Finding("write access", False, _sentence(error, "The user, or the file and its folder, must be allowed to write."))
    finally:
        await database.dispose()
    return Finding("write access", True, "a rehearsed write went through")


def _sentence(error: Exception, advice: str) -> str:
    """What the driver says, on one line, and what to do."""
    return f"{reason(error)}. {advice}"


def reason(error: Exception) -> str:
    """What an error of the database says, on one line and without the driver's ornaments."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return said[0].removesuffix(".") if said else type(error).__name__
