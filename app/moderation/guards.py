"""What stands before the endpoints of moderation: who may come in, and what a queue may be asked for."""

from typing import Annotated

from fastapi import Depends, Path, Query, Security

from app.access.guards import Caller, find_caller, require
from app.comments.guards import may_see_hidden
from app.comments.schemas import STATUSES_PATTERN
from app.core import ids
from app.core.schemas import Instant
from app.core.text import line
from app.moderation import schemas
from app.moderation.queries import Sought


async def _may_watch(caller: Annotated[Caller, Security(find_caller, scopes=["comments:read", "comments:moderate"])]) -> Caller:
    if not may_see_hidden(caller):
        caller.demand("comments:read")
    return caller


Moderator = Annotated[Caller, Depends(require("comments:moderate"))]
Watcher = Annotated[Caller, Depends(_may_watch)]

BatchId = Annotated[
    str, Path(pattern=ids.pattern("bat"), max_length=40, description="The batch's id.", examples=[ids.encode("bat", ids.EXAMPLE)])
]
_Statuses = Annotated[
    str,
    Query(
        max_length=100, pattern=STATUSES_PATTERN, description="States, separated by commas.", examples=["pending,spam"],
    ),
]  # fmt: skip
_Articles = Annotated[
    str | None,
    Query(
        max_length=31 * schemas.MOST_ARTICLES, pattern=schemas.ARTICLES_PATTERN,
        description=f"Only under these articles: at most {schemas.MOST_ARTICLES} ids, separated by commas.",
        examples=[ids.encode("art", ids.EXAMPLE)],
    ),
]  # fmt: skip
_InSection = Annotated[
    str | None,
    Query(
        max_length=500, pattern="^[A-Za-z0-9_/-]+$", examples=["world"],
        description="Only under articles that stand in this section or below it: its id, path or slug.",
    ),
]  # fmt: skip
_Author = Annotated[str | None, line(80), Query(description="Only under this name, written just so.", examples=["A reader"])]
_Since = Annotated[Instant | None, Query(alias="created_at[gte]", description="Written at this moment or later.")]
_Before = Annotated[Instant | None, Query(alias="created_at[lt]", description="Written before this moment.")]
_Sort = Annotated[schemas.Sort, Query(description="By the time of writing.")]


async def seek(
    status: _Statuses = "pending", article: _Articles = None, section: _InSection = None, author: _Author = None, since: _Since = None,
    before: _Before = None, sort: _Sort = "oldest",
) -> Sought:  # fmt: skip
    """What the parameters look for; filters combine."""
    articles = None if article is None else tuple(found for text in article.split(",") if (found := ids.decode("art", text)) is not None)
    return Sought(tuple(sorted(set(status.split(",")))), articles, section, author, since, before, sort)


Queue = Annotated[Sought, Depends(seek)]
