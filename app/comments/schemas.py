"""What a comment looks like on the wire. Nothing here has a field for an e-mail address, so none can come out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.comments.errors import CommentNotFound
from app.comments.signal_models import CommentSignal
from app.core import ids
from app.core.fields import Url
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import line, prose

LONGEST = 10_000
MAX_NESTED = 20
MAX_COUNTED = 100
EMAIL_PATTERN = "^[!-?A-~]{1,64}@[!-?A-~]{1,189}$"
CLAIM_PATTERN = "^claim_[A-Za-z0-9_-]{43}$"
GONE = frozenset({"deleted", "erased"})
STATUSES = ("pending", "approved", "rejected", "spam", "deleted", "erased")
STATUSES_PATTERN = f"^({'|'.join(STATUSES)})(,({'|'.join(STATUSES)}))*$"
_ARTICLE_ID = ids.pattern("art").strip("^$")
ARTICLE_IDS_PATTERN = f"^{_ARTICLE_ID}(,{_ARTICLE_ID}){{0,{MAX_COUNTED - 1}}}$"

Status = Literal["pending", "approved", "rejected", "spam", "deleted"]
Sort = Literal["newest", "oldest", "best"]
Mode = Literal["tree", "flat"]
Name = Annotated[str, line(80)]
Body = Annotated[str, prose(LONGEST)]
_COMMENT = ids.encode("cmt", ids.EXAMPLE)
_ARTICLE = ids.encode("art", ids.EXAMPLE)
BODY = "Text, or a little Markdown: emphasis, links, lists, quotes, code. HTML in it is left out."


class Guest(Input):
    """Who writes a comment without an account."""

    name: Name = Field(description="What readers see.", examples=["A reader"])
    email: Annotated[str, Field(max_length=254, pattern=EMAIL_PATTERN)] | None = Field(
        default=None, examples=["reader@example.org"], description="For the newsroom's files; no answer ever shows it."
    )
    url: Url | None = Field(default=None, description="A page of theirs; kept, not shown.", examples=["https://example.org/me"])


class SentForm(Input):
    """What the form shows of whoever filled it in; `GET /v1/comments/form` has what it needs."""

    website: Annotated[str, Field(max_length=2000)] = Field(
        default="", description="A field that people do not see. What is filled in by a machine is spam.", examples=[""]
    )
    token: Annotated[str, Field(max_length=64, pattern="^[A-Za-z0-9_-]*$")] | None = Field(
        default=None, description="The `token` that was given when the form was opened."
    )
    proof: Annotated[str, Field(max_length=2000, pattern="^[A-Za-z0-9+/=]*$")] | None = Field(
        default=None, description="The solution of `challenge`, as ALTCHA's widget sends it: JSON in base64."
    )


class CommentCreate(Input):
    """A comment to be posted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"author": {"name": "A reader"}, "body": "It was *on time*."}]})

    author: Guest | None = Field(default=None, description="Who a guest is; not of members, whom their token names.")
    body: Body = Field(description=BODY, examples=["I was on that ferry. The *second* page is about dill."])
    parent: Annotated[str, Field(max_length=40, pattern=ids.pattern("cmt"))] | None = Field(
        default=None, description="The comment it answers; null at the top of the thread.", examples=[_COMMENT]
    )
    form: SentForm | None = Field(default=None, description="What the form shows of whoever filled it in.", examples=[{"website": ""}])


class GuestUpdate(Input):
    """What shall be different about a comment's author."""

    name: Name = Field(default="", description="What readers see.", examples=["A reader"])


class CommentUpdate(Input):
    """What shall be different about a comment: what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"body": "I was on that ferry, and it was late."}]})

    author: GuestUpdate = Field(default=GuestUpdate())
    body: Body = Field(default="", description=BODY, examples=["I was on that ferry."])


class CommentAuthor(Output):
    """Who wrote a comment, as readers see them."""

    name: str = Field(examples=["A reader"])
    kind: str = Field(
        description="`guest`: anybody may have written under this name. `member`: the publisher knows them. `staff`: they work there.",
        examples=["guest"],
    )
    badge: str | None = Field(description="What staff are there, as the publisher says; null for others.", examples=["Reporter"])


class Votes(Output):
    """What other readers think of a comment."""

    up: int = Field(examples=[0])
    down: int = Field(examples=[0])


class Comment(Output):
    """A comment, with the first of its replies."""

    id: str = Field(examples=[_COMMENT])
    type: str = Field(default="comment")
    status: str = Field(
        description=f"One of {', '.join(STATUSES)}. Readers meet `approved`, and `deleted` or `erased` as a tombstone.",
        examples=["approved"],
    )
    article: str = Field(description="The article it stands under.", examples=[_ARTICLE])
    author: CommentAuthor | None = Field(description="Null where it was deleted.")
    html: str | None = Field(description="Safe to insert as it is; null where it was deleted.", examples=["<p>I was on that ferry.</p>"])
    parent: str | None = Field(description="The comment it stands under; null at the top.")
    reply_to: str | None = Field(description="The comment it really answers, where the thread was too deep to stand under it; else null.")
    root: str = Field(description="The comment at the top of its thread; its own id there.", examples=[_COMMENT])
    depth: int = Field(description="0 at the top, 8 at most.", examples=[0])
    created_at: Instant
    edited_at: Instant | None = Field(description="When its words or its author's name were last changed.")
    votes: Votes
    reply_count: int = Field(description="How many direct replies its list of replies has.", examples=[2])
    descendant_count: int = Field(description="How many comments can be read below it.", examples=[5])
    replies: "Replies" = Field(description="The first of its replies, as many as `replies` asked for.")
    picked: bool = Field(description="Whether the newsroom picked it.", examples=[False])
    pinned: bool = Field(description="Whether the newsroom wants it above the others.", examples=[False])
    locked: bool = Field(description="Whether nobody may answer it, or what stands under it, any more.", examples=[False])
    version: int = Field(description="Its version: what `If-Match` names.", examples=[1])


class Replies(Output):
    """Direct replies to a comment, the oldest first."""

    data: list[Comment]
    page: PageInfo


Comment.model_rebuild()  # Who comes of it elsewhere does not know what it holds.


class CommentPosted(Comment):
    """A comment as its author gets it back."""

    claim_token: Annotated[str, Field(max_length=49, pattern=CLAIM_PATTERN)] | None = Field(
        description="Given once, to guests: whoever sends it as `X-Claim-Token` sees what became of the comment. "
        "Null for members, whose token is claim enough, and in a repeated answer."
    )


class CommentPageInfo(PageInfo):
    """Where a page of comments stands in its list."""

    previous_cursor: str | None = Field(
        description="Leads to the page before; null on the first one. What `around` found, is read on from either way."
    )


class CommentPage(Output):
    """Comments of an article or replies to a comment."""

    data: list[Comment]
    page: CommentPageInfo


class Ancestors(Output):
    """What a comment stands under, from the top down."""

    data: list[Comment]


class CommentChanges(Output):
    """What has changed in a discussion behind `since`. Each comment is in one of the lists, as it is now."""

    new: list[Comment] = Field(description="Comments that readers did not see before, the oldest first; without their replies.")
    changed: list[Comment] = Field(description="Comments whose words, votes or counters are others. Counters above a new one move too.")
    removed: list[str] = Field(description="Ids of comments that readers see no more.", examples=[[_COMMENT]])
    count: int = Field(description="How many comments a reader can reach.", examples=[12])
    next_since: int = Field(description="The next `since`.", examples=[43])
    has_more: bool = Field(description="Whether there is more behind `next_since` already.")


class CommentCount(Output):
    """The state of one article's discussion."""

    article: str = Field(examples=[_ARTICLE])
    status: str = Field(description="`open`, `closed` or `disabled`, at this moment.", examples=["open"])
    count: int = Field(description="How many comments a reader can reach.", examples=[12])
    closes_at: Instant | None


class CommentCounts(Output):
    """The discussions of several articles; those that readers cannot see are left out."""

    data: list[CommentCount]


class ModeratedComment(Comment):
    """A comment, as a moderator sees it."""

    body: str | None = Field(description="The text as it was sent; null where it was deleted.")


class SignalOut(Output):
    """What one check says of a comment."""

    check: str = Field(description="The check; `failed` in the detail of one that broke.", examples=["links"])
    version: int = Field(description="The version of the check: another may say something else.", examples=[1])
    leaning: str = Field(description="What it leans to: `pass`, `hold`, `spam` or `reject`.", examples=["hold"])
    score: float = Field(description="From 0, harmless, to 1.", examples=[0.8])
    detail: dict[str, Any] = Field(description="What was found.", examples=[{"links": 4, "hosts": ["example.org"]}])
    at: Instant


class Signals(Output):
    """What checks say of a comment, the strongest first."""

    data: list[SignalOut]


def comment_id(value: UUID) -> str:
    """A comment's id on the wire."""
    return ids.encode("cmt", value)


def uuid_of(text: str) -> UUID:
    """The id behind its form on the wire; raises CommentNotFound where it looks like one, but is none."""
    found = ids.decode("cmt", text)
    if found is None:
        raise CommentNotFound(f"There is no comment {text}.")
    return found


def comment_out(row: Any, replies: Mapping[str, Any]) -> dict[str, Any]:
    """A comment on the wire; of a deleted one neither words nor name are left."""
    gone = row.status in GONE
    return {
        "id": comment_id(row.id),
        "type": "comment",
        "status": row.status,
        "article": ids.encode("art", row.article_id),
        "author": None if gone else {"name": row.author_name, "kind": row.author_kind, "badge": row.author_badge},
        "html": None if gone else row.html,
        "parent": _id_or_null(row.parent_id),
        "reply_to": _id_or_null(row.reply_to_id),
        "root": comment_id(row.root_id),
        "depth": row.depth,
        "created_at": wire_instant(row.created_at),
        "edited_at": _moment_or_null(row.edited_at),
        "votes": {"up": row.up_votes, "down": row.down_votes},
        "reply_count": row.reply_count,
        "descendant_count": row.descendant_count,
        "replies": dict(replies),
        "picked": row.picked_at is not None,
        "pinned": row.pinned_at is not None,
        "locked": row.locked_at is not None,
        "version": row.version,
    }


def moderated_out(row: Any, replies: Mapping[str, Any]) -> dict[str, Any]:
    """A comment on the wire, as a moderator sees it."""
    return {**comment_out(row, replies), "body": None if row.status in GONE else row.body}


def signal_out(row: CommentSignal) -> dict[str, Any]:
    """A signal on the wire."""
    return {
        "check": row.name, "version": row.version, "leaning": row.leaning, "score": row.score, "detail": row.detail,
        "at": wire_instant(row.at),
    }  # fmt: skip


def _id_or_null(value: UUID | None) -> str | None:
    return None if value is None else comment_id(value)


def _moment_or_null(value: datetime | None) -> str | None:
    return None if value is None else wire_instant(value)
