"""What the service sends to others of its own accord: the `webhooks` of the OpenAPI description, by the Standard Webhooks specification."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

SCHEMA = "#/components/schemas/"
_HEADERS = (
    ("webhook-id", "Names the message; the same however often it is sent.", "evt_01m82536fhesjaqzv7y0v141hx", r"^evt_[0-9a-z]{26}$"),
    ("webhook-timestamp", "When this attempt was made, in seconds since 1970. Refuse what is old.", "1772295300", r"^[0-9]{1,12}$"),
    (
        "webhook-signature",
        "Signatures, separated by spaces: `v1,` and the base64 of an HMAC-SHA256 of `id.timestamp.body`. One that fits is enough.",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        r"^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$",
    ),
)
_ANSWERS = {
    "2XX": {"description": "It was taken. Whatever is in the body is kept for the log of deliveries, in its beginning."},
    "410": {"description": "Send nothing more: the webhook is disabled."},
    "429": {"description": "Later: `Retry-After` is heeded by everything that is sent to this address."},
    "default": {"description": "It was not taken, a redirect is no exception: it is sent again, ten times in three days."},
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message: its name, the id of its operation, its tag, what it looks like, and when it is sent."""

    name: str
    operation_id: str
    tag: str
    model: type[BaseModel]
    about: str


def webhooks(messages: Iterable[Sent]) -> dict[str, Any]:
    """A path item for each message."""
    return {message.name: {"post": _operation(message)} for message in messages}


def _operation(message: Sent) -> dict[str, Any]:
    return {
        "operationId": message.operation_id,
        "summary": message.operation_id.replace("_", " ").capitalize(),
        "description": message.about,
        "tags": [message.tag],
        "security": [],
        "parameters": [_header(*each) for each in _HEADERS],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": SCHEMA + message.model.__name__}}}},
        "responses": _ANSWERS,
    }


def _header(name: str, description: str, example: str, pattern: str) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": 8192, "pattern": pattern}
    return {"name": name, "in": "header", "required": True, "description": description, "schema": schema, "example": example}
