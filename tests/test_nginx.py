"""The example for nginx does what it says: a real nginx in front of a real server."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from httpx2 import AsyncClient, AsyncHTTPTransport

from app.core import clock
from app.core.asgi.server import BoundedProtocol
from app.core.schemas import wire_instant
from tests.edge import EXAMPLE, NGINX, command
from tests.newsroom import Newsroom

pytestmark = pytest.mark.skipif(NGINX is None and not os.environ.get("CI"), reason="nginx is not installed; CI installs it")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def edge(newsroom: Newsroom, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """A reader who talks to nginx, which talks to the newsroom's server."""
    inside, outside = _free_port(), _free_port()
    config = uvicorn.Config(newsroom.app, port=inside, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    process = await asyncio.create_subprocess_exec(*command(tmp_path, inside=inside, outside=outside))
    async with AsyncClient(transport=AsyncHTTPTransport(retries=5), base_url=f"http://127.0.0.1:{outside}") as client:
        for _ in range(500):
            if server.started and socket.socket().connect_ex(("127.0.0.1", outside)) == 0:
                break
            await asyncio.sleep(0.02)
        yield client
    process.terminate()
    await process.wait()
    server.should_exit = True
    await serving


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # The sockets that ask whether nginx listens are left to the collector.
async def test_nginx_keeps_what_is_public_by_encoding_and_nothing_else(newsroom: Newsroom, edge: AsyncClient) -> None:
    article = await newsroom.article(body=[{"type": "paragraph", "html": "Words again. " * 100}])
    address, key = f"/v1/articles/{article['id']}", {"Authorization": f"Bearer {newsroom.secret}"}

    first = await edge.get(address, headers={"Accept-Encoding": "gzip"})
    again = await edge.get(address, headers={"Accept-Encoding": "gzip, deflate"})
    plain = await edge.get(address, headers={"Accept-Encoding": "identity"})
    unchanged = await edge.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]})
    draft = await edge.get(f"{address}?view=draft", headers=key)
    refused = await edge.get(f"{address}?view=draft")
    missing = [await edge.get("/v1/articles/none") for _ in range(2)]
    hundred = await edge.get("/v1/articles?limit=100")
    long = await edge.post("/v1/articles", headers=key, json={"headline": "Long" * 500_000})

    assert [answer.headers["x-cache"] for answer in (first, again, plain, unchanged)] == ["MISS", "HIT", "MISS", "HIT"]
    assert first.content == again.content == plain.content
    assert first.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert [answer.headers["x-request-id"] for answer in (*missing, long)] == [answer.json()["request_id"] for answer in (*missing, long)]
    assert unchanged.status_code == 304
    assert (draft.status_code, draft.headers["x-cache"]) == (200, "BYPASS")
    assert refused.status_code == 401
    assert [answer.headers["x-cache"] for answer in missing] == ["MISS", "MISS"]
    assert hundred.status_code == 200
    assert (long.status_code, long.json()["code"]) == (422, "validation-failed")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_what_is_no_more_is_not_shown_behind_its_time(newsroom: Newsroom, edge: AsyncClient) -> None:
    article, key = await newsroom.article(), {"Authorization": f"Bearer {newsroom.secret}", "If-Match": "*"}
    address, until = f"/v1/articles/{article['id']}", wire_instant(clock.now() + timedelta(seconds=2))
    await edge.post(f"{address}/publish", headers=key, json={"until": until})

    kept = [await edge.get(address) for _ in range(2)]
    await asyncio.sleep(2.1)
    behind = [await edge.get(address) for _ in range(2)]

    assert [answer.headers["x-cache"] for answer in kept] == ["MISS", "HIT"]
    assert [answer.status_code for answer in behind] == [404, 404]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_who_waits_for_news_behind_nginx_waits_for_nobody_else(edge: AsyncClient) -> None:
    began = asyncio.get_running_loop().time()
    answers = await asyncio.gather(*(edge.get("/v1/changes?since=0&types=article.purged&wait=1") for _ in range(3)))

    assert [answer.status_code for answer in answers] == [200] * 3
    assert asyncio.get_running_loop().time() - began < 2.5, "each had its second after the one before"


def test_nginx_lets_go_of_a_connection_before_the_server_does() -> None:
    """Else a write is answered 502 now and then: sent over what is closed at that moment, it may not be sent again."""
    rests = re.search(r"upstream dateline {[^}]*keepalive_timeout (\d+)s;", EXAMPLE.read_text("utf-8"))

    assert rests is not None
    assert int(rests[1]) < uvicorn.Config("app").timeout_keep_alive
