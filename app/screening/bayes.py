"""A naive Bayes of the site's own: how much a comment is like those that its moderators refused. Pure, but for what is kept of the model.

It only ever holds. What it has learned are opinions about words, and a moderator looks at whatever it says.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, bindparam, select

from app.core.database import ReadSession
from app.core.lookups import Lookup
from app.core.models import table_of
from app.screening import texts
from app.screening.models import BayesModel, BayesWord

FEWEST_LESSONS = 20
"""Of each kind: before, it says nothing."""
HOLDS_FROM = 0.9
STALE_AFTER = timedelta(seconds=30)
"""For how long a process goes by the model that it knows."""
_LONGEST = 200
_TELLING = 15
_MOST_SCALED = 30.0

_MODEL, _WORDS = table_of(BayesModel).c, table_of(BayesWord).c
_READ_MODEL = Lookup(select(_MODEL.version, _MODEL.approved, _MODEL.refused).where(_MODEL.id == 1))
_READ_WORDS = Lookup(
    select(_WORDS.word, _WORDS.approved, _WORDS.refused).where(_WORDS.version > bindparam("version", type_=BigInteger()))
)  # fmt: skip


@dataclass(slots=True)
class Model:
    """The lessons as they were at `version`; in how many approved and refused comments each word stood."""

    version: int = -1
    approved: int = 0
    refused: int = 0
    words: dict[int, tuple[int, int]] = field(default_factory=dict)
    read_at: datetime | None = None

    @property
    def is_taught(self) -> bool:
        """Whether it has learned enough to say anything."""
        return min(self.approved, self.refused) >= FEWEST_LESSONS

    def judge(self, digests: Mapping[int, str]) -> tuple[float, list[str]]:
        """How likely a comment of these words would be refused, and the words that say so most."""
        weighed = sorted(((self._weight(digest), word) for digest, word in digests.items()), key=lambda pair: (-abs(pair[0]), pair[1]))
        telling = weighed[:_TELLING]
        odds = max(-_MOST_SCALED, min(_MOST_SCALED, sum(weight for weight, _ in telling)))
        return 1 / (1 + math.exp(-odds)), [word for weight, word in telling if weight > 1]

    def _weight(self, digest: int) -> float:
        """The logarithm of a word's odds; one that was seldom seen says little (Robinson's correction)."""
        approved, refused = self.words.get(digest, (0, 0))
        if not approved + refused:
            return 0.0
        among_refused, among_approved = refused / self.refused, approved / self.approved
        share = among_refused / (among_refused + among_approved)
        fair = (0.5 + (approved + refused) * share) / (1 + approved + refused)
        return math.log(fair / (1 - fair))


_models: WeakKeyDictionary[Any, Model] = WeakKeyDictionary()


def digests_of(text: str, hosts: Iterable[str], key: bytes) -> dict[int, str]:
    """The words of a text, and the hosts that it names, by their digests."""
    words = [word for word in texts.plain(text).split()[:_LONGEST] if 1 < len(word) <= 40]  # noqa: PLR2004 - single letters say nothing
    return {_digest(word, key): word for word in (*words, *(f"host {host}" for host in hosts))}


def _digest(word: str, key: bytes) -> int:
    return int.from_bytes(blake2b(f"bayes:{word}".encode(), key=key[:64], digest_size=8).digest()) >> 1


async def model_at(session: ReadSession, at: datetime) -> Model:
    """What was learned so far, at most half a minute ago: what has changed since is read then."""
    known = _models.setdefault(session.get_bind(), Model())
    if known.read_at is not None and abs(at - known.read_at) < STALE_AFTER:
        return known
    known.read_at = at
    row: Any = (await session.ask(_READ_MODEL))[0]
    if row.version != known.version:
        words: Sequence[Any] = await session.ask(_READ_WORDS, version=known.version)
        known.words |= {word.word: (word.approved, word.refused) for word in words}
        known.version, known.approved, known.refused = row.version, row.approved, row.refused
    return known
