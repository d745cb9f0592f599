"""Counters are held against what they count, and what is wrong is found, told and mended."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.articles.models import CommentThread
from app.comments.models import Comment
from app.comments.recounting import Difference, check
from app.comments.schemas import uuid_of
from app.core import ids
from tests.command import Command
from tests.newsroom import Client, Newsroom, Wire, made


async def differences(newsroom: Newsroom, *, mend: bool = False, article: UUID | None = None) -> list[Difference]:
    return [one async for _, found in check(newsroom.database, mend=mend, article=article) for one in found]


@pytest.fixture
async def thread(newsroom: Newsroom, discussion: Any) -> list[Wire]:
    """Of every state one, with votes, below and beside one another."""
    root = await discussion.post()
    replies = [await discussion.post(root) for _ in range(4)]
    below = [await discussion.post(reply) for reply in replies]
    made(await newsroom.client(None).put(f"/v1/comments/{below[0]['id']}/vote", {"vote": "up"}))
    await discussion.moderate(replies[1], "reject")
    await discussion.delete(replies[2])
    await discussion.delete(below[3])
    return [root, *replies, *below]


async def test_after_all_that_happens_there_is_nothing_to_mend(
    newsroom: Newsroom, thread: list[Wire], reader: Client, discussion: Any
) -> None:
    before = len(await discussion.events(newsroom.desk))

    assert await differences(newsroom) == await differences(newsroom, mend=True) == []

    assert len(await discussion.events(newsroom.desk)) == before


@pytest.mark.parametrize(
    ("number", "values"),
    [
        (0, {"reply_count": 7}),
        (0, {"descendant_count": 0}),
        (1, {"next_child": 0}),
        (5, {"up_votes": 3, "score": 9}),
        (6, {"visible": True}),
        (1, {"visible": False}),
        (4, {"open": False}),
    ],
)
async def test_what_is_wrong_is_found_and_mended(
    newsroom: Newsroom, reader: Client, discussion: Any, thread: list[Wire], number: int, values: dict[str, int]
) -> None:
    sound = [await reader.all_pages(f"{discussion.address}?mode=flat"), await reader.all_pages(f"/v1/comments/{thread[0]['id']}/replies")]
    broken = uuid_of(thread[number]["id"])
    async with newsroom.database.writing() as session:
        await session.execute(update(Comment).where(Comment.id == broken).values(**values))

    found = await differences(newsroom)

    assert {one.name for one in found if one.comment == broken} >= set(values)
    assert await differences(newsroom) == found, "To prove is not to mend."
    assert await differences(newsroom, mend=True) == found
    assert await differences(newsroom) == []
    newsroom.app.state.answers.clear()
    assert sound == [
        await reader.all_pages(f"{discussion.address}?mode=flat"), await reader.all_pages(f"/v1/comments/{thread[0]['id']}/replies"),
    ]  # fmt: skip
    told = [event for event in await discussion.events(newsroom.desk) if event["type"] == "comment.recounted"]
    assert thread[number]["id"] in {event["object"]["id"] for event in told}


async def test_the_threads_own_counters_are_mended_in_one_article_or_in_all(newsroom: Newsroom, discussion: Any, discuss: Any) -> None:
    await discussion.post()
    other = await discuss()
    await other.post()
    async with newsroom.database.writing() as session:
        await session.execute(update(CommentThread).values(visible_count=5, next_root=0))

    article = ids.decode("art", discussion.article["id"])
    one = await differences(newsroom, mend=True, article=article)

    assert {(each.name, each.kept, each.counted) for each in one} == {("visible_count", 5, 1), ("next_root", 0, 1)}
    assert (await discussion.count(), await other.count()) == (1, 5)
    assert {each.article for each in await differences(newsroom)} == {ids.decode("art", other.article["id"])}
    assert str(one[0]).startswith(f"{discussion.article['id']}: ")


def test_the_command_tells_what_is_wrong_and_mends_it(sqlite_template: Path, tmp_path: Path) -> None:
    """It ends with 1 while something is wrong, so that a watchman hears of it."""
    file = tmp_path / "dateline.db"
    file.write_bytes(sqlite_template.read_bytes())
    command = Command(tmp_path, {"log_level": "error"})
    command.must("demo")
    assert command.must("comments", "recount") == ""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE comments SET reply_count = 40 WHERE depth = 0")

    full = command.start("comments", "recount", output=Path("/dev/full"), told=tmp_path / "told").wait(60)
    told, mended = command.run("comments", "recount"), command.run("comments", "recount", "--mend")

    assert (told.code, mended.code, command.run("comments", "recount").code) == (1, 0, 0)
    assert "reply_count is 40, and should be" in told.output
    assert (full, (tmp_path / "told").read_text("utf-8")) == (1, "output: It cannot be written: No space left on device.\n")
