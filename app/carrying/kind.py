"""A comment as files carry it. Pure: no rows, no requests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from app.comments.schemas import GONE, Name, Status
from app.core.errors import Fault
from app.core.faults import body_faults
from app.core.schemas import Input, Instant
from app.core.text import line, prose

LONGEST = 50_000
"""What was shown elsewhere may be longer than what is accepted here."""

Text = Annotated[str, line(1000)]


class CarriedAuthor(Input):
    """Who wrote it, as readers saw them. Addresses are not carried."""

    name: Name
    kind: Literal["guest", "member", "staff"] = "guest"
    badge: Annotated[str, line(80)] | None = None


class CarriedVotes(Input):
    """What others thought of it."""

    up: Annotated[int, Field(ge=0, le=2**53)] = 0
    down: Annotated[int, Field(ge=0, le=2**53)] = 0


class Carried(Input):
    """One comment. It is known by `id`, its id in Dateline, or by `external_id`, what `source` calls it; or by both.

    `article` is an id, a slug, a path or an address; `article_slug` is asked where that leads nowhere. `parent` and `reply_to` name
    comments as Dateline does, or as `source` does. Of one that was deleted or erased there are neither words nor author, and `open` says
    whether readers pass it to what stands below.
    """

    id: Text | None = None
    source: Annotated[str, line(100)] | None = None
    external_id: Text | None = None
    article: Text
    article_slug: Text | None = None
    parent: Text | None = None
    reply_to: Text | None = None
    author: CarriedAuthor | None = None
    body: Annotated[str, prose(LONGEST)] | None = None
    status: Status = "approved"
    open: bool | None = None
    created_at: Instant
    edited_at: Instant | None = None
    votes: CarriedVotes = CarriedVotes()

    @property
    def gone(self) -> bool:
        """Whether nothing of it is left but its place."""
        return self.status in GONE


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at one place of a file: a comment, or why there is none."""

    line: int
    carried: Carried | None
    fault: str = ""


def entry_of(line: int, value: Any) -> Entry:
    """What a file says of a comment, looked through."""
    try:
        carried = Carried.model_validate(value)
    except ValidationError as error:
        faults = body_faults(({**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)), Carried)
        return Entry(line, None, "; ".join(_said(fault) for fault in faults))
    fault = next(_missing(carried), "")
    return Entry(line, None if fault else carried, fault)


def _missing(carried: Carried) -> Iterator[str]:
    if carried.id is None and carried.external_id is None:
        yield "it has neither an id nor an external_id, so it would not be known again"
    if not carried.gone and (carried.author is None or carried.body is None):
        yield "it has no author or no body"


def _said(fault: Fault) -> str:
    return f"{str(fault.pointer).removeprefix('#/').replace('/', '.')}: {fault.detail}"
