"""From everything that can go wrong to the one form in which it is answered."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app.core import context
from app.core.attempts import attempt_of
from app.core.database import Occupied
from app.core.errors import (
    MAX_FAULTS,
    MEDIA_TYPE,
    Conflict,
    InternalError,
    InvalidParameter,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    Problem,
    Unavailable,
    ValidationFailed,
    VersionMismatch,
)
from app.core.faults import body_faults, parameter_fault
from app.core.idempotency import Replay
from app.core.methods import allowed_methods
from app.core.observability.telling import told
from app.core.parameters import of_the_query, of_the_rest

log = structlog.get_logger("dateline.problems")
_UNAVAILABLE_STATES = ("25006", "40001", "40P01", "55P03", "57014", "57P0", "53", "08")
_UNDONE_STATES = ("40001", "40P01")
_UNAVAILABLE_WORDS = ("locked", "readonly", "full", "unable to open", "disk i/o")
_RETRY = {"Retry-After": "2"}


def problem_response(problem: Problem) -> Response:
    """`problem` as it goes out; no cache may keep it, since the next moment may allow what this one refused."""
    body = to_json(problem.wire(context.request_id.get()))
    return Response(body, problem.status, {"Cache-Control": "no-store", **problem.headers}, media_type=MEDIA_TYPE)


def unexpected(error: Exception) -> Response:
    """What a failure of ours answers: its id, and nothing of its inside."""
    log.error("unexpected", exc_info=error, request_id=context.request_id.get())
    return problem_response(InternalError())


def install(app: FastAPI) -> None:
    """Teach `app` to answer every refusal as a problem."""
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(Replay, _answer_replay)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(DBAPIError, _answer_database)
    app.add_exception_handler(PoolTimeout, _answer_unavailable)
    app.add_exception_handler(Occupied, _answer_unavailable)
    app.add_exception_handler(StaleDataError, _answer_stale)


async def _answer_problem(_request: Request, error: Any) -> Response:
    return problem_response(error)


async def _answer_replay(_request: Request, error: Any) -> Response:
    response: Response = error.response
    return response


async def _answer_stale(_request: Request, _error: Any) -> Response:
    return problem_response(VersionMismatch())


async def _answer_unavailable(_request: Request, error: Any) -> Response:
    log.warning("database unavailable", error=told(error), request_id=context.request_id.get())
    return problem_response(Unavailable(headers=_RETRY))


async def _answer_database(request: Request, error: Any) -> Response:
    """What passes is told apart from what is wrong, and what was undone whole from what is in doubt."""
    attempt = attempt_of(request.scope)
    attempt.undone = _was_undone(error) or (attempt.from_replica and _is_passing(error))
    if error.connection_invalidated or _is_passing(error):
        return await _answer_unavailable(request, error)
    if isinstance(error, IntegrityError):
        log.info("integrity", error=told(error), request_id=context.request_id.get())
        return problem_response(Conflict("Another row holds a value that must be unique, or refers to this one."))
    return unexpected(error)


def _was_undone(error: DBAPIError) -> bool:
    """Whether the database says that it rolled the transaction back, so that it may be tried again."""
    return getattr(error.orig, "sqlstate", None) in _UNDONE_STATES


def _is_passing(error: DBAPIError) -> bool:
    """By SQLSTATE, not by exception class: drivers file the same state under different classes.

    SQLite has no states, only words; a PostgreSQL that could not be reached has not yet said one.
    """
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if state or not isinstance(error, OperationalError):
        return state.startswith(_UNAVAILABLE_STATES)
    words = str(error.orig).lower()
    return not isinstance(error.orig, sqlite3.Error) or any(word in words for word in _UNAVAILABLE_WORDS)


async def _answer_http(request: Request, error: Any) -> Response:
    if error.status_code == MethodNotAllowed.status:
        methods = allowed_methods(request.app, request.scope)
        headers = {"Allow": ", ".join(methods)}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        return problem_response(MethodNotAllowed(f"It takes {headers['Allow']}.", headers=headers))
    if error.status_code == NotFound.status:
        return problem_response(NotFound(f"There is no address {request.url.path}; see /docs."))
    return problem_response(MalformedBody(str(error.detail)))


async def _answer_validation(request: Request, error: Any) -> Response:
    return problem_response(_validation_problem(error.errors(), request.scope["route"]))


def _validation_problem(errors: Sequence[Any], route: Any) -> Problem:
    """The faults of a request at once: those of parameters as 400, those of the body as 422."""
    in_body = [fault for fault in errors if _is_in_body(fault)]
    elsewhere = [fault for fault in errors if not _is_in_body(fault)]
    if elsewhere:
        said = of_the_query(route) | of_the_rest(route)
        return InvalidParameter(errors=[parameter_fault(fault, said) for fault in elsewhere])
    if any(fault["type"] == "json_invalid" for fault in in_body):
        return MalformedBody(in_body[0]["msg"])
    wanted = route.body_field.field_info.annotation if route.body_field else None
    return ValidationFailed(errors=body_faults(in_body[:MAX_FAULTS], wanted))


def _is_in_body(fault: Any) -> bool:
    return bool(fault["loc"]) and fault["loc"][0] == "body"
