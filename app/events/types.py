"""Every type of event there is, and the patterns by which they are chosen; a test holds it equal to what the log comes to hold."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

TYPES = tuple(
    """
    article.created article.updated article.published article.scheduled article.rescheduled article.unscheduled article.unpublished
    article.deleted article.restored article.taken_down article.purged article.discussion_changed article.stage_changed
    article.note_added article.note_deleted
    block.added block.edited block.moved block.deleted block.published
    section.created section.updated section.deleted
    list.created list.updated list.published list.scheduled list.unpublished list.deleted
    author.created author.updated author.deleted
    tag.created tag.updated tag.deleted
    comment.created comment.edited comment.held comment.approved comment.rejected comment.spam comment.deleted comment.erased comment.marked
    comment.shown comment.hidden comment.voted comment.recounted comment.reported comment.appealed comment.appeal_decided
    sanction.imposed sanction.lifted rule.created rule.updated rule.deleted
    comment_policy.updated
    word_list.created word_list.updated word_list.deleted
    preview_link.created preview_link.revoked
    key.created key.revoked key.forgotten
    webhook.created webhook.updated webhook.deleted webhook.disabled
    """.split()
)
FORGETTING = frozenset({"article.taken_down", "article.purged", "comment.erased"})
"""With these, earlier events of the same object lose what they told of it; what was read of them before must not be told any more."""
OBJECTS = tuple(dict.fromkeys(name.partition(".")[0] for name in TYPES))
PATTERN = r"^[a-z_]+\.([a-z_]+|\*)(,[a-z_]+\.([a-z_]+|\*)){0,49}$"
"""Types and patterns in a query: `article.published,comment.*`."""


@lru_cache(maxsize=1000)
def matching(pattern: str) -> frozenset[str]:
    """The types that a pattern means: `*`, all of an object (`article.*`), or one; none where there is no such type."""
    stem = pattern.removesuffix("*")
    return frozenset(name for name in TYPES if name == pattern or (pattern.endswith("*") and name.startswith(stem)))


def nearest(pattern: str) -> str | None:
    """The type or pattern that was meant, perhaps."""
    near = get_close_matches(pattern, [*TYPES, *_families(TYPES)], n=1)
    return near[0] if near else None


def _families(types: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in types))
