"""What a webhook and its deliveries look like on the wire."""

from difflib import get_close_matches
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from app.articles.schemas import Kind
from app.core import ids
from app.core.fields import Whole
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import line
from app.events.types import OBJECTS, TYPES, matching
from app.sections.schemas import SectionText
from app.webhooks.errors import WebhookNotFound
from app.webhooks.models import Attempt, Delivery, Webhook

LONGEST_REPLAY = 10_000
LONGEST_OVERLAP_HOURS = 168
PATTERNS = ("*", *(f"{name}.*" for name in OBJECTS), *TYPES)
URL_PATTERN = r"^https?://[^\s/?#@\\]+([/?][!-\[\]-~]*)?$"
STATUSES = ("pending", "delivered", "failed")
STATUSES_PATTERN = f"^({'|'.join(STATUSES)})(,({'|'.join(STATUSES)}))*$"

_WEBHOOK, _DELIVERY, _EVENT = (ids.encode(prefix, ids.EXAMPLE) for prefix in ("whk", "dlv", "evt"))
_SECTION, _KEY, _ARTICLE = (ids.encode(prefix, ids.EXAMPLE) for prefix in ("sec", "key", "art"))
_URL = "https://front.example.org/dateline"
_FAILURES = "`refused`, `unresolved`, `unreachable`, `tls`, `timeout`, `garbled`, `sealed` or `forgotten`"

Name = Annotated[str, line(120)]
Address = Annotated[str, Field(max_length=2000, pattern=URL_PATTERN)]
Patterns = Annotated[list[Annotated[str, Field(json_schema_extra={"enum": list(PATTERNS)})]], Field(min_length=1, max_length=50)]
Sections = Annotated[list[SectionText], Field(max_length=50)]
Kinds = Annotated[list[Kind], Field(max_length=10)]
_ABOUT_URL = "Where to send events. It must lead to a public address; a redirect is not followed."
_ABOUT_EVENTS = "Which types: `*`, all of an object (`article.*`), or one (`article.published`)."
_ABOUT_SECTIONS = (
    "Only what happens to these sections or the ones below, to the articles there, and to their comments; all where it is empty."
)
_ABOUT_KINDS = "Only what happens to articles of these kinds, and to their comments; all where it is empty."


class _Wanted(Input):
    @field_validator("events", check_fields=False)
    @classmethod
    def _are_known(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            if not matching(pattern):
                near = get_close_matches(pattern, PATTERNS, n=1)
                guess = f" Did you mean {near[0]}?" if near else ""
                raise PydanticCustomError("unknown_event", "There is no event {name}.{guess}", {"name": pattern[:100], "guess": guess})
        return list(dict.fromkeys(patterns))


class WebhookCreate(_Wanted):
    """A webhook to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "front end", "url": _URL, "events": ["article.*"]}]})

    name: Name = Field(description="What it is for.", examples=["front end"])
    url: Address = Field(description=_ABOUT_URL, examples=[_URL])
    events: Patterns = Field(default=["*"], description=_ABOUT_EVENTS, examples=[["article.*"]])
    sections: Sections = Field(default=[], description=_ABOUT_SECTIONS, examples=[[]])
    kinds: Kinds = Field(default=[], description=_ABOUT_KINDS, examples=[[]])


class WebhookUpdate(_Wanted):
    """What shall be different about a webhook: what is left out stays, lists are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": ["article.published", "article.unpublished"]}]})

    name: Name = Field(default="", description="What it is for.", examples=["front end"])
    url: Address = Field(default="", description=_ABOUT_URL, examples=[_URL])
    events: Patterns = Field(default=["*"], description=_ABOUT_EVENTS, examples=[["article.*"]])
    sections: Sections = Field(default=[], description=_ABOUT_SECTIONS, examples=[[]])
    kinds: Kinds = Field(default=[], description=_ABOUT_KINDS, examples=[[]])


class Rotation(Input):
    """How a signing secret is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Annotated[int, Whole(0, LONGEST_OVERLAP_HOURS)] = Field(
        default=24, description="How long the old secret signs too, beside the new one."
    )


class Replay(Input):
    """What to send again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from_seq": 120, "to_seq": 140}]})

    from_seq: Annotated[int, Whole(1)] = Field(description="The first event, by its place in the log.", examples=[120])
    to_seq: Annotated[int, Whole(1)] = Field(description="The last one.", examples=[140])


class WebhookOut(Output):
    """A webhook, without its signing secret."""

    id: str = Field(examples=[_WEBHOOK])
    type: str = Field(default="webhook")
    version: int = Field(examples=[1])
    name: str = Field(examples=["front end"])
    url: str = Field(examples=[_URL])
    events: list[str] = Field(description=_ABOUT_EVENTS, examples=[["article.*"]])
    sections: list[str] = Field(description=_ABOUT_SECTIONS, examples=[[_SECTION]])
    kinds: list[str] = Field(description=_ABOUT_KINDS, examples=[["article"]])
    key_id: str = Field(description="The key that made, last changed or resumed it: it is sent what that key may know.", examples=[_KEY])
    status: str = Field(
        description="`active`, `paused` or `disabled`. Only what is active is sent anything but tests.", examples=["active"]
    )
    disabled_reason: str | None = Field(
        description="`gone` (it answered 410), `failing` (nothing was taken for days) or `key` (its key works no more).", examples=[None]
    )
    disabled_at: Instant | None = Field(examples=[None])
    queued_seq: int = Field(description="How far the log was looked through for it.", examples=[140])
    last_seq: int | None = Field(description="The last event that was found for it.", examples=[138])
    failures: int = Field(description="How many attempts failed since the last that did not.", examples=[0])
    failing_since: Instant | None = Field(description="When the first of those failed.", examples=[None])
    rests_until: Instant | None = Field(description="Until then nothing is sent, because it failed several times running.", examples=[None])
    delivered_at: Instant | None = Field(description="When it took something last.", examples=["2026-02-28T16:15:00Z"])
    old_secret_until: Instant | None = Field(description="Until then its former secret signs too.", examples=[None])
    created_at: Instant
    revised_at: Instant


class WebhookCreated(WebhookOut):
    """A webhook with its signing secret: the only time that it is shown."""

    secret: str | None = Field(
        description="What its messages are signed with. It is shown once; null in a repeated answer.", examples=["whsec_kL3Yq0m2…"]
    )


class WebhookPage(Output):
    """A page of webhooks."""

    data: list[WebhookOut]
    page: PageInfo


class MessageOut(Output):
    """What is delivered."""

    id: str = Field(description="The event's id: the `webhook-id` of the message, the same however often it is sent.", examples=[_EVENT])
    type: str = Field(examples=["article.published"])
    seq: int | None = Field(description="Its place in the log; null for a test.", examples=[138])
    previous_seq: int | None = Field(description="The place of the event before it that this webhook was sent.", examples=[131])


class DeliveryOut(Output):
    """One message for one webhook."""

    id: str = Field(examples=[_DELIVERY])
    type: str = Field(default="delivery")
    event: MessageOut
    status: str = Field(description="`pending`, `delivered`, or `failed` for good: a dead letter.", examples=["pending"])
    attempts: int = Field(description="How often it was tried, of ten times.", examples=[1])
    created_at: Instant
    due_at: Instant | None = Field(description="When it is tried next; null when it is done.")
    finished_at: Instant | None = Field(description="When it was delivered, or given up.", examples=[None])
    status_code: int | None = Field(description="What was answered last.", examples=[503])
    failure: str | None = Field(description=f"Why there was no answer: {_FAILURES}.", examples=[None])


class AttemptOut(Output):
    """One try."""

    at: Instant
    milliseconds: int = Field(examples=[87])
    status_code: int | None = Field(examples=[503])
    failure: str | None = Field(description=f"Why there was no answer: {_FAILURES}.", examples=[None])
    answer: str = Field(description="The beginning of what was answered, or why nothing was.", examples=["Back in a minute."])


class RequestOut(Output):
    """What is sent. Each attempt adds its own `webhook-timestamp` and `webhook-signature`."""

    url: str = Field(examples=[_URL])
    headers: dict[str, str] = Field(examples=[{"content-type": "application/json", "webhook-id": _EVENT}])
    body: str | None = Field(
        description="Byte for byte; null where the log does not go back so far any more.",
        examples=['{"type":"article.published","timestamp":"2026-02-28T16:15:00Z","data":{"seq":138}}'],
    )


class DeliveryInFull(DeliveryOut):
    """One message for one webhook, with its request and every attempt."""

    request: RequestOut
    log: list[AttemptOut] = Field(description="Every attempt, the oldest first.")


class DeliveryPage(Output):
    """A page of deliveries."""

    data: list[DeliveryOut]
    page: PageInfo


class Replayed(Output):
    """What will be sent again."""

    count: int = Field(description="How many events.", examples=[7])


_SAME = (
    "version", "name", "url", "events", "sections", "kinds", "status", "disabled_reason", "disabled_at", "queued_seq", "last_seq",
    "failures", "failing_since", "rests_until", "delivered_at", "old_secret_until", "created_at", "revised_at",
)  # fmt: skip


def webhook_out(webhook: Webhook) -> dict[str, Any]:
    """The wire form of `webhook`."""
    fields = {name: getattr(webhook, name) for name in _SAME}
    return WebhookOut(id=webhook_id(webhook.id), key_id=ids.encode("key", webhook.key_id), **fields).model_dump(mode="json")


def delivery_out(delivery: Delivery) -> dict[str, Any]:
    """The wire form of `delivery`."""
    pending = delivery.status == "pending"
    return {
        "id": ids.encode("dlv", delivery.id),
        "type": "delivery",
        "event": {
            "id": ids.encode("evt", delivery.event_id), "type": delivery.type, "seq": delivery.seq, "previous_seq": delivery.previous_seq,
        },
        "status": delivery.status,
        "attempts": delivery.attempts,
        "created_at": wire_instant(delivery.created_at),
        "due_at": wire_instant(delivery.due_at) if pending else None,
        "finished_at": None if delivery.finished_at is None else wire_instant(delivery.finished_at),
        "status_code": delivery.status_code,
        "failure": delivery.failure,
    }  # fmt: skip


def attempt_out(attempt: Attempt) -> dict[str, Any]:
    """The wire form of one try."""
    names = ("milliseconds", "status_code", "failure", "answer")
    return {"at": wire_instant(attempt.at), **{name: getattr(attempt, name) for name in names}}


def webhook_id(value: UUID) -> str:
    """A webhook's id on the wire."""
    return ids.encode("whk", value)


def uuid_of(prefix: Literal["whk", "dlv"], text: str) -> UUID:
    """The UUID behind an id; raises WebhookNotFound."""
    found = ids.decode(prefix, text)
    if found is None:
        raise WebhookNotFound
    return found
