"""How curated lists refuse."""

from app.core.errors import Problem


class ListNotFound(Problem):
    """There is no such list, or none that readers may see at this moment.

    The working copy is asked for with `view=draft`, and a key with the scope `articles:read`.
    """

    status, title = 404, "There is no such list"


class ListItemNotFound(Problem):
    """The article is not among the items of the list's working copy. What fills its places by the rule is no item."""

    status, title = 404, "The list has no such item"
