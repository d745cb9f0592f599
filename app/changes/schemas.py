"""How pages of the log look on the wire."""

from pydantic import Field

from app.core.schemas import Output
from app.events.schemas import Change


class ChangePage(Output):
    """A page of the log."""

    data: list[Change] = Field(description="Events, in the order of commit.")
    next_since: int = Field(description="Send it as `since` to go on from here; it stands still when nothing new has come.")
    has_more: bool = Field(
        description="Whether there is more of the log. A page may be shorter than `limit`, even empty, and still have more behind it."
    )
