"""Field types that accept exactly what their JSON Schema says, so that a valid request is never refused by surprise."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Discriminator,
    GetCoreSchemaHandler,
    StrictBool,
    Tag,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.core.text import BLANK, CONTROLS, LAYOUT, NONCHARACTERS, SURROGATES

INT64 = 2**63 - 1
URL_LENGTH = 2048

_NOT_IN_URL = rf'{CONTROLS}{LAYOUT}{NONCHARACTERS}{BLANK}"<>\\^`\{{\|\}}'
_HOST = rf"[^{_NOT_IN_URL}/?#@\[\]]+"
_ABSOLUTE = rf"https?://{_HOST}(?:[/?#][^{_NOT_IN_URL}]*)?"
URL_PATTERN = rf"^(?:{_ABSOLUTE}|/(?:[^{_NOT_IN_URL}/][^{_NOT_IN_URL}]*)?)$"

_URL = re.compile(URL_PATTERN.removesuffix("$") + r"\Z")
_SURROGATE = re.compile(f"[{SURROGATES}]")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")

AN_OBJECT, A_TEXT = Tag("<object>"), Tag("<text>")
BY_FORM = Discriminator(lambda value: AN_OBJECT.tag if isinstance(value, dict | BaseModel) else A_TEXT.tag)
"""Annotates a union of an object and a text: one of them is tried, so that nobody is told why it is not the other."""


def is_url(text: str) -> bool:
    """Whether the text is an address we keep: absolute http(s), or a path of this site beginning with one slash."""
    return len(text) <= URL_LENGTH and _URL.match(text) is not None and _SURROGATE.search(text) is None


def _check_url(url: str) -> str:
    if not is_url(url):
        raise PydanticCustomError("url", "Give an absolute http or https address, or a path that begins with one slash.")
    return url


def _refuse_lookalikes(value: object) -> object:
    # Pydantic reads `true` and `"3"` as integers; a JSON Schema does not. `3.0` is one for both.
    if isinstance(value, bool | str | bytes):
        raise PydanticCustomError("int_type", "Give a whole number.")
    return value


def _refuse_numbers(value: object) -> object:
    # Pydantic reads numbers, and text made of digits, as seconds since 1970.
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC3339.match(value)):
        return value
    raise PydanticCustomError("datetime", "Give a date and time with its offset, such as 2026-02-28T16:15:00Z.")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime", "This moment lies outside the years 1 to 9999 in UTC.") from None


@dataclass(frozen=True, slots=True)
class Whole:
    """Annotates an `int`: a whole number between two bounds, both allowed; `3.0` is one, `true` and `"3"` are not."""

    minimum: int = 0
    maximum: int = INT64

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.int_schema(ge=self.minimum, le=self.maximum)
        return core_schema.no_info_before_validator_function(_refuse_lookalikes, number)


Flag = StrictBool
Instant = Annotated[AwareDatetime, BeforeValidator(_refuse_numbers), AfterValidator(_in_utc)]
Url = Annotated[
    str,
    AfterValidator(_check_url),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": URL_LENGTH, "pattern": URL_PATTERN}),
]
