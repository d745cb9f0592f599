"""How moderation refuses."""

from typing import Any, ClassVar

from app.core.errors import Problem


class BatchNotFound(Problem):
    """There is no batch of decisions with this id, or none about comments that your key reaches.

    A batch that changed nothing has no id.
    """

    status, title = 404, "There is no such batch"


class CommentLeased(Problem):
    """Somebody else looks at the comment just now.

    `holder` names their key, and `until` says when the lease ends by itself. Whoever must not wait takes it over, with `"take_over": true`.
    """

    status, title = 409, "Somebody else looks at it"
    example: ClassVar[dict[str, Any]] = {"detail": "Until 2026-02-28T16:15:00Z it is with night desk.", "holder": "night desk"}
