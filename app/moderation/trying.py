"""A rule is tried on what was written before it bites: what it would have held, and what moderators thought of that."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.comments import signals
from app.comments.models import Comment, ModerationAction
from app.comments.orders import NEWEST
from app.core.database import ReadSession
from app.core.html import to_text
from app.moderation.queries import first_of_each, of_articles_within
from app.screening.checks import CHECKS, addresses_in
from app.screening.rules import Rule, Subject

_CHUNK = 500
_SAMPLES = 20
_CHECKS = frozenset(check.name for check in CHECKS)
_JUDGED = ("approved", "pending", "rejected", "spam")
_SAID = (Comment.id, Comment.created_at, Comment.status, Comment.author_name, Comment.author_kind, Comment.body, Comment.html)


@dataclass(slots=True)
class Trial:
    """What a rule would have done: to how many of how many comments, in which state they are, and what moderators had decided."""

    examined: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    approved: int = 0
    refused: int = 0
    samples: list[UUID] = field(default_factory=list)
    oldest_at: datetime | None = None

    @property
    def matched(self) -> int:
        """To how many comments it would apply."""
        return self.by_status.total()


async def attempt(session: ReadSession, rule: Rule, *, most: int, since: datetime | None) -> Trial:
    """Try a rule on the last comments, at most so many, some at a time, however long they are."""
    trial, position = Trial(), None
    signalled = any(condition.field == "signal" for condition in rule.conditions)
    while trial.examined < most:
        limit = min(_CHUNK, most - trial.examined)
        rows = await _some(session, since, position, limit)
        said = await signals.of(session, [row.id for row in rows]) if signalled else {}
        hits = await asyncio.to_thread(_hits, rule, rows, said)
        await _count(session, trial, hits)
        trial.examined += len(rows)
        trial.oldest_at = rows[-1].created_at if rows else trial.oldest_at
        if len(rows) < limit:
            break
        position = [rows[-1].created_at, rows[-1].id]
    return trial


async def _some(session: ReadSession, since: datetime | None, position: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    within = of_articles_within() if since is None else of_articles_within() & (Comment.created_at >= since)
    statement = select(*_SAID).where(Comment.id.in_(first_of_each(_JUDGED, within, NEWEST, position, limit)))
    return (await session.execute(NEWEST.after(statement, None).limit(limit))).all()


def _hits(rule: Rule, rows: Sequence[Any], said: Mapping[UUID, Sequence[Any]]) -> list[Any]:
    """Those of the comments to which a rule applies: in a thread, since whoever else asks would wait while long texts are searched."""
    return [row for row in rows if rule.applies(_subject(row, said.get(row.id, ())))]


def _subject(row: Any, said: Sequence[Any]) -> Subject:
    """A comment as rules see it when it is posted: what services say of it they say later."""
    links, then = len(addresses_in(row.html, to_text(row.html))), [signals.read(signal) for signal in said if signal.name in _CHECKS]
    return Subject(row.author_name, row.author_kind, row.body, row.html, links, then)


async def _count(session: ReadSession, trial: Trial, hits: Sequence[Any]) -> None:
    trial.by_status.update(row.status for row in hits)
    trial.samples += [row.id for row in hits][: _SAMPLES - len(trial.samples)]
    decided = select(ModerationAction.comment_id, ModerationAction.to_status).where(
        ModerationAction.comment_id.in_([row.id for row in hits]), ModerationAction.actor_kind == "key",
        ModerationAction.from_status != ModerationAction.to_status,
    )  # fmt: skip
    last = {row.comment_id: row.to_status for row in await session.execute(decided.order_by(ModerationAction.at, ModerationAction.id))}
    trial.approved += sum(status == "approved" for status in last.values())
    trial.refused += sum(status in {"rejected", "spam"} for status in last.values())
