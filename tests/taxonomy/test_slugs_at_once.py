"""Of many who take one name at once each gets a slug of its own."""

import asyncio

import pytest

from tests.newsroom import Newsroom, made


@pytest.mark.parametrize("kind", ["lists", "authors", "tags"])
async def test_of_many_made_at_once_under_one_name_each_gets_its_own_slug(newsroom: Newsroom, kind: str) -> None:
    answers = await asyncio.gather(*(newsroom.desk.post(f"/v1/{kind}", {"name": "Ferry"}) for _ in range(12)))

    assert {made(answer)["slug"] for answer in answers} == {"ferry", *(f"ferry-{number}" for number in range(2, 13))}


async def test_it_is_so_where_the_slug_of_the_name_leads_to_another(newsroom: Newsroom) -> None:
    former = made(await newsroom.desk.post("/v1/tags", {"name": "Ferry"}))
    made(await newsroom.desk.patch(f"/v1/tags/{former['id']}", {"slug": "ships"}, If_Match="*"))

    answers = await asyncio.gather(*(newsroom.desk.post("/v1/tags", {"name": "Ferry"}) for _ in range(12)))

    assert {made(answer)["slug"] for answer in answers} == {f"ferry-{number}" for number in range(2, 14)}
