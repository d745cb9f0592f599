"""What is asked and told of everything that one person wrote."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.comments.own.own_schemas import WrittenComment
from app.comments.people.people_models import Erasure
from app.comments.schemas import EMAIL_PATTERN, moderated_out
from app.core import ids
from app.core.fields import Url
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import line

_COMMENT = ids.encode("cmt", ids.EXAMPLE)
_ERASURE = ids.encode("era", ids.EXAMPLE)


class Person(Input):
    """Somebody who wrote comments, named in one way: as a member, by an e-mail address, or by one comment of theirs."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "reader@example.org"}, {"member": "u-1042"}, {"comment": _COMMENT}]}
    )

    member: Annotated[str, line(255)] | None = Field(
        default=None, description="What the identity provider calls them: the `sub` of their tokens.", examples=[None]
    )
    email: Annotated[str, Field(max_length=254, pattern=EMAIL_PATTERN)] | None = Field(
        default=None, description="The address that they gave with their comments.", examples=["reader@example.org"]
    )
    comment: Annotated[str, Field(max_length=40, pattern=ids.pattern("cmt"))] | None = Field(
        default=None, description="One comment, where nothing else is known of its author; that comment alone.", examples=[None]
    )

    @model_validator(mode="after")
    def _insist_on_one(self) -> Self:
        if sum(each is not None for each in (self.member, self.email, self.comment)) != 1:
            raise PydanticCustomError("one_of", "Name one of `member`, `email` and `comment`.")
        return self


class PersonComment(WrittenComment):
    """A comment, with all that was kept of it from its author."""

    name: str | None = Field(description="The name above it.", examples=["A reader"])
    url: Url | None = Field(description="The page that its author gave.")
    has_email: bool = Field(description="Whether an e-mail address is kept, sealed, with it.")


class PersonPage(Output):
    """What somebody wrote, the newest first."""

    data: list[PersonComment]
    page: PageInfo


class ErasureOut(Output):
    """What somebody wrote is being erased, or was."""

    id: str = Field(examples=[_ERASURE])
    created_at: Instant
    done_at: Instant | None = Field(description="When it was done; null while it is under way.")
    erased: int = Field(description="How many comments were erased so far.", examples=[3])


def person_comment_out(row: Any, replies: dict[str, Any]) -> dict[str, Any]:
    """A comment on the wire, for the person who wrote it."""
    return {
        **moderated_out(row, replies),
        "name": row.author_name or None,
        "url": row.author_url,
        "has_email": row.sealed_email is not None,
    }


def erasure_out(row: Erasure) -> dict[str, Any]:
    """An erasure on the wire."""
    done = None if row.done_at is None else wire_instant(row.done_at)
    return {"id": ids.encode("era", row.id), "created_at": wire_instant(row.created_at), "done_at": done, "erased": row.erased}
