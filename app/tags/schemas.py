"""What a tag looks like on the wire."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.core.refs import MAX_SLUG, ref_pattern
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import SLUG_PATTERN, line, prose
from app.tags.kind import TAGS
from app.tags.models import Tag

TagText = Annotated[
    str,
    Field(max_length=160, pattern=ref_pattern("tag"), examples=["railways"], description="A tag: its id or its slug."),
]
Slug = Annotated[
    str,
    Field(
        max_length=MAX_SLUG,
        pattern=SLUG_PATTERN,
        examples=["railways"],
        description="Its part of the address; made from the name when left out.",
    ),
]
Description = Annotated[str, prose(5000, 0)]


class TagCreate(Input):
    """A tag to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Railways", "description": "Trains, tracks and timetables."}]})

    name: Annotated[str, line(200)] = Field(description="What readers see.", examples=["Railways"])
    slug: Slug | None = Field(default=None)
    description: Description | None = Field(default=None, examples=["Trains, tracks and timetables."])


class TagUpdate(Input):
    """What shall be different about a tag."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "Trains, trams and timetables."}]})

    name: Annotated[str, line(200)] = Field(default="", description="What readers see.", examples=["Railways"])
    slug: Slug = Field(default="")
    description: Description | None = Field(default=None, examples=["Trains, tracks and timetables."])


class TagRef(Output):
    """A tag, as other objects refer to it."""

    id: str = Field(examples=["tag_01m82536fhesjaqzv7y0v141hx"])
    name: str = Field(examples=["Railways"])
    slug: str = Field(examples=["railways"])
    path: str = Field(description="Its address on the site.", examples=["/tags/" + "railways"])


class TagOut(TagRef):
    """A subject that articles share."""

    type: str = "tag"
    version: int = Field(description="Its version; the `ETag` that a change must name.", examples=[3])
    description: str | None = Field(examples=["Trains, tracks and timetables."])
    created_at: Instant
    revised_at: Instant


class TagPage(Output):
    """Tags, by name."""

    data: list[TagOut]
    page: PageInfo


def stub(tag: Tag) -> dict[str, Any]:
    """`tag`, as other objects refer to it."""
    return {"id": TAGS.id(tag), "name": tag.name, "slug": tag.slug, "path": TAGS.path(tag.slug)}


def tag_out(tag: Tag) -> dict[str, Any]:
    """`tag` on the wire."""
    own = {name: getattr(tag, name) for name in TAGS.fields}
    moments = {"created_at": wire_instant(tag.created_at), "revised_at": wire_instant(tag.revised_at)}
    return {**stub(tag), "type": "tag", "version": tag.version, **own, **moments}
