"""What happens by itself is in the log, once, whoever comes first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.articles.models import Transition
from app.articles.publications import transitions
from app.core import clock, ids, migrations
from app.core.schemas import wire_instant
from app.core.settings import Settings
from app.worker import Worker
from tests.newsroom import Newsroom, Wire, made

HOUR = timedelta(hours=1)


async def settle(newsroom: Newsroom, article: Wire) -> None:
    async with newsroom.database.writing() as session:
        await transitions.settle_due(session, ids.decode("art", article["id"]) or ids.EXAMPLE)


async def told(newsroom: Newsroom, article: Wire) -> list[Wire]:
    """What the log says that readers saw of the article, in order."""
    changes = (await newsroom.client(None).get("/v1/changes?limit=1000")).json()["data"]
    return [change for change in changes if change["object"]["id"] == article["id"]]


async def planned(newsroom: Newsroom) -> int:
    async with newsroom.database.reading() as session:
        return len((await session.scalars(select(Transition))).all())


async def test_a_scheduled_publication_begins_and_ends_in_the_log(newsroom: Newsroom) -> None:
    section, now = await newsroom.section(), clock.now()
    article = await newsroom.draft(section=section["id"])
    await newsroom.publish(article, at=wire_instant(now + HOUR), until=wire_instant(now + 2 * HOUR))

    await settle(newsroom, article)
    before = await told(newsroom, article)
    with clock.stopped_at(now + HOUR + timedelta(seconds=1)):
        await settle(newsroom, article)
        await settle(newsroom, article)
    with clock.stopped_at(now + 3 * HOUR):
        await settle(newsroom, article)
        await settle(newsroom, article)

    began, ended = await told(newsroom, article)
    assert before == []
    assert (began["type"], ended["type"]) == ("article.published", "article.unpublished")
    path, sections = f"/world/{article['slug']}", [section["id"]]
    assert began["data"] == {
        "at": wire_instant(now + HOUR), "cause": "schedule", "first": True, "significance": "update", "path": path, "previous_path": None,
        "sections": sections,
    }  # fmt: skip
    assert ended["data"] == {
        "at": wire_instant(now + 2 * HOUR), "cause": "schedule", "path": None, "previous_path": path, "sections": sections,
    }  # fmt: skip
    for event in (began, ended):
        assert {f"article:{article['id']}", "articles", f"articles:{section['id']}"} <= set(event["tags"])
    assert await planned(newsroom) == 0


async def test_one_that_takes_the_place_of_another_is_published_and_nothing_ends(newsroom: Newsroom) -> None:
    old, new, now = await newsroom.section("Old"), await newsroom.section("New"), clock.now()
    article = await newsroom.article(section=old["id"])
    edited = await newsroom.edit(article, section=new["id"])
    await newsroom.publish(edited, at=wire_instant(now + HOUR))

    with clock.stopped_at(now + 2 * HOUR):
        await settle(newsroom, article)

    last = (await told(newsroom, article))[-1]
    assert [event["type"] for event in await told(newsroom, article)] == ["article.published", "article.published"]
    assert (last["data"]["cause"], last["data"]["first"]) == ("schedule", False)
    assert {f"articles:{old['id']}", f"articles:{new['id']}"} <= set(last["tags"])


@pytest.mark.parametrize("how", ["unpublish", "delete", "publish"])
async def test_what_is_called_off_does_not_happen(newsroom: Newsroom, how: str) -> None:
    now = clock.now()
    article = await newsroom.publish(await newsroom.draft(), at=wire_instant(now + HOUR), until=wire_instant(now + 2 * HOUR))
    address = f"/v1/articles/{article['id']}"

    if how == "unpublish":
        made(await newsroom.desk.post(f"{address}/unpublish", {}, If_Match="*"))
    elif how == "delete":
        await newsroom.desk.delete(address, If_Match="*")
    else:
        made(await newsroom.desk.post(f"{address}/publish", {}, If_Match="*"))
    known = await told(newsroom, article)
    with clock.stopped_at(now + 3 * HOUR):
        await settle(newsroom, article)

    assert await told(newsroom, article) == known
    assert await planned(newsroom) == 0


async def test_who_changes_an_article_records_first_what_had_happened_to_it(newsroom: Newsroom) -> None:
    """Else the log would say that it was published, and then that it was not, while readers see it."""
    now = clock.now()
    article = await newsroom.article()
    made(await newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish", {"at": wire_instant(now + HOUR)}, If_Match="*"))

    with clock.stopped_at(now + 2 * HOUR):
        await newsroom.publish(await newsroom.edit(await newsroom.working(article), headline="Back again"))
        await settle(newsroom, article)

    assert [event["type"] for event in await told(newsroom, article)] == ["article.published", "article.unpublished", "article.published"]


async def test_when_many_come_at_once_it_is_recorded_once(newsroom: Newsroom) -> None:
    now = clock.now()
    articles = [await newsroom.publish(await newsroom.draft(), at=wire_instant(now + HOUR)) for _ in range(4)]

    with clock.stopped_at(now + 2 * HOUR):
        everybody: list[Any] = [settle(newsroom, article) for article in articles for _ in range(5)]
        everybody += [newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*") for article in articles]
        await asyncio.gather(*everybody)

    for article in articles:
        assert [event["type"] for event in await told(newsroom, article)] == ["article.published", "article.unpublished"]


@asynccontextmanager
async def working(newsroom: Newsroom, settings: Settings, count: int) -> AsyncIterator[None]:
    """Workers that all believe they lead, as they may for a moment when a lease ends."""
    workers = [Worker(newsroom.database, settings) for _ in range(count)]
    for worker in workers:
        worker._leads_until = worker._renew_at = clock.FOREVER
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            await worker.stop()


async def test_two_workers_that_are_restarted_across_the_moment_record_it_once(newsroom: Newsroom, settings: Settings) -> None:
    now, second = clock.now(), timedelta(seconds=1)
    article = await newsroom.draft()
    with clock.stopped_at(now):  # However busy the machine is, all of this is before the moment.
        await newsroom.publish(article, at=wire_instant(now + second), until=wire_instant(now + 2.5 * second))

        async with working(newsroom, settings, 2):
            await asyncio.sleep(0.1)
    await asyncio.sleep(max(0.0, (now + 1.2 * second - clock.now()).total_seconds()))
    unwritten = await told(newsroom, article)
    async with working(newsroom, settings, 2):
        async with asyncio.timeout(20):
            while len(await told(newsroom, article)) < 2:  # noqa: ASYNC110 - it looks at the workers' work
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)

    assert unwritten == []
    assert [event["type"] for event in await told(newsroom, article)] == ["article.published", "article.unpublished"]
    assert await planned(newsroom) == 0


async def test_a_publication_without_a_schedule_plans_nothing(newsroom: Newsroom) -> None:
    article = await newsroom.article()
    await newsroom.publish(await newsroom.edit(article, headline="Another"))

    assert await planned(newsroom) == 0


async def test_what_was_scheduled_before_there_was_a_table_for_it_happens_too(newsroom: Newsroom, database_url: str) -> None:
    now = clock.now()
    shown = await newsroom.article()
    made(await newsroom.desk.post(f"/v1/articles/{shown['id']}/unpublish", {"at": wire_instant(now + HOUR)}, If_Match="*"))
    await newsroom.publish(await newsroom.draft(), at=wire_instant(now + 2 * HOUR), until=wire_instant(now + 3 * HOUR))
    await newsroom.article()
    before = await _moments(newsroom)
    await newsroom.database.dispose()

    migrations.downgrade(database_url, "0003")
    migrations.migrate(database_url)

    assert len(before) == 3
    assert await _moments(newsroom) == before


async def _moments(newsroom: Newsroom) -> set[tuple[Any, Any]]:
    async with newsroom.database.reading() as session:
        return {(row.article_id, row.at) for row in await session.scalars(select(Transition))}
