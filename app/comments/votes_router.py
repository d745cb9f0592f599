"""Where readers vote for comments, and see how they have voted."""

from typing import Any

from fastapi import Request, Response

from app.comments import schemas, votes, votes_schemas, voting
from app.comments.errors import CommentNotFound, CommentsClosed, MembersOnly, VoteRefused
from app.comments.guards import CommentId, UnderArticle
from app.comments.votes import DOWN, UP
from app.core import ids
from app.core.caching import PRIVATE
from app.core.errors import ValidationFailed
from app.core.http import AppSettings, Reader, Router, Writer, answer, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.readers.errors import Sanctioned
from app.readers.guards import Participant

_REFUSALS = problems(CommentNotFound, CommentsClosed, MembersOnly, VoteRefused, Sanctioned, ValidationFailed)
_VALUES: dict[votes_schemas.Choice, int] = {"up": UP, "down": DOWN}

router = Router(prefix="/v1", tags=["comments"])


@router.put("/comments/{comment_id}/vote", response_model=votes_schemas.Voted, responses=_REFUSALS)
async def vote_for_comment(comment_id: CommentId, order: votes_schemas.VoteCast, voice: Participant, session: Writer) -> Response:
    """Vote for a comment, or against it: one vote for each member, and for each address that guests come from. Safe to repeat."""
    comment = await voting.vote(session, schemas.uuid_of(comment_id), _VALUES[order.vote], who=voice.who)
    return answer(_voted(comment, order.vote), headers=PRIVATE)


@router.delete("/comments/{comment_id}/vote", response_model=votes_schemas.Voted, responses=_REFUSALS)
async def withdraw_vote(comment_id: CommentId, voice: Participant, session: Writer) -> Response:
    """Take your vote back. Where there is none, nothing changes."""
    comment = await voting.withdraw(session, schemas.uuid_of(comment_id), who=voice.who)
    return answer(_voted(comment, None), headers=PRIVATE)


@router.get("/me/votes", response_model=votes_schemas.OwnVotes)
async def list_own_votes(
    request: Request, voice: Participant, session: Reader, settings: AppSettings, article: UnderArticle = None, limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:  # fmt: skip
    """List your own votes, perhaps under one `article`: what a front end marks in a thread that it shows to everybody alike."""
    pager = Pager(settings.signing_key, f"votes:{voice.who.voter}:{article}")
    within = None if article is None else ids.decode("art", article)
    position = None if cursor is None else pager.decode(cursor)
    rows = await votes.votes_of(session, voice.who, within, position, limit + 1)
    page = cut(rows, limit, pager, lambda row: [row.article_id, row.comment_id])
    return private_list_answer(request, page.wire([votes_schemas.vote_out(row) for row in page.rows]))


def _voted(comment: Any, choice: votes_schemas.Choice | None) -> dict[str, Any]:
    return {
        "comment": schemas.comment_id(comment.id), "vote": choice, "votes": {"up": comment.up_votes, "down": comment.down_votes},
    }  # fmt: skip
