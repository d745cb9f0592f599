"""A submission is looked at by every check."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.core.database import ReadSession
from app.policies.kind import Policy
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


async def examine(session: ReadSession, submission: Submission, policy: Policy, bounds: Bounds) -> Examined:
    """What checks say of a comment before it is posted: one statement, whatever their number; the rest is done in memory."""
    found = marks.marks_of(submission, texts.plain(submission.body).split(), bounds.key, of_thread=bounds.thread is not None)
    past = await marks.look_back(session, found, bounds, submission.at, first=policy.hold_first)
    book, model = await book_at(session, past.seq, submission.at), await model_at(session, submission.at)
    case = checks.Case(submission, policy, bounds, found, past, book, model)
    said = (checks.run(check, case) for check in checks.CHECKS if check.name not in bounds.off)
    signals = [signal for signal in said if signal is not None]
    if book.rules:
        subject = Subject(submission.name, submission.author.kind, submission.body, submission.html, len(case.links), signals)
        signals += said_by(book.rules, subject)
    return Examined(signals, found, case.is_new)
