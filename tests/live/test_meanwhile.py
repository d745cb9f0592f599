"""What somebody else does while an update is posted: nothing that readers see names anybody who is gone."""

import asyncio

import pytest

from app.articles import queries as articles
from app.events.models import SYSTEM
from app.live import actions, schemas
from app.live import queries as updates
from tests.newsroom import Client, Newsroom, made


@pytest.mark.parametrize(("heir", "answer", "name"), [(None, 409, "Ana Ruiz"), ("bea-roth", 204, "Bea Roth")])
async def test_who_writes_an_update_is_not_deleted_before_it_stands(
    newsroom: Newsroom, reader: Client, heir: str | None, answer: int, name: str
) -> None:
    blog, ana, _ = await newsroom.article(kind="live_blog"), await newsroom.author("Ana Ruiz"), await newsroom.author("Bea Roth")
    order = schemas.LiveUpdateCreate(title="The ferry has left", authors=[ana["id"]])

    async with newsroom.database.writing() as session:
        article = await articles.get_article(session, blog["id"], for_change=True)
        await actions.add_update(session, article, order, by=SYSTEM, publish=True)
        path = f"/v1/authors/{ana['id']}" + (f"?move_to={heir}" if heir else "")
        deleting = asyncio.create_task(newsroom.desk.delete(path, If_Match="*"))
        await asyncio.sleep(0.1)  # Long enough to count what it finds, were it let in.
    deleted = await deleting

    assert deleted.status_code == answer
    (update,) = [block for block in made(await reader.get(f"/v1/articles/{blog['id']}"))["body"] if block["type"] == "live_update"]
    assert [writer["name"] for writer in update["authors"]] == [name]


async def test_what_is_edited_while_its_author_is_merged_is_kept(newsroom: Newsroom) -> None:
    blog, ana, _ = await newsroom.article(kind="live_blog"), await newsroom.author("Ana Ruiz"), await newsroom.author("Bea Roth")
    path = f"/v1/articles/{blog['id']}/blocks"
    update = made(await newsroom.desk.post(path, {"title": "The ferry is late", "authors": [ana["id"]]}))

    async with newsroom.database.writing() as session:
        article = await articles.get_article(session, blog["id"], for_change=True)
        post = await updates.get_update(session, article.id, update["id"])
        patch = schemas.LiveUpdatePatch(title="The ferry has left")
        await actions.edit_update(session, article, post, patch, by=SYSTEM, if_match=None, publish=False)
        merging = asyncio.create_task(newsroom.desk.delete(f"/v1/authors/{ana['id']}?move_to=bea-roth", If_Match="*"))
        await asyncio.sleep(0.1)  # Long enough to read what it says, were it let in.

    assert (await merging).status_code == 204
    after = made(await newsroom.desk.get(f"{path}/{update['id']}?view=draft"))
    assert (after["title"], [writer["name"] for writer in after["authors"]]) == ("The ferry has left", ["Bea Roth"])
