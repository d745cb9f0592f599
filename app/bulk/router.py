"""Where many writes are sent in one request."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.access.errors import Forbidden
from app.access.guards import Caller, KeyHolder
from app.bulk import running, schemas
from app.bulk.errors import BulkUndone
from app.core.database import Database
from app.core.http import IdempotencyKey, Router, get_database, problems

router = Router(prefix="/v1/bulk", tags=["bulk"])
DryRun = Annotated[bool, Query(description="Rehearse: do everything and answer as it would be, but keep nothing.")]


@router.post(
    "", response_model=schemas.BulkAnswers,
    responses=problems(Forbidden, BulkUndone),
)  # fmt: skip
async def run_bulk(
    request: Request, order: schemas.BulkOrder, key: KeyHolder, database: Annotated[Database, Depends(get_database)],
    *, dry_run: DryRun = False, _key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Send up to 100 writes at once: all or none in one transaction, or with `"atomic": false` each for itself. Answers come in order.

    Each is checked as if it came alone: scopes, limits, versions, bodies and parameters.
    """
    limits, sent = request.app.state.limits, request.headers["authorization"]
    for one in order.operations:
        await limits.take_key(key.id, one.method, sent)
    return await running.run(request, order, Caller(key), database, dry_run=dry_run)
