"""What revisions look like on the wire."""

from typing import Any

from pydantic import Field

from app.articles.models import Article
from app.articles.working_copy.content import EDITABLE
from app.core import ids
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.events.schemas import ActorOut

_CONTENT = {
    "headline": "Delegations meet at the border",
    "section": ids.encode("sec", ids.EXAMPLE),
    "body": [{"id": "b1", "type": "paragraph", "html": "The delegations met <em>at the border</em>."}],
}


class RevisionSummary(Output):
    """One saved state of a working copy, without its content."""

    id: str = Field(examples=[ids.encode("rev", ids.EXAMPLE)])
    type: str = Field(default="revision")
    number: int = Field(description="The version at which the article's content became this.", examples=[7])
    at: Instant = Field(description="When.")
    actor: ActorOut = Field(description="Who made it.")
    caused_by: str = Field(description="The `X-Request-ID` of the request that made it.", examples=["req_0f6c2b7e9d1a4c58b3e7"])
    message: str | None = Field(description="Why, where the request said so in `message`.", examples=["Named the minister"])
    changed: list[str] = Field(description="Names of the fields that changed.", examples=[["headline"]])
    restored_from: int | None = Field(description="The number of the revision that it brought back.", examples=[None])
    is_current: bool = Field(description="Whether the working copy is this now.", examples=[True])
    is_published: bool = Field(description="Whether readers see this now.", examples=[False])


class Revision(RevisionSummary):
    """One saved state of a working copy."""

    content: dict[str, Any] = Field(
        description="Everything that can be edited, as `PATCH` takes it: references are ids, the body is blocks.", examples=[_CONTENT]
    )


class RevisionPage(Output):
    """Revisions of an article, the newest first."""

    data: list[RevisionSummary]
    page: PageInfo


class Words(Output):
    """A run of text."""

    op: str = Field(description="`keep`, `remove` or `add`.", examples=["add"])
    text: str = Field(examples=["at the border"])


class Difference(Output):
    """One change of those that make one revision into another; what does not belong to its kind is null."""

    op: str = Field(description="`edit` (text), `replace` (any value), `add`, `remove`, or `move` (a block).", examples=["edit"])
    pointer: str = Field(description="Where; a block's id stands where its place would.", examples=["#/body/b7/html"])
    words: list[Words] | None = Field(description="Of an edit: the old text and the new one, run by run, in order.")
    before: Any = Field(description="What a value was that is replaced or removed.", examples=[None])
    after: Any = Field(description="What it becomes, or what is added.", examples=[None])
    behind: str | None = Field(
        description="Of a block that is added or moved: the id of the one that it stands behind, null for the beginning.", examples=[None]
    )


class RevisionDiff(Output):
    """What differs between two revisions of an article."""

    before: RevisionSummary = Field(description="The revision that the changes begin with.")
    after: RevisionSummary = Field(description="The revision that they lead to.")
    changes: list[Difference] = Field(
        description="Made one after the other upon the content of the first, they give exactly that of the second."
    )


class RestoreOrder(Input):
    """What of a revision shall be brought back."""

    fields: list[str] | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description=f"Only these fields; null for all. They are: {', '.join(EDITABLE)}.",
        examples=[["headline", "body"]],
    )


def revision_out(row: Any, article: Article, published: int | None) -> dict[str, Any]:
    """A revision of `article` on the wire, without its content; readers see the one of number `published`."""
    actor = {"kind": row.actor_kind, "id": None if row.actor_id is None else ids.encode("key", row.actor_id), "name": row.actor_name}
    return {
        "id": ids.encode("rev", row.id),
        "type": "revision",
        "number": row.number,
        "at": wire_instant(row.at),
        "actor": actor,
        "caused_by": row.request_id,
        "message": row.message,
        "changed": row.changed,
        "restored_from": row.restored_from,
        "is_current": row.number == article.content_version,
        "is_published": row.number == published,
    }


_MEMBERS = ("op", "pointer", "words", "before", "after", "behind")


def difference_out(change: dict[str, Any]) -> dict[str, Any]:
    """A change on the wire."""
    return {name: change.get(name) for name in _MEMBERS}
