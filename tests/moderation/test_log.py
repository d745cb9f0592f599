"""The log of moderation tells everything that was done about comments, and is never changed."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.comments.models import ModerationAction
from app.core import clock, ids
from app.core.models import table_of
from app.moderation import queries
from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, made, names
from tests.plans import NO_SHORT_TABLES, overhearing, plans_of

APP = Path(__file__).parents[2] / "app"


async def test_the_log_tells_what_was_done_the_newest_first(newsroom: Newsroom, held: Desk, editor: Client) -> None:
    one, two = await held.post(), await held.post()
    other = await newsroom.key("comments:moderate")
    await held.moderate(one, "reject", code="insult", reason="Third time.")
    batch = await held.decide("spam", two)
    made(await other.post(f"/v1/moderation/comments/{one['id']}/approve", If_Match="*"))
    await held.undo(batch)

    log = await editor.all_pages("/v1/moderation/log?limit=2")

    told = [(entry["comment"], entry["action"]) for entry in log]
    assert told == [(two["id"], "pending"), (one["id"], "approved"), (two["id"], "spam"), (one["id"], "rejected")]
    assert (log[3]["code"], log[3]["reason"], log[0]["undoes"]) == ("insult", "Third time.", log[2]["id"])
    theirs = log[1]["actor"]["id"]
    assert names(await editor.all_pages(f"/v1/moderation/log?actor={theirs}")) == [log[1]["id"]]
    assert names(await editor.all_pages("/v1/moderation/log?action=spam,approved")) == [log[1]["id"], log[2]["id"]]
    assert names(await editor.all_pages(f"/v1/moderation/log?comment={two['id']}")) == [log[0]["id"], log[2]["id"]]
    assert names(await editor.all_pages(f"/v1/moderation/log?at[lt]={log[1]['at']}")) == [log[2]["id"], log[3]["id"]]
    assert names(await editor.all_pages(f"/v1/moderation/log?at[gte]={log[1]['at']}")) == [log[0]["id"], log[1]["id"]]


async def test_the_log_of_a_key_that_keeps_to_sections_ends_there(newsroom: Newsroom, held: Desk) -> None:
    section = await newsroom.section("World")
    within = Desk(newsroom, await newsroom.article(section=section["id"], comments={"moderation": "pre"}))
    mine = await within.post()
    for desk, comment in ((held, await held.post()), (within, mine)):
        await desk.moderate(comment, "approve")
    limited = await newsroom.key("comments:moderate", sections=[section["id"]])

    assert names(await limited.all_pages("/v1/moderation/log"), "comment") == [mine["id"]]
    assert (await newsroom.client(None).get("/v1/moderation/log")).status_code == 401
    assert (await (await newsroom.key("comments:write")).get("/v1/moderation/log")).status_code == 403


async def test_what_stands_in_the_log_stays_as_it_is(newsroom: Newsroom, held: Desk) -> None:
    comment = await held.post()

    async def rows() -> dict[object, tuple[object, ...]]:
        columns = table_of(ModerationAction).c
        async with newsroom.database.reading() as session:
            found = await session.execute(select(*columns).where(ModerationAction.comment_id == ids.decode("cmt", comment["id"])))
            return {row.id: tuple(row) for row in found}

    known = await rows()
    for verdict in ("approve", "reject", "spam", "hold", "approve"):
        await held.moderate(comment, verdict, code="other")
        now = await rows()
        assert known.items() <= now.items()
        assert len(now) == len(known) + 1
        known = now
    changing = [path.name for path in APP.rglob("*.py") if "update(ModerationAction)" in path.read_text("utf-8")]
    assert changing == ["erasing.py"]


@pytest.mark.parametrize("position", [None, [clock.now(), ids.EXAMPLE]])
async def test_what_somebody_did_is_found_among_what_all_did(newsroom: Newsroom, position: Any) -> None:
    wanted = queries.Wanted(actor=ids.EXAMPLE)
    with overhearing(newsroom.database) as said:
        async with newsroom.database.reading() as session:
            await queries.list_log(session, wanted, position, 21)

    (plan,) = await plans_of(newsroom.database, said, without=NO_SHORT_TABLES)

    assert "ix_moderation_actions_actor_id_at_id" in plan, plan
    assert not [step for step in ("Sort", "TEMP B-TREE") if step in plan], plan
