"""What reports, appeals and sanctions look like on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.comments.models import ModerationAction
from app.comments.schemas import EMAIL_PATTERN, comment_id
from app.core import ids
from app.core.schemas import Input, Instant, InstantToCome, Output, PageInfo, wire_instant
from app.core.text import line, prose
from app.events.schemas import ActorOut, actor_out
from app.moderation.appealing import Outcome, Standing
from app.moderation.cleaning import HANDLES, Handle
from app.moderation.models import Appeal, Report, SanctionCleanUp
from app.moderation.reasons import Code, told
from app.moderation.schemas import Batch, CommentRef, Reason, Statement
from app.readers.sanctions import Kind, Sanction

_COMMENT = comment_id(ids.EXAMPLE)
Explanation = Annotated[str, prose(5000)]
AppealText = Annotated[str, prose(5000)]


class NoticeInput(Input):
    """What a notice of illegal content must say (Digital Services Act, Article 16); the comment itself is its place."""

    explanation: Explanation = Field(description="Why it is illegal.", examples=["It gives out the address of a witness."])
    law: Annotated[str, line(300)] | None = Field(default=None, description="Which law it breaks.", examples=["§ 126a StGB"])
    name: Annotated[str, line(200)] | None = Field(default=None, description="Who sends the notice; kept sealed.", examples=["Ida Holm"])
    email: Annotated[str, Field(max_length=254, pattern=EMAIL_PATTERN)] | None = Field(
        default=None, description="Where to answer them; kept sealed.", examples=["ida@example.org"]
    )
    good_faith: Literal[True] = Field(description="That they believe in good faith that all this is true.", examples=[True])


class ReportInput(Input):
    """What you have against a comment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "insult", "note": "He does this every day."}]})

    code: Code = Field(description="The reason.", examples=["illegal"])
    note: Annotated[str, prose(1000)] | None = Field(default=None, description="More of it.", examples=["He does this every day."])
    notice: NoticeInput | None = Field(default=None, description="With the code `illegal`, and only there: the notice.")


class ReportOut(Output):
    """What you have said of a comment."""

    comment: str = Field(examples=[_COMMENT])
    code: str = Field(examples=["insult"])
    note: str | None = Field(examples=["He does this every day."])
    at: Instant = Field(description="When you said it first.")
    status: str = Field(description="`open`, or `settled` once a moderator has decided about the comment.", examples=["open"])


class ReceivedReport(Output):
    """A report, as moderators see it."""

    id: str = Field(examples=[ids.encode("rpt", ids.EXAMPLE)])
    at: Instant
    by: str = Field(description="`member`, `guest` or `key`; who it is, is not told.", examples=["guest"])
    code: str = Field(examples=["insult"])
    note: str | None
    notice: dict[str, Any] | None = Field(description="Of illegal content: the explanation, the law, and who sent it, as far as they said.")
    status: str = Field(examples=["open"])
    settled_at: Instant | None
    outcome: str | None = Field(description="The state that the comment had after the decision.", examples=[None])


class ReceivedReports(Output):
    """The reports of a comment, the last first; at most 200."""

    data: list[ReceivedReport]


class AppealOrder(Input):
    """Why a decision about a comment of yours is wrong."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "It is a quotation from the article."}]})

    text: AppealText = Field(description="For the moderators.", examples=["It is a quotation from the article."])


class AppealOut(Output):
    """An appeal, and what became of it."""

    at: Instant
    text: str = Field(examples=["It is a quotation from the article."])
    outcome: str = Field(description="`open`, `upheld` where the decision stands, or `overturned`.", examples=["open"])
    statement: str | None = Field(description="What the moderator answered.")
    decided_at: Instant | None


class DecisionStatus(Output):
    """How the decision about a comment of yours stands."""

    comment: str = Field(examples=[_COMMENT])
    status: str = Field(description="Its state.", examples=["rejected"])
    decided_at: Instant | None = Field(description="When a moderator decided; null where none has.")
    automated: bool = Field(description="Whether checks alone have decided so far.", examples=[False])
    code: str | None = Field(description="The reason.", examples=["insult"])
    statement: str | None = Field(description="The reason in words.", examples=["It insults somebody."])
    may_appeal: bool = Field(description="Whether you may appeal: once, against a comment that was kept from readers.", examples=[True])
    appeal: AppealOut | None = Field(description="Your appeal.")


class AppealVerdict(Input):
    """What becomes of an appeal."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "overturned", "statement": "You are right: it is a quotation."}]})

    outcome: Outcome = Field(description="`overturned` shows the comment; `upheld` leaves it as it is.", examples=["overturned"])
    statement: Statement | None = Field(default=None, description="What whoever appealed is told.", examples=["You are right."])
    reason: Reason | None = Field(default=None, description="For the newsroom only.", examples=[None])


class AppealOfComment(AppealOut):
    """An appeal, and about which comment it is."""

    comment: str = Field(examples=[_COMMENT])
    against: str = Field(description="The state of the comment against which it was made.", examples=["rejected"])


class ReceivedAppeal(AppealOfComment):
    """An appeal, as moderators see it."""

    status: str = Field(description="The state that the comment has now.", examples=["rejected"])
    decided_by: ActorOut | None = Field(description="Who made the decision against which it is.")
    for_another: bool = Field(description="Whether somebody else must decide about it, because that was you.", examples=[False])


class AppealPage(Output):
    """Appeals, the oldest first."""

    data: list[ReceivedAppeal]
    page: PageInfo


class CleanUp(Input):
    """What becomes of what they have written."""

    verdict: Literal["rejected", "spam"] = Field(description="The state that their comments are given.", examples=["spam"])
    since: Instant | None = Field(default=None, description="Only what they wrote at this moment or later.", examples=[None])


class SanctionCreate(Input):
    """A sanction on whoever wrote a comment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"comment": _COMMENT, "kind": "suspend", "until": "2999-03-07T16:15:00Z", "code": "insult"}]}
    )

    comment: CommentRef = Field(description="A comment of theirs: by it they are known.", examples=[_COMMENT])
    kind: Kind = Field(
        description="`premod`: what they post waits for a moderator. `mute`: they post nothing. `suspend`: nor vote, nor report, until a "
        "moment. `ban`: the same for good.", examples=["suspend"],
    )  # fmt: skip
    until: InstantToCome | None = Field(
        default=None, description="When it ends; `suspend` needs it, `ban` has none.", examples=["2999-03-07T16:15:00Z"]
    )
    on: Annotated[list[Handle], Field(min_length=1, max_length=3)] | None = Field(
        default=None, description="By what they are known again: the surest of them where it is left out.", examples=[["email"]]
    )
    code: Code | None = Field(default=None, description="The reason.", examples=["insult"])
    statement: Statement | None = Field(default=None, description="What they are told.", examples=["Twice this week you insulted others."])
    reason: Reason | None = Field(default=None, description="For the newsroom only.", examples=[None])
    clean_up: CleanUp | None = Field(default=None, description="With the scope `comments:admin`: what becomes of what they have written.")


class CleaningOut(Output):
    """How far it is with what the sanctioned have written: it goes some at a time, the last first, however much it is."""

    batch: str = Field(description="The batch in which it goes, and can be undone.", examples=[ids.encode("bat", ids.EXAMPLE)])
    verdict: str = Field(examples=["spam"])
    changed: int = Field(description="How many comments are gone so far.", examples=[2140])
    refused: int = Field(description="How many were left to somebody who looks at them just now.", examples=[0])
    done_at: Instant | None = Field(description="When it was done; null while it is under way.")


class SanctionTold(Output):
    """A sanction, as far as whoever is sanctioned may know of it. On whom it is, is not told: only by what they are known."""

    id: str = Field(examples=[ids.encode("san", ids.EXAMPLE)])
    kind: str = Field(examples=["suspend"])
    on: list[str] = Field(description="By what they are known again; empty where that was forgotten in time.", examples=[["email"]])
    comment: str = Field(description="The comment by which they were known.", examples=[_COMMENT])
    at: Instant
    until: Instant | None
    active: bool = Field(description="Whether it is in force now.", examples=[True])
    code: str | None = Field(examples=["insult"])
    statement: str | None
    lifted_at: Instant | None


class SanctionOut(SanctionTold):
    """A sanction, as moderators see it."""

    type: str = Field(default="sanction")
    reason: str | None
    actor: ActorOut = Field(description="Who imposed it.")
    cleaning: CleaningOut | None = Field(description="What becomes of what they have written; null where nothing was asked of that.")


class SanctionImposed(SanctionOut):
    """A sanction, and what became of what they had written."""

    clean_up: Batch | None = Field(description="What went at once; `cleaning` tells of the rest. Null where nothing was asked of that.")


class SanctionPage(Output):
    """Sanctions, the last first."""

    data: list[SanctionOut]
    page: PageInfo


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else wire_instant(moment)


def report_out(report: Report) -> dict[str, Any]:
    """A report, as whoever made it sees it."""
    return {
        "comment": comment_id(report.comment_id), "code": report.code, "note": report.note, "at": wire_instant(report.at),
        "status": "open" if report.open else "settled",
    }  # fmt: skip


def received_out(report: Report, contact: dict[str, Any] | None) -> dict[str, Any]:
    """A report, as moderators see it."""
    notice = None if report.notice is None else {**report.notice, **(contact or {})}
    by = {"member": "member", "key": "key"}.get(report.voter.partition(":")[0], "guest")
    return {
        "id": ids.encode("rpt", report.id), "at": wire_instant(report.at), "by": by, "code": report.code, "note": report.note,
        "notice": notice, "status": "open" if report.open else "settled", "settled_at": _instant(report.settled_at),
        "outcome": report.outcome,
    }  # fmt: skip


def appeal_out(appeal: Appeal) -> dict[str, Any]:
    """An appeal on the wire."""
    return {
        "at": wire_instant(appeal.at), "text": appeal.text, "outcome": appeal.outcome, "statement": appeal.statement,
        "decided_at": _instant(appeal.decided_at),
    }  # fmt: skip


def appeal_of_comment_out(appeal: Appeal) -> dict[str, Any]:
    """An appeal, and about which comment it is."""
    return {**appeal_out(appeal), "comment": comment_id(appeal.comment_id), "against": appeal.status}


def received_appeal_out(appeal: Appeal, status: str, decision: ModerationAction | None, *, for_another: bool) -> dict[str, Any]:
    """An appeal, as moderators see it."""
    return {
        **appeal_of_comment_out(appeal), "status": status,
        "decided_by": None if decision is None else actor_out(decision), "for_another": for_another,
    }  # fmt: skip


def standing_out(standing: Standing) -> dict[str, Any]:
    """How the decision about a comment stands, as whoever wrote it sees it: never what was meant for the newsroom."""
    decision = standing.decision
    by_a_person = decision is not None and decision.actor_kind == "key"
    code, statement = (decision.code, told(decision.code, decision.statement)) if decision is not None and by_a_person else (None, None)
    return {
        "comment": comment_id(standing.comment.id), "status": standing.comment.status,
        "decided_at": _instant(decision.at) if decision is not None and by_a_person else None,
        "automated": not by_a_person and standing.comment.status in {"pending", "spam", "rejected"}, "code": code, "statement": statement,
        "may_appeal": standing.may_appeal, "appeal": None if standing.appeal is None else appeal_out(standing.appeal),
    }  # fmt: skip


def sanction_told_out(sanction: Sanction, now: datetime) -> dict[str, Any]:
    """A sanction, as far as whoever is sanctioned may know of it."""
    return {
        "id": ids.encode("san", sanction.id), "kind": sanction.kind,
        "on": [handle for handle, column in HANDLES.items() if getattr(sanction, column) is not None],
        "comment": comment_id(sanction.comment_id), "at": wire_instant(sanction.at), "until": _instant(sanction.until),
        "active": sanction.lifted_at is None and (sanction.until is None or sanction.until > now),
        "code": sanction.code, "statement": sanction.statement, "lifted_at": _instant(sanction.lifted_at),
    }  # fmt: skip


def sanction_out(sanction: Sanction, cleaned: SanctionCleanUp | None, now: datetime) -> dict[str, Any]:
    """A sanction on the wire."""
    return {
        **sanction_told_out(sanction, now), "type": "sanction", "reason": sanction.reason, "actor": actor_out(sanction),
        "cleaning": None if cleaned is None else _cleaning(cleaned),
    }  # fmt: skip


def _cleaning(cleaned: SanctionCleanUp) -> dict[str, Any]:
    return {
        "batch": ids.encode("bat", cleaned.batch_id), "verdict": cleaned.verdict, "changed": cleaned.changed, "refused": cleaned.refused,
        "done_at": _instant(cleaned.done_at),
    }  # fmt: skip
