"""Whatever readers and moderators do, in whatever order: counters equal a recount, pages hold what is visible, nothing else comes out."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from httpx2 import Response
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from app.comments.models import Comment, ModerationAction
from app.comments.people import erasing
from app.comments.schemas import comment_id
from app.core import ids
from app.moderation.models import Report
from app.moderation.queries import MOST_FEATURED
from tests.comments.conftest import CANARY
from tests.comments.test_counters import check_against_a_recount
from tests.moderation.conftest import Desk
from tests.newsroom import OpenNewsroom, Wire, made

EXAMPLES, STEPS = map(int, os.environ.get("DATELINE_TEST_MODERATION", "4x25").split("x"))
PRIVATE = {"body", "on", "last_decision", "lease", "signals", "claim_token", "reason", "statement", "email"}
"""Fields that only moderators, or whoever wrote it, may see."""
VERDICTS = st.sampled_from(["approved", "approved", "rejected", "spam", "pending"])
TOUR = (
    "approved", "rejected", "approved", "spam", "approved", "pending", "rejected", "spam", "rejected", "pending", "spam", "pending",
    "approved",
)  # fmt: skip
"""From every state that a verdict leads to into every other, each way once."""
LIVE = tuple(dict.fromkeys(TOUR))
STEPS_THERE_ARE = {
    *pairwise(TOUR), *((state, "deleted") for state in LIVE), *((state, "erased") for state in (*LIVE, "deleted")),
    *(("done", what) for what in ("post", "vote", "report", "settle", "reopen", "mark", "batch", "undo", "rehearse", "page", "refusal")),
}  # fmt: skip
T = TypeVar("T")


class Discussions(RuleBasedStateMachine):
    """One discussion, with readers who post and moderators who decide; the model knows what state each comment is in."""

    opened: OpenNewsroom
    did: ClassVar[Counter[tuple[str, str]]]
    """What was really done: how often each state led to which, and everything else by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.newsroom = self.run(self.stack.enter_async_context(self.opened()))
        self.states: dict[str, str] = {}
        self.batches: list[Wire] = []
        self.votes: dict[str, tuple[int, int]] = {}
        self.reports: dict[str, bool] = {}
        self.settled: dict[str, str | None] = {}

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
            self.mark(len(self.states) - 1, {"picked": True})

    def turn(self, comment: str, state: str) -> None:
        """A comment is in another state, or in the same."""
        self.did[self.states[comment], state] += 1
        self.states[comment] = state

    def note(self, what: str) -> None:
        self.did["done", what] += 1

    def settle(self, comment: str, batch: str | None = None) -> None:
        """Somebody has decided, and with that about what people had against it."""
        if self.reports.get(comment):
            self.reports[comment], self.settled[comment] = False, batch
            self.note("settle")

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
            self.note("post")
        else:
            assert answer.status_code in {409, 422}, answer.text

    @rule(number=st.integers(0, 30), verdict=VERDICTS)
    def decide(self, number: int, verdict: str) -> None:
        """One verdict; deletion is final, everything else can be turned."""
        wanted = self.pick(number)
        path = {"approved": "approve", "rejected": "reject", "spam": "spam", "pending": "hold"}[verdict]
        answer = self.run(self.newsroom.desk.post(f"/v1/moderation/comments/{wanted}/{path}", {}, If_Match="*"))
        if self.states[wanted] in {"deleted", "erased"}:
            assert answer.status_code == 409
            self.note("refusal")
            return
        assert made(answer)["status"] == verdict
        self.turn(wanted, verdict)
        if verdict != "pending":
            self.settle(wanted)

    @rule(number=st.integers(0, 30))
    def delete(self, number: int) -> None:
        wanted = self.pick(number)
        assert self.run(self.newsroom.desk.delete(f"/v1/comments/{wanted}", If_Match="*")).status_code == 204
        if self.states[wanted] != "erased":
            self.turn(wanted, "deleted")

    @rule(number=st.integers(0, 30))
    def erase(self, number: int) -> None:
        """Whoever wrote it is forgotten; what stands below stays where it is."""
        wanted = self.pick(number)
        assert self.run(self.newsroom.desk.post("/v1/people/erasures", {"comment": wanted})).status_code == 202
        self.run(erasing.carry_on(self.newsroom.database, self.newsroom.app.state.settings.signing_key))
        self.turn(wanted, "erased")
        self.reports.pop(wanted, None)

    @rule(number=st.integers(0, 30), value=st.sampled_from(["up", "down"]))
    def vote(self, number: int, value: str) -> None:
        """For or against what has words that readers see; one has one vote."""
        wanted = self.pick(number)
        readable = {comment_id(row.id) for row in self.rows() if row.visible and row.status == "approved"}
        answer = self.run(self.newsroom.client(None).put(f"/v1/comments/{wanted}/vote", {"vote": value}))
        assert answer.status_code == (200 if wanted in readable else 404), answer.text
        if wanted in readable:
            self.votes[wanted] = (1, 0) if value == "up" else (0, 1)
            self.note("vote")

    @rule(number=st.integers(0, 30))
    def report(self, number: int) -> None:
        """Against what readers see; said again once somebody has decided, it opens nothing."""
        wanted = self.pick(number)
        visible = {comment_id(row.id) for row in self.rows() if row.visible}
        answer = self.run(self.newsroom.client(None).put(f"/v1/comments/{wanted}/report", {"code": "insult"}))
        assert answer.status_code == (200 if wanted in visible else 404), answer.text
        if wanted in visible:
            self.reports.setdefault(wanted, True)
            self.note("report")

    @rule(numbers=st.lists(st.integers(0, 30), min_size=2, max_size=4), verdict=VERDICTS, stale=st.booleans())
    def decide_together(self, numbers: list[int], verdict: str, *, stale: bool) -> None:
        """A batch: whatever of it is stale or deleted is refused, and the rest is done."""
        targets = [{"id": self.pick(number), "version": 1 if stale else None} for number in numbers]
        batch = made(self.run(self.newsroom.desk.post("/v1/moderation/batches", {"verdict": verdict, "comments": targets})))
        self.batches += [batch] if batch["id"] else []
        self.follow(batch)
        self.note("batch")
        for one in batch["results"]:
            if one["outcome"] == "changed" or (one["outcome"] == "unchanged" and not (stale and one["version"] != 1)):
                self.settle(one["comment"], batch["id"]) if verdict != "pending" else None

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
        self.note("undo")
        then = {one["comment"]: one["version"] for one in reversed(batch["results"]) if one["outcome"] != "refused"}
        for one in back["results"]:
            comment, same = one["comment"], one["version"] == then[one["comment"]]
            if self.settled.get(comment) == batch["id"] and (one["outcome"] == "changed" or (one["outcome"] == "unchanged" and same)):
                self.reports[comment], self.settled[comment] = True, None
                self.note("reopen")

    def follow(self, batch: Wire) -> None:
        for one in batch["results"]:
            if one["outcome"] == "refused":
                continue
            assert one["from_status"] == self.states[one["comment"]]
            self.turn(one["comment"], one["to_status"])

    @rule(number=st.integers(0, 30), marks=st.dictionaries(st.sampled_from(["picked", "pinned", "locked"]), st.booleans()))
    def mark(self, number: int, marks: dict[str, bool]) -> None:
        wanted = self.pick(number)
        answer = self.run(self.newsroom.desk.patch(f"/v1/moderation/comments/{wanted}", marks, If_Match="*"))
        assert answer.status_code == 200 or (answer.status_code == 409 and self.states[wanted] in {"deleted", "erased"})
        self.note("mark")

    @rule(number=st.integers(0, 30))
    def rehearse(self, number: int) -> None:
        """What is rehearsed leaves everything as it is: the invariants would tell."""
        order = {"verdict": "rejected", "comments": [{"id": self.pick(number)}]}
        made(self.run(self.newsroom.desk.post("/v1/moderation/batches?dry_run=true", order)))
        self.note("rehearse")

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
        self.note("page")

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
        rows = self.rows()
        assert {comment_id(row.id): row.status for row in rows} == self.states
        assert {comment_id(row.id): (row.up_votes, row.down_votes) for row in rows if row.up_votes or row.down_votes} == self.votes

    @invariant()
    def reports_wait_until_somebody_decides(self) -> None:
        async def read() -> list[Report]:
            async with self.newsroom.database.reading() as session:
                return list(await session.scalars(select(Report)))

        assert {comment_id(report.comment_id): report.open for report in self.run(read())} == self.reports

    @invariant()
    def counters_equal_a_recount(self) -> None:
        assert self.run(check_against_a_recount(self.newsroom, self.article)) == self.run(self.desk.count())

    @invariant()
    def readers_meet_what_is_visible_and_nothing_private(self) -> None:
        reader, visible = self.newsroom.client(None), {comment_id(row.id): row for row in self.rows() if row.visible}
        flat = self.run(reader.all_pages(f"{self.desk.address}?mode=flat&limit=50"))
        assert {one["id"] for one in flat} == set(visible)
        featured = made(self.run(reader.get(f"{self.desk.address}/featured")))["data"]
        put_first = {one for one, row in visible.items() if row.status == "approved" and (row.picked_at or row.pinned_at)}
        assert {one["id"] for one in featured} == put_first or len(featured) == MOST_FEATURED < len(put_first)
        for one in (*flat, *featured):
            assert PRIVATE.isdisjoint(one)
            assert (one["html"] is None) == (one["status"] in {"deleted", "erased"})
            assert one["status"] in {"approved", "deleted", "erased"}
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


INVARIANTS = (
    Discussions.the_model_and_the_rows_agree, Discussions.reports_wait_until_somebody_decides, Discussions.counters_equal_a_recount,
    Discussions.readers_meet_what_is_visible_and_nothing_private, Discussions.decisions_lead_from_the_first_state_to_the_last,
)  # fmt: skip


def walk(machine: Discussions) -> None:
    """Every transition once, and whatever else there is to do; the invariants are held after each."""
    machine.open("post")
    steps: list[Callable[[], object]] = [partial(machine.mark, 0, {"pinned": True})]
    steps += [partial(machine.decide, 0, verdict) for verdict in TOUR]
    for end in (machine.delete, machine.erase):
        for state in LIVE:
            comment = len(machine.states)
            machine.post(above=-1)
            steps += [partial(machine.decide, comment, state), partial(end, comment)]
    gone = len(machine.states) - 2 * len(LIVE)
    steps += [partial(machine.erase, gone), partial(machine.decide, gone, "approved")]
    steps += [partial(machine.vote, 0, "up"), partial(machine.vote, 0, "down"), partial(machine.report, 0)]
    steps += [partial(machine.decide_together, [0, 1], "approved", stale=False), partial(machine.undo, 0)]
    steps += [
        partial(machine.mark, 1, {"picked": True}),
        partial(machine.rehearse, 0),
        partial(machine.read_while_comments_arrive, "newest"),
    ]
    for step in steps:
        step()
        for holds in INVARIANTS:
            holds(machine)


def test_any_order_of_posts_and_decisions_keeps_what_readers_see_and_what_is_counted(open_newsroom: OpenNewsroom) -> None:
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    some = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=True, suppress_health_check=unhurried)
    did = Counter[tuple[str, str]]()
    here = type("Here", (Discussions,), {"opened": staticmethod(open_newsroom), "did": did})
    machine = here()
    try:
        walk(machine)
    finally:
        machine.teardown()
    run_state_machine_as_test(here, settings=some)
    assert STEPS_THERE_ARE - set(did) == set()
