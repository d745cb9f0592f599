"""What became of a batch, on the wire."""

from collections.abc import Sequence
from typing import Any

from app.comments.schemas import comment_id
from app.core import ids
from app.core.schemas import wire_instant
from app.moderation import actions


def batch_out(batch: actions.Batch, verdict: str) -> dict[str, Any]:
    """A batch on the wire."""
    results = [_result(one) for one in batch.outcomes]
    kept = any(one.noted for one in batch.outcomes)
    return _wire(ids.encode("bat", batch.id) if kept else None, wire_instant(batch.at), verdict, results, more=batch.more)


def _result(one: actions.Outcome) -> dict[str, Any]:
    problem = one.problem
    return {
        "comment": comment_id(one.comment), "outcome": one.said, "from_status": one.before, "to_status": one.after, "version": one.version,
        "problem": None if problem is None else {"code": problem.code, "status": problem.status, "detail": problem.detail},
    }  # fmt: skip


def kept_out(decisions: Sequence[Any], *, more: bool) -> dict[str, Any]:
    """What is on record of a batch, on the wire."""
    results = [
        {
            "comment": comment_id(one.comment_id), "outcome": "unchanged" if one.act else "changed", "from_status": one.from_status,
            "to_status": one.to_status, "version": one.version, "problem": None,
        }
        for one in decisions
    ]  # fmt: skip
    first = decisions[0]
    verdict = first.to_status if first.undoes_id is None else "undo"
    return _wire(ids.encode("bat", first.batch_id), wire_instant(first.at), verdict, results, more=more)


def _wire(batch: str | None, at: str, verdict: str, results: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    counts = {said: sum(one["outcome"] == said for one in results) for said in ("changed", "unchanged", "refused")}
    return {"id": batch, "type": "batch", "at": at, "verdict": verdict, **counts, "more": more, "results": results}
