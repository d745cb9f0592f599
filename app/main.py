"""The application, and the one list of its routers: the API's table of contents."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from app import __version__
from app.access.router import router as access
from app.articles import holder
from app.articles.parts_router import router as body_sections
from app.articles.reading import Reading
from app.articles.resolve_router import router as resolving
from app.articles.router import router as articles
from app.authors.router import router as authors
from app.changes.hub import Hub
from app.changes.router import router as changes
from app.comments.router import router as comments
from app.core import docs, health, idempotency, openapi, problems
from app.core.answers import Answers
from app.core.database import database_for
from app.core.front import Front
from app.core.middleware import Cors, Guard, Head, RequestContext
from app.core.observability import configure
from app.core.request_log import RequestLog
from app.core.settings import Settings
from app.events.following import follower_for
from app.events.retention import forget
from app.sections.router import router as sections
from app.tags.router import router as tags

ROUTERS: tuple[APIRouter, ...] = (
    articles,
    body_sections,
    comments,
    sections,
    authors,
    tags,
    resolving,
    changes,
    access,
    health.router,
)


class Service(FastAPI):
    """The application behind its front: what the front holds is answered before FastAPI's own layers begin."""

    front: Front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.front(scope, receive, send)

    async def behind_the_front(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what the front asks for."""
        await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None) -> Service:
    """The service that `settings` describe; it connects to its database when it starts."""
    settings = settings or Settings()
    answers = Answers(settings.cache_bytes)
    log = RequestLog(settings.log_format) if settings.access_log else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Callable[[], None]]]:
        configure(settings)
        app.state.database = database_for(settings)
        app.state.reading = Reading(app.state.database)
        async with app.state.database.writing() as session:
            await idempotency.sweep(session, settings.idempotency_hours)
        if settings.log_retention_days:
            await forget(app.state.database, settings.log_retention_days)
        app.state.follower = follower_for(app.state.database, answers)
        await app.state.follower.start()
        app.state.hub = Hub(app.state.database, app.state.reading, app.state.follower.news, settings)
        yield {"close": app.state.follower.news.close}
        await app.state.follower.stop()
        await app.state.database.dispose()
        if log is not None:
            log.close()

    app = Service(
        title="Dateline", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        redirect_slashes=False, generate_unique_id_function=_operation_id, **openapi.ABOUT,
    )  # fmt: skip
    app.state.settings, app.state.answers = settings, answers
    holder.install()
    for router in ROUTERS:
        app.include_router(router)
    docs.install(app)
    openapi.install(app)
    problems.install(app)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Head)
    app.add_middleware(Cors, origins=settings.cors_origins)
    app.add_middleware(RequestContext)
    app.front = Front(app.behind_the_front, answers=answers, coherence=lambda: app.state.follower, log=log)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
