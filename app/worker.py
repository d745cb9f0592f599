"""The one loop: what the log makes due is done here, by one process at a time. It runs inside the API, or alone as `dateline worker`."""

import asyncio
import contextlib
import signal
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.access import actions as access
from app.articles import transitions
from app.core import clock, context, idempotency, ids
from app.core.database import Database, Occupied, database_for
from app.core.leadership import LEASE, RENEWAL, WorkerState, lead, resign
from app.core.settings import Settings
from app.events import queries as log_of
from app.events.waking import listen
from app.webhooks import actions as webhooks
from app.webhooks import outbox
from app.webhooks.delivering import Courier
from app.webhooks.models import Delivery, Webhook

log = structlog.get_logger("dateline.worker")
MOST_AT_A_TIME = 200
"""How many messages are on their way at a time, to all endpoints together."""
_LEASE_MARGIN = timedelta(seconds=15)
_SWEEP_EVERY = timedelta(minutes=10)
_DRAIN_SECONDS = 10.0
_AFTER_A_FAULT = 2.0
_FAULTS = (SQLAlchemyError, psycopg.Error, OSError, Occupied)


class Worker:
    """Looks for work, does it, and waits for the bell or for the moment at which the next is due."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.id: UUID = ids.new()
        self._database, self._settings = database, settings
        self._courier = Courier(settings)
        self._lease = timedelta(seconds=settings.webhook_seconds) + _LEASE_MARGIN
        self._bell, self._stopping = asyncio.Event(), asyncio.Event()
        self._under_way: dict[asyncio.Task[None], UUID] = {}
        self._outcomes: list[outbox.Outcome] = []
        self._leads_until = self._renew_at = self._sweep_at = datetime.min.replace(tzinfo=clock.FOREVER.tzinfo)
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, beside whatever else the process does."""
        self._loop = asyncio.create_task(self.run())

    async def stop(self) -> None:
        """Take nothing more, let what is on its way arrive within a bound, and let the next worker lead."""
        self.ask_to_stop()
        if self._loop is not None:
            await self._loop

    def ask_to_stop(self) -> None:
        """The same, without waiting for it."""
        self._stopping.set()
        self._bell.set()

    async def run(self) -> None:
        """Work until `stop` is called."""
        context.request_id.set("worker")
        bell = asyncio.create_task(listen(self._database, self._bell.set))
        try:
            while not self._stopping.is_set():
                self._bell.clear()
                seconds = await self._turn()
                heard = self._bell if self._leads_until > clock.now() else self._stopping
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(heard.wait(), seconds)
            await self._drain()
        finally:
            bell.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await bell
            self._courier.close()

    async def _turn(self) -> float:
        """Do what is due; after how many seconds to look again, if nothing rings before."""
        try:
            if not await self._leads():
                return RENEWAL.total_seconds()
            await self._write_outcomes()
            more = await self._settle() | await self._fan_out()
            due_at = await self._send()
            await self._sweep()
        except _FAULTS as error:
            log.warning("the worker waits for the database", error=str(error).partition("\n")[0])
            return _AFTER_A_FAULT
        except Exception:
            log.exception("the worker failed, and goes on")
            return _AFTER_A_FAULT
        if more:
            return 0
        moments = [moment for moment in (due_at, self._renew_at) if moment is not None]
        return max(0.0, (min(moments) - clock.now()).total_seconds())

    async def _leads(self) -> bool:
        """Whether this worker leads; it says so anew every few seconds, with how far it is."""
        now = clock.now()
        if now < self._renew_at and now < self._leads_until:
            return True
        if not await lead(self._database, self.id):
            return False
        self._leads_until, self._renew_at = now + LEASE, now + RENEWAL
        await self._tell()
        return True

    async def _tell(self) -> None:
        async with self._database.reading() as session:
            pending = select(func.count(), func.min(Delivery.due_at)).where(Delivery.status == "pending")
            waiting, oldest = (await session.execute(pending)).one()
            furthest = await session.scalar(select(func.min(Webhook.queued_seq)).where(Webhook.status == "active"))
            state = {
                "log_seq": await log_of.head(session), "queued_seq": furthest, "waiting": waiting, "oldest_due_at": oldest,
                "next_transition_at": await transitions.next_moment(session),
            }  # fmt: skip
        async with self._database.writing() as session:
            await session.execute(update(WorkerState).where(WorkerState.holder == self.id).values(state))

    async def _settle(self) -> bool:
        """What has happened to articles by itself is put into the log, an article a transaction; whether more is left."""
        async with self._database.reading() as session:
            articles = await transitions.due(session, MOST_AT_A_TIME)
        for article in articles:
            async with self._database.writing() as session:
                await transitions.settle_due(session, article)
        return len(articles) == MOST_AT_A_TIME

    async def _fan_out(self) -> bool:
        async with self._database.reading() as session:
            if not await outbox.is_behind(session):
                return False
        async with self._database.writing() as session:
            return await outbox.fan_out(session)

    async def _send(self) -> datetime | None:
        """Begin to send what is due and has room; when something is due next, or happens by itself."""
        running = Counter(self._under_way.values())
        async with self._database.reading() as session:
            waiting = [queue for queue in await outbox.queues(session) if queue.slots > running[queue.webhook_id]]
            moments = [await transitions.next_moment(session)]
        now = clock.now()
        room = self._room([queue for queue in waiting if queue.due_at <= now], running)
        if room and not self._stopping.is_set():
            async with self._database.writing() as session:
                parcels = await outbox.claim(session, room, self._lease)
            for parcel in parcels:
                task = asyncio.create_task(self._deliver(parcel))
                self._under_way[task] = parcel.webhook_id
                task.add_done_callback(self._arrived)
            if parcels:
                return now
        moments += [queue.due_at for queue in waiting if queue.due_at > now]
        return min((moment for moment in moments if moment is not None), default=None)

    def _room(self, due: list[outbox.Queue], running: Counter[UUID]) -> dict[UUID, int]:
        """How much may be taken for each endpoint, those that wait longest first."""
        left, room = MOST_AT_A_TIME - len(self._under_way), dict[UUID, int]()
        for queue in sorted(due, key=lambda queue: queue.due_at):
            taken = min(left, queue.slots - running[queue.webhook_id])
            if taken > 0:
                room[queue.webhook_id] = taken
                left -= taken
        return room

    async def _deliver(self, parcel: outbox.Parcel) -> None:
        self._outcomes.append(await self._courier.deliver(parcel))

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("a delivery broke; it is tried again when its lease ends", exc_info=task.exception())
        self._bell.set()

    async def _write_outcomes(self) -> None:
        """All that have come meanwhile, in one transaction; they are kept where that fails."""
        outcomes = list(self._outcomes)
        if outcomes:
            async with self._database.writing() as session:
                await outbox.finish(session, outcomes)
            del self._outcomes[: len(outcomes)]

    async def _sweep(self) -> None:
        if clock.now() < self._sweep_at:
            return
        self._sweep_at = clock.now() + _SWEEP_EVERY
        await sweep(self._database, self._settings)

    async def _drain(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_DRAIN_SECONDS)
        for task in list(self._under_way):
            task.cancel()
        with contextlib.suppress(*_FAULTS):
            await self._write_outcomes()
            await resign(self._database, self.id)


async def sweep(database: Database, settings: Settings) -> None:
    """Forget what has been kept long enough."""
    now = clock.now()
    async with database.writing() as session:
        await idempotency.sweep(session, settings.idempotency_hours)
    async with database.writing() as session:
        await webhooks.forget_deliveries(session, before=now - timedelta(days=settings.webhook_log_days))
    async with database.writing() as session:
        needed = (await session.scalars(select(Webhook.key_id))).all()
        await access.forget_keys(session, before=now - timedelta(days=settings.key_days), but_for=set(needed))


async def work(settings: Settings) -> None:
    """Be a worker and nothing else, until SIGTERM or SIGINT."""
    database = database_for(settings)
    worker = Worker(database, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, worker.ask_to_stop)
    try:
        await worker.run()
    finally:
        await database.dispose()
