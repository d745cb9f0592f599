"""Where many comments are decided about at once, and where that is taken back."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response

from app.access.errors import Forbidden, Unauthorized
from app.comments.actions import Grounds
from app.comments.schemas import comment_id, uuid_of
from app.core import ids
from app.core.caching import PRIVATE
from app.core.errors import IdempotencyKeyInUse, IdempotencyKeyReused, InvalidParameter, ValidationFailed
from app.core.http import Reader, Repeatable, Router, Writer, answer, problems
from app.core.schemas import wire_instant
from app.moderation import actions, queries, schemas
from app.moderation.errors import BatchNotFound
from app.moderation.guards import BatchId, Moderator, Watcher

_REPEATED = (IdempotencyKeyInUse, IdempotencyKeyReused)
_ASKING = (Unauthorized, Forbidden, InvalidParameter)

router = Router(prefix="/v1/moderation/batches", tags=["moderation"])


@router.post("", response_model=schemas.Batch, dependencies=[Repeatable], responses=problems(*_ASKING, ValidationFailed, *_REPEATED))
async def moderate_together(order: schemas.BatchOrder, desk: Moderator, session: Writer) -> Response:
    """Give up to 100 comments one verdict, each for itself: what is refused is told, and leaves the others alone.

    With `dry_run=true` it says what would become of each.
    """
    moves = [actions.Move(uuid_of(one.id), order.verdict, one.version) for one in order.comments]
    batch = await actions.decide_together(session, moves, Grounds(order.reason, order.code, order.statement), by=desk.actor)
    return answer(_batch_out(batch, order.verdict), headers=PRIVATE)


@router.get("/{batch_id}", response_model=schemas.Batch, responses=problems(*_ASKING, BatchNotFound))
async def get_batch(batch_id: BatchId, _desk: Watcher, session: Reader) -> Response:
    """Show what was changed at once."""
    return answer(_kept_out(await queries.list_batch(session, schemas.batch_uuid(batch_id))), headers=PRIVATE)


@router.post(
    "/{batch_id}/undo", response_model=schemas.Batch, dependencies=[Repeatable],
    responses=problems(*_ASKING, BatchNotFound, ValidationFailed, *_REPEATED),
)  # fmt: skip
async def undo_batch(batch_id: BatchId, desk: Moderator, session: Writer) -> Response:
    """Give every comment of a batch the state back that it had before. One to which something happened since is left as it is.

    An undo is a batch itself, and can be undone.
    """
    return answer(_batch_out(await actions.undo(session, schemas.batch_uuid(batch_id), by=desk.actor), "undo"), headers=PRIVATE)


def _batch_out(batch: actions.Batch, verdict: str) -> dict[str, Any]:
    results = [_result(one) for one in batch.outcomes]
    kept = any(one["outcome"] == "changed" for one in results)
    return _wire(ids.encode("bat", batch.id) if kept else None, wire_instant(batch.at), verdict, results)


def _result(one: actions.Outcome) -> dict[str, Any]:
    problem = one.problem
    return {
        "comment": comment_id(one.comment), "outcome": one.said, "from_status": one.before, "to_status": one.after, "version": one.version,
        "problem": None if problem is None else {"code": problem.code, "status": problem.status, "detail": problem.detail},
    }  # fmt: skip


def _kept_out(decisions: Sequence[Any]) -> dict[str, Any]:
    results = [
        {
            "comment": comment_id(one.comment_id), "outcome": "changed", "from_status": one.from_status, "to_status": one.to_status,
            "version": one.version, "problem": None,
        }
        for one in decisions
    ]  # fmt: skip
    first = decisions[0]
    verdict = first.to_status if first.undoes_id is None else "undo"
    return _wire(ids.encode("bat", first.batch_id), wire_instant(first.at), verdict, results)


def _wire(batch: str | None, at: str, verdict: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    counts = {said: sum(one["outcome"] == said for one in results) for said in ("changed", "unchanged", "refused")}
    return {"id": batch, "type": "batch", "at": at, "verdict": verdict, **counts, "results": results}
