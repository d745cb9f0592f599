"""A submission is looked at by every check."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.core import clock
from app.core.database import WriteSession
from app.core.sessions import Ahead
from app.policies.kind import Policy
from app.readers.kind import Commenter
from app.screening import checks, marks, texts
from app.screening.bayes import model_at
from app.screening.book import book_at
from app.screening.bounds import Bounds
from app.screening.kind import Signal, Submission
from app.screening.marks import Marks
from app.screening.rules import Subject, said_by


@dataclass(frozen=True, slots=True)
class Examined:
    """What the checks say of a submission, and the marks by which others will be held against it."""

    signals: Sequence[Signal] = ()
    marks: Marks = field(default_factory=Marks)
    is_new: bool = True
    """Whether nothing of its author was ever approved, as far as is known."""


@dataclass(frozen=True, slots=True)
class Glance:
    """The marks of a comment that is about to be posted, and the question what is known of them."""

    marks: Marks
    told: Ahead


def look_back(session: WriteSession, author: Commenter, body: str, bounds: Bounds, article: UUID | None) -> Glance:
    """Put that question: the answer comes with whatever is asked next. Which article it is matters where comments are counted by it."""
    found = marks.marks_of(author, texts.plain(body).split(), bounds.key, thread=None if bounds.thread is None else article)
    lookup, values = marks.looking_back(found, bounds, clock.now())
    return Glance(found, session.ahead(lookup, **values))


async def examine(session: WriteSession, submission: Submission, policy: Policy, bounds: Bounds, glance: Glance | None = None) -> Examined:
    """What checks say of a comment before it is posted: one statement, whatever their number, unless it was put ahead.

    The rest is done in memory.
    """
    glance = glance or look_back(session, submission.author, submission.body, bounds, submission.article_id)
    found, past = glance.marks, marks.seen(await glance.told.rows())
    book, model = await book_at(session, past.seq, submission.at), await model_at(session, submission.at)
    case = checks.Case(submission, policy, bounds, found, past, book, model)
    said = (checks.run(check, case) for check in checks.CHECKS if check.name not in bounds.off)
    signals = [signal for signal in said if signal is not None]
    if book.rules:
        subject = Subject(submission.name, submission.author.kind, submission.body, submission.html, len(case.links), signals)
        signals += said_by(book.rules, subject)
    return Examined(signals, found, case.is_new)
