"""What binds a caller beside scopes: the sections that a key keeps to. Noted once a request, asked wherever an article is touched."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from app.core import context, ids
from app.core.database import ReadSession

CONFINED = frozenset(
    {
        "articles:read", "articles:write", "articles:html", "articles:publish", "articles:preview",
        "articles:approve", "articles:publish_unapproved",
        "comments:read", "comments:write", "comments:moderate",
    }
)  # fmt: skip
"""The scopes that mean one article at a time. Any other reaches the whole newsroom, and no key that keeps to sections can have it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a caller may work on articles, and whether they publish only what is approved.

    `sections` are taken with everything below them; None is everywhere.
    """

    sections: frozenset[UUID] | None = None
    needs_approval: bool = False


_NONE = Bounds()


def bounds() -> Bounds:
    """What binds the caller of the request at hand; nothing binds the house itself."""
    return context.passage.get().bounds or _NONE


def bind(sections: Collection[Any] | None, *, needs_approval: bool) -> None:
    """Note what binds the caller of the request at hand."""
    context.passage.get().bounds = Bounds(None if sections is None else sections_of(sections), needs_approval)


def sections_of(refs: Iterable[Any]) -> frozenset[UUID]:
    """The sections that a key names."""
    return frozenset(one for text in refs if (one := ids.decode("sec", text)) is not None)


class Tree(Protocol):
    """The site's sections, which stand a floor above keys."""

    async def find(self, session: ReadSession, refs: Collection[str]) -> Mapping[str, str]:
        """The ids on the wire behind `refs`; what is unknown is missing."""


_trees: list[Tree] = []


def install(tree: Tree) -> None:
    """Let keys be made for sections of `tree`; done by whoever puts the service together."""
    _trees[:] = [tree]


async def find_sections(session: ReadSession, refs: Collection[str]) -> Mapping[str, str]:
    """The ids on the wire of the sections that a key is to keep to."""
    return await _trees[0].find(session, refs)
