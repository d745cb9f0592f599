"""What stages and notes look like on the wire."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.articles.schemas import Stage
from app.core import ids
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import prose
from app.workflow.models import Note

Words = Annotated[str, prose(5000)]


class StageOrder(Input):
    """Where the article shall be moved."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "in_review", "message": "Names are checked."}]})

    to: Stage = Field(description="The stage.", examples=["in_review"])
    message: Words | None = Field(default=None, description="Why; it is kept as a note.", examples=["Names are checked."])


class NoteCreate(Input):
    """A note to be written."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Call the ministry before noon."}]})

    text: Words = Field(description="For the newsroom only.", examples=["Call the ministry before noon."])
    block: Annotated[str, Field(max_length=160, pattern="^[A-Za-z0-9_-]{1,160}$")] | None = Field(
        default=None, description="The block of the body that it is about.", examples=["b7"]
    )


class Writer(Output):
    """Who wrote a note."""

    kind: str = Field(description="`key`, `import` or `system`.", examples=["key"])
    id: str | None = Field(description="The key's id.", examples=["key_01m82536fhesjaqzv7y0v141hx"])
    name: str | None = Field(description="The key's name.", examples=["sports desk"])


class NoteOut(Output):
    """What somebody in the newsroom noted about an article."""

    id: str = Field(examples=["not_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(default="note")
    at: Instant = Field(description="When it was written.")
    by: Writer = Field(description="Who wrote it.")
    text: str = Field(examples=["Call the ministry before noon."])
    block: str | None = Field(description="The block that it is about.", examples=[None])
    moved_to: str | None = Field(description="The stage that the article was moved to with these words.", examples=[None])


class NotePage(Output):
    """Notes, the oldest first."""

    data: list[NoteOut]
    page: PageInfo


def note_out(note: Note) -> dict[str, Any]:
    """The wire form of a note."""
    writer = None if note.actor_id is None else ids.encode("key", note.actor_id)
    return {
        "id": ids.encode("not", note.id), "type": "note", "at": wire_instant(note.at),
        "by": {"kind": note.actor_kind, "id": writer, "name": note.actor_name},
        "text": note.text, "block": note.block, "moved_to": note.moved_to,
    }  # fmt: skip
