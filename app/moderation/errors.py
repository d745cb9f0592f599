"""How moderation refuses."""

from app.core.errors import Problem


class BatchNotFound(Problem):
    """There is no batch of decisions with this id, or none about comments that your key reaches.

    A batch that changed nothing has no id.
    """

    status, title = 404, "There is no such batch"
