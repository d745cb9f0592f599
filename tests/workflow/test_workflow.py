"""The way to publication: who may move what, what undoes an approval, who works on what, and notes that never leave."""

import asyncio
from itertools import product
from typing import Any

import pytest

from app.access.scopes import SCOPES
from app.articles.queries import get_article
from app.articles.schemas import STAGES
from app.articles.working_copy.stages import MOVES, find_move
from app.core.settings import Settings
from app.events.models import SYSTEM
from app.trash import actions as trash
from tests.conftest import serving
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers
from tests.operations import reading, small_world

CANARY = "canarynotex"


async def move(client: Client, article: Wire, to: str, version: int | str = "*", **more: Any) -> Any:
    match = version if version == "*" else f'"{version}"'
    return await client.post(f"/v1/articles/{article['id']}/stage", {"to": to, **more}, If_Match=str(match))


async def brought_to(newsroom: Newsroom, stage: str, **fields: Any) -> Wire:
    article = await newsroom.draft(**fields)
    return article if stage == "draft" else made(await move(newsroom.desk, article, stage))


def test_the_table_knows_every_stage_and_only_scopes_that_there_are() -> None:
    assert {move.start for move in MOVES} == set(STAGES)
    assert {move.to for move in MOVES} == {*STAGES, "published"}
    assert {move.scope for move in MOVES} <= set(SCOPES)
    assert len({(move.start, move.to, move.strict) for move in MOVES}) == len(MOVES)


@pytest.mark.parametrize("scope", ["articles:write", "articles:approve", "articles:publish"])
async def test_a_key_moves_what_the_table_lets_it(newsroom: Newsroom, scope: str) -> None:
    client = await newsroom.key(scope)

    for start, to in product(STAGES, STAGES):
        article = await brought_to(newsroom, start)
        answer, allowed = await move(client, article, to, article["version"]), find_move(start, to)
        if scope == "articles:publish":
            assert answer.json()["code"] == "forbidden"
        elif start == to:
            assert (answer.status_code, answer.json()["version"]) == (200, article["version"])
        elif allowed is None:
            assert (answer.status_code, answer.json()["code"]) == (409, "stage-move-impossible")
            assert {one["to"] for one in answer.json()["moves"]} == {one.to for one in MOVES if one.start == start} - {"published"}
        elif allowed.scope == scope:
            assert (answer.status_code, answer.json()["stage"]) == (200, to)
        else:
            assert (answer.status_code, answer.json()["scope"]) == (403, allowed.scope)


async def test_a_move_is_an_event_for_keys_and_a_version_but_no_revision(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    article = await newsroom.draft()
    seq = (await editor.get("/v1/changes?limit=1000")).json()["next_since"]

    stale = await move(editor, article, "in_review", 7)
    moved = await move(editor, article, "in_review", 1, message="Names are checked.")
    again = await move(editor, article, "in_review", 2, message="Names are checked.")

    assert stale.status_code == 412
    assert (moved.headers["etag"], moved.json()["status"], moved.json()["stage"]) == ('"2"', "in_review", "in_review")
    assert moved.json() == again.json() == await newsroom.working(article)
    events = (await editor.get(f"/v1/changes?since={seq}")).json()["data"]
    assert names(events, "type") == ["article.stage_changed"]
    assert (events[0]["data"]["from"], events[0]["data"]["to"], events[0]["tags"]) == ("draft", "in_review", [])
    assert (await reader.get(f"/v1/changes?since={seq}")).json()["data"] == []
    notes = (await editor.get(f"/v1/articles/{article['id']}/notes")).json()["data"]
    assert [(note["text"], note["moved_to"]) for note in notes] == [("Names are checked.", "in_review")]


async def test_only_an_edit_of_the_content_undoes_an_approval(newsroom: Newsroom, editor: Client) -> None:
    article = await brought_to(newsroom, "approved")
    beside = await newsroom.edit(article, assignees=["ana"], comments={"status": "closed"})
    same = await newsroom.edit(beside, headline=beside["headline"])
    published = await newsroom.publish(same)
    seq = (await editor.get("/v1/changes?limit=1000")).json()["next_since"]
    edited = await newsroom.edit(published, headline="Another headline")
    reviewed = await newsroom.edit(made(await move(editor, edited, "in_review")), headline="A third one")

    assert [one["stage"] for one in (beside, same, published, edited, reviewed)] == [*["approved"] * 3, "draft", "in_review"]
    assert [one["status"] for one in (beside, published, edited)] == ["approved", "published", "published"]
    fell = (await editor.get(f"/v1/changes?since={seq}&types=article.stage_changed")).json()["data"]
    assert [(one["data"]["from"], one["data"]["to"], one["data"]["cause"]) for one in fell] == [
        ("approved", "draft", "edit"), ("draft", "in_review", "request"),
    ]  # fmt: skip


async def test_a_part_of_the_body_is_content_too(newsroom: Newsroom, editor: Client) -> None:
    article = await brought_to(newsroom, "approved")
    made(await editor.post(f"/v1/articles/{article['id']}/sections", {"heading": "What has changed"}, If_Match="*"))

    assert (await newsroom.working(article))["stage"] == "draft"


async def test_where_publishing_needs_approval_only_what_is_approved_is_published(settings: Settings) -> None:
    async with serving(settings.model_copy(update={"publish_needs_approval": True})) as newsroom:
        article = await newsroom.draft()
        publisher = await newsroom.key("articles:write", "articles:publish")
        skipper = await newsroom.key("articles:publish", "articles:publish_unapproved")
        url = f"/v1/articles/{article['id']}/publish"

        for order in ({}, {"at": "2031-01-01T00:00:00Z"}):
            refused = await publisher.post(url, order, If_Match="*")
            assert (refused.status_code, refused.json()["code"], refused.json()["stage"]) == (409, "approval-needed", "draft")
        assert (await newsroom.working(article))["version"] == 1
        made(await move(newsroom.desk, article, "approved"))
        assert made(await publisher.post(url, {}, If_Match="*"))["status"] == "published"
        assert made(await publisher.post(url, {}, If_Match="*"))["status"] == "published"
        made(await publisher.patch(f"/v1/articles/{article['id']}", {"headline": "Changed"}, If_Match="*"))
        assert (await publisher.post(url, {}, If_Match="*")).json()["code"] == "approval-needed"
        assert made(await skipper.post(url, {}, If_Match="*"))["has_unpublished_changes"] is False


async def test_lists_of_drafts_are_filtered_by_stage_status_and_who_works_on_them(
    newsroom: Newsroom, editor: Client, statements: Statements
) -> None:
    found = {stage: (await brought_to(newsroom, stage, assignees=["ana", stage]))["id"] for stage in STAGES}
    shown = await newsroom.publish(await brought_to(newsroom, "approved"))

    async def listed(asked: str) -> set[str]:
        return set(names(await editor.all_pages(f"/v1/articles?view=draft&{asked}")))

    assert await listed("stage=approved") == {found["approved"], shown["id"]}
    assert await listed("status=approved") == {found["approved"]}
    assert await listed("status=in_review,draft") == {found["in_review"], found["draft"]}
    assert await listed("assignee=ana") == set(found.values())
    assert await listed("assignee=draft,approved&stage=approved") == {found["approved"]}
    assert await listed("assignee=Ana") == set()
    wrong = await editor.get("/v1/articles?view=draft&stage=done")
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (400, "stage")
    assert (await editor.get("/v1/articles?stage=draft")).status_code == 400
    with statements.counted(3):
        await editor.get("/v1/articles?view=draft&stage=in_review&assignee=ana")


async def test_who_works_on_it_makes_no_revision_and_once_is_enough(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article(assignees=["key_01m82536fhesjaqzv7y0v141hx", "ana", "ana"])
    seq = (await editor.get("/v1/changes?limit=1000")).json()["next_since"]

    same = await newsroom.edit(article, assignees=["key_01m82536fhesjaqzv7y0v141hx", "ana"])
    other = await newsroom.edit(same, assignees=["ben"])

    assert article["assignees"] == ["key_01m82536fhesjaqzv7y0v141hx", "ana"]
    assert (same["version"], other["version"], other["has_unpublished_changes"]) == (article["version"], article["version"] + 1, False)
    events = (await editor.get(f"/v1/changes?since={seq}")).json()["data"]
    assert [(one["type"], one["changed"]) for one in events] == [("article.updated", ["assignees"])]
    assert (await editor.patch(f"/v1/articles/{article['id']}", {"assignees": ["a,b"]}, If_Match="*")).status_code == 422


async def test_notes_are_written_listed_and_removed(newsroom: Newsroom, editor: Client, statements: Statements) -> None:
    article = await newsroom.article()
    url, block = f"/v1/articles/{article['id']}/notes", article["body"][0]["id"]

    first = made(await editor.post(url, {"text": "Call the ministry."}, Idempotency_Key="once"))
    again = made(await editor.post(url, {"text": "Call the ministry."}, Idempotency_Key="once"))
    second = made(await editor.post(url, {"text": "Spelling?", "block": block}))
    astray = await editor.post(url, {"text": "Where?", "block": "nowhere"})

    assert first == again
    assert (first["by"]["name"], first["block"], second["block"]) == ("tests", None, block)
    assert pointers(astray) == {"#/block"}
    assert await editor.all_pages(f"{url}?limit=1") == [first, second]
    with statements.counted(2):
        await editor.get(url)
    assert (await editor.delete(f"{url}/{first['id']}")).status_code == 204
    assert (await editor.delete(f"{url}/{first['id']}")).json()["code"] == "note-not-found"
    assert (await editor.get(url)).json()["data"] == [second]
    assert (await newsroom.working(article))["version"] == article["version"]
    assert (await (await newsroom.key("articles:write")).get(url)).status_code == 403
    assert (await newsroom.client(None).get(url)).status_code == 401


async def test_a_note_may_be_about_an_update_of_a_live_blog(newsroom: Newsroom, editor: Client) -> None:
    blog = await newsroom.draft(kind="live_blog")
    path = f"/v1/articles/{blog['id']}"
    update = made(await editor.post(f"{path}/blocks", {"title": "The ferry has left"}))
    assert update["id"] in names((await newsroom.working(blog))["body"])

    note = made(await editor.post(f"{path}/notes", {"text": "Which one?", "block": update["id"]}))

    assert note["block"] == update["id"]
    assert pointers(await editor.post(f"{path}/notes", {"text": "Where?", "block": "nowhere"})) == {"#/block"}


async def test_a_note_is_removed_once_and_none_is_written_on_what_is_purged_meanwhile(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.draft()
    url = f"/v1/articles/{article['id']}/notes"
    note = made(await editor.post(url, {"text": "Call the ministry."}))

    removed = await asyncio.gather(*(editor.delete(f"{url}/{note['id']}") for _ in range(3)))
    told = [event["type"] for event in (await editor.get("/v1/changes?limit=1000")).json()["data"]]
    await editor.delete(f"/v1/articles/{article['id']}", If_Match="*")
    async with newsroom.database.writing() as session:
        await trash.purge(session, await get_article(session, article["id"], for_change=True), by=SYSTEM, if_match=None)
        await session.flush()
        writing = asyncio.create_task(editor.post(url, {"text": "Call again."}))
        await asyncio.sleep(0.1)  # Long enough to find the article, were it let in.

    assert sorted(answer.status_code for answer in removed) == [204, 404, 404]
    assert told.count("article.note_deleted") == 1
    assert (await writing).json()["code"] == "article-not-found"


async def test_nothing_of_the_way_is_in_any_public_answer_or_event(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    world = await small_world(newsroom)
    article = f"/v1/articles/{world['/v1/articles/ref']}"
    seq = (await reader.get("/v1/changes?limit=1000")).json()["next_since"]
    made(await editor.post(f"{article}/notes", {"text": CANARY}))
    made(await editor.post(f"{article}/stage", {"to": "in_review", "message": CANARY}, If_Match="*"))
    made(await editor.patch(article, {"assignees": [CANARY], "notes": CANARY}, If_Match="*"))
    made(await editor.post(f"{article}/publish", {}, If_Match="*"))

    asked = [operation.url(world) for operation in reading()]
    for url in [*asked, "/v1/articles?include=body,comments", f"/v1/articles?q={CANARY}", f"{article}?include=body_html,body_text"]:
        answer = await reader.get(url)
        assert CANARY not in answer.text.replace(f"q={CANARY}", ""), url
        assert "in_review" not in answer.text, url
    everybodys = (await reader.get(f"/v1/changes?since={seq}&include=record")).text
    newsrooms = (await editor.get(f"/v1/changes?since={seq}")).text
    assert CANARY not in everybodys + newsrooms
    assert "article.note_added" in newsrooms
    assert CANARY in (await editor.get(f"{article}/notes")).text


async def test_a_move_costs_few_statements(newsroom: Newsroom, editor: Client, statements: Statements) -> None:
    article = await newsroom.draft()

    with statements.counted(12):
        moved = made(await move(editor, article, "in_review"))

    assert (moved["id"], moved["stage"]) == (article["id"], "in_review")
