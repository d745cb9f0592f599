"""The one loop: what the log makes due is done here, by one process at a time. It runs inside the API, or alone (`alone.py`)."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.access import actions as access
from app.articles.publications import transitions
from app.comments.outside import Outside
from app.comments.people import erasing
from app.comments.people import forgetting as forgetting_comments
from app.core import clock, context, idempotency, ids, statistics
from app.core.caching import earliest
from app.core.database import Database, Occupied, ReadSession, driver_url
from app.core.leadership import LEASE, RENEWAL, WorkerState, lead, resign
from app.core.lookups import Lookup
from app.core.observability.telling import told
from app.core.settings import Settings
from app.curation import transitions as list_transitions
from app.events import queries as log_of
from app.events.retention import forget
from app.events.waking import listen
from app.history import retention as history
from app.moderation import cleaning, reporting
from app.readers import sanctions
from app.readers.forgetting import forget_digests
from app.screening import learning, marks, proofs
from app.trash import actions as trash
from app.webhooks import actions as webhooks
from app.webhooks import outbox
from app.webhooks.delivering import Courier
from app.webhooks.models import Delivery, Webhook
from app.webhooks.tally import Tally

log = structlog.get_logger("dateline.worker")
MOST_AT_A_TIME = 200
"""How many messages are on their way at a time, to all endpoints together."""
_LEASE_MARGIN = timedelta(seconds=15)
_SWEEP_EVERY = timedelta(minutes=10)
_DRAIN_SECONDS = 10.0
_AFTER_A_FAULT = 2.0
_WHILE_OTHERS_WRITE = timedelta(seconds=0.2)
_GATHER_SECONDS = 0.05
"""How long what arrives is waited for: it is written with what comes a little later, and a burst of commits costs few turns."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_FAULTS = (SQLAlchemyError, psycopg.Error, OSError, Occupied)

KEEPERS = (forgetting_comments, reporting, sanctions)
"""Who keeps digests, and words beside comments, that are to be let go of: known in whatever process does it."""
_BY_ITSELF = (transitions, list_transitions)
"""Where what happens by itself, to articles and to lists, is kept."""
_LOOK = Lookup(
    select(
        outbox.BEHIND.label("behind"), outbox.WAITING.label("waiting"),
        transitions.FIRST.label("article"), list_transitions.FIRST.label("list"),
    )
)  # fmt: skip


class Worker:
    """Looks for work, does it, and waits for the bell or for the moment at which the next is due."""

    def __init__(self, database: Database, settings: Settings) -> None:
        for keeper in KEEPERS:
            keeper.install()
        self.id: UUID = ids.new()
        self.tally = Tally()
        self._database, self._settings = database, settings
        self._courier = Courier(settings)
        self._lease = timedelta(seconds=settings.webhook_seconds) + _LEASE_MARGIN
        self._bell, self._stopping = asyncio.Event(), asyncio.Event()
        self._outside = Outside(database, settings, self._bell.set)
        self._under_way: dict[asyncio.Task[None], UUID] = {}
        self._outcomes: list[outbox.Outcome] = []
        self._leads_until = self._renew_at = self._sweep_at = self._erase_at = _LONG_AGO
        self._loop: asyncio.Task[None] | None = None
        self._housekeeping: asyncio.Task[None] | None = None

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
        bell = asyncio.create_task(listen(driver_url(self._settings.direct_url), self._bell.set))
        self._database.committed.append(self._hear)
        try:
            while not self._stopping.is_set():
                self._bell.clear()
                seconds = await self._turn()
                heard = self._bell if self._leads_until > clock.now() else self._stopping
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(heard.wait(), seconds)
                await asyncio.sleep(_GATHER_SECONDS)
            await self._drain()
        finally:
            self._database.committed.remove(self._hear)
            bell.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await bell
            self._courier.close()

    def _hear(self, _committed: object) -> None:
        """Somebody in this process has committed."""
        self._bell.set()

    async def _turn(self) -> float:
        """Do what is due; after how many seconds to look again, if nothing rings before."""
        try:
            if not await self._leads():
                return RENEWAL.total_seconds()
            more, due_at = await self._work()
            more |= await self._learn()
            asks_at = await self._outside.turn()
        except Exception as error:  # noqa: BLE001 - a loop that ended at its first surprise would let the log pile up in silence
            self._complain(error)
            self._leads_until = _LONG_AGO
            return _AFTER_A_FAULT
        if self._housekeeping is None or self._housekeeping.done():
            self._housekeeping = asyncio.create_task(self._keep_house())
        if more:
            return 0
        moments = [moment for moment in (due_at, asks_at, self._renew_at) if moment is not None]
        return max(0.0, (min(moments) - clock.now()).total_seconds())

    async def _work(self) -> tuple[bool, datetime | None]:
        """Do what is due; whether more is left, and when something is due next. Mostly nothing is, and one question tells."""
        look = (await self._database.lookups.all(_LOOK, now=clock.now()))[0]
        moment = earliest(look.article, look.list)
        if not (look.behind or look.waiting or self._outcomes or (moment is not None and moment <= clock.now())):
            return False, moment
        more = await self._settle() | await self._fan_out()
        return more, await self._send()

    def _complain(self, error: Exception) -> None:
        if isinstance(error, _FAULTS):
            log.warning("the worker waits for the database", error=told(error))
        else:
            log.error("the worker failed, and goes on", exc_info=error)

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
                "next_transition_at": await _next_moment(session),
            }  # fmt: skip
        async with self._database.writing() as session:
            await session.execute(update(WorkerState).where(WorkerState.holder == self.id).values(state))

    async def _settle(self) -> bool:
        """What has happened by itself is put into the log, an object a transaction; whether more is left."""
        more = False
        for kind in _BY_ITSELF:
            async with self._database.reading() as session:
                due = await kind.due(session, MOST_AT_A_TIME)
            for one in due:
                async with self._database.writing() as session:
                    await kind.settle_due(session, one)
            more |= len(due) == MOST_AT_A_TIME
        return more

    async def _fan_out(self) -> bool:
        if not (await self._database.lookups.all(_LOOK, now=clock.now()))[0].behind:
            return False
        async with self._database.writing() as session:
            return await outbox.fan_out(session)

    async def _learn(self) -> bool:
        """Take lessons from what moderators decided; whether more are left."""
        async with self._database.reading() as session:
            if not await learning.is_behind(session):
                return False
        async with self._database.writing() as session:
            return await learning.learn(session, self._settings.signing_key)

    async def _send(self) -> datetime | None:
        """Write down how attempts went and take what is due, in one transaction; when something is due next, or happens by itself."""
        async with self._database.reading() as session:
            waiting, moment = await self._with_room(session), await _next_moment(session)
        outcomes, now = list(self._outcomes), clock.now()
        if not outcomes and not self._room(waiting):
            ahead = (moment, *(queue.due_at for queue in waiting if queue.due_at > now))
            return min((due for due in ahead if due is not None), default=None)
        async with self._database.writing() as session:
            written = await outbox.finish(session, outcomes)
            parcels = await outbox.claim(session, self._room(await self._with_room(session)), self._lease)
        del self._outcomes[: len(outcomes)]
        self.tally.note(written)
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._under_way[task] = parcel.webhook_id
            task.add_done_callback(self._arrived)
        return now if parcels or outcomes else now + _WHILE_OTHERS_WRITE

    async def _with_room(self, session: ReadSession) -> list[outbox.Queue]:
        """The endpoints that something waits for and that may be sent more at the moment, those that wait longest first."""
        running = Counter(self._under_way.values())
        waiting = [replace(queue, slots=queue.slots - running[queue.webhook_id]) for queue in await outbox.queues(session)]
        return sorted((queue for queue in waiting if queue.slots > 0), key=lambda queue: queue.due_at)

    def _room(self, waiting: list[outbox.Queue]) -> dict[UUID, int]:
        """How much may be taken for each endpoint that something is due for."""
        left, now, room = MOST_AT_A_TIME - len(self._under_way), clock.now(), dict[UUID, int]()
        for queue in waiting:
            if queue.due_at <= now and left > 0:
                room[queue.webhook_id] = min(left, queue.slots)
                left -= room[queue.webhook_id]
        return room

    async def _deliver(self, parcel: outbox.Parcel) -> None:
        self._outcomes.append(await self._courier.deliver(parcel))

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("a delivery broke; it is tried again when its lease ends", exc_info=task.exception())
        self._bell.set()

    async def _keep_house(self) -> None:
        """What may take long, beside the loop: nothing that is due waits for it, and it can be left at any moment, to be gone on with."""
        try:
            while await self._erase():
                continue
            await self._sweep()
        except Exception as error:  # noqa: BLE001 - as in a turn; what is left while it goes on may break in ways of its own
            if not self._stopping.is_set():
                self._complain(error)

    async def _erase(self) -> bool:
        """Carry out what people and moderators wish away, looking for it every few seconds; whether more is left."""
        if clock.now() < self._erase_at:
            return False
        await erasing.carry_on(self._database, self._settings.signing_key)
        more = await cleaning.carry_on(self._database)
        self._erase_at = clock.now() + (timedelta(0) if more else RENEWAL)
        return more

    async def _sweep(self) -> None:
        if clock.now() < self._sweep_at:
            return
        self._sweep_at = clock.now() + _SWEEP_EVERY
        await sweep(self._database, self._settings)

    async def _drain(self) -> None:
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        await self._outside.stop(_DRAIN_SECONDS)
        waited_for = [*self._under_way, *([] if self._housekeeping is None else [self._housekeeping])]
        if waited_for:
            await asyncio.wait(waited_for, timeout=_DRAIN_SECONDS)
        for task in list(self._under_way):
            task.cancel()
        with contextlib.suppress(*_FAULTS, TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                async with self._database.writing() as session:
                    written = await outbox.finish(session, self._outcomes)
                self.tally.note(written)
                await resign(self._database, self.id)


async def _next_moment(session: ReadSession) -> datetime | None:
    """When anything happens by itself next."""
    return earliest(*[await kind.next_moment(session) for kind in _BY_ITSELF])


async def sweep(database: Database, settings: Settings) -> None:
    """Forget what has been kept long enough."""
    now = clock.now()
    async with database.writing() as session:
        await idempotency.sweep(session, settings.idempotency_hours)
    async with database.writing() as session:
        await proofs.forget(session, now)
        await marks.forget(session, now - timedelta(days=settings.comment_mark_days))
    more = True
    while more:
        async with database.writing() as session:
            more = await webhooks.forget_deliveries(session, before=now - timedelta(days=settings.webhook_log_days))
    await forget_digests(database, now)
    if settings.trash_days:
        await trash.empty(database, settings.trash_days)
    if settings.log_retention_days:
        async with database.reading() as session:
            needed_from = await outbox.needed_from(session)
        await forget(database, settings.log_retention_days, up_to=None if needed_from is None else needed_from - 1)
    await history.forget(database, days=settings.revision_retention_days, most=settings.revision_retention_count)
    async with database.writing() as session:
        needed = (await session.scalars(select(Webhook.key_id))).all()
        await access.forget_keys(session, before=now - timedelta(days=settings.key_days), but_for=set(needed))
    await statistics.gather(database)
