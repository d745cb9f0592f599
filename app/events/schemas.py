"""What an event looks like on the wire."""

from typing import Any

from pydantic import Field

from app.core import ids
from app.core.schemas import Instant, Output, wire_instant
from app.events.models import Event

PREFIXES = {
    "article": "art", "block": "upd", "section": "sec", "author": "aut", "tag": "tag", "comment": "cmt", "comment_policy": "pol",
    "list": "lst", "preview_link": "prv", "key": "key", "webhook": "whk", "word_list": "wdl", "sanction": "san", "rule": "rul",
}  # fmt: skip


_GOING = {
    "article.unpublished", "article.deleted", "article.taken_down", "article.purged", "list.unpublished", "list.deleted",
    "section.deleted", "author.deleted", "tag.deleted", "key.revoked", "key.forgotten", "preview_link.revoked", "word_list.deleted",
    "rule.deleted", "webhook.deleted",
}  # fmt: skip


class ObjectRef(Output):
    """The object that an event is about."""

    type: str = Field(description="What kind of object it is.", examples=["article"])
    id: str = Field(description="Its id.", examples=["art_01m82536fhesjaqzv7y0v141hx"])
    version: int | None = Field(description="The version that the change made; null for objects without versions.")
    gone: bool = Field(description="Whether it is gone after the change: deleted, or not to be seen by readers any more.", examples=[False])


class ActorOut(Output):
    """Who made a change."""

    kind: str = Field(description="`key`, `reader`, `import` or `system`.", examples=["key"])
    id: str | None = Field(description="The key's id.")
    name: str | None = Field(description="The key's name.")


class Change(Output):
    """One event of the log."""

    seq: int = Field(description="Its place in the log: the order of commits, without holes.", examples=[42])
    id: str = Field(description="Its id; the same wherever the event is delivered.", examples=["evt_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(description="What happened.", examples=["article.published"])
    at: Instant = Field(description="When.")
    object: ObjectRef
    changed: list[str] = Field(description="Names of the fields that changed.", examples=[["headline"]])
    tags: list[str] = Field(
        description="Names of every public answer that it made untrue: the purge list.",
        examples=[["article:art_01m82536fhesjaqzv7y0v141hx", "articles"]],
    )
    data: dict[str, Any] = Field(description="What else is known, by type: see the reference of events.")
    actor: ActorOut | None = Field(description="Who did it; null without a key.")
    caused_by: str | None = Field(description="The `X-Request-ID` of the request that did it; null without a key.")
    record: dict[str, Any] | None = Field(
        description="With `include=record` the whole object as it is now, as its own address shows it; null where it is not to be seen, "
        "and without `include=record`."
    )


def is_gone(event: Any) -> bool:
    """Whether whoever keeps a copy of the object for readers should remove it."""
    if event.object_type == "block":
        return event.data.get("visible") is False
    if event.object_type == "comment":
        return event.data.get("visible", event.data.get("status") == "approved") is False
    return event.type in _GOING


def actor_out(row: Any) -> dict[str, Any]:
    """Who did what a row tells of, on the wire."""
    return {
        "kind": row.actor_kind, "id": None if row.actor_id is None else ids.encode("key", row.actor_id), "name": row.actor_name
    }  # fmt: skip


def change(event: Event | Any, *, in_full: bool, record: dict[str, Any] | None = None) -> dict[str, Any]:
    """`event` on the wire; `in_full` for callers with a key, who may know who did it."""
    return {
        "seq": event.seq,
        "id": ids.encode("evt", event.id),
        "type": event.type,
        "at": wire_instant(event.at),
        "object": {
            "type": event.object_type,
            "id": ids.encode(PREFIXES[event.object_type], event.object_id),
            "version": event.version,
            "gone": is_gone(event),
        },
        "changed": event.changed,
        "tags": event.tags,
        "data": event.data,
        "actor": actor_out(event) if in_full else None,
        "caused_by": event.request_id if in_full else None,
        "record": record,
    }
