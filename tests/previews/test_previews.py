"""A preview link shows one article, or one revision of it, to whoever has it, until it expires or is revoked; and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client as Http
from sqlalchemy import select

from app.core import clock
from app.core.schemas import wire_instant
from app.previews import tokens
from app.previews.models import PreviewLink
from tests.command import Command
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


async def link_to(newsroom: Newsroom, article: Wire, **order: Any) -> Wire:
    return made(await newsroom.desk.post(f"/v1/articles/{article['id']}/preview-links", order))


async def test_it_shows_the_working_copy_as_readers_would_be_shown_it(newsroom: Newsroom, reader: Client) -> None:
    section = await newsroom.section()
    draft = await newsroom.draft(section=section["id"], notes="Call the ministry.", source_ref={"source": "wire", "external_id": "77"})
    link = await link_to(newsroom, draft)
    before = await reader.get(link["url"])
    await newsroom.edit(draft, headline="Written since")

    after = await reader.get(link["url"])

    assert (before.json()["headline"], after.json()["headline"]) == (draft["headline"], "Written since")
    published = (await reader.get(f"/v1/articles/{(await newsroom.article())['id']}")).json()
    assert set(after.json()) - set(published) == {"revision", "expires_at"}
    assert set(published) <= set(after.json())
    assert (after.json()["status"], after.json()["path"]) == ("draft", f"/world/{draft['slug']}")
    for private in ("Call the ministry.", "wire", "NSA"):
        assert private not in after.text
    assert after.headers["cache-control"] == "private, no-store"
    assert after.headers["x-robots-tag"] == "noindex, nofollow"
    assert after.headers["referrer-policy"] == "no-referrer"
    assert "cache-tag" not in after.headers
    assert "etag" not in after.headers
    assert newsroom.app.state.answers.get(link["url"], clock.now()) is None


async def test_bound_to_a_revision_it_shows_that_whatever_is_written_later(newsroom: Newsroom, reader: Client) -> None:
    section, author, tag = await newsroom.section(), await newsroom.author(), await newsroom.tag()
    refs = {"section": section["id"], "authors": [author["id"]], "tags": [tag["id"]]}
    first = await newsroom.draft(headline="One", standfirst="In short.", published_at="2030-01-01T00:00:00Z", **refs)
    as_it_is = made(await reader.get((await link_to(newsroom, first))["url"]))
    link = await link_to(newsroom, first, revision=1)
    await newsroom.edit(first, headline="Two", section=None, authors=[], tags=[], body=[], slug="elsewhere")

    shown = made(await reader.get(link["url"]))

    moves = {"revision", "expires_at", "translation_of", "translations", "related"}
    assert {name: value for name, value in shown.items() if name not in moves} == {
        name: value for name, value in as_it_is.items() if name not in moves
    }
    assert shown["revision"] == 1
    for revision in (2**40, 3):
        refused = await newsroom.desk.post(f"/v1/articles/{first['id']}/preview-links", {"revision": revision})
        assert (refused.status_code, pointers(refused)) == (422, {"#/revision"})


async def test_a_revision_whose_section_is_gone_stands_in_none(newsroom: Newsroom, reader: Client) -> None:
    world, sport = await newsroom.section("World"), await newsroom.section("Sport")
    draft = await newsroom.draft(section=world["id"], other_sections=[sport["id"]])
    link = await link_to(newsroom, draft, revision=1)
    await newsroom.edit(draft, section=sport["id"], other_sections=[])
    assert (await newsroom.desk.delete(f"/v1/sections/{world['id']}", If_Match="*")).status_code == 204

    shown = made(await reader.get(link["url"]))

    assert (shown["section"], shown["path"]) == (None, f"/{draft['slug']}")
    assert names(shown["other_sections"]) == [sport["id"]]


async def test_revoked_or_expired_it_shows_nothing(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    with clock.stopped_at(T):
        draft = await newsroom.draft()
        lasting, short = await link_to(newsroom, draft), await link_to(newsroom, draft, expires_in=60)
    with clock.stopped_at(T + timedelta(seconds=59)):
        assert (await reader.get(short["url"])).status_code == 200
    with clock.stopped_at(T + timedelta(seconds=60)):
        assert short["expires_at"] == wire_instant(clock.now())
        assert (await reader.get(short["url"])).json()["code"] == "preview-not-found"
        assert (await reader.get(lasting["url"])).status_code == 200
        address = f"/v1/articles/{draft['id']}/preview-links"
        seq = (await editor.get("/v1/changes?limit=1000")).json()["next_since"]
        for _ in range(2):
            assert (await editor.delete(f"{address}/{lasting['id']}")).status_code == 204
        gone = await reader.get(lasting["url"])
        listed = made(await editor.get(address))["data"]

    assert (gone.status_code, gone.json()["code"]) == (404, "preview-not-found")
    assert names(listed) == [short["id"], lasting["id"]]
    assert [each["revoked_at"] is None for each in listed] == [True, False]
    told = (await editor.get(f"/v1/changes?since={seq}")).json()["data"]
    assert [(event["type"], event["object"]["id"]) for event in told] == [("preview_link.revoked", lasting["id"])]


async def test_a_token_opens_its_own_article_only_and_none_can_be_made_up(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    one, other = await newsroom.draft(), await newsroom.draft()
    link = await link_to(newsroom, one)
    token = link["url"].partition("=")[2]

    forged = [tokens.new_token(b"another secret"), token[:-1] + ("A" if token[-1] != "A" else "B"), tokens.new_token(b"x")]
    for text in [*forged, tokens.new_token(newsroom.app.state.settings.signing_key)]:
        assert (await reader.get(f"/v1/previews?token={text}")).status_code == 404
    assert (await reader.get("/v1/previews?token=preview_short")).status_code == 400
    for path in (f"/v1/articles/{one['id']}?view=draft&token={token}", f"/v1/articles/{other['id']}?view=draft"):
        assert (await reader.get(path)).status_code in {400, 401}
    assert (await reader.get(f"/v1/articles/{one['id']}?view=draft", Authorization=f"Bearer {token}")).status_code == 401
    assert (await editor.delete(f"/v1/articles/{other['id']}/preview-links/{link['id']}")).status_code == 404
    assert (await reader.get(link["url"])).json()["id"] == one["id"]
    assert made(await editor.get(f"/v1/articles/{other['id']}/preview-links"))["data"] == []


async def test_what_was_taken_down_or_deleted_is_not_shown(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article()
    link = await link_to(newsroom, article)

    made(await editor.post(f"/v1/articles/{article['id']}/takedown", {"reason": "legal"}, If_Match="*"))
    taken = await reader.get(link["url"])
    made(await editor.post(f"/v1/articles/{article['id']}/restore", {}, If_Match="*"))
    back = await reader.get(link["url"])
    await editor.delete(f"/v1/articles/{article['id']}", If_Match="*")

    assert (taken.status_code, back.status_code, (await reader.get(link["url"])).status_code) == (410, 200, 404)


async def test_who_may_make_them_and_that_a_token_is_shown_once(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    draft = await newsroom.draft()
    address = f"/v1/articles/{draft['id']}/preview-links"

    first = await editor.post(address, {}, Idempotency_Key="once")
    again = await editor.post(address, {}, Idempotency_Key="once")
    rehearsed = made(await editor.post(f"{address}?dry_run=true"))

    assert (first.status_code, again.json()) == (201, {**first.json(), "url": None})
    assert (await reader.get(rehearsed["url"])).status_code == 404
    token = first.json()["url"].partition("=")[2]
    assert token not in (await editor.get(address)).text
    assert token not in (await editor.get("/v1/changes?limit=1000")).text
    async with newsroom.database.reading() as session:
        (row,) = await session.scalars(select(PreviewLink))
        assert token not in str({column.key: getattr(row, column.key) for column in PreviewLink.__table__.columns})
    assert (await reader.post(address)).status_code == 401
    assert (await (await newsroom.key("articles:read", "articles:write")).post(address)).status_code == 403
    assert (await (await newsroom.key("articles:preview")).get(address)).status_code == 200
    assert pointers(await editor.post(address, {"expires_in": 1, "revision": 0})) == {"#/expires_in", "#/revision"}


@pytest.mark.parametrize("links", [1, 100])
async def test_a_list_is_as_few_statements_however_long(newsroom: Newsroom, statements: Statements, editor: Client, links: int) -> None:
    draft = await newsroom.draft()
    made_links = [await link_to(newsroom, draft, revision=1) for _ in range(min(links, 12))]

    with statements.counted(2):
        listed = await editor.get(f"/v1/articles/{draft['id']}/preview-links?limit={links}")
    with statements.counted(10):
        shown = await newsroom.client(None).get(made_links[0]["url"])

    assert len(made(listed)["data"]) == len(made_links)
    assert made(shown)["id"] == draft["id"]


def test_a_token_is_in_no_line_of_the_log(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "dateline.db").write_bytes(sqlite_template.read_bytes())
    command = Command(tmp_path, {"log_level": "debug", "log_format": "json", "slow_statement_ms": "1"})
    key = command.must("keys", "create", "admin", "--scopes", "*").strip()

    with command.serving() as server, Http(base_url=server.url) as http:
        headers = {"Authorization": f"Bearer {key}"}
        article = http.post("/v1/articles", json={"headline": "One"}, headers=headers).json()
        link = http.post(f"/v1/articles/{article['id']}/preview-links", json={}, headers=headers).json()
        statuses = [http.get(link["url"] + more).status_code for more in ("", "&fields=x", "")]
        written = server.stop()

    assert statuses == [200, 400, 200]
    paths = [json.loads(line).get("path") for line in written.splitlines() if line.startswith("{")]
    assert "/v1/previews" in paths
    assert link["url"].partition("=")[2].removeprefix("preview_") not in written
