"""Which migration a database stands at, and which there are: all that a process need know of migrations that does not run them."""

from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

import app

_SYNCHRONOUS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def sync_url(url: str) -> str:
    """`url` with a driver that Alembic can use."""
    parsed = make_url(url)
    return parsed.set(drivername=_SYNCHRONOUS[parsed.get_backend_name()]).render_as_string(hide_password=False)


def folder() -> Path:
    """Where the migrations are: beside the package, or inside it where a wheel brought them."""
    package = Path(app.__file__).parent
    packed = package / "_migrations"
    return packed if packed.is_dir() else package.parent / "migrations"


@cache
def known() -> frozenset[str]:
    """Every revision that this version of Dateline knows. A migration's file is named by its revision."""
    return frozenset(path.name.partition("_")[0] for path in (folder() / "versions").glob("[0-9]*_*.py"))


def newest() -> str:
    """The revision that this version of Dateline needs; each follows the one before."""
    return max(known())


def present(url: str) -> str | None:
    """The revision that the database at `url` has; None where it has no tables yet."""
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return None if found is None else str(found)
    finally:
        engine.dispose()
