"""How the workflow refuses."""

from typing import Any, ClassVar

from app.core.errors import Problem


class StageMoveImpossible(Problem):
    """No move leads from the article's stage to the one that was asked for. `moves` lists those that do, each with the scope it takes.

    The table of all moves stands in the reference of the workflow.
    """

    status, title = 409, "The article cannot be moved there"
    example: ClassVar[dict[str, Any]] = {
        "detail": "It is approved.", "stage": "approved", "moves": [{"to": "in_review", "scope": "articles:approve"}],
    }  # fmt: skip


class NoteNotFound(Problem):
    """The article has no note with this id."""

    status, title = 404, "There is no such note"
