"""What people send and get of comments of their own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from app.comments.schemas import BODY, Body, Comment, Replies, moderated_out
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant


class OwnUpdate(Input):
    """What its author changes about a comment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"body": "I was on that ferry, and it was late."}]})

    body: Body = Field(description=BODY, examples=["I was on that ferry, and it was late."])


class WrittenComment(Comment):
    """A comment, with the text as it was sent."""

    replies: Replies = Field(description="None: they are asked for by the cursor in it.")
    body: str | None = Field(description="The text as it was sent; null where it was deleted.")


class OwnComment(WrittenComment):
    """A comment, as whoever wrote it sees it."""

    editable_until: Instant | None = Field(description="Until when you may edit it; null where you may not, or no more.")


class OwnPage(Output):
    """What you have written, the newest first."""

    data: list[WrittenComment]
    page: PageInfo


def own_out(row: Any, replies: Mapping[str, Any], until: datetime | None) -> dict[str, Any]:
    """A comment on the wire, as its author sees it, who may edit it `until` then."""
    return {**moderated_out(row, replies), "editable_until": None if until is None else wire_instant(until)}
