"""What is said of the site and of sections reaches every article below, wherever it stands at the moment."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock, ids
from app.policies.kind import Policy
from app.policies.queries import effective
from tests.newsroom import Newsroom, Wire, made

LETTER = {"author": {"name": "A reader"}, "body": "It was on time."}


async def say(newsroom: Newsroom, section: Wire | None, **settings: Any) -> None:
    """Say so of the site, or of a section."""
    address = "site" if section is None else f"sections/{section['id']}"
    made(await newsroom.desk.patch(f"/v1/comment-policies/{address}", settings, If_Match="*"))


async def holds(newsroom: Newsroom, article: Wire, after: timedelta = timedelta()) -> Policy:
    found = ids.decode("art", article["id"])
    assert isinstance(found, UUID)
    async with newsroom.database.reading() as session:
        return await effective(session, found, clock.now() + after)


async def test_an_article_has_what_is_said_nearest_to_it(newsroom: Newsroom) -> None:
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", parent="world")
    worlds = await newsroom.section("Worlds")
    there, here, beside = [await newsroom.article(section=one["id"]) for one in (europe, world, worlds)]
    nowhere = await newsroom.article()
    await say(newsroom, None, max_links=9, moderation="pre")
    await say(newsroom, world, moderation="post", max_length=500)
    await say(newsroom, europe, max_length=100, state="closed")

    below, at_world, elsewhere, at_top = [await holds(newsroom, one) for one in (there, here, beside, nowhere)]

    assert (below.state, below.reason, below.moderation, below.max_links, below.max_length) == ("closed", "closed", "post", 9, 100)
    assert (at_world.state, at_world.moderation, at_world.max_length) == ("open", "post", 500)
    assert elsewhere == at_top == Policy(max_links=9, moderation="pre")


async def test_the_article_itself_is_nearest(newsroom: Newsroom) -> None:
    world = await newsroom.section("World")
    await say(newsroom, world, state="closed", moderation="pre")

    silent = await newsroom.article(section="world")
    loud = await newsroom.article(section="world", comments={"status": "open"})

    assert [(one.state, one.moderation) for one in (await holds(newsroom, silent), await holds(newsroom, loud))] == [
        ("closed", "pre"), ("open", "pre"),
    ]  # fmt: skip
    again = await newsroom.edit(await newsroom.working(loud), comments={"status": None})
    assert (await holds(newsroom, again)).state == "closed"


async def test_posting_is_refused_where_the_policy_refuses_it(newsroom: Newsroom) -> None:
    reader, night = newsroom.client(None), {"time_zone": "UTC", "begins": "00:00", "ends": "23:59", "days": []}
    closing: dict[str, Wire] = {"closed": {"state": "closed"}, "disabled": {"state": "disabled"}, "quiet": {"quiet_hours": [night]}}
    opening = None
    for name, said in closing.items():
        section = await newsroom.section(name.title())
        await say(newsroom, section, **said)
        article = await newsroom.article(section=name)

        with clock.stopped_at(clock.now().replace(hour=12) + timedelta(days=1)):
            refused = await reader.post(f"/v1/articles/{article['id']}/comments", LETTER)

        assert (refused.status_code, refused.json()["code"], refused.json()["reason"]) == (409, "comments-closed", name)
        opening = refused.json()["opens_at"]
    assert str(opening).endswith("T23:59:00Z")


async def test_a_discussion_ends_days_after_the_first_publication(newsroom: Newsroom) -> None:
    await say(newsroom, None, close_after_days=3)
    article = await newsroom.article()
    address, reader = f"/v1/articles/{article['id']}/comments", newsroom.client(None)
    made(await reader.post(address, LETTER))

    with clock.stopped_at(clock.now() + timedelta(days=3)):
        refused = await reader.post(address, LETTER)

    assert refused.json()["reason"] == "expired"
    assert (await holds(newsroom, article)).closes_at is not None


async def test_one_that_would_end_behind_the_end_of_time_does_not(newsroom: Newsroom) -> None:
    made(await newsroom.desk.patch("/v1/comment-policies/site", {"close_after_days": 36_500}, If_Match="*"))
    article = await newsroom.draft()
    made(await newsroom.desk.post(f"/v1/articles/{article['id']}/publish", {"at": "9990-01-01T00:00:00Z"}, If_Match="*"))

    shown = made(await newsroom.desk.get(f"/v1/articles/{article['id']}?as_of=9999-12-30T23:59:59Z"))

    assert shown["comments"] == {"status": "open", "count": 0, "closes_at": None}


async def test_members_length_moderation_and_depth_are_kept(newsroom: Newsroom) -> None:
    said: dict[str, Wire] = {
        "Members": {"authors": "members"},
        "Short": {"max_length": 5},
        "Held": {"moderation": "pre"},
        "Flat": {"max_depth": 1},
    }
    articles = {}
    for name, settings in said.items():
        await say(newsroom, await newsroom.section(name), **settings)
        articles[name] = f"/v1/articles/{(await newsroom.article(section=name.lower()))['id']}/comments"
    reader = newsroom.client(None)

    members, short, held = [await reader.post(articles[name], LETTER) for name in ("Members", "Short", "Held")]
    posted: list[Wire] = []
    for _ in range(4):
        parent = {"parent": posted[-1]["id"]} if posted else {}
        posted.append(made(await reader.post(articles["Flat"], LETTER | parent)))

    assert (members.status_code, members.json()["code"]) == (403, "members-only")
    assert (await newsroom.desk.post(articles["Members"], LETTER)).status_code == 201
    assert (short.status_code, short.json()["errors"][0]["pointer"]) == (422, "#/body")
    assert held.status_code == 202
    assert [one["depth"] for one in posted] == [0, 1, 1, 1]
    assert [one["reply_to"] for one in posted] == [None, None, posted[1]["id"], posted[2]["id"]]
    assert {one["parent"] for one in posted[1:]} == {posted[0]["id"]}
