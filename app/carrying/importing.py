"""Comments carried in, a batch at a time: what is here already stays as it is, so the same file may come again."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import islice
from uuid import UUID

from sqlalchemy import select

from app.articles import queries as articles
from app.articles.errors import ArticleNotFound
from app.articles.models import Article, CommentThread
from app.carrying import disqus, lines
from app.carrying.kind import Carried, Entry
from app.comments.adopting import Adoptee, Name, adopt, find_adopted, words
from app.comments.models import Comment
from app.comments.queries import Standing, lock_thread_for_posting, standing
from app.core import clock, ids
from app.core.database import Database, ReadSession, WriteSession
from app.core.errors import ValidationFailed
from app.events.models import Actor

IMPORT = Actor("import", name="comments")

_BATCH = 200
_NAMED = "import"
"""The source of those whose file does not say it."""
_KEPT_FAULTS = 1000
_LAST_PART = re.compile(r"([^/?#]+?)(?:\.[a-z]{2,5})?/*(?:[?#].*)?$", re.IGNORECASE)
Key = UUID | Name
Report = Callable[[], object]


class _LeftOutError(Exception):
    """Why a comment is left out."""


@dataclass(slots=True)
class Outcome:
    """What became of a file: how many were new, were here already, or were left out, and of these the first, with line and reason."""

    created: int = 0
    known: int = 0
    refused: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, why: str) -> None:
        """Note that what stands at `line` was left out."""
        self.refused += 1
        if len(self.faults) < _KEPT_FAULTS:
            self.faults.append((line, why))


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a comment is, or would be after a rehearsal."""

    article: UUID
    comment: UUID


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A comment, what it is known by, what it stands under, and what it really answers."""

    line: int
    carried: Carried
    keys: tuple[Key, ...]
    parent: Key | None
    answered: Key | None


def entries_of(file: BufferedReader) -> Iterator[Entry]:
    """The comments of a file of either kind, which may be a pipe; XML begins with an angle."""
    begin = file.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    return disqus.read(file) if begin.startswith(b"<") else lines.read(file)


async def import_comments(
    database: Database, entries: Iterable[Entry], *, source: str | None = None, articles_from: str | None = None, dry_run: bool = False,
    report: Report = lambda: None,
) -> Outcome:  # fmt: skip
    """Take in every comment that is not here yet; a rehearsal with `dry_run`. Each batch is a transaction: begun anew, it goes on.

    A comment whose parent comes later in the file waits for it. `source` is where comments are from, whatever the file says; articles may
    be named as the source `articles_from` calls them. `report` is called after each batch.
    """
    importing, reading = _Import(database, source, articles_from, dry_run=dry_run), iter(entries)
    while batch := list(islice(reading, _BATCH)):
        await importing.take(batch)
        report()
    return importing.finish()


class _Import:
    """What is known of the file so far: where its comments are, which articles it names, and who waits for whom."""

    def __init__(self, database: Database, source: str | None, articles_from: str | None, *, dry_run: bool) -> None:
        self._database, self._source, self._articles_from, self._dry_run = database, source, articles_from, dry_run
        self._stands: dict[Key, _Stand] = {}
        self._articles: dict[str, UUID | None] = {}
        self._waiting: dict[Key, list[_Waiting]] = {}
        self._outcome = Outcome()

    async def take(self, batch: list[Entry]) -> None:
        """Take in a batch, and whoever waited for one of it."""
        new = [self._named(entry.line, entry.carried) for entry in batch if entry.carried is not None]
        for entry in batch:
            if entry.carried is None:
                self._outcome.refuse(entry.line, entry.fault)
        if self._dry_run:
            async with self._database.reading() as looking:
                await self._look_up(looking, new)
            for one in new:
                await self._settle(None, one)
            return
        async with self._database.writing() as session:
            await self._look_up(session, new)
            threads = _Threads(session)
            await threads.lock(self._articles_of(new))
            await self._look_up(session, new)  # Whoever had the lock before us may have taken some of them in.
            for one in new:
                await self._settle(threads, one)

    def finish(self) -> Outcome:
        """What became of all; those that still wait have waited in vain."""
        for waiting in self._waiting.values():
            for one in waiting:
                self._outcome.refuse(one.line, f"the comment that it answers, {one.carried.parent}, was not taken in")
        self._outcome.faults.sort()
        return self._outcome

    def _named(self, line: int, carried: Carried) -> _Waiting:
        source = self._source or carried.source or _NAMED
        keys: list[Key] = []
        own = None if carried.id is None else ids.decode("cmt", carried.id)
        if own is not None:
            keys.append(own)
        external = carried.external_id if own is not None else carried.external_id or carried.id
        if external is not None:
            keys.append((source, external))
        return _Waiting(line, carried, tuple(keys), _key(source, carried.parent), _key(source, carried.reply_to))

    async def _look_up(self, session: ReadSession, new: list[_Waiting]) -> None:
        """Find which of them, and of those that they answer, are here, and which articles they are about."""
        asked = {key for one in new for key in (*one.keys, one.parent, one.answered) if key is not None and key not in self._stands}
        wanted = [key for key in asked if isinstance(key, UUID)]
        named = [key for key in asked if not isinstance(key, UUID)]
        for found, article, source, external in await find_adopted(session, wanted, named):
            self._stands[found] = _Stand(article, found)
            if source is not None and external is not None:
                self._stands[source, external] = _Stand(article, found)
        for text in {text for one in new for text in _addresses(one.carried) if text not in self._articles}:
            self._articles[text] = await _find_article(session, text, self._articles_from)

    def _article_of(self, carried: Carried) -> UUID | None:
        return next((found for text in _addresses(carried) if (found := self._articles[text]) is not None), None)

    def _articles_of(self, new: list[_Waiting]) -> set[UUID]:
        """Those that they are about, and under which they are here already: for either, others may have waited."""
        here = {self._stands[key].article for one in new for key in one.keys if key in self._stands}
        return here | {found for one in new if (found := self._article_of(one.carried)) is not None}

    async def _settle(self, threads: "_Threads | None", first: _Waiting) -> None:
        """Take in one comment, and then those that waited for it; without recursion, since a thread may be long."""
        todo = [first]
        while todo:
            one = todo.pop()
            if one.parent is not None and one.parent not in self._stands and not any(key in self._stands for key in one.keys):
                self._waiting.setdefault(one.parent, []).append(one)
                continue
            try:
                await self._take_one(threads, one)
            except _LeftOutError as reason:
                self._outcome.refuse(one.line, str(reason))
                continue
            except ValidationFailed as problem:
                self._outcome.refuse(one.line, "; ".join(fault.detail for fault in problem.errors))
                continue
            for key in one.keys:
                todo += reversed(self._waiting.pop(key, []))

    async def _take_one(self, threads: "_Threads | None", one: _Waiting) -> None:
        known = next((self._stands[key] for key in one.keys if key in self._stands), None)
        if known is not None:
            self._outcome.known += 1
            self._stands.update(dict.fromkeys(one.keys, known))
            return
        article = self._article_of(one.carried)
        above = None if one.parent is None else self._stands[one.parent]
        if article is None:
            raise _LeftOutError(f"there is no article {one.carried.article}")
        if above is not None and above.article != article:
            raise _LeftOutError("it answers a comment under another article")
        if one.carried.created_at > clock.now():
            raise _LeftOutError("it is from the future")
        adoptee = self._adoptee(one, article)
        if threads is None:
            words(adoptee.body)
        else:
            await threads.adopt(article, adoptee, None if above is None else above.comment)
        self._stands.update(dict.fromkeys(one.keys, _Stand(article, adoptee.id)))
        self._outcome.created += 1

    def _adoptee(self, one: _Waiting, article: UUID) -> Adoptee:
        """The comment as it is taken in; what it is said to answer under another article, is nothing that it could answer."""
        carried = one.carried
        own = next((key for key in one.keys if isinstance(key, UUID)), None)
        name = next((key for key in one.keys if not isinstance(key, UUID)), None)
        answered = None if one.answered is None else self._stands.get(one.answered)
        reply_to = None if answered is None or answered.article != article else answered.comment
        author = None if carried.gone else carried.author
        return Adoptee(
            id=own or ids.new(), status=carried.status, open=_open(carried), name=name,
            author_kind="guest" if author is None else author.kind, author_name="" if author is None else author.name,
            author_badge=None if author is None else author.badge,
            body="" if carried.gone else carried.body or "", created_at=carried.created_at, edited_at=carried.edited_at,
            up_votes=carried.votes.up, down_votes=carried.votes.down, reply_to=reply_to,
        )  # fmt: skip


class _Threads:
    """The threads that a transaction works on, locked in one order, so that two imports do not wait for each other."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session
        self._held: dict[UUID, tuple[CommentThread, Standing]] = {}
        self._rows: dict[UUID, Comment] = {}
        """Those that are new, and those above them, kept so that replies need not ask for them."""

    async def lock(self, wanted: set[UUID]) -> None:
        """Lock them all."""
        for article in sorted(wanted):
            thread = await lock_thread_for_posting(self._session, article)
            self._held[article] = thread, await standing(self._session, thread, clock.now())

    async def adopt(self, article: UUID, adoptee: Adoptee, below: UUID | None) -> None:
        """Take in a comment under one of the articles."""
        thread, stands = self._held[article]
        line = await self._line(below)
        self._rows[adoptee.id] = await adopt(self._session, thread, adoptee, below=line, by=IMPORT, stands=stands)

    async def _line(self, end: UUID | None) -> list[Comment]:
        """From the top of a thread down to this comment."""
        line: list[Comment] = []
        while end is not None:
            if end not in self._rows:
                with self._session.no_autoflush:
                    self._rows[end] = await self._session.get_one(Comment, end)
            line.insert(0, self._rows[end])
            end = line[0].parent_id
        return line


def _key(source: str, text: str | None) -> Key | None:
    return None if text is None else ids.decode("cmt", text) or (source, text)


def _open(carried: Carried) -> bool:
    return carried.status == "approved" or (carried.gone and carried.open is not False)


def _addresses(carried: Carried) -> list[str]:
    return [text for text in (carried.article, carried.article_slug) if text]


async def _find_article(session: ReadSession, text: str, source: str | None) -> UUID | None:
    """The article that goes by this id, slug, path or address, or by this name in the system that articles came from."""
    if source is not None:
        found = await session.scalar(select(Article.id).where(Article.source == source, Article.external_id == text))
        if found is not None:
            return found
    for part in dict.fromkeys([text, *(end[1] for end in [_LAST_PART.search(text)] if end)]):
        try:
            return (await articles.get_article(session, part)).id
        except ArticleNotFound:
            continue
    return None
