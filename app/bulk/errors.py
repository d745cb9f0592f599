"""How a bulk refuses."""

from typing import Any, ClassVar

from app.core.errors import Problem


class BulkUndone(Problem):
    """An operation of an atomic bulk was refused, so none of them was kept.

    `failed` is the place of the first that was; `answers` has what each was answered, or would have been: of those behind it, as they would
    be without it. Mend what they say and send the whole again, or send it with `"atomic": false`.
    """

    status, title = 409, "One operation was refused, and none was kept"
    example: ClassVar[dict[str, Any]] = {
        "detail": "Operation 0 was answered 404.", "failed": 0,
        "errors": [{"code": "article-not-found", "detail": "There is no article 7.", "pointer": "#/operations/0"}],
        "answers": [{"status": 404, "headers": {}, "body": {"code": "article-not-found"}, "omitted": False}],
    }  # fmt: skip
