"""Behind pgbouncer in transaction mode, where no session is anybody's own, everything works as it does without."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from app.core import migrations
from app.core.settings import Settings
from tests import postgres
from tests.command import free_port
from tests.conftest import serving
from tests.newsroom import Newsroom, made

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None and not os.environ.get("CI"), reason="pgbouncer is not installed; CI installs it")
CONFIGURATION = """
[databases]
postgres = host={host} port={port} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
ignore_startup_parameters = options,extra_float_digits
"""


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Cluster]:
    with postgres.cluster(port=free_port()) as found:
        migrations.migrate(postgres.libpq(found.url))
        yield found


@pytest.fixture(scope="module")
def pooled(server: postgres.Cluster) -> Iterator[str]:
    """The address of the same database behind pgbouncer."""
    program = str(PGBOUNCER)
    own = free_port()
    with tempfile.TemporaryDirectory(prefix="dateline-pooler-") as folder:
        file = Path(folder) / "pgbouncer.ini"
        file.write_text(CONFIGURATION.format(host="127.0.0.1", port=server.port, own=own))
        nobody = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        Path(folder).chmod(0o755)
        process = subprocess.Popen([program, "-q", str(file)], user=nobody, stdin=subprocess.DEVNULL)
        url = f"postgresql://postgres@127.0.0.1:{own}/postgres"
        try:
            _wait_until_it_answers(url)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def _wait_until_it_answers(url: str) -> None:
    give_up = time.monotonic() + 10
    while True:
        try:
            psycopg.connect(url, prepare_threshold=None).close()
        except psycopg.OperationalError:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        else:
            return


@pytest.fixture
async def newsroom(server: postgres.Cluster, pooled: str) -> AsyncIterator[Newsroom]:
    settings = Settings(
        _env_file=None, database_url=pooled, database_direct_url=postgres.libpq(server.url), database_prepares=False,
        access_log=False, log_level="error",
    )  # fmt: skip
    async with serving(settings) as found:
        yield found


async def test_writers_and_readers_share_four_sessions(newsroom: Newsroom) -> None:
    reader = newsroom.client(None)

    async def write(number: int) -> None:
        article = await newsroom.article(headline=f"Pooled {number}")
        edited = await newsroom.edit(article, dek="again")
        await newsroom.publish(edited)
        shown = (await reader.get(f"/v1/articles/{article['id']}")).json()
        assert (shown["headline"], shown["dek"]) == (f"Pooled {number}", "again")

    await asyncio.gather(*(write(number) for number in range(30)))

    listed = (await reader.get("/v1/articles?limit=100")).json()["data"]
    assert {article["headline"] for article in listed} >= {f"Pooled {number}" for number in range(30)}
    changes = (await newsroom.client(newsroom.secret).get("/v1/changes?limit=1000")).json()["data"]
    assert [change["seq"] for change in changes] == list(range(1, len(changes) + 1))


async def test_news_of_other_processes_come_past_the_pooler(newsroom: Newsroom, pooled: str) -> None:
    reader = newsroom.client(None)
    assert newsroom.app.state.follower.hears
    article = await newsroom.article(headline="Before")
    address = f"/v1/articles/{article['id']}"
    assert (await reader.get(address)).json()["headline"] == "Before"

    other = Settings(_env_file=None, database_url=pooled, database_prepares=False, access_log=False, log_level="error")
    async with serving(other, name="elsewhere") as elsewhere:
        editor = elsewhere.client(elsewhere.secret)
        draft = made(await editor.patch(address, {"headline": "After"}, If_Match="*"))
        made(await editor.post(f"{address}/publish", If_Match=f'"{draft["version"]}"'))

    async with asyncio.timeout(10):
        for _ in range(400):
            if (await reader.get(address)).json()["headline"] == "After":
                break
            await asyncio.sleep(0.02)
    assert (await reader.get(address)).json()["headline"] == "After"
