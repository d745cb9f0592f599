"""How the log refuses."""

from typing import Any, ClassVar

from app.core.errors import Problem


class ChangesGone(Problem):
    """The log does not hold what follows the place from which you want to go on.

    What is older than `DATELINE_LOG_RETENTION_DAYS` was forgotten; or the database was restored from a backup, and the log has not come so
    far. Begin anew: take everything from `restart`, whose first line tells a `seq`, and follow the changes since that. `floor` is the least
    `since` that can still be asked for. Of the comments of one article `restart` is their list; what was changed while readers did not see
    the article cannot be followed either.
    """

    status, title = 410, "These changes were forgotten"
    example: ClassVar[dict[str, Any]] = {"restart": "/v1/export", "floor": 120_000}
