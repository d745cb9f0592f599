"""What moderation looks like on the wire."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import ConfigDict, Field

from app.comments.models import ModerationAction
from app.comments.schemas import Comment, ModeratedComment, SignalOut, comment_id, moderated_out
from app.core import ids
from app.core.fields import Flag, Whole
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import prose
from app.events.schemas import ActorOut, actor_out
from app.moderation.errors import BatchNotFound
from app.moderation.models import Lease
from app.moderation.reasons import CODES, REASONS, Code

MOST_AT_ONCE = 100
MOST_ARTICLES = 50
_ARTICLE_ID = ids.pattern("art").strip("^$")
ARTICLES_PATTERN = f"^{_ARTICLE_ID}(,{_ARTICLE_ID}){{0,{MOST_ARTICLES - 1}}}$"
_COMMENT = comment_id(ids.EXAMPLE)
_BATCH = ids.encode("bat", ids.EXAMPLE)

LONGEST_LEASE = 3600
Sort = Literal["oldest", "newest"]
LeaseState = Literal["free", "mine"]
Ruling = Literal["approved", "rejected", "spam", "pending"]
Reason = Annotated[str, prose(1000)]
Statement = Annotated[str, prose(2000)]
CommentRef = Annotated[str, Field(max_length=40, pattern=ids.pattern("cmt"))]


class Verdict(Input):
    """Why a comment is moderated as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "privacy", "reason": "Names a private person."}]})

    code: Code | None = Field(default=None, description=f"The reason: one of {', '.join(CODES)}.", examples=["privacy"])
    statement: Statement | None = Field(
        default=None, description="What whoever wrote it is told; the sentence that belongs to `code` where it is left out.",
        examples=["Please write it again without the address."],
    )  # fmt: skip
    reason: Reason | None = Field(
        default=None, description="For the newsroom only; kept with the decision.", examples=["Names a private person."]
    )


class Target(Input):
    """A comment to be decided about, and the version that was looked at."""

    id: CommentRef = Field(description="The comment.", examples=[_COMMENT])
    version: Annotated[int, Whole(1)] | None = Field(
        default=None, description="The version that was looked at: if it has another by now, it is left as it is. Null for any.",
        examples=[1],
    )  # fmt: skip


class BatchOrder(Verdict):
    """One verdict on many comments."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"verdict": "rejected", "code": "insult", "comments": [{"id": _COMMENT, "version": 1}]}]}
    )

    verdict: Ruling = Field(description="The state they shall have; `pending` holds them for another look.", examples=["rejected"])
    comments: list[Target] = Field(min_length=1, max_length=MOST_AT_ONCE, description="The comments.", examples=[[{"id": _COMMENT}]])


Seconds = Annotated[int, Whole(10, LONGEST_LEASE)]


class LeaseOrder(Input):
    """A comment that somebody is going to look at."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seconds": 300}]})

    seconds: Seconds = Field(default=300, description="How long others are kept from it, unless it is decided before.", examples=[300])
    take_over: Flag = Field(default=False, description="Whether to take it from whoever has it.")


class LeasesOrder(Input):
    """The next comments of a queue, for somebody who is going to look at them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"limit": 10, "seconds": 300}]})

    limit: Annotated[int, Whole(1, MOST_AT_ONCE)] = Field(default=10, description="How many at most.", examples=[10])
    seconds: Seconds = Field(default=300, description="How long others are kept from them, unless they are decided before.", examples=[300])


class MarksUpdate(Input):
    """What the newsroom does with a comment beside letting it stand: what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"picked": True}]})

    picked: Flag | None = Field(default=None, description="Whether the newsroom picks it.", examples=[True])
    pinned: Flag | None = Field(default=None, description="Whether it stands above the others.", examples=[False])
    locked: Flag | None = Field(default=None, description="Whether nobody may answer it, or what stands under it.", examples=[False])


class Featured(Output):
    """Comments that the newsroom puts before the others: the pinned ones first."""

    data: list[Comment]


class ArticleStub(Output):
    """The article that a comment stands under, as the newsroom has it."""

    id: str = Field(examples=[ids.encode("art", ids.EXAMPLE)])
    headline: str = Field(examples=["Night ferry returns to the Grey Sound"])
    slug: str = Field(examples=["night-ferry-returns-to-the-grey-sound"])
    path: str = Field(examples=["/world/night-ferry-returns-to-the-grey-sound"])


class Decision(Output):
    """One decision about a comment."""

    id: str = Field(description="Its id.", examples=[ids.encode("act", ids.EXAMPLE)])
    at: Instant
    action: str = Field(description="What was done: the state it was given, unless it was something else.", examples=["approved"])
    from_status: str = Field(examples=["pending"])
    to_status: str = Field(examples=["approved"])
    actor: ActorOut = Field(description="Who decided.")
    reason: str | None = Field(description="For the newsroom only.")
    code: str | None = Field(description="The reason, for whoever wrote it.", examples=["privacy"])
    statement: str | None = Field(description="What they are told; null where it is the sentence that belongs to the code.")
    batch: str | None = Field(description="The batch that it belongs to.", examples=[_BATCH])
    undoes: str | None = Field(description="The decision that it took back.", examples=[None])


class Decisions(Output):
    """Every decision about a comment, the oldest first."""

    data: list[Decision]


class LeaseOut(Output):
    """Who looks at a comment just now."""

    by: ActorOut = Field(description="Who has it.")
    until: Instant = Field(description="When it ends by itself.")
    mine: bool = Field(description="Whether that is your own key.")


class OpenReports(Output):
    """What people have against a comment, as long as nobody has decided."""

    open: int = Field(description="How many reports are open.", examples=[2])
    codes: dict[str, int] = Field(description="How many for which reason.", examples=[{"insult": 2}])


class QueuedComment(ModeratedComment):
    """A comment as moderators look at it, with what they need to know of it."""

    on: ArticleStub = Field(description="The article.")
    last_decision: Decision | None = Field(description="What was decided last; null where nobody has looked at it.")
    lease: LeaseOut | None = Field(description="Who looks at it just now; null where nobody does.")
    reports: OpenReports = Field(description="What people have against it.")
    signals: list[SignalOut] = Field(description="What checks said of it, the strongest first: why it is held, or what to look at.")


class ModerationPage(Output):
    """Comments to be looked at."""

    data: list[QueuedComment]
    page: PageInfo


class Leased(Output):
    """Comments that are yours to look at."""

    data: list[QueuedComment]


class QueueOut(Output):
    """How full a queue is."""

    queue: str = Field(description="Its name.", examples=["pending"])
    count: int = Field(description="How many comments it holds; 1000 stands for more too.", examples=[12])
    capped: bool = Field(description="Whether they are more than that.")
    oldest_at: Instant | None = Field(description="When the oldest of them was written; null where there is none.")


class Queues(Output):
    """Every queue."""

    data: list[QueueOut]


class LogEntry(Decision):
    """Something that was done about a comment."""

    comment: str = Field(description="The comment.", examples=[_COMMENT])


class LogPage(Output):
    """What was done about comments, the newest first."""

    data: list[LogEntry]
    page: PageInfo


class ReasonOut(Output):
    """A reason, and what whoever wrote the comment is told where nobody writes more."""

    code: str = Field(examples=["insult"])
    statement: str = Field(examples=["It insults somebody."])


class Reasons(Output):
    """Every reason there is."""

    data: list[ReasonOut]


class Refused(Output):
    """Why nothing was done to one comment of a batch."""

    code: str = Field(description="The kind of problem.", examples=["version-mismatch"])
    status: int = Field(description="What it would have been answered alone.", examples=[412])
    detail: str = Field(description="What happened.", examples=["You changed version 1; it is at 2 now."])


class Result(Output):
    """What became of one comment of a batch."""

    comment: str = Field(examples=[_COMMENT])
    outcome: str = Field(description="`changed`, `unchanged` where it had that state before, or `refused`.", examples=["changed"])
    from_status: str | None = Field(description="The state it had; null where it was refused.", examples=["pending"])
    to_status: str | None = Field(description="The state it has.", examples=["rejected"])
    version: int | None = Field(description="The version it has.", examples=[2])
    problem: Refused | None = Field(description="Why it was refused.")


class Batch(Output):
    """A verdict on many comments, one by one."""

    id: str | None = Field(description="Its id, with which it can be undone; null where nothing was changed.", examples=[_BATCH])
    type: str = Field(default="batch")
    at: Instant
    verdict: str = Field(description="The state they were given; `undo` where each was given the one before.", examples=["rejected"])
    changed: int = Field(description="How many were changed.", examples=[1])
    unchanged: int = Field(description="How many had that state before.", examples=[0])
    refused: int = Field(description="How many were refused.", examples=[0])
    more: bool = Field(description="Whether there is more of it than is shown, or was undone, at once.", examples=[False])
    results: list[Result] = Field(description="Each comment, in the order in which they were sent.")


def batch_uuid(text: str) -> UUID:
    """The id of a batch behind its form on the wire; raises BatchNotFound where it looks like one, but is none."""
    found = ids.decode("bat", text)
    if found is None:
        raise BatchNotFound(f"There is no batch {text}.")
    return found


def decision_out(action: ModerationAction) -> dict[str, Any]:
    """A decision on the wire."""
    return {
        "id": ids.encode("act", action.id),
        "at": wire_instant(action.at),
        "action": action.act or action.to_status,
        "from_status": action.from_status,
        "to_status": action.to_status,
        "actor": actor_out(action),
        "reason": action.reason,
        "code": action.code,
        "statement": action.statement,
        "batch": None if action.batch_id is None else ids.encode("bat", action.batch_id),
        "undoes": None if action.undoes_id is None else ids.encode("act", action.undoes_id),
    }


def entry_out(action: ModerationAction) -> dict[str, Any]:
    """An entry of the log on the wire."""
    return {**decision_out(action), "comment": comment_id(action.comment_id)}


def lease_out(lease: Lease | None, holder: UUID | None) -> dict[str, Any] | None:
    """A lease on the wire, as its holder or somebody else sees it."""
    if lease is None:
        return None
    by = {"kind": "key", "id": ids.encode("key", lease.holder_id), "name": lease.holder_name}
    return {"by": by, "until": wire_instant(lease.until), "mine": lease.holder_id == holder}


def queues_out(depths: Iterable[tuple[str, int, datetime | None]], most: int) -> dict[str, Any]:
    """Queues on the wire: the name of each, how many it holds, and since when."""
    data = [
        {"queue": name, "count": min(count, most), "capped": count > most, "oldest_at": None if oldest is None else wire_instant(oldest)}
        for name, count, oldest in depths
    ]
    return {"data": data}


class Known(NamedTuple):
    """What moderators need to know of a comment beside the comment itself."""

    last: ModerationAction | None
    lease: dict[str, Any] | None
    signals: list[dict[str, Any]]
    reports: Mapping[str, int]


def queued_out(row: Any, replies: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """A comment of a queue on the wire."""
    article = ids.encode("art", row.article_id)
    return {
        **moderated_out(row, replies),
        "on": {"id": article, "headline": row.headline, "slug": row.slug, "path": f"{row.section_path or ''}/{row.slug}"},
        "last_decision": None if known.last is None else decision_out(known.last),
        "lease": known.lease,
        "signals": known.signals,
        "reports": {"open": sum(known.reports.values()), "codes": dict(known.reports)},
    }


def reasons_out() -> dict[str, Any]:
    """Every reason on the wire."""
    return {"data": [{"code": code, "statement": statement} for code, statement in REASONS.items()]}
