"""What a key looks like on the wire."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.access.bounds import CONFINED
from app.access.models import Key
from app.access.scopes import EVERYTHING, SCOPES
from app.core import ids
from app.core.refs import MAX_PATH, ref_pattern
from app.core.schemas import Input, Instant, Output
from app.core.text import line

_NAMES = [*SCOPES, EVERYTHING]


class KeyCreate(Input):
    """A key to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "wire import", "scopes": ["articles:read", "articles:write"]}]})

    name: Annotated[str, line(120)] = Field(description="Who or what will use it.", examples=["wire import"])
    scopes: list[Annotated[str, Field(json_schema_extra={"enum": list(_NAMES)})]] = Field(
        min_length=1, max_length=40, description="What it allows; `*` is everything.", examples=[["articles:read", "articles:write"]]
    )
    expires_at: Instant | None = Field(default=None, description="When it stops working; null for never.")
    sections: list[Annotated[str, Field(max_length=MAX_PATH, pattern=ref_pattern("sec", path=True))]] | None = Field(
        default=None, min_length=1, max_length=50, examples=[["/world"]],
        description="The sections whose articles it may work on, with everything below them: ids, paths or slugs; null for all. "
        "Such a key can only have scopes of articles and comments.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _keeps_to_what_it_can(self) -> "KeyCreate":
        beyond = [scope for scope in self.scopes if scope not in CONFINED]
        if self.sections is not None and beyond:
            raise PydanticCustomError(
                "scope_without_sections",
                "With `sections` it cannot have {beyond}, which reaches beyond them.",
                {"beyond": ", ".join(beyond)},
            )
        return self

    @field_validator("scopes")
    @classmethod
    def _are_known(cls, scopes: list[str]) -> list[str]:
        unknown = [scope for scope in scopes if scope not in _NAMES]
        if unknown:
            raise PydanticCustomError("unknown_scope", "There is no scope {unknown}.", {"unknown": ", ".join(unknown)})
        return scopes


class KeyOut(Output):
    """A key, without its secret."""

    id: str = Field(examples=["key_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(default="key")
    name: str = Field(description="Who or what uses it.", examples=["wire import"])
    hint: str = Field(description="How its text begins.", examples=["dl_4fK9aQ"])
    scopes: list[str] = Field(examples=[["articles:read"]])
    created_at: Instant
    expires_at: Instant | None = Field(description="When it stops working; null for never.", examples=[None])
    revoked_at: Instant | None = Field(description="When it was revoked; null while it works.", examples=[None])
    last_used_at: Instant | None = Field(description="To within a minute.")
    sections: list[str] | None = Field(
        description="Ids of the sections whose articles it may work on, with everything below them; null for all.", examples=[None]
    )

    @classmethod
    def of(cls, key: Key) -> "KeyOut":
        """The wire form of `key`."""
        return cls(**_fields(key))


class KeyCreated(KeyOut):
    """A new key: the only time that its text is shown."""

    secret: str | None = Field(
        description="The key itself. It is shown once and kept nowhere; null in a repeated answer.",
        examples=["dl_4fK9aQ…"],
    )

    @classmethod
    def with_secret(cls, key: Key, secret: str) -> "KeyCreated":
        """The wire form of `key`, with its text."""
        return cls(**_fields(key), secret=secret)


class KeyList(Output):
    """Every key."""

    data: list[KeyOut]


class Me(Output):
    """Who the key that you sent belongs to, and what it allows."""

    key: KeyOut
    scopes: list[str] = Field(description="What the key allows, `*` spelled out.", examples=[["articles:read"]])


def _fields(key: Key) -> dict[str, Any]:
    names = ("name", "hint", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at", "sections")
    return {"id": ids.encode("key", key.id), **{name: getattr(key, name) for name in names}}
