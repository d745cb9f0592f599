"""Counters are exact after every change, at every comment, whatever came before."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.articles.models import CommentThread
from app.comments import actions, posting
from app.comments.errors import CommentDeleted
from app.comments.models import Comment
from app.comments.people import erasing
from app.comments.people.people_models import Erasure
from app.comments.schemas import GONE, CommentCreate, Status, comment_id
from app.core import ids
from app.core.errors import ValidationFailed
from app.events.models import READER
from tests.newsroom import Client, Newsroom, Wire


class Step(NamedTuple):
    """Something that happens to a thread: a comment under another, or a verdict on one."""

    verdict: Status | Literal["erased"] | None
    target: int
    hold: bool


NODES = st.integers(0, 9)
POST = st.builds(Step, st.none(), NODES, st.sampled_from([False, False, False, True]))
VERDICT = st.builds(Step, st.sampled_from(["approved", "rejected", "approved", "spam", "deleted", "erased"]), NODES, st.just(value=False))


def line(length: int) -> list[Step]:
    """Comments each of which answers the one before."""
    return [Step(None, number - 1, hold=False) for number in range(length)]


def verdict(status: Status | Literal["erased"], target: int) -> Step:
    """A verdict on the comment with this number."""
    return Step(status, target, hold=False)


FIRST = Step(None, -1, hold=False)
# A tree of some depth first, then changes: approving what hides something hidden is rare where both come mixed.
STEPS = st.tuples(
    st.lists(st.builds(Step, st.none(), st.integers(-1, 9), st.just(value=False)), min_size=4, max_size=9),
    st.lists(st.one_of(VERDICT, VERDICT, VERDICT, POST), min_size=8, max_size=25),
).map(lambda parts: [FIRST, *parts[0], *parts[1]])


async def erase(newsroom: Newsroom, target: UUID | None) -> None:
    """What stands there is erased for whoever wrote it."""
    async with newsroom.database.writing() as session:
        session.add(Erasure(comment_id=target, actor_kind="system"))
    await erasing.carry_on(newsroom.database, newsroom.app.state.settings.signing_key)


async def happen(newsroom: Newsroom, article: UUID, steps: Sequence[Step]) -> list[UUID]:
    """Let the steps happen, each in a transaction of its own; those that the rules refuse do not."""
    made: list[UUID] = []
    for step in steps:
        target = made[step.target % len(made)] if made and step.target >= 0 else None
        if step.verdict == "erased":
            await erase(newsroom, target)
            continue
        try:
            async with newsroom.database.writing() as session:
                if step.verdict is None:
                    parent = None if target is None else comment_id(target)
                    order = CommentCreate.model_validate({"author": {"name": "R"}, "body": "x", "parent": parent})
                    comment, _ = await posting.post_comment(session, article, order, by=READER, origin=posting.Origin(hold=step.hold))
                    made.append(comment.id)
                elif target is not None:
                    await actions.moderate(session, target, step.verdict, by=READER, if_match=None)
        except (ValidationFailed, CommentDeleted):
            continue
    return made


async def check_against_a_recount(newsroom: Newsroom, article: UUID) -> int:
    """Recount the thread from what each comment is; the number of comments that readers can reach."""
    async with newsroom.database.reading() as session:
        rows = list(await session.scalars(select(Comment).where(Comment.article_id == article)))
        thread = (await session.scalars(select(CommentThread).where(CommentThread.article_id == article))).one()
    children: dict[UUID | None, list[Comment]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)

    def recount(row: Comment, *, reached: bool) -> tuple[int, int]:
        inner = [recount(child, reached=reached and row.open) for child in children.get(row.id, [])]
        places, words = sum(place for place, _ in inner), sum(word for _, word in inner)
        assert (row.reply_count, row.descendant_count) == (places, words)
        own = words + (row.status == "approved") if row.open else 0
        assert row.visible == (reached and own > 0)
        return min(own, 1), own

    top = [recount(row, reached=True) for row in children.get(None, [])]
    assert (thread.root_count, thread.visible_count) == (sum(place for place, _ in top), sum(word for _, word in top))
    assert all(row.open == (row.status == "approved") for row in rows if row.status not in GONE)
    paths = {row.id: row.path for row in rows}
    assert all(row.path[:-6] == (paths[row.parent_id] if row.parent_id else "") for row in rows)
    return thread.visible_count


async def reach(reader: Client, address: str) -> list[Wire]:
    """Every comment that a reader gets to from here, page by page, with replies checked against their counters."""
    found: list[Wire] = []
    for comment in await reader.all_pages(f"{address}?limit=2&replies=1"):
        below = await reach(reader, f"/v1/comments/{comment['id']}/replies")
        direct = [reply for reply in below if reply["parent"] == comment["id"]]
        assert comment["reply_count"] == len(direct)
        assert comment["descendant_count"] == len([reply for reply in below if reply["status"] == "approved"])
        assert comment["replies"]["page"]["has_more"] == (len(direct) > 1)
        found += [comment, *below]
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example([*line(3), verdict("deleted", 1), verdict("rejected", 0), verdict("approved", 0)])
@example([*line(3), verdict("deleted", 1), verdict("rejected", 2)])
@example([*line(3), verdict("erased", 1), verdict("rejected", 0), verdict("approved", 0), verdict("erased", 2)])
@example([*line(3), verdict("rejected", 1), verdict("erased", 1), verdict("deleted", 2), verdict("erased", 2)])
@example([*line(2), verdict("rejected", 0), verdict("rejected", 1), verdict("approved", 1)])
@example([*line(8), verdict("rejected", 6), verdict("rejected", 0), verdict("approved", 0)])
async def test_any_history_leaves_exact_counters_and_readers_reach_just_what_they_say(
    newsroom: Newsroom, reader: Client, steps: list[Step]
) -> None:
    article = await newsroom.article()
    number = ids.decode("art", article["id"])
    assert number is not None
    await happen(newsroom, number, steps)

    count = await check_against_a_recount(newsroom, number)

    reached = await reach(reader, f"/v1/articles/{article['id']}/comments")
    assert len({comment["id"] for comment in reached}) == len(reached)
    assert {comment["status"] for comment in reached} <= {"approved", "deleted", "erased"}
    assert len([comment for comment in reached if comment["status"] == "approved"]) == count


async def test_many_hands_at_once_lose_no_count(newsroom: Newsroom, reader: Client, editor: Client, discussion: Any) -> None:
    """Posts, verdicts and an editor who changes the article all want the same rows."""
    roots = [await discussion.post() for _ in range(4)]
    article = discussion.article

    answers = await asyncio.gather(
        *(
            reader.post(discussion.address, {"author": {"name": "R"}, "body": "x", "parent": root["id"]})
            for root in roots
            for _ in range(6)
        ),
        *(
            editor.post(f"/v1/moderation/comments/{root['id']}/{verdict}", If_Match="*")
            for root in roots[2:]
            for verdict in ("reject", "approve")
        ),
        *(editor.patch(f"/v1/articles/{article['id']}", {"comments": {"moderation": how}}, If_Match="*") for how in ("pre", "post")),
    )

    assert {answer.status_code for answer in answers} <= {200, 201, 202, 422}
    number = ids.decode("art", article["id"])
    assert number is not None
    assert await check_against_a_recount(newsroom, number) == await discussion.count()
