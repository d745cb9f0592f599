"""What policies look like on the wire."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core import ids
from app.core.fields import Flag, Whole
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.discussion.kind import MOST_FIRST
from app.discussion.rules import DEFAULTS
from app.policies.kind import Moderation, People, Policy, State, Voting

MOST_PERIODS = 14
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
_ABOVE = " Null: as it is above."
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@cache
def _zones() -> frozenset[str]:
    """Those that mean the same wherever they are read: `localtime` is what a machine makes of it, and some have none."""
    return frozenset(available_timezones()) - {"localtime"}


def _known(zone: str) -> str:
    if zone not in _zones():
        raise PydanticCustomError("time_zone", "There is no such time zone; give a name of the IANA database, such as Europe/Oslo.")
    return zone


class QuietHours(Input):
    """Hours at which no comments are taken, by the clocks of a place."""

    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_known)] = Field(
        description="A name of the IANA database.", examples=["Europe/Oslo"]
    )
    begins: Annotated[str, Field(max_length=5, pattern=_TIME)] = Field(description="Hours and minutes.", examples=["23:00"])
    ends: Annotated[str, Field(max_length=5, pattern=_TIME)] = Field(
        description="Past midnight where it is no later than `begins`.", examples=["06:30"]
    )
    days: Annotated[list[Day], Field(max_length=7)] = Field(
        default=[], description="The days on which it begins; every day where there are none.", examples=[["friday", "saturday"]]
    )

    @model_validator(mode="after")
    def _lasts(self) -> "QuietHours":
        if self.begins == self.ends:
            raise PydanticCustomError("empty", "It would end when it begins; what shall always be closed has the `state` for it.")
        return self


class PolicyUpdate(Input):
    """What shall be said of discussions: what is left out stays, and what is null is as it is above."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "open", "moderation": "pre", "close_after_days": 14}]})

    state: State | None = Field(default=None, description=f"`disabled` hides the comments that stand there too.{_ABOVE}", examples=["open"])
    moderation: Moderation | None = Field(default=None, description=f"`pre`: a comment shows only when approved.{_ABOVE}", examples=["pre"])
    authors: People | None = Field(default=None, description=f"Who may comment.{_ABOVE}", examples=["members"])
    hold_first: Annotated[int, Whole(0, MOST_FIRST)] | None = Field(
        default=None, description=f"How many first comments of an author wait for a moderator.{_ABOVE}", examples=[1]
    )
    max_links: Annotated[int, Whole(0, 1000)] | None = Field(
        default=None, description=f"With more links than these a comment waits for a moderator.{_ABOVE}", examples=[2]
    )
    max_length: Annotated[int, Whole(1, 10_000)] | None = Field(
        default=None, description=f"Characters of a comment.{_ABOVE}", examples=[2000]
    )
    max_depth: Annotated[int, Whole(0, 8)] | None = Field(
        default=None, description=f"How deep replies nest; 0 for a plain list.{_ABOVE}", examples=[4]
    )
    edit_minutes: Annotated[int, Whole(0, 10_080)] | None = Field(
        default=None, description=f"How long its author may edit a comment.{_ABOVE}", examples=[15]
    )
    votes: Voting | None = Field(default=None, description=f"Which votes comments take.{_ABOVE}", examples=["up"])
    voters: People | None = Field(default=None, description=f"Who may vote.{_ABOVE}", examples=["members"])
    hold_attacks: Flag | None = Field(
        default=None, description=f"Whether a comment that attacks staff by name waits for a moderator.{_ABOVE}", examples=[True]
    )
    close_after_days: Annotated[int, Whole(0, 36_500)] | None = Field(
        default=None, description=f"Days after its first publication at which a discussion closes; 0: never.{_ABOVE}", examples=[14]
    )
    quiet_hours: Annotated[list[QuietHours], Field(max_length=MOST_PERIODS)] | None = Field(
        default=None, description=f"When no comments are taken; an empty list: at no time.{_ABOVE}"
    )

    def said(self) -> dict[str, Any]:
        """What was sent, as it is kept; each of the quiet hours is whole."""
        return self.model_dump(include=self.model_fields_set)


class ArticlePolicyUpdate(PolicyUpdate):
    """What shall be said of one article's discussion."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"moderation": "pre", "closes_at": "2026-03-14T12:00:00Z"}]})

    closes_at: Instant | None = Field(default=None, description="From then on no more comments are taken; goes before `close_after_days`.")


class QuietHoursOut(Output):
    """Hours at which no comments are taken, by the clocks of a place."""

    time_zone: str = Field(examples=["Europe/Oslo"])
    begins: str = Field(examples=["23:00"])
    ends: str = Field(examples=["06:30"])
    days: list[str] = Field(description="The days on which it begins; every day where there are none.", examples=[["friday", "saturday"]])


class PolicySaid(Output):
    """What is said at one place; null is as it is above."""

    state: str | None = Field(examples=["open"])
    moderation: str | None = Field(examples=["pre"])
    authors: str | None = Field(examples=["members"])
    hold_first: int | None = Field(examples=[1])
    max_links: int | None = Field(examples=[2])
    max_length: int | None = Field(examples=[2000])
    max_depth: int | None = Field(examples=[4])
    edit_minutes: int | None = Field(examples=[15])
    votes: str | None = Field(examples=["up"])
    voters: str | None = Field(examples=["members"])
    hold_attacks: bool | None = Field(examples=[True])
    close_after_days: int | None = Field(examples=[14])
    quiet_hours: list[QuietHoursOut] | None
    closes_at: Instant | None = Field(description="Of articles only.")


class PolicyHolds(Output):
    """What holds, from wherever it comes."""

    state: str = Field(description="What the newsroom wants; hours and the article's age may close it all the same.", examples=["open"])
    moderation: str = Field(examples=["pre"])
    authors: str = Field(examples=["members"])
    hold_first: int = Field(examples=[1])
    max_links: int = Field(examples=[2])
    max_length: int = Field(examples=[2000])
    max_depth: int = Field(examples=[4])
    edit_minutes: int = Field(examples=[15])
    votes: str = Field(examples=["up"])
    voters: str = Field(examples=["members"])
    hold_attacks: bool = Field(examples=[True])
    close_after_days: int = Field(description="0: never.", examples=[14])
    quiet_hours: list[QuietHoursOut]
    closes_at: Instant | None


class CommentPolicy(Output):
    """What is said of discussions at one place, and what holds there."""

    type: str = Field(default="comment_policy")
    of: str = Field(description="`site`, or the id of the section or the article that it is said of.", examples=["site"])
    path: str | None = Field(description="The section's path, or that of the article's section; null for the site.", examples=[None])
    version: int = Field(description="Its version, that of an article for an article: what `If-Match` names.", examples=[3])
    said: PolicySaid
    holds: PolicyHolds
    said_by: dict[str, str] = Field(
        description="Who said it, field by field: `default`, `site`, the path of a section, or `article`.",
        examples=[{"state": "default", "moderation": "/world"}],
    )


class CommentPolicyPage(Output):
    """Policies, that of the site first, then those of sections by their paths."""

    data: list[CommentPolicy]
    page: PageInfo


class TextField(Output):
    """A field of the form."""

    required: bool = Field(examples=[True])
    max_length: int = Field(examples=[80])


class FormCheck(Output):
    """Something that the form sends to show that a person filled it in."""

    kind: str = Field(description="`honeypot`: leave it empty; `timing`, `proof_of_work`: see `address`.", examples=["timing"])
    asked_of: str = Field(description="Of whom it is asked: `nobody`, `guests`, `everyone`.", examples=["guests"])
    address: str | None = Field(description="Where the form gets what it needs for it.", examples=["/v1/comments/form"])


class CommentForm(Output):
    """What the form sends, beside the comment that it answers."""

    body: TextField
    name: TextField = Field(description="`author.name`: what readers see; members bring theirs along.")
    email: TextField = Field(description="`author.email`: for the newsroom, never shown.")
    checks: dict[str, FormCheck] = Field(description="What shows that a person filled it in, by its name in `form`.")


class ArticleCommentPolicy(Output):
    """All that a form needs to know of an article's discussion, at this moment."""

    article: str = Field(description="The article's id.", examples=[ids.encode("art", ids.EXAMPLE)])
    state: str = Field(description="`open`, `closed` or `disabled`.", examples=["open"])
    reason: str | None = Field(
        description="Why it is not open: `closed` by the newsroom, `expired` at `closes_at`, `quiet` until `opens_at`, or `disabled`."
    )
    closes_at: Instant | None = Field(description="From then on no more are taken.")
    opens_at: Instant | None = Field(description="When it is open again by itself; null where it is open, or will not be.")
    moderation: str = Field(description="`pre`: a comment waits for a moderator; `post`: most show at once.", examples=["post"])
    authors: str = Field(description="Who may comment: `everyone`, guests too, or `members`.", examples=["everyone"])
    max_length: int = Field(description="Characters of a comment.", examples=[10_000])
    max_links: int = Field(description="With more links than these a comment waits for a moderator.", examples=[2])
    max_depth: int = Field(description="How deep replies nest; deeper ones stand beside what they answer.", examples=[8])
    edit_minutes: int = Field(description="How long its author may edit a comment.", examples=[15])
    votes: str = Field(description="`none`, `up`, or `up_down`.", examples=["up_down"])
    voters: str = Field(description="Who may vote: `everyone` or `members`.", examples=["everyone"])
    quiet_hours: list[QuietHoursOut] = Field(description="When no comments are taken.")
    form: CommentForm


def said_out(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, on the wire."""
    return {**dict.fromkeys(DEFAULTS), "closes_at": None, **_plain(said)}


def holds_out(said: Mapping[str, Any]) -> dict[str, Any]:
    """What holds, on the wire, by all that is said on the way."""
    return {**DEFAULTS, "closes_at": None, **_plain(said)}


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    closes_at = said.get("closes_at")
    return {**said, "closes_at": None if closes_at is None else wire_instant(closes_at)}


def public_out(article: UUID, policy: Policy, quiet_hours: Any, checks: Any) -> dict[str, Any]:
    """What a form needs to know, on the wire; how staff are guarded and whose first comments wait is nobody's business."""
    shown = ("state", "reason", "moderation", "authors", "max_length", "max_links", "max_depth", "edit_minutes", "votes", "voters")
    moments = {name: getattr(policy, name) for name in ("closes_at", "opens_at")}
    guests = policy.authors == "everyone"
    return {
        "article": ids.encode("art", article),
        **{name: getattr(policy, name) for name in shown},
        **{name: None if moment is None else wire_instant(moment) for name, moment in moments.items()},
        "quiet_hours": quiet_hours,
        "form": {
            "body": {"required": True, "max_length": policy.max_length},
            "name": {"required": guests, "max_length": 80},
            "email": {"required": False, "max_length": 254},
            "checks": checks,
        },
    }
