"""Which parts of an article were asked for, with `include` and `fields`; a name that is none is told, with the one that is near."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from app.articles.filters import values
from app.articles.schemas import Article, ArticleDraft, ArticleSummary
from app.core.errors import Fault

INCLUDABLE = ("body", "body_html", "body_text", "comments", "related")
OF_ONE = ("translations",)
"""What only a whole article can include."""
_ADDED = {
    "body": ("body", "outline"), "body_html": ("body_html",), "body_text": ("body_text",), "comments": (), "related": ("related",),
    "translations": ("translations",),
}  # fmt: skip
_PAGE_ONLY = {*Article.model_fields} - {*ArticleSummary.model_fields} | {"body_source"}
_FREE = {"body", "outline", "comments", "corrections", "highlight", "body_source", "related", "translations"}
"""Fields whose inside is not known beforehand, or depends on `include`."""


def read_include(text: str | None, faults: list[Fault], *, whole: bool) -> list[str]:
    """The names in `include`, those that are unknown as faults: in a list unless it is a `whole` article."""
    names, known = values(text or ""), INCLUDABLE + (OF_ONE if whole else ())
    faults += [unknown("include", name, known) for name in names if name not in known]
    return names


PRESENT = ("comments",)
"""What `include` adds as it is now, and is not kept of moments past."""


def faults_as_of(view: str, include: Sequence[str]) -> list[Fault]:
    """What does not go with `as_of`."""
    faults = [Fault("as_of", f"`include={name}` does not go with `as_of`.", parameter="include") for name in include if name in PRESENT]
    return faults + ([] if view == "published" else [Fault("as_of", "It does not go with `as_of`.", parameter="view")])


def read_fields(text: str | None, faults: list[Fault], *, view: str, whole: bool, include: Sequence[str]) -> list[str]:
    """The names in `fields`, as faults those that this answer does not have: of a list unless it is a `whole` article."""
    names = values(text or "")
    if names:
        known = _known(view, include, whole=whole)
        faults += [unknown("fields", name, known) for name in names if name not in known and name.partition(".")[0] not in known & _FREE]
    return names


def _known(view: str, include: Sequence[str], *, whole: bool) -> set[str]:
    model = ArticleDraft if view == "draft" else Article
    tops = {*model.model_fields} - (set() if whole else _PAGE_ONLY)
    tops |= {added for name in include for added in _ADDED.get(name, ())}
    shapes: Mapping[str, Any] = {name: field.annotation for name, field in model.model_fields.items() if name in tops - _FREE}
    return tops | {f"{name}.{inner}" for name, shape in shapes.items() for inner in _inner(shape)}


def _inner(shape: Any) -> Iterator[str]:
    """The names of the fields of the object, or of each object in the list, that `shape` annotates."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        yield from shape.model_fields
    for part in get_args(shape):
        yield from _inner(part)


def unknown(parameter: str, name: str, known: Collection[str]) -> Fault:
    """The fault of naming what is not there."""
    near = next(iter(difflib.get_close_matches(name, known, n=1)), None)
    hint = f"Did you mean '{near}'?" if near else f"Known are: {', '.join(sorted(known))}."
    return Fault("unknown", f"'{name[:60]}' is unknown here. {hint}", parameter=parameter, suggestion=near)
