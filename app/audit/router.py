"""Where the newsroom looks into who did what."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.access.guards import Caller, require
from app.audit import queries, schemas
from app.audit.queries import Sought
from app.changes.eyes import types_in
from app.core import ids
from app.core.errors import Fault, InvalidParameter
from app.core.http import AppSettings, Operation, Router
from app.core.lists import Cursor, Limit, PatientReader, private_list_answer
from app.core.pagination import Pager, cut
from app.core.schemas import Instant
from app.events.schemas import PREFIXES
from app.events.types import PATTERN

router = Router(prefix="/v1/audit", route_class=Operation, tags=["access"])
Auditor = Annotated[Caller, Depends(require("audit:read"))]
_ANY_ID = f"^[a-z]+_{ids.SUFFIX_PATTERN}$"
Actor = Annotated[
    str | None,
    Query(max_length=40, pattern=ids.pattern("key"), description="What this key did.", examples=[ids.encode("key", ids.EXAMPLE)]),
]
Subject = Annotated[
    str | None,
    Query(
        alias="object",
        max_length=40,
        pattern=_ANY_ID,
        description="What was done to this object, whatever it is.",
        examples=[ids.encode("art", ids.EXAMPLE)],
    ),
]
Types = Annotated[
    str | None,
    Query(max_length=2000, pattern=PATTERN, description="Types of events, or patterns.", examples=["article.taken_down,key.*"]),
]
AskedBy = Annotated[
    str | None,
    Query(
        alias="request_id",
        max_length=64,
        pattern="^[!-~]{1,64}$",
        description="What this request did, by its `X-Request-ID`.",
        examples=["worker"],
    ),
]
Since = Annotated[Instant | None, Query(alias="at[gte]", description="At this moment or later.")]
Before = Annotated[Instant | None, Query(alias="at[lt]", description="Before this moment.")]


async def ask(
    actor: Actor = None, subject: Subject = None, types: Types = None, asked_by: AskedBy = None, since: Since = None, before: Before = None
) -> Sought:
    """What the parameters look for; raises InvalidParameter naming what there is not."""
    kind, target = _object(subject)
    key = None if actor is None else ids.decode("key", actor)
    return Sought(key, kind, target, None if types is None else types_in(types), asked_by, since, before)


@router.get("", response_model=schemas.AuditPage)
async def list_audit_entries(
    request: Request, _desk: Auditor, sought: Annotated[Sought, Depends(ask)], session: PatientReader, settings: AppSettings,
    limit: Limit = 20, cursor: Cursor = None,
) -> Response:  # fmt: skip
    """Look into who did what, when and through which request, the newest first: all that the log still holds. Filters combine."""
    pager = Pager(settings.signing_key, f"audit {sought.purpose()}")
    rows = await queries.list_entries(session, sought, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda event: [event.seq])
    return private_list_answer(request, page.wire([schemas.entry_out(event) for event in page.rows]))


def _object(text: str | None) -> tuple[str | None, UUID | None]:
    """The type and the id behind an id on the wire; raises InvalidParameter for one of nothing that the log tells of."""
    if text is None:
        return None, None
    prefix = text.partition("_")[0]
    kind = next((kind for kind, known in PREFIXES.items() if known == prefix), None)
    found = None if kind is None else ids.decode(prefix, text)
    if found is None:
        raise InvalidParameter(errors=[Fault("unknown", f"An id begins with one of {', '.join(PREFIXES.values())}.", parameter="object")])
    return kind, found
