"""A cache of whole answers: what it holds, how long, and when it lets go. It knows nothing of connections or of databases.

An answer is kept under its address and dropped by its tags, the same that a CDN is purged by. What is under way while a tag is dropped is
not kept: it may have been read before the change.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.core.asgi.encodings import IDENTITY, encoded
from app.core.context import OTHER

RawHeaders = list[tuple[bytes, bytes]]
_ENTRY, _TAG, _VARIANT = 1_500, 250, 1_000
"""About how many bytes an entry takes besides its text: for itself, for each tag and its place in the books, for each encoding."""
_NOT_IN_304 = {b"content-length", b"content-type", b"content-encoding", b"cache-tag", b"surrogate-key"}


@dataclass(slots=True)
class Head:
    """Status and headers of an answer, but for what is new with each request."""

    status: int
    headers: RawHeaders
    _lines: bytes = b""

    @property
    def lines(self) -> bytes:
        """The headers as they go over the wire (RFC 9112, 5), written when they are wanted for the first time."""
        if not self._lines:
            self._lines = b"".join(b"%b: %b\r\n" % pair for pair in self.headers)
        return self._lines


@dataclass(slots=True)
class Variant:
    """An answer in one encoding, ready to be sent: whole, or as the news that the client has it already."""

    etag: bytes
    head: Head
    body: bytes
    unchanged: Head


@dataclass(slots=True, eq=False)
class Answer:
    """A whole answer, true from `since` until `until` unless one of its tags is dropped before."""

    key: str
    headers: RawHeaders
    body: bytes
    etag: bytes
    tags: frozenset[str]
    since: datetime
    until: datetime
    route: str = OTHER
    asked: bool = False
    variants: dict[str, Variant] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many bytes it takes, about; the headers once, and for each encoding as the lines that are sent."""
        head = sum(len(name) + len(value) for name, value in self.headers)
        made = sum(len(each.body) for name, each in self.variants.items() if name != IDENTITY)
        return _ENTRY + _TAG * len(self.tags) + len(self.body) + made + head + len(self.variants) * (_VARIANT + head)

    def variant(self, encoding: str) -> Variant:
        """The answer in this encoding, made when it is asked for the first time; as it is where that would not be smaller."""
        found = self.variants.get(encoding)
        if found is None:
            made = encoded(self.body, encoding)
            found = self._variant(self.body, None) if made is None else self._variant(made, encoding)
            self.variants[encoding] = found
        return found

    def _variant(self, body: bytes, encoding: str | None) -> Variant:
        etag = self.etag if encoding is None else b'%b-%b"' % (self.etag[:-1], encoding.encode())
        own = [(b"etag", etag), (b"content-length", str(len(body)).encode())]
        own += [] if encoding is None else [(b"content-encoding", encoding.encode())]
        headers = [pair for pair in self.headers if pair[0] not in {b"etag", b"content-length"}] + own
        return Variant(etag, Head(200, headers), body, Head(304, [pair for pair in headers if pair[0] not in _NOT_IN_304]))


@dataclass(slots=True, eq=False)
class Fill:
    """An answer that is being made, and the tags that were dropped meanwhile."""

    key: str
    dropped: set[str] = field(default_factory=set)
    spoiled: bool = False

    def is_overtaken(self, tags: Iterable[str]) -> bool:
        """Whether an answer with these tags may have been read before a change."""
        return self.spoiled or not self.dropped.isdisjoint(tags)

    @property
    def is_current(self) -> bool:
        """Whether nothing changed since it began, so that others may wait for it."""
        return not (self.spoiled or self.dropped)


@dataclass(slots=True)
class Counts:
    """What has happened so far."""

    hits: int = 0
    unchanged: int = 0
    misses: int = 0
    overtaken: int = 0
    evicted: int = 0
    dropped: int = 0


class Answers:
    """At most `limit` bytes of answers; 0 keeps none.

    What is asked for again is given a second chance when its turn to go comes (the clock algorithm): a crawler that asks for everything
    once pushes out what was asked for once, and a hit costs one assignment.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counts = Counts()
        self.size = 0
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._tagged: dict[str, set[Answer]] = {}
        self._fills: set[Fill] = set()

    def __iter__(self) -> Iterator[Answer]:
        """Every answer that is kept."""
        return iter(self._kept.values())

    def __len__(self) -> int:
        """How many answers are kept."""
        return len(self._kept)

    def get(self, key: str, now: datetime) -> Answer | None:
        """The answer that is true `now`."""
        found = self._kept.get(key)
        if found is None or not found.since <= now < found.until:
            return None
        found.asked = True
        return found

    def begin(self, key: str) -> Fill:
        """Say that an answer is about to be made, so that whatever changes from now on is held against it."""
        fill = Fill(key)
        self._fills.add(fill)
        return fill

    def end(self, fill: Fill, answer: Answer | None) -> None:
        """Keep what was made, unless a change overtook it; None where nothing was made that may be kept."""
        self._fills.discard(fill)
        if answer is None or self.limit == 0 or answer.until <= answer.since:
            return
        if fill.is_overtaken(answer.tags):
            self.counts.overtaken += 1
            return
        self._remove(fill.key)
        self._kept[fill.key] = answer
        for tag in answer.tags:
            self._tagged.setdefault(tag, set()).add(answer)
        self.size += answer.size
        self._make_room()

    def variant(self, answer: Answer, encoding: str) -> Variant:
        """The answer in this encoding; what is made of it counts too."""
        found = answer.variants.get(encoding)
        if found is not None:
            return found
        before = answer.size
        found = answer.variant(encoding)
        if self._kept.get(answer.key) is answer:
            self.size += answer.size - before
            self._make_room()
        return found

    def drop(self, tags: Iterable[str]) -> None:
        """Let go of every answer under one of these tags, also of those that are being made."""
        for tag in tags:
            for answer in list(self._tagged.get(tag, ())):
                self.counts.dropped += 1
                self._remove(answer.key)
            for fill in self._fills:
                fill.dropped.add(tag)

    def clear(self) -> None:
        """Let go of everything: nobody knows what changed."""
        self._kept.clear()
        self._tagged.clear()
        self.size = 0
        for fill in self._fills:
            fill.spoiled = True

    def _remove(self, key: str) -> None:
        answer = self._kept.pop(key, None)
        if answer is None:
            return
        self.size -= answer.size
        for tag in answer.tags:
            others = self._tagged[tag]
            others.discard(answer)
            if not others:
                del self._tagged[tag]

    def _make_room(self) -> None:
        while self.size > self.limit and self._kept:
            key, oldest = next(iter(self._kept.items()))
            if oldest.asked:
                oldest.asked = False
                self._kept.move_to_end(key)
            else:
                self._remove(key)
                self.counts.evicted += 1
