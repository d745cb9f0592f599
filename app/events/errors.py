"""How the log refuses."""

from typing import Any, ClassVar

from app.core.errors import Problem


class ChangesGone(Problem):
    """The log does not reach back to where you want to go on: what is older than `DATELINE_LOG_RETENTION_DAYS` was forgotten.

    Begin anew: take everything from `restart`, whose first line tells a `seq`, and follow the changes since that. `floor` is the least
    `since` that can still be asked for. Of the comments of one article `restart` is their list; what was changed while readers did not see
    the article cannot be followed either.
    """

    status, title = 410, "These changes were forgotten"
    example: ClassVar[dict[str, Any]] = {"restart": "/v1/export", "floor": 120_000}
