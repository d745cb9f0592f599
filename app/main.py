"""The application, and the one list of its routers: the API's table of contents."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import State

from app import __version__
from app.access.guards import vouch
from app.access.ring import Ring
from app.access.router import router as access
from app.articles.around_router import router as around
from app.articles.parts_router import router as body_sections
from app.articles.resolve_router import router as resolving
from app.articles.router import router as articles
from app.articles.schedule_router import router as schedule
from app.articles.shown.reading import Readings
from app.articles.takedown_router import router as takedowns
from app.articles.working_copy import holder
from app.audit.router import router as audit
from app.authors.router import router as authors
from app.bulk.router import router as bulk
from app.changes.hub import Hub
from app.changes.router import router as changes
from app.comments.own.own_router import router as own_comments
from app.comments.people.people_router import router as people
from app.comments.router import router as comments
from app.comments.threads import inclusion
from app.comments.threads.following_router import router as following_comments
from app.comments.votes_router import router as votes
from app.core import idempotency
from app.core.asgi import counting, problems
from app.core.asgi.again import Again
from app.core.asgi.answers import Answers
from app.core.asgi.front import Front, Service
from app.core.asgi.limiting import Limiting
from app.core.asgi.limits import Limits
from app.core.asgi.middleware import Cors, Guard, Head, RequestContext
from app.core.asgi.routing import take
from app.core.database import database_for, driver_url, replica_for
from app.core.observability import telemetry
from app.core.observability.logs import configure
from app.core.observability.request_log import RequestLog
from app.core.observability.statements import Watch
from app.core.observability.traffic import Traffic
from app.core.openapi import description
from app.core.pages import docs, health, metrics
from app.core.settings import Settings
from app.corrections.router import everything as corrections
from app.corrections.router import of_one as article_corrections
from app.curation import holder as lists_hold
from app.curation.router import router as lists
from app.desk.router import router as desk
from app.events.following import follower_for
from app.events.replicas import Sources
from app.history.router import router as history
from app.live import holder as live_holds
from app.live.router import router as live
from app.moderation.batch_router import router as batches
from app.moderation.lease_router import router as leases
from app.moderation.marks_router import featured as featured_comments
from app.moderation.marks_router import marks as marks_of_comments
from app.moderation.people_router import router as records_of_people
from app.moderation.process_router import router as due_process
from app.moderation.readers_router import decisions as own_decisions
from app.moderation.readers_router import reports as reports_of_comments
from app.moderation.router import router as moderation
from app.moderation.rules_router import router as rules
from app.moderation.rules_router import trial as trial_of_rules
from app.policies.router import of_one as comment_policy
from app.policies.router import router as comment_policies
from app.previews.router import router as previews
from app.readers.addresses import Digests
from app.readers.members import Members
from app.readers.router import router as membership
from app.readers.staff import StaffNames
from app.screening import asking
from app.screening.bounds import Bounds
from app.screening.router import form as comment_form
from app.screening.router import router as word_lists
from app.sections import tree
from app.sections.router import router as sections
from app.tags.router import router as tags
from app.trash.router import router as trash
from app.webhooks import holder as webhooks_hold
from app.webhooks.message_schemas import MESSAGES
from app.webhooks.router import router as webhooks
from app.webhooks.tally import Tally
from app.worker import KEEPERS, Worker
from app.workflow.router import router as workflow

ROUTERS: tuple[APIRouter, ...] = (
    articles,
    body_sections,
    live,
    history,
    takedowns,
    trash,
    schedule,
    around,
    comment_form,
    comments,
    votes,
    following_comments,
    membership,
    own_comments,
    people,
    records_of_people,
    comment_policy,
    comment_policies,
    workflow,
    article_corrections,
    corrections,
    moderation,
    word_lists,
    batches,
    leases,
    marks_of_comments,
    featured_comments,
    due_process,
    rules,
    trial_of_rules,
    reports_of_comments,
    own_decisions,
    lists,
    sections,
    authors,
    tags,
    resolving,
    previews,
    changes,
    webhooks,
    bulk,
    access,
    audit,
    health.router,
)


def create_app(settings: Settings | None = None, *, tracing: Any = None) -> Service:
    """The service that `settings` describe; it connects to its database when it starts. `tracing` takes the place of their tracer."""
    settings = settings or Settings()
    answers, traffic = Answers(settings.cache_bytes), Traffic()
    log, traces = RequestLog(settings.log_format) if settings.access_log else None, telemetry.config(settings, tracing)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Callable[..., Any]]]:
        configure(settings)
        app.state.database = database_for(settings)
        async with app.state.database.writing() as session:
            await idempotency.sweep(session, settings.idempotency_hours)
        app.state.follower = follower_for(app.state.database, answers, app.state.ring, url=driver_url(settings.direct_url))
        await app.state.follower.start()
        app.state.sources = Sources(app.state.database, replica_for(settings), app.state.follower.told)
        app.state.readings = Readings(app.state.database)
        app.state.hub = Hub(app.state.database, app.state.readings.of(app.state.database), app.state.follower.news, settings)
        app.state.limits.counter = counting.counter_for(settings.rate_limit_storage, app.state.database)
        app.state.digests, app.state.members = Digests(app.state.database, settings), Members(settings)
        worker = Worker(app.state.database, settings) if settings.worker == "inside" else None
        _watch(app.state, traffic, traces, Tally() if worker is None else worker.tally)
        app.state.metrics.gathering.start()
        if worker is not None:
            worker.start()
        yield {"close": app.state.follower.news.close, "at_once": cast("Service", app).front.at_once}
        await app.state.hub.stop()
        if worker is not None:
            await worker.stop()
        app.state.members.close()
        await counting.close(app.state.limits.counter)
        await app.state.metrics.gathering.stop()
        await app.state.follower.stop()
        await app.state.sources.dispose()
        if log is not None:
            log.close()

    app = Service(
        title="Dateline", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        telemetry=traces, redirect_slashes=False, **description.ABOUT,
    )  # fmt: skip
    app.state.settings, app.state.answers, app.state.ring, app.state.staff_names = settings, answers, Ring(), StaffNames()
    app.state.limits, app.state.screening = Limits(settings), asking.install(Bounds.of(settings))
    app.state.metrics = metrics.Metrics(settings.metrics_folder)
    for holding in (*KEEPERS, holder, lists_hold, live_holds, tree, webhooks_hold):
        holding.install()
    inclusion.install(settings.signing_key)
    take(app, (*ROUTERS, desk))
    docs.install(app)
    metrics.install(app, settings)
    description.install(app, MESSAGES)
    problems.install(app)
    app.add_middleware(Again, seconds=settings.answer_seconds)
    app.add_middleware(Guard, settings=settings, vouch=vouch)
    app.add_middleware(Limiting, limits=app.state.limits)
    app.add_middleware(Head)
    app.add_middleware(Cors, origins=settings.cors_origins)
    app.add_middleware(RequestContext)
    app.front = Front(app.behind_the_front, answers=answers, coherence=lambda: app.state.follower, log=log, traffic=traffic)
    return app


def _watch(state: State, traffic: Traffic, traces: TelemetryConfig, tally: Tally) -> None:
    """Let `/metrics` tell of the database too, of the worker, and of how far the log was read; traces have each statement."""
    for watched in filter(None, (state.sources.primary, state.sources.replica)):
        trace = telemetry.of_statements(traces, watched.dialect)
        Watch(watched, traffic, slow_ms=state.settings.slow_statement_ms, trace=trace)
    database, follower, figures = state.database, state.follower, state.metrics
    figures.sources.append(lambda: metrics.of_the_cache(state.answers))
    figures.sources.append(lambda: metrics.of_the_traffic(traffic))
    figures.sources.append(tally.figures)
    figures.sources.append(lambda: metrics.of_the_streams(state.hub.listening))
    figures.sources.append(lambda: metrics.of_the_limits(state.limits.refused))
    figures.sources.append(lambda: metrics.of_the_connections(database))
    figures.sources.append(lambda: metrics.of_the_follower(follows=follower.sync(anew=True), seq=follower.seq))
    figures.asked.append(metrics.database_figures(database, figures))
