"""What a section looks like on the wire."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.core import ids
from app.core.fields import Whole
from app.core.refs import MAX_PATH, MAX_SLUG, ref_pattern
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import SLUG_PATTERN, line, prose
from app.sections.models import Section

SectionText = Annotated[
    str,
    Field(
        max_length=MAX_PATH, pattern=ref_pattern("sec", path=True), examples=["/world/europe"],
        description="A section: its id, its path, or its slug where only one section has it.",
    ),
]  # fmt: skip
Slug = Annotated[
    str,
    Field(
        max_length=MAX_SLUG,
        pattern=SLUG_PATTERN,
        description="Its part of the address; made from the name when left out.",
    ),
]


class SectionCreate(Input):
    """A section to be made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Baltic", "parent": "/world", "description": "Nine shores, one sea."}]}
    )

    name: Annotated[str, line(200)] = Field(description="What readers see.", examples=["Europe"])
    slug: Slug | None = Field(default=None, examples=["europe"])
    parent: SectionText | None = Field(default=None, description="The section it stands in; null at the top.", examples=["/world"])
    description: Annotated[str, prose(5000, 0)] | None = Field(default=None, examples=["From the Atlantic to the Urals."])
    position: Annotated[int, Whole(-1_000_000, 1_000_000)] = Field(default=0, description="Order among its siblings, the lowest first.")


class SectionUpdate(Input):
    """What shall be different about a section. A new `parent` moves it with everything below."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "From the Atlantic to the Urals."}]})

    name: Annotated[str, line(200)] = Field(default="", description="What readers see.", examples=["Europe"])
    slug: Slug = Field(default="", examples=["europe"])
    parent: SectionText | None = Field(default=None, description="The section it stands in; null at the top.", examples=["/world"])
    description: Annotated[str, prose(5000, 0)] | None = Field(default=None, examples=["From the Atlantic to the Urals."])
    position: Annotated[int, Whole(-1_000_000, 1_000_000)] = Field(default=0, description="Order among its siblings, the lowest first.")


class SectionRef(Output):
    """A section, as other objects refer to it."""

    id: str = Field(examples=["sec_01m82536fhesjaqzv7y0v141hx"])
    name: str = Field(examples=["Europe"])
    slug: str = Field(examples=["europe"])
    path: str = Field(description="Its address on the site.", examples=["/world/europe"])


class Crumb(Output):
    """One step of the way from the home page down."""

    name: str = Field(examples=["World"])
    path: str = Field(examples=["/world"])


class SectionOut(SectionRef):
    """A place in the site's tree."""

    type: str = "section"
    version: int = Field(description="Its version; the `ETag` that a change must name.", examples=[3])
    description: str | None = Field(examples=["From the Atlantic to the Urals."])
    position: int = Field(examples=[0])
    parent: SectionRef | None = Field(description="The section it stands in; null at the top.")
    breadcrumbs: list[Crumb] = Field(description="From Home down to this section.")
    children: list["SectionOut"] = Field(description="The sections in it; filled with `tree=true`, else empty.")
    created_at: Instant
    revised_at: Instant


class SectionPage(Output):
    """Sections, in the order of their paths."""

    data: list[SectionOut]
    page: PageInfo


def stub(section: Section) -> dict[str, Any]:
    """`section`, as other objects refer to it."""
    return {"id": ids.encode("sec", section.id), "name": section.name, "slug": section.slug, "path": section.path}


def breadcrumbs(path: str | None, names: dict[str, str]) -> list[dict[str, Any]]:
    """The way from Home down to `path`; `names` has the name of every section on it, by path."""
    crumbs = [{"name": "Home", "path": "/"}]
    return crumbs + [{"name": names[step], "path": step} for step in ancestry(path)]


def ancestry(path: str | None) -> list[str]:
    """The paths of a section's ancestors from the top down, itself last."""
    steps = (path or "").strip("/").split("/") if path else []
    return ["/" + "/".join(steps[: depth + 1]) for depth in range(len(steps))]


def section_out(section: Section, around: dict[str, Section]) -> dict[str, Any]:
    """`section` on the wire; `around` has its ancestors, by path."""
    parent = around.get(section.path.rpartition("/")[0])
    names = {path: found.name for path, found in around.items()} | {section.path: section.name}
    return {
        **stub(section),
        "type": "section",
        "version": section.version,
        "description": section.description,
        "position": section.position,
        "parent": None if parent is None else stub(parent),
        "breadcrumbs": breadcrumbs(section.path, names),
        "children": [],
        "created_at": wire_instant(section.created_at),
        "revised_at": wire_instant(section.revised_at),
    }
