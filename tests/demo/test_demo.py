"""The invented newsroom: whole, and with a history that looks lived in."""

import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from app.core import clock
from app.core.text import SLUG_PATTERN
from app.demo.loader import DemoStandsAlreadyError, load_demo
from app.demo.stories import Content
from tests.newsroom import Client, Newsroom, Wire, names

CONTENT = Content()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def load(newsroom: Newsroom, *, if_empty: bool = False) -> tuple[int, list[tuple[int, int]]]:
    """How many articles were loaded, and what was told of the progress."""
    told: list[tuple[int, int]] = []
    return await load_demo(newsroom.database, if_empty=if_empty, report=lambda done, total: told.append((done, total))), told


async def test_readers_find_everything_that_was_written(newsroom: Newsroom, reader: Client) -> None:
    """One load, many looks: loading takes seconds."""
    await load(newsroom)

    articles = await reader.all_pages("/v1/articles?limit=100")
    assert set(names(articles, "slug")) == {story.slug for story in CONTENT.stories if story.about["state"] in {"published", "edited"}}
    assert "night-ferry-returns-to-the-grey-sound" in names((await reader.get("/v1/articles?q=ferry")).json()["data"], "slug")
    for kind in ("sections", "authors", "tags"):
        found = (await reader.get(f"/v1/{kind}?limit=100")).json()["data"]
        assert set(names(found, "slug")) == {one["slug"] for one in CONTENT.newsroom[kind]}
    for item in articles:
        await look_at(item["slug"], reader)
    await look_at_live_coverage(reader)
    front = (await reader.get("/v1/lists/front-page/items")).json()["data"]
    assert (len(front), front[0]["headline"], front[2]["slug"]) == (12, "The night ferry is back", "a-tide-table-is-a-promise")


async def look_at(slug: str, reader: Client) -> None:
    """One article, as readers see it, beside what was written."""
    article = (await reader.get(f"/v1/articles/{slug}")).json()
    written = next(story.about for story in CONTENT.stories if story.slug == slug)
    assert article["outline"]
    assert names(article["authors"], "slug") == [credit["author"] for credit in written["authors"]]
    if article["lead_image"] is not None:
        assert article["lead_image"]["alt"]
        assert (await reader.get(article["lead_image"]["url"])).status_code == 200
    published = moment(article["published_at"])
    assert article["first_published_at"] == article["published_at"]
    assert abs(published - (clock.now() - timedelta(hours=written["age_hours"]))) < timedelta(minutes=5)

    approved = [remark for remark in CONTENT.remarks.get(slug, []) if remark.status == "approved"]
    roots = (await reader.get(f"/v1/articles/{slug}/comments?limit=100")).json()["data"]
    assert article["comments"]["count"] == len(approved)
    assert len(roots) == len([remark for remark in approved if remark.parent is None])
    assert all(published < moment(root["created_at"]) < clock.now() for root in roots)


async def look_at_live_coverage(reader: Client) -> None:
    """The live blog, which the documentation has in its examples: pinned first, then the latest on top, each in its place in time."""
    (story,) = [story for story in CONTENT.stories if story.about["kind"] == "live_blog"]
    updates = (await reader.get(f"/v1/articles/{story.slug}/blocks")).json()["data"]
    pinned, *rest = [update for update in updates if update["type"] == "live_update"]
    assert (pinned["id"], pinned["pinned"]) == ("so-far", True)
    assert names(rest, "id") == [one.order["id"] for one in reversed(list(story.updates)) if one.seen and not one.order.get("pinned")]
    assert all(moment(one["at"]) > moment(other["at"]) for one, other in pairwise(rest))


def test_a_story_leaves_its_discussion_to_the_site_unless_it_is_another() -> None:
    """Whoever tries what a newsroom may say of the site or a section finds it holding."""
    usual = {"status": "open", "moderation": "post"}

    assert [story.slug for story in CONTENT.stories if usual.items() & story.about.get("comments", {}).items()] == []


async def test_the_newsroom_meets_every_state_and_a_log_in_order(newsroom: Newsroom, editor: Client) -> None:
    await load(newsroom)

    found = await editor.all_pages("/v1/articles?view=draft&limit=100")
    assert set(names(found, "status")) == {"draft", "scheduled", "published", "unpublished"}
    changed = {item["slug"] for item in found if item["status"] == "published" and item["has_unpublished_changes"]}
    assert changed == {story.slug for story in CONTENT.stories if story.about["state"] == "edited"}
    assert all(moment(item["scheduled"]["at"]) > clock.now() for item in found if item["status"] == "scheduled")

    waiting = await editor.all_pages("/v1/moderation/comments?status=pending&limit=100")
    assert len(waiting) == len([1 for remarks in CONTENT.remarks.values() for remark in remarks if remark.status == "pending"])

    events = await log_of(editor)
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(events))
    assert {event["actor"]["kind"] for event in events} == {"import"}
    kinds = {"section.created", "article.published", "article.scheduled", "article.unpublished", "comment.approved"}
    assert kinds <= set(names(events, "type"))


async def log_of(client: Client) -> list[Wire]:
    """Every event but those about keys."""
    events: list[Wire] = []
    since, more = 0, True
    while more:
        page = (await client.get(f"/v1/changes?since={since}&limit=100")).json()
        events += [event for event in page["data"] if event["object"]["type"] != "key"]
        since, more = page["next_since"], page["has_more"]
    return events


async def test_it_is_loaded_once_and_tells_how_far_it_is(newsroom: Newsroom) -> None:
    count, told = await load(newsroom, if_empty=True)

    assert count == len(CONTENT.stories)
    assert told == [(done, told[-1][1]) for done in range(told[-1][1] + 1)]
    assert await load(newsroom, if_empty=True) == (0, [])
    with pytest.raises(DemoStandsAlreadyError, match="stands already"):
        await load(newsroom)


async def test_if_empty_leaves_a_newsroom_with_its_own_sections_alone(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.section("Our own")

    assert await load(newsroom, if_empty=True) == (0, [])
    assert (await reader.get("/v1/articles")).json()["data"] == []


def test_the_files_agree_with_each_other() -> None:
    slugs = {story.slug for story in CONTENT.stories}

    assert set(CONTENT.remarks) <= slugs
    for story in CONTENT.stories:
        assert re.match(SLUG_PATTERN, story.slug)
        for remark in CONTENT.remarks.get(story.slug, []):
            assert 0 < remark.words["hours_after"] < story.about["age_hours"]
            assert remark.parent is None or remark.parent.words["hours_after"] < remark.words["hours_after"]
            assert remark.parent is None or remark.parent.status == "approved"
