"""Traces and figures by OpenTelemetry, where the operator wants them: FastAPI makes them, the `OTEL_…` variables say where they go."""

import re
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

from app.core.settings import Settings

MISSING = "DATELINE_TELEMETRY needs more packages: pip install 'dateline[telemetry]'."
_LONGEST = 2_000
"""So much of a statement is told."""
_PARENT = re.compile(rb"^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$", re.DOTALL)
"""The header of W3C Trace Context; a version of the future may say more behind a dash."""


def trace_id(traceparent: bytes | None) -> str:
    """The trace that a client's header names; nothing where it sent none, or none that is sound."""
    if traceparent is None:
        return ""
    found = _PARENT.match(traceparent)
    return "" if found is None else found[1].decode()


def present_trace_id() -> str:
    """The trace of the span at hand; nothing where nobody traces."""
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else ""


def available() -> bool:
    """Whether the packages are there that make and send traces."""
    try:
        return find_spec("opentelemetry.sdk") is not None and find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def config(settings: Settings, provider: Any = None) -> TelemetryConfig:
    """What FastAPI is told. Its log records are left off: they hold the messages of failures, and our own log tells of those with care.

    `provider` is for tests; else one is made, and FastAPI adds the exporter that the environment describes.
    """
    if not settings.telemetry:
        return {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    if not available():
        raise RuntimeError(MISSING)
    found = import_module("app.core.observability.tracing").discreet(provider)  # Its packages need not be there, and take room.
    return {"tracer_provider": found, "tracing": True, "metrics": True, "logs": False, "operation_spans": True, "auto_configure": True}


def of_statements(config: TelemetryConfig, system: str) -> Callable[[str, float], None] | None:
    """What makes a span of a statement that has ended, inside that of its request; nothing where nobody traces.

    `system` is `postgresql` or `sqlite`. The span has the statement's text, in which values are parameters, and never these. What no
    request waits for begins no trace of its own.
    """
    provider = config.get("tracer_provider")
    if provider is None:
        return None
    tracer = provider.get_tracer("dateline")

    def note(text: str, seconds: float) -> None:
        if trace.get_current_span().is_recording():
            ended, words = time.time_ns(), " ".join(text.split())
            about = {"db.system.name": system, "db.operation.name": words.partition(" ")[0].upper(), "db.query.text": words[:_LONGEST]}
            begun = ended - round(seconds * 1_000_000_000)
            name = about["db.operation.name"]
            tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=about, start_time=begun).end(ended)

    return note
