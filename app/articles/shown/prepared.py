"""The prepared text of a publication: what stays is written as JSON once, and what moves by itself is put into its holes.

A publication is never rewritten, but three things in its answer move without it: where its section stands (`path`), what the sections,
authors and tags are called, and its discussion. For these the text has holes, marked by a character that no JSON text holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from app.articles import records
from app.articles.models import Publication
from app.articles.records import References
from app.body import outline as bodies
from app.discussion.rules import Stand
from app.events.versions import Content

_HOLE = "\x1e"
_NAMES = ("section", "other_sections", "breadcrumbs", "authors", "tags")
"""The fields whose values are names of other objects. They stand together: one hole, where the first of them is."""


@dataclass(frozen=True, slots=True)
class Refs:
    """What a publication refers to, by ids on the wire: the section that makes its address, further ones, authors with roles, tags."""

    home: str | None
    others: Sequence[str]
    authors: Sequence[Sequence[str]]
    tags: Sequence[str]

    @classmethod
    def read(cls, text: str) -> "Refs":
        """As it is kept with the publication."""
        return cls(*from_json(text))

    @classmethod
    def of(cls, content: Content) -> "Refs":
        """What the content of a working copy refers to."""
        others = [ref for ref in content["other_sections"] if ref != content["section"]]
        return cls(content["section"], others, [(one["author"], one["role"]) for one in content["authors"]], content["tags"])

    def all(self) -> list[str]:
        """Every id that it names."""
        home = [] if self.home is None else [self.home]
        return [*home, *self.others, *(author for author, _ in self.authors), *self.tags]

    def content(self) -> Content:
        """The same as the content of a working copy has it."""
        authors = [{"author": author, "role": role} for author, role in self.authors]
        return {"section": self.home, "other_sections": self.others, "authors": authors, "tags": self.tags}

    def text(self) -> str:
        """The form in which it is kept."""
        return _json([self.home, self.others, self.authors, self.tags])


NO_REFS = Refs(None, (), (), ())


def prepare(row: Publication, refs: Refs) -> None:
    """Write the prepared text of a publication into it."""
    row.item, row.outline, row.refs = _item(row), _json(bodies.outline(row.body)), refs.text()


def _item(row: Publication) -> str:
    record = records.published(row, References(), {})
    left_out = (*_NAMES[1:], "highlight")
    return "{" + ",".join(_field(name, value, row.slug) for name, value in record.items() if name not in left_out)


def _field(name: str, value: Any, slug: str) -> str:
    if name == "path":
        return f'"path":"{_HOLE}/{slug}"'
    if name == _NAMES[0]:
        return _HOLE
    return f'"{name}":{_HOLE if name == "comments" else _json(value)}'


def fill(item: str, path: str, names: str, discussion: str) -> str:
    """The list item with its holes filled, open at its end: `closed` or `paged` ends it."""
    start, middle, end, rest = item.split(_HOLE)
    return f"{start}{path}{middle}{names}{end}{discussion}{rest}"


def closed(item: str) -> str:
    """A filled list item as one JSON object."""
    return item + ',"highlight":null}'


def paged(item: str, body: str, outline: str, corrections: str | None, live: str = "null") -> str:
    """A filled list item with what the whole article adds, as one JSON object."""
    return f'{item},"highlight":null,"body":{body},"outline":{outline},"corrections":{corrections or "[]"},"live":{live}}}'


def discussion(count: int, stand: Stand) -> str:
    """A discussion with so many comments, as it stands, as JSON."""
    return _json(records.comments(count, stand))


def names(home: str, others: Sequence[str], crumbs: str, authors: Sequence[str], tags: Sequence[str]) -> str:
    """The names that an article shows, out of JSON texts, as the fields of its record."""
    return (
        f'"section":{home},"other_sections":[{",".join(others)}],"breadcrumbs":{crumbs},'
        f'"authors":[{",".join(authors)}],"tags":[{",".join(tags)}]'
    )


def _json(value: Any) -> str:
    return to_json(value).decode()
