"""What discussions allow is said by those who may, is heard at once everywhere below, and is told alike by every answer."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers

SITE = "/v1/comment-policies/site"
LETTER = {"author": {"name": "A reader"}, "body": "It was on time."}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def say(newsroom: Newsroom, section: Wire | None, **said: Any) -> Wire:
    address = SITE if section is None else f"/v1/comment-policies/sections/{section['id']}"
    return made(await newsroom.desk.patch(address, said, If_Match="*"))


async def test_what_is_said_is_told_with_who_said_it(newsroom: Newsroom) -> None:
    desk, world = newsroom.desk, await newsroom.section("World")
    europe = await newsroom.section("Europe", parent="world")
    untouched = await desk.get(SITE)

    await say(newsroom, None, max_links=0, votes="up")
    await say(newsroom, world, votes="none", close_after_days=14)
    below = made(await desk.get(f"/v1/comment-policies/sections/{europe['id']}"))
    article = await newsroom.article(section="europe")
    answer = await desk.patch(f"/v1/comment-policies/articles/{article['id']}", {"edit_minutes": 0}, If_Match=f'"{article["version"]}"')

    assert (untouched.json()["version"], untouched.headers["etag"], untouched.headers["cache-control"]) == (1, '"1"', "private, no-store")
    assert untouched.json()["said"]["votes"] is None
    assert (below["holds"]["max_links"], below["holds"]["votes"], below["holds"]["close_after_days"]) == (0, "none", 14)
    assert (below["said_by"]["max_links"], below["said_by"]["votes"], below["said_by"]["state"]) == ("site", "/world", "default")
    assert set(below["said"].values()) == {None}
    own = made(answer)
    assert (own["version"], own["said"]["edit_minutes"], own["said_by"]["edit_minutes"]) == (article["version"] + 1, 0, "article")
    assert own["said_by"]["votes"] == "/world"


async def test_saying_the_same_again_is_no_event_and_null_takes_it_back(newsroom: Newsroom) -> None:
    first = await say(newsroom, None, max_links=0)
    again = await say(newsroom, None, max_links=0)
    back = await say(newsroom, None, max_links=None)

    assert (first["version"], again["version"], back["version"]) == (2, 2, 3)
    assert (back["said"]["max_links"], back["holds"]["max_links"], back["said_by"]["max_links"]) == (None, 2, "default")
    log = made(await newsroom.desk.get("/v1/changes?types=comment_policy.*"))["data"]
    assert names(log, "changed") == [["max_links"], ["max_links"]]
    assert log[0]["object"]["id"].startswith("pol_")


async def test_every_place_of_which_something_is_said_is_listed(newsroom: Newsroom, statements: Statements) -> None:
    sections = [await newsroom.section(name) for name in ("World", "Arts", "Silent")]
    europe = await newsroom.section("Europe", parent="world")
    for place, links in ((europe, 3), (sections[0], 2), (None, 1), (sections[1], 4)):
        await say(newsroom, place, max_links=links)
    looking = await newsroom.key("comments:read")

    listed = await looking.all_pages("/v1/comment-policies?limit=1")

    assert [(one["path"], one["said"]["max_links"], one["holds"]["max_links"]) for one in listed] == [
        (None, 1, 1), ("/arts", 4, 4), ("/world", 2, 2), ("/world/europe", 3, 3),
    ]  # fmt: skip
    assert listed[3] == made(await looking.get(f"/v1/comment-policies/sections/{europe['id']}"))
    with statements.counted(2):
        assert len(made(await looking.get("/v1/comment-policies"))["data"]) == 4
    assert (await newsroom.client(None).get("/v1/comment-policies")).status_code == 401
    assert (await (await newsroom.key("articles:read")).get("/v1/comment-policies")).status_code == 403


async def test_a_stale_change_is_told_what_overlaps(newsroom: Newsroom) -> None:
    await say(newsroom, None, max_links=0)

    stale = await newsroom.desk.patch(SITE, {"max_links": 5}, If_Match='"1"')
    unsaid = await newsroom.desk.patch(SITE, {"max_links": 5})

    assert (stale.status_code, unsaid.status_code) == (412, 428)
    assert stale.json()["version"] == 2


async def test_those_who_speak_first_at_once_are_all_heard(newsroom: Newsroom) -> None:
    """There is no row to lock before somebody spoke."""
    said: list[Wire] = [{"votes": "up"}, {"voters": "members"}, {"max_links": 0}, {"max_depth": 2}, {"authors": "members"}]

    answers = await asyncio.gather(*(newsroom.desk.patch(SITE, one, If_Match="*") for one in said))

    assert [one.status_code for one in answers] == [200] * len(said)
    told = made(await newsroom.desk.get(SITE))
    assert told["version"] == 1 + len(said)
    assert {name: told["said"][name] for one in said for name in one} == {name: value for one in said for name, value in one.items()}


async def test_every_fault_is_named_at_once(newsroom: Newsroom) -> None:
    night = {"time_zone": "Europe/Atlantis", "begins": "25:00", "ends": "06:00"}
    wrong = {"state": "ajar", "max_length": 0, "max_depth": 9, "quiet_hours": [night], "colour": "red", "closes_at": None}

    refused = await newsroom.desk.patch(SITE, wrong, If_Match="*")
    endless = await newsroom.desk.patch(SITE, {"quiet_hours": [{"time_zone": "UTC", "begins": "06:00", "ends": "06:00"}]}, If_Match="*")

    expected = {"state", "max_length", "max_depth", "quiet_hours/0/time_zone", "quiet_hours/0/begins", "colour", "closes_at"}
    assert (refused.status_code, pointers(refused)) == (422, {f"#/{name}" for name in expected})
    assert (endless.status_code, pointers(endless)) == (422, {"#/quiet_hours/0"})


async def test_only_those_who_may_say_it_do(newsroom: Newsroom) -> None:
    section = await newsroom.section("World")
    inside, outside = await newsroom.article(section="world"), await newsroom.article()
    moderator, admin = await newsroom.key("comments:moderate"), await newsroom.key("comments:admin")
    editor = await newsroom.key("articles:write", sections=[section["id"]])
    addresses = (SITE, f"/v1/comment-policies/sections/{section['id']}")

    async def statuses(client: Client) -> list[int]:
        said = [(await client.patch(one, {"votes": "up"}, If_Match="*")).status_code for one in addresses]
        return [*said, *[(await client.get(one)).status_code for one in addresses]]

    assert await statuses(newsroom.client(None)) == [401, 401, 401, 401]
    assert await statuses(moderator) == [403, 403, 200, 200]
    assert await statuses(admin) == [200, 200, 200, 200]
    assert await statuses(editor) == [403, 403, 403, 403]
    own = [await editor.patch(f"/v1/comment-policies/articles/{one['id']}", {"votes": "up"}, If_Match="*") for one in (inside, outside)]
    assert [one.status_code for one in own] == [200, 403]


TRUTHS = [
    ({}, "open", None, None),
    ({"state": "closed"}, "closed", "closed", None),
    ({"state": "disabled"}, "disabled", "disabled", None),
    ({"close_after_days": 2}, "open", None, 2 * DAY),
    ({"close_after_days": 1, "max_links": 0}, "open", None, DAY),
    ({"quiet_hours": [{"time_zone": "UTC", "begins": "11:00", "ends": "12:30"}]}, "closed", "quiet", 30 * MINUTE),
    ({"quiet_hours": [{"time_zone": "UTC", "begins": "12:02", "ends": "13:00"}]}, "open", None, 2 * MINUTE),
]


@pytest.mark.parametrize(("said", "state", "reason", "turns_in"), TRUTHS)
async def test_every_answer_tells_the_same_truth_and_none_is_kept_past_its_end(
    newsroom: Newsroom, said: Wire, state: str, reason: str | None, turns_in: timedelta | None
) -> None:
    noon = datetime(2031, 5, 6, 12, tzinfo=UTC)
    reader, world = newsroom.client(None), await newsroom.section("World")
    with clock.stopped_at(noon):
        article = await newsroom.article(section="world")
        await say(newsroom, world, **said)
        told, kept = await told_of(newsroom, reader, article)
    assert told == {(state, reason)}
    assert turns_in is None or kept <= turns_in
    if turns_in is not None and turns_in < DAY:
        with clock.stopped_at(noon + turns_in):
            told, _ = await told_of(newsroom, reader, article)
        assert told == {("open", None) if state == "closed" else ("closed", "quiet")}


async def told_of(newsroom: Newsroom, reader: Client, article: Wire) -> tuple[set[tuple[str, str | None]], timedelta]:
    """All that is said of how the discussion stands, and why, by whatever is asked; and for how long it may be kept at most."""
    own = f"/v1/articles/{article['id']}"
    asked = (own, "/v1/articles?section=world", f"{own}/comment-policy", f"/v1/comments/counts?article={article['id']}")
    page, listed, told, counts = [await reader.get(one) for one in asked]
    form, draft = made(told), await newsroom.working(article)
    found = [made(page)["comments"], made(listed)["data"][0]["comments"], form, made(counts)["data"][0], draft["comments"]]
    assert len({one["closes_at"] for one in found}) == 1
    posted = await reader.post(f"{own}/comments?dry_run=true", LETTER)
    assert (posted.status_code in {201, 202}) == (form["state"] == "open"), posted.text
    kept = [answer.headers["cache-control"].split(", ")[2:] for answer in (page, listed, told, counts)]
    longest = max(sum(int(part.partition("=")[2]) for part in parts) for parts in kept)
    reason = posted.json().get("reason")
    return {(one.get("status") or one["state"], one.get("reason", reason)) for one in found}, timedelta(seconds=longest)


async def test_what_a_section_disables_is_gone_with_all_its_comments(newsroom: Newsroom) -> None:
    """From what this process keeps, too."""
    reader, world = newsroom.client(None), await newsroom.section("World")
    there, elsewhere = await newsroom.article(section="world"), await newsroom.article()
    comments = [made(await reader.post(f"/v1/articles/{one['id']}/comments", LETTER)) for one in (there, elsewhere)]
    address = f"/v1/articles/{there['id']}"
    asked = [f"{address}/comments", f"{address}?include=comments", "/v1/articles?include=comments&section=world"]

    async def shown() -> list[list[Wire]]:
        thread, page, listed = [made(await reader.get(one)) for one in asked]
        return [thread["data"], page["comments"]["data"], listed["data"][0]["comments"]["data"]]

    assert [len(one) for one in await shown()] == [1, 1, 1]
    await say(newsroom, world, state="disabled")
    assert await shown() == [[], [], []]
    assert [(await reader.get(f"/v1/comments/{one['id']}")).status_code for one in comments] == [404, 200]
    record = made(await reader.get("/v1/changes?types=comment.created&include=record"))["data"]
    assert [one["record"] is None for one in record] == [True, False]
    await say(newsroom, world, state=None)
    assert [len(one) for one in await shown()] == [1, 1, 1]


async def test_a_section_that_moves_inherits_anew(newsroom: Newsroom) -> None:
    reader, closed = newsroom.client(None), await newsroom.section("Closed")
    moving = await newsroom.section("Moving")
    await say(newsroom, closed, state="closed")
    article = await newsroom.article(section="moving")
    address = f"/v1/articles/{article['id']}"

    async def told() -> list[str]:
        page, form = made(await reader.get(address)), made(await reader.get(f"{address}/comment-policy"))
        return [page["comments"]["status"], form["state"]]

    assert await told() == ["open", "open"]
    made(await newsroom.desk.patch(f"/v1/sections/{moving['id']}", {"parent": closed["id"]}, If_Match="*"))
    assert await told() == ["closed", "closed"]
    heir = await newsroom.section("Open")
    assert (await newsroom.desk.delete(f"/v1/sections/{closed['id']}?move_to={heir['id']}", If_Match="*")).status_code == 204
    assert await told() == ["open", "open"]


async def test_a_form_is_told_all_that_it_needs_in_one_statement(newsroom: Newsroom, statements: Statements) -> None:
    world = await newsroom.section("World")
    await say(newsroom, None, hold_first=3, authors="members", max_length=400)
    await say(newsroom, world, votes="up")
    article = await newsroom.article(section="world")
    address, reader = f"/v1/articles/{article['slug']}/comment-policy", newsroom.client(None)

    with statements.counted(1):
        answer = await reader.get(address)

    told = made(answer)
    assert (told["authors"], told["max_length"], told["votes"], told["form"]["body"]["max_length"]) == ("members", 400, "up", 400)
    assert not {"hold_first", "hold_attacks"} & set(told), "how newcomers are held is nobody's business"
    assert told["form"]["name"]["required"] is False
    form = made(await reader.get("/v1/comments/form"))
    assert (set(told["form"]["checks"]), form["honeypot"], form["proof"]) == ({"website", "token"}, "website", "off")
    assert {"comment-policies", f"article:{article['id']}"} <= set(answer.headers["cache-tag"].split(","))
    assert (await reader.get(address, If_None_Match=answer.headers["etag"])).status_code == 304
    assert (await reader.get(f"{address}?colour=red")).status_code == 400
    assert (await reader.get("/v1/articles/nothing-there/comment-policy")).status_code == 404


async def test_pages_and_lists_ask_no_more_for_having_policies(newsroom: Newsroom, statements: Statements) -> None:
    world = await newsroom.section("World")
    await say(newsroom, None, close_after_days=30)
    await say(newsroom, world, quiet_hours=[{"time_zone": "UTC", "begins": "01:00", "ends": "02:00"}])
    articles = [await newsroom.article(section="world") for _ in range(5)]
    reader = newsroom.client(None)
    await reader.get(f"/v1/articles/{articles[0]['id']}")
    await reader.get("/v1/articles")

    with statements.counted(1):
        page = made(await reader.get(f"/v1/articles/{articles[1]['id']}"))
    with statements.counted(1):
        listed = made(await reader.get("/v1/articles?limit=5"))["data"]

    ends = [
        datetime.fromisoformat(one["comments"]["closes_at"]) - datetime.fromisoformat(one["first_published_at"]) for one in (page, *listed)
    ]
    assert ends == [30 * DAY] * 6


async def test_what_an_article_says_is_in_pages_and_lists(newsroom: Newsroom) -> None:
    """They have it as the database gives it, in another form on each."""
    reader, world = newsroom.client(None), await newsroom.section("World")
    await say(newsroom, world, state="closed")
    article = await newsroom.article(section="world")
    address = f"/v1/comment-policies/articles/{article['id']}"

    made(await newsroom.desk.patch(address, {"state": "open", "close_after_days": 5}, If_Match="*"))

    page, listed = made(await reader.get(f"/v1/articles/{article['id']}")), made(await reader.get("/v1/articles?section=world"))
    searched = made(await reader.get("/v1/articles?q=article&count=exact"))
    found = [page["comments"], listed["data"][0]["comments"], searched["data"][0]["comments"]]
    assert [one["status"] for one in found] == ["open"] * 3
    assert None not in {one["closes_at"] for one in found}
    assert len({one["closes_at"] for one in found}) == 1
