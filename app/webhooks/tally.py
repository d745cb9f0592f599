"""What became of messages since this process began: each attempt by its answer, each message that is done by its outcome."""

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from app.core.net import Failure
from app.core.observability.figures import Figures, put
from app.webhooks.outbox import Outcome

ANSWERS = ("2xx", "3xx", "4xx", "5xx", *get_args(Failure), "sealed", "other")
OUTCOMES = ("delivered", "failed")


class Tally:
    """Counts; a series begins at 0 before anything happens, so that a rise from nothing is seen as one."""

    def __init__(self) -> None:
        self._answers, self._outcomes = Counter[str](), Counter[str]()

    def note(self, attempts: Iterable[tuple[Outcome, str]]) -> None:
        """Attempts that were written down, each with the status that its message has since."""
        for outcome, status in attempts:
            answer = outcome.failure or f"{(outcome.status_code or 0) // 100}xx"
            self._answers[answer if answer in ANSWERS else "other"] += 1
            self._outcomes[status] += 1

    def figures(self) -> Figures:
        """The same for `/metrics`."""
        found: Figures = {}
        for answer in ANSWERS:
            put(found, "dateline_delivery_attempts_total", self._answers[answer], answer)
        for outcome in OUTCOMES:
            put(found, "dateline_deliveries_total", self._outcomes[outcome], outcome)
        return found
