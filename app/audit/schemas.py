"""What an entry of the audit looks like on the wire."""

from typing import Any

from pydantic import Field

from app.core.schemas import Instant, Output, PageInfo
from app.events.schemas import ActorOut, ObjectRef, change


class AuditEntry(Output):
    """One change: who made it, when, to what, and through which request."""

    seq: int = Field(description="Its place in the log.", examples=[42])
    id: str = Field(description="The id of its event.", examples=["evt_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(description="What happened.", examples=["article.taken_down"])
    at: Instant = Field(description="When.")
    actor: ActorOut = Field(description="Who did it.")
    object: ObjectRef = Field(description="To what.")
    changed: list[str] = Field(description="Names of the fields that changed.", examples=[["headline"]])
    data: dict[str, Any] = Field(description="What its event tells, by type.")
    details: dict[str, Any] | None = Field(
        description="What no event tells, such as the reason of a take-down.", examples=[{"reason": "privacy", "note": None}]
    )
    request_id: str = Field(
        description="The `X-Request-ID` of the request that did it; `worker` for what happened by itself.", examples=["worker"]
    )
    known_to: str | None = Field(description="The scope that knowing of it takes; null for everybody.", examples=["articles:read"])


class AuditPage(Output):
    """Entries of the audit, the newest first."""

    data: list[AuditEntry]
    page: PageInfo


def entry_out(event: Any) -> dict[str, Any]:
    """The wire form of an event for the audit."""
    told = change(event, in_full=True)
    kept = {name: told[name] for name in ("seq", "id", "type", "at", "actor", "object", "changed", "data")}
    return {**kept, "details": event.details, "request_id": event.request_id, "known_to": event.scope}
