"""What the commands do that work on the database, and tell how far they are."""

import asyncio
import secrets
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn, TypeVar

from rich.progress import Progress
from sqlalchemy.exc import SQLAlchemyError

from app.commands.common import fail, insist, people, read_settings
from app.core import doctor
from app.core.database import Database, ReadSession, database_for
from app.core.errors import Problem

T = TypeVar("T")


def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on the database that the settings name, once it is sure that the tables are there."""
    settings = read_settings()
    insist(doctor.check_database(settings))

    async def run() -> T:
        database = database_for(settings)
        try:
            return await work(database)
        finally:
            await database.dispose()

    try:
        with _ended_as_by_hand():
            return asyncio.run(run())
    except (SQLAlchemyError, OSError) as error:
        fail("database", f"{doctor.reason(error)}. `dateline doctor` says more.")
    except Problem as problem:
        fail(problem.title, "; ".join(fault.detail for fault in problem.errors) or problem.detail)


@contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """Let who is told to end (by a supervisor, a time limit, a terminal that closes) end as by Ctrl-C, which leaves no half file behind.

    Signals are the main thread's alone.
    """
    mine = threading.current_thread() is threading.main_thread()
    ending = [number for number in (signal.SIGTERM, signal.SIGHUP) if mine and signal.getsignal(number) is signal.SIG_DFL]
    for number in ending:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ending:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    by_hand = signal.getsignal(signal.SIGINT)
    if not callable(by_hand):  # A job in the background has no Ctrl-C, but can be told to end.
        raise KeyboardInterrupt
    by_hand(signal.SIGINT, frame)


@contextmanager
def opened(file: Path) -> Iterator[BufferedReader]:
    """The file, to be read through `read_from`; ends where it cannot be opened."""
    try:
        reading = file.open("rb")
    except OSError as error:
        _fail_to_read(file, error)
    with reading:
        yield reading


def read_from(file: Path, entries: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What is read of the file; ends where that fails, before it could be taken for a failure of the database."""
    try:
        yield from entries()
    except OSError as error:
        _fail_to_read(file, error)


def _fail_to_read(file: Path, error: OSError) -> NoReturn:
    fail("file", f"{file} cannot be read: {error.strerror}.")


def write_whole(file: Path, parts: Callable[[ReadSession], AsyncIterator[tuple[int, bytes]]]) -> int:
    """Fill `file` with what is there at one moment, and count it; the file is replaced when all of it is written.

    Each of the `parts` says how many it holds. Until then it is written beside, under a name that no other export has at the same time.
    """
    _refuse_other_than_file(file)
    partial = file.with_name(f"{file.name}.{secrets.token_hex(4)}.partial")
    with Progress(console=people, transient=True, disable=not people.is_terminal) as progress:
        task = progress.add_task("Exporting", total=None)

        async def work(database: Database) -> int:
            count = 0
            async with database.snapshot() as session:
                async for more, part in parts(session):
                    await _write(target, part)
                    count += more
                    progress.update(task, completed=count)
            return count

        try:
            with _ended_as_by_hand():
                with partial.open("xb") as target:
                    count = with_database(work)
                partial.replace(file)
        except (OSError, _UnwritableError) as error:
            fail("file", f"{file} cannot be written: {doctor.reason(error)}.")
        finally:
            with suppress(OSError):
                partial.unlink()
    return count


def _refuse_other_than_file(file: Path) -> None:
    """End where what is there is a folder or a device: whoever may replace `/dev/null` would take it from the whole machine.

    With `-` standard output is meant, which is no file that could be replaced when all is there.
    """
    with suppress(OSError):  # Whoever may not look is told so when it is opened.
        if file.name in {"", "-"} or (file.exists() and not file.is_file()):
            fail("file", f"{file} is no file that could be replaced.", 2)


class _UnwritableError(Exception):
    """The file took no more, which says nothing of the database."""


async def _write(target: BinaryIO, part: bytes) -> None:
    try:
        await asyncio.to_thread(target.write, part)
    except OSError as error:
        raise _UnwritableError(str(error)) from error
