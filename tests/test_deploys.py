"""A new version takes the place of the one before it, whose code is run: on the new tables, under load, without a failed request.

The version before is the one that the newest migration found; `DATELINE_TEST_PREVIOUS` names another, as a commit or a tag.
"""

import asyncio
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from app.access import actions as access
from app.core import migrations
from app.core.database import database_for
from app.events.models import SYSTEM
from tests.command import Command
from tests.conftest import settings_for
from tests.desk import Desk

ROOT = Path(__file__).parent.parent
MIGRATIONS = Path("migrations") / "versions"


def git(*arguments: str) -> bytes:
    return subprocess.run([shutil.which("git") or "git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def names_of(listing: bytes) -> list[str]:
    return sorted(Path(line).name for line in listing.decode().split() if line.endswith(".py"))


def the_version_before() -> str:
    """The newest commit whose migrations ours go on from."""
    own = sorted(path.name for path in (ROOT / MIGRATIONS).glob("*.py"))
    for commit in git("log", "--format=%H", "--", str(MIGRATIONS)).decode().split():
        names = names_of(git("ls-tree", "--name-only", commit, f"{MIGRATIONS}/"))
        if names and names != own and names == own[: len(names)]:
            return commit
    raise LookupError


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The code of the version before."""
    try:
        archive = git("archive", os.environ.get("DATELINE_TEST_PREVIOUS") or the_version_before(), "app", "migrations")
    except (OSError, LookupError, subprocess.CalledProcessError):
        pytest.skip("The history is not here, and with it the version before.")
    folder = tmp_path / "former"
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


async def test_a_new_version_takes_the_place_of_the_one_before_without_a_failed_request(
    copy_database: Callable[[], AbstractContextManager[str]], former: Path, tmp_path: Path
) -> None:
    with copy_database() as url, ExitStack() as servers:
        desk = Desk(await _new_key(url))
        migrations.downgrade(url, max((former / MIGRATIONS).glob("0*.py")).name.partition("_")[0])
        new = Command(tmp_path, {"database_url": url, "log_level": "error", "access_log": "false"})
        leaving = servers.enter_context(new.of_code(former).serving())
        desk.url = leaving.url
        async with desk.working(mixed=True):
            await _more(desk)
            await asyncio.to_thread(new.must, "migrate")
            await _more(desk)  # Of the version before, on the new tables.
            coming = await asyncio.to_thread(servers.enter_context, new.serving())
            desk.url = coming.url
            log = await asyncio.to_thread(leaving.stop)
            await _more(desk)
        changes, there = await desk.changes(), sorted(await desk.written())

    assert set(desk.statuses) == {200, 201}, log
    assert there == sorted(name for name in desk.acknowledged if name.startswith("Story"))
    assert [change["seq"] for change in changes] == list(range(1, len(changes) + 1))
    assert log == ""


async def _new_key(url: str) -> str:
    database = database_for(settings_for(url))
    async with database.writing() as session:
        _, secret = await access.create_key(session, name="desk", scopes=["*"], by=SYSTEM)
    await database.dispose()
    return secret


async def _more(desk: Desk) -> None:
    """Wait until some more was written."""
    enough = len(desk.acknowledged) + 8
    async with asyncio.timeout(60):
        while len(desk.acknowledged) < enough:  # noqa: ASYNC110 - it looks at other tasks' work
            await asyncio.sleep(0.02)
