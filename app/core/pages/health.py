"""Whether the process lives, and whether it can serve."""

import asyncio
from typing import Annotated

from fastapi import Depends, Response
from pydantic import Field
from sqlalchemy import Integer, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from app.core.caching import NO_STORE
from app.core.database import Database
from app.core.errors import Unavailable
from app.core.http import Router, answer, get_database, problems
from app.core.lookups import Lookup
from app.core.schemas import Output

_PATIENCE_SECONDS = 1.5
_HEAD = Lookup(select(column("seq", Integer)).select_from(table("log_head")))
"""Asked over a kept connection, which is dropped where no answer comes: a session would wait ten seconds more for a silent server."""
router = Router(tags=["service"])


class Health(Output):
    """How the service is."""

    status: str = Field(description="`ok`.", examples=["ok"])


@router.get("/healthz", response_model=Health)
async def get_health() -> Response:
    """Tell that the process lives; the database is not asked."""
    return answer(Health(status="ok"), headers=NO_STORE)


@router.get("/readyz", response_model=Health, responses=problems(Unavailable))
async def get_readiness(database: Annotated[Database, Depends(get_database)]) -> Response:
    """Tell whether requests can be served: the database answers, and its tables are there."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await database.lookups.all(_HEAD)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise Unavailable("The database does not answer, or is not migrated.", headers={"Retry-After": "2"}) from error
    return answer(Health(status="ok"), headers=NO_STORE)
