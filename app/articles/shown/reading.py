"""What readers are given: prepared text, completed with what moves by itself. One statement, however much it shows."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.articles import discussing
from app.articles.models import Publication
from app.articles.shown import prepared, sighting, walks
from app.articles.shown.names import Book
from app.articles.shown.preparing import prepare_rows
from app.articles.shown.when import When
from app.articles.visibility import visible_at
from app.core import clock
from app.core.caching import earliest
from app.core.database import Database, ReadSession
from app.core.errors import Unavailable
from app.core.lookups import Asking
from app.core.refs import Ref

_TRIES = 5
_MOST_MOMENTS = 8
"""Of so many past moments the names are kept."""
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A publication as readers see it: its row, its list item open at the end, and the tags of the names in it.

    `turns_at` is when its discussion opens or closes by itself next.
    """

    row: Any
    item: str
    path: str
    names: Sequence[str]
    turns_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The next transition of the whole site, as it was known at `seq` from the moment `since` on."""

    seq: int
    since: datetime
    moment: datetime | None

    def holds(self, seq: int, at: datetime) -> bool:
        return self.seq == seq and self.since <= at and (self.moment is None or at < self.moment)


class Readings:
    """The readings of a process: one for each database that it reads, since each may stand elsewhere in the log."""

    def __init__(self, primary: Database) -> None:
        self._primary = primary
        self._known: dict[Database, Reading] = {}

    def of(self, database: Database) -> "Reading":
        """The reading of `database`."""
        return self._known.setdefault(database, Reading(database, self._primary))


class Reading:
    """The one way in which public articles are read from a database; it keeps the book of names.

    Whoever reads as of one moment has one for that, with `lookups` that see it.
    """

    def __init__(self, database: Database, primary: Database, lookups: Asking | None = None, past: datetime | None = None) -> None:
        self.database, self._primary = database, primary
        self.lookups = lookups or database.lookups
        self.book, self.past = Book(past), past
        self._ahead: _Ahead | None = None
        self._then: dict[datetime, Reading] = {}

    def then(self, when: When) -> "Reading":
        """The same for a moment that is past: with the names of that moment, kept for whoever turns the pages of a list."""
        if not when.past:
            return self
        known = self._then.pop(when.at, None) or Reading(self.database, self._primary, self.lookups, when.at)
        self._then[when.at] = known
        if len(self._then) > _MOST_MOMENTS:
            del self._then[next(iter(self._then))]
        return known

    async def page(self, text: str, at: datetime) -> tuple[Shown, datetime | None]:
        """What readers see at `text` at the moment `at`, and until when that is surely so; raises ArticleNotFound, ArticleTakenDown."""
        ref = Ref.of("art", text)
        lookup = walks.PAGE_BY_ID if ref.id else walks.PAGE_BY_SLUG
        found = await self.shown(lambda: self.database.lookups.all(lookup, ref=ref.id or ref.slug, at=at), at)
        if not found:
            raise await sighting.missing(self.database.lookups, text)
        row = found[0].row
        return found[0], earliest(found[0].turns_at, row.next_from, None if row.visible_until == clock.FOREVER else row.visible_until)

    async def page_of(self, text: str, when: When) -> tuple[Shown, datetime | None]:
        """The same of whichever moment was asked for; past it is found by any slug that it has had until now."""
        if not when.as_of:
            return await self.page(text, when.at)
        ref, at = Ref.of("art", text), when.at
        lookup = walks.PAGE_BY_ID if ref.id else walks.PAGE_BY_SLUG_AS_OF
        known = {} if ref.id else {"known": max(at, clock.now())}
        found = await self.shown(lambda: self.database.lookups.all(lookup, ref=ref.id or ref.slug, at=at, **known), at)
        if not found:
            raise await sighting.missing(self.database.lookups, text)
        return found[0], None

    async def shown(self, read: Callable[[], Awaitable[Rows]], at: datetime) -> list[Shown]:
        """The publications that `read` finds, completed; it is asked again where names changed between its answer and ours."""
        for _ in range(_TRIES):
            rows = await read()
            unprepared = [row.id for row in rows if not row.item]
            if unprepared:
                await self._prepare(unprepared)
                continue
            if not rows or await self.book.holds(self.lookups, rows[0].names_seq, [row.refs for row in rows]):
                return [self._complete(row, at) for row in rows]
        raise Unavailable("Names change faster than they can be read.", headers={"Retry-After": "1"})

    async def several(self, session: ReadSession, articles: Collection[UUID], at: datetime) -> dict[UUID, Shown]:
        """What readers see of these articles at the moment `at`, without their bodies; what they do not see is missing."""
        wanted = walks.items().where(Publication.article_id.in_(articles), visible_at(at))

        async def read() -> Rows:
            return (await session.execute(wanted)).all()

        return {one.row.article_id: one for one in await self.shown(read, at)} if articles else {}

    def _complete(self, row: Any, at: datetime) -> Shown:
        named = self.book.named(row.refs)
        stands = discussing.stand(row, named.rules, row.first_seen, at)
        item = prepared.fill(row.item, named.path, named.text, prepared.discussion(row.visible_count, stands))
        return Shown(row, item, named.path, named.tags, stands.turns_at)

    async def _prepare(self, publications: Sequence[Any]) -> None:
        """What a process of an older version published meanwhile is prepared when it is first met."""
        async with self._primary.writing() as session:
            await prepare_rows(session, publications)

    async def next_turn(self, shown: Sequence[Shown], at: datetime) -> datetime | None:
        """Until when a list of these is surely true: nothing appears or disappears, and no discussion in it opens or closes."""
        return earliest(await self.next_transition([one.row for one in shown], at), *(one.turns_at for one in shown))

    async def next_transition(self, rows: Rows, at: datetime) -> datetime | None:
        """The next moment at which anything on the site appears, disappears or closes by itself.

        It is known until that moment, or until the log, whose head `rows` tell, goes on.
        """
        if not rows or self._ahead is None or not self._ahead.holds(rows[0].seq, at):
            (row,) = await self.database.lookups.all(walks.NEXT_TRANSITION, at=at)
            self._ahead = _Ahead(row.seq, at, earliest(row.appears, row.disappears, row.closes))
        return self._ahead.moment
