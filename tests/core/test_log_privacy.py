"""The log says what happened, where and how long it took; never what somebody wrote, who they are, or what opens the door."""

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from httpx2 import Client as Http
from pydantic import BaseModel, ValidationError
from sqlalchemy import Text, create_engine, literal, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from structlog.testing import LogCapture

from app.core import context
from app.core.lookups import Lookup
from app.core.observability import statements
from app.core.observability.statements import Watch
from app.core.observability.telling import told, trace
from app.core.observability.traffic import Traffic
from tests.command import Command
from tests.newsroom import Newsroom

COUNTING = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT count(*) FROM n")
EMAIL, WORDS, NAME, ADDRESS = "canary@example.org", "canary words of a reader", "Canary Reader", "203.0.113.77"


@pytest.fixture
def watched(newsroom: Newsroom) -> tuple[Newsroom, Traffic]:
    """A service in which a millisecond is long."""
    traffic = Traffic()
    Watch(newsroom.database, traffic, slow_ms=1)
    return newsroom, traffic


async def test_a_slow_statement_is_logged_with_its_request_and_without_its_values(
    watched: tuple[Newsroom, Traffic], monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom, traffic = watched
    written = LogCapture()
    monkeypatch.setattr(statements, "log", structlog.wrap_logger(None, processors=[written], wrapper_class=structlog.BoundLogger))
    tokens = context.request_id.set("req_slow"), context.passage.set(context.Passage("/v1/slow"))

    async with newsroom.database.reading() as session:
        assert (await session.execute(COUNTING, {"most": 100_003})).scalar_one() == 100_003
    async with newsroom.database.reading(patiently=True) as session:
        await session.execute(COUNTING, {"most": 100_003})

    passage = context.passage.get()
    context.request_id.reset(tokens[0])
    context.passage.reset(tokens[1])
    slow = written.entries
    assert [(line["route"], line["request_id"]) for line in slow] == [("/v1/slow", "req_slow")] * 2
    assert all(line["ms"] >= 1 and "FROM n" in line["statement"] and "100003" not in line["statement"] for line in slow)
    assert traffic.slow_statements == 2
    assert passage.statements >= 4, "the service's own watch counts them too"


async def test_a_statement_that_fails_is_counted_once_and_logged_where_it_was_slow(watched: tuple[Newsroom, Traffic]) -> None:
    newsroom, _ = watched
    failing = text("SELECT no_such_column FROM log_head")
    before = context.passage.get().statements

    with pytest.raises(DBAPIError):
        async with newsroom.database.reading() as session:
            await session.execute(failing)

    assert context.passage.get().statements - before == 2, "once by each of the two that watch"


async def test_a_narrow_question_is_timed_too(watched: tuple[Newsroom, Traffic]) -> None:
    newsroom, _ = watched
    heard: list[tuple[str, float]] = []
    newsroom.database.lookups.timers.append(lambda statement, seconds: heard.append((statement, seconds)))

    await newsroom.database.lookups.all(Lookup(select(literal("secret", Text).label("word"))))

    assert len(heard) == 1
    assert heard[0][1] > 0
    assert "secret" not in heard[0][0]


def lines_of(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def test_no_secret_and_nothing_personal_is_in_any_log(database_url: str, tmp_path: Path) -> None:
    """A varied session, with refusals, conflicts, failures of ours and statements that are all called slow."""
    settings = {"database_url": database_url, "log_level": "debug", "log_format": "json", "slow_statement_ms": "1"}
    command = Command(tmp_path, settings)
    key = command.must("keys", "create", "admin", "--scopes", "*").strip()
    wrong = key[:-8] + "zzzzzzzz"
    with command.serving() as server:
        with Http(base_url=server.url, headers={"X-Forwarded-For": ADDRESS}, timeout=60) as http:
            statuses = _talk(http, key, wrong, database_url)
        log = server.stop()

    assert {200, 201, 400, 401, 404, 409, 412, 422, 500} <= statuses
    events = {line["event"] for line in lines_of(log)}
    assert {"request", "unexpected"} <= events
    for canary in (key, wrong, key[3:20], EMAIL, WORDS, NAME, ADDRESS, "Bearer", "canary"):
        assert canary.lower() not in log.lower(), canary
    assert "Traceback" in log
    assert re.search(r"app/[a-z_/]+\.py", log), "it says where"


def _talk(http: Http, key: str, wrong: str, database_url: str) -> set[int]:
    """Ask for this and that; which statuses came."""
    bearer, letter = {"Authorization": f"Bearer {key}"}, {"author": {"name": NAME, "email": EMAIL}, "body": WORDS}
    article = http.post("/v1/articles", json={"headline": "A canary sings", "slug": "a-song"}, headers=bearer)
    at = f"/v1/articles/{article.json()['id']}"
    answers = [
        article,
        http.post(f"{at}/publish", json={}, headers=bearer | {"If-Match": '"1"'}),
        http.get(at),
        http.get("/v1/articles", params={"q": "canary"}),
        http.get("/v1/articles", params={"canary": WORDS}),
        http.post(f"{at}/comments", json=letter),
        http.post(f"{at}/comments", json={**letter, "canary": EMAIL}),
        http.post(f"{at}/comments", content=f'{{"body": "{WORDS}', headers={"Content-Type": "application/json"}),
        http.post("/v1/articles", json={"headline": WORDS, "slug": "a-song"}, headers=bearer),
        http.patch(at, json={"headline": WORDS}, headers=bearer | {"If-Match": '"1"'}),
        http.get("/v1/keys", headers={"Authorization": f"Bearer {wrong}"}),
        http.get("/v1/keys", headers={"Authorization": f"Basic {EMAIL}"}),
        http.get("/v1/nothing", params={"token": key}),
        http.get("/v1/me", headers=bearer | {"Cookie": f"session={key}", "User-Agent": NAME}),
    ]
    _break_comments(database_url)
    answers.append(http.post(f"{at}/comments", json=letter))
    return {answer.status_code for answer in answers}


def _break_comments(database_url: str) -> None:
    """Let the next comment fail in the database, with the row in the failure."""
    url = make_url(database_url)
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url if sqlite else url.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE comments RENAME COLUMN depth TO deep"))
    engine.dispose()


class Form(BaseModel):
    """Something that is filled in."""

    count: int


async def test_a_failure_is_told_without_the_values_it_happened_to(newsroom: Newsroom) -> None:
    failures: list[BaseException] = []
    given = {"id": "canary-7", "count": "canary-8"}
    for statement in (
        "INSERT INTO keys (id, name) VALUES (:id, 'canary')",
        "SELECT CAST(:id AS integer) / 0" if newsroom.database.dialect == "postgresql" else "SELECT canary_column(:id)",
    ):
        try:
            async with newsroom.database.writing() as session:
                await session.execute(text(statement), given)
        except DBAPIError as error:
            failures.append(error)
    try:
        Form.model_validate(given)
    except ValidationError as error:
        failures.append(error)

    assert len(failures) == 3
    assert [line for failure in failures for line in trace(failure).splitlines() if "canary-" in line] == []
    assert "count: int_parsing" in told(failures[2])
    assert "Traceback" in trace(failures[0])


def test_a_cause_is_told_before_what_it_led_to() -> None:
    cut = psycopg.OperationalError("the line is cut")

    with pytest.raises(OperationalError) as caught:
        raise OperationalError("SELECT 1", None, cut) from cut

    told_first, told_last = trace(caught.value).split("That led to this:")
    assert told_first.rstrip().endswith("psycopg.OperationalError: the line is cut")
    assert told_last.endswith("sqlalchemy.exc.OperationalError: the line is cut [SELECT 1]")
