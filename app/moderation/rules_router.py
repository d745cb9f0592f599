"""Where rules are made, and tried before they bite."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from app.access.guards import Caller, require
from app.core import ids
from app.core.caching import PRIVATE
from app.core.database import Database
from app.core.errors import ValidationFailed
from app.core.http import (
    AppSettings,
    IdempotencyKey,
    IfMatch,
    Reader,
    Repeatable,
    Router,
    Writer,
    answer,
    answer_version,
    get_database,
    problems,
)
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.moderation import rule_schemas as schemas
from app.moderation import trying
from app.screening import keeping
from app.screening.errors import RuleNotFound
from app.screening.keeping import RULES

router = Router(prefix="/v1/moderation/rules", tags=["moderation"])
Keeper = Annotated[Caller, Depends(require(keeping.SCOPE))]
RuleId = Annotated[
    str, Path(pattern=ids.pattern("rul"), max_length=40, description="The rule's id.", examples=[ids.encode("rul", ids.EXAMPLE)])
]
DryRun = Annotated[bool, Query(alias="dry_run", description="Nothing is kept, whatever this says.")]

_CHANGES = problems(RuleNotFound, ValidationFailed)


@router.get("", response_model=schemas.RulePage)
async def list_rules(
    request: Request, _desk: Keeper, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List the rules that comments are held against, the oldest first."""
    pager = Pager(settings.signing_key, "rules")
    rows = await keeping.list_kept(session, RULES, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda row: [row.id])
    return private_list_answer(request, page.wire([schemas.rule_out(row) for row in page.rows]))


@router.post(
    "", status_code=201, response_model=schemas.RuleOut,
    responses=problems(ValidationFailed),
)  # fmt: skip
async def create_rule(order: schemas.RuleCreate, desk: Keeper, session: Repeatable) -> Response:
    """Make a rule out of conditions. It bites once it is enabled; those comments that stand are not looked at again."""
    made = schemas.rule_out(await keeping.create(session, RULES, schemas.wanted(order), by=desk.actor))
    return answer_version(made, status=201, location=f"/v1/moderation/rules/{made['id']}")


@router.get("/{rule_id}", response_model=schemas.RuleOut, responses=problems(RuleNotFound))
async def get_rule(rule_id: RuleId, _desk: Keeper, session: Reader) -> Response:
    """Show one rule."""
    return answer_version(schemas.rule_out(await keeping.get_kept(session, RULES, rule_id)))


@router.patch("/{rule_id}", response_model=schemas.RuleOut, responses=_CHANGES)
async def update_rule(rule_id: RuleId, patch: schemas.RuleUpdate, desk: Keeper, session: Writer, match: IfMatch) -> Response:
    """Change a rule, let it bite, or let it rest. What it said of comments before stays as it was."""
    found = await keeping.get_kept(session, RULES, rule_id, for_change=True)
    made = await keeping.update(session, RULES, found, schemas.wanted(patch), by=desk.actor, if_match=match)
    return answer_version(schemas.rule_out(made))


@router.delete("/{rule_id}", status_code=204, responses=_CHANGES)
async def delete_rule(rule_id: RuleId, desk: Keeper, session: Writer, match: IfMatch) -> Response:
    """Delete a rule for good."""
    found = await keeping.get_kept(session, RULES, rule_id, for_change=True)
    await keeping.delete(session, RULES, found, by=desk.actor, if_match=match)
    return Response(status_code=204)


trial = Router(prefix="/v1/moderation/rules:test", tags=["moderation"])


@trial.post("", response_model=schemas.TrialOut, responses=problems(ValidationFailed))
async def try_rule(
    order: schemas.TrialOrder,
    _desk: Keeper,
    database: Annotated[Database, Depends(get_database)],
    *,
    _dry_run: DryRun = False,
    _key: IdempotencyKey = None,
) -> Response:
    """Try a rule on what was written, before it bites: how many comments it would have held, and how many of these moderators approved.

    Nothing is changed by it.
    """
    async with database.reading(patiently=True) as session:
        found = await trying.attempt(session, schemas.tried(order), most=order.most, since=order.since)
    return answer(schemas.trial_out(found), headers=PRIVATE)
