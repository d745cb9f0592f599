"""The blocks a body is made of, as writers send them."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainSerializer
from pydantic_core import PydanticCustomError

from app.core.fields import INT64, Flag, Instant, Url, Whole
from app.core.html import sanitise_block, sanitise_inline
from app.core.refs import ref_pattern
from app.core.text import line, prose, trim

MAX_DATA_BYTES = 65_536
MAX_DATA_DEPTH = 8
BLOCK_ID_PATTERN = "^[A-Za-z0-9_-]{1,64}$"

BlockId = Annotated[str, Field(pattern=BLOCK_ID_PATTERN, min_length=1, max_length=64)]
Line = Annotated[str, line(1_000)]
_INLINE = PlainSerializer(lambda html: trim(sanitise_inline(html)), return_type=str)
_BLOCK = PlainSerializer(lambda html: trim(sanitise_block(html)), return_type=str)
"""Markup is sanitised as the block that it stands in is written out to be stored, which may be done in a thread; validation may not."""
Caption = Annotated[str, prose(10_000, 0), _INLINE]
Inline = Annotated[str, prose(200_000, 0), _INLINE]
RawHtml = Annotated[str, prose(1_000_000, 0), _BLOCK]
Pixels = Annotated[int, Whole(1, 100_000)]
Seconds = Annotated[int, Whole(0, 604_800)]


def _bounded(data: object) -> object:
    _check_depth(data, MAX_DATA_DEPTH)
    try:
        size = len(json.dumps(data, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError):
        raise PydanticCustomError("data", "Every value must be plain JSON: no NaN, no Infinity, no broken text.") from None
    if size > MAX_DATA_BYTES:
        raise PydanticCustomError("too_long", "At most 65,536 bytes of JSON are kept; this has {length}.", {"length": size})
    return data


def _check_depth(value: object, left: int) -> None:
    if left < 0:
        raise PydanticCustomError("too_deep", "Data may nest 8 levels deep.")
    if isinstance(value, int) and abs(value) > INT64:
        raise PydanticCustomError("data", "Whole numbers must fit in 64 bits.")
    if isinstance(value, str) and "\0" in value:
        raise PydanticCustomError("control_character", "The character U+0000 is refused.")
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        _check_depth(key, left)
        _check_depth(item, left - 1)


class Part(BaseModel):
    """What blocks are made from: nothing unknown is let in, so a misspelt field is told, not lost."""

    model_config = ConfigDict(extra="forbid")


class BlockBase(Part):
    """What all blocks share."""

    id: BlockId | None = Field(None, description="Names the block for good; given by us when absent.")


class ParagraphBlock(BlockBase):
    """A paragraph."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "paragraph", "html": "Talks began <em>today</em>."}]})

    type: Literal["paragraph"]
    html: Inline = Field(description="Text with inline markup; other markup is removed.")


class HeadingBlock(BlockBase):
    """A heading; what follows it, up to the next of its rank, is a section of the body."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "heading", "level": 2, "text": "Talks in Belarus"}]})

    type: Literal["heading"]
    level: Annotated[int, Whole(2, 6)] = Field(2, description="Rank; level 1 is the headline of the article.")
    text: Line = Field(description="Plain text.")
    anchor: Annotated[str, line(200)] | None = Field(None, description="Always made from the text; what you send is ignored.")


class ListBlock(BlockBase):
    """A list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "list", "ordered": False, "items": ["Kyiv", "Minsk"]}]})

    type: Literal["list"]
    ordered: Flag = False
    items: list[Inline] = Field(max_length=1_000, description="Text with inline markup, one for each item.")


class QuoteBlock(BlockBase):
    """Words of somebody else."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "quote", "html": "It is possible.", "cite": "The Kremlin"}]})

    type: Literal["quote"]
    html: Inline
    cite: Caption | None = Field(None, description="Who said it.")


class PullquoteBlock(BlockBase):
    """Words of this article, lifted out of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "pullquote", "html": "Spare civilians."}]})

    type: Literal["pullquote"]
    html: Inline
    cite: Caption | None = None


class Picture(Part):
    """One picture."""

    url: Url
    alt: Annotated[str, prose(2_000, 0)] | None = Field(None, description="What it shows, for those who cannot see it.")
    caption: Caption | None = None
    credit: Caption | None = None
    width: Pixels | None = Field(None, description="In pixels.")
    height: Pixels | None = Field(None, description="In pixels.")


class ImageBlock(BlockBase, Picture):
    """A picture on its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "image", "url": "/media/border.jpg", "alt": "The border"}]})

    type: Literal["image"]


class GalleryBlock(BlockBase):
    """Pictures shown together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "gallery", "images": [{"url": "/media/border.jpg"}]}]})

    type: Literal["gallery"]
    images: list[Picture] = Field(min_length=1, max_length=200)


class _Recording(BlockBase):
    url: Url
    caption: Caption | None = None
    credit: Caption | None = None
    duration_seconds: Seconds | None = None


class VideoBlock(_Recording):
    """A film."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "video", "url": "/media/talks.mp4"}]})

    type: Literal["video"]
    poster: Url | None = Field(None, description="The picture shown before it plays.")


class AudioBlock(_Recording):
    """A recording."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "audio", "url": "/media/talks.mp3"}]})

    type: Literal["audio"]


class EmbedBlock(BlockBase):
    """Something of another site, shown in place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "embed", "url": "https://video.example/1"}]})

    type: Literal["embed"]
    url: Url
    provider: Line | None = Field(None, description="Whose it is, such as `YouTube`.")
    html: RawHtml | None = Field(None, description="What to show where it cannot be embedded; scripts and frames are removed.")
    caption: Caption | None = None


class TableBlock(BlockBase):
    """A table."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "table", "header": ["City"], "rows": [["Minsk"]]}]})

    type: Literal["table"]
    header: list[Inline] = Field(default_factory=list, max_length=100)
    rows: list[Annotated[list[Inline], Field(max_length=100)]] = Field(max_length=2_000)
    caption: Caption | None = None


class CodeBlock(BlockBase):
    """Text whose white space matters."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "code", "language": "python", "text": "print(1)"}]})

    type: Literal["code"]
    language: Annotated[str, line(50)] | None = None
    text: Annotated[str, prose(200_000, 0, keep_edges=True)] = Field(description="Plain text.")


class DividerBlock(BlockBase):
    """A break between two parts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "divider"}]})

    type: Literal["divider"]


class LinkCardBlock(BlockBase):
    """A link shown large."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "link_card", "url": "https://example.org/", "title": "Background"}]})

    type: Literal["link_card"]
    url: Url
    title: Line | None = None
    description: Annotated[str, prose(2_000, 0)] | None = None
    image_url: Url | None = None


class CalloutBlock(BlockBase):
    """A box beside the story."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "callout", "title": "What is NATO?", "html": "An alliance."}]})

    type: Literal["callout"]
    tone: Literal["info", "note", "tip", "warning", "danger"] = "info"
    title: Line | None = None
    html: RawHtml


class HtmlBlock(BlockBase):
    """Markup that no other block fits; sanitised, and in need of a scope of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "html", "html": "<details><p>More</p></details>"}]})

    type: Literal["html"]
    html: RawHtml


class CustomBlock(BlockBase):
    """A block of another system, kept as it came so that it survives a round trip."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "custom", "name": "poll", "data": {"question": "Peace?"}}]})

    type: Literal["custom"]
    name: Line = Field(description="What the other system calls it.")
    data: Annotated[dict[str, JsonValue], BeforeValidator(_bounded)] = Field(
        default_factory=dict, description="Any JSON object of at most 64 KB, nested at most 8 deep, without U+0000."
    )


def _ref_of(value: object) -> object:
    """An author as answers show one stands for its id, so that what was read can be sent back."""
    return value.get("id") if isinstance(value, dict) else value


def _ours(_: object) -> None:
    """Given by us, so what is sent is ignored."""


AuthorRef = Annotated[
    Annotated[str, Field(max_length=160, pattern=ref_pattern("aut"), examples=["ana-ruiz"], description="An author: its id or its slug.")],
    BeforeValidator(_ref_of),
]
Contributors = Annotated[list[AuthorRef], Field(max_length=20)]


class LiveUpdateFields(BlockBase):
    """What a live update has beside its blocks."""

    type: Literal["live_update"]
    title: Line | None = None
    at: Instant = Field(description="When it was posted.")
    pinned: Flag = Field(default=False, description="Stays on top.")
    key_event: Flag = Field(default=False, description="Belongs in the summary of events.")
    authors: Contributors = Field(default_factory=list, description="Who wrote it, in order; in a live blog only.")
    position: Annotated[Line | None, BeforeValidator(_ours)] = Field(None, description="Given by us; what you send is ignored.")
    version: Annotated[Annotated[int, Whole()] | None, BeforeValidator(_ours)] = Field(
        None, description="Given by us; what you send is ignored."
    )
    edited_at: Annotated[Instant | None, BeforeValidator(_ours)] = Field(None, description="Given by us; what you send is ignored.")


SIMPLE_BLOCKS: tuple[type[BaseModel], ...] = (
    ParagraphBlock, HeadingBlock, ListBlock, QuoteBlock, PullquoteBlock, ImageBlock, GalleryBlock, VideoBlock, AudioBlock,
    EmbedBlock, TableBlock, CodeBlock, DividerBlock, LinkCardBlock, CalloutBlock, HtmlBlock, CustomBlock,
)  # fmt: skip
