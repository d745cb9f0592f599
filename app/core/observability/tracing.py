"""What makes traces: the one module that needs the packages of `dateline[telemetry]`."""

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider


def discreet(provider: TracerProvider | None) -> TracerProvider:
    """`provider`, or one of our own, whose spans hold no query."""
    provider = provider or TracerProvider(resource=Resource.create({"service.name": "dateline"}), shutdown_on_exit=False)
    provider.add_span_processor(_WithoutQuery())
    return provider


class _WithoutQuery(SpanProcessor):
    """Takes the query out of every span as it begins: what somebody searches for, and tokens in links, are nobody else's business."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK calls it so
        """Overwrite it; a span cannot forget."""
        if "url.query" in (span.attributes or {}):
            span.set_attribute("url.query", "REDACTED")

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing more."""
