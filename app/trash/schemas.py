"""What is left to say of an article that is gone for good."""

from pydantic import Field

from app.core.schemas import Instant, Output


class Purged(Output):
    """An article that was let go of."""

    id: str = Field(description="The id that it had.", examples=["art_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(default="article")
    purged_at: Instant = Field(description="Since when it is gone.")
