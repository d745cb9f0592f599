"""Drafts, publications, schedules."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from tests.newsroom import Client, Newsroom, Wire, made, names

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


async def sees(reader: Client, article: Wire) -> bool:
    """Whether readers find the article; every way to look for it must agree."""
    ways = {
        "id": (await reader.get(f"/v1/articles/{article['id']}")).status_code == 200,
        "slug": (await reader.get(f"/v1/articles/{article['slug']}")).status_code == 200,
        "parts": (await reader.get(f"/v1/articles/{article['id']}/sections")).status_code == 200,
        "comments": (await reader.get(f"/v1/articles/{article['id']}/comments")).status_code == 200,
        "resolve": (await reader.get(f"/v1/resolve?path={article['path']}")).status_code == 200,
        "list": article["id"] in names((await reader.get("/v1/articles?limit=100")).json()["data"]),
        "search": article["id"] in names((await reader.get(f"/v1/articles?q={article['slug']}&limit=100")).json()["data"]),
        "count": (await reader.get(f"/v1/articles?count=exact&q={article['slug']}")).json()["page"]["total"] == 1,
    }
    assert len(set(ways.values())) == 1, ways
    return all(ways.values())


async def events(client: Client, kind: str = "") -> list[Wire]:
    """Everything of this kind that `client` may know of."""
    log = (await client.get("/v1/changes?limit=1000")).json()["data"]
    return [event for event in log if event["type"].startswith(kind)]


def seconds(header: str) -> int:
    """How long a shared cache may answer from what it has."""
    return sum(int(found) for found in re.findall(r"(?:s-maxage|stale-while-revalidate)=(\d+)", header))


async def test_a_draft_is_invisible_to_readers(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft(headline="Secret plans")

    assert not await sees(reader, draft)
    assert draft["status"] == "draft"
    assert await events(reader, "article.") == []


async def test_a_published_article_is_seen_by_everybody(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft(headline="Open secret")

    article = await newsroom.publish(draft)

    assert await sees(reader, article)
    assert (article["status"], article["has_unpublished_changes"]) == ("published", False)
    assert [event["type"] for event in await events(reader)] == ["article.published"]


async def test_readers_get_the_same_with_a_key_and_without(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article()
    await newsroom.edit(article, headline="Something else")

    for path in (f"/v1/articles/{article['id']}", "/v1/articles", f"/v1/articles/{article['id']}/sections"):
        public, keyed = await reader.get(path), await editor.get(path)

        assert (public.content, public.headers["ETag"]) == (keyed.content, keyed.headers["ETag"])


async def test_publishing_twice_keeps_the_first_date_the_version_and_the_log(newsroom: Newsroom, editor: Client) -> None:
    """An integrator that lost our answer must be able to ask again."""
    first = await newsroom.article()
    log = await events(editor)

    again = await newsroom.publish(first)

    assert again == first
    assert await events(editor) == log


async def test_editing_what_is_published_changes_nothing_for_readers_until_it_is_published(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(headline="Before", kicker="Old")
    path = f"/v1/articles/{article['id']}"
    before, listed = await reader.get(path), await reader.get("/v1/articles")

    edited = await newsroom.edit(article, headline="After", kicker="New", body={"format": "text", "content": "New words."})

    assert edited["has_unpublished_changes"]
    assert (await reader.get(path)).content == before.content
    assert (await reader.get(path)).headers["ETag"] == before.headers["ETag"]
    assert (await reader.get("/v1/articles")).content == listed.content
    await newsroom.publish(edited)
    after = (await reader.get(path)).json()
    assert (after["headline"], after["kicker"], after["version"]) == ("After", "New", edited["version"] + 1)


async def test_a_scheduled_article_appears_at_its_moment_with_nobody_running_anything(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T - HOUR):
        article = await newsroom.publish(draft, at="2031-05-01T14:00:00+02:00")

    assert (article["status"], article["scheduled"]) == ("scheduled", {"at": "2031-05-01T12:00:00Z", "until": None})
    for moment, visible in ((T - SECOND, False), (T, True), (T + SECOND, True)):
        with clock.stopped_at(moment):
            assert await sees(reader, article) is visible, moment
    with clock.stopped_at(T):
        shown = (await reader.get(f"/v1/articles/{article['id']}")).json()
        working = await newsroom.working(article)
    assert shown["first_published_at"] == shown["published_at"] == "2031-05-01T12:00:00Z"
    assert (working["status"], working["scheduled"]) == ("published", None)


async def test_a_publication_ends_by_itself_at_until(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T - HOUR):
        article = await newsroom.publish(draft, until="2031-05-01T12:00:00Z")

    for moment, visible in ((T - SECOND, True), (T, False), (T + SECOND, False)):
        with clock.stopped_at(moment):
            assert await sees(reader, article) is visible, moment
            assert (await newsroom.working(article))["status"] == ("published" if visible else "unpublished")


async def test_a_new_text_can_be_scheduled_over_what_is_seen(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T - HOUR):
        article = await newsroom.article(headline="Polls are open")
        edited = await newsroom.edit(article, headline="Polls are closed")
        await newsroom.publish(edited, at="2031-05-01T12:00:00Z")

    found = {}
    for moment in (T - SECOND, T):
        with clock.stopped_at(moment):
            found[moment] = (await reader.get(f"/v1/articles/{article['id']}")).json()["headline"]
            assert len((await reader.get("/v1/articles")).json()["data"]) == 1

    assert found == {T - SECOND: "Polls are open", T: "Polls are closed"}


async def test_a_later_order_replaces_the_schedule(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T - HOUR):
        first = await newsroom.publish(draft, at="2031-05-01T12:00:00Z")
        second = await newsroom.publish(first, at="2031-05-01T11:30:00Z")

    assert second["scheduled"] == {"at": "2031-05-01T11:30:00Z", "until": None}
    with clock.stopped_at(T - HOUR / 2):
        assert await sees(reader, second)


async def test_unpublishing_takes_it_from_readers_at_once_and_again_is_no_error(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article()

    once = made(await editor.post(f"/v1/articles/{article['id']}/unpublish", If_Match=f'"{article["version"]}"'))
    log = await events(editor)
    twice = made(await editor.post(f"/v1/articles/{article['id']}/unpublish", If_Match=f'"{once["version"]}"'))

    assert not await sees(reader, article)
    assert once["status"] == "unpublished"
    assert twice == once
    assert await events(editor) == log
    assert [event["type"] for event in await events(reader)] == ["article.published", "article.unpublished"]


async def test_unpublishing_can_be_scheduled(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T - HOUR):
        article = await newsroom.publish(draft)
        made(await editor.post(f"/v1/articles/{article['id']}/unpublish", {"at": "2031-05-01T12:00:00Z"}, If_Match="*"))

    for moment, visible in ((T - SECOND, True), (T, False), (T + SECOND, False)):
        with clock.stopped_at(moment):
            assert await sees(reader, article) is visible, moment


async def test_a_schedule_can_be_called_off(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T - HOUR):
        await newsroom.publish(draft, at="2031-05-01T12:00:00Z")
        after = made(await editor.post(f"/v1/articles/{draft['id']}/unpublish", If_Match="*"))

    assert (after["status"], after["scheduled"]) == ("draft", None)
    with clock.stopped_at(T + HOUR):
        assert not await sees(reader, draft)
    assert await events(reader, "article.") == []


async def test_publishing_again_brings_an_article_back_with_its_dates(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T - HOUR):
        article = await newsroom.publish(draft)
    with clock.stopped_at(T - HOUR / 2):
        gone = made(await editor.post(f"/v1/articles/{article['id']}/unpublish", If_Match="*"))

    with clock.stopped_at(T):
        back = await newsroom.publish(gone)

        assert await sees(reader, back)
    assert back["first_published_at"] == back["published_at"] == "2031-05-01T11:00:00Z"


async def test_a_deleted_article_is_gone_and_comes_back_with_the_same_id(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article()

    answer = await editor.delete(f"/v1/articles/{article['id']}", If_Match=f'"{article["version"]}"')

    assert answer.status_code == 204
    assert not await sees(reader, article)
    trashed = await newsroom.working(article)
    assert trashed["status"] == "deleted"
    assert [event["type"] for event in await events(reader)] == ["article.published", "article.deleted"]
    restored = made(await editor.post(f"/v1/articles/{article['id']}/restore", If_Match=f'"{trashed["version"]}"'))
    assert (restored["id"], restored["status"], restored["deleted_at"]) == (article["id"], "unpublished", None)
    assert not await sees(reader, article)
    await newsroom.publish(restored)
    assert await sees(reader, article)


async def test_a_deleted_article_can_be_read_but_not_changed(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article()
    path = f"/v1/articles/{article['id']}"
    await editor.delete(path, If_Match="*")

    answers = {
        "patch": await editor.patch(path, {"headline": "No"}, If_Match="*"),
        "publish": await editor.post(f"{path}/publish", If_Match="*"),
        "unpublish": await editor.post(f"{path}/unpublish", If_Match="*"),
        "part": await editor.post(f"{path}/sections", {"heading": "No"}, If_Match="*"),
    }

    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == dict.fromkeys(
        answers, (409, "article-deleted")
    )
    assert (await editor.delete(path, If_Match="*")).status_code == 204


async def test_deleting_calls_off_a_schedule_for_good(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T - HOUR):
        await newsroom.publish(draft, at="2031-05-01T12:00:00Z")
        await editor.delete(f"/v1/articles/{draft['id']}", If_Match="*")
        await editor.post(f"/v1/articles/{draft['id']}/restore", If_Match="*")

    with clock.stopped_at(T + HOUR):
        assert not await sees(reader, draft)
        assert (await newsroom.working(draft))["status"] == "draft"


async def test_a_draft_that_is_deleted_is_no_news_to_readers(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    draft = await newsroom.draft()

    await editor.delete(f"/v1/articles/{draft['id']}", If_Match="*")

    assert await events(reader, "article.") == []
    assert [event["type"] for event in await events(editor, "article.")] == ["article.created", "article.deleted"]


async def test_the_printed_date_can_lie_in_the_past_and_the_first_date_never_moves(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft(published_at="1999-12-31T23:00:00+01:00")
    with clock.stopped_at(T):
        article = await newsroom.publish(draft)
    with clock.stopped_at(T + HOUR):
        await newsroom.publish(await newsroom.edit(article, published_at="2001-01-01T00:00:00Z"))
        shown = (await reader.get(f"/v1/articles/{article['id']}")).json()

    assert (article["published_at"], article["first_published_at"]) == ("1999-12-31T22:00:00Z", "2031-05-01T12:00:00Z")
    assert (shown["published_at"], shown["first_published_at"]) == ("2001-01-01T00:00:00Z", "2031-05-01T12:00:00Z")


@pytest.mark.parametrize(("significance", "updated"), [("minor", "2031-05-01T12:00:00Z"), ("update", "2031-05-01T13:00:00Z")])
async def test_only_a_significant_change_moves_updated_at(newsroom: Newsroom, reader: Client, significance: str, updated: str) -> None:
    draft = await newsroom.draft()
    with clock.stopped_at(T):
        article = await newsroom.publish(draft)

    with clock.stopped_at(T + HOUR):
        await newsroom.publish(await newsroom.edit(article, headline="Spelt right"), significance=significance)
        shown = (await reader.get(f"/v1/articles/{article['id']}")).json()

    assert (shown["headline"], shown["updated_at"]) == ("Spelt right", updated)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"at": "2031-05-01T12:00:00Z", "until": "2031-05-01T12:00:00Z"}, "validation-failed"),
        ({"until": "2001-01-01T00:00:00Z"}, "publishing-period-empty"),
        ({"at": "2001-01-01T00:00:00Z", "until": "2002-01-01T00:00:00Z"}, "publishing-period-empty"),
        ({"at": "tomorrow"}, "validation-failed"),
        ({"significance": "huge"}, "validation-failed"),
        ({"when": "now"}, "validation-failed"),
    ],
)
async def test_an_impossible_order_to_publish_is_refused_whole(
    newsroom: Newsroom, editor: Client, order: dict[str, Any], code: str
) -> None:
    draft = await newsroom.draft()

    answer = await editor.post(f"/v1/articles/{draft['id']}/publish", order, If_Match="*")

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await newsroom.working(draft) == draft


async def test_publishing_needs_its_own_scope(newsroom: Newsroom) -> None:
    draft, writer = await newsroom.draft(), await newsroom.key("articles:read", "articles:write")

    answer = await writer.post(f"/v1/articles/{draft['id']}/publish", If_Match="*")

    assert (answer.status_code, answer.json()["scope"]) == (403, "articles:publish")


async def test_no_cache_may_keep_an_answer_past_the_next_change(newsroom: Newsroom, reader: Client) -> None:
    """Of the article itself, of its parts, of its address, and of every list it may come into or leave."""
    ending, coming, quiet = await newsroom.draft(), await newsroom.draft(), await newsroom.draft()
    with clock.stopped_at(T - HOUR * 24):
        for article in (quiet, ending, coming):
            await newsroom.publish(article)
        await newsroom.publish(await newsroom.working(ending), until="2031-05-01T12:00:00Z")
        await newsroom.publish(await newsroom.edit(await newsroom.working(coming), headline="New"), at="2031-05-01T12:00:00Z")

    found = {}
    for left in (1, 59, 61, 659, 661, 5000):
        with clock.stopped_at(T - left * SECOND):
            for article in (ending, coming):
                item = f"/v1/articles/{article['id']}"
                for path in (item, f"{item}/sections", f"/v1/resolve?path=/{article['slug']}", "/v1/articles"):
                    found[left, path] = seconds((await reader.get(path)).headers["Cache-Control"])
            usual = seconds((await reader.get(f"/v1/articles/{quiet['id']}")).headers["Cache-Control"])
            assert usual == 660

    assert found == {(left, path): min(left, 660) for left, path in found}


async def test_a_working_copy_is_kept_by_no_cache(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    article = await newsroom.article()

    answers = [await editor.get(f"{path}?view=draft") for path in ("/v1/articles", f"/v1/articles/{article['id']}")]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert (await reader.get(f"/v1/articles/{article['id']}?view=draft")).status_code == 401
    assert (await reader.get("/v1/articles?view=draft")).status_code == 401


async def test_a_reader_who_has_the_page_is_told_so_until_it_changes(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(authors=[(await newsroom.author("Ana Ruiz"))["id"]])
    path = f"/v1/articles/{article['id']}"
    etag = (await reader.get(path)).headers["ETag"]

    same = await reader.get(path, If_None_Match=etag)
    await newsroom.desk.patch("/v1/authors/ana-ruiz", {"name": "Ana Ruiz Ortiz"}, If_Match="*")
    renamed = await reader.get(path, If_None_Match=etag)

    assert (same.status_code, same.content) == (304, b"")
    assert (renamed.status_code, renamed.json()["authors"][0]["name"]) == (200, "Ana Ruiz Ortiz")


async def test_an_answer_names_what_it_shows(newsroom: Newsroom, reader: Client) -> None:
    section, tag, author = await newsroom.section("World"), await newsroom.tag("Rail"), await newsroom.author("Ana")
    article = await newsroom.article(section=section["id"], tags=[tag["id"]], authors=[author["id"]])

    page, listed = await reader.get(f"/v1/articles/{article['id']}"), await reader.get("/v1/articles")

    wanted = {f"article:{article['id']}", f"section:{section['id']}", f"tag:{tag['id']}", f"author:{author['id']}"}
    wanted.add("comment-policy")
    assert set(page.headers["Cache-Tag"].split(",")) == wanted
    assert set(page.headers["Surrogate-Key"].split()) == wanted
    assert set(listed.headers["Cache-Tag"].split(",")) == {"articles", "taxonomy", f"article:{article['id']}"}
