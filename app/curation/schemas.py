"""What a curated list looks like on the wire."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.articles.relation_schemas import ArticleText, ReferredArticle
from app.articles.schemas import ArticleSummary, Kind, Language, Scheduled, Slug
from app.core import ids
from app.core.fields import A_TEXT, AN_OBJECT, BY_FORM, Flag, Whole
from app.core.schemas import Input, Instant, Output, PageInfo
from app.core.text import line, prose
from app.sections.schemas import SectionText
from app.tags.schemas import TagText

LONGEST = 100
_LIST = ids.encode("lst", ids.EXAMPLE)
_BACKFILL: dict[str, Any] = {"sections": ["/harbour"], "tags": []}
_FRONT_PAGE: dict[str, Any] = {
    "name": "Front page", "slug": "the-front-page", "length": 12, "backfill": _BACKFILL,
    "items": [{"article": "night-ferry-returns-to-the-grey-sound", "slot": 1, "headline": "The night ferry is back"}],
}  # fmt: skip

Title = Annotated[str, line(200)]
Override = Annotated[str, line(500)]
Slot = Annotated[int, Whole(1, LONGEST)]
Length = Annotated[int, Whole(1, LONGEST)]
_ABOUT_SLOT = "Pins it to this place, the first is 1; null lets it flow around what is pinned."
_ABOUT_HEADLINE = "Shown in this list instead of the article's own."


class Placing(Input):
    """How an article stands in a list."""

    slot: Slot | None = Field(default=None, description=_ABOUT_SLOT, examples=[1])
    headline: Override | None = Field(default=None, description=_ABOUT_HEADLINE, examples=["The night ferry is back"])
    kicker: Override | None = Field(default=None, description=_ABOUT_HEADLINE, examples=["Harbour"])


class ListItemWrite(Placing):
    """An article to be put into a list, or to be moved in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"position": 1}, {"slot": 2, "kicker": "Harbour"}]})

    position: Annotated[int, Whole(1, LONGEST)] | None = Field(
        default=None,
        description="Its place among the items, the first is 1; null leaves it where it is, or puts it at the end.",
        examples=[1],
    )


class Item(Placing):
    """An item of a list."""

    article: ArticleText


class Backfill(Input):
    """What fills the places that the items leave: the newest articles of which all of this is true."""

    sections: list[SectionText] = Field(default=[], max_length=20, description="In one of these sections; all where it is empty.")
    descendants: Flag = Field(default=True, description="Whether the sections below these count too.")
    tags: list[TagText] = Field(default=[], max_length=20, description="Under one of these tags.")
    kinds: list[Kind] = Field(default=[], max_length=10, description="Of one of these kinds.")
    languages: list[Language] = Field(default=[], max_length=20, description="In one of these languages.")


class ListFields(Input):
    """What creating and changing have in common."""

    description: Annotated[str, prose(5000, 0)] | None = Field(default=None, examples=["What matters today."])
    items: list[Annotated[Annotated[Item, AN_OBJECT] | Annotated[ArticleText, A_TEXT], BY_FORM]] = Field(
        default=[],
        max_length=LONGEST,
        description="Articles in order. One that readers do not see leaves its place to the next; it comes back by itself.",
    )
    length: Length = Field(default=20, description="How many articles readers see at most.")
    backfill: Backfill | None = Field(default=None, description="What fills the places that are left; null for nothing.")


class ListCreate(ListFields):
    """A list to be made: a working copy that readers do not see until it is published."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FRONT_PAGE]})

    name: Title = Field(description="What it is called.", examples=["Front page"])
    slug: Slug | None = Field(default=None, description="Its address, for good; made from the name when left out.")


class ListUpdate(ListFields):
    """What shall be different: what is left out stays; `items` and `backfill` are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"length": 20}]})

    name: Title = Field(default="", description="What it is called.", examples=["Front page"])


class ListPublishOrder(Input):
    """When readers shall see the working copy as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"at": "2030-03-01T06:00:00Z"}]})

    at: Instant | None = Field(default=None, description="From when; null for now. What was to be seen after that is replaced.")
    until: Instant | None = Field(default=None, description="Until when; null for good.")

    @model_validator(mode="after")
    def _has_a_length(self) -> "ListPublishOrder":
        if self.at is not None and self.until is not None and self.until <= self.at:
            raise PydanticCustomError("period", "`until` must be later than `at`.")
        return self


class ListUnpublishOrder(Input):
    """When readers shall no longer see the list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    at: Instant | None = Field(default=None, description="From when; null for now.")


class ListOut(Output):
    """A list, without what stands in it."""

    id: str = Field(examples=[_LIST])
    type: str = Field(default="list")
    slug: str = Field(examples=["front-page"])
    version: int = Field(description="The version of the working copy that this shows.", examples=[3])
    status: str = Field(description="`published` for readers; else draft, scheduled or unpublished.", examples=["published"])
    name: str = Field(examples=["Front page"])
    description: str | None = Field(examples=["What matters today."])
    length: int = Field(description="How many articles readers see at most.", examples=[12])
    published_at: Instant | None = Field(description="Since when readers see it as it is.")


class BackfillOut(Output):
    """What fills the places that the items leave."""

    sections: list[str] = Field(examples=[["sec_01m82536fhesjaqzv7y0v141hx"]])
    descendants: bool = Field(description="Whether the sections below these count too.", examples=[True])
    tags: list[str] = Field(examples=[[]])
    kinds: list[str] = Field(examples=[[]])
    languages: list[str] = Field(examples=[[]])


class ItemOut(Output):
    """An item of a working copy, whether readers see the article or not."""

    article: ReferredArticle
    slot: int | None = Field(description=_ABOUT_SLOT, examples=[1])
    headline: str | None = Field(description=_ABOUT_HEADLINE, examples=["The night ferry is back"])
    kicker: str | None = Field(description=_ABOUT_HEADLINE, examples=[None])


class ListDraft(ListOut):
    """The working copy of a list."""

    items: list[ItemOut]
    backfill: BackfillOut | None = Field(description="What fills the places that are left.")
    has_unpublished_changes: bool = Field(description="Whether readers see, or will see, something else.")
    scheduled: Scheduled | None = Field(description="The coming publication.", examples=[None])
    created_at: Instant = Field(description="When it was made.")
    revised_at: Instant = Field(description="When the working copy last changed.")


class ListPage(Output):
    """Lists, by slug."""

    data: list[ListOut]
    page: PageInfo


class Placement(Output):
    """Why an article stands where it stands in a list."""

    origin: str = Field(description="`item`, or `backfill` where it fills a place that was left.", examples=["item"])
    pinned: bool = Field(description="Whether it has its place for itself.", examples=[True])


class ListedArticle(ArticleSummary):
    """An article in a list, with the headline and the kicker that it has there."""

    placement: Placement


class ListItems(Output):
    """What readers see in a list, in order. It has one page."""

    data: list[ListedArticle]
    page: PageInfo
