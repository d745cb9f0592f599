"""What webhooks send, for the description of the API: receivers may have their types made of it."""

from typing import Literal

from pydantic import Field

from app.core import ids
from app.core.openapi.sent import Sent
from app.core.schemas import Instant, Output
from app.events.schemas import Change
from app.webhooks.payloads import TEST

_EVENT = ids.encode("evt", ids.EXAMPLE)


class SentEventOut(Change):
    """An event of the log as a webhook is sent it: with its place in the chain of what that webhook was sent."""

    previous_seq: int | None = Field(
        description="The place of the event before it that this webhook was sent; null for its first. Whoever never saw it is missing it.",
        examples=[41],
    )


class EventMessageOut(Output):
    """What arrives when something has happened."""

    type: str = Field(description="What happened.", examples=["article.published"])
    timestamp: Instant = Field(description="When.")
    data: SentEventOut


class SentTestOut(Output):
    """What stands in a test: its id, and no event."""

    id: str = Field(description="The id of the message.", examples=[_EVENT])
    seq: None = Field(description="It is no event of the log.")
    previous_seq: None = Field(description="It is in no chain.")


class TestMessageOut(Output):
    """What arrives after `POST /v1/webhooks/{webhook_id}/test`."""

    type: Literal["webhook.test"] = Field(description="That it is a test.", examples=[TEST])
    timestamp: Instant = Field(description="When it was asked for.")
    data: SentTestOut


MESSAGES = (
    Sent(
        "event", "receive_event", "webhooks", EventMessageOut,
        "Sent to each webhook that wants it, at least once, always under the same `webhook-id`, until it is answered with 2xx. Verify the "
        "signature first (Standard Webhooks), then remember the id: a repetition does no harm.",
    ),
    Sent(
        TEST, "receive_test", "webhooks", TestMessageOut,
        "Sent when somebody asks for it, once, also where the webhook is paused.",
    ),
)  # fmt: skip
