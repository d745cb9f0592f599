"""What a newsroom orders of what readers see, and when, on the wire."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.schemas import Input, Instant, Output
from app.core.text import prose

Significance = Literal["minor", "update", "correction"]
CorrectionKind = Literal["correction", "clarification", "update", "editors_note", "retraction"]


class CorrectionNote(Input):
    """What readers are told of what was wrong."""

    kind: CorrectionKind = Field(default="correction", description="What sort of note it is.")
    text: Annotated[str, prose(5000)] = Field(examples=["An earlier version named the wrong minister."])


class PublishOrder(Input):
    """When readers shall see the working copy as it is now."""

    at: Instant | None = Field(default=None, description="From when; null, or a moment past, for now.")
    until: Instant | None = Field(default=None, description="Until when at the longest; null for good. What is scheduled next ends it too.")
    scheduled: Literal["keep", "replace"] | None = Field(
        default=None,
        description="What becomes of what is scheduled for later. Left out: an order for now replaces it, so that an older text does not "
        "come back by itself; an order for a moment to come keeps it.",
    )
    significance: Significance = Field(
        default="update", description="`minor` does not move `updated_at`; `correction` comes with a note for readers."
    )
    correction: CorrectionNote | None = Field(default=None, description="With `significance` `correction`: what was wrong.")

    @model_validator(mode="after")
    def _makes_sense(self) -> "PublishOrder":
        if (self.correction is not None) != (self.significance == "correction"):
            raise PydanticCustomError("correction", "`significance` `correction` needs `correction` with a text, and nothing else has one.")
        if self.at is not None and self.until is not None and self.until <= self.at:
            raise PydanticCustomError("period", "`until` must be later than `at`.")
        return self


class ScheduleChange(Input):
    """What shall be different about a publication to come (RFC 7396): what is left out stays."""

    at: Instant | None = Field(default=None, description="From when, which must be to come.")
    until: Instant | None = Field(default=None, description="Until when at the longest; null for good.")


class UnpublishOrder(Input):
    """When readers shall no longer see the article."""

    at: Instant | None = Field(default=None, description="From when; null, or a moment past, for now.")


class ScheduledPublication(Output):
    """What readers will see of an article, from a moment to come on."""

    id: str = Field(examples=["pub_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(default="publication")
    article: str = Field(description="The article's id.", examples=["art_01m82536fhesjaqzv7y0v141hx"])
    version: int = Field(description="The article's version now: what `If-Match` compares with.", examples=[7])
    at: Instant = Field(description="From when readers will see it.")
    until: Instant | None = Field(description="Until when: as ordered, or until the next begins; null for good.", examples=[None])
    ordered_until: Instant | None = Field(description="Until when it was ordered; null for good.", examples=[None])
    revision: int = Field(description="The version of the working copy at which its content became what this shows.", examples=[5])
    significance: str = Field(description="`minor`, `update` or `correction`.", examples=["update"])
    headline: str = Field(examples=["Delegations meet at the border"])
    slug: str = Field(examples=["delegations-meet-at-the-border"])


class Schedule(Output):
    """What is to be seen of an article later, in the order of time."""

    data: list[ScheduledPublication]
