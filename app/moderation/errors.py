"""How moderation refuses."""

from typing import Any, ClassVar

from app.core.errors import Problem


class BatchNotFound(Problem):
    """There is no batch of decisions with this id, or none about comments that your key reaches.

    A batch that changed nothing, and settled no report, has no id.
    """

    status, title = 404, "There is no such batch"


class CommentLeased(Problem):
    """Somebody else looks at the comment just now.

    `holder` names their key, and `until` says when the lease ends by itself. Whoever must not wait takes it over, with `"take_over": true`.
    """

    status, title = 409, "Somebody else looks at it"
    example: ClassVar[dict[str, Any]] = {"detail": "Until 2026-02-28T16:15:00Z it is with night desk.", "holder": "night desk"}


class NothingToAppeal(Problem):
    """No decision stands against the comment: it is shown, or waits for a moderator, or was taken back by whoever wrote it."""

    status, title = 409, "There is nothing to appeal against"


class AppealMade(Problem):
    """There was an appeal about this comment already, and there is one. What becomes of it stands in the comment's decision."""

    status, title = 409, "The appeal was made already"


class AppealNotFound(Problem):
    """Nobody appealed about this comment."""

    status, title = 404, "There is no such appeal"


class AppealDecided(Problem):
    """The appeal was decided already, and that is final. The comment itself can still be moderated like any other."""

    status, title = 409, "The appeal is decided"


class AppealForAnother(Problem):
    """You decided first about the comment, so somebody else decides about the appeal: another key that may moderate there.

    Where a newsroom wants it otherwise, it sets `DATELINE_APPEALS_BY_ANOTHER=false`. Where no other key may moderate there, nobody has to.
    """

    status, title = 403, "Somebody else decides about this appeal"


class SanctionNotFound(Problem):
    """There is no sanction with this id."""

    status, title = 404, "There is no such sanction"
