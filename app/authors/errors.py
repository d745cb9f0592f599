"""How authors refuse."""

from app.core.errors import Problem


class AuthorNotFound(Problem):
    """There is no such author. Authors are named by id (`aut_…`) or by slug; a former slug, or that of a merged author, leads on."""

    status, title = 404, "There is no such author"
