"""Where many comments are decided about at once, and where that is taken back."""

from fastapi import Response

from app.comments.actions import Grounds
from app.comments.schemas import uuid_of
from app.core.caching import PRIVATE
from app.core.errors import ValidationFailed
from app.core.http import Reader, Repeatable, Router, answer, problems
from app.moderation import actions, cleaning, queries, schemas
from app.moderation.errors import BatchNotFound
from app.moderation.guards import BatchId, Moderator, Watcher
from app.moderation.models import SanctionCleanUp
from app.moderation.outcomes import batch_out, kept_out

router = Router(prefix="/v1/moderation/batches", tags=["moderation"])


@router.post("", response_model=schemas.Batch, responses=problems(ValidationFailed))
async def moderate_together(order: schemas.BatchOrder, desk: Moderator, session: Repeatable) -> Response:
    """Give up to 100 comments one verdict, each for itself: what is refused is told, and leaves the others alone.

    With `dry_run=true` it says what would become of each.
    """
    moves = [actions.Move(uuid_of(one.id), order.verdict, one.version) for one in order.comments]
    batch = await actions.decide_together(session, moves, Grounds(order.reason, order.code, order.statement), by=desk.actor)
    return answer(batch_out(batch, order.verdict), headers=PRIVATE)


@router.get("/{batch_id}", response_model=schemas.Batch, responses=problems(BatchNotFound))
async def get_batch(batch_id: BatchId, _desk: Watcher, session: Reader) -> Response:
    """Show what was changed at once; of a batch of more than 500, the first of it."""
    found = await queries.list_batch(session, schemas.batch_uuid(batch_id))
    return answer(kept_out(found.actions, more=found.more), headers=PRIVATE)


@router.post(
    "/{batch_id}/undo", response_model=schemas.Batch,
    responses=problems(BatchNotFound, ValidationFailed),
)  # fmt: skip
async def undo_batch(batch_id: BatchId, desk: Moderator, session: Repeatable) -> Response:
    """Give every comment of a batch the state back that it had before. One to which something happened since is left as it is.

    An undo is a batch itself, and can be undone. Of a batch of more than 500, as many are undone at once: again while `more` is true.
    What a sanction would still clean up in this batch is left alone.
    """
    batch = schemas.batch_uuid(batch_id)
    # The clean-up first, as its own steps do: each waits for the other then, and what a step has just done is taken back too.
    await cleaning.end(session, SanctionCleanUp.batch_id == batch)
    undone = await actions.undo(session, batch, by=desk.actor)
    return answer(batch_out(undone, "undo"), headers=PRIVATE)
