"""`as_of` on sections: the tree as it was, with what was said of each."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from app.core import clock
from app.core.former import FormerName
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def then(path: str, at: datetime) -> str:
    return f"/v1/sections{path}{'&' if '?' in path else '?'}as_of={wire_instant(at)}"


async def change(newsroom: Newsroom, section: Wire, **fields: Any) -> None:
    made(await newsroom.desk.patch(f"/v1/sections/{section['id']}", fields, If_Match="*"))


async def a_tree_that_moved(newsroom: Newsroom) -> tuple[Wire, Wire]:
    """World with Europe below it at T; an hour later Europe at the top under another name, a new section, and World gone."""
    with clock.stopped_at(T):
        world = await newsroom.section("World", description="All of it.")
        europe = await newsroom.section("Europe", parent=world["id"], position=2)
    with clock.stopped_at(T + HOUR):
        await change(newsroom, europe, parent=None, name="EU", slug="eu", description="Some of it.")
        await newsroom.section("Sport")
        assert (await newsroom.desk.delete(f"/v1/sections/{world['id']}", If_Match="*")).status_code == 204
    return world, europe


async def test_the_tree_of_a_moment_is_what_it_was(newsroom: Newsroom, reader: Client) -> None:
    asked = ("", "?tree=true", "/world", "/europe", "/by-path/world/europe")
    with clock.stopped_at(T):
        world = await newsroom.section("World", description="All of it.")
        await newsroom.section("Europe", parent=world["id"], position=2)
        of_then = {path: (await reader.get(f"/v1/sections{path}")).json() for path in asked}
    with clock.stopped_at(T + HOUR):
        await change(newsroom, world, slug="globe")
        await change(newsroom, world, description="Less of it.")
        told = {path: (await reader.get(then(path, T))).json() for path in asked}
        before = (await reader.get(then("", T - HOUR))).json()
        to_come = (await reader.get(then("", T + 9 * HOUR))).json()
        now = (await reader.get("/v1/sections")).json()

    assert told == of_then
    assert before["data"] == []
    assert to_come == now != of_then[""]


async def test_what_was_deleted_or_moved_since_stands_where_it_was(newsroom: Newsroom, reader: Client) -> None:
    world, europe = await a_tree_that_moved(newsroom)

    with clock.stopped_at(T + 2 * HOUR):
        listed = (await reader.get(then("", T))).json()["data"]
        by_new_slug = await reader.get(then("/eu", T))
        gone = await reader.get(f"/v1/sections/{world['id']}")
        not_yet = await reader.get(then("/sport", T))

    assert names(listed, "path") == ["/world", "/world/europe"]
    assert listed[0]["description"] == "All of it."
    assert (by_new_slug.json()["id"], by_new_slug.json()["path"]) == (europe["id"], "/world/europe")
    assert by_new_slug.headers["Cache-Control"].startswith("public")
    assert (gone.status_code, not_yet.status_code) == (404, 404)


async def test_the_past_costs_two_questions_and_its_cursors_are_its_own(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    await a_tree_that_moved(newsroom)
    with clock.stopped_at(T + 2 * HOUR):
        first = (await reader.get(f"{then('', T)}&limit=1")).json()
        cursor = first["page"]["next_cursor"]
        second = (await reader.get(f"{then('', T)}&limit=1&cursor={cursor}")).json()
        elsewhere = await reader.get(f"/v1/sections?limit=1&cursor={cursor}")
        with statements.counted(2):
            assert (await reader.get(then("?tree=true", T))).json()["data"][0]["children"]
        with statements.counted(2):
            assert (await reader.get(then("/world", T))).status_code == 200

    assert names([*first["data"], *second["data"]], "slug") == ["world", "europe"]
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "cursor-mismatch")


async def test_where_only_a_name_was_kept_the_rest_is_of_now(newsroom: Newsroom, reader: Client) -> None:
    """An older version kept no more."""
    await a_tree_that_moved(newsroom)
    async with newsroom.database.writing() as session:
        await session.execute(update(FormerName).values(about=None))

    with clock.stopped_at(T + 2 * HOUR):
        listed = (await reader.get(then("", T))).json()["data"]

    assert names(listed, "path") == ["/world", "/world/europe"]
    assert names(listed, "description") == [None, "Some of it."]
