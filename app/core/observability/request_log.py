"""One line a request, written so that it costs the request next to nothing: noted in memory, formatted and written a few times a second."""

import asyncio
import json
from datetime import datetime
from functools import lru_cache
from typing import Literal, TextIO

from app.core import clock
from app.core.observability.logs import standard_error

_EVERY_SECONDS = 0.2
_AT_MOST = 1_000
"""Lines that wait at the most; the one that makes them so many is written at once with all before it."""

Line = tuple[datetime, str, str, int, float, str, str]


class RequestLog:
    """Writes to standard error as `DATELINE_LOG_FORMAT` says; `close` writes what still waits."""

    def __init__(self, form: Literal["console", "json"], out: TextIO | None = None) -> None:
        self._write_line = _for_machines if form == "json" else _for_people
        self._out = out or standard_error()
        self._waiting: list[Line] = []
        self._timer: asyncio.TimerHandle | None = None

    def note(self, method: str, path: str, status: int, milliseconds: float, request_id: str, trace_id: str = "") -> None:
        """Remember a request that was answered."""
        self._waiting.append((clock.now(), method, path, status, milliseconds, request_id, trace_id))
        if len(self._waiting) >= _AT_MOST:
            self.close()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_EVERY_SECONDS, self.close)

    def close(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._waiting = self._waiting, []
        if lines:
            self._out.write("".join(self._write_line(line) for line in lines))
            self._out.flush()


@lru_cache(maxsize=1)
def _written(second: datetime) -> str:
    """To write a moment takes longer than all the rest of its line, and thousands of lines share a second."""
    return second.isoformat()[: len("2026-01-01T00:00:00")]


def _moment(at: datetime) -> str:
    return f"{_written(at.replace(microsecond=0))}.{at.microsecond // 1000:03}+00:00"


def _for_machines(line: Line) -> str:
    at, method, path, status, milliseconds, own, trace = line
    traced = f'"trace_id":"{trace}",' if trace else ""
    return (
        f'{{"method":"{method}","path":{json.dumps(path)},"status":{status},"ms":{milliseconds:.1f},"request_id":"{own}",{traced}'
        f'"event":"request","level":"info","timestamp":"{_moment(at)}"}}\n'
    )


def _for_people(line: Line) -> str:
    at, method, path, status, milliseconds, own, trace = line
    traced = f" trace_id={trace}" if trace else ""
    said = f"method={method} path={json.dumps(path)} status={status} ms={milliseconds:.1f} request_id={own}{traced}"
    return f"{_moment(at)} [info] request {said}\n"
