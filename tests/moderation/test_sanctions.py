"""What is imposed on somebody holds for them, wherever they write, until it ends; and for nobody else."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock, ids
from app.core.schemas import wire_instant
from app.events.models import SYSTEM
from app.moderation import cleaning, queries, sanctioning
from app.moderation.models import SanctionCleanUp
from app.readers import forgetting
from app.readers.sanctions import Sanction
from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, Wire, made, names

TROLL = {"name": "A troll", "email": "troll@example.org"}
OTHER = {"name": "A reader", "email": "reader@example.org"}


async def impose(newsroom: Newsroom, comment: Wire, kind: str, **more: Any) -> Wire:
    return made(await newsroom.desk.post("/v1/moderation/sanctions", {"comment": comment["id"], "kind": kind, **more}))


async def try_to_post(desk: Desk, author: dict[str, str], body: str = "Again.") -> Any:
    return await desk.newsroom.client(None).post(desk.address, {"author": author, "body": body})


async def test_whoever_is_muted_posts_nothing_wherever_and_others_do(newsroom: Newsroom, desk: Desk) -> None:
    elsewhere = Desk(newsroom, await newsroom.article())
    first = await desk.post(author=TROLL)

    sanction = await impose(newsroom, first, "mute", on=["email"], code="insult", statement="Enough.")

    assert (sanction["on"], sanction["active"], sanction["clean_up"]) == (["email"], True, None)
    for place in (desk, elsewhere):
        refused = await try_to_post(place, {**TROLL, "name": "Another", "email": "TROLL@example.org"})
        assert (refused.status_code, refused.json()["code"], refused.json()["kind"]) == (403, "sanctioned", "mute")
        assert (refused.json()["detail"], refused.json()["reason_code"]) == ("Enough.", "insult")
        assert (await try_to_post(place, OTHER)).status_code == 201
    assert (await newsroom.desk.delete(f"/v1/moderation/sanctions/{sanction['id']}")).status_code == 204
    assert (await try_to_post(desk, TROLL)).status_code == 201
    assert made(await newsroom.desk.get(f"/v1/moderation/sanctions/{sanction['id']}"))["active"] is False


async def test_whoever_is_looked_at_beforehand_waits(newsroom: Newsroom, desk: Desk, reader: Client) -> None:
    first = await desk.post(author=TROLL)

    await impose(newsroom, first, "premod")

    waiting = await try_to_post(desk, TROLL, "Something new.")
    assert (waiting.status_code, waiting.json()["status"]) == (202, "pending")
    (queued,) = await desk.queue("signal=sanction")
    assert queued["id"] == waiting.json()["id"]


async def test_a_suspension_ends_by_itself_and_keeps_from_voting_and_reporting_too(newsroom: Newsroom, desk: Desk, reader: Client) -> None:
    first, other = await desk.post(), await desk.post()
    until = wire_instant(clock.now() + timedelta(days=1))
    report = f"/v1/comments/{other['id']}/report"

    await impose(newsroom, first, "suspend", on=["address"], until=until)

    assert (await try_to_post(desk, OTHER)).json()["until"] == until
    assert (await reader.put(report, {"code": "insult"})).status_code == 403
    assert (await reader.put(f"/v1/comments/{other['id']}/vote", {"vote": "up"})).status_code == 403
    with clock.stopped_at(clock.now() + timedelta(days=2)):
        made(await reader.put(report, {"code": "insult"}))


async def test_a_ban_cleans_up_what_can_be_undone(newsroom: Newsroom, desk: Desk, held: Desk) -> None:
    theirs = [await desk.post(author=TROLL, body=f"Number {number}.") for number in range(3)]
    theirs.append(await held.post(author=TROLL, body="Elsewhere."))
    await desk.post(theirs[0], author=OTHER)

    ban = await impose(newsroom, theirs[0], "ban", on=["email"], clean_up={"verdict": "spam"}, code="spam")

    assert ban["clean_up"]["changed"] == 4
    assert [await desk.state(one) for one in theirs] == ["spam"] * 4
    assert await desk.count() == 0
    await desk.undo(ban["clean_up"])
    assert ([await desk.state(one) for one in theirs], await desk.count()) == (["approved"] * 3 + ["pending"], 4)
    assert (await try_to_post(desk, TROLL)).status_code == 403


async def cleaned(newsroom: Newsroom, sanction: Wire) -> Wire:
    found: Wire = made(await newsroom.desk.get(f"/v1/moderation/sanctions/{sanction['id']}"))["cleaning"]
    return found


@pytest.fixture
def in_steps_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little goes at once, so that much is left to the worker."""
    monkeypatch.setattr(cleaning, "AT_ONCE", 2)
    monkeypatch.setattr(cleaning, "_STEPS_AT_A_TIME", 2)
    monkeypatch.setattr(queries, "MOST_OF_A_BATCH", 4)


@pytest.mark.usefixtures("in_steps_of_two")
async def test_a_clean_up_reaches_everything_and_says_how_far_it_is(newsroom: Newsroom, desk: Desk) -> None:
    """What somebody else looks at is left to them; the rest goes in one batch, which is undone however large it is."""
    theirs = [await desk.post(author=TROLL, body=f"Number {number}.") for number in range(9)]
    other = await newsroom.key("comments:moderate")
    made(await other.put(f"/v1/moderation/comments/{theirs[3]['id']}/lease", {"seconds": 300}))

    ban = await impose(newsroom, theirs[0], "ban", on=["email"], clean_up={"verdict": "spam"})

    assert (ban["clean_up"]["changed"], ban["cleaning"]["changed"], ban["cleaning"]["done_at"]) == (2, 2, None)
    assert await cleaning.carry_on(newsroom.database)
    assert (await cleaned(newsroom, ban))["changed"] == 5
    assert await cleaning.carry_on(newsroom.database)
    assert not await cleaning.carry_on(newsroom.database)
    done = await cleaned(newsroom, ban)
    assert (done["changed"], done["refused"], done["done_at"] is not None) == (8, 1, True)
    assert done["batch"] == ban["clean_up"]["id"]
    assert (await desk.count(), await desk.state(theirs[3])) == (1, "approved")
    shown = made(await newsroom.desk.get(f"/v1/moderation/batches/{done['batch']}"))
    assert (shown["changed"], shown["more"]) == (4, True)
    first, second = await desk.undo(ban["clean_up"]), await desk.undo(ban["clean_up"])
    assert [(one["changed"], one["more"]) for one in (first, second)] == [(4, True), (4, False)]
    assert await desk.count() == 9


@pytest.mark.usefixtures("in_steps_of_two")
async def test_what_is_taken_back_is_not_cleaned_up_any_further(newsroom: Newsroom, desk: Desk) -> None:
    theirs = [await desk.post(author=TROLL, body=f"Number {number}.") for number in range(5)]
    first, second = [await impose(newsroom, theirs[0], "ban", on=["email"], clean_up={"verdict": "spam"}) for _ in range(2)]

    await desk.undo(first["clean_up"])
    assert (await newsroom.desk.delete(f"/v1/moderation/sanctions/{second['id']}")).status_code == 204

    assert not await cleaning.carry_on(newsroom.database)
    assert [(await cleaned(newsroom, one))["changed"] for one in (first, second)] == [2, 2]
    assert await desk.count() == 3


@pytest.mark.usefixtures("in_steps_of_two")
async def test_an_undo_and_a_step_of_the_clean_up_wait_for_each_other(newsroom: Newsroom, desk: Desk) -> None:
    """The undo comes while the worker cleans up: it takes back what that does meanwhile, and neither has what the other wants."""
    theirs = [await desk.post(author=TROLL, body=f"Number {number}.") for number in range(5)]
    ban = await impose(newsroom, theirs[0], "ban", on=["email"], clean_up={"verdict": "spam"})
    sanction = ids.decode("san", ban["id"])

    async with newsroom.database.writing() as worker:
        noted = await worker.get_one(SanctionCleanUp, sanction, with_for_update=True)
        undoing = asyncio.create_task(desk.undo(ban["clean_up"]))
        await asyncio.sleep(0.2)
        await cleaning._step(worker, noted, await worker.get_one(Sanction, sanction))
    undone = await undoing

    assert undone["changed"] == 4
    assert not await cleaning.carry_on(newsroom.database)
    assert await desk.count() == 5


async def test_of_two_who_lift_a_sanction_at_once_one_does(newsroom: Newsroom, desk: Desk) -> None:
    ban = await impose(newsroom, await desk.post(author=TROLL), "ban", on=["email"])

    async with newsroom.database.writing() as session:
        await sanctioning.lift(session, ids.decode("san", ban["id"]), by=SYSTEM)
        lifting = asyncio.create_task(newsroom.desk.delete(f"/v1/moderation/sanctions/{ban['id']}"))
        await asyncio.sleep(0.2)

    assert (await lifting).status_code == 204
    log = made(await newsroom.desk.get("/v1/changes?limit=100"))["data"]
    assert names(log, "type").count("sanction.lifted") == 1


async def test_a_sanction_makes_sense_or_is_refused(newsroom: Newsroom, desk: Desk) -> None:
    comment = made(await newsroom.client(None).post(desk.address, {"author": {"name": "R"}, "body": "x"}))
    past, later = wire_instant(clock.now() - timedelta(days=1)), wire_instant(clock.now() + timedelta(days=1))

    for order, pointer in (
        ({"kind": "suspend"}, "#/until"), ({"kind": "ban", "until": later}, "#/until"), ({"kind": "mute", "until": past}, "#/until"),
        ({"kind": "mute", "on": ["email"]}, "#/on"), ({"kind": "mute", "on": ["member"]}, "#/on"),
    ):  # fmt: skip
        answer = await newsroom.desk.post("/v1/moderation/sanctions", {"comment": comment["id"], **order})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), order


async def test_sanctions_hold_for_the_site_and_so_take_a_key_for_the_site(newsroom: Newsroom) -> None:
    section = await newsroom.section("World")
    desk = Desk(newsroom, await newsroom.article(section=section["id"]))
    comment = await desk.post()
    limited = await newsroom.key("comments:moderate", sections=[section["id"]])
    plain = await newsroom.key("comments:moderate")
    order: Any = {"comment": comment["id"], "kind": "ban"}

    assert (await limited.post("/v1/moderation/sanctions", order)).json()["code"] == "outside-sections"
    cleaning = await plain.post("/v1/moderation/sanctions", {**order, "clean_up": {"verdict": "spam"}})
    assert (cleaning.status_code, cleaning.json()["scope"]) == (403, "comments:admin")
    made(await plain.post("/v1/moderation/sanctions", order))
    assert (await (await newsroom.key("comments:read")).post("/v1/moderation/sanctions", order)).status_code == 403


async def test_a_key_of_sections_knows_of_sanctions_for_what_was_written_there(newsroom: Newsroom) -> None:
    """Of the same person too: what the newsroom says of them elsewhere is for the newsroom."""
    section = await newsroom.section("World")
    here, there = Desk(newsroom, await newsroom.article(section=section["id"])), Desk(newsroom, await newsroom.article())
    mine, other = await here.post(author=TROLL), await there.post(author=TROLL)
    own = await impose(newsroom, mine, "premod", on=["email"], reason="Seen by the desk.")
    foreign = await impose(newsroom, other, "premod", on=["email"], reason="Not for the desk.")
    address = "/v1/moderation/sanctions"

    for scope in ("comments:read", "comments:moderate"):
        limited = await newsroom.key(scope, sections=[section["id"]])
        for query in ("", f"?author_of={mine['id']}"):
            found = made(await limited.get(f"{address}{query}"))["data"]
            assert [(one["id"], one["reason"]) for one in found] == [(own["id"], "Seen by the desk.")]
        assert made(await limited.get(f"{address}/{own['id']}"))["id"] == own["id"]
        assert (await limited.get(f"{address}/{foreign['id']}")).json()["code"] == "sanction-not-found"
    assert len(made(await (await newsroom.key("comments:read")).get(address))["data"]) == 2


async def test_sanctions_are_listed_and_nobody_is_named(newsroom: Newsroom, desk: Desk, editor: Client) -> None:
    troll, other = await desk.post(author=TROLL), await desk.post(author=OTHER)
    one = await impose(newsroom, troll, "premod", on=["email", "address"])
    two = await impose(newsroom, other, "mute", on=["email"])
    await editor.delete(f"/v1/moderation/sanctions/{two['id']}")

    listed = await editor.all_pages("/v1/moderation/sanctions?active=false&limit=1")

    assert names(listed) == names([two, one])
    assert names(await editor.all_pages("/v1/moderation/sanctions")) == [one["id"]]
    assert names(await editor.all_pages(f"/v1/moderation/sanctions?author_of={troll['id']}")) == [one["id"]]
    assert not {"email_digest", "address_digest", "member_id"} & set(listed[0])
    assert names(await desk.queue(f"status=approved&author_of={troll['id']}"))[0] == troll["id"]
    types = [event["type"] for event in made(await editor.get("/v1/changes?limit=100"))["data"]]
    assert [kind for kind in types if kind.startswith("sanction.")] == ["sanction.imposed", "sanction.imposed", "sanction.lifted"]


async def test_an_address_under_a_sanction_is_forgotten_in_time(newsroom: Newsroom, desk: Desk, editor: Client) -> None:
    sanction = await impose(newsroom, await desk.post(), "mute", on=["address"])

    await forgetting.forget_digests(newsroom.database, clock.FOREVER)

    assert made(await editor.get(f"/v1/moderation/sanctions/{sanction['id']}"))["on"] == []
