"""Readers read comments."""

from datetime import timedelta
from typing import Any

import pytest

from app.comments.schemas import Comment
from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names


@pytest.fixture
async def thread(discussion: Any) -> list[Wire]:
    """Five roots; the third has five replies, the first of which has two of its own."""
    roots = [await discussion.post(body=f"root {number}") for number in range(5)]
    replies = [await discussion.post(roots[2], f"reply {number}") for number in range(5)]
    below = [await discussion.post(replies[0], f"below {number}") for number in range(2)]
    return [*roots, *replies, *below]


async def test_roots_come_newest_or_oldest_first_in_pages(reader: Client, discussion: Any, thread: list[Wire]) -> None:
    newest = await reader.all_pages(f"{discussion.address}?limit=2")
    oldest = await reader.all_pages(f"{discussion.address}?limit=2&sort=oldest")

    assert names(oldest) == names(thread[:5])
    assert names(newest) == names(oldest)[::-1]


async def test_every_key_of_a_comment_is_always_there(reader: Client, discussion: Any, thread: list[Wire]) -> None:
    page = (await reader.get(discussion.address)).json()["data"]

    everywhere = [*page, *(reply for root in page for reply in root["replies"]["data"])]
    assert len(everywhere) == 8
    for comment in everywhere:
        assert comment.keys() == Comment.model_fields.keys()
        Comment.model_validate(comment)


async def test_each_root_carries_its_first_replies_and_the_way_on(reader: Client, discussion: Any, thread: list[Wire]) -> None:
    root = (await discussion.roots("sort=oldest&replies=2"))[2]

    first, page = root["replies"]["data"], root["replies"]["page"]
    assert (names(first), page["limit"], page["has_more"]) == (names(thread[5:7]), 2, True)
    rest = (await reader.get(f"/v1/comments/{root['id']}/replies?cursor={page['next_cursor']}")).json()
    assert names(rest["data"]) == names(thread[7:10])
    assert first[0]["replies"]["data"] == []
    begin = first[0]["replies"]["page"]["next_cursor"]
    below = (await reader.get(f"/v1/comments/{first[0]['id']}/replies?cursor={begin}")).json()
    assert names(below["data"]) == names(thread[10:])
    assert first[1]["replies"]["page"] == {"limit": 0, "has_more": False, "next_cursor": None, "total": None}


async def test_replies_come_oldest_first_with_theirs(reader: Client, thread: list[Wire]) -> None:
    found = await reader.all_pages(f"/v1/comments/{thread[2]['id']}/replies?limit=2&replies=1")

    assert names(found) == names(thread[5:10])
    assert names(found[0]["replies"]["data"]) == [thread[10]["id"]]
    assert found[0]["replies"]["page"]["has_more"]


async def test_a_page_takes_three_statements_at_most(reader: Client, discussion: Any, thread: list[Wire], statements: Statements) -> None:
    addresses = {
        f"{discussion.address}?limit=100&replies=20": 3,
        f"/v1/comments/{thread[2]['id']}/replies?limit=100&replies=20": 3,
        f"/v1/comments/{thread[2]['id']}": 2,
        f"/v1/comments/counts?article={discussion.article['id']}": 1,
    }

    for address, most in addresses.items():
        with statements.counted(most):
            answer = await reader.get(address)
        assert answer.status_code == 200, address
        assert answer.json().get("data", [thread[2]]), address


async def test_what_a_reader_has_is_not_sent_again_until_it_changes(
    reader: Client, discussion: Any, thread: list[Wire], statements: Statements
) -> None:
    addresses = [
        discussion.address,
        f"/v1/comments/{thread[2]['id']}",
        f"/v1/comments/{thread[2]['id']}/replies",
        f"/v1/comments/counts?article={discussion.article['id']}",
    ]
    tags = {address: (await reader.get(address)).headers["ETag"] for address in addresses}

    statements.seen.clear()
    for address, etag in tags.items():
        assert (await reader.get(address, If_None_Match=etag)).status_code == 304
    assert statements.seen == []
    await discussion.post(thread[11])

    for address, etag in tags.items():
        assert (await reader.get(address, If_None_Match=etag)).status_code == 200


async def test_answers_name_what_they_show(reader: Client, discussion: Any, thread: list[Wire]) -> None:
    article, comment = discussion.article["id"], thread[0]["id"]

    in_thread = await reader.get(discussion.address)
    alone = await reader.get(f"/v1/comments/{comment}")

    assert in_thread.headers["Cache-Tag"].split(",") == [f"comments:{article}", f"article:{article}", "comment-policies"]
    assert alone.headers["Cache-Tag"].split(",") == [
        f"comment:{comment}", f"comments:{article}", f"article:{article}", "comment-policies",
    ]  # fmt: skip
    for answer in (in_thread, alone):
        assert answer.headers["Cache-Control"].startswith("public, max-age=0")


async def test_a_public_comment_is_the_same_whoever_asks(reader: Client, editor: Client, thread: list[Wire]) -> None:
    address = f"/v1/comments/{thread[2]['id']}"

    with_key, without = await editor.get(address), await reader.get(address)

    assert with_key.content == without.content
    assert with_key.headers["Cache-Control"] == without.headers["Cache-Control"]


async def test_a_cursor_belongs_to_its_list(reader: Client, discussion: Any, thread: list[Wire], newsroom: Newsroom) -> None:
    cursor = (await reader.get(f"{discussion.address}?limit=2")).json()["page"]["next_cursor"]
    other = await newsroom.article()

    for address in (
        f"{discussion.address}?sort=oldest&cursor={cursor}",
        f"/v1/articles/{other['id']}/comments?cursor={cursor}",
        f"/v1/comments/{thread[2]['id']}/replies?cursor={cursor}",
        f"{discussion.address}?cursor=forged",
    ):
        answer = await reader.get(address)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-mismatch")


async def test_parameters_have_bounds(reader: Client, discussion: Any) -> None:
    for query in ("limit=0", "limit=101", "replies=21", "replies=-1", "sort=hottest", "view=all"):
        assert (await reader.get(f"{discussion.address}?{query}")).status_code == 400, query


async def test_comments_leave_with_their_article(reader: Client, newsroom: Newsroom, discussion: Any, thread: list[Wire]) -> None:
    article = discussion.article
    await newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*")

    for address in (discussion.address, f"/v1/comments/{thread[0]['id']}", f"/v1/comments/{thread[2]['id']}/replies"):
        assert (await reader.get(address)).status_code == 404
    assert (await reader.get(f"/v1/comments/counts?article={article['id']}")).json()["data"] == []


async def test_a_disabled_discussion_shows_nothing(
    reader: Client, editor: Client, newsroom: Newsroom, discussion: Any, thread: list[Wire]
) -> None:
    article = await newsroom.working(discussion.article)
    await newsroom.edit(article, comments={"status": "disabled"})

    assert (await reader.get(discussion.address)).json()["data"] == []
    assert await discussion.count() == 0
    assert (await reader.get(f"/v1/comments/counts?article={article['id']}")).json()["data"][0]["count"] == 0
    included = (await reader.get(f"/v1/articles/{article['id']}?include=comments")).json()["comments"]
    assert (included["count"], included["data"]) == (0, [])
    for address in (f"/v1/comments/{thread[0]['id']}", f"/v1/comments/{thread[2]['id']}/replies"):
        assert (await reader.get(address)).status_code == 404
    assert (await editor.get(f"/v1/comments/{thread[0]['id']}")).status_code == 200


@pytest.mark.parametrize("order", ["at", "until"])
async def test_counts_are_kept_no_longer_than_they_hold(reader: Client, newsroom: Newsroom, order: str) -> None:
    article = await (newsroom.draft if order == "at" else newsroom.article)()
    soon = wire_instant(clock.now() + timedelta(seconds=10))
    made(await newsroom.desk.post(f"/v1/articles/{article['id']}/publish", {order: soon}, If_Match="*"))

    kept = (await reader.get(f"/v1/comments/counts?article={article['id']}")).headers["Cache-Control"]

    assert int(kept.partition("s-maxage=")[2].partition(",")[0]) <= 10
    assert kept.endswith("stale-while-revalidate=0")


async def test_counts_are_of_what_readers_see(reader: Client, newsroom: Newsroom, discussion: Any, thread: list[Wire]) -> None:
    quiet, draft = await newsroom.article(), await newsroom.draft()
    wanted = [discussion.article["id"], draft["id"], quiet["id"], quiet["id"]]

    found = (await reader.get(f"/v1/comments/counts?article={','.join(wanted)}")).json()["data"]

    assert [(row["article"], row["count"], row["status"]) for row in found] == [(wanted[0], 12, "open"), (quiet["id"], 0, "open")]
    for wrong in ("", "slug", ",".join([quiet["id"]] * 101)):
        assert (await reader.get(f"/v1/comments/counts?article={wrong}")).status_code == 400


async def test_an_article_page_comes_with_its_newest_comments(
    reader: Client, newsroom: Newsroom, discussion: Any, thread: list[Wire], statements: Statements
) -> None:
    await discussion.post(body="root 5")
    quiet = await newsroom.article()
    alone = (await reader.get(f"/v1/articles/{discussion.article['id']}")).json()["comments"]

    page = (await reader.get(f"/v1/articles/{discussion.article['id']}?include=comments")).json()["comments"]

    assert {name: page[name] for name in alone} == alone
    roots = await discussion.roots("limit=6&replies=3")
    assert page["data"] == roots[:5]
    rest = (await reader.get(f"{discussion.address}?cursor={page['page']['next_cursor']}")).json()["data"]
    assert names(rest) == names(roots[5:])
    listed = (await reader.get("/v1/articles?include=comments")).json()["data"]
    assert {article["id"]: len(article["comments"]["data"]) for article in listed} == {discussion.article["id"]: 5, quiet["id"]: 0}
    with statements.counted(6):
        await reader.get("/v1/articles?include=comments")
    assert len([statement for statement in statements.seen if "FROM comments" in statement]) == 2
