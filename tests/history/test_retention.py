"""Old revisions are forgotten as the settings say, but for what is there now and what readers see; nothing false is told of the rest."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.articles.working_copy.revisions import ArticleContent
from app.core import clock
from app.core.schemas import wire_instant
from app.history import retention
from app.worker import sweep
from tests.conftest import settings_for
from tests.newsroom import Client, Newsroom, Wire, made

DAY = timedelta(days=1)


async def a_history(newsroom: Newsroom) -> Wire:
    """Revisions 1, 2 (readers see it), 4, 5 (scheduled) and 7, a day between each and the next."""
    began = clock.now() - 10 * DAY
    with clock.stopped_at(began):
        article = await newsroom.draft(headline="One", slug="one")
    with clock.stopped_at(began + DAY):
        article = await newsroom.publish(await newsroom.edit(article, headline="Two"))
    with clock.stopped_at(began + 2 * DAY):
        article = await newsroom.edit(article, headline="Four")
    with clock.stopped_at(began + 3 * DAY):
        article = await newsroom.edit(article, headline="Five")
        article = await newsroom.publish(article, at=wire_instant(began + 30 * DAY))
    with clock.stopped_at(began + 4 * DAY):
        return await newsroom.edit(article, headline="Seven")


async def numbers(newsroom: Newsroom, article: Wire) -> list[int]:
    return [one["number"] for one in await newsroom.desk.all_pages(f"/v1/articles/{article['id']}/revisions")]


@pytest.mark.parametrize(
    ("days", "most", "kept"),
    [(0, 0, [7, 5, 4, 2, 1]), (8, 0, [7, 5, 4, 2]), (1, 0, [7, 5, 2]), (0, 3, [7, 5, 4, 2]), (0, 1, [7, 5, 2]), (1, 9, [7, 5, 2])],
)
async def test_what_is_there_and_what_readers_see_outlives_the_rest(newsroom: Newsroom, days: int, most: int, kept: list[int]) -> None:
    article = await a_history(newsroom)

    forgotten = await retention.forget(newsroom.database, days=days, most=most)
    again = await retention.forget(newsroom.database, days=days, most=most)

    assert (forgotten, again) == (5 - len(kept), 0)
    assert await numbers(newsroom, article) == kept
    async with newsroom.database.reading() as session:
        assert (await session.execute(select(func.count()).select_from(ArticleContent))).scalar_one() == len(kept)


async def test_a_content_outlives_a_revision_while_another_has_it(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.draft(headline="One", slug="one")
    for headline in ("Two", "One", "Three"):
        article = await newsroom.edit(article, headline=headline)

    await retention.forget(newsroom.database, days=0, most=2)

    assert await numbers(newsroom, article) == [4, 3]
    found = made(await editor.get(f"/v1/articles/{article['id']}/revisions/3"))
    assert (found["content"]["headline"], found["changed"]) == ("One", ["headline"])


async def test_of_what_is_forgotten_nothing_false_is_told(newsroom: Newsroom, editor: Client) -> None:
    """Revision 2 is kept because readers see it; it is not what the article was at version 4."""
    article = await a_history(newsroom)
    path = f"/v1/articles/{article['id']}"
    await retention.forget(newsroom.database, days=1, most=0)

    asked = {version: await editor.get(f"{path}/revisions/{version}") for version in (1, 2, 3, 4, 5, 6, 7)}
    stale = {version: await editor.patch(f"{path}?merge=auto", {"headline": "Mine"}, If_Match=f'"{version}"') for version in (3, 4)}

    assert {version: answer.status_code for version, answer in asked.items()} == {1: 404, 2: 200, 3: 200, 4: 404, 5: 200, 6: 200, 7: 200}
    assert [asked[version].json()["number"] for version in (2, 3, 5, 6, 7)] == [2, 2, 5, 5, 7]
    assert {version: (answer.status_code, answer.json()["base_known"]) for version, answer in stale.items()} == {
        3: (412, True), 4: (412, False),
    }  # fmt: skip
    assert "nothing is known" in stale[4].json()["detail"]
    assert stale[3].json()["conflicts"][0]["base"] == "Two"


async def test_the_worker_forgets_what_the_settings_say(newsroom: Newsroom, database_url: str) -> None:
    article = await a_history(newsroom)
    settings = settings_for(database_url)

    await sweep(newsroom.database, settings)
    untouched = await numbers(newsroom, article)
    await sweep(newsroom.database, settings.model_copy(update={"revision_retention_days": 1}))

    assert (untouched, await numbers(newsroom, article)) == ([7, 5, 4, 2, 1], [7, 5, 2])
