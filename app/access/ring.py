"""Keys that were shown not long ago: they need not be looked up again while nobody says anything of keys.

The log tells of whatever happens to a key, so a key that this process revokes is refused from the commit on, and one that another revokes
as soon as its event is heard, as with every answer that is kept. While the log is not heard, every key is looked up.
"""

import time
from collections.abc import Awaitable, Callable, Iterable

from app.access.models import Key

TAG = "keys"
"""What every event of a key makes untrue."""
_SECONDS = 5.0
_MOST = 1_000


class Ring:
    """The keys of this process; `drop` and `clear` are how it hears of the log."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Key]] = {}
        self._generation = 0

    def drop(self, tags: Iterable[str]) -> None:
        """Something has become untrue."""
        if TAG in tags:
            self.clear()

    def clear(self) -> None:
        """Nothing is known; what is being looked up at the moment is not kept either."""
        self._kept.clear()
        self._generation += 1

    async def find(self, secret: str, look_up: Callable[[], Awaitable[Key | None]]) -> Key | None:
        """The key, looked up where it is not known."""
        now = time.monotonic()
        since, known = self._kept.get(secret, (-_SECONDS, None))
        if known is not None and now - since < _SECONDS:
            return known
        generation = self._generation
        found = await look_up()
        if found is not None and generation == self._generation:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[secret] = now, found
        return found
