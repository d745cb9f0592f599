"""What a take-down and its end look like on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from app.core.fields import Flag
from app.core.schemas import Input, Instant, Output
from app.core.text import prose

Reason = Literal["legal", "rights_expired", "privacy", "editorial_error", "author_request", "other"]


class TakedownOrder(Input):
    """Why readers shall see nothing of the article any more."""

    reason: Reason = Field(description="For the newsroom and its keys; readers are not told.", examples=["rights_expired"])
    note: Annotated[str, prose(5000, 0)] | None = Field(
        default=None, description="What else the newsroom should know; readers are not told.", examples=["The agency's licence has ended."]
    )


class RestoreOrder(Input):
    """How an article comes back."""

    publish: Flag = Field(
        default=True,
        description="Of one that was taken down: whether readers see again what they saw, for as long as that was to be. With `false` "
        "it comes back as a working copy only, to be corrected and published anew.",
    )


class Takedown(Output):
    """Since when and why readers see nothing of an article."""

    at: Instant = Field(description="Since when.")
    reason: str = Field(description="Why.", examples=["rights_expired"])
    note: str | None = Field(description="What else the newsroom should know.")
