"""Each request is one line, whoever answered it, under the id that the client was told."""

import asyncio
import errno
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient

from app.core.observability.logs import standard_error
from app.core.observability.request_log import RequestLog
from app.core.settings import Settings
from app.main import create_app


@pytest.fixture
async def written(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[AsyncClient, io.StringIO]]:
    """A service that logs, and what it has written."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    app = create_app(Settings(_env_file=None, database_url=database_url, log_format="json", log_level="error"))
    async with app.router.lifespan_context(app), AsyncClient(transport=ASGITransport(app=app), base_url="http://newsroom.test") as client:
        yield client, out


async def lines(out: io.StringIO, count: int) -> list[dict[str, Any]]:
    """The lines, when there are so many."""
    found: list[str] = []
    for _ in range(200):
        found = [line for line in out.getvalue().splitlines() if '"event":"request"' in line]
        if len(found) >= count:
            break
        await asyncio.sleep(0.02)
    return [json.loads(line) for line in found]


async def test_a_miss_a_hit_a_304_a_refusal_and_a_write_are_one_line_each(written: tuple[AsyncClient, io.StringIO]) -> None:
    client, out = written
    first = await client.get("/v1/articles")
    answers = [
        first,
        await client.get("/v1/articles"),
        await client.get("/v1/articles", headers={"If-None-Match": first.headers["etag"]}),
        await client.head("/v1/articles"),
        await client.get("/v1/articles/none"),
        await client.post("/v1/articles", json={}),
        await client.get("/v1/sections", headers={"X-Request-ID": "edge-7.4f_2-9"}),
    ]

    logged = await lines(out, len(answers))

    assert [(line["method"], line["status"]) for line in logged] == [
        ("GET", 200), ("GET", 200), ("GET", 304), ("HEAD", 200), ("GET", 404), ("POST", 401), ("GET", 200),
    ]  # fmt: skip
    assert [line["request_id"] for line in logged] == [answer.headers["x-request-id"] for answer in answers]
    assert answers[4].json()["request_id"] == logged[4]["request_id"]
    assert all(line["ms"] >= 0 and line["path"].startswith("/v1/") for line in logged)
    assert logged[-1]["request_id"] == "edge-7.4f_2-9"


async def test_lines_are_written_together_in_order_and_none_is_lost_at_the_end() -> None:
    out = io.StringIO()
    log = RequestLog("console", out)

    for number in range(2_500):
        log.note("GET", f"/v1/{number}", 200, 1.25, "req_1")
    before_the_end = out.getvalue().count("\n")
    log.close()

    told = out.getvalue().splitlines()
    assert before_the_end == 2_000
    assert [line.split("path=")[1].split()[0] for line in told] == [f'"/v1/{number}"' for number in range(2_500)]


async def test_a_path_cannot_forge_a_line() -> None:
    for form in ("console", "json"):
        out = io.StringIO()
        log = RequestLog("json" if form == "json" else "console", out)
        log.note("GET", '/a"\n{"event":"request"}\x1b[31m', 404, 0.1, "req_1")
        log.close()
        assert out.getvalue().count("\n") == 1
        assert "\x1b" not in out.getvalue()


class Full(io.StringIO):
    """A disk without room."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_is_lost_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    full = standard_error()

    assert full.write("a line\n") == 7
    full.flush()
    print("another", file=full)


def test_the_log_is_silent_when_its_process_ends() -> None:
    """From Python 3.13 on what fails there is told; `-X dev` tells it in those before."""
    outlasting_its_module = "import logging; from app.core.observability import logs; logging.kept = logs, logs.standard_error()"

    ended = subprocess.run([sys.executable, "-X", "dev", "-c", outlasting_its_module], capture_output=True, text=True, check=True)

    assert ended.stderr == ""
