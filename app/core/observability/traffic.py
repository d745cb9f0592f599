"""What the requests of this process came to, in plain numbers: noted at the end of each one, so it must cost next to nothing."""

from bisect import bisect_left
from dataclasses import dataclass, field

from app.core.context import BACKGROUND, OTHER, Passage

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""In seconds; what took exactly so long is counted below."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Kind = tuple[str, str, int]
"""Route, method, and the first figure of the status."""


@dataclass(slots=True, eq=False)
class Series:
    """The requests of one kind."""

    seconds: float = 0.0
    statements: int = 0
    statement_seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


class Traffic:
    """Requests by kind. There are as many kinds as there are routes, methods and sorts of status, whatever strangers ask for."""

    def __init__(self) -> None:
        self.kinds: dict[Kind, Series] = {}
        self.under_way = 0
        self.slow_statements = 0
        self.background = BACKGROUND

    def note(self, route: str, method: str, status: int, seconds: float) -> Series:
        """Count a request that was answered."""
        series = self.kinds.get((route, method, status // 100)) or self._begin(route, method, status // 100)
        series.buckets[bisect_left(BOUNDS, seconds)] += 1
        series.seconds += seconds
        return series

    def note_passage(self, passage: Passage, method: str, status: int, seconds: float) -> None:
        """Count one that went through the application, with what it asked of the database."""
        series = self.note(passage.route, method, status, seconds)
        series.statements += passage.statements
        series.statement_seconds += passage.statement_seconds

    def _begin(self, route: str, method: str, status: int) -> Series:
        return self.kinds.setdefault((route, method if method in _METHODS else OTHER, status), Series())
