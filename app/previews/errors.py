"""How previews refuse."""

from app.core.errors import Problem


class PreviewNotFound(Problem):
    """The link shows nothing: it never was one, has expired or was revoked, its article is in the trash, or its revision is kept no more.

    Which of these it is, is not told. Ask whoever gave it to you for another.
    """

    status, title = 404, "There is no such preview"
