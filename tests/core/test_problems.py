"""From what goes wrong to what is answered: every kind explained, every state of a database told apart."""

import asyncio
import sqlite3
from typing import Any

import pytest
from fastapi import APIRouter, Response
from sqlalchemy import text

from app.core.database import Database, ReadSession
from app.core.errors import Problem
from app.core.http import Reader, Writer
from tests.newsroom import Client, Newsroom


@pytest.fixture
async def broken(newsroom: Newsroom) -> Newsroom:
    """The service with two more addresses, behind which a statement of the test's own runs."""
    router = APIRouter(prefix="/test")

    async def run(session: ReadSession, statements: str) -> Response:
        for statement in statements.split("|"):
            await session.execute(text(statement))
        return Response(status_code=204)

    @router.get("/read")
    async def read(session: Reader, sql: str) -> Response:
        return await run(session, sql)

    @router.get("/write")
    async def write(session: Writer, sql: str) -> Response:
        return await run(session, sql)

    @router.get("/fail")
    async def fail() -> Response:
        raise RuntimeError("dl_secret of the inside")

    newsroom.app.include_router(router, include_in_schema=False)
    return newsroom


async def test_every_kind_of_problem_has_a_page(reader: Client) -> None:
    overview = await reader.get("/problems")

    for code, kind in Problem.kinds.items():
        page = await reader.get(f"/problems/{code}")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert f"<h1>{kind.title.replace(chr(39), '&#x27;')}</h1>" in page.text, code
        assert str(kind.status) in page.text
        assert f'href="/problems/{code}"' in overview.text


async def test_a_kind_that_there_is_not_is_a_problem_itself(reader: Client) -> None:
    answer = await reader.get("/problems/<script>")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_problem_has_the_members_of_the_standard_and_leads_to_its_page(reader: Client) -> None:
    answer = await reader.get("/v1/tags/none")
    problem = answer.json()

    assert set(problem) == {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert (problem["type"], problem["status"], problem["code"]) == ("/problems/tag-not-found", 404, "tag-not-found")
    assert answer.headers["cache-control"] == "no-store"
    assert (await reader.get(problem["type"])).status_code == 200


async def test_a_failure_of_ours_tells_its_id_and_nothing_of_its_inside(broken: Newsroom, reader: Client) -> None:
    answer = await reader.get("/test/fail", X_Request_ID="failing-1")

    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "internal-error", "failing-1")
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


POSTGRES: dict[str, tuple[str, str]] = {
    "a statement that takes too long": ("write", "SET LOCAL statement_timeout = 20|SELECT pg_sleep(5)"),
    "a server that only reads": ("write", "SET LOCAL transaction_read_only = on|UPDATE log_head SET seq = seq"),
    "a connection that is cut": ("read", "SELECT pg_terminate_backend(pg_backend_pid())"),
    "too many connections": ("read", "DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53300'; END $$"),
    "a full disk": ("read", "DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"),
    "a deadlock": ("read", "DO $$ BEGIN RAISE EXCEPTION 'dead' USING ERRCODE = '40P01'; END $$"),
    "a lost race": ("read", "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$"),
    "a server that shuts down": ("read", "DO $$ BEGIN RAISE EXCEPTION 'bye' USING ERRCODE = '57P01'; END $$"),
}


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_what_passes_is_answered_as_unavailable(broken: Newsroom, reader: Client) -> None:
    for state, (where, statements) in POSTGRES.items():
        answer = await reader.http.get(f"/test/{where}", params={"sql": statements})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), (state, answer.text)
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert (await reader.get("/v1/sections")).status_code == 200


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_lock_that_does_not_come_free_is_answered_as_unavailable(broken: Newsroom, reader: Client) -> None:
    async with broken.database.writing() as session:
        await session.execute(text("UPDATE log_head SET seq = seq"))
        waiting = {"sql": "SET LOCAL lock_timeout = 20|UPDATE log_head SET seq = seq"}
        answer = await reader.http.get("/test/write", params=waiting)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers


async def test_a_statement_of_ours_that_is_wrong_is_a_failure_and_no_passing_state(broken: Newsroom, reader: Client) -> None:
    for sql in ("SELECT * FROM nothing_of_this_name", "SELECT 1 +"):
        answer = await reader.http.get("/test/read", params={"sql": sql})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        assert "nothing_of_this_name" not in answer.text


async def test_a_value_that_is_taken_is_a_conflict(broken: Newsroom, reader: Client) -> None:
    answer = await reader.http.get("/test/write", params={"sql": "INSERT INTO log_head (id, seq, names_seq) VALUES (1, 0, 0)"})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "log_head" not in answer.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_database_that_another_process_holds_is_answered_as_unavailable(
    broken: Newsroom, editor: Client, database_url: str
) -> None:
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        sql = "PRAGMA busy_timeout = 50|UPDATE log_head SET seq = seq"
        answer = await editor.http.get("/test/read", params={"sql": sql})
    finally:
        holder.execute("ROLLBACK")
        holder.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers
    assert (await editor.post("/v1/tags", {"name": "Rail"})).status_code == 201


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_file_that_only_reads_is_answered_as_unavailable(broken: Newsroom, reader: Client) -> None:
    answer = await reader.http.get("/test/read", params={"sql": "PRAGMA query_only = 1|UPDATE log_head SET seq = seq"})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_service_without_its_database_lives_and_is_not_ready(
    broken: Newsroom, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "postgresql://nobody@/nothing?host=/nowhere" if broken.database.dialect == "postgresql" else "sqlite:////nowhere/at/all.db"
    gone = Database(nowhere)

    broken.app.state.database = broken.app.state.sources.primary = gone
    health, ready, read = await asyncio.gather(*(reader.get(path) for path in ("/healthz", "/readyz", "/v1/sections")))
    broken.app.state.database = broken.app.state.sources.primary = broken.database
    await gone.dispose()

    assert health.status_code == 200
    for answer in (ready, read):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
        assert "retry-after" in answer.headers


def test_a_problem_tells_only_what_is_known() -> None:
    wire: dict[str, Any] = Problem.kinds["in-use"](count=3).wire("req_1")

    assert wire["count"] == 3
    assert wire["detail"] == wire["title"]
    assert wire["errors"] == []
