"""The newsroom picks comments, pins them, and locks branches."""

import pytest

from app.core import clock, ids
from app.moderation import queries
from app.screening import marks
from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names
from tests.plans import NO_SHORT_TABLES, overhearing, plans_of


async def marked(desk: Desk, comment: Wire, **marks: bool) -> Wire:
    return made(await desk.newsroom.desk.patch(f"/v1/moderation/comments/{comment['id']}", marks, If_Match="*"))


async def test_pinned_comments_stand_before_those_that_were_picked(desk: Desk, reader: Client) -> None:
    one, two, three, plain, held = [await desk.post() for _ in range(5)]
    for comment in (one, two, held):
        await marked(desk, comment, picked=True)
    await marked(desk, three, pinned=True)
    await desk.moderate(held, "hold")

    answer = await reader.get(f"{desk.address}/featured")

    assert names(made(answer)["data"]) == names([three, two, one])
    assert [(each["pinned"], each["picked"]) for each in answer.json()["data"]] == [(True, False), (False, True), (False, True)]
    article = desk.article["id"]
    assert answer.headers["Cache-Tag"].startswith(f"comments:{article},article:{article},")
    assert (await reader.get(f"{desk.address}/featured", If_None_Match=answer.headers["ETag"])).status_code == 304
    assert made(await reader.get(f"/v1/comments/{plain['id']}"))["picked"] is False
    await marked(desk, two, picked=False)
    assert names(made(await reader.get(f"{desk.address}/featured"))["data"]) == names([three, one])


async def test_nothing_is_featured_where_the_discussion_is_not_shown(newsroom: Newsroom, desk: Desk, reader: Client) -> None:
    await marked(desk, await desk.post(), picked=True)
    await newsroom.edit(await newsroom.working(desk.article), comments={"status": "disabled"})

    assert made(await reader.get(f"{desk.address}/featured"))["data"] == []
    assert (await reader.get(f"/v1/articles/{(await newsroom.draft())['id']}/comments/featured")).status_code == 404


async def test_of_other_discussions_and_of_what_is_out_of_sight_nothing_is_featured(newsroom: Newsroom, desk: Desk, reader: Client) -> None:
    elsewhere = await newsroom.article()
    other = made(await newsroom.desk.post(f"/v1/articles/{elsewhere['id']}/comments", {"author": {"name": "A"}, "body": "Elsewhere."}))
    own, refused = await desk.post(), await desk.post()
    for comment in (other, own):
        await marked(desk, comment, picked=True)
    await marked(desk, refused, pinned=True)
    await desk.moderate(refused, "reject")

    assert names(made(await reader.get(f"{desk.address}/featured"))["data"]) == [own["id"]]


async def test_featured_comments_take_two_statements(desk: Desk, reader: Client, statements: Statements) -> None:
    for _ in range(3):
        await marked(desk, await desk.post(), picked=True)

    with statements.counted(2):
        assert len(made(await reader.get(f"{desk.address}/featured"))["data"]) == 3


async def test_nobody_answers_in_a_locked_branch(desk: Desk, reader: Client) -> None:
    root, other = await desk.post(), await desk.post()
    reply = await desk.post(root)
    below = await desk.post(reply)
    await marked(desk, reply, locked=True)

    letter = {"author": {"name": "R"}, "body": "More."}
    answers = [await reader.post(desk.address, {**letter, "parent": target["id"]}) for target in (root, other, reply, below)]

    assert [answer.status_code for answer in answers] == [201, 201, 409, 409]
    assert (answers[3].json()["code"], answers[3].json()["reason"]) == ("comments-closed", "locked")
    await marked(desk, reply, locked=False)
    await desk.post(below)


async def test_a_mark_that_is_there_changes_nothing(desk: Desk, editor: Client) -> None:
    comment = await desk.post()
    address = f"/v1/moderation/comments/{comment['id']}"

    first = await editor.patch(address, {"picked": True, "locked": False}, If_Match='"1"')
    again = await editor.patch(address, {"picked": True}, If_Match='"1"')

    assert (first.json()["version"], again.content) == (2, first.content)
    assert (await editor.patch(address, {"pinned": True}, If_Match='"1"')).status_code == 412
    assert (await editor.patch(address, {"pinned": True})).status_code == 428
    (event,) = [event for event in await desk.events(editor) if event["type"] == "comment.marked"]
    assert (event["changed"], bool(event["tags"])) == (["picked"], True)
    log = made(await editor.get("/v1/moderation/log"))["data"]
    assert [(entry["action"], entry["from_status"], entry["to_status"]) for entry in log] == [("picked", "approved", "approved")]


async def test_a_branch_is_locked_and_opened_again_when_what_it_began_with_is_gone(newsroom: Newsroom, desk: Desk, reader: Client) -> None:
    root = await desk.post()
    below = await desk.post(root)
    address, order = f"/v1/moderation/comments/{root['id']}", {"author": {"name": "A reader"}, "body": "Me too.", "parent": below["id"]}
    made(await newsroom.desk.patch(address, {"locked": True, "pinned": True}, If_Match="*"))
    await desk.delete(root)

    refused = await reader.post(desk.address, order)
    opened = made(await newsroom.desk.patch(address, {"locked": False, "pinned": False}, If_Match="*"))

    assert (refused.json()["reason"], opened["locked"], opened["pinned"]) == ("locked", False, False)
    assert (await reader.post(desk.address, order)).status_code == 201


@pytest.mark.parametrize("scope", ["comments:write", "comments:read"])
async def test_marks_are_for_moderators(newsroom: Newsroom, desk: Desk, scope: str) -> None:
    comment = await desk.post()
    address = f"/v1/moderation/comments/{comment['id']}"

    assert (await (await newsroom.key(scope)).patch(address, {"picked": True}, If_Match="*")).status_code == 403
    await desk.delete(comment)
    assert (await newsroom.desk.patch(address, {"picked": True}, If_Match="*")).json()["code"] == "comment-deleted"
    assert (await newsroom.desk.patch(address, {"featured": True}, If_Match="*")).status_code == 422


async def test_featured_comments_are_found_among_however_many(newsroom: Newsroom) -> None:
    """SQLite, which may know nothing of its tables, looked through all of a discussion."""
    with overhearing(newsroom.database) as said:
        async with newsroom.database.reading() as session:
            await queries.list_featured(session, ids.EXAMPLE)

    (plan,) = await plans_of(newsroom.database, said, without=NO_SHORT_TABLES)

    assert "ix_comments_featured_shown" in plan, plan


async def test_marks_of_a_comment_are_found_among_however_many(newsroom: Newsroom) -> None:
    """SQLite looked through all marks of the kind, for each decision of a moderator."""
    with overhearing(newsroom.database) as said:
        async with newsroom.database.writing() as session:
            await marks.note_approved(session, ids.EXAMPLE, approved=True)

    forgetting, *_ = await plans_of(newsroom.database, said, without=NO_SHORT_TABLES)

    assert "ix_comment_marks_comment_id_kind" in forgetting, forgetting


async def test_marks_that_are_kept_are_not_looked_through_for_those_that_go(newsroom: Newsroom) -> None:
    """That comments of members were approved is kept for good, and the worker sweeps every ten minutes."""
    with overhearing(newsroom.database) as said:
        async with newsroom.database.writing() as session:
            await marks.forget(session, clock.now())

    (plan,) = await plans_of(newsroom.database, said, without=NO_SHORT_TABLES)

    assert "ix_comment_marks_passing" in plan, plan
