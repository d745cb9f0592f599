"""Doing many writes in one request: all or none, in one transaction, or each for itself."""

import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from urllib.parse import unquote

from fastapi import Request, Response
from pydantic_core import from_json, to_json
from starlette.types import ASGIApp

from app.access.guards import Caller
from app.bulk.errors import BulkUndone
from app.bulk.schemas import BulkOperation, BulkOrder
from app.core import idempotency
from app.core.asgi import guard
from app.core.asgi.again import Again
from app.core.asgi.problems import problem_response, unexpected
from app.core.attempts import attempt_of
from app.core.caching import PRIVATE
from app.core.database import Database
from app.core.errors import Fault, Problem, Unavailable, ValidationFailed
from app.core.inside import Answered, Inside, Shared, ask, routes_of

_TOLD = {name.lower(): name for name in ("ETag", "Location", "Retry-After", "Idempotent-Replayed", "Allow")}
"""The headers that are told of each answer."""
_MOST_BYTES = 20_000_000
"""How long the answers may be together; bodies beyond that are left out."""
_OK = range(200, 300)


async def run(request: Request, order: BulkOrder, caller: Caller, database: Database, *, dry_run: bool) -> Response:
    """Do what `order` says; raises BulkUndone where it is atomic and an operation was refused. With `dry_run` nothing is kept."""
    _refuse_nesting(order.operations)
    if order.atomic or dry_run:
        return await _together(request, order, caller, database, dry_run=dry_run)
    key = idempotency.key_of(request.headers)
    routes = Again(routes_of(request.app), seconds=request.app.state.settings.answer_seconds)
    found: list[Answered] = []
    for place, one in enumerate(order.operations):
        found.append(_held(found, await _alone(routes, request, one, Inside(caller, None), _derived(key, place))))
    return _answer(order, found)


def _refuse_nesting(operations: Sequence[BulkOperation]) -> None:
    faults = [
        Fault("nested", "A bulk cannot stand in a bulk.", f"#/operations/{place}/path")
        for place, one in enumerate(operations)
        if unquote(one.path.partition("?")[0]).rstrip("/") == "/v1/bulk"
    ]
    if faults:
        raise ValidationFailed(errors=faults)


async def _together(request: Request, order: BulkOrder, caller: Caller, database: Database, *, dry_run: bool) -> Response:
    """All in one transaction, one behind the other. A refused one is undone alone, so that the others still say what they would."""
    routes = routes_of(request.app)
    async with database.writing(keep=not dry_run) as session, AsyncExitStack() as parts:
        claim = None if dry_run else await parts.enter_async_context(idempotency.claimed(session, request))
        await session.send()
        inside, found = Inside(caller, Shared(session)), list[Answered]()
        for one in order.operations:
            found.append(_held(found, await _ask(routes, request, one, inside, None)))
            if attempt_of(request.scope).undone:
                raise Unavailable(headers={"Retry-After": "2"})  # The whole is done over, where it still can be.
        if order.atomic and (failed := _first_refused(found)) is not None:
            raise _undone(failed, found)
        if claim is not None:
            claim.keep(_answer(order, [_kept(one) for one in found]))
        return _answer(order, found)


async def _alone(routes: ASGIApp, request: Request, one: BulkOperation, inside: Inside, key: str | None) -> Answered:
    try:
        return await _ask(routes, request, one, inside, key)
    except Exception as error:  # noqa: BLE001 - what went before it stands, and must be told
        return _answered(unexpected(error))


async def _ask(routes: ASGIApp, request: Request, one: BulkOperation, inside: Inside, key: str | None) -> Answered:
    path, _, query = one.path.partition("?")
    path, body = unquote(path), b"" if one.body is None else to_json(one.body)
    try:
        guard.check_target(path, query.encode())
    except Problem as problem:
        return _answered(problem_response(problem))
    named = {"content-type": "application/json" if body else None, "if-match": one.if_match, "idempotency-key": one.idempotency_key or key}
    headers = {name: value for name, value in named.items() if value is not None}
    return await ask(routes, request, inside, method=one.method, path=path, query=query, headers=headers, body=body)


def _derived(key: str | None, place: int) -> str | None:
    """The key of one operation where the whole has one, so that a repeat does not do again what was done."""
    return None if key is None else hashlib.sha256(f"{place} {key}".encode()).hexdigest()


def _answered(response: Response) -> Answered:
    return Answered(response.status_code, dict(response.headers), bytes(response.body), None)


def _held(found: Sequence[Answered], one: Answered) -> Answered:
    """`one` as it is held behind those that were `found`: of what would be too long with them, only what a refusal says in short."""
    if not (found and found[-1].omitted) and sum(len(each.body) for each in (*found, one)) <= _MOST_BYTES:
        return one
    said = {} if one.status in _OK else from_json(one.body or b"{}")
    return replace(one, body=to_json({name: said[name] for name in ("code", "detail") if name in said}), omitted=True)


def _kept(one: Answered) -> Answered:
    return one if one.kept is None else _answered(one.kept)


def _first_refused(found: Sequence[Answered]) -> int | None:
    return next((place for place, one in enumerate(found) if one.status not in _OK), None)


def _undone(failed: int, found: Sequence[Answered]) -> BulkUndone:
    faults = [
        Fault(str(said.get("code", one.status)), str(said.get("detail", "")), f"#/operations/{place}")
        for place, one in enumerate(found)
        if one.status not in _OK and (said := from_json(one.body or b"{}")) is not None
    ]
    wait = found[failed].headers.get("retry-after")
    detail = f"Operation {failed} was answered {found[failed].status}."
    answers = [from_json(text) for text in _texts(found)]
    return BulkUndone(detail, errors=faults, headers={} if wait is None else {"Retry-After": wait}, failed=failed, answers=answers)


def _answer(order: BulkOrder, found: Sequence[Answered]) -> Response:
    well = sum(one.status in _OK for one in found)
    about = to_json({"atomic": order.atomic, "succeeded": well, "failed": len(found) - well}).removesuffix(b"}")
    return Response(about + b',"answers":[' + b",".join(_texts(found)) + b"]}", 200, PRIVATE, media_type="application/json")


def _texts(found: Sequence[Answered]) -> list[bytes]:
    """Each answer as JSON; its body goes out as it was made."""
    texts = []
    for one in found:
        told = {name: value for lower, name in _TOLD.items() if (value := one.headers.get(lower)) is not None}
        head = to_json({"status": one.status, "headers": told}).removesuffix(b"}")
        body = b"null" if one.omitted or not one.body else one.body
        texts.append(head + b',"body":' + body + b',"omitted":' + to_json(one.omitted) + b"}")
    return texts
