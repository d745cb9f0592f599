"""Migrations go up, down and up again on both databases, and say the same as the models."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from app.core import migrations
from app.core.models import Base


def test_there_is_one_newest_migration() -> None:
    script = ScriptDirectory.from_config(migrations.config("sqlite://"))

    heads = script.get_heads()

    assert len(heads) == 1


def test_migrations_go_down_and_up_again(database_url: str) -> None:
    before = _tables(database_url)

    migrations.downgrade(database_url, "base")
    emptied = _tables(database_url)
    migrations.migrate(database_url)

    assert emptied == {"alembic_version"}
    assert _tables(database_url) == before
    assert {"articles", "publications", "events", "comments"} <= before


def test_models_and_migrations_say_the_same(database_url: str) -> None:
    engine = create_engine(migrations.sync_url(database_url))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_in_the_models, "compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == []


def test_a_database_that_is_up_to_date_is_left_alone(database_url: str) -> None:
    present, newest = migrations.state(database_url)

    migrations.migrate(database_url)

    assert migrations.state(database_url) == (present, newest) == (newest, newest)


def _tables(url: str) -> set[str]:
    engine = create_engine(migrations.sync_url(url))
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def _is_in_the_models(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Full-text search is made by hand in the migration, differently on each database."""
    return not (kind == "table" and str(name).startswith("search_fts")) and not str(name).endswith("_vector")


@pytest.mark.parametrize("url", ["mysql://localhost/x", "oracle://localhost/x"])
def test_another_kind_of_database_is_refused_by_name(url: str) -> None:
    with pytest.raises((ValueError, KeyError)) as refusal:
        migrations.sync_url(url)

    assert url.split(":", maxsplit=1)[0] in str(refusal.value)
