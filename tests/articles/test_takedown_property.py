"""Whatever is ordered between take-downs and returns, readers see at every moment, past ones included, what a simple model says."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.articles.models import Publication, Transition
from app.articles.visibility import visible_at
from app.core import clock, ids
from app.core.clock import FOREVER
from app.core.schemas import wire_instant
from tests.newsroom import Newsroom, Wire, made

EXAMPLES = int(os.environ.get("DATELINE_TEST_SCRIPTS", "12"))
T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MOMENTS = [T + hours * timedelta(hours=1) for hours in range(4)]

moment = st.sampled_from([None, *MOMENTS])
order = st.one_of(
    st.tuples(st.just("publish"), moment, moment),
    st.tuples(st.just("unpublish"), moment),
    st.tuples(st.just("takedown")),
    st.tuples(st.just("restore"), st.booleans()),
    st.tuples(st.just("delete")),
)
_passes = st.sampled_from([1, 1800, 3600])
_some = st.lists(st.tuples(_passes, order), max_size=2)
_down, _up = st.tuples(_passes, st.tuples(st.just("takedown"))), st.tuples(_passes, st.tuples(st.just("restore"), st.booleans()))
turn = st.tuples(_some, _down, _some, _up).map(lambda parts: [*parts[0], parts[1], *parts[2], parts[3]])
script = st.lists(turn, min_size=1, max_size=2).map(lambda turns: [each for one in turns for each in one])
"""Each turn takes it down and brings it back, with whatever before and between."""


@dataclass
class Period:
    """Readers see `word` from `start` until `end`."""

    start: datetime
    end: datetime
    word: str


def cut(periods: list[Period], at: datetime) -> list[Period]:
    return [Period(each.start, min(each.end, at), each.word) for each in periods if each.start < at]


@dataclass
class Model:
    """What one article's orders mean; `kept` is what was to be seen when it was taken down."""

    periods: list[Period] = field(default_factory=list)
    kept: list[Period] = field(default_factory=list)
    taken: datetime | None = None
    deleted: bool = False

    def publish(self, start: datetime, end: datetime, word: str) -> None:
        self.periods = [*cut(self.periods, start), Period(start, end, word)]

    def take_down(self, now: datetime) -> None:
        if self.taken is None:
            self.taken, self.kept, self.periods = now, self.periods, []

    def restore(self, now: datetime, *, publish: bool) -> None:
        if self.deleted:
            self.deleted = False
        elif self.taken is not None:
            self.periods = cut(self.kept, self.taken)
            if publish:
                self.periods += [Period(max(each.start, now), each.end, each.word) for each in self.kept if each.end > now]
            self.taken = None

    def delete(self, now: datetime) -> None:
        self.periods, self.kept, self.deleted = cut(self.periods, now), cut(self.kept, now), True

    def gone(self) -> bool:
        """Whether readers are told that it was taken down: they have seen it before."""
        return self.taken is not None and any(each.start <= self.taken for each in self.kept)

    def seen(self, at: datetime) -> str | None:
        return next((each.word for each in self.periods if each.start <= at < each.end), None)


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(script=script)
async def test_readers_see_what_the_orders_mean_now_then_and_later(
    newsroom: Newsroom, script: list[tuple[int, tuple[str, datetime | bool | None]]]
) -> None:
    model, now = Model(), T - SECOND
    with clock.stopped_at(now):
        article = await newsroom.publish(await newsroom.draft(headline="word 0"))
        model.publish(now, FOREVER, "word 0")

    for number, (passes, (what, *values)) in enumerate(script, 1):
        now += passes * SECOND + timedelta(microseconds=1)
        with clock.stopped_at(now):
            await _follow(newsroom, article, model, now, f"word {number}", what, *values)
            item = await newsroom.client(None).get(f"/v1/articles/{article['id']}")
            assert (item.json()["headline"] if item.status_code == 200 else None) == model.seen(now)
            assert (item.status_code == 410) is model.gone()
            await _compare(newsroom, article, model, now)


async def _follow(
    newsroom: Newsroom, article: Wire, model: Model, now: datetime, word: str, what: str, *values: datetime | bool | None
) -> None:
    """Give one order to both; the service refuses just what cannot be."""
    path, away = f"/v1/articles/{article['id']}", model.deleted or model.taken is not None
    at, until = [value if isinstance(value, datetime) else None for value in (*values, None, None)][:2]
    start, end = max(at or now, now), until or FOREVER
    if what == "publish":
        if not model.deleted:
            await newsroom.edit(await newsroom.working(article), headline=word)
        body = {name: wire_instant(value) for name, value in (("at", at), ("until", until)) if value is not None}
        answer = await newsroom.desk.post(f"{path}/publish", body, If_Match="*")
        if answer.status_code == 200:
            model.publish(start, end, word)
        assert answer.status_code in ({409, 422} if away else {200 if end > start else 422}), answer.text
    elif what == "unpublish":
        body = {} if at is None else {"at": wire_instant(at)}
        assert (await newsroom.desk.post(f"{path}/unpublish", body, If_Match="*")).status_code == (409 if away else 200)
        model.periods = model.periods if away else cut(model.periods, start)
    elif what == "takedown":
        made(await newsroom.desk.post(f"{path}/takedown", {"reason": "other"}, If_Match="*"))
        model.take_down(now)
    elif what == "restore":
        made(await newsroom.desk.post(f"{path}/restore", {"publish": values[0]}, If_Match="*"))
        model.restore(now, publish=bool(values[0]))
    else:
        assert (await newsroom.desk.delete(path, If_Match="*")).status_code == 204
        model.delete(now)


async def _compare(newsroom: Newsroom, article: Wire, model: Model, now: datetime) -> None:
    """What the newsroom is told, what is to be seen at every moment around those that matter, and what is to come."""
    working = await newsroom.working(article)
    assert (working["status"] == "taken_down") is (model.taken is not None and not model.deleted)
    edges = {edge for each in (*model.periods, *model.kept) for edge in (each.start, each.end)} - {FOREVER}
    async with newsroom.database.reading() as session:
        mine = Publication.article_id == ids.decode("art", article["id"])
        for at in sorted({at for edge in (*edges, now) for at in (edge - SECOND, edge, edge + SECOND)}):
            seen = (await session.scalars(select(Publication.headline).where(mine, visible_at(at)))).all()
            assert seen == [word for word in [model.seen(at)] if word], at
        planned = Transition.article_id == ids.decode("art", article["id"])
        ahead = {edge for each in model.periods for edge in (each.start, each.end) if now < edge < FOREVER}
        assert set(await session.scalars(select(Transition.at).where(planned, Transition.at > now))) == ahead
