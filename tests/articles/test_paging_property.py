"""Who pages through a list while the newsroom works sees everything that was there all the time, once."""

import random
from datetime import UTC, datetime, timedelta

from tests.newsroom import Client, Newsroom, OpenNewsroom, Wire, by_chance, made

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@by_chance(examples=8)
async def test_paging_misses_and_doubles_nothing(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    sort = chance.choice(["-published_at", "published_at", "-updated_at", "-relevance"])
    async with open_newsroom() as newsroom:
        reader = newsroom.client(None)
        query = f"/v1/articles?sort={sort}" + ("&q=paragraph" if sort == "-relevance" else "")
        standing = {article["id"]: article for article in [await _article(newsroom, chance) for _ in range(24)]}
        there_all_the_time = set(standing)

        seen: list[str] = []
        url: str | None = f"{query}&limit={chance.randint(1, 7)}"
        while url is not None:
            page = made(await reader.get(url))
            seen += [article["id"] for article in page["data"]]
            cursor = page["page"]["next_cursor"]
            url = f"{query}&limit={chance.randint(1, 7)}&cursor={cursor}" if cursor else None
            there_all_the_time -= await _disturb(newsroom, chance, standing)

        assert len(seen) == len(set(seen))
        assert there_all_the_time <= set(seen)
        assert there_all_the_time


async def _article(newsroom: Newsroom, chance: random.Random) -> Wire:
    """One of a few printed dates, so that many are equal."""
    printed = NOON + timedelta(hours=chance.randrange(4))
    return await newsroom.article(published_at=printed.isoformat())


async def _disturb(newsroom: Newsroom, chance: random.Random, standing: dict[str, Wire]) -> set[str]:
    """Do something to the list; the articles that may have moved or gone."""
    ident = chance.choice(list(standing))
    match chance.randrange(4):
        case 0:
            article = await _article(newsroom, chance)
            standing[article["id"]] = article
            return {article["id"]}
        case 1:
            await newsroom.desk.delete(f"/v1/articles/{ident}", If_Match="*")
        case 2:
            await newsroom.desk.post(f"/v1/articles/{ident}/unpublish", {}, If_Match="*")
        case _:
            await newsroom.desk.patch(f"/v1/articles/{ident}", {"dek": str(chance.random())}, If_Match="*")
            await newsroom.desk.post(f"/v1/articles/{ident}/publish", {}, If_Match="*")
    return {ident}


async def test_the_cursor_survives_the_deletion_of_its_row(newsroom: Newsroom, reader: Client) -> None:
    chance = random.Random(0)
    articles = [await _article(newsroom, chance) for _ in range(5)]
    first = made(await reader.get("/v1/articles?limit=2"))
    last = first["data"][-1]["id"]

    await newsroom.desk.delete(f"/v1/articles/{last}", If_Match="*")
    rest = made(await reader.get(f"/v1/articles?limit=10&cursor={first['page']['next_cursor']}"))

    assert {article["id"] for article in first["data"] + rest["data"]} == {article["id"] for article in articles}
