"""The site's own Bayes learns from its moderators, unlearns what they take back, and only ever holds."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.comments.models import Comment, ModerationAction
from app.comments.schemas import comment_id
from app.core import clock, ids
from app.events.models import LogHead
from app.moderation.models import SanctionCleanUp
from app.policies.kind import Policy
from app.readers.kind import Commenter
from app.screening import checks, learning, marks
from app.screening.bayes import FEWEST_LESSONS, STALE_AFTER, Model, digests_of, model_at
from app.screening.bounds import Bounds
from app.screening.deciding import decide
from app.screening.kind import Submission
from app.screening.models import BayesLesson, BayesModel, BayesWord
from tests.newsroom import Newsroom, Wire, made
from tests.screening.conftest import guest

KEY = b"a key for tests"
GOOD, BAD = "ferry harbour captain winter", "casino bonus jackpot winner"


def taught(lessons: int = FEWEST_LESSONS) -> Model:
    words = dict.fromkeys(digests_of(GOOD, (), KEY), (lessons, 0)) | dict.fromkeys(digests_of(BAD, (), KEY), (0, lessons))
    return Model(1, lessons, lessons, words)


def case(body: str, model: Model) -> checks.Case:
    submission = Submission(ids.new(), ids.new(), Commenter(), "R", body, f"<p>{body}</p>", body, clock.now())
    return checks.Case(submission, Policy(), Bounds(key=KEY), marks.Marks(), marks.Past(), model=model)


def test_what_is_like_what_was_refused_waits_and_a_moderator_sees_why() -> None:
    refused, approved = checks.bayes(case(f"{BAD} tonight", taught())), checks.bayes(case(GOOD, taught()))

    assert refused is not None
    assert (refused.leaning, approved) == ("hold", None)
    assert refused.score > 0.99
    assert set(refused.detail["words"]) == set(BAD.split())


def test_it_says_nothing_of_what_it_does_not_know_and_nothing_before_it_has_learned() -> None:
    unknown = checks.bayes(case("entirely other words", taught()))

    assert unknown is None or unknown.leaning == "pass"
    assert checks.bayes(case(BAD, taught(FEWEST_LESSONS - 1))) is None
    assert checks.bayes(case(BAD, Model())) is None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([*GOOD.split(), *BAD.split(), "other"]), max_size=12), st.integers(0, 60), st.integers(0, 60))
def test_it_never_does_more_than_hold(words: Sequence[str], approved: int, refused: int) -> None:
    model = taught()
    model.approved, model.refused = max(approved, 20), max(refused, 20)

    check = next(check for check in checks.CHECKS if check.name == "bayes")
    signal = checks.run(check, case(" ".join(words), model))

    assert decide([] if signal is None else [signal], Policy()).outcome in {"approved", "pending"}
    assert signal is None or (0 <= signal.score <= 1 and "failed" not in signal.detail)


async def lessons(newsroom: Newsroom) -> tuple[int, int, dict[int, tuple[int, int]], set[UUID]]:
    """What was learned, once all there is was learned."""
    while True:
        async with newsroom.database.writing() as session:
            if not await learning.learn(session, KEY):
                break
    async with newsroom.database.reading() as session:
        model = (await session.scalars(select(BayesModel))).one()
        words = {row.word: (row.approved, row.refused) for row in await session.scalars(select(BayesWord))}
        known = set(await session.scalars(select(BayesLesson.comment_id)))
        return model.approved, model.refused, {word: counts for word, counts in words.items() if counts != (0, 0)}, known


async def test_it_learns_what_moderators_decide_and_unlearns_what_they_take_back(forum: Any, newsroom: Newsroom) -> None:
    good, bad = await forum.post(GOOD), await forum.post(BAD)
    nothing = await lessons(newsroom)
    await forum.moderate(good, "reject")
    await forum.moderate(good, "approve")
    await forum.moderate(bad, "spam")

    learned, again = await lessons(newsroom), await lessons(newsroom)
    await forum.moderate(bad, "hold")
    taken_back = await lessons(newsroom)

    of_good, of_bad = dict.fromkeys(digests_of(GOOD, (), KEY), (1, 0)), dict.fromkeys(digests_of(BAD, (), KEY), (0, 1))
    assert nothing == (0, 0, {}, set())
    assert learned == again == (1, 1, of_good | of_bad, {good, bad})
    assert taken_back == (1, 0, of_good, {good})


async def test_what_is_undone_teaches_nothing(forum: Any, newsroom: Newsroom) -> None:
    """It shows again because no check had anything against it: that is no moderator's opinion."""
    target = {"id": comment_id(await forum.post(GOOD))}
    batch = made(await newsroom.desk.post("/v1/moderation/batches", {"verdict": "spam", "comments": [target]}))
    learned = await lessons(newsroom)

    made(await newsroom.desk.post(f"/v1/moderation/batches/{batch['id']}/undo"))

    assert learned[:2] == (0, 1)
    assert await lessons(newsroom) == (0, 0, {}, set())


async def recounted(newsroom: Newsroom) -> tuple[int, int, dict[int, tuple[int, int]], set[UUID]]:
    """What stands decided, by the actions on record: each that takes another back leads to what there was before that."""
    async with newsroom.database.reading() as session:
        rows = (await session.scalars(select(ModerationAction).order_by(ModerationAction.version))).all()
        cleaned = set(await session.scalars(select(SanctionCleanUp.batch_id)))
        bodies = {one.id: one.body for one in await session.scalars(select(Comment))}
    counts, words, known = [0, 0], dict[int, list[int]](), set()
    for comment in {row.comment_id for row in rows}:
        line = [row for row in rows if row.comment_id == comment and row.act is None]
        last: ModerationAction | None = line[-1]
        while last is not None and last.undoes_id is not None:
            undone = next(place for place, row in enumerate(line) if row.id == last.undoes_id)
            last = line[undone - 1] if undone else None
        if last is None or last.to_status == "pending" or last.batch_id in cleaned:
            continue
        refused = last.to_status != "approved"
        counts[refused] += 1
        known.add(comment)
        for word in digests_of(bodies[comment], (), KEY):
            words.setdefault(word, [0, 0])[refused] += 1
    return counts[0], counts[1], {word: (many[0], many[1]) for word, many in words.items()}, known


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_learned_is_what_stands_decided(forum: Any, newsroom: Newsroom, seed: int) -> None:
    """Whatever moderators decide, take back, and take back the taking back of; with clean-ups between, and learned at any time."""
    chance, who = random.Random(seed), guest()
    comments = [await forum.post(body, who) for body in (GOOD, BAD, f"{GOOD} {BAD}")]
    batches: list[Wire] = []
    for _ in range(14):
        what = chance.choice(["approved", "rejected", "spam", "pending", "undo", "undo", "clean_up", "learn"])
        if what == "learn":
            await lessons(newsroom)
        elif what == "clean_up":
            order = {"comment": comment_id(comments[0]), "kind": "premod", "clean_up": {"verdict": "spam"}}
            batches.append(made(await newsroom.desk.post("/v1/moderation/sanctions", order))["clean_up"])
        elif what == "undo" and batches:
            batches.append(made(await newsroom.desk.post(f"/v1/moderation/batches/{batches[-1]['id']}/undo")))
        elif what != "undo":
            targets = [{"id": comment_id(one)} for one in chance.sample(comments, 2)]
            batches.append(made(await newsroom.desk.post("/v1/moderation/batches", {"verdict": what, "comments": targets})))
        batches = [batch for batch in batches if batch["id"] is not None]

    assert await lessons(newsroom) == await recounted(newsroom)


async def test_an_undo_gives_back_what_was_learned_before(forum: Any, newsroom: Newsroom) -> None:
    comment = await forum.post(GOOD)
    await forum.moderate(comment, "hold")
    await forum.moderate(comment, "approve")
    approved = await lessons(newsroom)
    batch = {"verdict": "spam", "comments": [{"id": comment_id(comment)}]}
    refused = made(await newsroom.desk.post("/v1/moderation/batches", batch))
    as_refused = await lessons(newsroom)

    undone = made(await newsroom.desk.post(f"/v1/moderation/batches/{refused['id']}/undo"))
    given_back = await lessons(newsroom)
    made(await newsroom.desk.post(f"/v1/moderation/batches/{undone['id']}/undo"))

    assert (approved[:2], as_refused[:2]) == ((1, 0), (0, 1))
    assert given_back == approved
    assert await lessons(newsroom) == as_refused


async def test_a_clean_up_teaches_nothing(forum: Any, newsroom: Newsroom) -> None:
    """Whoever bans a person has not read all that they ever wrote."""
    comments = [await forum.post(body) for body in (GOOD, BAD)]
    order = {"comment": comment_id(comments[0]), "kind": "ban", "clean_up": {"verdict": "spam"}}

    cleaned = made(await newsroom.desk.post("/v1/moderation/sanctions", order))

    assert (cleaned["clean_up"]["changed"], await lessons(newsroom)) == (2, (0, 0, {}, set()))


async def test_a_process_that_knows_a_model_reads_only_what_has_changed(forum: Any, newsroom: Newsroom, statements: Any) -> None:
    bad = await forum.post(BAD)
    now = clock.now()
    async with newsroom.database.reading() as session:
        first = await model_at(session, now)
    assert first.words == {}
    await forum.moderate(bad, "spam")
    await lessons(newsroom)

    async with newsroom.database.reading() as session:
        with statements.counted(0):
            still = dict((await model_at(session, now + 0.9 * STALE_AFTER)).words)
        later = await model_at(session, now + 1.1 * STALE_AFTER)

    assert (still, len(later.words), later.refused) == ({}, len(BAD.split()), 1)


async def test_what_holds_no_decision_is_not_looked_through_again_and_again(newsroom: Newsroom) -> None:
    """Where moderators decide nothing, the log grows all the same, and the worker asks at every turn."""
    async with newsroom.database.writing() as session:
        await session.execute(update(LogHead).values(seq=LogHead.seq + 10_000))
    async with newsroom.database.writing() as session:
        assert await learning.is_behind(session)
        assert not await learning.learn(session, KEY)

    async with newsroom.database.reading() as session:
        assert not await learning.is_behind(session)
        assert await session.scalar(select(BayesModel.learned_seq)) == await session.scalar(select(LogHead.seq))
