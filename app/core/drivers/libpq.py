"""PostgreSQL without a cursor for each statement: written-out statements go to libpq as they are, several in one go.

A cursor of psycopg looks anew at the types of what it is given, waits for the socket at each statement, and keeps much that nobody asks
for. Here values go as text of which the server knows the types, and the process waits once for all that was sent. psycopg's own account of
prepared statements is kept, so that both may use one connection.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors, generators, waiting
from psycopg._preparing import Prepare  # There is one account of a connection's prepared statements, and no public way to it.
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from pydantic_core import to_json
from sqlalchemy import JSON, Dialect, LargeBinary
from sqlalchemy.types import TypeEngine

Connection = psycopg.AsyncConnection[Any]
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)
_BINARY, _TEXT = 1, 0
_INTERVAL_SECONDS, _CANCEL_SECONDS = 0.1, 0.3
_UNNOTED = (None, Prepare.NO, b"")


def _text(value: str) -> bytes:
    """A text; libpq takes what is behind a NUL for no part of it, and would say nothing."""
    if "\0" in value:
        raise errors.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


class _Encoders(dict[type, Callable[[Any], bytes | None]]):
    """By the type of a value, what writes it as text of which the server knows the type; bytes stay as they are."""

    def __missing__(self, kind: type) -> Callable[[Any], bytes | None]:
        known = next((one for one in kind.__mro__ if one in self), None)
        if known is None:
            raise TypeError(f"{kind.__name__} is not among what statements are given.")
        self[kind] = self[known]
        return self[kind]


ENCODERS = _Encoders(
    {
        type(None): lambda _value: None,
        str: _text,
        bytes: lambda value: value,
        bool: lambda value: b"t" if value else b"f",
        int: b"%d".__mod__,
        float: lambda value: repr(value).encode(),
        UUID: lambda value: value.hex.encode(),
        datetime: lambda value: value.isoformat().encode(),
    }
)


class Form:
    """A statement with numbered parameters, as libpq takes it. `query` and `types` are what psycopg's account knows it by."""

    types: tuple[int, ...] = ()

    def __init__(self, text: str, kinds: Sequence[TypeEngine[Any]]) -> None:
        self.query = text.encode()
        self._formats = [_BINARY if isinstance(kind, LargeBinary) else _TEXT for kind in kinds]

    def send(self, pgconn: PGconn, values: Sequence[bytes | None]) -> None:
        """Ask for it, unprepared."""
        pgconn.send_query_params(self.query, values, None, self._formats)

    def send_prepared(self, pgconn: PGconn, name: bytes, values: Sequence[bytes | None]) -> None:
        """Ask for what was prepared under this name."""
        pgconn.send_query_prepared(name, values, self._formats)


Sent = tuple[Form, Sequence[bytes | None]]


def numbered(dialect: Dialect) -> Dialect:
    """The dialect that writes statements as libpq takes them."""
    made: Any = type(dialect)
    written: Dialect = made(paramstyle="numeric_dollar")
    return written


def into(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What a value of this type becomes before it is encoded. A document is what it says; none is NULL, as on every column of ours."""
    if isinstance(kind, JSON):
        return _document
    return None if isinstance(kind, LargeBinary) else kind.dialect_impl(dialect).bind_processor(dialect)


def _document(value: Any) -> bytes | None:
    return None if value is None else to_json(value)


async def ask(connection: Connection, sent: Sequence[Sent], *, commit: bool = False, alone: bool = False) -> list[PGresult]:
    """The result of each, in one go, with a `commit` behind them; what fails is raised as psycopg does, and nothing behind it is done.

    A question that stands `alone`, in no transaction, is dropped with its connection where it is given up.
    """
    wait = _or_drop if alone else psycopg.AsyncConnection.wait
    async with connection.lock:
        try:
            results = await wait(connection, _exchange(connection, sent, commit=commit))
        except errors.Error as error:
            raise error.with_traceback(None) from None
        return results


async def _or_drop(connection: Connection, exchange: PQGen[list[PGresult]]) -> list[PGresult]:
    """Wait; who is interrupted tells the server within a bound. psycopg would wait ten seconds for one that is silent."""
    try:
        return await waiting.wait_async(exchange, connection.pgconn.socket, interval=_INTERVAL_SECONDS)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await connection.cancel_safe(timeout=_CANCEL_SECONDS)
        connection.pgconn.finish()
        raise


def rows(connection: Connection, result: PGresult, make: Callable[[Sequence[Any]], Any]) -> list[Any]:
    """The rows of a result, with values in their own types."""
    if not result.ntuples:
        return []
    transformer = Transformer(connection)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, make)


def _exchange(connection: Connection, sent: Sequence[Sent], *, commit: bool) -> PQGen[list[PGresult]]:
    """Send everything, the beginning of the transaction too where none is under way, then read everything."""
    pgconn, begins = connection.pgconn, _begins(connection)
    pgconn.enter_pipeline_mode()
    try:
        if begins is not None:
            pgconn.send_query_params(begins, None)
        noted = [_send(connection, form, values) for form, values in sent]
        if commit:
            pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        yield from generators.send(pgconn)
        found = []
        for _ in range((begins is not None) + sum(count for _, count in noted) + commit + 1):
            found.append((yield from generators.fetch_many(pgconn)))  # noqa: PERF401 - no comprehension yields
    finally:
        _leave(pgconn)
    left = iter(found[:-1])
    began = next(left) if begins is not None else []
    pairs = [(note, [one for _ in range(count) for one in next(left)]) for note, count in noted]
    committed: list[PGresult] = next(left, [])
    yield from _settle(connection, [(_UNNOTED, began), *pairs, (_UNNOTED, committed)])
    if committed and committed[-1].command_status == b"ROLLBACK":
        raise errors.InFailedSqlTransaction("a statement failed before, and nothing of the transaction was kept")
    return [each[-1] for _, each in pairs]


def _leave(pgconn: PGconn) -> None:
    """Back to one statement at a time. Where answers are due that nobody reads, the connection is closed, or others would wait for them."""
    if pgconn.transaction_status != TransactionStatus.UNKNOWN:
        try:
            pgconn.exit_pipeline_mode()
        except psycopg.OperationalError:
            pgconn.finish()


def _send(connection: Connection, form: Form, values: Sequence[bytes | None]) -> tuple[Any, int]:
    """Send one of several; how it is noted, and how many results it has."""
    pgconn, account = connection.pgconn, connection._prepared  # noqa: SLF001 - see the import
    prepare, name = account.get(form, prepare=True)  # type: ignore[arg-type] # it looks at `query` and `types` alone
    if prepare is Prepare.NO:
        form.send(pgconn, values)
    else:
        if prepare is Prepare.SHOULD:
            pgconn.send_prepare(name, form.query)
        form.send_prepared(pgconn, name, values)
    key = account.maybe_add_to_cache(form, prepare, name)  # type: ignore[arg-type] # as above
    return (key, prepare, name), 2 if prepare is Prepare.SHOULD else 1


def _settle(connection: Connection, pairs: Iterable[tuple[Any, list[PGresult]]]) -> PQGen[None]:
    """Keep the account of what was prepared, and raise what went wrong first."""
    account, wrong = connection._prepared, None  # noqa: SLF001 - see the import
    for (key, prepare, name), results in pairs:
        if key is not None:
            account.validate(key, prepare, name, results[-1:])
        wrong = wrong or next((one for one in results if one.status in _FAILED), None)
    if wrong is not None:
        if wrong.status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(wrong, encoding=connection.info.encoding)
        raise errors.PipelineAborted("pipeline aborted")
    yield from account.maintain_gen(connection)


def _begins(connection: Connection) -> bytes | None:
    """What begins the transaction, as the connection was told to; None where one is under way, or none is wanted."""
    if connection.autocommit or connection.pgconn.transaction_status != TransactionStatus.IDLE:
        return None
    parts = [b"BEGIN"]
    if connection.isolation_level is not None:
        parts.append(b"ISOLATION LEVEL " + connection.isolation_level.name.replace("_", " ").encode())
    if connection.read_only is not None:
        parts.append(b"READ ONLY" if connection.read_only else b"READ WRITE")
    return b" ".join(parts)
