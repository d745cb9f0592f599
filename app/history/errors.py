"""How history refuses."""

from app.core.errors import Problem


class RevisionNotFound(Problem):
    """The article never had this version, or what it was then is forgotten.

    `GET /v1/articles/{ref}/revisions` lists what is known.

    The operator may set how long revisions are kept (`DATELINE_REVISION_RETENTION_DAYS`), and how many
    (`DATELINE_REVISION_RETENTION_COUNT`).
    """

    status, title = 404, "There is no such revision"
