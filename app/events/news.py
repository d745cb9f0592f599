"""News of the log: how far it goes, for those in this process who wait for more of it, with no connection to the database."""

import asyncio
import contextlib


class News:
    """The newest `seq` that this process has heard of; `close` lets nobody wait any longer, because the process is about to end."""

    def __init__(self) -> None:
        self.seq = -1
        self.waiting = 0
        self.closed = False
        self._turn = asyncio.Event()

    def tell(self, seq: int) -> None:
        """Somebody's commit has numbered events up to `seq`."""
        if seq > self.seq:
            self.seq = seq
            self._wake()

    def close(self) -> None:
        """Wake everybody, and from now on let nobody wait."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()

    async def beyond(self, seq: int, seconds: float) -> bool:
        """Wait until the log goes beyond `seq`, for `seconds` at the most; whether it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                self.waiting += 1
                try:
                    while self.seq <= seq and not self.closed:
                        await self._turn.wait()
                finally:
                    self.waiting -= 1
        return self.seq > seq
