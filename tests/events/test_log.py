"""The log: what is committed is in it once, in the order of commits, and nothing else is."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import bindparam, create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.core import ids, revisions
from app.core.database import UnitOfWork, database_for
from app.core.lookups import Lookup
from app.events.actions import DIRT, record
from app.events.models import SYSTEM, Event, Happening, LogHead
from app.tags.models import Tag
from tests.newsroom import Client, Newsroom, Wire, made, names

WRITERS, CHANGES = 8, 12


def happening(kind: str = "tag.created", scope: str | None = None) -> Happening:
    return Happening(kind, "tag", ids.new(), SYSTEM, ("tags",), scope)


async def log(client: Client, since: int = 0) -> list[Wire]:
    """The log from `since` on, in one page."""
    page = (await client.get(f"/v1/changes?since={since}&limit=1000")).json()
    assert not page["has_more"]
    found: list[Wire] = page["data"]
    return found


async def head(newsroom: Newsroom) -> int:
    async with newsroom.database.reading() as session:
        return (await session.scalars(select(LogHead.seq))).one()


@contextmanager
def at_each_commit(database_url: str, there: str, here: Callable[[Session], None]) -> Iterator[None]:
    """Have something done between the numbers and the end of the commit.

    PostgreSQL is sent its COMMIT together with the numbers: only itself can do something between, as it does what is deferred. SQLite is
    asked for its commit later.
    """
    if database_url.startswith("sqlite"):
        event.listen(UnitOfWork, "before_commit", here)
        try:
            yield
        finally:
            event.remove(UnitOfWork, "before_commit", here)
        return
    engine = create_engine(revisions.sync_url(database_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE FUNCTION halfway() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {there}; RETURN NULL; END $$"))
        deferred = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION halfway()"
        connection.execute(text(f"CREATE CONSTRAINT TRIGGER halfway AFTER INSERT ON events {deferred}"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP FUNCTION halfway() CASCADE"))


@pytest.fixture
def slow_commits(database_url: str) -> Iterator[None]:
    """Commits that dawdle after their numbers were given out: what a plain sequence hands out is then seen out of order."""
    chance = random.Random(7)
    there = "PERFORM pg_sleep((ARRAY[0, 0, 0.002, 0.02])[1 + floor(random() * 4)::int])"
    with at_each_commit(database_url, there, lambda _session: time.sleep(chance.choice([0, 0, 0.002, 0.02]))):
        yield


@pytest.fixture
def full_disk(database_url: str) -> Callable[[], AbstractContextManager[None]]:
    """Lets commits fail after their numbers were given out."""

    def fail(_session: Session) -> None:
        raise RuntimeError("the disk is full")

    return partial(at_each_commit, database_url, "RAISE EXCEPTION 'the disk is full'", fail)


async def test_a_reader_misses_nothing_and_sees_nothing_twice_while_eight_write(
    newsroom: Newsroom, editor: Client, slow_commits: None
) -> None:
    since = await head(newsroom)
    made: set[str] = set()
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for number in range(CHANGES):
            answer = await editor.post("/v1/tags", {"name": f"Tag {writer} {number}"})
            assert answer.status_code == 201, answer.text
            made.add(answer.json()["id"])

    async def write_all() -> None:
        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
        done.set()

    async def read(limit: int) -> list[Wire]:
        seen: list[Wire] = []
        place, last_round = since, False
        while True:
            page = (await editor.get(f"/v1/changes?since={place}&limit={limit}")).json()
            seen += page["data"]
            place = page["next_since"]
            if page["data"]:
                continue
            if last_round:
                return seen
            last_round = done.is_set()
            await asyncio.sleep(0)

    _, *readers = await asyncio.gather(write_all(), read(1), read(3), read(1000))

    for seen in readers:
        assert names(seen, "seq") == list(range(since + 1, since + 1 + WRITERS * CHANGES))
        assert len(set(names(seen))) == len(seen)
        assert {change["object"]["id"] for change in seen} == made


async def test_a_change_begun_first_and_committed_last_is_last_in_the_log(newsroom: Newsroom, editor: Client, dialect: str) -> None:
    since = await head(newsroom)
    slow, quick = happening(), happening()
    elsewhere = database_for(newsroom.app.state.settings)  # Another process: those of one take turns on SQLite.

    async with newsroom.database.writing() as session:
        record(session, slow)
        if dialect == "postgresql":  # SQLite lets one transaction write at a time; there, the first has only been announced.
            await session.execute(text("SELECT pg_current_xact_id()"))
        async with elsewhere.writing() as other:
            record(other, quick)
        between = await log(editor, since)
    after = await log(editor, between[-1]["seq"])
    await elsewhere.dispose()

    assert [change["object"]["id"] for change in between] == [ids.encode("tag", quick.object_id)]
    assert [change["object"]["id"] for change in after] == [ids.encode("tag", slow.object_id)]


async def test_what_is_rolled_back_leaves_no_event_and_no_hole(newsroom: Newsroom, editor: Client) -> None:
    since = await head(newsroom)

    async def change_ones_mind() -> None:
        async with newsroom.database.writing() as session:
            record(session, happening())
            await session.flush()
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_ones_mind()
    await newsroom.tag("Railways")

    assert [(change["seq"], change["type"]) for change in await log(editor, since)] == [(since + 1, "tag.created")]


async def test_a_savepoint_takes_back_what_came_behind_it_and_nothing_else(newsroom: Newsroom, editor: Client) -> None:
    since = await head(newsroom)

    async with newsroom.database.writing() as session:
        record(session, happening("tag.created"))
        savepoint = await session.begin_nested()
        record(session, happening("tag.updated"))
        await savepoint.rollback()
        async with session.begin_nested():
            record(session, happening("tag.deleted"))
        record(session, happening("author.created"))

    changes = await log(editor, since)
    assert names(changes, "type") == ["tag.created", "tag.deleted", "author.created"]
    assert names(changes, "seq") == [since + 1, since + 2, since + 3]


async def test_what_is_rolled_back_after_it_was_numbered_leaves_no_hole(
    newsroom: Newsroom, editor: Client, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    since = await head(newsroom)
    heard: list[int] = []
    newsroom.database.committed.insert(0, lambda info: heard.extend(info.get(DIRT, {})))

    with full_disk():
        with pytest.raises((RuntimeError, DBAPIError), match="the disk is full"):
            async with newsroom.database.writing() as session:
                record(session, happening())
        refused = await editor.post("/v1/tags", {"name": "Railways", "slug": "railways"})
    assert (refused.status_code, await head(newsroom), heard) == (500, since, [])
    await newsroom.tag("Railways", slug="railways")

    assert heard == [since + 1]
    assert names(await log(editor, since), "seq") == [since + 1]


async def test_what_is_changed_upon_the_last_answer_is_of_the_same_transaction(newsroom: Newsroom, editor: Client) -> None:
    """Refused, it takes everything with it: nothing was committed before it."""
    tag = await newsroom.tag("Railways", slug="railways")
    since = await head(newsroom)
    known = Lookup(select(Tag.name).where(Tag.slug == bindparam("slug")))

    async def change(slug: str) -> None:
        async with newsroom.database.writing() as session:
            record(session, happening())
            session.tell(known, {"slug": tag["slug"]}, lambda rows: session.add(Tag(name=rows[0].name, slug=slug)))

    with pytest.raises(IntegrityError):
        await change("railways")
    await change("trains")

    assert names(await log(editor, since), "seq") == [since + 1]
    assert (await editor.get("/v1/tags/trains")).json()["name"] == "Railways"


async def test_a_refused_request_leaves_no_event(newsroom: Newsroom, editor: Client) -> None:
    await newsroom.tag("Railways", slug="railways")
    since = await head(newsroom)

    answers = [
        await editor.post("/v1/tags", {"name": "Railways", "slug": "railways"}),
        await editor.patch("/v1/tags/railways", {"name": "Trains"}, If_Match='"9"'),
        await editor.delete("/v1/tags/nothing", If_Match="*"),
    ]

    assert [answer.status_code for answer in answers] == [409, 412, 404]
    assert await head(newsroom) == since


async def test_a_rehearsal_leaves_no_event_and_no_row(newsroom: Newsroom, editor: Client) -> None:
    section = await newsroom.section("World")
    author, tag = await newsroom.author(), await newsroom.tag()
    article = await newsroom.article(section=section["id"])
    since = await head(newsroom)

    answers = [
        await editor.post("/v1/sections?dry_run=true", {"name": "Culture"}),
        await editor.patch(f"/v1/sections/{section['id']}?dry_run=true", {"slug": "elsewhere"}, If_Match="*"),
        await editor.patch(f"/v1/authors/{author['id']}?dry_run=true", {"name": "Ana R."}, If_Match="*"),
        await editor.delete(f"/v1/tags/{tag['id']}?dry_run=true", If_Match="*"),
        await editor.patch(f"/v1/articles/{article['id']}?dry_run=true", {"headline": "Another"}, If_Match="*"),
        await editor.post(f"/v1/articles/{article['id']}/unpublish?dry_run=true", {}, If_Match="*"),
        await editor.post("/v1/keys?dry_run=true", {"name": "rehearsed", "scopes": ["articles:read"]}),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 204, 200, 200, 201]
    assert await head(newsroom) == since
    assert (await editor.get("/v1/sections/elsewhere")).status_code == 404
    assert (await editor.get(f"/v1/tags/{tag['id']}")).json() == (await editor.get(f"/v1/tags/{tag['slug']}")).json()
    assert "rehearsed" not in names((await editor.get("/v1/keys")).json()["data"], "name")


async def test_a_write_that_changes_nothing_is_silent(newsroom: Newsroom, editor: Client) -> None:
    tag = await newsroom.tag("Railways", description="Trains.")
    since = await head(newsroom)

    answer = await editor.patch(f"/v1/tags/{tag['id']}", {"name": "Railways", "description": "Trains."}, If_Match='"1"')

    assert answer.json() == tag
    assert await head(newsroom) == since


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/v1/tags", {"name": "Railways"}),
        ("/v1/lists", {"name": "Front"}),
        ("/v1/webhooks", {"name": "front end", "url": "https://front.example.org/in"}),
        ("/v1/moderation/rules", {"name": "Shouting", "conditions": [{"field": "capitals", "at_least": 80}]}),
        ("/v1/moderation/word-lists", {"name": "Casinos", "terms": ["casino"]}),
    ],
)
async def test_what_is_deleted_is_said_to_be_gone(newsroom: Newsroom, editor: Client, path: str, order: Wire) -> None:
    thing = made(await editor.post(path, order))
    since = await head(newsroom)

    assert (await editor.delete(f"{path}/{thing['id']}", If_Match="*")).status_code in {200, 204}

    (change,) = await log(editor, since)
    assert (change["object"]["id"], change["object"]["gone"]) == (thing["id"], True)


async def test_an_event_says_who_did_what_in_which_request(newsroom: Newsroom, editor: Client) -> None:
    tag = await newsroom.tag("Railways")
    since = await head(newsroom)

    await editor.patch(f"/v1/tags/{tag['id']}", {"name": "Trains", "slug": "trains"}, If_Match='"1"', X_Request_ID="desk-42.retry_1")

    (change,) = await log(editor, since)
    me = (await editor.get("/v1/me")).json()["key"]
    assert change["actor"] == {"kind": "key", "id": me["id"], "name": me["name"]}
    assert change["caused_by"] == "desk-42.retry_1"
    assert (change["type"], change["object"]) == ("tag.updated", {"type": "tag", "id": tag["id"], "version": 2, "gone": False})
    assert set(change["changed"]) == {"name", "slug"}
    assert f"tag:{tag['id']}" in change["tags"]


async def test_a_request_without_an_id_is_traced_by_the_one_it_was_given(newsroom: Newsroom, editor: Client) -> None:
    answer = await editor.post("/v1/tags", {"name": "Railways"})

    assert (await log(editor))[-1]["caused_by"] == answer.headers["x-request-id"]


async def test_a_reader_is_a_named_actor_without_an_id(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article()

    await reader.post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "A reader"}, "body": "Well said."})

    change = next(change for change in reversed(await log(editor)) if change["object"]["type"] == "comment")
    assert change["actor"] == {"kind": "reader", "id": None, "name": None}


async def test_without_a_key_only_what_is_public_is_told_and_never_who_did_it(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft()
    shown = await newsroom.article()
    await newsroom.key("articles:read")
    await newsroom.edit(await newsroom.working(shown), headline="Not yet for readers")

    changes = await log(reader)

    told = {change["object"]["id"] for change in changes}
    assert shown["id"] in told
    assert draft["id"] not in told
    assert not [change for change in changes if change["object"]["type"] == "key"]
    assert {(change["actor"], change["caused_by"]) for change in changes} == {(None, None)}
    assert "Not yet for readers" not in str(changes)
    assert {change["type"] for change in changes if change["object"]["id"] == shown["id"]} == {"article.published"}


async def test_a_key_is_told_what_its_scopes_may_know(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    desk, office, nobody = await newsroom.key("articles:read"), await newsroom.key("keys:admin"), await newsroom.key("taxonomy:write")

    kinds = {name: {change["object"]["type"] for change in await log(who)} for name, who in
             (("desk", desk), ("office", office), ("nobody", nobody))}  # fmt: skip

    assert draft["id"] in {change["object"]["id"] for change in await log(desk)}
    assert kinds == {"desk": {"article"}, "office": {"key"}, "nobody": set()}


async def test_hidden_events_neither_stop_a_reader_nor_make_it_skip(newsroom: Newsroom, reader: Client) -> None:
    """The place of a reader without a key moves past what it may not know, and never past what it may."""
    place = (await reader.get("/v1/changes")).json()["next_since"]
    seen: list[Any] = []
    for number in range(6):
        for hidden in range(number % 3):
            await newsroom.draft(headline=f"Hidden {number} {hidden}")
        if number % 2:
            await newsroom.tag(f"Tag {number}")
        page = (await reader.get(f"/v1/changes?since={place}&limit=1")).json()
        seen += page["data"]
        place = page["next_since"]

    assert [change["data"]["path"] for change in seen] == ["/tags/tag-1", "/tags/tag-3", "/tags/tag-5"]
    assert place == await head(newsroom)


async def test_more_is_promised_only_where_more_may_be_known(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.tag("Railways")
    await newsroom.draft()
    await newsroom.draft()

    page = (await reader.get("/v1/changes?limit=1")).json()

    assert (len(page["data"]), page["has_more"]) == (1, False)
    assert page["next_since"] == await head(newsroom)


async def test_the_head_of_the_log_is_its_last_event(newsroom: Newsroom) -> None:
    await asyncio.gather(*(newsroom.tag(f"Tag {number}") for number in range(10)))

    async with newsroom.database.reading() as session:
        count, last = (await session.execute(select(func.count(), func.max(Event.seq)).select_from(Event))).one()

    assert count == last == await head(newsroom)


async def test_who_asks_without_a_key_is_not_kept_by_any_cache(reader: Client, editor: Client) -> None:
    assert (await reader.get("/v1/changes")).headers["cache-control"] == "no-store"
    assert (await editor.get("/v1/changes")).headers["cache-control"] == "private, no-store"
