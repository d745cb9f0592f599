"""Readers post comments."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from app.articles.errors import ArticleNotFound
from app.comments import queries
from app.core import clock, ids
from tests.newsroom import Client, Newsroom, Statements, pointers

GUEST = {"name": "A reader", "email": "reader@example.org", "url": "https://example.org/"}


async def test_a_guest_needs_no_key_and_shows_at_once(reader: Client, discussion: Any) -> None:
    answer = await reader.post(f"/v1/articles/{discussion.article['slug']}/comments", {"author": GUEST, "body": "*Well* said."})

    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    comment = answer.json()
    assert answer.headers["Location"] == f"/v1/comments/{comment['id']}"
    assert comment["author"] == {"name": "A reader", "kind": "guest", "badge": None}
    assert (comment["html"], comment["status"]) == ("<p><em>Well</em> said.</p>", "approved")
    assert comment["claim_token"].startswith("claim_")
    shown = (await reader.get(answer.headers["Location"])).json()
    assert shown == {name: value for name, value in comment.items() if name != "claim_token"}
    assert await discussion.roots("replies=0") == [shown]


async def test_a_held_comment_is_seen_by_nobody_but_its_author_and_the_newsroom(reader: Client, newsroom: Newsroom, moderated: Any) -> None:
    answer = await reader.post(moderated.address, {"author": GUEST, "body": "Well said."})

    assert answer.status_code == 202
    held = answer.json()
    address, claim = f"/v1/comments/{held['id']}", held["claim_token"]
    assert held["status"] == "pending"
    assert (await moderated.roots(), await moderated.count()) == ([], 0)
    assert (await reader.get(address)).status_code == 404
    assert (await reader.get(address, X_Claim_Token="claim_" + "x" * 43)).status_code == 404
    assert (await reader.get(address, X_Claim_Token="mistyped")).status_code == 400
    assert (await (await newsroom.key("articles:read")).get(address)).status_code == 404
    for seen in (
        await reader.get(address, X_Claim_Token=claim),
        await (await newsroom.key("comments:read")).get(address),
    ):
        assert seen.status_code == 200
        assert seen.headers["Cache-Control"] == "private, no-store"
        assert seen.json()["status"] == "pending"


async def test_a_claim_token_is_not_kept(newsroom: Newsroom, moderated: Any, reader: Client) -> None:
    """Whoever steals the database cannot speak for the guests in it; whoever guesses an Idempotency-Key cannot either."""
    order = {"author": GUEST, "body": "Well said."}

    first = await reader.post(moderated.address, order, Idempotency_Key="same")
    again = await reader.post(moderated.address, order, Idempotency_Key="same")

    assert first.json()["claim_token"] is not None
    assert again.json() == {**first.json(), "claim_token": None}
    assert again.headers["Idempotent-Replayed"] == "true"
    async with newsroom.database.reading() as session:
        connection = await (await session.connection()).get_raw_connection()
        rows = await (await session.connection()).exec_driver_sql("SELECT * FROM comments")
        assert first.json()["claim_token"] not in str(rows.all()), connection


async def test_a_retried_comment_is_posted_once(reader: Client, discussion: Any) -> None:
    order = {"author": GUEST, "body": "Well said."}

    first = await reader.post(discussion.address, order, Idempotency_Key="once")
    again = await reader.post(discussion.address, order, Idempotency_Key="once")

    assert (again.status_code, again.json()) == (201, {**first.json(), "claim_token": None})
    assert await discussion.count() == 1


async def test_a_rehearsed_comment_is_not_kept(reader: Client, discussion: Any) -> None:
    answer = await reader.post(f"{discussion.address}?dry_run=true", {"author": GUEST, "body": "Well said."})

    assert answer.status_code == 201
    assert await discussion.count() == 0
    assert await discussion.events(reader) == []


@pytest.mark.parametrize(("how", "reason"), [({"status": "closed"}, "closed"), ({"status": "disabled"}, "disabled")])
async def test_a_closed_discussion_takes_no_comment(
    reader: Client, discuss: Callable[..., Awaitable[Any]], how: dict[str, str], reason: str
) -> None:
    closed = await discuss(**how)

    answer = await reader.post(closed.address, {"author": GUEST, "body": "Well said."})

    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (409, "comments-closed", reason)


async def test_a_discussion_closes_by_itself(reader: Client, discuss: Callable[..., Awaitable[Any]]) -> None:
    soon = clock.now() + timedelta(hours=1)
    discussion = await discuss(closes_at=soon.isoformat())
    await discussion.post()

    with clock.stopped_at(soon):
        answer = await reader.post(discussion.address, {"author": GUEST, "body": "Too late."})

    assert (answer.status_code, answer.json()["reason"]) == (409, "expired")
    assert await discussion.count() == 1


async def test_only_what_readers_see_can_be_commented_on(reader: Client, newsroom: Newsroom) -> None:
    draft = await newsroom.draft()

    answer = await reader.post(f"/v1/articles/{draft['id']}/comments", {"author": GUEST, "body": "Well said."})

    assert (answer.status_code, answer.json()["code"]) == (404, "article-not-found")
    assert (await reader.get(f"/v1/articles/{draft['id']}/comments")).status_code == 404


async def test_a_reply_answers_a_comment_that_readers_see_under_the_same_article(reader: Client, discussion: Any, moderated: Any) -> None:
    held, elsewhere, gone = await moderated.post(), await moderated.post(), await discussion.post()
    await moderated.moderate(elsewhere, "approve")
    reply = await discussion.post(gone)
    await discussion.delete(gone)

    unknown = "cmt_01m82536fhesjaqzv7y0v141hx"
    for place, parent in ((moderated, held["id"]), (discussion, elsewhere["id"]), (discussion, gone["id"]), (discussion, unknown)):
        answer = await reader.post(place.address, {"author": GUEST, "body": "Well said.", "parent": parent})
        assert (answer.status_code, pointers(answer)) == (422, {"#/parent"})

    assert (await discussion.post(reply))["parent"] == reply["id"]


async def test_replies_nest_as_deep_as_the_cap_and_then_stand_beside(reader: Client, discussion: Any) -> None:
    line = [await discussion.post()]
    for _ in range(10):
        line.append(await discussion.post(line[-1]))

    assert [comment["depth"] for comment in line] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8]
    assert {comment["root"] for comment in line} == {line[0]["id"]}
    assert [comment["parent"] for comment in line[9:]] == [line[7]["id"], line[7]["id"]]
    assert [comment["reply_to"] for comment in line] == [None] * 9 + [line[8]["id"], line[9]["id"]]
    top = (await discussion.roots())[0]
    assert (top["reply_count"], top["descendant_count"], await discussion.count()) == (1, 10, 11)


@pytest.mark.parametrize(
    ("order", "where"),
    [
        ({"author": {"name": ""}, "body": "x"}, "#/author/name"),
        ({"author": {"name": "n" * 81}, "body": "x"}, "#/author/name"),
        ({"author": {"name": "a\nb"}, "body": "x"}, "#/author/name"),
        ({"author": {"name": "n", "email": "no address"}, "body": "x"}, "#/author/email"),
        ({"author": {"name": "n", "url": "javascript:alert(1)"}, "body": "x"}, "#/author/url"),
        ({"author": {"name": "n"}, "body": " \n "}, "#/body"),
        ({"author": {"name": "n"}, "body": "x" * 10_001}, "#/body"),
        ({"author": {"name": "n"}, "body": "<script>alert(1)</script>"}, "#/body"),
        ({"author": {"name": "n"}, "body": "&nbsp;&#8203;"}, "#/body"),
        ({"author": {"name": "n"}, "body": "x", "parent": "art_01m82536fhesjaqzv7y0v141hx"}, "#/parent"),
        ({"author": {"name": "n"}, "body": "x", "status": "approved"}, "#/status"),
        ({"author": {"name": "n", "kind": "staff"}, "body": "x"}, "#/author/kind"),
    ],
)
async def test_what_cannot_be_a_comment_is_refused_where_it_is_wrong(
    reader: Client, discussion: Any, order: dict[str, Any], where: str
) -> None:
    answer = await reader.post(discussion.address, order)

    assert (answer.status_code, pointers(answer)) == (422, {where})


async def test_while_others_wait_for_its_thread_a_post_asks_once_and_writes_once(discussion: Any, statements: Statements) -> None:
    """All that is asked comes with the lock of the thread; behind that nothing is read, so that what is written goes with the commit."""
    parent = await discussion.post()
    for _ in range(3):
        parent = await discussion.post(parent)

    with statements.counted(17):
        await discussion.post(parent)

    lock = next(place for place, text in enumerate(statements.seen) if text.startswith("SELECT comment_threads") and "JOIN" not in text)
    verbs = [text.split(maxsplit=1)[0] for text in statements.seen[lock:]]
    assert verbs[:3] == ["SELECT"] * 3, "the thread, how the article stands, what stands above"
    assert set(verbs[3:]) == {"UPDATE", "INSERT"}
    assert sum(text.startswith("UPDATE comments") for text in statements.seen) == 4, "those above, and not the comment itself"


async def test_an_article_that_was_purged_while_its_thread_was_waited_for_is_not_found(newsroom: Newsroom) -> None:
    async with newsroom.database.writing() as session:
        with pytest.raises(ArticleNotFound):
            await queries.lock_for_posting(session, ids.new(), None, clock.now())
