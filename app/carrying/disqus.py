"""The XML that Disqus exports, read as it comes in: no document type, so no entities, and nothing kept but what a comment is made of.

Addresses of readers, which stand in it, are passed over.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError, ParserCreate

from app.carrying.kind import LONGEST, Entry, entry_of
from app.carrying.markdown import to_markdown
from app.core import ids
from app.core.errors import Problem
from app.core.text import scrub, trim

SOURCE = "disqus"
_PIECE = 65_536
_DEEPEST = 12
_LONGEST_TEXT = 1_000_000
_ID = "http://disqus.com/disqus-internals id"
_KEPT = {
    ("thread", "id"), ("thread", "link"), ("post", "id"), ("post", "message"), ("post", "createdAt"), ("post", "isDeleted"),
    ("post", "isSpam"), ("post", "isApproved"), ("author", "name"), ("author", "username"),
}  # fmt: skip
_NOBODY = "Guest"
_LONGEST_NAME = 80


class NotDisqusError(Exception):
    """The file is no export of Disqus, or is one no more; says why, and in which line."""


def read(file: BinaryIO) -> Iterator[Entry]:
    """Every comment of the file, one at a time. Raises NotDisqusError where it cannot be read any further."""
    reading = _Reading()
    while piece := file.read(_PIECE):
        reading.feed(piece)
        yield from reading.taken()
    reading.feed(b"", last=True)
    yield from reading.taken()


class _Reading:
    """Where the parser stands: the elements above, the threads seen, and the comments read since the last `taken`."""

    def __init__(self) -> None:
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._path: list[str] = []
        self._threads: dict[str, dict[str, str]] = {}
        self._record: dict[str, str] = {}
        self._kept: str | None = None
        self._said: list[str] = []
        self._length = 0
        self._line = 0
        self._entries: list[Entry] = []

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(piece, last)
        except (ExpatError, LookupError, ValueError) as error:  # The last two: it is written in an encoding that nobody knows.
            raise NotDisqusError(f"it is no whole XML ({error})") from error

    def taken(self) -> list[Entry]:
        """What was read since this was asked last."""
        entries, self._entries = self._entries, []
        return entries

    def _refuse(self, *_: Any) -> None:
        raise NotDisqusError(f"line {self._parser.CurrentLineNumber}: it declares a document type, which no export of Disqus does")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        name = element.rpartition(" ")[2]
        if not self._path and name != "disqus":
            raise NotDisqusError(f"it begins with <{name}>, not with <disqus>")
        if len(self._path) >= _DEEPEST:
            raise NotDisqusError(f"line {self._parser.CurrentLineNumber}: its elements nest too deep")
        if len(self._path) == 1:
            self._record, self._line = {"dsq": attributes.get(_ID, "")}, self._parser.CurrentLineNumber
        elif len(self._path) == 2 and name in {"thread", "parent"}:  # noqa: PLR2004 - directly in a post
            self._record[name] = attributes.get(_ID, "")
        above = self._path[-1] if self._path else ""
        self._path.append(name)
        self._kept = name if (above, name) in _KEPT and len(self._path) <= 4 else None  # noqa: PLR2004 - as deep as an author's name
        self._said, self._length = [], 0

    def _text(self, text: str) -> None:
        if self._kept is not None:
            self._length += len(text)
            if self._length > _LONGEST_TEXT:
                raise NotDisqusError(f"line {self._parser.CurrentLineNumber}: a text in it is too long")
            self._said.append(text)

    def _end(self, _element: str) -> None:
        name = self._path.pop()
        if self._kept is not None:
            inside = f"{self._path[-1]} " if self._path[-1] == "author" else ""
            self._record[inside + name] = "".join(self._said)
            self._kept = None
        if len(self._path) == 1 and name == "thread":
            self._threads[self._record["dsq"]] = self._record
        elif len(self._path) == 1 and name == "post":
            self._entries.append(_entry(self._line, self._record, self._threads.get(self._record.get("thread", ""))))


def _entry(line: int, post: dict[str, str], thread: dict[str, str] | None) -> Entry:
    """What a post says, as Dateline would have it."""
    if thread is None:
        return Entry(line, None, "its thread is not in the file")
    gone = _says(post, "isDeleted")
    own = trim(post.get("id", ""))
    name = trim(scrub(post.get("author name") or post.get("author username") or "")).replace("\n", " ")[:_LONGEST_NAME]
    addresses = [address for address in (trim(thread.get("id", "")), trim(thread.get("link", ""))) if address]
    if not addresses:
        return Entry(line, None, "its thread says neither an identifier nor a link")
    try:
        body = None if gone else to_markdown(post.get("message", ""))[:LONGEST]
    except Problem as problem:
        return Entry(line, None, problem.detail)
    return entry_of(line, {
        "id": own if ids.decode("cmt", own) else None, "source": SOURCE, "external_id": post["dsq"] or None,
        "article": addresses[0], "article_slug": addresses[-1], "parent": post.get("parent") or None,
        "author": None if gone else {"name": name or _NOBODY}, "body": body,
        "status": "deleted" if gone else "spam" if _says(post, "isSpam") else "pending" if _denies(post, "isApproved") else "approved",
        "created_at": _instant(post.get("createdAt", "")),
    })  # fmt: skip


def _says(post: dict[str, str], what: str) -> bool:
    return trim(post.get(what, "")).lower() == "true"


def _denies(post: dict[str, str], what: str) -> bool:
    return trim(post.get(what, "")).lower() == "false"


def _instant(text: str) -> str:
    """Disqus writes its times in UTC, not always with the letter that says so."""
    told = trim(text).replace(" ", "T")
    return told if told.endswith("Z") or "+" in told else f"{told}Z"
