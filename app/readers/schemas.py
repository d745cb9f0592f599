"""How those who take part are told who they are here."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from app.core.schemas import Instant, Output
from app.readers.kind import Commenter
from app.readers.sanctions import SILENCING, Sanction


class Silenced(Output):
    """What keeps you from taking part."""

    kind: Literal["mute", "suspend", "ban"] = Field(description="`mute` posts nothing; the others neither post nor vote nor report.")
    reason_code: str | None
    statement: str | None = Field(description="Why, in the moderators' words.")
    until: Instant | None = Field(description="Until when; null where no end is set.")


class MemberOut(Output):
    """Who you are here, as your token says."""

    kind: Literal["member", "staff"]
    name: str | None = Field(description="What stands above your comments; null where the token says none, and you give one with each.")
    badge: str | None = Field(description="What is shown beside the name of staff.")
    sanction: Silenced | None = Field(description="What keeps you, as a member, from taking part; null where nothing does.")


def member_out(who: Commenter, sanctions: Sequence[Sanction]) -> MemberOut:
    """A member on the wire. That comments of theirs are looked at beforehand is not said."""
    against = [each for each in sanctions if each.kind in SILENCING]
    kind: Literal["member", "staff"] = "staff" if who.kind == "staff" else "member"
    return MemberOut(kind=kind, name=who.name, badge=who.badge, sanction=_silenced(against[-1]) if against else None)


def _silenced(sanction: Sanction) -> Silenced:
    said = {"kind": sanction.kind, "reason_code": sanction.code, "statement": sanction.statement, "until": sanction.until}
    return Silenced.model_validate(said)
