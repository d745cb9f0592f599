"""`dateline worker`: the one loop in a process of its own, and where it is asked how it is."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

from app.core.asgi import problems
from app.core.asgi.answers import Answers
from app.core.asgi.front import Front, Service
from app.core.asgi.middleware import Head, RequestContext
from app.core.asgi.routing import take
from app.core.database import Database, database_for
from app.core.observability.logs import configure
from app.core.observability.request_log import RequestLog
from app.core.observability.statements import Watch
from app.core.observability.traffic import Traffic
from app.core.pages import health, metrics
from app.core.settings import Settings
from app.worker import Worker


@asynccontextmanager
async def _worker(settings: Settings, figures: metrics.Metrics, traffic: Traffic) -> AsyncIterator[tuple[Database, Worker]]:
    """A worker that has not begun, counted with the other processes of its machine."""
    database = database_for(settings)
    Watch(database, traffic, slow_ms=settings.slow_statement_ms)
    worker = Worker(database, settings)
    figures.sources += [lambda: metrics.of_the_traffic(traffic), lambda: metrics.of_the_connections(database), worker.tally.figures]
    figures.asked.append(metrics.database_figures(database, figures))
    figures.gathering.start()
    try:
        yield database, worker
    finally:
        await figures.gathering.stop()
        await database.dispose()


async def work(settings: Settings) -> None:
    """Be a worker and nothing else, until SIGTERM or SIGINT."""
    async with _worker(settings, metrics.Metrics(settings.metrics_folder), Traffic()) as (_, worker):
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, worker.ask_to_stop)
        await worker.run()


def create_page(settings: Settings) -> Service:
    """A worker that answers `/healthz`, `/readyz` and, to whom the operator lets it, `/metrics`; it works while it serves."""
    figures, traffic = metrics.Metrics(settings.metrics_folder), Traffic()
    log = RequestLog(settings.log_format) if settings.access_log else None

    @asynccontextmanager
    async def lifespan(app: Service) -> AsyncIterator[None]:
        configure(settings)
        async with _worker(settings, figures, traffic) as (database, worker):
            app.state.database = database
            worker.start()
            yield
            await worker.stop()
        if log is not None:
            log.close()

    app = Service(title="Dateline's worker", lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    app.state.metrics = figures
    take(app, (health.router,))
    metrics.install(app, settings)
    problems.install(app)
    app.add_middleware(Head)
    app.add_middleware(RequestContext)
    app.front = Front(app.behind_the_front, answers=Answers(0), coherence=_nothing_is_kept, log=log, traffic=traffic)
    return app


def _nothing_is_kept() -> NoReturn:
    raise AssertionError("A page that keeps no answer asks nobody whether it is true.")
