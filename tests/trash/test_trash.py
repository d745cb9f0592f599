"""What is purged leaves no word behind, in no table; it is purged when its time has come, or when somebody says so, and not before."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, TypeDecorator, create_engine, delete, insert, inspect, select, text

from app.articles.models import Article
from app.comments.models import Comment
from app.core import clock, ids, revisions
from app.core.models import Base
from app.core.search_index import SearchEntry
from app.events.models import SYSTEM
from app.trash import actions
from app.worker import sweep
from tests.newsroom import Client, Newsroom, Wire, made, names
from tests.plans import a_long_log, overhearing, whole_reads

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WORD = "canaryx"


class Tables:
    """All that a database holds, as text."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(revisions.sync_url(url))
        self.names = [name for name in inspect(self.engine).get_table_names() if not name.startswith("search_fts")]

    def holding(self, *words: str) -> dict[str, list[str]]:
        """The tables that hold one of the words, in whatever column."""
        with self.engine.connect() as connection:
            rows = {name: [str(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"'))] for name in self.names}  # noqa: S608
        found = {name: [row for row in each if any(word in row for word in words)] for name, each in rows.items()}
        return {name: each for name, each in found.items() if each}


@pytest.fixture
def tables(database_url: str) -> Iterator[Tables]:
    held = Tables(database_url)
    yield held
    held.engine.dispose()


async def an_article_with_everything(newsroom: Newsroom) -> Wire:
    """Published twice under two slugs, scheduled, discussed and moderated, linked to, taken down and brought back."""
    section, author, tag = await newsroom.section(), await newsroom.author(), await newsroom.tag()
    refs = {"section": section["id"], "authors": [author["id"]], "tags": [tag["id"]]}
    body = [{"type": "paragraph", "html": f"Body {WORD}."}]
    article = await newsroom.article(headline=f"Headline {WORD}", slug=f"slug-{WORD}", notes=WORD, body=body, **refs)
    path = f"/v1/articles/{article['id']}"
    letter = {"author": {"name": WORD}, "body": f"Letter {WORD}."}
    above = made(await newsroom.client(None).post(f"{path}/comments", letter))
    below = made(await newsroom.client(None).post(f"{path}/comments", {**letter, "parent": above["id"]}))
    made(await newsroom.desk.post(f"/v1/moderation/comments/{below['id']}/reject", {"reason": WORD}, If_Match="*"))
    made(await newsroom.desk.post(f"{path}/preview-links"))
    made(await newsroom.desk.patch(f"/v1/authors/{author['id']}", {"name": "Renamed"}, If_Match="*"))
    made(await newsroom.desk.post(f"{path}/takedown", {"reason": "other"}, If_Match="*"))
    made(await newsroom.desk.post(f"{path}/restore", {}, If_Match="*"))
    article = await newsroom.publish(await newsroom.edit(await newsroom.working(article), slug=f"slug-{WORD}-two"))
    return await newsroom.publish(await newsroom.edit(article, headline=f"Later {WORD}"), at="2999-01-01T00:00:00Z")


async def delete_article(newsroom: Newsroom, article: Wire) -> None:
    assert (await newsroom.desk.delete(f"/v1/articles/{article['id']}", If_Match="*")).status_code == 204


async def purge(newsroom: Newsroom, article: Wire, **headers: str) -> Any:
    return await newsroom.desk.post(f"/v1/articles/{article['id']}/purge", **{"If_Match": "*", **headers})


async def test_no_word_of_it_is_left_in_any_table(newsroom: Newsroom, tables: Tables, reader: Client) -> None:
    article, other = await an_article_with_everything(newsroom), await newsroom.article()
    await delete_article(newsroom, article)
    own = ids.decode("art", article["id"]) or ids.EXAMPLE
    before = tables.holding(WORD)

    answer = await purge(newsroom, article)

    assert answer.status_code == 200
    assert {"articles", "publications", "comments", "article_contents", "search_entries", "former_words"} <= set(before)
    assert tables.holding(WORD) == {}
    assert set(tables.holding(str(own), own.hex)) == {"events"}
    assert (await newsroom.desk.get(f"/v1/articles?view=draft&status=deleted&q={WORD}")).json()["data"] == []
    assert (await newsroom.desk.get(f"/v1/articles/{article['id']}?view=draft")).status_code == 404
    assert (await reader.get(f"/v1/articles/slug-{WORD}")).status_code == 404
    assert (await reader.get(f"/v1/articles/{other['id']}")).status_code == 200


async def test_the_log_says_that_there_was_one(newsroom: Newsroom, reader: Client) -> None:
    known, private = await an_article_with_everything(newsroom), await newsroom.draft()
    for article in (known, private):
        await delete_article(newsroom, article)
    seq = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["next_since"]

    for article in (known, private):
        assert (await purge(newsroom, article)).status_code == 200

    told = (await reader.get(f"/v1/changes?since={seq}")).json()["data"]
    assert [(event["type"], event["object"]["id"], event["object"]["gone"]) for event in told] == [("article.purged", known["id"], True)]
    assert f"article:{known['id']}" in told[0]["tags"]
    keyed = (await newsroom.desk.get(f"/v1/changes?since={seq}")).json()["data"]
    assert [event["object"]["id"] for event in keyed] == [known["id"], private["id"]]
    for client in (reader, newsroom.desk):
        assert WORD not in (await client.get("/v1/changes?limit=1000&include=record")).text
    entries = made(await newsroom.desk.get(f"/v1/audit?object={known['id']}&limit=100"))["data"]
    assert {"article.created", "article.taken_down", "article.purged"} <= set(names(entries, "type"))
    assert WORD not in str(entries)


async def test_its_slugs_are_free_again_and_whoever_refers_to_it_goes_on(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(slug="taken")
    friend = await newsroom.article(related=[{"article": article["id"]}])
    await delete_article(newsroom, article)
    refused = await newsroom.desk.post("/v1/articles", {"headline": "Another", "slug": "taken"})

    await purge(newsroom, article)

    assert refused.status_code == 409
    assert (await newsroom.draft(slug="taken"))["slug"] == "taken"
    assert made(await reader.get(f"/v1/articles/{friend['id']}?include=related"))["related"] == []
    await newsroom.publish(await newsroom.edit(await newsroom.working(friend), headline="Goes on"))


async def test_only_the_trash_is_purged_by_whoever_may(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article()
    path, writer = f"/v1/articles/{article['id']}/purge", await newsroom.key("articles:write", "articles:read", "articles:takedown")

    refused = await purge(newsroom, article)
    await delete_article(newsroom, article)

    assert (refused.status_code, refused.json()["code"]) == (409, "article-not-in-trash")
    assert (await writer.post(path, If_Match="*")).status_code == 403
    assert (await editor.post(path)).status_code == 428
    assert (await purge(newsroom, article, If_Match='"1"')).status_code == 412
    assert (await editor.post(f"{path}?dry_run=true", If_Match="*")).status_code == 200
    assert (await newsroom.working(article))["status"] == "deleted"
    assert [(await purge(newsroom, article, Idempotency_Key="once")).status_code for _ in range(2)] == [200, 200]
    assert (await purge(newsroom, article)).status_code == 404


async def test_it_happens_by_itself_when_its_time_has_come(newsroom: Newsroom, tables: Tables) -> None:
    settings = newsroom.app.state.settings
    with clock.stopped_at(T):
        old, restored, kept = await an_article_with_everything(newsroom), await newsroom.article(), await newsroom.article()
        for article in (old, restored):
            await delete_article(newsroom, article)
    with clock.stopped_at(T + 10 * DAY):
        made(await newsroom.desk.post(f"/v1/articles/{restored['id']}/restore", {}, If_Match="*"))
        await delete_article(newsroom, kept)
    with clock.stopped_at(T + 30 * DAY - timedelta(seconds=1)):
        await sweep(newsroom.database, settings)
        assert (await newsroom.working(old))["status"] == "deleted"
    with clock.stopped_at(T + 30 * DAY + timedelta(seconds=1)):
        await sweep(newsroom.database, settings.model_copy(update={"trash_days": 0}))
        assert (await newsroom.working(old))["status"] == "deleted"

        await sweep(newsroom.database, settings)

        assert tables.holding(WORD) == {}
        listed = (await newsroom.desk.get("/v1/articles?view=draft&status=deleted,unpublished,draft")).json()["data"]
        assert set(names(listed)) == {restored["id"], kept["id"]}
        (event,) = made(await newsroom.desk.get("/v1/audit?types=article.purged"))["data"]
        assert event["actor"]["kind"] == "system"


def invented(column: Column[Any], comment: UUID, article: UUID) -> Any:
    """A value for a column of a table that says something of a comment."""
    if column.name == "comment_id":
        return comment
    if column.name == "article_id":
        return article
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return {str: "x", int: 1, float: 0.5, bool: False, bytes: b"x", UUID: uuid4(), object: {}, datetime: T}[kind.python_type]


async def test_who_comes_for_a_comment_while_it_goes_finds_none(newsroom: Newsroom) -> None:
    article = await newsroom.article()
    letter = {"author": {"name": "A reader"}, "body": "Well said."}
    comment = made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", letter))
    await delete_article(newsroom, article)

    async with newsroom.database.writing() as session:
        row = (await session.scalars(select(Article).with_for_update())).one()
        await actions.purge(session, row, by=SYSTEM, if_match=None)
        await session.flush()
        rejecting = asyncio.create_task(newsroom.desk.post(f"/v1/moderation/comments/{comment['id']}/reject", {}, If_Match="*"))
        await asyncio.sleep(0.2)

    assert (await rejecting).json()["code"] == "comment-not-found"


async def test_whatever_is_said_of_its_comments_goes_with_them(newsroom: Newsroom, tables: Tables) -> None:
    """Each table that names a comment has a row for each of them; only what was imposed on people, or asked by them, stays theirs."""
    article = await an_article_with_everything(newsroom)
    own = ids.decode("art", article["id"]) or ids.EXAMPLE
    about = [table for table in Base.metadata.sorted_tables if "comment_id" in table.columns]
    async with newsroom.database.writing() as session:
        comments = (await session.scalars(select(Comment.id).where(Comment.article_id == own))).all()
        for table in about:
            await session.execute(delete(table))
            for comment in comments:
                row = {column.name: invented(column, comment, own) for column in table.columns}
                row |= {"external_id": str(comment)} if "external_id" in row else {}
                await session.execute(insert(table).values(row))
    said = [form for comment in comments for form in (str(comment), comment.hex)]
    before = set(tables.holding(*said))
    await delete_article(newsroom, article)

    answer = await purge(newsroom, article)

    assert answer.status_code == 200, answer.text
    assert len(comments) == 2
    assert {table.name for table in about} <= before
    assert {"comment_votes", "comment_signals", "comment_errands", "comment_reports", "comment_leases", "sanctions"} <= before
    assert set(tables.holding(*said)) == {"events", "sanctions", "comment_erasures"}


def test_whatever_refers_to_an_article_goes_with_it() -> None:
    """A table that is added later lets its rows go by itself, or the purge has to know of it."""
    known = {
        "comments", "comment_threads", "publications", "moderation_actions", "comment_errands", "comment_signals", "comment_votes",
    }  # fmt: skip
    owners = {"articles", "publications", "comments"}
    keys = [key for table in Base.metadata.tables.values() for key in table.foreign_keys if key.column.table.name in owners]

    assert len(keys) > 10
    assert {key.parent.table.name for key in keys if key.ondelete != "CASCADE"} <= known


async def test_it_takes_no_longer_in_an_old_newsroom(newsroom: Newsroom) -> None:
    """What is let go of is found by indexes, however long the log is, and however much can be searched."""
    article = await an_article_with_everything(newsroom)
    await delete_article(newsroom, article)
    async with newsroom.database.writing() as session:
        entries = [{"id": n, "owner_id": uuid4(), "title": "a", "lead": "b", "text": "c"} for n in range(2_000)]
        await session.execute(insert(SearchEntry), entries)
    await a_long_log(newsroom.database)

    with overhearing(newsroom.database) as said:
        assert (await purge(newsroom, article)).status_code == 200

    assert [statement for statement, _ in said if statement.startswith(("UPDATE events", "DELETE FROM search_entries"))]
    for table in ("events", "search_entries"):
        assert await whole_reads(newsroom.database, said, table) == []
