"""Drafts, publications, schedules."""

from tests.newsroom import Client, Newsroom


async def test_a_draft_is_invisible_to_readers(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft(headline="Secret plans")

    by_id, by_slug = await reader.get(f"/v1/articles/{draft['id']}"), await reader.get(f"/v1/articles/{draft['slug']}")

    assert (by_id.status_code, by_slug.status_code) == (404, 404)
    assert (await reader.get("/v1/articles")).json()["data"] == []
