"""Log lines: for people on a terminal, as JSON for machines."""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from rich.console import Console

from app.core.observability.telling import format_exception
from app.core.settings import Settings


class Lossy:
    """Where lines go. What cannot be written, on a full disk, is lost; a request that is told of is not lost with it.

    No file of `io`: those are flushed once more when they are let go of, at the end of a process when this module may be gone.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write as much as can be."""
        with suppress(OSError):
            self._out.write(text)
        return len(text)

    def flush(self) -> None:
        """Bring what was written to its place, where there is room."""
        with suppress(OSError):
            self._out.flush()


def standard_error() -> TextIO:
    """Standard error, as every line goes there."""
    return cast("TextIO", Lossy(sys.stderr))  # It has all of a TextIO that lines are written with.


def configure(settings: Settings) -> None:
    """Send every log line, the libraries' too, to standard error in the form that the settings name."""
    level = getattr(logging, settings.log_level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer = _for_machines() if settings.log_format == "json" else _for_people()
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(standard_error()),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
    )
    handler = logging.StreamHandler(standard_error())
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # We log each request ourselves, with its id. Uvicorn asks whether anybody listens to this one, and stays silent.
    logging.getLogger("uvicorn.access").propagate = False
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _for_machines() -> list[structlog.typing.Processor]:
    return [structlog.processors.ExceptionRenderer(format_exception), structlog.processors.JSONRenderer()]


def _for_people() -> list[structlog.typing.Processor]:
    """In colours on a terminal that wants them."""
    colours = Console(stderr=True).color_system is not None
    return [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=_write_exception)]


def _write_exception(out: TextIO, exc_info: Any) -> None:
    """A traceback never shows local variables, because keys may be among them."""
    out.write(f"\n{format_exception(exc_info)}")
