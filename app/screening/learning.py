"""What moderators decide is learned from the log, behind them: nobody's decision waits for it.

What is learned of a comment is always what stands decided about it, so no decision counts twice, and one that is taken back counts no more.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update
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
_FAR = 5_000
"""Over so many events without a decision it is noted that there was none, so that they are not looked through again."""


async def is_behind(session: ReadSession) -> bool:
    """Whether there may be decisions from which nothing was learned yet."""
    seq = select(BayesModel.learned_seq).where(BayesModel.id == 1).scalar_subquery()
    decided = exists().where(Event.type.in_(_VERDICTS), Event.seq > seq, Event.actor_kind == "key")
    return bool(await session.scalar(select(or_(LogHead.seq > seq + _FAR, decided)).where(LogHead.id == 1)))


async def learn(session: WriteSession, key: bytes) -> bool:
    """Learn from the next decisions of moderators; whether more are left. Only one process at a time does so."""
    model = (await session.scalars(select(BayesModel).where(BayesModel.id == 1).with_for_update())).one()
    head = (await session.scalars(select(LogHead.seq).where(LogHead.id == 1))).one()
    decided = select(Event).where(Event.type.in_(_VERDICTS), Event.seq > model.learned_seq, Event.actor_kind == "key")
    events = (await session.scalars(decided.order_by(Event.seq).limit(_AT_A_TIME))).all()
    more = len(events) == _AT_A_TIME
    model.learned_seq = events[-1].seq if more else head
    for comment, stands in (await _standing(session, {event.object_id for event in events}, model.learned_seq)).items():
        await _take(session, model, comment, stands, key)
    await session.flush()
    return more


async def _standing(session: ReadSession, comments: Collection[UUID], up_to: int) -> Mapping[UUID, Event | None]:
    """The decision of a moderator that stands about each of the comments, if any does.

    One that takes another back gives the comment what stood before that.
    """
    decided = select(Event).where(Event.object_id.in_(comments), Event.type.in_(_VERDICTS), Event.actor_kind == "key")
    stood: dict[UUID, list[tuple[int, Event | None]]] = {}
    for event in await session.scalars(decided.where(Event.seq <= up_to).order_by(Event.seq)):
        before = stood.setdefault(event.object_id, [])
        before.append((event.version or 0, _stands(event, before)))
    return {comment: history[-1][1] for comment, history in stood.items()}


def _stands(event: Event, before: Sequence[tuple[int, Event | None]]) -> Event | None:
    """What stands with this decision; what is taken back is always the version before.

    What went with all that its author had written was looked at by nobody.
    """
    details = event.details or {}
    if details.get("undoes"):
        return next((stood for version, stood in reversed(before) if version < (event.version or 0) - 1), None)
    return None if details.get("clean_up") or _VERDICTS[event.type] is None else event


async def _take(session: WriteSession, model: BayesModel, comment: UUID, stands: Event | None, key: bytes) -> None:
    """Learn of one comment what stands decided about it, in place of what was learned of it before."""
    lesson = await session.get(BayesLesson, comment)
    if lesson is not None:
        await _count(session, model, lesson.words, refused=lesson.refused, by=-1)
        await session.delete(lesson)
        await session.flush()
    body = None if stands is None else (stands.snapshot or {}).get("body")
    if stands is None or not body:
        return
    refused, hosts = bool(_VERDICTS[stands.type]), {host_of(address) for address in addresses_in(render_comment(body), body)}
    words = sorted(digests_of(body, hosts, key))
    await _count(session, model, words, refused=refused, by=1)
    session.add(BayesLesson(comment_id=comment, refused=refused, words=words))
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
