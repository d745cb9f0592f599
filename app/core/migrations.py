"""Running Alembic from the program, from a checkout and from a wheel alike."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

import app

_SYNCHRONOUS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def sync_url(url: str) -> str:
    """`url` with a driver that Alembic can use."""
    parsed = make_url(url)
    return parsed.set(drivername=_SYNCHRONOUS[parsed.get_backend_name()]).render_as_string(hide_password=False)


def config(url: str) -> Config:
    """Alembic's settings; a wheel carries the migrations inside the package."""
    package = Path(app.__file__).parent
    packed = package / "_migrations"
    settings = Config()
    settings.set_main_option("script_location", str(packed if packed.is_dir() else package.parent / "migrations"))
    settings.attributes["url"] = sync_url(url)
    return settings


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the database at `url` down to `revision`."""
    command.downgrade(config(url), revision)


def state(url: str) -> tuple[str | None, str | None]:
    """The revision that the database has, and the newest there is."""
    newest = ScriptDirectory.from_config(config(url)).get_current_head()
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), newest
    finally:
        engine.dispose()


def known(url: str) -> set[str]:
    """Every revision that this version of Dateline knows."""
    return {str(script.revision) for script in ScriptDirectory.from_config(config(url)).walk_revisions()}
