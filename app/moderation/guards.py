"""What stands before the endpoints of moderation: who may come in, and what a queue may be asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Security

from app.access.guards import Caller, find_caller, require
from app.comments.guards import may_see_hidden
from app.comments.schemas import STATUSES_PATTERN
from app.core import ids
from app.core.schemas import Instant
from app.core.text import line
from app.moderation import schemas
from app.moderation.queries import Sought, Wanted


async def _may_watch(caller: Annotated[Caller, Security(find_caller, scopes=["comments:read", "comments:moderate"])]) -> Caller:
    if not may_see_hidden(caller):
        caller.demand("comments:read")
    return caller


Administrator = Annotated[Caller, Depends(require("comments:admin"))]
Moderator = Annotated[Caller, Depends(require("comments:moderate"))]
Watcher = Annotated[Caller, Depends(_may_watch)]

BatchId = Annotated[
    str, Path(pattern=ids.pattern("bat"), max_length=40, description="The batch's id.", examples=[ids.encode("bat", ids.EXAMPLE)])
]
_Statuses = Annotated[
    str | None,
    Query(
        max_length=100, pattern=STATUSES_PATTERN,
        description="States, separated by commas; `pending` where left out, and `approved` with `reported`.", examples=["pending,spam"],
    ),
]  # fmt: skip
InArticles = Annotated[
    str | None,
    Query(
        max_length=31 * schemas.MOST_ARTICLES, pattern=schemas.ARTICLES_PATTERN,
        description=f"Only under these articles: at most {schemas.MOST_ARTICLES} ids, separated by commas.",
        examples=[ids.encode("art", ids.EXAMPLE)],
    ),
]  # fmt: skip
InSection = Annotated[
    str | None,
    Query(
        max_length=500, pattern="^[A-Za-z0-9_/-]+$", examples=["world"],
        description="Only under articles that stand in this section or below it: its id, path or slug.",
    ),
]  # fmt: skip
_Author = Annotated[str | None, line(80), Query(description="Only under this name, written just so.", examples=["A reader"])]
_Signal = Annotated[
    str | None,
    Query(max_length=64, pattern="^[a-z0-9_:-]+$", description="Only those of which this check said something.", examples=["links"]),
]
_AuthorOf = Annotated[
    str | None,
    Query(
        max_length=40, pattern=ids.pattern("cmt"), examples=[ids.encode("cmt", ids.EXAMPLE)],
        description="Only what whoever wrote this comment has written: the same member, e-mail address or network address.",
    ),
]  # fmt: skip
_Reported = Annotated[bool | None, Query(description="Whether people have something against it about which nobody has decided.")]
_Since = Annotated[Instant | None, Query(alias="created_at[gte]", description="Written at this moment or later.")]
_Before = Annotated[Instant | None, Query(alias="created_at[lt]", description="Written before this moment.")]
_Lease = Annotated[
    schemas.LeaseState | None,
    Query(description="`free`: only what nobody else looks at just now; `mine`: only what you have a lease of."),
]
_Sort = Annotated[schemas.Sort, Query(description="By the time of writing.")]
_OfComment = Annotated[
    str | None,
    Query(max_length=40, pattern=ids.pattern("cmt"), description="About this comment.", examples=[ids.encode("cmt", ids.EXAMPLE)]),
]
_OfActor = Annotated[
    str | None, Query(max_length=40, pattern=ids.pattern("key"), description="By this key.", examples=[ids.encode("key", ids.EXAMPLE)])
]
_Acts = Annotated[
    str | None,
    Query(
        max_length=200, pattern="^[a-z_]+(,[a-z_]+)*$", description="What was done, separated by commas: states, or other actions.",
        examples=["rejected,spam"],
    ),
]  # fmt: skip
_Decided = Annotated[Instant | None, Query(alias="at[gte]", description="At this moment or later.")]
_Until = Annotated[Instant | None, Query(alias="at[lt]", description="Before this moment.")]


@dataclass(frozen=True, slots=True)
class _Written:
    """Whose comments are looked for, and of which age."""

    author: str | None
    author_of: UUID | None
    since: datetime | None
    before: datetime | None


async def _written(author: _Author = None, author_of: _AuthorOf = None, since: _Since = None, before: _Before = None) -> _Written:
    return _Written(author, _uuid("cmt", author_of), since, before)


async def seek(
    caller: Watcher, written: Annotated[_Written, Depends(_written)], status: _Statuses = None, article: InArticles = None,
    section: InSection = None, signal: _Signal = None, reported: _Reported = None, lease: _Lease = None, sort: _Sort = "oldest",
) -> Sought:  # fmt: skip
    """What the parameters look for; filters combine."""
    states = ("approved", "pending") if reported and status is None else tuple(sorted(set((status or "pending").split(","))))
    return Sought(
        states, articles_in(article), section, written.author, written.author_of, signal, reported, written.since, written.before, sort,
        lease, None if lease is None or caller.key is None else caller.key.id,
    )  # fmt: skip


def articles_in(text: str | None) -> tuple[UUID, ...] | None:
    """The articles that a parameter names; None where it does not, and so means all."""
    return None if text is None else tuple(found for one in text.split(",") if (found := ids.decode("art", one)) is not None)


async def look_up(
    comment: _OfComment = None, actor: _OfActor = None, action: _Acts = None, since: _Decided = None, before: _Until = None
) -> Wanted:
    """What the parameters look for in the log; filters combine."""
    acts = None if action is None else tuple(sorted(set(action.split(","))))
    return Wanted(_uuid("cmt", comment), _uuid("key", actor), acts, since, before)


def _uuid(prefix: str, text: str | None) -> UUID | None:
    """An id that is none is one of nothing."""
    return None if text is None else ids.decode(prefix, text) or UUID(int=0)


Queue = Annotated[Sought, Depends(seek)]
OfLog = Annotated[Wanted, Depends(look_up)]
