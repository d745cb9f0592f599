"""What somebody else does while an update is posted: nothing that readers see names anybody who is gone."""

import asyncio

import pytest

from app.articles import queries as articles
from app.events.models import SYSTEM
from app.live import actions, schemas
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
