"""What is checked, what a check says, and what becomes of it. Pure: no rows, no requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.readers.kind import Commenter

Leaning = Literal["pass", "hold", "spam", "reject"]
Outcome = Literal["approved", "pending", "spam", "rejected"]


@dataclass(frozen=True, slots=True)
class Submission:
    """A comment before it is posted or edited, as checks look at it."""

    comment_id: UUID
    article_id: UUID
    author: Commenter
    name: str
    body: str
    html: str
    text: str
    """What is read of it."""
    at: datetime
    email_domain: str | None = None
    """The domain of the e-mail address that its author gave; the address itself is nobody's business here."""
    url: str | None = None
    form: Mapping[str, Any] = field(default_factory=dict)
    """What the form sent beside the comment to show that a person filled it in: honeypot, timing token, proof of work."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What one check, in one version of it, says of one comment; `score` from 0 for harmless to 1, `detail` for moderators."""

    check: str
    version: int
    leaning: Leaning
    score: float
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a comment, and the checks or rules because of which."""

    outcome: Outcome
    because: tuple[str, ...] = ()
