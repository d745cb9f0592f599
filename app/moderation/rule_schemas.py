"""What rules look like on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.comments.schemas import comment_id
from app.core import ids
from app.core.fields import Flag, Whole
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import line
from app.moderation.trying import Trial
from app.screening import rules
from app.screening.models import CommentRule

_RULE = ids.encode("rul", ids.EXAMPLE)
_CONDITIONS: list[Any] = [{"field": "links", "at_least": 3}, {"field": "author", "any_of": ["guest"]}]
Leaning = Literal["hold", "spam", "reject"]
Number = Annotated[float, Field(strict=True, ge=0, le=1_000_000)]
Name = Annotated[str, line(120)]
Terms = Annotated[list[Annotated[str, line(100)]], Field(max_length=200)]


class RuleCondition(Input):
    """One thing that must be true of a comment."""

    field: rules.Field = Field(
        description="`links`, `length` in characters and `capitals` of a hundred letters are numbers; `words` are looked for in the text "
        "and `name` in the author's name, as in word lists; `author` is `guest`, `member` or `staff`; `signal` is what checks said.",
        examples=["links"],
    )  # fmt: skip
    at_least: Number | None = Field(default=None, description="The least number; of `signal` the least score.", examples=[3])
    at_most: Number | None = Field(default=None, description="The greatest number.", examples=[None])
    any_of: Terms = Field(default=[], description="Words, kinds of authors, or names of checks: one of them will do.", examples=[[]])

    @model_validator(mode="after")
    def _say_something(self) -> "RuleCondition":
        if self.field in rules.MEASURED:
            if self.at_least is None and self.at_most is None:
                raise PydanticCustomError("no_bound", "{field} needs `at_least` or `at_most`.", {"field": self.field})
        elif not self.any_of:
            raise PydanticCustomError("no_choice", "{field} needs `any_of`.", {"field": self.field})
        return self


Conditions = Annotated[list[RuleCondition], Field(min_length=1, max_length=20)]
_ABOUT = "What must be true, all of it."


class RuleCreate(Input):
    """A rule to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Guests with many links", "conditions": _CONDITIONS}]})

    name: Name = Field(description="What it is for; moderators see it.", examples=["Guests with many links"])
    leaning: Leaning = Field(default="hold", description="What a comment leans to of which all that is true.", examples=["hold"])
    conditions: Conditions = Field(description=_ABOUT, examples=[_CONDITIONS])
    enabled: Flag = Field(default=False, description="Whether comments are held against it. Try it first.")


class RuleUpdate(Input):
    """What shall be different about a rule: what is left out stays, conditions are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}]})

    name: Name = Field(default="", description="What it is for; moderators see it.", examples=["Guests with many links"])
    leaning: Leaning = Field(default="hold", description="What a comment leans to.", examples=["hold"])
    conditions: Conditions = Field(default=[], description=_ABOUT, examples=[_CONDITIONS])
    enabled: Flag = Field(default=False, description="Whether comments are held against it.")


class TrialOrder(Input):
    """A rule to be tried on what was written."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"conditions": _CONDITIONS, "most": 2000}]})

    conditions: Conditions = Field(description=_ABOUT, examples=[_CONDITIONS])
    most: Annotated[int, Whole(1, 5000)] = Field(default=2000, description="On how many comments, the last first.", examples=[2000])
    since: Instant | None = Field(default=None, description="Only on what was written at this moment or later.", examples=[None])


class TrialOut(Output):
    """What a rule would have done."""

    examined: int = Field(description="On how many comments it was tried.", examples=[2000])
    oldest_at: Instant | None = Field(description="When the oldest of them was written.")
    matched: int = Field(description="How many it would have held.", examples=[40])
    approved_by_moderators: int = Field(description="How many of these moderators had approved: the harm it would do.", examples=[3])
    refused_by_moderators: int = Field(description="How many of these moderators had rejected, or marked as spam.", examples=[31])
    by_status: dict[str, int] = Field(description="In which state these are now.", examples=[{"approved": 9, "spam": 31}])
    samples: list[str] = Field(description="Some of these, the last first.", examples=[[comment_id(ids.EXAMPLE)]])


class RuleOut(Output):
    """A rule."""

    id: str = Field(examples=[_RULE])
    type: str = Field(default="rule")
    name: str = Field(examples=["Guests with many links"])
    leaning: str = Field(examples=["hold"])
    conditions: list[dict[str, Any]] = Field(examples=[_CONDITIONS])
    enabled: bool = Field(examples=[True])
    created_at: Instant
    version: int = Field(description="What `If-Match` names.", examples=[1])


class RulePage(Output):
    """Rules, the oldest first."""

    data: list[RuleOut]
    page: PageInfo


def wanted(order: RuleCreate | RuleUpdate) -> dict[str, Any]:
    """What an order says, as it is kept."""
    said = order.model_dump(exclude_unset=isinstance(order, RuleUpdate), exclude={"conditions"})
    return {**said, **({"conditions": kept(order.conditions)} if "conditions" in order.model_fields_set else {})}


def kept(conditions: list[RuleCondition]) -> list[dict[str, Any]]:
    """Conditions as data, without what they do not say."""
    return [{name: value for name, value in each.model_dump().items() if value not in (None, [])} for each in conditions]


def tried(order: TrialOrder) -> rules.Rule:
    """The rule that is to be tried."""
    return rules.Rule(UUID(int=0), "", 1, "hold", tuple(rules.read(each) for each in kept(order.conditions)))


def rule_out(rule: CommentRule) -> dict[str, Any]:
    """A rule on the wire."""
    return {
        "id": ids.encode("rul", rule.id), "type": "rule", "name": rule.name, "leaning": rule.leaning, "conditions": rule.conditions,
        "enabled": rule.enabled, "created_at": wire_instant(rule.created_at), "version": rule.version,
    }  # fmt: skip


def trial_out(trial: Trial) -> dict[str, Any]:
    """What came of a trial."""
    return {
        "examined": trial.examined, "oldest_at": None if trial.oldest_at is None else wire_instant(trial.oldest_at),
        "matched": trial.matched, "approved_by_moderators": trial.approved, "refused_by_moderators": trial.refused,
        "by_status": dict(trial.by_status), "samples": [comment_id(each) for each in trial.samples],
    }  # fmt: skip
