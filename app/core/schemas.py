"""The base of every shape on the wire."""

import re
import warnings
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.warnings import UnsupportedFieldAttributeWarning
from pydantic_core import PydanticCustomError

_RFC3339 = re.compile(
    r"^(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$"
)
_EARLIEST, _LATEST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def _read_instant(value: Any) -> datetime:
    """An instant out of its RFC 3339 form; numbers, bare dates and local times are refused, since they say no instant."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, str) or not _RFC3339.match(value):
        raise PydanticCustomError("instant", "An instant is written like 2022-02-28T16:15:00Z (RFC 3339, with a zone).")
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("instant", "There is no such day or hour.") from None
    if not _EARLIEST <= moment < _LATEST:
        raise PydanticCustomError("instant", "An instant lies between the years 1000 and 9999.")
    return moment


def wire_instant(moment: datetime) -> str:
    """`moment` as RFC 3339 in UTC, without a fraction where there is none."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


_WIRE_INSTANT: dict[str, Any] = {"type": "string", "format": "date-time", "pattern": "^[1-9][0-9]{3}-", "maxLength": 40}

Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    PlainSerializer(wire_instant, return_type=str, when_used="json"),
    WithJsonSchema({**_WIRE_INSTANT, "examples": ["2026-02-28T16:15:00Z"]}),
]
"""An instant: RFC 3339 with a zone in, UTC out."""

InstantToCome = Annotated[Instant, WithJsonSchema({**_WIRE_INSTANT, "examples": ["2999-03-07T16:15:00Z"]})]
"""An instant that must lie ahead, with an example that does."""


# Shapes are made ready when they are first needed: all at once, they would be a twelfth of the start. Pydantic warns then of FastAPI's
# parameters, which FastAPI ignores where it makes them ready itself.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)


class Input(BaseModel):
    """A body that a client sends: a field it does not know is a fault, since a misspelt one would be silently lost."""

    model_config = ConfigDict(extra="forbid", strict=False, defer_build=True)


class Output(BaseModel):
    """A body that we send: every field is always there."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True, from_attributes=True, defer_build=True)


class PageInfo(Output):
    """Where a page stands in its list."""

    limit: int = Field(description="The most items that this page could hold.", examples=[20])
    has_more: bool = Field(description="Whether items follow.")
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")
    total: int | None = Field(default=None, description="Given when `count` asks for it.")


class FaultOut(BaseModel):
    """One thing that is wrong with a request; what is not known of it is left out."""

    code: str = Field(description="What kind of fault it is.", examples=["missing"])
    detail: str = Field(description="What is wrong, in a sentence.", examples=["Field required"])
    pointer: str | None = Field(default=None, description="JSON pointer into the body.", examples=["#/headline"])
    parameter: str | None = Field(default=None, description="Name of the query or path parameter, or header.")
    suggestion: str | None = Field(default=None, description="What was probably meant.")


class ProblemOut(BaseModel):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="Address of the page that explains this kind of problem.", examples=["/problems/not-found"])
    title: str = Field(description="The kind of problem, in a few words.", examples=["Nothing was found here"])
    status: int = Field(description="The HTTP status code.", examples=[404])
    detail: str = Field(description="What happened this time.", examples=["Readers see no such article."])
    code: str = Field(description="The kind of problem, for programs.", examples=["not-found"])
    errors: list[FaultOut] = Field(description="Every single fault.")
    request_id: str = Field(description="Quote it when you ask us for help.", examples=["req_0f6c2b7e9d1a4c58b3e7"])
