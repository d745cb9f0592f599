"""Log lines: for people on a terminal, as JSON for machines."""

import logging
import sys
from typing import Any, TextIO

import structlog
from rich.console import Console

from app.core.settings import Settings
from app.core.telling import format_exception


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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
    )
    handler = logging.StreamHandler(sys.stderr)
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
