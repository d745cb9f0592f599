"""A backup was brought back: nobody who followed what was lost takes what comes now for what they had."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from app.cli import program
from app.core import clock
from app.events.leaping import LOST, leap
from app.events.models import Event
from app.events.retention import forget
from tests.newsroom import Client, Newsroom, made


async def test_after_a_restoration_nobody_goes_on_and_no_number_is_given_twice(
    newsroom: Newsroom, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await newsroom.tag("Old")
    newest = (await reader.get("/v1/changes")).json()["next_since"]
    monkeypatch.setenv("DATELINE_DATABASE_URL", newsroom.app.state.settings.database_url)

    said = await asyncio.to_thread(lambda: CliRunner().invoke(program, ["restored"]))
    young = await newsroom.tag("Young")

    behind = newest + LOST
    assert (said.exit_code, f"behind {behind}." in said.stderr) == (0, True)
    assert {(await reader.get(f"/v1/changes?since={since}")).status_code for since in (0, newest, newest + 1, behind - 1)} == {410}
    (only,) = (await reader.get(f"/v1/changes?since={behind}")).json()["data"]
    assert (only["seq"], only["object"]["id"]) == (behind + 1, young["id"])
    async with newsroom.database.writing() as session:
        await session.execute(update(Event).where(Event.seq <= newest).values(at=clock.now() - timedelta(days=31)))
    assert await forget(newsroom.database, 30) == newest
    assert (await reader.get(f"/v1/changes?since={behind - 1}")).json()["floor"] == behind


async def test_who_has_lost_updates_of_a_live_blog_loads_it_anew(newsroom: Newsroom, reader: Client) -> None:
    """Nothing would ever tell them that what they show is no more; who has only what is there goes on."""
    article = await newsroom.article(kind="live_blog")
    blocks = f"/v1/articles/{article['id']}/blocks"

    async def post() -> int:
        made(await newsroom.desk.post(f"{blocks}?publish=true", {"blocks": [{"type": "paragraph", "html": "Now."}]}))
        seq: int = made(await reader.get(blocks))["seq"]
        return seq

    kept = await post()
    async with newsroom.database.writing() as session:
        await leap(session, over=LOST)
    before = [(await reader.get(f"{blocks}?since={since}")).status_code for since in (0, kept, kept + 1, kept + LOST)]
    young = await post()
    after = [(await reader.get(f"{blocks}?since={since}")).status_code for since in (0, kept, kept + 1, kept + LOST, young)]

    assert before == [200, 200, 400, 400]
    assert after == [200, 200, 400, 400, 200]
