"""Every type of event there is; a test holds it equal to what the log holds after everything has happened."""

from functools import lru_cache

TYPES = tuple(
    """
    article.created article.updated article.published article.scheduled article.unpublished article.deleted article.restored
    article.discussion_changed
    section.created section.updated section.deleted
    author.created author.updated author.deleted
    tag.created tag.updated tag.deleted
    comment.created comment.edited comment.approved comment.rejected comment.spam comment.deleted
    key.created key.revoked key.forgotten
    webhook.created webhook.updated webhook.deleted webhook.disabled
    """.split()
)
OBJECTS = tuple(dict.fromkeys(name.partition(".")[0] for name in TYPES))


@lru_cache(maxsize=1000)
def matching(pattern: str) -> frozenset[str]:
    """The types that a pattern means: `*`, all of an object (`article.*`), or one."""
    stem = pattern.removesuffix("*")
    return frozenset(name for name in TYPES if name == pattern or (pattern.endswith("*") and name.startswith(stem)))
