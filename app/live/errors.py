"""How live coverage refuses."""

from app.core.errors import Problem


class BlockNotFound(Problem):
    """The article has no block with this id, or none that readers may see at this moment. `GET …/blocks` lists those there are.

    The blocks of the working copy are asked for with `view=draft`, and a key with the scope `articles:read`.
    """

    status, title = 404, "The article has no such block"


class BlockIdTaken(Problem):
    """The live blog has a block with this `id`, or had an update that was deleted. Leave `id` out, and one is made."""

    status, title = 409, "The id of the block is taken"


class NotALiveBlog(Problem):
    """Updates are posted to articles whose `kind` is `live_blog`, and this is none.

    Change its `kind`; or change its blocks through `PATCH /v1/articles/{ref}` and `…/sections`.
    """

    status, title = 409, "The article is no live blog"
