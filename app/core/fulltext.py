"""One analyser for both databases: SQLite FTS5 and PostgreSQL's 'simple' configuration index the same tokens."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import Stemmer

from app.core.memo import Memo
from app.core.text import CJK, MARKS, count_words, normal

MAX_TERMS = 32
# PostgreSQL refuses a query word of more than 2,046 bytes.
MAX_TOKEN = 64

_MARK = re.compile(f"[{MARKS}]")
# Letters that carry their mark within them, so that no normal form takes it off: Łódź, København, Đà Nẵng.
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ı": "i"})
_RUN = re.compile(rf"(?=\w)[{CJK}]|[^\W_{CJK}]+")
_WORD = re.compile(rf"(?=\w)[{CJK}]|(?:[^\W_{CJK}]|[{MARKS}])+(?:['’][sS](?![^\W_]))?")
_ITEM = re.compile(r'(-?)"([^"]*)(?:"|\Z)|(\S+)')

Phrase = tuple[str, ...]


class Span(NamedTuple):
    """One token and the place in the text that it came from."""

    token: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: every group must be met, by any of its phrases, and no excluded phrase may occur."""

    groups: tuple[tuple[Phrase, ...], ...] = ()
    excluded: tuple[Phrase, ...] = ()

    def __bool__(self) -> bool:
        """False where nothing is asked for; a query of exclusions alone asks for nothing."""
        return bool(self.groups)

    @property
    def joins(self) -> bool:
        """Whether several words must occur together."""
        return len(self.groups) > 1 or any(len(phrase) > 1 for phrase in self.phrases)

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """Every phrase that a match may show."""
        return tuple(phrase for group in self.groups for phrase in group)

    def to_fts5(self, columns: Sequence[str] = ()) -> str:
        """The query for FTS5's MATCH, its wanted part within `columns`; empty for an empty query."""
        if not self:
            return ""
        wanted = " AND ".join(_any(group, " OR ", _fts5) for group in self.groups)
        if columns:
            wanted = f"{{{' '.join(columns)}}} : ({wanted})"
        return f"({wanted}) NOT {_any(self.excluded, ' OR ', _fts5)}" if self.excluded else wanted

    def to_tsquery(self, weights: str = "") -> str:
        """The query for `to_tsquery('simple', …)`, its wanted part within lexemes of `weights`; empty for an empty query."""
        if not self:
            return ""
        parts = [_any(group, " | ", lambda phrase: _tsquery(phrase, weights)) for group in self.groups]
        if self.excluded:
            parts.append("!" + _any(self.excluded, " | ", _tsquery))
        return " & ".join(parts)


class Words(NamedTuple):
    """A text as it is counted (`text.count_words`), and as it is indexed."""

    number: int
    tokens: str


_NUMBER, _TOKENS = attrgetter("number"), attrgetter("tokens")


def words_of(text: str) -> Words:
    """A text, read once; no word reaches over white space, and what stands between is written again and again."""
    read = list(map(_READ.__getitem__, text.split()))
    return Words(sum(map(_NUMBER, read)), " ".join(filter(None, map(_TOKENS, read))))


def tokens(text: str) -> list[str]:
    """The words to index: without case, diacritics, possessive 's or English endings; Chinese and Japanese by the character.

    Tokens hold letters and digits only, so they need no escaping in either query language.
    """
    return indexable(text).split()


def indexable(text: str) -> str:
    """The text as both databases are given it to index: its tokens, with a space between them."""
    return words_of(text).tokens


def parse_query(q: str) -> Query:
    """What a reader means by `peace talks "red cross" minsk OR kyiv -sport`; any text at all is a query.

    Words must all occur, `OR` joins its two neighbours, quotes make a phrase, a hyphen excludes. A word that the analyser
    splits (`covid-19`) is a phrase. What comes after the 32nd term is left out.
    """
    groups: list[tuple[Phrase, ...]] = []
    excluded: list[Phrase] = []
    joining, terms = False, 0
    for match in _ITEM.finditer(q):
        if match[0] == "OR":
            joining = bool(groups)
            continue
        phrase = tuple(tokens(match[2] if match[3] is None else match[3]))[: MAX_TERMS - terms]
        if not phrase:
            continue
        terms += len(phrase)
        if match[0].startswith("-"):
            excluded.append(phrase)
        elif joining:
            groups[-1] += (phrase,)
        else:
            groups.append((phrase,))
        joining = False
    return Query(tuple(groups), tuple(excluded)) if groups else Query()


def highlight(text: str, query: Query, around: int | None = None) -> str:
    """The plain text as HTML with what matched in `<mark>`; with `around`, about that many characters near the first match."""
    marks = _matches(text, query)
    start, end = _window(text, marks, around)
    pieces, at = ["…"] if start else [], start
    for first, last in marks:
        if first >= start and last <= end:
            pieces += [escape(text[at:first], quote=False), f"<mark>{escape(text[first:last], quote=False)}</mark>"]
            at = last
    pieces.append(escape(text[at:end], quote=False))
    return "".join(pieces) + ("…" if end < len(text) else "")


def _spans(text: str) -> Iterator[Span]:
    for word in _WORD.finditer(text):
        for token in _READ[word[0]].tokens.split():
            yield Span(token, word.start(), word.end())


def _read(run: str) -> Words:
    return Words(count_words(run), " ".join(chain.from_iterable(map(_tokens_of, _WORD.findall(run)))))


_READ = Memo(_read, most=16_384, longest=MAX_TOKEN)


def _tokens_of(word: str) -> Phrase:
    """The tokens of one written word: nearly always one."""
    bare = re.sub("['’][sS]$", "", word)
    folded = normal("NFKD", normal("NFKD", bare).casefold())
    plain = normal("NFC", _MARK.sub("", folded).translate(_STROKES))
    return tuple(_stem(run)[:MAX_TOKEN] for run in _RUN.findall(plain))


def _stem(run: str) -> str:
    # A stemmer keeps the word it works on in itself, so threads may not share one.
    if not (run.isascii() and run.isalpha() and len(run) <= MAX_TOKEN):
        return run
    return str(Stemmer.Stemmer("english", 0).stemWord(run)) or run


def _fts5(phrase: Phrase) -> str:
    return f'"{" ".join(phrase)}"'


def _tsquery(phrase: Phrase, weights: str = "") -> str:
    lexemes = [f"{token}:{weights}" if weights else token for token in phrase]
    return lexemes[0] if len(lexemes) == 1 else f"({' <-> '.join(lexemes)})"


def _any(phrases: Sequence[Phrase], either: str, write: Callable[[Phrase], str]) -> str:
    written = [write(phrase) for phrase in phrases]
    return written[0] if len(written) == 1 else f"({either.join(written)})"


def _matches(text: str, query: Query) -> list[tuple[int, int]]:
    """Where the query's phrases stand in the text, in order, none overlapping."""
    spans = list(_spans(text))
    openings: dict[str, list[Phrase]] = {}
    for phrase in sorted(set(query.phrases), key=len, reverse=True):
        openings.setdefault(phrase[0], []).append(phrase)
    found: list[tuple[int, int]] = []
    for i, span in enumerate(spans):
        for phrase in openings.get(span.token, []):
            here = spans[i : i + len(phrase)]
            if tuple(each.token for each in here) == phrase and (not found or span.start >= found[-1][1]):
                found.append((span.start, here[-1].end))
    return found


def _window(text: str, marks: Sequence[tuple[int, int]], around: int | None) -> tuple[int, int]:
    """The part of the text to show, cut between words where a space is near."""
    if around is None or len(text) <= around:
        return 0, len(text)
    first, last = marks[0] if marks else (0, 0)
    start = max(0, min(first - max(0, around - (last - first)) // 2, len(text) - around))
    end = min(len(text), max(start + around, last))
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", max(last, start + 1), end)
        end = space if space > start else end
    return start, end
