"""Traces: one span for each request that the application answers, in its client's trace, without what its query says."""

import io
from collections.abc import AsyncIterator

import pytest
from httpx2 import ASGITransport, AsyncClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.core.observability import telemetry
from app.core.observability.telemetry import trace_id
from app.core.settings import Settings
from app.main import create_app
from tests.core.test_request_log import lines

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


class Traced:
    """A service that traces into memory, and what it logs."""

    def __init__(self, client: AsyncClient, out: io.StringIO, exporter: InMemorySpanExporter) -> None:
        self.client, self.out, self._exporter = client, out, exporter

    def requests(self) -> list[ReadableSpan]:
        """The spans of whole requests."""
        return [span for span in self._exporter.get_finished_spans() if span.kind is SpanKind.SERVER]

    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())


@pytest.fixture
async def traced(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Traced]:
    out, exporter, provider = io.StringIO(), InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("sys.stderr", out)
    settings = Settings(_env_file=None, database_url=database_url, log_format="json", log_level="error", telemetry=True)
    app = create_app(settings, tracing=provider)
    async with app.router.lifespan_context(app), AsyncClient(transport=ASGITransport(app=app), base_url="http://newsroom.test") as client:
        yield Traced(client, out, exporter)


async def test_a_request_is_a_span_under_its_route_in_the_trace_of_its_client(traced: Traced) -> None:
    await traced.client.get("/v1/articles/none", headers={"traceparent": PARENT})

    (span,) = traced.requests()
    assert span.name == "GET /v1/articles/{ref}"
    assert span.parent is not None
    assert f"{span.context.trace_id:032x} {span.parent.span_id:016x}" == f"{TRACE} {SPAN}"
    assert (span.attributes or {})["http.response.status_code"] == 404
    assert span.status.status_code is not StatusCode.ERROR
    assert {one.name for one in traced.all()} > {span.name}, "and what it was made of"


async def test_each_statement_is_a_span_inside_its_request_without_its_values(traced: Traced, dialect: str) -> None:
    await traced.client.get("/v1/articles/canary")
    await traced.client.get("/v1/changes")

    for request in traced.requests():
        inside = [span for span in traced.all() if span.kind is SpanKind.CLIENT and span.context.trace_id == request.context.trace_id]
        assert inside, request.name
        for span in inside:
            about = span.attributes or {}
            assert about["db.system.name"] == dialect
            assert str(about["db.query.text"]).startswith(span.name)
            assert request.start_time <= span.start_time <= span.end_time <= request.end_time  # type: ignore[operator] # it has ended
    traces = {span.context.trace_id for span in traced.all()}
    assert len(traces) == len(traced.requests()), "what no request waits for begins none"
    assert "canary" not in " ".join(span.to_json() for span in traced.all() if span.kind is SpanKind.CLIENT)


async def test_a_log_line_names_the_trace(traced: Traced) -> None:
    await traced.client.get("/v1/articles", headers={"traceparent": PARENT})
    await traced.client.get("/v1/articles", headers={"traceparent": PARENT})
    await traced.client.get("/v1/sections")

    logged = await lines(traced.out, 3)

    assert [line.get("trace_id") for line in logged[:2]] == [TRACE, TRACE]
    assert logged[2]["trace_id"] == f"{traced.requests()[-1].context.trace_id:032x}"
    assert len(traced.requests()) == 2, "what the cache answers is not traced"


async def test_what_somebody_searches_for_is_in_no_span(traced: Traced) -> None:
    await traced.client.get("/v1/articles?q=canary&limit=3", headers={"Authorization": "Bearer canary", "Cookie": "a=canary"})
    await traced.client.post("/v1/articles", json={"headline": "canary"})

    told = [span.to_json() for span in traced.all()]
    assert len(told) > 2
    assert "canary" not in " ".join(told)
    assert (traced.requests()[0].attributes or {})["url.query"] == "REDACTED"


async def test_without_the_setting_nothing_is_traced_and_a_log_line_still_names_the_trace(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    app = create_app(Settings(_env_file=None, database_url=database_url, log_format="json", log_level="error"))
    async with app.router.lifespan_context(app), AsyncClient(transport=ASGITransport(app=app), base_url="http://newsroom.test") as client:
        for path in ("/v1/articles", "/v1/articles", "/v1/articles/none"):
            await client.get(path, headers={"traceparent": PARENT})
        logged = await lines(out, 3)

    assert not app._native_telemetry.enabled()
    assert [line["trace_id"] for line in logged] == [TRACE] * 3


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (PARENT, TRACE), (f"cc-{TRACE}-{SPAN}-01-what-will-be", TRACE), (f"ff-{TRACE}-{SPAN}-01", ""), (f"00-{'0' * 32}-{SPAN}-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""), (f"00-{TRACE.upper()}-{SPAN}-01", ""), (f"00-{TRACE}-{SPAN}", ""), ("", ""),
        (f'00-{TRACE}"\n-{SPAN}-01', ""),
    ],
)  # fmt: skip
def test_only_a_sound_header_names_a_trace(header: str, found: str) -> None:
    assert trace_id(header.encode()) == found


def test_without_its_packages_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "available", lambda: False)
    with pytest.raises(RuntimeError, match=r"dateline\[telemetry\]"):
        create_app(Settings(_env_file=None, telemetry=True))
