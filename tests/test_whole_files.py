"""A file that a command writes is replaced when all of it is written, and nothing else stays beside it."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import typer

from app.commands.working import write_whole
from app.core.database import ReadSession

HALF = b"half a file\n"
Parts = AsyncIterator[tuple[int, bytes]]


@pytest.fixture
def folder(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a migrated, empty file is, and commands are run."""
    (tmp_path / "dateline.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATELINE_DATABASE_URL", raising=False)
    return tmp_path


def stands_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("dateline.db"))


async def _both_halves(_session: ReadSession) -> Parts:
    yield 1, HALF
    yield 1, HALF


async def _told_to_end(_session: ReadSession) -> Parts:
    yield 1, HALF
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(30)
    yield 1, HALF


def _write_until_told_to_end(folder: Path, by_hand: Any) -> None:
    os.chdir(folder)
    signal.signal(signal.SIGINT, by_hand)
    with suppress(KeyboardInterrupt):
        write_whole(Path("file"), _told_to_end)


def test_of_two_who_write_one_file_at_once_each_writes_all_of_it(folder: Path) -> None:
    file, seen = folder / "file", list[bytes]()

    async def with_another_meanwhile(_session: ReadSession) -> Parts:
        yield 1, HALF
        await asyncio.to_thread(write_whole, file, _both_halves)
        seen.append(file.read_bytes())
        yield 1, HALF
        seen.append(file.read_bytes())

    count = write_whole(file, with_another_meanwhile)

    assert count == 2
    assert [*seen, file.read_bytes()] == [HALF + HALF] * 3
    assert stands_in(folder) == ["file"]


@pytest.mark.parametrize("by_hand", [signal.default_int_handler, signal.SIG_IGN], ids=["by hand", "in the background"])
def test_who_is_told_to_end_leaves_no_half_file(folder: Path, by_hand: Any) -> None:
    """As by Ctrl-C, which a job in the background ignores: what stays beside the file would hold the newsroom's drafts."""
    process = get_context("forkserver").Process(target=_write_until_told_to_end, args=(folder, by_hand))
    process.start()
    process.join(30)

    assert process.exitcode == 0
    assert stands_in(folder) == []


def test_a_disk_that_is_full_is_not_taken_for_the_database(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def much(_session: ReadSession) -> Parts:
        yield 1, HALF * 100_000

    with _files_of_at_most(500_000), pytest.raises(typer.Exit):
        write_whole(folder / "file", much)

    assert "file cannot be written: " in capsys.readouterr().err
    assert stands_in(folder) == []


@contextmanager
def _files_of_at_most(number: int) -> Iterator[None]:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
