"""Whatever is ordered in whatever order, readers see at every moment what a simple model of periods says."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core.clock import FOREVER
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, Wire, made, names

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MOMENTS = [T + hours * timedelta(hours=1) for hours in range(4)]
_words = (f"word{number}x" for number in itertools.count())

moment = st.sampled_from([None, *MOMENTS])
order = st.one_of(
    st.tuples(st.just("edit")),
    st.tuples(st.just("publish"), moment, moment),
    st.tuples(st.just("unpublish"), moment),
    st.tuples(st.just("move"), moment, moment),
    st.tuples(st.just("cancel"), moment),
    st.tuples(st.just("delete")),
    st.tuples(st.just("restore")),
)
# Time passes between orders: some are given before any of the moments, some between two of them, some at one.
script = st.lists(st.tuples(st.sampled_from([0, 1, 1800, 3600]), order), max_size=9)


@dataclass
class Period:
    """Readers see `word` from `start` on, and no longer than `until`."""

    start: datetime
    until: datetime
    word: str


@dataclass
class Model:
    """What one article's orders mean."""

    word: str
    deleted: bool = False
    periods: list[Period] = field(default_factory=list)

    def end(self, period: Period) -> datetime:
        return min([period.until, *(other.start for other in self.periods if other.start > period.start)])

    def cut(self, at: datetime) -> None:
        ends = [self.end(period) for period in self.periods]
        for period, end in zip(self.periods, ends, strict=True):
            period.until = at if end > at else period.until
        self.periods = [period for period in self.periods if period.start < at]

    def place(self, start: datetime, until: datetime, *, now: datetime) -> None:
        """What is ordered for now replaces what was to come; what is ordered for later stands among it."""
        there, last = self.seen(start), self.periods[-1] if self.periods else None
        if there and (there.word, there.until) == (self.word, until) and (start > now or there is last):
            return
        before, later = [period for period in self.periods if period.start < start], self.coming(start) if start > now else []
        while later and later[0].word == self.word and later[0].start < until:
            later.pop(0)
        self.periods = [*before, Period(start, until, self.word), *later]

    def seen(self, at: datetime) -> Period | None:
        return next((period for period in self.periods if period.start <= at < self.end(period)), None)

    def coming(self, at: datetime) -> list[Period]:
        return [period for period in self.periods if period.start > at]

    def status(self, at: datetime) -> str:
        if self.deleted:
            return "deleted"
        if self.seen(at):
            return "published"
        if any(period.start > at for period in self.periods):
            return "scheduled"
        return "unpublished" if self.periods else "draft"


@dataclass
class Story:
    """One article and its model, told the same orders."""

    newsroom: Newsroom
    article: Wire
    model: Model

    async def follow(self, now: datetime, what: str, *moments: datetime | None) -> None:
        """Give one order to both; the service refuses just what cannot be."""
        path, model = f"/v1/articles/{self.article['id']}", self.model
        at, until = (*moments, None, None)[:2]
        start, end = max(at or now, now), until or FOREVER
        body = {name: wire_instant(value) for name, value in (("at", at), ("until", until)) if value is not None}
        expected = 409 if model.deleted and what not in {"delete", "restore"} else 200
        match what:
            case "edit":
                word = next(_words)
                answer = await self.newsroom.desk.patch(path, {"headline": f"Headline {word}"}, If_Match="*")
                model.word = model.word if model.deleted else word
            case "publish":
                answer = await self.newsroom.desk.post(f"{path}/publish", body, If_Match="*")
                if end <= start or (at and until and until <= at):
                    expected = answer.status_code if model.deleted else 422
                elif not model.deleted:
                    model.place(start, end, now=now)
            case "unpublish":
                answer = await self.newsroom.desk.post(f"{path}/unpublish", body, If_Match="*")
                if not model.deleted:
                    model.cut(start)
            case "delete":
                answer, expected = await self.newsroom.desk.delete(path, If_Match="*"), 204
                if not model.deleted:
                    model.cut(now)
                model.deleted = True
            case _:
                answer = await self.newsroom.desk.post(f"{path}/restore", {}, If_Match="*")
                model.deleted = False
        assert answer.status_code == expected, (what, body, answer.text)
        if expected == 200:
            assert answer.json() == await self.newsroom.working(self.article), what

    async def reschedule(self, now: datetime, *moments: datetime | None) -> None:
        """Call off the last publication to come, or move the first, where two moments are given."""
        path, model = f"/v1/articles/{self.article['id']}/schedule", self.model
        if model.deleted or not model.coming(now):
            return
        scheduled = made(await self.newsroom.desk.get(path))["data"]
        if len(moments) == 1:
            answer = await self.newsroom.desk.delete(f"{path}/{scheduled[-1]['id']}", If_Match="*")
            assert answer.status_code == 204
            model.periods.pop()
            return
        period, (at, until) = model.coming(now)[0], moments
        start, end = at or period.start, until or FOREVER
        body = {"until": None if until is None else wire_instant(until)} | ({} if at is None else {"at": wire_instant(at)})
        answer = await self.newsroom.desk.patch(f"{path}/{scheduled[0]['id']}", body, If_Match="*")
        if start <= now or end <= start:
            assert answer.status_code == 422, answer.text
        elif any(other.start == start for other in model.periods if other is not period):
            assert (answer.status_code, answer.json()["code"]) == (409, "schedule-taken")
        else:
            made(answer)
            period.start, period.until = start, end
            model.periods.sort(key=lambda each: each.start)

    async def check(self, reader: Client, now: datetime) -> None:
        """Item, list, search, address and working copy say what the model says."""
        ident, seen = self.article["id"], self.model.seen(now)
        item = await reader.get(f"/v1/articles/{ident}")
        headline = item.json()["headline"] if item.status_code == 200 else None
        assert headline == (f"Headline {seen.word}" if seen else None)
        listed = {article["id"]: article["headline"] for article in (await reader.get("/v1/articles?limit=100")).json()["data"]}
        assert listed.get(ident) == headline
        if seen:
            assert names((await reader.get(f"/v1/articles?q={seen.word}")).json()["data"]) == [ident]
            assert item.json()["first_published_at"] == item.json()["published_at"] == wire_instant(self.model.periods[0].start)
            assert item.json()["updated_at"] == wire_instant(seen.start)
        if seen is None or seen.word != self.model.word:
            assert (await reader.get(f"/v1/articles?q={self.model.word}")).json()["data"] == []
        assert ((await reader.get(f"/v1/resolve?path={self.article['path']}")).status_code == 200) is (seen is not None)
        working = await self.newsroom.working(self.article)
        assert working["status"] == self.model.status(now)
        coming = [(wire_instant(period.start), _said(self.model.end(period)), _said(period.until)) for period in self.model.coming(now)]
        assert (working["scheduled"] or {}).get("at") == (coming[0][0] if coming else None)
        schedule = made(await self.newsroom.desk.get(f"/v1/articles/{ident}/schedule"))["data"]
        assert [(each["at"], each["until"], each["ordered_until"]) for each in schedule] == coming
        found = made(await self.newsroom.desk.get(f"/v1/articles?view=draft&limit=100&status={working['status']}"))
        assert ident in names(found["data"])


def _said(until: datetime) -> str | None:
    return None if until == FOREVER else wire_instant(until)


@settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(script=script)
async def test_readers_see_what_the_orders_mean(
    newsroom: Newsroom, reader: Client, script: list[tuple[int, tuple[str, datetime | None]]]
) -> None:
    word, now = next(_words), T - 2 * SECOND
    with clock.stopped_at(now):
        story = Story(newsroom, await newsroom.draft(headline=f"Headline {word}"), Model(word))

    for passes, (what, *moments) in script:
        now += passes * SECOND + timedelta(microseconds=1)
        with clock.stopped_at(now):
            await (story.reschedule(now, *moments) if what in {"move", "cancel"} else story.follow(now, what, *moments))

    later = sorted({at for edge in MOMENTS for at in (edge - SECOND, edge, edge + SECOND) if at > now})
    for at in (now, *later):
        with clock.stopped_at(at):
            await story.check(reader, at)
