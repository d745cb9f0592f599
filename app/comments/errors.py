"""How comments refuse."""

from typing import Any, ClassVar

from app.core.errors import Problem


class CommentNotFound(Problem):
    """There is no such comment, or none that readers may see.

    It may be held, rejected or deleted, or stand under one that is, or its article is not public. A held comment is
    shown to the guest who sends the `claim_token` of its answer as `X-Claim-Token`, to the member who wrote it, and to keys
    with `comments:read` or `comments:moderate`.
    """

    status, title = 404, "There is no such comment"


class CommentsClosed(Problem):
    """The article takes no comments.

    `reason` says why: `closed` by the newsroom, `expired` at `closes_at`, `quiet` until `opens_at`, `disabled`, or `locked`
    where only this branch of it is. Comments that stand there can still be read, unless they are disabled. `comments.status`
    in the article tells beforehand whether to show a form, `/v1/articles/{ref}/comment-policy` all that the form needs, and
    `locked` in a comment whether it can be answered.
    """

    status, title = 409, "The discussion is closed"
    example: ClassVar[dict[str, Any]] = {"reason": "quiet", "closes_at": None, "opens_at": "2026-02-28T06:00:00Z"}


class MembersOnly(Problem):
    """Here only members of the site comment, or vote.

    `authors` and `voters` in `/v1/articles/{ref}/comment-policy` tell so beforehand.
    """

    status, title = 403, "Only members comment here"


class EditingOver(Problem):
    """A comment can no longer be edited by whoever wrote it.

    Its discussion sets how long that is possible: `edit_minutes` in its policy, from when it was posted. It cannot be edited either once a
    moderator has rejected it. It can still be deleted.
    """

    status, title = 409, "The comment can no longer be edited"


class ErasureNotFound(Problem):
    """Nobody has asked for such an erasure.

    `POST /v1/people/erasures` answers with the id of one.
    """

    status, title = 404, "There is no such erasure"


class CommentDeleted(Problem):
    """The comment was deleted, and that is final: it can be neither edited nor approved.

    Whoever withdrew their words may rely on it.
    """

    status, title = 409, "The comment is deleted"


class VoteRefused(Problem):
    """The vote is not taken.

    `reason` says why: `none` where the discussion has no votes, `up` where it has none against a comment, `own` where a member votes for
    what they wrote themselves, and `unknown` where nothing tells the voter from others: a request with a key votes for nobody.
    """

    status, title = 409, "The vote is not taken"
    example: ClassVar[dict[str, Any]] = {"reason": "up"}
