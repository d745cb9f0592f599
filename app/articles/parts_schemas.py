"""What the headed parts of an article look like on the wire."""

from typing import Annotated

from pydantic import Field

from app.articles.schemas import ArticleRef, OutlineItem, Title
from app.body.union import BodyInput
from app.body.views import BlockOutput
from app.core.fields import Whole
from app.core.schemas import Input, Output

_BLOCKS = [{"id": "b2", "type": "paragraph", "html": "The delegations met <em>at the border</em>."}]
_OUTLINE = [{"id": "b1", "heading": "Talks in Belarus", "anchor": "talks-in-belarus", "level": 2, "block_ids": ["b2"]}]


class BodySection(OutlineItem):
    """A headed part of an article, with its blocks."""

    version: int = Field(description="The version of the article that this shows.", examples=[7])
    blocks: list[BlockOutput] = Field(description="What stands under the heading, in order.", examples=[_BLOCKS])
    article: ArticleRef = Field(description="The article it stands in.")


class BodySectionList(Output):
    """The headed parts of an article, in order."""

    data: list[OutlineItem] = Field(examples=[_OUTLINE])


class BodySectionWrite(Input):
    """A headed part to be added, or to replace one."""

    heading: Title = Field(examples=["Talks in Belarus"])
    level: Annotated[int, Whole(2, 6)] = Field(default=2, description="2 to 6.")
    body: BodyInput = Field(default=[], description="What stands under the heading.")
    after: Annotated[str, Field(max_length=160, pattern="^[A-Za-z0-9_-]{1,160}$")] | None = Field(
        default=None, description="Add it behind this part (anchor or block id); null for the end."
    )
