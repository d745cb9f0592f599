"""How word lists refuse."""

from app.core.errors import Problem


class WordListNotFound(Problem):
    """There is no word list with this id."""

    status, title = 404, "There is no such word list"


class RuleNotFound(Problem):
    """There is no rule with this id."""

    status, title = 404, "There is no such rule"
