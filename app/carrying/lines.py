"""Lines of JSON, one a comment: what `dateline comments export` writes, and what is easily made of anything else."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from pydantic_core import from_json, to_json

from app.carrying.kind import Entry, entry_of
from app.comments.schemas import GONE, comment_id
from app.core import ids
from app.core.schemas import wire_instant

_LONGEST_LINE = 1_000_000


def read(file: BinaryIO) -> Iterator[Entry]:
    """Every comment of the file, one at a time; a line that is none says why. Empty lines are nothing."""
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            yield entry_of(number, from_json(line))
        except ValueError as error:
            yield Entry(number, None, f"it is no JSON ({error})")


def written(row: Any) -> bytes:
    """A comment as a line."""
    gone = row.status in GONE
    return to_json({
        "id": comment_id(row.id),
        "source": row.source,
        "external_id": row.external_id,
        "article": ids.encode("art", row.article_id),
        "article_slug": row.slug,
        "parent": None if row.parent_id is None else comment_id(row.parent_id),
        "reply_to": None if row.reply_to_id is None else comment_id(row.reply_to_id),
        "author": None if gone else {"name": row.author_name, "kind": row.author_kind, "badge": row.author_badge},
        "body": None if gone else row.body,
        "status": "deleted" if gone else row.status,
        "open": row.open if gone else None,
        "created_at": wire_instant(row.created_at),
        "edited_at": None if row.edited_at is None else wire_instant(row.edited_at),
        "votes": {"up": row.up_votes, "down": row.down_votes},
    }) + b"\n"  # fmt: skip
