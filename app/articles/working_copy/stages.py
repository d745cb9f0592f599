"""Who may move an article from which stage to which: the one table. A working copy is drafted, reviewed and approved, then published.

The stage belongs to the content of the working copy. While readers see an article, `status` says so, and the stage how far what is to come
is; an edit of what was approved makes it a draft again, since what is approved is one text and no other.
"""

from dataclasses import dataclass

from app.access.bounds import bounds
from app.articles.errors import ApprovalNeeded
from app.articles.models import Article
from app.articles.schemas import STAGES


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table: the move, the scope that it takes, and what it means. `strict` rows hold where publishing needs approval."""

    start: str
    to: str
    scope: str
    meaning: str
    strict: bool | None = None


MOVES = (
    Move("draft", "in_review", "articles:write", "It is written, and somebody else shall look at it."),
    Move("draft", "approved", "articles:approve", "It may be published as it is, without a review."),
    Move("in_review", "draft", "articles:write", "It is taken back, or returned to its author."),
    Move("in_review", "approved", "articles:approve", "It may be published as it is."),
    Move("approved", "in_review", "articles:approve", "Somebody shall look at it once more."),
    Move("approved", "draft", "articles:write", "It is worked on again; any edit does this by itself."),
    Move("approved", "published", "articles:publish", "Readers see it, now or from a moment on (`scheduled`)."),
    Move("draft", "published", "articles:publish", "The same, without approval.", strict=False),
    Move("in_review", "published", "articles:publish", "The same, without approval.", strict=False),
    Move("draft", "published", "articles:publish_unapproved", "The same, where publishing needs approval.", strict=True),
    Move("in_review", "published", "articles:publish_unapproved", "The same, where publishing needs approval.", strict=True),
)
"""`published` stands for publications: `POST …/publish` makes them, and asks for `articles:publish` in any case."""


def moves_from(start: str) -> list[Move]:
    """The moves between stages that lead away from `start`."""
    return [move for move in MOVES if move.start == start and move.to in STAGES]


def find_move(start: str, to: str) -> Move | None:
    """The move from one stage to another; None where there is none."""
    return next((move for move in moves_from(start) if move.to == to), None)


def refuse_unapproved(article: Article) -> None:
    """Raise where the article is to be published, is not approved, and the caller may not publish without."""
    if article.stage != "approved" and bounds().needs_approval:
        raise ApprovalNeeded(
            f"It is {article.stage.replace('_', ' ')}.", stage=article.stage,
            moves=[{"to": move.to, "scope": move.scope} for move in moves_from(article.stage)],
        )  # fmt: skip
