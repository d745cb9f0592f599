"""The blocks a body is made of, as readers get them: every field always present, null where there is nothing to say."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from typing_extensions import TypeAliasType


class View(BaseModel):
    """What is shown of a stored block; it was checked when it came in and is not checked again."""

    model_config = ConfigDict(extra="ignore")


class BlockView(View):
    """What all blocks share."""

    id: str = Field(description="Names the block for good.", examples=["b1"])


class Paragraph(BlockView):
    """A paragraph."""

    type: Literal["paragraph"]
    html: str = Field(description="Text with inline markup.", examples=["Talks began <em>today</em>."])


class Heading(BlockView):
    """A heading; what follows it, up to the next of its rank, is a section of the body."""

    type: Literal["heading"]
    level: int = Field(description="Rank, 2 to 6.")
    text: str = Field(description="Plain text.")
    anchor: str = Field(description="Names the section in addresses.")


class BulletList(BlockView):
    """A list."""

    type: Literal["list"]
    ordered: bool
    items: list[str] = Field(description="Text with inline markup, one for each item.")


class Quote(BlockView):
    """Words of somebody else."""

    type: Literal["quote"]
    html: str
    cite: str | None


class Pullquote(BlockView):
    """Words of this article, lifted out of it."""

    type: Literal["pullquote"]
    html: str
    cite: str | None


class PictureView(View):
    """One picture."""

    url: str
    alt: str | None
    caption: str | None
    credit: str | None
    width: int | None
    height: int | None


class Image(BlockView, PictureView):
    """A picture on its own."""

    type: Literal["image"]


class Gallery(BlockView):
    """Pictures shown together."""

    type: Literal["gallery"]
    images: list[PictureView]


class Video(BlockView):
    """A film."""

    type: Literal["video"]
    url: str
    caption: str | None
    credit: str | None
    duration_seconds: int | None
    poster: str | None


class Audio(BlockView):
    """A recording."""

    type: Literal["audio"]
    url: str
    caption: str | None
    credit: str | None
    duration_seconds: int | None


class Embed(BlockView):
    """Something of another site, shown in place."""

    type: Literal["embed"]
    url: str
    provider: str | None
    html: str | None
    caption: str | None


class Table(BlockView):
    """A table."""

    type: Literal["table"]
    header: list[str]
    rows: list[list[str]]
    caption: str | None


class Code(BlockView):
    """Text whose white space matters."""

    type: Literal["code"]
    language: str | None
    text: str


class Divider(BlockView):
    """A break between two parts."""

    type: Literal["divider"]


class LinkCard(BlockView):
    """A link shown large."""

    type: Literal["link_card"]
    url: str
    title: str | None
    description: str | None
    image_url: str | None


class Callout(BlockView):
    """A box beside the story."""

    type: Literal["callout"]
    tone: Literal["info", "note", "tip", "warning", "danger"]
    title: str | None
    html: str


class Html(BlockView):
    """Markup that no other block fits."""

    type: Literal["html"]
    html: str


class Custom(BlockView):
    """A block of another system, as it came."""

    type: Literal["custom"]
    name: str
    data: dict[str, JsonValue]


_Simple = (
    Paragraph | Heading | BulletList | Quote | Pullquote | Image | Gallery | Video | Audio
    | Embed | Table | Code | Divider | LinkCard | Callout | Html | Custom
)  # fmt: skip

InnerBlock = TypeAliasType("InnerBlock", Annotated[_Simple, Field(discriminator="type")])


class Contributor(View):
    """Who wrote a live update."""

    id: str = Field(examples=["aut_01m82536fhesjaqzv7y0v141hx"])
    name: str = Field(examples=["Ana Ruiz"])
    slug: str = Field(examples=["ana-ruiz"])
    path: str = Field(examples=["/authors/ana-ruiz"])


class LiveUpdate(BlockView):
    """One post of live coverage."""

    type: Literal["live_update"]
    title: str | None = Field(examples=["The ferry has left"])
    at: str = Field(description="When it was posted.", json_schema_extra={"format": "date-time"}, examples=["2026-02-28T16:15:00Z"])
    pinned: bool = Field(description="Stays on top.")
    key_event: bool = Field(description="Belongs in the summary of events.")
    authors: list[Contributor] = Field(description="Who wrote it, in order.")
    position: str | None = Field(
        description="Updates stand in the order of this text, byte by byte; pinned ones first.", examples=["1a0-0v141h"]
    )
    version: int | None = Field(description="Its own version, for `If-Match`; an update has one, whatever the article's.")
    edited_at: str | None = Field(
        description="When it was last edited after readers had seen it.",
        json_schema_extra={"format": "date-time"},
        examples=["2026-02-28T16:20:00Z"],
    )
    blocks: list[InnerBlock] = Field(description="What it says.", examples=[[{"id": "u1-1", "type": "paragraph", "html": "It has left."}]])


BlockOutput = TypeAliasType("BlockOutput", Annotated[_Simple | LiveUpdate, Field(discriminator="type")])


class Live(View):
    """How the updates of a live blog are followed."""

    seq: int = Field(description="Ask `…/blocks?since=` with it for what has changed since this page was made.", examples=[42])
