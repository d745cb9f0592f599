"""`dateline people`, as whoever answers for readers' data meets it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import program
from tests.newsroom import Newsroom, Wire, made

EMAIL = "xanthic@reader.example.org"
Dateline = Callable[..., Awaitable[Result]]


@pytest.fixture
def dateline(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dateline:
    """The command beside the running service, in a folder of its own."""
    monkeypatch.setenv("DATELINE_DATABASE_URL", newsroom.app.state.settings.database_url)
    monkeypatch.chdir(tmp_path)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(lambda: CliRunner().invoke(program, ["people", *words]))

    return run


def lines(file: str) -> list[Wire]:
    return [json.loads(line) for line in Path(file).read_text().splitlines()]


async def test_a_person_is_given_what_they_wrote_and_it_is_erased(newsroom: Newsroom, dateline: Dateline) -> None:
    article = await newsroom.article()
    letters = [("Ida", EMAIL), ("Ida Holm", EMAIL.upper()), ("Bo", "bo@reader.example.org")]
    for name, email in letters:
        order: Any = {"author": {"name": name, "email": email}, "body": f"Of {name}."}
        comment = made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", order))
        if name == "Ida":
            sanction = {"comment": comment["id"], "kind": "premod", "on": ["email"], "reason": "Him again."}
            made(await newsroom.desk.post("/v1/moderation/sanctions", sanction))

    given = await dateline("export", "mine.jsonl", "--email", EMAIL)
    unsaid = await dateline("erase", "--email", EMAIL)
    erased = await dateline("erase", "--email", EMAIL, "--yes")
    after = await dateline("export", "after.jsonl", "--email", EMAIL)

    *comments, sanction = lines("mine.jsonl")
    assert [(one["name"], one["body"]) for one in comments] == [("Ida Holm", "Of Ida Holm."), ("Ida", "Of Ida.")]
    assert (sanction["type"], sanction["on"], "Him again." in str(sanction)) == ("sanction", ["email"], False)
    assert "3 records are in mine.jsonl." in given.stderr
    assert unsaid.exit_code == 1
    assert "2 comments were erased." in erased.stderr
    assert (after.exit_code, lines("after.jsonl")) == (0, [sanction])
    left = made(await newsroom.client(None).get(f"/v1/articles/{article['id']}/comments"))["data"]
    assert [one["author"]["name"] for one in left] == ["Bo"]


async def test_a_person_is_named_in_one_way(dateline: Dateline) -> None:
    for options in ([], ["--email", EMAIL, "--member", "u-1"], ["--email", "nonsense"]):
        answer = await dateline("export", "mine.jsonl", *options)
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert "--member, --email or --comment" in answer.stderr
