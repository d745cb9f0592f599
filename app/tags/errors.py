"""How tags refuse."""

from app.core.errors import Problem


class TagNotFound(Problem):
    """There is no such tag. Tags are named by id (`tag_…`) or by slug; a former slug, or that of a merged tag, leads on."""

    status, title = 404, "There is no such tag"
