"""Exports are whole, as of one moment, and hold what their caller may see; an archive gives the newsroom back as it was."""

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.changes import archive
from app.changes.importing import ImportRefusedError, import_archive
from app.core import ids
from app.core.database import Database
from app.core.models import Base
from app.core.settings import Settings
from app.events.models import LogHead
from app.readers.models import Member
from tests.carrying.conftest import carry_in, line
from tests.changes.listening import listening
from tests.command import Command
from tests.conftest import serving, settings_for
from tests.newsroom import Client, Newsroom, OpenNewsroom, Wire, made

CANARY = "a canary that no reader may hear"
LETTER = {"author": {"name": "A reader", "email": "canary@reader.example.org", "url": "https://canary.example.org"}, "body": "Well said."}


LEFT_OUT = {
    "events", "log_head", "keys", "idempotency_records", "rate_counts", "webhooks", "webhook_deliveries", "webhook_attempts",
    "worker_state", "preview_links", "comment_marks", "spent_proofs", "bayes_model", "bayes_words", "bayes_lessons",
    "comment_errands", "comment_services", "comment_leases", "comment_reports", "sanctions", "comment_clean_ups", "digest_keys",
    "comment_erasures",
}  # fmt: skip
"""What stays where it is: the log, secrets, and what is under way or soon forgotten, and what was learned under a key."""


async def exported(client: Client, query: str = "") -> list[Wire]:
    """The lines of an export that is whole."""
    answer = await client.get(f"/v1/export{query}")
    assert answer.status_code == 200, answer.text
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert found[-1] == {"end": True, "lines": len(found) - 2}
    return found


async def archived(database: Database) -> list[bytes]:
    async with database.snapshot() as session:
        return [line for some in [chunk async for chunk in archive.lines(session)] for line in some.splitlines(keepends=True)]


async def a_history(newsroom: Newsroom) -> Wire:
    """A newsroom in which a little of everything has happened."""
    world, author, tag = await newsroom.section("World"), await newsroom.author(), await newsroom.tag()
    europe = await newsroom.section("Europe", parent=world["id"])
    article = await newsroom.article(section=europe["id"], authors=[author["id"]], tags=[tag["id"]], slug="first-address")
    article = await newsroom.publish(await newsroom.edit(article, slug="second-address", headline="Grüße, ✓"))
    comment = made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", LETTER))
    made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", {**LETTER, "parent": comment["id"]}))
    await newsroom.desk.post(f"/v1/moderation/comments/{comment['id']}/reject", {"reason": "off topic"}, If_Match="*")
    for place in ("site", f"sections/{europe['id']}", f"articles/{article['id']}"):
        made(await newsroom.desk.patch(f"/v1/comment-policies/{place}", {"max_length": 500, "state": "open"}, If_Match="*"))
    await newsroom.desk.patch(f"/v1/sections/{europe['id']}", {"slug": "the-continent"}, If_Match="*")
    await newsroom.desk.patch(f"/v1/tags/{tag['id']}", {"name": "Trains", "slug": "trains"}, If_Match="*")
    deleted = await newsroom.article()
    await newsroom.desk.delete(f"/v1/articles/{deleted['id']}", If_Match="*")
    draft = await newsroom.draft(headline=CANARY, notes=CANARY)
    await newsroom.publish(draft, at="2999-01-01T00:00:00Z")
    front = made(await newsroom.desk.post("/v1/lists", {"name": "Front page", "items": [article["id"], draft["id"]], "backfill": {}}))
    for order in ({}, {"at": "2999-01-01T00:00:00Z"}):
        made(await newsroom.desk.post(f"/v1/lists/{front['id']}/publish", order, If_Match="*"))
        made(await newsroom.desk.patch(f"/v1/lists/{front['id']}", {"length": 5}, If_Match="*"))
    return await newsroom.working(article)


async def everything(newsroom: Newsroom) -> Wire:
    """The same, and something in each table that an archive has."""
    article, desk, guest = await a_history(newsroom), newsroom.desk, newsroom.client(None)
    address = f"/v1/articles/{article['id']}"
    article = await newsroom.edit(article, assignees=["ana"], notes="For the desk.", headline="Mended")
    made(await desk.post(f"{address}/notes", {"text": "Call them."}))
    correction = {"kind": "correction", "text": "It was another."}
    await newsroom.publish(article, significance="correction", correction=correction)
    live = await newsroom.article(kind="live_blog", slug="live")
    made(await desk.post(f"/v1/articles/{live['id']}/blocks?publish=true", {"blocks": [{"type": "paragraph", "html": "Now."}]}))
    made(await desk.post("/v1/moderation/word-lists", {"name": "Words", "terms": ["casino"]}))
    made(await desk.post("/v1/moderation/rules", {"name": "Links", "conditions": [{"field": "links", "at_least": 1}]}))
    held = made(await guest.post(f"{address}/comments", {**LETTER, "body": "casino"}))
    made(await desk.post(f"/v1/moderation/comments/{held['id']}/reject", {}, If_Match="*"))
    made(await guest.post(f"/v1/me/comments/{held['id']}/appeal", {"text": "A quotation."}, X_Claim_Token=held["claim_token"]))
    shown = made(await guest.post(f"{address}/comments", LETTER))
    made(await guest.put(f"/v1/comments/{shown['id']}/vote", {"vote": "up"}))
    await carry_in(newsroom, line(article=article["slug"], source="old", external_id="1"))
    async with newsroom.database.writing() as session:
        session.add(Member(id=ids.new(), issuer="https://accounts.paper.example", subject="u-1", kind="member", name="Ida Holm"))
    return await newsroom.working(article)


async def test_an_export_and_the_changes_since_are_the_whole(newsroom: Newsroom, reader: Client) -> None:
    await a_history(newsroom)
    head, *lines, _ = await exported(reader)
    late = await newsroom.article()

    changes = (await reader.get(f"/v1/changes?since={head['seq']}")).json()["data"]

    assert [change["object"]["id"] for change in changes] == [late["id"]]
    for each in lines:
        plural = f"{each['type']}s"
        assert each["record"] == (await reader.get(f"/v1/{plural}/{each['id']}")).json()
    assert {line["type"] for line in lines} == {"section", "author", "tag", "article", "list"}
    assert late["id"] not in {line["id"] for line in lines}


async def test_an_export_holds_what_the_caller_may_see(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    await a_history(newsroom)
    desk = await newsroom.key("articles:read")

    public, drafts, everything = await exported(reader), await exported(desk, "?view=draft"), await exported(editor, "?view=draft")

    assert "canary" not in str(public).lower()
    assert CANARY in str(drafts)
    assert "canary@" not in str(everything)
    assert [sum(line.get("type") == "article" for line in lines) for lines in (public, drafts, everything)] == [1, 3, 3]
    assert [sum(line.get("type") == "comment" for line in lines) for lines in (public, drafts, everything)] == [0, 0, 2]
    refusals = [
        await reader.get("/v1/export?view=draft"),
        await desk.get("/v1/export?form=archive"),
        await reader.get("/v1/export?form=archive"),
    ]
    assert [answer.status_code for answer in refusals] == [401, 403, 401]


async def test_an_export_sees_one_moment_however_long_it_takes(newsroom: Newsroom) -> None:
    await newsroom.article()
    async with newsroom.database.snapshot() as session:
        lines = archive.lines(session)
        head = json.loads(await anext(lines))
        await newsroom.section("Too late")
        await newsroom.article()
        rest = b"".join([chunk async for chunk in lines])

    assert b"Too late" not in rest
    assert rest.count(b'{"table":"articles"') == 1
    assert head["seq"] == 3


def test_every_table_is_in_an_archive_or_stays_where_it_is_for_a_reason() -> None:
    assert set(Base.metadata.tables) == set(archive.TABLES) | LEFT_OUT
    assert LEFT_OUT.isdisjoint(archive.TABLES)


async def test_the_archive_gives_an_empty_newsroom_everything_back(newsroom: Newsroom, open_newsroom: OpenNewsroom, editor: Client) -> None:
    article = await everything(newsroom)
    lines = (await editor.get("/v1/export?form=archive")).content.splitlines(keepends=True)
    seq = json.loads(lines[0])["seq"]
    assert {json.loads(each)["table"] for each in lines[1:-1]} == set(archive.TABLES)

    async with open_newsroom() as other:
        rows = await import_archive(other.database, lines)
        again = await archived(other.database)
        desk, reader = other.desk, other.client(None)

        assert again[1:] == lines[1:]
        assert rows == len(lines) - 2 > 30
        assert await other.working(article) == article
        for address in (
            f"/v1/articles/{article['id']}", "/v1/articles/first-address", "/v1/articles?section=world", "/v1/articles?q=grüße",
            "/v1/sections", "/v1/tags", "/v1/authors", "/v1/resolve?path=/world/europe/second-address",
            f"/v1/articles/{article['id']}/comments",
        ):  # fmt: skip
            assert (await reader.get(address)).content == (await newsroom.client(None).get(address)).content, address
        assert (await reader.get(f"/v1/changes?since={seq - 1}")).json()["code"] == "changes-gone"
        edited = await desk.patch(f"/v1/articles/{article['id']}", {"headline": "On it goes"}, If_Match=f'"{article["version"]}"')
        assert edited.status_code == 200, edited.text
        (change,) = (await desk.get(f"/v1/changes?since={seq}")).json()["data"]
        assert (change["seq"], change["type"]) == (seq + 1, "article.updated")
        made(await reader.post(f"/v1/articles/{article['id']}/comments", LETTER))


async def test_who_serves_and_who_follows_notice_that_a_newsroom_was_brought_in(newsroom: Newsroom, open_newsroom: OpenNewsroom) -> None:
    """What is brought in is no event; the newsroom that it goes into may have had more of them than the one that it comes from."""
    article = await newsroom.article()
    lines = await archived(newsroom.database)
    async with open_newsroom() as other:
        for name in ("One", "Two", "Three"):
            tag = await other.tag(name)
            await other.desk.delete(f"/v1/tags/{tag['id']}", If_Match="*")
        reader = other.client(None)
        here = (await reader.get("/v1/changes")).json()["next_since"]
        assert here > json.loads(lines[0])["seq"]
        assert (await reader.get("/v1/articles")).json()["data"] == []

        async with listening(other, f"/v1/changes/stream?since={here}") as stream:
            await stream.block()
            await import_archive(other.database, lines)
            ended = await stream.event()
        shown = (await reader.get("/v1/articles")).json()["data"]
        follower = await reader.get(f"/v1/changes?since={here}")

    assert ended is None
    assert [one["id"] for one in shown] == [article["id"]]
    assert (follower.status_code, follower.json()["code"]) == (410, "changes-gone")


async def test_nobodys_address_and_no_key_is_in_an_archive(newsroom: Newsroom, editor: Client) -> None:
    await a_history(newsroom)

    text = (await editor.get("/v1/export?form=archive")).text

    assert "canary@" not in text
    assert "canary.example" not in text
    assert '"table":"keys"' not in text
    assert "_digest" not in text


async def test_an_archive_goes_into_no_newsroom_that_has_something(newsroom: Newsroom) -> None:
    await newsroom.tag()
    lines = await archived(newsroom.database)

    with pytest.raises(ImportRefusedError, match="there are tags already"):
        await import_archive(newsroom.database, lines)


def _spoiled(lines: list[bytes], place: int, **changes: Any) -> list[bytes]:
    line = json.loads(lines[place])
    line["row"] |= changes
    return [*lines[:place], json.dumps(line).encode(), *lines[place + 1 :]]


SPOILT: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "no JSON": (lambda lines: [*lines[:3], b"{broken\n", *lines[3:]], "line 4: it is no JSON"),
    "another table": (lambda lines: [*lines[:2], b'{"table": "keys", "row": {}}\n', *lines[2:]], "line 3: it is no row"),
    "another column": (lambda lines: _spoiled(lines, 1, colour="red"), "line 2: sections has other columns"),
    "no id": (lambda lines: _spoiled(lines, 1, id="seven"), "line 2: "),
    "no text": (lambda lines: _spoiled(lines, 1, name=7), "line 2: name is no str"),
    "nothing": (lambda lines: _spoiled(lines, 1, name=None), "line 2: name is missing"),
    "no table": (lambda lines: [lines[0], b'{"table": ["tags"], "row": {}}\n', *lines[1:]], "line 2: it is no row"),
    "no number": (lambda lines: _spoiled(lines, 1, version=float("nan")), "line 2: it is no JSON"),
    "too large a number": (lambda lines: _spoiled(lines, 1, version=2**63), "line 2: version is too large"),
    "no time zone": (lambda lines: _spoiled(lines, 1, created_at="2026-01-01T00:00:00"), "line 2: 2026-01-01T00:00:00 has no time zone"),
    "before all time": (lambda lines: _spoiled(lines, 1, created_at="0001-01-01T00:00:00+01:00"), "line 2: date value out of range"),
    "a row twice": (lambda lines: [*lines[:2], lines[1], *lines[2:]], "line 3: the database refuses it"),
    "an orphan": (lambda lines: [lines[0], *lines[2:]], "line 2: the database refuses it"),
    "no end": (lambda lines: lines[:-1], "the file is not whole"),
    "a line less": (lambda lines: [*lines[:-2], lines[-1]], "the file is not whole"),
    "more behind": (lambda lines: [*lines, lines[1]], "there is more behind the end"),
    "no header": (lambda lines: lines[1:], "line 1: this is no export"),
    "nothing at all": (lambda _: [], "line 1: this is no export"),
    "another form": (lambda lines: [lines[0].replace(b"archive", b"records"), *lines[1:]], "line 1: only an archive"),
    "too large a seq": (lambda lines: [re.sub(rb'"seq":\d+', b'"seq":%d' % 2**63, lines[0])], "line 1: it does not say its seq"),
    "another version": (lambda lines: [lines[0].replace(b'"version":1', b'"version":9'), *lines[1:]], "line 1: it is of version 9"),
}


async def test_a_bad_line_is_named_and_nothing_is_kept(newsroom: Newsroom, open_newsroom: OpenNewsroom) -> None:
    await a_history(newsroom)
    lines = await archived(newsroom.database)

    async with open_newsroom() as other:
        for name, (spoil, said) in SPOILT.items():
            with pytest.raises(ImportRefusedError) as refusal:
                await import_archive(other.database, spoil(lines))
            assert said in str(refusal.value), name
        assert len(await archived(other.database)) == 2
        async with other.database.reading() as session:
            assert (await session.scalars(select(LogHead.floor))).one() == 0


async def test_no_more_than_two_export_at_a_time(newsroom: Newsroom, reader: Client) -> None:
    hub = newsroom.app.state.hub
    async with hub.exports, hub.exports:
        answer = await reader.get("/v1/export")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert (await reader.get("/v1/export")).status_code == 200


async def test_the_command_carries_a_newsroom_from_one_database_to_another(
    copy_database: Callable[[], AbstractContextManager[str]], sqlite_template: Path, tmp_path: Path
) -> None:
    with copy_database() as url:
        async with serving(settings_for(url)) as newsroom:
            article = await a_history(newsroom)
        target = tmp_path / "target"
        await asyncio.to_thread(target.mkdir)
        await asyncio.to_thread((target / "dateline.db").write_bytes, await asyncio.to_thread(sqlite_template.read_bytes))
        origin, heir = Command(tmp_path, {"log_level": "error", "database_url": url}), Command(target, {"log_level": "error"})

        await asyncio.to_thread(origin.must, "export", "all.ndjson")
        await asyncio.to_thread(heir.must, "import", str(tmp_path / "all.ndjson"))
        again = await asyncio.to_thread(heir.run, "import", str(tmp_path / "all.ndjson"))

    assert again.code == 1
    assert "already" in again.told
    async with serving(Settings(_env_file=None, database_url=f"sqlite:///{target / 'dateline.db'}", log_level="error")) as copy:
        assert await copy.working(article) == article
