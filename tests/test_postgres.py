"""The tests' own PostgreSQL is what it says it is."""

import pytest
from sqlalchemy import URL, create_engine, text

from tests import postgres


def ask(url: URL, question: str) -> object:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(question)).scalar_one()
    finally:
        engine.dispose()


def test_a_server_starts_answers_and_copies_a_template() -> None:
    with postgres.server() as server:
        assert ask(server, "select 1") == 1

        template = postgres.create_database(server, "newsroom_template")
        engine = create_engine(template)
        with engine.begin() as connection:
            connection.execute(text("create table articles as select 7 as version"))
        engine.dispose()
        postgres.freeze_template(server, "newsroom_template")

        with postgres.database(server, "worker_0", template="newsroom_template") as own:
            assert ask(own, "select version from articles") == 7

        assert ask(server, "select count(*) from pg_database where datname = 'worker_0'") == 0
        postgres.drop_database(server, "newsroom_template")
        assert ask(server, "select count(*) from pg_database where datname = 'newsroom_template'") == 0


def test_the_server_has_the_extensions_that_search_may_use() -> None:
    with postgres.server() as server:
        known = ask(server, "select array_agg(name::text) from pg_available_extensions")

    assert isinstance(known, list)
    assert {"pg_trgm", "unaccent"} <= set(known)


def test_a_server_that_cannot_be_reached_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql:///nobody?host=/nowhere")

    with pytest.raises(Exception, match="nowhere"), postgres.server():
        pytest.fail("A server nobody started has answered.")
