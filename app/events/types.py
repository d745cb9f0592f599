"""Every type of event there is, and the patterns by which they are chosen."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

TYPES = (
    "article.created", "article.updated", "article.published", "article.scheduled", "article.unpublished", "article.deleted",
    "article.restored", "article.discussion_changed",
    "section.created", "section.updated", "section.deleted",
    "author.created", "author.updated", "author.deleted",
    "tag.created", "tag.updated", "tag.deleted",
    "comment.created", "comment.edited", "comment.approved", "comment.rejected", "comment.spam", "comment.deleted",
    "comment.shown", "comment.hidden",
    "key.created", "key.revoked",
)  # fmt: skip
PATTERN = r"^[a-z_]+\.([a-z_]+|\*)(,[a-z_]+\.([a-z_]+|\*)){0,49}$"
"""Types and patterns in a query: `article.published,comment.*`."""


def matching(pattern: str) -> Collection[str]:
    """The types that `pattern` names: one type, or with `*` all of one kind of object; none where there is no such type."""
    kind, _, verb = pattern.partition(".")
    return [name for name in TYPES if name == pattern or (verb == "*" and name.partition(".")[0] == kind)]


def nearest(pattern: str) -> str | None:
    """The type or pattern that was meant, perhaps."""
    near = get_close_matches(pattern, [*TYPES, *_families(TYPES)], n=1)
    return near[0] if near else None


def _families(types: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in types))
