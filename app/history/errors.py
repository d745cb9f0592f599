"""How history refuses."""

from app.core.errors import Problem


class RevisionNotFound(Problem):
    """The article never had this version, or what it was then is forgotten. `GET /v1/articles/{ref}/revisions` lists what is known."""

    status, title = 404, "There is no such revision"
