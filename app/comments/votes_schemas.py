"""Votes on the wire: what a reader thinks of a comment, and everything they voted for."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from app.comments.schemas import Votes, comment_id
from app.core import ids
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant

Choice = Literal["up", "down"]
_COMMENT = ids.encode("cmt", ids.EXAMPLE)
_ARTICLE = ids.encode("art", ids.EXAMPLE)


class VoteCast(Input):
    """What a reader thinks of a comment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"vote": "up"}]})

    vote: Choice = Field(description="`up` or `down`; it takes the place of the vote before.", examples=["up"])


class Voted(Output):
    """A reader's vote, and what it makes of the comment's votes."""

    comment: str = Field(examples=[_COMMENT])
    vote: Choice | None = Field(description="Your vote; null where you have none any more.", examples=["up"])
    votes: Votes


class OwnVote(Output):
    """One of your votes."""

    comment: str = Field(examples=[_COMMENT])
    article: str = Field(description="The article under which the comment stands.", examples=[_ARTICLE])
    vote: Choice = Field(examples=["up"])
    at: Instant


class OwnVotes(Output):
    """Your votes, an article behind the other."""

    data: list[OwnVote]
    page: PageInfo


def vote_out(row: Any) -> dict[str, Any]:
    """A vote on the wire, for whoever cast it."""
    return {
        "comment": comment_id(row.comment_id),
        "article": ids.encode("art", row.article_id),
        "vote": "up" if row.value > 0 else "down",
        "at": wire_instant(row.at),
    }
