"""Several processes of one machine put their figures together: each writes its own into one folder, whoever is asked reads them all.

A process that ends leaves what it counted, and the next one to begin goes on from there: sums never fall, and there are no more files than
there were processes at once.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from app.core import clock
from app.core.observability.figures import FAMILIES, Figures, joined, lasting

EVERY_SECONDS = 1.0
GONE_SECONDS = 10.0
"""A process that has not written for so long has ended."""


class Gathering:
    """This process's place among the others; alone, where there is no folder."""

    def __init__(self, folder: str, own: Callable[[], Figures]) -> None:
        self._folder = Path(folder) if folder else None
        self._name = f"{secrets.token_hex(8)}.json"
        self._own = own
        self._inherited: Figures = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take over what somebody who has ended counted, and begin to write."""
        if self._folder is not None:
            self._inherit(self._folder)
            self._write(self._folder)
            self._task = asyncio.create_task(self._go_on(self._folder))

    async def stop(self) -> None:
        """Write for the last time."""
        if self._task is not None and self._folder is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._write(self._folder)

    def whole(self) -> Figures:
        """The figures of every process: this one's of now, the others' of a second ago."""
        return joined([self._mine(), *self._others()])

    def _mine(self) -> Figures:
        return joined([self._own(), self._inherited])

    def _others(self) -> list[Figures]:
        if self._folder is None:
            return []
        found = [_read(file) for file in self._folder.glob("*.json") if file.name != self._name]
        return [figures if _is_there(at) else lasting(figures) for at, figures in found]

    def _inherit(self, folder: Path) -> None:
        """Of two who begin at once, one gets the file: a file is renamed by one."""
        for file in folder.glob("*.json"):
            at, figures = _read(file)
            if figures and not _is_there(at):
                with contextlib.suppress(FileNotFoundError):
                    file.rename(folder / self._name)
                    self._inherited = lasting(figures)
                    return

    async def _go_on(self, folder: Path) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self._write(folder)

    def _write(self, folder: Path) -> None:
        """All at once, so that nobody reads half of it; a folder that is gone or full costs nobody an answer."""
        series = {name: list(values.items()) for name, values in self._mine().items()}
        beside = folder / f"{self._name}.new"
        with contextlib.suppress(OSError):
            beside.write_bytes(to_json({"at": clock.now().timestamp(), "figures": series}))
            beside.replace(folder / self._name)


def _read(file: Path) -> tuple[float, Figures]:
    try:
        told: dict[str, Any] = from_json(file.read_bytes())
    except (OSError, ValueError):
        return 0, {}
    known = {name: series for name, series in told["figures"].items() if name in FAMILIES}
    return told["at"], {name: {tuple(labels): values for labels, values in series} for name, series in known.items()}


def _is_there(at: float) -> bool:
    return clock.now().timestamp() - at < GONE_SECONDS
