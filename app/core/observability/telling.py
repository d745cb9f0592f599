"""How a failure is told in the log: where and why, without the values that it happened to, which may be what somebody wrote."""

import traceback
from typing import Any

import psycopg
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

_DATA = "22"
"""The class of states whose messages quote the value that was wrong."""


def told(error: BaseException) -> str:
    """What went wrong. PostgreSQL's details quote rows, and Pydantic's errors what was given to it: both are left out."""
    if isinstance(error, DBAPIError):
        return f"{told(error.orig)} [{_one_line(error.statement)}]" if error.orig is not None else type(error).__name__
    if isinstance(error, psycopg.Error):
        return _told_by_postgres(error)
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_context=False)
        return f"{error.title}: " + "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)
    return str(error)


def _told_by_postgres(error: psycopg.Error) -> str:
    state = error.sqlstate
    if state is None:
        return str(error)
    if state.startswith(_DATA):
        return f"{type(error).__name__} ({state})"
    constraint = f", {error.diag.constraint_name}" if error.diag.constraint_name else ""
    return f"{error.diag.message_primary} ({state}{constraint})"


def _one_line(statement: str | None) -> str:
    return " ".join((statement or "").split())


def trace(error: BaseException) -> str:
    """Where it went wrong and why, with what led to it."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    story = "" if before is None else f"{trace(before)}\n\nThat led to this:\n\n"
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{story}Traceback (most recent call last):\n{''.join(traceback.format_tb(error.__traceback__))}{kind}: {told(error)}"


def format_exception(exc_info: Any) -> str:
    """As structlog asks for it."""
    return trace(exc_info[1])
