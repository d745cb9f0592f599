"""What the steps of scaling beyond one machine bring, with real servers on one: `python -m bench.steps`.

A worker apart, nginx in front, a streaming replica, and the log alone: how many changes a second one primary can number. It prints a line a
figure. Where two cores are all there is, they are shared, so rates of several servers together are lower bounds.
"""

import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from app.access import actions as access
from app.core import migrations
from app.core.database import database_for
from app.core.settings import Settings
from app.events.models import SYSTEM
from bench import servers, wrk
from bench.asking import Reader, reader
from bench.servers import HOST, LOAD_CORE, SERVER_CORE
from tests import edge, postgres

_WRITES, _SECONDS = 100, 5
_STREAMING = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on", "fsync": "on", "synchronous_commit": "on"}
_WORDS = [{"type": "paragraph", "html": "The harbour master waves, and the ferry, eleven minutes late, waves back. " * 40}]
_ALONE = {"DATELINE_WORKER": "alone", "DATELINE_ALLOWED_PRIVATE_HOSTS": HOST}
_CHANGE = """\
BEGIN;
UPDATE log_head SET seq = seq + 1 WHERE id = 1;
INSERT INTO events (seq, id, at, type, object_type, object_id, actor_kind, request_id, changed, tags, data)
  SELECT seq, gen_random_uuid(), now(), 'article.updated', 'article', gen_random_uuid(), 'system', 'bench', '[]', '[]', '{}' FROM log_head;
COMMIT;
"""


def main() -> None:
    """Measure all of it, on PostgreSQL on the disk, with every commit flushed to it."""
    with ExitStack() as stack:
        primary = stack.enter_context(postgres.cluster(_STREAMING, memory=None))
        url = postgres.libpq(primary.url)
        migrations.migrate(url)
        key = asyncio.run(_key(url))
        told = asyncio.run(_delivered(url, key))
        _say("4. from a writer's answer to a webhook that a worker apart sends", told)
        replica = stack.enter_context(postgres.replica_of(primary))
        _say("5. from a writer's answer to a reader whom a replica answers", _seen(url, key, postgres.libpq(replica.url)))
        _in_front(url, key)
        _numbered(primary)


async def _key(url: str) -> str:
    database = database_for(Settings(_env_file=None, database_url=url))
    async with database.writing() as session:
        _, secret = await access.create_key(session, name="bench", scopes=["*"], by=SYSTEM)
    await database.dispose()
    return secret


def _say(what: str, took: list[float]) -> None:
    took = sorted(1000 * one for one in took)
    print(f"{what}: {took[len(took) // 2]:.1f} ms p50, {took[len(took) * 99 // 100]:.1f} ms p99 ({len(took)} writes)", flush=True)


class _Desk:
    """Writes, one after the other."""

    def __init__(self, port: int, key: str) -> None:
        self._asking, self._key = Reader(port), key

    def post(self, status: int, target: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "If-Match": "*"}
        found: dict[str, Any] = json.loads(self._asking.insist(status, target, headers, method="POST", body=body)[1])
        return found

    def publish(self, headline: str) -> str:
        """A new article's address, once readers may see it."""
        made = self.post(201, "/v1/articles", {"headline": headline, "body": _WORDS})
        self.post(200, f"/v1/articles/{made['id']}/publish", {})
        return f"/v1/articles/{made['id']}"


async def _delivered(url: str, key: str) -> list[float]:
    came: dict[int, float] = {}

    async def receive(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        head = (await reading.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        came[json.loads(await reading.readexactly(length))["data"]["seq"]] = time.perf_counter()
        writing.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writing.drain()
        writing.close()

    async with await asyncio.start_server(receive, HOST, servers.free_port()) as listening:
        port = listening.sockets[0].getsockname()[1]
        return await asyncio.to_thread(_write_and_wait, url, key, f"http://{HOST}:{port}/hook", came)


def _write_and_wait(url: str, key: str, hook: str, came: dict[int, float]) -> list[float]:
    with servers.dateline(url, **_ALONE) as api, _worker(url):
        desk, took = _Desk(api.port, key), []
        desk.post(201, "/v1/webhooks", {"name": "bench", "url": hook, "events": ["article.published"]})
        for number in range(_WRITES + 1):
            desk.publish(f"Story {number}")
            wrote = time.perf_counter()
            while len(came) <= number:
                assert time.perf_counter() < wrote + 30, "It was never delivered."
                time.sleep(0.0005)
            took.append(max(came.values()) - wrote)
        return took[1:]  # The first waits for the worker to be up.


@contextmanager
def _worker(url: str) -> Iterator[None]:
    command = ["-c", "from app.cli import main; main()", "worker"]
    settings = {"DATELINE_DATABASE_URL": url, "DATELINE_LOG_LEVEL": "warning", "DATELINE_WEBHOOK_SECONDS": "5", **_ALONE}
    with servers.running_beside(command, settings):
        yield


def _seen(url: str, key: str, replica: str) -> list[float]:
    """Until the replica has it, the process that knows of the write asks the primary: readers wait for neither."""
    took = []
    with (
        servers.dateline(url, **_ALONE) as one,
        servers.dateline(url, DATELINE_DATABASE_REPLICA_URL=replica, DATELINE_CACHE_BYTES="0", **_ALONE) as other,
        reader(other.port) as public,
    ):
        desk = _Desk(one.port, key)
        for number in range(_WRITES):
            address = desk.publish(f"Replicated {number}")
            wrote = time.perf_counter()
            while public.ask(address)[0] != 200:
                assert time.perf_counter() < wrote + 30, "It was never shown."
            took.append(time.perf_counter() - wrote)
        for name, settings in (("the primary", {}), ("a replica", {"DATELINE_DATABASE_REPLICA_URL": replica})):
            with servers.dateline(url, DATELINE_CACHE_BYTES="0", **settings, **_ALONE) as cold:
                print(f"5. an article that no cache holds, from {name}: {wrk.drive(cold.port, [address], {}, _SECONDS).per_second:,.0f}/s")
    return took


def _in_front(url: str, key: str) -> None:
    if edge.NGINX is None:
        print("5. nginx is not installed")
        return
    with servers.dateline(url, **_ALONE) as api, tempfile.TemporaryDirectory() as folder:
        address, outside = _Desk(api.port, key).publish("In front"), servers.free_port()
        with servers.running(edge.command(Path(folder), inside=api.port, outside=outside), outside, {}, path=address):
            inner, outer = (wrk.drive(port, [address], {}, _SECONDS).per_second for port in (api.port, outside))
    print(f"5. an article, from the process's cache: {inner:,.0f}/s; from nginx in front, on one core: {outer:,.0f}/s", flush=True)


def _numbered(primary: postgres.Cluster) -> None:
    """Changes that do nothing but take their number and stand in the log."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "change.sql")
        script.write_text(_CHANGE)
        for clients in (1, 8, 32):
            command = [str(primary.programs / "pgbench"), "-n", "-f", str(script), f"-c{clients}", "-j1", f"-T{_SECONDS}"]
            said = subprocess.run([*command, postgres.libpq(primary.url)], capture_output=True, text=True, check=True).stdout
            rate = next(line for line in said.splitlines() if line.startswith("tps")).split()[2]
            print(f"6. changes that one log numbers, {clients} at a time: {float(rate):,.0f}/s", flush=True)


if __name__ == "__main__":
    print(f"Servers on core {SERVER_CORE}, load on {LOAD_CORE}, PostgreSQL on any; every commit waits for the disk.")
    main()
