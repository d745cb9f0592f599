"""Every operation that writes can be rehearsed: it answers as it would, and nothing of it is kept."""

from typing import Any

from sqlalchemy import create_engine, inspect, text

from app.core import revisions
from tests.newsroom import Newsroom
from tests.operations import operations, small_world

_MOVES_BY_ITSELF = {"keys": {"last_used_at"}}
_WRITING = [each for each in operations() if each.method != "GET"]


class Kept:
    """What a database holds."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(revisions.sync_url(url))
        found = inspect(self.engine)
        columns = {table: [one["name"] for one in found.get_columns(table)] for table in found.get_table_names()}
        self.questions = {
            table: ", ".join(f'"{name}"' for name in known if name not in _MOVES_BY_ITSELF.get(table, ()))
            for table, known in columns.items() if not table.startswith("search_fts")
        }  # fmt: skip

    def rows(self) -> dict[str, list[Any]]:
        with self.engine.connect() as connection:
            return {
                table: sorted(str(tuple(row)) for row in connection.execute(text(f'SELECT {columns} FROM "{table}"')))  # noqa: S608
                for table, columns in self.questions.items()
            }


async def test_a_rehearsal_of_any_write_keeps_nothing(newsroom: Newsroom, database_url: str) -> None:
    world = await small_world(newsroom)
    kept = Kept(database_url)
    before, well = kept.rows(), []
    assert len(before["events"]) > 5

    for operation in _WRITING:
        assert "dry_run" in {parameter["name"] for parameter in operation.parameters("query")}, str(operation)
        url = operation.url(world)
        url += ("&" if "?" in url else "?") + "dry_run=true"
        answer = await newsroom.desk.request(
            operation.method, url, operation.likely_body(), If_Match="*", Idempotency_Key=f"rehearsed {operation}".replace(" ", "-")
        )
        assert answer.status_code < 500, (str(operation), answer.text)
        assert kept.rows() == before, str(operation)
        well += [operation] if answer.is_success else []

    kept.engine.dispose()
    assert len(well) > len(_WRITING) * 2 / 3, [str(one) for one in _WRITING if one not in well]
