"""How Alembic meets the models: one directory of migrations serves SQLite and PostgreSQL."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import context
from sqlalchemy import Engine, create_engine, event, pool, text

import app.access.models
import app.articles.models
import app.articles.shown.former_words
import app.articles.working_copy.revisions
import app.authors.models
import app.comments.errand_models
import app.comments.models
import app.comments.people.people_models
import app.comments.signal_models
import app.comments.votes
import app.core.aliases
import app.core.asgi.counting
import app.core.former
import app.core.idempotency
import app.core.leadership
import app.core.search_index
import app.curation.models
import app.discussion.models
import app.events.models
import app.moderation.models
import app.previews.models
import app.readers.models
import app.readers.sanctions
import app.screening.models
import app.sections.models
import app.tags.models
import app.webhooks.models
import app.workflow.models
from app.core.migrations import ONE_AT_A_TIME
from app.core.models import Base
from app.core.revisions import sync_url
from app.core.settings import Settings

_TABLES_OF = (
    app.access.models,
    app.articles.models,
    app.articles.shown.former_words,
    app.articles.working_copy.revisions,
    app.authors.models,
    app.comments.errand_models,
    app.comments.models,
    app.comments.people.people_models,
    app.comments.signal_models,
    app.comments.votes,
    app.core.aliases,
    app.core.asgi.counting,
    app.core.former,
    app.core.idempotency,
    app.core.leadership,
    app.core.search_index,
    app.curation.models,
    app.discussion.models,
    app.events.models,
    app.moderation.models,
    app.previews.models,
    app.readers.models,
    app.readers.sanctions,
    app.screening.models,
    app.sections.models,
    app.tags.models,
    app.webhooks.models,
    app.workflow.models,
)
"""The modules whose import enters their tables into the metadata."""


_SECONDS_BETWEEN_TRIES = 0.2


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """What full-text search needs differs between the databases, so migrations make it by hand."""
    return not (kind == "table" and str(name).startswith("search_fts")) and not str(name).endswith("_vector")


def _run() -> None:
    url = context.config.attributes.get("url") or sync_url(Settings().database_url)
    engine = create_engine(url, poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA journal_mode=WAL"))
    with _alone(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET lock_timeout = '10s'")
            connection.commit()
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=True, include_object=_ours, compare_type=True,
            transaction_per_migration=True,
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Wait until nobody else migrates this database, and let nobody begin meanwhile."""
    with _holding_the_folder(engine) if engine.dialect.name == "sqlite" else _holding_the_lock(engine):
        yield


@contextmanager
def _holding_the_folder(engine: Engine) -> Iterator[None]:
    """SQLite's own locks end with each of the transactions that migrations take, so that of the folder stands for the file's.

    A file beside the database would have to stay there, and to close the database's own would let go of SQLite's locks on it.
    """
    if engine.url.database in {None, "", ":memory:"}:
        yield
        return
    folder = os.open(Path(str(engine.url.database)).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def _holding_the_lock(engine: Engine) -> Iterator[None]:
    """The lock is one of a transaction, since a pooler may give each of those another session.

    It is asked for again and again: who waits for it in a statement would be waited for by whoever makes an index concurrently.
    """
    with engine.connect() as connection:
        while not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": ONE_AT_A_TIME}):
            connection.rollback()
            time.sleep(_SECONDS_BETWEEN_TRIES)
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def _write() -> None:
    """Only write out what would be done on PostgreSQL, for those who look at it first."""
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata, literal_binds=True, transaction_per_migration=True)
    with context.begin_transaction():
        context.execute("SET lock_timeout = '10s'")
        context.run_migrations()


if context.is_offline_mode():
    _write()
else:
    _run()
