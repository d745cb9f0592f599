"""What live coverage looks like on the wire."""

from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.authors.schemas import AuthorText
from app.body.blocks import BlockId, Line
from app.body.union import InnerBodyInput
from app.body.views import BlockOutput, LiveUpdate
from app.core.schemas import Input, Instant, Output, PageInfo

_EXAMPLE: dict[str, Any] = {
    "id": "upd_01m82536fhesjaqzv7y0v141hx", "type": "live_update", "title": "The ferry has left", "at": "2026-02-28T16:15:00Z",
    "pinned": False, "key_event": True, "authors": [], "position": "1Zz", "version": 2, "edited_at": "2026-02-28T16:20:00Z",
    "blocks": [{"id": "zv7y0v141hx-1", "type": "paragraph", "html": "Eleven minutes late."}],
}  # fmt: skip


class Anchored(Input):
    """A place in the order of the updates."""

    before: BlockId | None = Field(default=None, description="Above this update.", examples=[None])
    after: BlockId | None = Field(default=None, description="Below this update; without either, on top.", examples=[None])

    @model_validator(mode="after")
    def _names_one_place(self) -> "Anchored":
        if self.before is not None and self.after is not None:
            raise PydanticCustomError("place", "Give `before` or `after`, not both.")
        return self


class LiveUpdateFields(Input):
    """What posting and editing have in common."""

    title: Line | None = Field(default=None, examples=["The ferry has left"])
    at: Instant | None = Field(default=None, description="When it happened; null for now.")
    authors: list[AuthorText] = Field(default=[], max_length=20, description="Who wrote it, in order.")
    pinned: bool = Field(default=False, strict=True, description="Stays on top.")
    key_event: bool = Field(default=False, strict=True, description="Belongs in the summary of events.")
    blocks: InnerBodyInput = Field(default=[], description="What it says: blocks, or Markdown, HTML or text that is turned into blocks.")


class LiveUpdateCreate(Anchored, LiveUpdateFields):
    """An update to be posted."""

    id: BlockId | None = Field(default=None, description="Names it for good; made by us when left out.")


class LiveUpdatePatch(LiveUpdateFields):
    """What shall be different (RFC 7396): what is left out stays, lists are replaced whole."""


class LiveUpdateDraft(LiveUpdate):
    """An update as the newsroom has it."""

    status: Literal["draft", "published", "changed"] = Field(
        description="`changed`: readers see it, or will, but not as it is now.", examples=["published"]
    )


class BlockPage(Output):
    """Blocks of an article: of a live blog its updates, pinned ones first."""

    data: list[BlockOutput] = Field(
        description="The blocks, in order; with `view=draft` updates have a `status` too.", examples=[[_EXAMPLE]]
    )
    page: PageInfo
    seq: int | None = Field(
        description="Ask with it as `since` for what has changed since; null where there is nothing to follow: no live blog, or a draft.",
        examples=[42],
    )


class BlockChanges(Output):
    """What has changed in a live blog behind `since`. Each update is in one of the lists, as it is now."""

    new: list[LiveUpdate] = Field(description="Not seen before.", examples=[[_EXAMPLE]])
    edited: list[LiveUpdate] = Field(description="Say something else; they may have been moved as well.", examples=[[]])
    moved: list[LiveUpdate] = Field(description="Stand elsewhere, and say the same.", examples=[[]])
    deleted: list[str] = Field(description="Ids of updates to be taken away.", examples=[[]])
    reset: bool = Field(description="More has changed than is told here: load the list anew.", examples=[False])
    seq: int = Field(description="The next `since`.", examples=[43])
