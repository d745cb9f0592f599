"""What an author looks like on the wire."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.authors.kind import AUTHORS
from app.authors.models import Author
from app.core.fields import Url
from app.core.refs import MAX_SLUG, ref_pattern
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import SLUG_PATTERN, line, prose

AuthorText = Annotated[
    str,
    Field(max_length=160, pattern=ref_pattern("aut"), examples=["ana-ruiz"], description="An author: its id or its slug."),
]
Slug = Annotated[
    str,
    Field(
        max_length=MAX_SLUG,
        pattern=SLUG_PATTERN,
        examples=["ana-ruiz"],
        description="Its part of the address; made from the name when left out.",
    ),
]
Description = Annotated[str, prose(5000, 0)]


class AuthorCreate(Input):
    """An author to be made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Mara Lindqvist", "title": "Baltic correspondent", "description": "Covers nine shores and one sea."}]
        }
    )

    name: Annotated[str, line(200)] = Field(description="What readers see.", examples=["Ana Ruiz"])
    slug: Slug | None = Field(default=None)
    description: Description | None = Field(default=None, examples=["Covers the border from the border."])
    kind: Literal["person", "organisation"] = Field(default="person", description="Who it is.")
    title: Annotated[str, line(200)] | None = Field(
        default=None, description="What they do in the newsroom.", examples=["Europe correspondent"]
    )
    image_url: Url | None = Field(default=None, description="A portrait or a logo.", examples=["https://images.example.org/ana.jpg"])
    url: Url | None = Field(default=None, description="Their own page.", examples=["https://ana.example.org/"])


class AuthorUpdate(Input):
    """What shall be different about an author."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Chief correspondent"}]})

    name: Annotated[str, line(200)] = Field(default="", description="What readers see.", examples=["Ana Ruiz"])
    slug: Slug = Field(default="")
    description: Description | None = Field(default=None, examples=["Covers the border from the border."])
    kind: Literal["person", "organisation"] = Field(default="person", description="Who it is.")
    title: Annotated[str, line(200)] | None = Field(
        default=None, description="What they do in the newsroom.", examples=["Europe correspondent"]
    )
    image_url: Url | None = Field(default=None, description="A portrait or a logo.", examples=["https://images.example.org/ana.jpg"])
    url: Url | None = Field(default=None, description="Their own page.", examples=["https://ana.example.org/"])


class AuthorRef(Output):
    """An author, as other objects refer to it."""

    id: str = Field(examples=["aut_01m82536fhesjaqzv7y0v141hx"])
    name: str = Field(examples=["Ana Ruiz"])
    slug: str = Field(examples=["ana-ruiz"])
    path: str = Field(description="Its address on the site.", examples=["/authors/" + "ana-ruiz"])


class AuthorOut(AuthorRef):
    """A person or an organisation behind articles."""

    type: str = "author"
    version: int = Field(description="Its version; the `ETag` that a change must name.", examples=[3])
    description: str | None = Field(examples=["Covers the border from the border."])
    kind: str = Field(description="`person` or `organisation`.", examples=["person"])
    title: str | None = Field(examples=["Europe correspondent"])
    image_url: str | None = Field(examples=["https://images.example.org/ana.jpg"])
    url: str | None = Field(examples=["https://ana.example.org/"])
    created_at: Instant
    revised_at: Instant


class AuthorPage(Output):
    """Authors, by name."""

    data: list[AuthorOut]
    page: PageInfo


def stub(author: Author) -> dict[str, Any]:
    """`author`, as other objects refer to it."""
    return {"id": AUTHORS.id(author), "name": author.name, "slug": author.slug, "path": AUTHORS.path(author.slug)}


def author_out(author: Author) -> dict[str, Any]:
    """`author` on the wire."""
    own = {name: getattr(author, name) for name in AUTHORS.fields}
    moments = {"created_at": wire_instant(author.created_at), "revised_at": wire_instant(author.revised_at)}
    return {**stub(author), "type": "author", "version": author.version, **own, **moments}
