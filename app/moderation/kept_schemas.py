"""What is kept of a person beside what they wrote, on the wire."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.comments.votes_schemas import OwnVote, vote_out
from app.core.schemas import Instant, Output, PageInfo, wire_instant
from app.moderation.kept import Kept
from app.moderation.process_schemas import (
    AppealOfComment,
    ReportOut,
    SanctionTold,
    appeal_of_comment_out,
    report_out,
    sanction_told_out,
)
from app.moderation.reporting import opened_contact


class KeptAppeal(AppealOfComment):
    """An appeal that they made."""

    type: Literal["appeal"] = "appeal"


class KeptReport(ReportOut):
    """A report that they sent: as a member, or a notice under their e-mail address."""

    type: Literal["report"] = "report"
    notice: dict[str, Any] | None = Field(description="Of illegal content: the explanation, the law, and who sent it, as far as they said.")
    settled_at: Instant | None
    outcome: str | None = Field(description="The state that the comment had after the decision.", examples=[None])


class KeptSanction(SanctionTold):
    """A sanction on them, without what was meant for the newsroom."""

    type: Literal["sanction"] = "sanction"


class KeptVote(OwnVote):
    """A vote that they cast, as a member."""

    type: Literal["vote"] = "vote"


class KeptPage(Output):
    """What is kept of somebody: appeals, reports, sanctions, votes, in this order, of each the newest first."""

    data: list[Annotated[KeptAppeal | KeptReport | KeptSanction | KeptVote, Field(discriminator="type")]]
    page: PageInfo


def kept_out(kept: Kept, key: bytes, now: datetime) -> dict[str, Any]:
    """One thing that is kept of somebody."""
    return {"type": kept.kind, **_WIRE[kept.kind](kept.row, key, now)}


def _report(row: Any, key: bytes, _now: datetime) -> dict[str, Any]:
    notice = None if row.notice is None else {**row.notice, **(opened_contact(key, row.contact) or {})}
    settled = None if row.settled_at is None else wire_instant(row.settled_at)
    return {**report_out(row), "notice": notice, "settled_at": settled, "outcome": row.outcome}


_WIRE: Mapping[str, Callable[[Any, bytes, datetime], dict[str, Any]]] = {
    "appeal": lambda row, _key, _now: appeal_of_comment_out(row),
    "report": _report,
    "sanction": lambda row, _key, now: sanction_told_out(row, now),
    "vote": lambda row, _key, _now: vote_out(row),
}
