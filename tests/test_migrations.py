"""Migrations go up, down and up again on both databases, and say the same as the models."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, inspect, select

from app.core import migrations, revisions
from app.core.models import Base


def test_the_files_say_what_migrations_there_are() -> None:
    script = ScriptDirectory.from_config(migrations.config("sqlite://"))

    heads, known = script.get_heads(), {one.revision for one in script.walk_revisions()}

    assert heads == [revisions.newest()]
    assert known == revisions.known()


def test_migrations_go_down_and_up_again(database_url: str) -> None:
    before = _tables(database_url)

    migrations.downgrade(database_url, "base")
    emptied = _tables(database_url)
    migrations.migrate(database_url)

    assert emptied == {"alembic_version"}
    assert _tables(database_url) == before
    assert {"articles", "publications", "events", "comments"} <= before


def test_models_and_migrations_say_the_same(database_url: str) -> None:
    engine = create_engine(revisions.sync_url(database_url))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_in_the_models, "compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == []


def test_a_database_that_is_up_to_date_is_left_alone(database_url: str) -> None:
    present = revisions.present(database_url)

    migrations.migrate(database_url)

    assert revisions.present(database_url) == present == revisions.newest()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_whoever_migrates_waits_for_who_does_already(database_url: str) -> None:
    """Several processes that start at once would make the same tables, and all but one fail."""
    engine = create_engine(revisions.sync_url(database_url))
    with ThreadPoolExecutor() as threads, engine.connect() as other:
        other.execute(select(func.pg_advisory_xact_lock(migrations.ONE_AT_A_TIME)))
        migrating = threads.submit(migrations.migrate, database_url)

        unfinished = wait([migrating], timeout=0.5).not_done
        other.rollback()
        migrating.result(timeout=20)
    engine.dispose()

    assert unfinished == {migrating}


def test_what_a_migration_finds_it_leaves_so_that_processes_of_the_version_before_go_on(
    copy_database: Callable[[], AbstractContextManager[str]],
) -> None:
    """Expand first, contract later: no table and no column goes, and a new column asks nothing of those who do not know it."""
    with copy_database() as url:
        migrations.downgrade(url, "0003")
        before = _columns(url)
        migrations.migrate(url)
        after = _columns(url)

    for table, columns in before.items():
        for name, column in columns.items():
            assert str(after[table][name]["type"]) == str(column["type"]), (table, name)
            assert after[table][name]["nullable"] >= column["nullable"], (table, name)
        for name in after[table].keys() - columns.keys():
            column = after[table][name]
            assert column["nullable"] or column["default"] is not None, (table, name)


def _columns(url: str) -> dict[str, dict[str, Any]]:
    engine = create_engine(revisions.sync_url(url))
    inspector = inspect(engine)
    found = {
        table: {column["name"]: column for column in inspector.get_columns(table)}
        for table in inspector.get_table_names()
        if not table.startswith("search_")
    }
    engine.dispose()
    return found


def _tables(url: str) -> set[str]:
    engine = create_engine(revisions.sync_url(url))
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def _is_in_the_models(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Full-text search is made by hand in the migration, differently on each database."""
    return not (kind == "table" and str(name).startswith("search_fts")) and not str(name).endswith("_vector")


@pytest.mark.parametrize("url", ["mysql://localhost/x", "oracle://localhost/x"])
def test_another_kind_of_database_is_refused_by_name(url: str) -> None:
    with pytest.raises((ValueError, KeyError)) as refusal:
        revisions.sync_url(url)

    assert url.split(":", maxsplit=1)[0] in str(refusal.value)
