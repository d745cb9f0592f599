"""The receivers in the guide are run, and are sent real messages, doubled ones and forged ones."""

import asyncio
import base64
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient

from app.core import clock
from app.core.settings import Settings
from app.webhooks import signing
from tests.command import free_port
from tests.newsroom import Newsroom, made
from tests.test_openapi import DESCRIPTION, faults
from tests.webhooks.conftest import Endpoint, deliveries, subscribe, until, working

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "webhooks.md").read_text("utf-8")
FILES = {"python": "receiver.py", "js": "receiver.mjs", "php": "receiver.php"}
PROGRAMS = {"python": sys.executable, "js": shutil.which("node"), "php": shutil.which("php")}


def block(language: str) -> str:
    """The one block of the guide in this language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return str(found[0])


@dataclass(slots=True)
class Receiver:
    """A running receiver of the guide, and what it said."""

    url: str
    lines: list[str] = field(default_factory=list)


@asynccontextmanager
async def receiver(language: str, folder: Path, secret: str, port: int) -> AsyncIterator[Receiver]:
    """The guide's receiver in this language, listening."""
    program = PROGRAMS[language]
    if program is None:
        pytest.skip(f"there is no program for {language} here")
    path = folder / FILES[language]
    path.write_text(block(language), "utf-8")
    (folder / "seen").mkdir()
    surroundings = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port), "WEBHOOK_FOLDER": str(folder / "seen")}
    arguments = ["-S", f"127.0.0.1:{port}", str(path)] if language == "php" else [str(path)]
    process = await asyncio.create_subprocess_exec(
        program, *arguments, env=surroundings, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    running = Receiver(f"http://127.0.0.1:{port}/")
    assert process.stdout is not None

    async def listen(output: asyncio.StreamReader) -> None:
        async for line in output:
            running.lines.append(line.decode())

    listening = asyncio.create_task(listen(process.stdout))
    try:
        await until(lambda: _answers(running.url))
        yield running
    finally:
        process.kill()
        await process.wait()
        await listening


async def _answers(url: str) -> bool:
    port = int(url.rsplit(":", 1)[1].strip("/"))
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@pytest.mark.parametrize("language", FILES)
async def test_a_receiver_of_the_guide_takes_what_is_real_once_and_nothing_else(
    newsroom: Newsroom, settings: Settings, tmp_path: Path, language: str
) -> None:
    port = free_port()
    hook = await subscribe(newsroom, Endpoint(url=f"http://127.0.0.1:{port}/"), events=["article.published"])
    new = made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/rotate-secret", {}, If_Match="*"))["secret"]
    async with receiver(language, tmp_path, new, port) as running, working(newsroom, settings):
        articles = [await newsroom.article() for _ in range(3)]
        await until(lambda: _delivered(newsroom, hook, 3))
        done = await deliveries(newsroom, hook)
        made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/deliveries/{done[0]['id']}/retry"))
        await until(lambda: _attempts(newsroom, hook, done[0]["id"], 2))
        seen = list(running.lines)
        refused = [await _send(running.url, *forged) for forged in _forgeries(new)]

    said = "".join(running.lines)
    assert said.count("received article.published ") == 3
    assert all(said.count(f"article:{article['id']}") == 1 for article in articles)
    assert all(re.search(rf"received article\.published {one['event']['seq']} ", "".join(seen)) for one in done)
    assert refused == [401] * len(refused)


async def _delivered(newsroom: Newsroom, hook: Any, count: int) -> bool:
    return len(await deliveries(newsroom, hook, "delivered")) == count


async def _attempts(newsroom: Newsroom, hook: Any, delivery: str, count: int) -> bool:
    shown = made(await newsroom.desk.get(f"/v1/webhooks/{hook['id']}/deliveries/{delivery}"))
    return len(shown["log"]) == count and shown["status"] == "delivered"


def _forgeries(secret: str) -> list[tuple[dict[str, str], bytes]]:
    """Messages that nobody must believe: changed, unsigned, signed by another, too old."""
    key, message, body = base64.b64decode(secret.removeprefix("whsec_")), "evt_" + "0" * 26, b'{"type":"x","data":{}}'
    now = int(clock.now().timestamp())
    good = signing.headers([key], message, now, body)
    return [
        (good, body + b" "), ({**good, "webhook-signature": ""}, body), ({**good, "webhook-id": "evt_" + "1" * 26}, body),
        (signing.headers([signing.new_secret()], message, now, body), body), (signing.headers([key], message, now - 1_000, body), body),
        ({**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")}, body),
    ]  # fmt: skip


async def _send(url: str, headers: dict[str, str], body: bytes) -> int:
    async with AsyncClient() as client:
        return (await client.post(url, content=body, headers=headers)).status_code


async def test_a_message_looks_as_the_guide_and_the_description_show_it(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    section = await newsroom.section()
    async with working(newsroom, settings):
        await newsroom.article(section=section["id"])
        await endpoint.wait_for(1)
        made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/test"))
        await endpoint.wait_for(2)

    event, test = endpoint.got
    assert _shape(event.event) == _shape(json.loads(block("json")))
    for name, message in (("event", event), ("webhook.test", test)):
        described = DESCRIPTION["webhooks"][name]["post"]
        (media,) = described["requestBody"]["content"].values()
        assert faults(media["schema"], message.event) == []
        assert faults(media["schema"], media["example"]) == []
        for header in described["parameters"]:
            assert faults(header["schema"], message.headers[header["name"]]) == []
            assert faults(header["schema"], header["example"]) == []


def _shape(value: Any) -> Any:
    """The names in it, without what they hold."""
    return {name: _shape(inner) for name, inner in value.items()} if isinstance(value, dict) else None
