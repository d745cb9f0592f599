"""The headed parts of an article, and where paths of the site lead, on the wire."""

from typing import Annotated

from pydantic import Field

from app.articles.schemas import EXAMPLE_BODY, EXAMPLE_OUTLINE, ArticleRef, OutlineItem
from app.body.union import BodyInput
from app.body.views import BlockOutput
from app.core.fields import Whole
from app.core.schemas import Input, Output
from app.core.text import line


class BodySection(OutlineItem):
    """A headed part of an article, with its blocks."""

    version: int = Field(description="The version of the article that this shows.", examples=[7])
    blocks: list[BlockOutput] = Field(description="What stands under the heading, in order.", examples=[EXAMPLE_BODY[1:]])
    article: ArticleRef = Field(description="The article it stands in.")


class BodySectionList(Output):
    """The headed parts of an article, in order."""

    data: list[OutlineItem] = Field(examples=[EXAMPLE_OUTLINE])


class BodySectionWrite(Input):
    """A headed part to be added, or to replace one."""

    heading: Annotated[str, line(500)] = Field(examples=["Talks in Belarus"])
    level: Annotated[int, Whole(2, 6)] = Field(default=2, description="2 to 6.")
    body: BodyInput = Field(default=[], description="What stands under the heading.")
    after: Annotated[str, Field(max_length=160, pattern="^[A-Za-z0-9_-]{1,160}$")] | None = Field(
        default=None, description="Add it behind this part (anchor or block id); null for the end."
    )


class Resolved(Output):
    """Where a path of the site leads."""

    type: str = Field(description="`article`, `section`, `author` or `tag`.", examples=["article"])
    id: str = Field(examples=["art_01m82536fhesjaqzv7y0v141hx"])
    canonical_path: str = Field(description="Where it stands now.", examples=["/world/europe/delegations-meet-at-the-border"])
    moved: bool = Field(description="Whether the path that was asked for is an old one.")
