"""`/metrics`: the figures of all processes for Prometheus, to whom the operator lets it be told."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, context
from app.core.asgi.answers import Answers
from app.core.asgi.limits import POLICIES
from app.core.caching import NO_STORE
from app.core.database import Database
from app.core.errors import Problem
from app.core.leadership import WorkerState
from app.core.observability.figures import Figures, Told, joined, put
from app.core.observability.gathering import Gathering
from app.core.observability.traffic import Traffic
from app.core.settings import Settings

PATH = "/metrics"
_PATIENCE_SECONDS = 1.0
Asked = Callable[[], Awaitable[Figures]]


class Metrics:
    """Collects what this process knows (`sources`), and what only the database can tell, when somebody wants to know (`asked`)."""

    def __init__(self, folder: str) -> None:
        self.sources: list[Callable[[], Figures]] = [_of_the_process]
        self.asked: list[Asked] = []
        self.gathering = Gathering(folder, lambda: joined(source() for source in self.sources))

    async def told(self) -> Figures:
        """Everything, of every process."""
        return joined([self.gathering.whole(), *[await ask() for ask in self.asked]])


def database_figures(database: Database, metrics: Metrics) -> Asked:
    """How far caches and the worker are behind the log; of a database that is away, that it is."""

    async def ask() -> Figures:
        figures: Figures = {}
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), database.reading() as session:
                head = (await session.execute(text("SELECT seq FROM log_head"))).scalar_one()
                worker = (await session.scalars(select(WorkerState))).one()
        except (SQLAlchemyError, OSError, TimeoutError):
            put(figures, "dateline_database_up", 0)
            return figures
        read = metrics.gathering.whole().get("dateline_log_read", {}).get((), [head])[0]
        put(figures, "dateline_database_up", 1)
        put(figures, "dateline_log_head", head)
        put(figures, "dateline_log_lag_events", max(head - read, 0))
        return joined([figures, _of_the_worker(worker)])

    return ask


def _of_the_worker(state: WorkerState) -> Figures:
    """What the worker says of itself every few seconds; while none leads, it is what the last one said."""
    figures: Figures = {}
    now = clock.now()
    put(figures, "dateline_worker_leads", state.until is not None and state.until > now)
    put(figures, "dateline_worker_lag_events", 0 if state.queued_seq is None else max((state.log_seq or 0) - state.queued_seq, 0))
    put(figures, "dateline_deliveries_waiting", state.waiting or 0)
    for name, due_at in (("deliveries", state.oldest_due_at), ("transitions", state.next_transition_at)):
        put(figures, f"dateline_{name}_late_seconds", 0 if due_at is None else max((now - due_at).total_seconds(), 0))
    return figures


def of_the_follower(seq: int, *, follows: bool) -> Figures:
    """How far the log was read."""
    figures: Figures = {}
    put(figures, "dateline_log_read", seq)
    put(figures, "dateline_log_followed", follows)
    return figures


def of_the_connections(database: Database) -> Figures:
    """How many connections are open, and how many may be."""
    figures: Figures = {}
    in_use, idle, limit = database.connections()
    put(figures, "dateline_database_connections", in_use, "in use")
    put(figures, "dateline_database_connections", idle, "idle")
    put(figures, "dateline_database_connections_limit", limit)
    return figures


def of_the_streams(listening: int) -> Figures:
    """How many listen to the log."""
    figures: Figures = {}
    put(figures, "dateline_streams_open", listening)
    return figures


def of_the_limits(refused: Mapping[str, int]) -> Figures:
    """How many requests were too many."""
    figures: Figures = {}
    for policy in POLICIES:
        put(figures, "dateline_rate_limited_total", refused.get(policy, 0), policy)
    return figures


def _of_the_process() -> Figures:
    figures: Figures = {}
    put(figures, "dateline_processes", 1)
    put(figures, "dateline_cpu_seconds_total", time.process_time())
    return figures


def of_the_cache(answers: Answers) -> Figures:
    """What the cache holds, and what it did."""
    figures: Figures = {}
    counts = answers.counts
    for name, value in (
        ("hits_total", counts.hits), ("misses_total", counts.misses), ("not_modified_total", counts.unchanged),
        ("overtaken_total", counts.overtaken), ("dropped_total", counts.dropped), ("evicted_total", counts.evicted),
        ("bytes", answers.size), ("limit_bytes", answers.limit), ("entries", len(answers)),
    ):  # fmt: skip
        put(figures, f"dateline_cache_{name}", value)
    return figures


def of_the_traffic(traffic: Traffic) -> Figures:
    """Requests by kind, and what they asked of the database."""
    figures: Figures = {}
    put(figures, "dateline_requests_under_way", traffic.under_way)
    put(figures, "dateline_slow_statements_total", traffic.slow_statements)
    put(figures, "dateline_statements_total", traffic.background.statements, traffic.background.route, "")
    put(figures, "dateline_statement_seconds_total", traffic.background.statement_seconds, traffic.background.route, "")
    parts = [figures]
    for (route, method, status), series in list(traffic.kinds.items()):
        part: Figures = {}
        put(part, "dateline_requests_total", sum(series.buckets), route, method, f"{status}xx")
        put(part, "dateline_statements_total", series.statements, route, method)
        put(part, "dateline_statement_seconds_total", series.statement_seconds, route, method)
        part["dateline_request_seconds"] = {(route, method): [*map(float, series.buckets), series.seconds]}
        parts.append(part)
    return joined(parts)


def install(app: FastAPI, settings: Settings) -> None:
    """Serve the page, where the operator wants it; elsewhere there is no such address."""
    if settings.metrics == "off":
        return
    wanted = f"Bearer {settings.metrics_token.get_secret_value()}".encode() if settings.metrics == "token" else None

    async def metrics(request: Request) -> Response:
        context.passage.get().route = PATH
        if wanted is not None and not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted):
            raise Problem.kinds["unauthorized"]("Send the token that DATELINE_METRICS_TOKEN names, as 'Bearer …'.")
        registry = CollectorRegistry()
        registry.register(Told(await request.app.state.metrics.told()))
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers=NO_STORE | {"Content-Type": media_type})

    app.add_api_route(PATH, metrics, include_in_schema=False)
