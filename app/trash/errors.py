"""How the trash refuses."""

from app.core.errors import Problem


class ArticleNotInTrash(Problem):
    """Only what is in the trash can be purged: `DELETE` the article first, so that nobody loses by one call what they still see."""

    status, title = 409, "The article is not in the trash"
