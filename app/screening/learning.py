"""What moderators decide is learned from the log, behind them: nobody's decision waits for it, and none is learned twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core.database import ReadSession, WriteSession
from app.core.html import render_comment
from app.core.models import table_of
from app.events.models import Event, LogHead
from app.screening.bayes import digests_of
from app.screening.checks import addresses_in, host_of
from app.screening.models import BayesLesson, BayesModel, BayesWord

_VERDICTS: Mapping[str, bool | None] = {"comment.approved": False, "comment.rejected": True, "comment.spam": True, "comment.held": None}
"""Whether a decision refuses a comment; one that holds it takes back what was learned."""
_AT_A_TIME = 100


async def is_behind(session: ReadSession) -> bool:
    """Whether there are decisions from which nothing was learned yet."""
    seq = select(BayesModel.learned_seq).where(BayesModel.id == 1).scalar_subquery()
    found = select(Event.seq).where(Event.type.in_(_VERDICTS), Event.seq > seq, Event.actor_kind == "key").limit(1)
    return (await session.scalar(found)) is not None


async def learn(session: WriteSession, key: bytes) -> bool:
    """Learn from the next decisions of moderators; whether more are left. Only one process at a time does so."""
    model = (await session.scalars(select(BayesModel).where(BayesModel.id == 1).with_for_update())).one()
    head = (await session.scalars(select(LogHead.seq).where(LogHead.id == 1))).one()
    decided = select(Event).where(Event.type.in_(_VERDICTS), Event.seq > model.learned_seq, Event.actor_kind == "key")
    events = (await session.scalars(decided.order_by(Event.seq).limit(_AT_A_TIME))).all()
    more = len(events) == _AT_A_TIME
    model.learned_seq = events[-1].seq if more else head
    for event in events:
        await _take(session, model, event, key)
    await session.flush()
    return more


async def _take(session: WriteSession, model: BayesModel, event: Event, key: bytes) -> None:
    """One decision: what was learned of the comment before is unlearned first.

    One that takes another back teaches nothing: it gives a comment the state back that a check may have decided on.
    """
    refused = None if (event.details or {}).get("undoes") else _VERDICTS[event.type]
    lesson = await session.get(BayesLesson, event.object_id)
    if lesson is not None:
        await _count(session, model, lesson.words, refused=lesson.refused, by=-1)
        await session.delete(lesson)
        await session.flush()
    body = (event.snapshot or {}).get("body")
    if refused is None or not body:
        return
    hosts = {host_of(address) for address in addresses_in(render_comment(body), body)}
    words = sorted(digests_of(body, hosts, key))
    await _count(session, model, words, refused=refused, by=1)
    session.add(BayesLesson(comment_id=event.object_id, refused=refused, words=words))
    await session.flush()


async def _count(session: WriteSession, model: BayesModel, words: Sequence[Any], *, refused: bool, by: int) -> None:
    model.version += 1
    model.refused += by if refused else 0
    model.approved += 0 if refused else by
    if not words:
        return
    table, now = table_of(BayesWord), {"approved": 0 if refused else by, "refused": by if refused else 0}
    if by < 0:
        lower = {name: getattr(table.c, name) + change for name, change in now.items()}
        await session.execute(update(table).where(table.c.word.in_(words)).values(version=model.version, **lower))
        return
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    inserting = make(table).values([{"word": word, "version": model.version, **now} for word in words])
    added = {name: getattr(table.c, name) + getattr(inserting.excluded, name) for name in now}
    await session.execute(inserting.on_conflict_do_update(index_elements=["word"], set_={"version": model.version, **added}))


async def forget(session: WriteSession, comments: Any) -> None:
    """Let go of what was learned of single comments; the sums stay."""
    await session.execute(delete(BayesLesson).where(BayesLesson.comment_id.in_(comments)))
