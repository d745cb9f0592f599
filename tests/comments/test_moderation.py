"""Moderators keep a discussion readable."""

from typing import Any

import pytest

from tests.newsroom import Client, Newsroom, names


async def test_the_queue_holds_what_waits_the_oldest_first(newsroom: Newsroom, editor: Client, moderated: Any, discussion: Any) -> None:
    held = [await moderated.post(body=f"*number* {number}") for number in range(5)]
    await discussion.post()

    queue = await editor.all_pages("/v1/moderation/comments?limit=2")

    assert names(queue) == names(held)
    assert [comment["body"] for comment in queue] == [f"*number* {number}" for number in range(5)]
    await moderated.moderate(held[0], "spam")
    article = moderated.article["id"]
    both = await editor.all_pages(f"/v1/moderation/comments?limit=2&status=spam,pending&article={article}")
    assert names(both) == names(held)
    assert await editor.all_pages(f"/v1/moderation/comments?article={discussion.article['id']}") == []


async def test_the_queue_is_for_moderators_and_those_who_may_read_it(reader: Client, newsroom: Newsroom, moderated: Any) -> None:
    await moderated.post()

    assert (await reader.get("/v1/moderation/comments")).status_code == 401
    assert (await (await newsroom.key("comments:write")).get("/v1/moderation/comments")).status_code == 403
    for scope in ("comments:read", "comments:moderate"):
        answer = await (await newsroom.key(scope)).get("/v1/moderation/comments")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert (await newsroom.desk.get("/v1/moderation/comments?status=unknown")).status_code == 400


async def test_approval_shows_a_held_comment(reader: Client, moderated: Any) -> None:
    held = await moderated.post()

    approved = await moderated.moderate(held, "approve", '"1"')

    assert (approved["status"], approved["version"]) == ("approved", 2)
    assert names(await moderated.roots()) == [held["id"]]
    assert await moderated.count() == 1
    assert (await reader.get(f"/v1/comments/{held['id']}")).status_code == 200


@pytest.mark.parametrize(("verdict", "status"), [("reject", "rejected"), ("spam", "spam")])
async def test_a_rejected_comment_takes_its_replies_along_and_brings_them_back(
    reader: Client, discussion: Any, verdict: str, status: str
) -> None:
    root, other = await discussion.post(), await discussion.post()
    reply = await discussion.post(root)
    below, hidden = await discussion.post(reply), await discussion.post(reply)
    await discussion.moderate(hidden, verdict)

    assert (await discussion.moderate(root, verdict))["status"] == status

    assert (names(await discussion.roots()), await discussion.count()) == ([other["id"]], 1)
    for comment in (root, reply, below):
        assert (await reader.get(f"/v1/comments/{comment['id']}")).status_code == 404
        assert (await reader.get(f"/v1/comments/{comment['id']}/replies")).status_code == 404
    await discussion.moderate(root, "approve")
    assert await discussion.count() == 4
    assert (await reader.get(f"/v1/comments/{below['id']}")).status_code == 200
    assert (await reader.get(f"/v1/comments/{hidden['id']}")).status_code == 404


async def test_a_deleted_comment_leaves_a_tombstone_while_replies_can_be_read(reader: Client, discussion: Any) -> None:
    root = await discussion.post()
    reply = await discussion.post(root)

    await discussion.delete(root)

    tomb = (await reader.get(f"/v1/comments/{root['id']}")).json()
    assert (tomb["status"], tomb["author"], tomb["html"]) == ("deleted", None, None)
    assert (tomb["reply_count"], tomb["descendant_count"]) == (1, 1)
    assert (names(await discussion.roots()), await discussion.count()) == ([root["id"]], 1)
    await discussion.moderate(reply, "reject")
    assert (await discussion.roots(), await discussion.count()) == ([], 0)
    assert (await reader.get(f"/v1/comments/{root['id']}")).status_code == 404
    await discussion.moderate(reply, "approve")
    assert (names(await discussion.roots()), await discussion.count()) == ([root["id"]], 1)


async def test_a_deleted_comment_without_replies_is_gone(reader: Client, discussion: Any) -> None:
    comment = await discussion.post()

    await discussion.delete(comment)

    assert (await discussion.roots(), await discussion.count()) == ([], 0)
    assert (await reader.get(f"/v1/comments/{comment['id']}")).status_code == 404


async def test_deleting_what_was_rejected_brings_nothing_back(reader: Client, discussion: Any) -> None:
    root = await discussion.post()
    reply = await discussion.post(root)
    await discussion.moderate(root, "spam")

    await discussion.delete(root)

    assert (await discussion.roots(), await discussion.count()) == ([], 0)
    assert (await reader.get(f"/v1/comments/{reply['id']}")).status_code == 404


async def test_deletion_is_final_and_may_be_repeated(editor: Client, discussion: Any) -> None:
    comment = await discussion.post()
    await discussion.delete(comment)

    await discussion.delete(comment)
    approved = await editor.post(f"/v1/moderation/comments/{comment['id']}/approve", If_Match="*")
    edited = await editor.patch(f"/v1/comments/{comment['id']}", {"body": "Else."}, If_Match="*")

    for answer in (approved, edited):
        assert (answer.status_code, answer.json()["code"]) == (409, "comment-deleted")
    seen = (await editor.get("/v1/moderation/comments?status=deleted")).json()["data"][0]
    assert (seen["author"], seen["html"], seen["body"]) == (None, None, None)


async def test_a_verdict_repeated_changes_nothing_and_one_from_an_old_version_is_refused(editor: Client, discussion: Any) -> None:
    comment = await discussion.post()
    address = f"/v1/moderation/comments/{comment['id']}"

    first = await editor.post(f"{address}/reject", {"reason": "Names a private person."}, If_Match='"1"')
    again = await editor.post(f"{address}/reject", If_Match='"1"')
    stale = await editor.post(f"{address}/approve", If_Match='"1"')
    bare = await editor.post(f"{address}/approve")

    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    assert (again.status_code, again.content) == (200, first.content)
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert bare.status_code == 428
    assert [event["type"] for event in await discussion.events(editor)] == ["comment.created", "comment.rejected"]


async def test_a_verdict_needs_no_body(newsroom: Newsroom, moderated: Any) -> None:
    held = await moderated.post()
    address = f"/v1/moderation/comments/{held['id']}/approve"

    answer = await newsroom.desk.request("POST", address, None, If_Match='"1"')

    assert answer.status_code == 200


async def test_the_etag_that_readers_get_serves_as_if_match(reader: Client, editor: Client, discussion: Any) -> None:
    comment = await discussion.post()
    etag = (await reader.get(f"/v1/comments/{comment['id']}")).headers["ETag"]

    answer = await editor.post(f"/v1/moderation/comments/{comment['id']}/reject", If_Match=etag)

    assert answer.status_code == 200


async def test_decisions_are_kept_with_their_reasons(reader: Client, editor: Client, moderated: Any) -> None:
    held = await moderated.post()
    await moderated.moderate(held, "reject", reason="Names a private person.")
    await moderated.moderate(held, "approve")

    decisions = (await editor.get(f"/v1/moderation/comments/{held['id']}/decisions")).json()["data"]

    steps = [(step["from_status"], step["to_status"], step["actor"]["name"], step["reason"]) for step in decisions]
    assert steps == [("pending", "rejected", "tests", "Names a private person."), ("rejected", "approved", "tests", None)]
    assert (await reader.get(f"/v1/moderation/comments/{held['id']}/decisions")).status_code == 401
    unknown = "cmt_01m82536fhesjaqzv7y0v141hx"
    assert (await editor.get(f"/v1/moderation/comments/{unknown}/decisions")).status_code == 404


async def test_an_edit_changes_words_and_name_and_nothing_else(reader: Client, editor: Client, discussion: Any) -> None:
    comment = await discussion.post()
    address = f"/v1/comments/{comment['id']}"

    edited = await editor.patch(address, {"author": {"name": "Another"}, "body": "**Else**."}, If_Match='"1"')
    again = await editor.patch(address, {"body": "**Else**.", "author": {}}, If_Match='"2"')
    stale = await editor.patch(address, {"body": "Third."}, If_Match='"1"')

    seen = (await reader.get(address)).json()
    assert (seen["html"], seen["author"]["name"], seen["version"]) == ("<p><strong>Else</strong>.</p>", "Another", 2)
    assert seen["edited_at"] is not None
    assert seen["created_at"] == comment["created_at"]
    assert again.content == edited.content
    assert stale.status_code == 412
    assert stale.json()["conflicts"] == [{"pointer": "#/body", "base": "Well said.", "theirs": "**Else**.", "yours": "Third."}]
    assert [event["type"] for event in await discussion.events(reader)] == ["comment.created", "comment.edited"]


async def test_changes_need_their_scope(reader: Client, newsroom: Newsroom, discussion: Any) -> None:
    comment = await discussion.post()
    limited = await newsroom.key("comments:read")

    for client, status in ((reader, 401), (limited, 403)):
        for method, path in (
            ("PATCH", f"/v1/comments/{comment['id']}"),
            ("DELETE", f"/v1/comments/{comment['id']}"),
            ("POST", f"/v1/moderation/comments/{comment['id']}/approve"),
        ):
            assert (await client.request(method, path, {}, If_Match="*")).status_code == status
    unknown = "cmt_01m82536fhesjaqzv7y0v141hx"
    assert (await newsroom.desk.delete(f"/v1/comments/{unknown}", If_Match="*")).status_code == 404


async def test_readers_learn_of_what_they_could_see_and_of_nothing_else(reader: Client, newsroom: Newsroom, moderated: Any) -> None:
    held = await moderated.post()
    await moderated.moderate(held, "reject")
    quiet = await moderated.events(reader)
    await moderated.moderate(held, "approve")
    await moderated.delete(held)

    assert quiet == []
    public = await moderated.events(reader)
    assert [event["type"] for event in public] == ["comment.approved", "comment.deleted"]
    article, comment = moderated.article["id"], held["id"]
    for event in public:
        assert event["tags"] == [f"comment:{comment}", f"comments:{article}", f"article:{article}"]
    known = await moderated.events(await newsroom.key("comments:read"))
    assert [event["type"] for event in known] == ["comment.created", "comment.rejected", "comment.approved", "comment.deleted"]
    assert [event["tags"] for event in known[:2]] == [[], []]


async def test_nothing_is_told_of_comments_under_an_article_that_is_not_public(reader: Client, newsroom: Newsroom, discussion: Any) -> None:
    comment = await discussion.post()
    await newsroom.desk.post(f"/v1/articles/{discussion.article['id']}/unpublish", {}, If_Match="*")

    await discussion.moderate(comment, "reject")

    assert [event["type"] for event in await discussion.events(reader)] == ["comment.created"]
