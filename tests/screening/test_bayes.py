"""The site's own Bayes learns from its moderators, unlearns what they take back, and only ever holds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.comments.schemas import comment_id
from app.core import clock, ids
from app.policies.kind import Policy
from app.readers.kind import Commenter
from app.screening import checks, learning, marks
from app.screening.bayes import FEWEST_LESSONS, STALE_AFTER, Model, digests_of, model_at
from app.screening.bounds import Bounds
from app.screening.deciding import decide
from app.screening.kind import Submission
from app.screening.models import BayesLesson, BayesModel, BayesWord
from tests.newsroom import Newsroom, made

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
