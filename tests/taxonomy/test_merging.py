"""What is moved to another author, tag or section is moved as an edit of each article would, though all are moved together."""

from typing import Any

import pytest

from tests.newsroom import Newsroom, Wire, made, names

FIRST: dict[str, Any] = {
    "tags": {"tags": ["old", "other", "new"]},
    "authors": {"authors": [{"author": "old"}]},
    "sections": {"section": "/old"},
}
EDIT: dict[str, Any] = {"tags": {"tags": ["new", "other"]}, "authors": {"authors": [{"author": "new"}]}, "sections": {"section": "/new"}}
OWN = {"id", "created_at", "revised_at", "slug", "path"}


async def left_behind(newsroom: Newsroom, article: Wire) -> tuple[Wire, Wire, list[Any]]:
    """All that a change leaves behind, without what is an article's own: the working copy, its revision, its events."""
    draft = await newsroom.working(article)
    kept = made(await newsroom.desk.get(f"/v1/articles/{article['id']}/revisions/{draft['version'] - 1}"))
    told = [event for event in made(await newsroom.desk.get("/v1/changes?limit=1000"))["data"] if event["object"]["id"] == article["id"]]
    brief = [(event["type"], event["object"]["version"], event["changed"], event["data"]) for event in told]
    return {name: value for name, value in draft.items() if name not in OWN}, {**kept["content"], "slug": None}, brief


@pytest.mark.parametrize("kind", ["tags", "authors", "sections"])
async def test_what_is_moved_is_as_if_each_article_had_been_edited(newsroom: Newsroom, kind: str) -> None:
    for slug in ("old", "new", "other"):
        made(await newsroom.desk.post(f"/v1/{kind}", {"name": slug.title(), "slug": slug}))
    body = [{"type": "paragraph", "html": "Words of the <em>harbour</em>."}]
    edited, moved = [
        await newsroom.draft(**{"headline": "Ferry", "slug": slug, "body": body, **FIRST[kind]}) for slug in ("edited", "moved")
    ]
    for article in (edited, moved):
        made(await newsroom.desk.post(f"/v1/articles/{article['id']}/stage", {"to": "approved"}, If_Match="*"))

    made(await newsroom.desk.patch(f"/v1/articles/{edited['id']}", EDIT[kind], If_Match="*"))
    old = next(one for one in made(await newsroom.desk.get(f"/v1/{kind}"))["data"] if one["slug"] == "old")
    merged = await newsroom.desk.delete(f"/v1/{kind}/{old['id']}?move_to={'/new' if kind == 'sections' else 'new'}", If_Match="*")

    assert merged.status_code == 204
    assert await left_behind(newsroom, moved) == await left_behind(newsroom, edited)
    for words in ["harbour", "ferry", *(["new"] if kind != "sections" else [])]:
        assert names(made(await newsroom.desk.get(f"/v1/articles?view=draft&q={words}"))["data"]) == [moved["id"], edited["id"]], words
