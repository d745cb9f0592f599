"""Outside services are asked about comments: many at a time, each within a deadline, beside whatever else the worker does."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from app.comments import errands
from app.core import clock
from app.core.database import Database
from app.core.net import ExchangeFailedError, Outbound, Reply
from app.core.settings import Settings
from app.screening.kind import Signal
from app.screening.services import Service, ServiceFailedError, services_of

log = structlog.get_logger("dateline.comments")
_MOST_AT_A_TIME = 20
_LONGEST_ANSWER = 100_000
_LEASE_MARGIN = timedelta(seconds=15)
_WELL = range(200, 300)


class Outside:
    """Takes errands that are due, asks, and writes down what was said; `done` is called after each."""

    def __init__(self, database: Database, settings: Settings, done: Callable[[], None]) -> None:
        self._database, self._done = database, done
        self._services = services_of(settings)
        self._seconds = settings.comment_service_seconds
        self._lease = timedelta(seconds=self._seconds) + _LEASE_MARGIN
        self._outbound = Outbound(settings.allowed_private_hosts)
        self._under_way: set[asyncio.Task[None]] = set()

    async def turn(self) -> datetime | None:
        """Begin what is due; when something is due next."""
        async with self._database.reading() as session:
            due_at = await errands.next_due(session)
        if due_at is None or due_at > clock.now() or len(self._under_way) >= _MOST_AT_A_TIME:
            return due_at if due_at is None or due_at > clock.now() else None
        async with self._database.writing() as session:
            taken = await errands.claim(session, _MOST_AT_A_TIME - len(self._under_way), self._lease)
        for errand in taken:
            task = asyncio.create_task(self._run(errand))
            self._under_way.add(task)
            task.add_done_callback(self._arrived)
        return None

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("asking a service broke; it is asked again when the lease ends", exc_info=task.exception())
        self._done()

    async def _run(self, errand: errands.Errand) -> None:
        service = self._services.get(errand.service)
        if service is None or errand.over:  # The settings may have changed since.
            why = "deadline" if errand.over else "switched off"
            async with self._database.writing() as session:
                await errands.finish(session, errand, errands.failed(errand.service, why))
            return
        signal = await self._ask(service, errand)
        async with self._database.writing() as session:
            await errands.note(session, service.name, well=signal is not None)
            if signal is None:
                await errands.postpone(session, errand)
        if signal is not None:
            async with self._database.writing() as session:
                await errands.finish(session, errand, signal)

    async def _ask(self, service: Service, errand: errands.Errand) -> Signal | None:
        """What the service says; None where it fails."""
        request = service.ask(errand.asked, clock.now())
        try:
            reply = await self._outbound.post(request.url, request.body, request.headers, seconds=self._seconds, limit=_LONGEST_ANSWER)
            return _read(service, reply)
        except (ExchangeFailedError, ServiceFailedError) as error:
            log.warning("a service said nothing of a comment", service=service.name, error=str(error)[:200])
            return None

    async def stop(self, seconds: float) -> None:
        """Let what is under way end within a bound."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        for task in list(self._under_way):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._outbound.close()


def _read(service: Service, reply: Reply) -> Signal:
    if reply.status not in _WELL or reply.cut:
        raise ServiceFailedError(f"It answered {reply.status}.")
    return service.read(reply.body, reply.headers)
