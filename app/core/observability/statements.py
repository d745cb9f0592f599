"""What is asked of the database: counted for the request that asks, and told of in the log where it takes long.

The text of a statement is logged and its values never are, because they may be what somebody wrote.
"""

import time
from typing import Any

import structlog
from sqlalchemy import event

from app.core import context
from app.core.database import Database
from app.core.lookups import Timer
from app.core.observability.traffic import Traffic

log = structlog.get_logger("dateline.statements")
_LONGEST = 2_000


class Watch:
    """Listens to every statement of a database; `slow_ms` is from when on one is told of, 0 for never. `trace` is told each."""

    def __init__(self, database: Database, traffic: Traffic, *, slow_ms: int, trace: Timer | None = None) -> None:
        self._traffic = traffic
        self._slow_seconds = slow_ms / 1000 if slow_ms else float("inf")
        for engine in database.engines:
            event.listen(engine, "before_cursor_execute", self._begin)
            event.listen(engine, "after_cursor_execute", self._end)
            event.listen(engine, "handle_error", self._fail)
        database.lookups.timers.append(self.note)
        self._trace = trace

    def note(self, text: str, seconds: float) -> None:
        """Count one that has ended."""
        passage = context.passage.get()
        passage.statements += 1
        passage.statement_seconds += seconds
        if self._trace is not None:
            self._trace(text, seconds)
        if seconds >= self._slow_seconds:
            self._traffic.slow_statements += 1
            log.warning(
                "slow statement", ms=round(seconds * 1000, 1), route=passage.route, request_id=context.request_id.get(),
                statement=" ".join(text.split())[:_LONGEST],
            )  # fmt: skip

    def _begin(self, _connection: Any, _cursor: Any, _text: str, _values: Any, execution: Any, _many: bool) -> None:
        execution.began = time.perf_counter()

    def _end(self, _connection: Any, _cursor: Any, text: str, _values: Any, execution: Any, _many: bool) -> None:
        self.note(text, time.perf_counter() - execution.began)

    def _fail(self, failure: Any) -> None:
        """One that was given up after its time, or waited for a lock in vain, took long too."""
        began = getattr(failure.execution_context, "began", None)
        if began is not None and failure.statement is not None:
            self.note(failure.statement, time.perf_counter() - began)
