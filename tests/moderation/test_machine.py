"""Whatever readers and moderators do, in whatever order: counters equal a recount, pages hold what is visible, nothing else comes out."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar
from uuid import UUID

from httpx2 import Response
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from app.comments.models import Comment, ModerationAction
from app.comments.schemas import comment_id
from app.core import ids
from tests.comments.conftest import CANARY
from tests.comments.test_counters import check_against_a_recount
from tests.moderation.conftest import Desk
from tests.newsroom import OpenNewsroom, Wire, made

EXAMPLES, STEPS = map(int, os.environ.get("DATELINE_TEST_MODERATION", "4x25").split("x"))
PRIVATE = {"body", "on", "last_decision", "lease", "signals", "claim_token", "reason", "statement", "email"}
"""Fields that only moderators, or whoever wrote it, may see."""
VERDICTS = st.sampled_from(["approved", "approved", "rejected", "spam", "pending"])
T = TypeVar("T")


class Discussions(RuleBasedStateMachine):
    """One discussion, with readers who post and moderators who decide; the model knows what state each comment is in."""

    opened: OpenNewsroom

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.newsroom = self.run(self.stack.enter_async_context(self.opened()))
        self.states: dict[str, str] = {}
        self.batches: list[Wire] = []

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(what)

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()

    @initialize(moderation=st.sampled_from(["post", "post", "pre"]))
    def open(self, moderation: str) -> None:
        """An article with some comments."""
        article = self.run(self.newsroom.article(comments={"moderation": moderation}))
        self.desk = Desk(self.newsroom, article)
        for _ in range(3):
            self.post(above=-1)
            self.post(above=len(self.states) - 1)

    def pick(self, number: int) -> str:
        return list(self.states)[number % len(self.states)]

    def send(self, parent: str | None) -> Response:
        order = {"author": {"name": "A reader", "email": CANARY}, "body": f"Comment number {len(self.states)}.", "parent": parent}
        return self.run(self.newsroom.client(None).post(self.desk.address, order))

    @rule(above=st.integers(-1, 30))
    def post(self, above: int) -> None:
        """A comment at the top, or under another; under one that readers do not see, or that is locked, it is refused."""
        answer = self.send(None if above < 0 or not self.states else self.pick(above))
        if answer.status_code in {201, 202}:
            self.states[answer.json()["id"]] = answer.json()["status"]
        else:
            assert answer.status_code in {409, 422}, answer.text

    @rule(number=st.integers(0, 30), verdict=VERDICTS)
    def decide(self, number: int, verdict: str) -> None:
        """One verdict; deletion is final, everything else can be turned."""
        wanted = self.pick(number)
        path = {"approved": "approve", "rejected": "reject", "spam": "spam", "pending": "hold"}[verdict]
        answer = self.run(self.newsroom.desk.post(f"/v1/moderation/comments/{wanted}/{path}", {}, If_Match="*"))
        if self.states[wanted] == "deleted":
            assert answer.status_code == 409
        else:
            assert made(answer)["status"] == verdict
            self.states[wanted] = verdict

    @rule(number=st.integers(0, 30))
    def delete(self, number: int) -> None:
        wanted = self.pick(number)
        assert self.run(self.newsroom.desk.delete(f"/v1/comments/{wanted}", If_Match="*")).status_code == 204
        self.states[wanted] = "deleted"

    @rule(numbers=st.lists(st.integers(0, 30), min_size=2, max_size=4), verdict=VERDICTS, stale=st.booleans())
    def decide_together(self, numbers: list[int], verdict: str, *, stale: bool) -> None:
        """A batch: whatever of it is stale or deleted is refused, and the rest is done."""
        targets = [{"id": self.pick(number), "version": 1 if stale else None} for number in numbers]
        batch = made(self.run(self.newsroom.desk.post("/v1/moderation/batches", {"verdict": verdict, "comments": targets})))
        self.batches += [batch] if batch["id"] else []
        self.follow(batch)

    @precondition(lambda self: self.batches)
    @rule(number=st.integers(0, 30))
    def undo(self, number: int) -> None:
        """What nothing happened to since goes back to where it was."""
        batch = self.batches[number % len(self.batches)]
        before = {one["comment"]: one["from_status"] for one in batch["results"] if one["outcome"] == "changed"}
        back = self.run(self.desk.undo(batch))
        assert all(one["to_status"] == before[one["comment"]] for one in back["results"] if one["outcome"] == "changed")
        self.batches += [back] if back["id"] else []
        self.follow(back)

    def follow(self, batch: Wire) -> None:
        for one in batch["results"]:
            if one["outcome"] == "refused":
                continue
            assert one["from_status"] == self.states[one["comment"]]
            self.states[one["comment"]] = one["to_status"]

    @rule(number=st.integers(0, 30), marks=st.dictionaries(st.sampled_from(["picked", "pinned", "locked"]), st.booleans()))
    def mark(self, number: int, marks: dict[str, bool]) -> None:
        answer = self.run(self.newsroom.desk.patch(f"/v1/moderation/comments/{self.pick(number)}", marks, If_Match="*"))
        assert answer.status_code in {200, 409}

    @rule(number=st.integers(0, 30))
    def rehearse(self, number: int) -> None:
        """What is rehearsed leaves everything as it is: the invariants would tell."""
        order = {"verdict": "rejected", "comments": [{"id": self.pick(number)}]}
        made(self.run(self.newsroom.desk.post("/v1/moderation/batches?dry_run=true", order)))

    @rule(sort=st.sampled_from(["newest", "oldest"]))
    def read_while_comments_arrive(self, sort: str) -> None:
        """Whoever pages through the thread meets each comment once that is there all the while."""
        there, found, cursor = self.tops(), list[str](), ""
        while True:
            page = made(self.run(self.newsroom.client(None).get(f"{self.desk.address}?limit=2&sort={sort}{cursor}")))
            found += [one["id"] for one in page["data"]]
            if not page["page"]["has_more"]:
                break
            cursor = f"&cursor={page['page']['next_cursor']}"
            if len(found) <= 6:
                self.post(above=-1)
        assert len(found) == len(set(found))
        assert [one for one in found if one in there] == (there if sort == "oldest" else there[::-1])

    def tops(self) -> list[str]:
        return [comment_id(row.id) for row in self.rows() if row.visible and row.depth == 0]

    def rows(self) -> list[Comment]:
        async def read() -> list[Comment]:
            async with self.newsroom.database.reading() as session:
                statement = select(Comment).where(Comment.article_id == self.article)
                return list(await session.scalars(statement.order_by(Comment.created_at, Comment.id)))

        return self.run(read())

    @property
    def article(self) -> UUID:
        return ids.decode("art", self.desk.article["id"]) or ids.EXAMPLE

    @invariant()
    def the_model_and_the_rows_agree(self) -> None:
        assert {comment_id(row.id): row.status for row in self.rows()} == self.states

    @invariant()
    def counters_equal_a_recount(self) -> None:
        assert self.run(check_against_a_recount(self.newsroom, self.article)) == self.run(self.desk.count())

    @invariant()
    def readers_meet_what_is_visible_and_nothing_private(self) -> None:
        reader, visible = self.newsroom.client(None), {comment_id(row.id): row for row in self.rows() if row.visible}
        flat = self.run(reader.all_pages(f"{self.desk.address}?mode=flat&limit=50"))
        assert {one["id"] for one in flat} == set(visible)
        featured = made(self.run(reader.get(f"{self.desk.address}/featured")))["data"]
        assert {one["id"] for one in featured} <= set(visible)
        for one in (*flat, *featured):
            assert PRIVATE.isdisjoint(one)
            assert (one["html"] is None) == (one["status"] == "deleted")
            assert one["status"] in {"approved", "deleted"}
            assert CANARY not in str(one)

    @invariant()
    def decisions_lead_from_the_first_state_to_the_last(self) -> None:
        """Each begins where the one before ended: nothing moves a comment that is not in the log."""

        async def read() -> list[ModerationAction]:
            async with self.newsroom.database.reading() as session:
                return list(await session.scalars(select(ModerationAction).order_by(ModerationAction.version, ModerationAction.id)))

        last: dict[str, str] = {}
        for action in self.run(read()):
            comment = comment_id(action.comment_id)
            assert last.get(comment, action.from_status) == action.from_status
            last[comment] = action.to_status
        assert {comment: self.states[comment] for comment in last} == last


def test_any_order_of_posts_and_decisions_keeps_what_readers_see_and_what_is_counted(open_newsroom: OpenNewsroom) -> None:
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    some = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=True, suppress_health_check=unhurried)
    here = type("Here", (Discussions,), {"opened": staticmethod(open_newsroom)})
    run_state_machine_as_test(here, settings=some)
