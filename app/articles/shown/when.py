"""The moment that a public answer is about: now, one that is past, or one to come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.core import clock
from app.core.caching import PRIVATE, public_headers


@dataclass(frozen=True, slots=True)
class When:
    """A moment, and whether it was asked for with `as_of`; what is `ahead` is known to the newsroom only."""

    at: datetime
    as_of: bool
    ahead: bool

    @classmethod
    def asked(cls, as_of: datetime | None) -> "When":
        """The moment that `as_of` names, or now."""
        now = clock.now()
        return cls(as_of or now, as_of is not None, as_of is not None and as_of > now)

    @property
    def past(self) -> bool:
        """Whether it was asked for and lies behind us."""
        return self.as_of and not self.ahead

    def headers(self, etag: str, tags: Iterable[str], until: datetime | None) -> dict[str, str]:
        """Those of an answer about it: what will be is nobody's to keep, what was does not change by itself."""
        if self.ahead:
            return dict(PRIVATE)
        return public_headers(etag, tags, at=clock.now() if self.as_of else self.at, until=until)
