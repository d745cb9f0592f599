"""Running Alembic from the program, from a checkout and from a wheel alike."""

from alembic import command
from alembic.config import Config

from app.core.revisions import folder, sync_url

ONE_AT_A_TIME = 0x64_61_74_65_6C_69_6E_65
"""The advisory lock of whoever migrates a PostgreSQL: several processes that start at once would make the same tables."""


def config(url: str) -> Config:
    """Alembic's settings."""
    settings = Config()
    settings.set_main_option("script_location", str(folder()))
    settings.attributes["url"] = sync_url(url)
    return settings


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the database at `url` down to `revision`."""
    command.downgrade(config(url), revision)
