"""A live blog is found by what its updates say."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from app.articles.shown import postings
from app.core import clock, search_index
from app.core.schemas import wire_instant
from app.core.search_index import SearchEntry
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names

T = datetime(2031, 6, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def blog(newsroom: Newsroom, *said: str, **fields: str) -> Wire:
    article = await newsroom.article(**{"kind": "live_blog", "headline": "Storm day", **fields})
    for text in said:
        await post(newsroom, article, text)
    return article


async def post(newsroom: Newsroom, article: Wire, text: str, *, publish: bool = True, title: str | None = None) -> Wire:
    body = {"title": title, "blocks": [{"type": "paragraph", "html": text}]}
    return made(await newsroom.desk.post(f"/v1/articles/{article['id']}/blocks?publish={str(publish).lower()}", body))


async def found(client: Client, query: str) -> list[str]:
    return names(made(await client.get(f"/v1/articles?q={query}"))["data"])


async def test_a_live_blog_is_found_by_what_an_update_says(newsroom: Newsroom, reader: Client) -> None:
    article = await blog(newsroom, "The harbour is <em>closed</em>.", "The lighthouse blinks.")
    other = await newsroom.article(headline="Harbour fees rise")
    await post(newsroom, article, "Nothing new.", title="Tugboats leave")

    assert await found(reader, "lighthouse") == await found(reader, "tugboat") == [article["id"]]
    assert await found(reader, "harbour") == [other["id"], article["id"]]
    assert await found(reader, "harbour&sort=-published_at") == [other["id"], article["id"]]
    assert await found(reader, "harbour&sort=published_at") == [article["id"], other["id"]]
    assert await found(reader, "harbour&sort=-updated_at") == [other["id"], article["id"]]
    assert await found(reader, "harbour&sort=first_published_at") == [article["id"], other["id"]]
    assert await found(reader, "harbour&kind=article") == [other["id"]]
    assert await found(reader, "harbour -closed") == [other["id"]]
    assert await found(reader, "storm") == [article["id"]]
    for sort in ("-relevance", "updated_at"):
        assert made(await reader.get(f"/v1/articles?q=harbour&count=exact&sort={sort}"))["page"]["total"] == 2


async def test_what_readers_do_not_see_of_it_finds_nothing(newsroom: Newsroom, reader: Client) -> None:
    article = await blog(newsroom)
    path = f"/v1/articles/{article['id']}/blocks"
    unseen = await post(newsroom, article, "Lighthouse", publish=False)
    before = await found(reader, "lighthouse")
    await newsroom.publish(await newsroom.working(article))
    published = await found(reader, "lighthouse")
    made(
        await newsroom.desk.patch(
            f"{path}/{unseen['id']}?publish=true", {"blocks": [{"type": "paragraph", "html": "Beacon"}]}, If_Match="*"
        )
    )
    edited = await found(reader, "lighthouse"), await found(reader, "beacon")
    await newsroom.desk.delete(f"{path}/{unseen['id']}?publish=true", If_Match="*")
    deleted = await found(reader, "beacon")
    await post(newsroom, article, "Beacon")
    await newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*")

    assert (before, published, edited, deleted) == ([], [article["id"]], ([], [article["id"]]), [])
    assert await found(reader, "beacon") == []


async def test_pages_of_a_search_hold_each_live_blog_once(newsroom: Newsroom, reader: Client) -> None:
    blogs = [await blog(newsroom, *["Harbour news"] * 3, headline=headline) for headline in ("Storm", "Harbour day", "Flood", "Ice")]
    articles = [await newsroom.article(headline="Harbour fees") for _ in range(3)]

    for query in ("harbour", "harbour&sort=-published_at", "harbour&sort=published_at", "harbour&sort=relevance"):
        listed = names(await reader.all_pages(f"/v1/articles?q={query}&limit=2"))
        assert sorted(listed) == sorted(names([*blogs, *articles])), query


async def test_a_search_of_then_finds_what_was_said_then(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        article = await blog(newsroom)
    with clock.stopped_at(T + HOUR):
        update = await post(newsroom, article, "Lighthouse")
    with clock.stopped_at(T + 2 * HOUR):
        await newsroom.desk.delete(f"/v1/articles/{article['id']}/blocks/{update['id']}?publish=true", If_Match="*")

        asked = [f"lighthouse&as_of={wire_instant(T + hours * HOUR)}" for hours in range(3)]
        found_then = [await found(reader, query) for query in asked]
        by_update = [await found(reader, f"{query}&sort=-updated_at") for query in asked]

    assert found_then == by_update == [[], [article["id"]], []]


async def test_a_kept_search_is_dirtied_by_an_update_that_it_finds(newsroom: Newsroom, reader: Client) -> None:
    article = await blog(newsroom)
    kept = await reader.get("/v1/articles?q=lighthouse")
    await post(newsroom, article, "Lighthouse")

    event = made(await newsroom.desk.get("/v1/changes?since=0&limit=100"))["data"][-1]

    assert event["type"] == "block.added"
    assert set(kept.headers["Cache-Tag"].split(",")) & set(event["tags"])
    assert names((await reader.get("/v1/articles?q=lighthouse")).json()["data"]) == [article["id"]]


async def test_more_updates_are_published_at_one_moment_than_one_kin_has_places(
    newsroom: Newsroom, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One kin has 1,024 places in a millisecond, and a blog 2,000 updates; with four places, forty do."""
    monkeypatch.setattr(search_index, "_TURN_BITS", 2)
    monkeypatch.setattr(search_index, "_A_MILLISECOND", 8)
    said = [{"type": "live_update", "at": wire_instant(T), "title": f"Beacon {number}", "blocks": []} for number in range(40)]

    article = await newsroom.article(kind="live_blog", body=said)

    assert await found(reader, "beacon 0") == await found(reader, "beacon 39") == [article["id"]]


async def test_one_more_update_costs_the_same_however_many_there_are(newsroom: Newsroom, statements: Statements) -> None:
    article = await blog(newsroom)
    costs = []
    for count in (1, 30):
        for number in range(count):
            await post(newsroom, article, f"Update {number}")
        with statements.counted(40):
            await post(newsroom, article, "One more")
        costs.append(len(statements.seen))

    assert costs[0] == costs[1], statements.seen


async def test_what_an_older_version_posted_is_entered_and_what_is_purged_goes(newsroom: Newsroom, reader: Client) -> None:
    article = await blog(newsroom, "Lighthouse", "Beacon")
    async with newsroom.database.writing() as session:
        await session.execute(delete(SearchEntry).where(SearchEntry.id < 0))
    gone = await found(reader, "lighthouse sort")

    entered = await postings.enter_missing(newsroom.database)

    assert (gone, entered, await postings.enter_missing(newsroom.database)) == ([], 2, 0)
    newsroom.app.state.answers.clear()
    assert await found(reader, "lighthouse") == [article["id"]]
    await newsroom.desk.delete(f"/v1/articles/{article['id']}", If_Match="*")
    purged = await newsroom.desk.post(f"/v1/articles/{article['id']}/purge", If_Match="*")
    async with newsroom.database.reading() as session:
        left = await session.scalar(select(func.count()).select_from(SearchEntry))
    assert (purged.status_code, left) == (200, 0)
