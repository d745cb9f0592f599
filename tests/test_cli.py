"""The command, as its users meet it: what it prints and where, its exit codes, and its sentences when something is wrong."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
import pytest
from sqlalchemy import make_url

from tests import postgres
from tests.command import ROOT, Command, free_port

KEY = re.compile(r"dl_[0-9A-Za-z]{46}")


@pytest.fixture
def dateline(database_url: str, tmp_path: Path) -> Command:
    """The command on a migrated, empty database."""
    return Command(tmp_path, {"database_url": database_url})


@pytest.fixture
def fresh(tmp_path: Path) -> Command:
    """The command where nothing has been made yet."""
    return Command(tmp_path, {})


@pytest.fixture
def on_sqlite(sqlite_template: Path, tmp_path: Path) -> Command:
    """The command on a migrated, empty file, for what does not depend on the database."""
    (tmp_path / "dateline.db").write_bytes(sqlite_template.read_bytes())
    return Command(tmp_path, {})


def get(url: str, **headers: str) -> tuple[int, bytes]:
    with urlopen(Request(url, headers=headers), timeout=20) as answer:  # noqa: S310 - our own address
        return answer.status, answer.read()


def test_a_new_key_stands_alone_on_standard_output_and_opens_the_api(dateline: Command) -> None:
    """`KEY=$(dateline keys create …)` must need no cutting."""
    installed = dateline.of_code(ROOT)

    made = installed.run("keys", "create", "wire import", "--scopes", "articles:read,articles:write", "--days", "30")

    assert made.code == 0
    assert KEY.fullmatch(made.output.removesuffix("\n"))
    assert made.told == ""
    with installed.serving() as server:
        _, body = get(f"{server.url}/v1/me", Authorization=f"Bearer {made.output.strip()}")
    assert json.loads(body)["scopes"] == ["articles:read", "articles:write"]
    assert json.loads(body)["key"]["expires_at"] is not None


def test_keys_are_listed_a_line_each_and_can_be_revoked(dateline: Command) -> None:
    secret = dateline.must("keys", "create", "a [bold] name that is rather long for a column", "--scopes", "*").strip()

    title, line = dateline.must("keys", "list").splitlines()
    key_id = line.split()[0]
    revoked = dateline.run("keys", "revoke", key_id)

    assert title.split()[0] == "id"
    assert "a [bold] name that is rather long for a column" in line
    assert "valid" in line
    assert secret not in line
    assert revoked.code == 0
    assert "revoked" in dateline.must("keys", "list")
    assert dateline.run("keys", "revoke", key_id).code == 0


def test_if_none_makes_the_first_key_only(on_sqlite: Command) -> None:
    first = on_sqlite.must("keys", "create", "admin", "--scopes", "*", "--if-none")
    second = on_sqlite.must("keys", "create", "admin", "--scopes", "*", "--if-none")

    assert KEY.fullmatch(first.strip())
    assert second == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["create", "x", "--scopes", "articles:raed"], "Did you mean articles:read?"),
        (["create", "x", "--scopes", ""], "scopes"),
        (["create", " ", "--scopes", "*"], "name"),
        (["revoke", "key_nonsense"], "`dateline keys list`"),
        (["revoke", "key_01m82536fhesjaqzv7y0v141hx"], "There is no such key."),
    ],
)
def test_a_wrong_order_about_keys_is_explained(on_sqlite: Command, arguments: list[str], sentence: str) -> None:
    answer = on_sqlite.run("keys", *arguments)

    assert answer.code != 0
    assert answer.output == ""
    assert sentence in answer.told
    assert "Traceback" not in answer.told


def test_the_server_answers_logs_each_request_once_and_stops_when_told(dateline: Command) -> None:
    machine = dateline.having(log_format="json")

    with machine.serving() as server:
        alive, _ = get(f"{server.url}/healthz")
        ready, _ = get(f"{server.url}/readyz")
        log = server.stop()

    assert (alive, ready) == (200, 200)
    lines = [json.loads(line) for line in log.splitlines()]
    assert len([line for line in lines if line.get("path") == "/healthz" or "/healthz" in line["event"]]) == 1
    assert next(line for line in lines if line.get("path") == "/healthz")["request_id"]
    assert lines[-1]["event"].startswith("Finished server process")
    assert server.process.returncode in {0, -15, 143}


def test_log_lines_for_people_have_no_colours_in_a_file(on_sqlite: Command) -> None:
    with on_sqlite.serving() as server:
        get(f"{server.url}/healthz")
        log = server.stop()

    assert "/healthz" in log
    assert "\x1b" not in log


@pytest.mark.parametrize("workers", [1, 2])
def test_so_many_processes_serve_together_and_leave_nothing_behind(
    dateline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    with dateline.of_code(ROOT).serving("--workers", str(workers)) as server:
        answers = {get(f"{server.url}/healthz")[0] for _ in range(4)}
        server.stop()

    assert answers == {200}
    assert list(scratch.iterdir()) == []


def test_migrating_makes_the_file_and_several_at_once_do_no_harm(fresh: Command) -> None:
    """Each made the same tables: all but one of those who came first ended with an error."""
    told = [fresh.folder / f"migrate-{number}.log" for number in range(3)]

    codes = [one.wait(60) for one in [fresh.start("migrate", output=log, told=log) for log in told]]

    assert codes == [0, 0, 0], [log.read_text("utf-8") for log in told]
    assert {log.read_text("utf-8") for log in told} == {"The database is up to date.\n"}
    assert {path.name for path in fresh.folder.iterdir() if path not in told} <= {"dateline.db", "dateline.db-wal", "dateline.db-shm"}
    assert fresh.run("doctor").code == 0


def test_serve_migrates_only_where_it_is_told_to(fresh: Command) -> None:
    refused = fresh.run("serve", "--port", str(free_port()))

    assert refused.code == 1
    assert "dateline migrate" in refused.told
    assert not (fresh.folder / "dateline.db").exists()
    with fresh.having(auto_migrate="1").serving() as server:
        assert get(f"{server.url}/readyz")[0] == 200


def test_a_taken_port_is_named(on_sqlite: Command) -> None:
    with on_sqlite.serving() as server:
        port = server.url.rpartition(":")[2]
        second = on_sqlite.run("serve", "--port", port)

    assert second.code == 1
    assert f"127.0.0.1:{port}" in second.told
    assert "--port" in second.told


def test_doctor_finds_nothing_wrong_with_a_sound_setup(dateline: Command) -> None:
    answer = dateline.run("doctor")

    assert answer.code == 0
    assert [line.split()[:2] for line in answer.told.splitlines()] == [
        ["ok", "settings:"], ["ok", "database:"], ["ok", "migrations:"], ["ok", "write"],
    ]  # fmt: skip


NO_SERVER = {"database_url": "postgresql://news:secret@127.0.0.1:1/news"}


@pytest.mark.parametrize(
    ("command", "settings", "sentence"),
    [
        ("serve", {"environment": "production"}, "DATELINE_SECRET_KEY"),
        ("doctor", {"max_body_bytes": "plenty"}, "DATELINE_MAX_BODY_BYTES"),
        ("migrate", {"max_body_bytes": "plenty"}, "DATELINE_MAX_BODY_BYTES"),
        ("migrate", {"database_url": "mysql://localhost/news"}, "'mysql' is not supported"),
        ("migrate", NO_SERVER, "DATELINE_DATABASE_URL"),
        ("serve", NO_SERVER, "DATELINE_DATABASE_URL"),
        ("doctor", NO_SERVER, "DATELINE_DATABASE_URL"),
        ("keys list", {"database_url": "nonsense"}, "is not a URL"),
        ("keys list", {}, "dateline migrate"),
        ("demo", {}, "dateline migrate"),
    ],
)
def test_every_command_says_in_a_sentence_what_is_wrong(fresh: Command, command: str, settings: dict[str, str], sentence: str) -> None:
    answer = fresh.having(**settings).run(*command.split())

    assert answer.code == 1
    assert sentence in answer.told
    assert "Traceback" not in answer.told
    assert "news:secret" not in answer.told
    assert list(fresh.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("DELETE FROM alembic_version", "no tables yet"),
        ("CREATE TRIGGER full_disk BEFORE UPDATE ON log_head BEGIN SELECT RAISE(ABORT, 'no room'); END", "write access: no room"),
    ],
)
def test_doctor_names_what_is_broken(on_sqlite: Command, damage: str, sentence: str) -> None:
    with sqlite3.connect(on_sqlite.folder / "dateline.db") as file:
        file.execute(damage)
    file.close()

    answer = on_sqlite.run("doctor")

    assert answer.code == 1
    assert sentence in answer.told


def test_doctor_names_a_setting_that_is_misspelt(on_sqlite: Command) -> None:
    (on_sqlite.folder / ".env").write_text("DATELINE_TRASH_DAY=3\nDATELINE_WORKERS=2\nDATELINE_PORT=8000\n")

    answer = on_sqlite.having(cors_origin="https://paper.example.org").run("doctor")

    assert answer.code == 1
    assert [line.split(maxsplit=1)[1] for line in answer.told.splitlines() if line.startswith("BAD")] == [
        "settings: DATELINE_CORS_ORIGIN is no setting. Did you mean DATELINE_CORS_ORIGINS?",
        "settings: DATELINE_TRASH_DAY is no setting. Did you mean DATELINE_TRASH_DAYS?",
    ]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_doctor_names_an_index_whose_making_was_broken_off(dateline: Command, database_url: str) -> None:
    with psycopg.connect(postgres.libpq(make_url(database_url)), autocommit=True) as connection:
        connection.execute("CREATE TABLE twice AS SELECT 1 AS one UNION ALL SELECT 1")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_twice ON twice (one)")
        broken = dateline.run("doctor")
        connection.execute("DROP INDEX ix_twice")

    assert broken.code == 1
    assert (
        "BAD  indexes: ix_twice was left unfinished. Run `REINDEX INDEX CONCURRENTLY ix_twice` in the database." in broken.told.splitlines()
    )
    assert dateline.run("doctor").code == 0


def test_a_database_of_a_newer_version_is_still_served(on_sqlite: Command) -> None:
    """While a new version is rolled out, processes of the old one must be able to start."""
    with sqlite3.connect(on_sqlite.folder / "dateline.db") as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()

    answer = on_sqlite.run("doctor")

    assert answer.code == 0
    assert "newer than this version" in answer.told


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"secret_key": "short"}, "at least 32 random characters"),
        ({"secret_key": "x" * 32, "cors_origins": "*"}, "DATELINE_CORS_ORIGINS"),
    ],
)
def test_production_refuses_what_is_unsafe(on_sqlite: Command, settings: dict[str, str], sentence: str) -> None:
    answer = on_sqlite.having(environment="production", **settings).run("serve")

    assert answer.code == 1
    assert sentence in answer.told


def test_production_starts_with_safe_settings(on_sqlite: Command) -> None:
    safe = on_sqlite.having(environment="production", secret_key="0123456789abcdef" * 2, cors_origins="https://paper.example.org")

    with safe.serving() as server:
        assert get(f"{server.url}/healthz")[0] == 200


def test_the_demo_is_loaded_once(dateline: Command) -> None:
    first, again, if_empty = dateline.run("demo"), dateline.run("demo"), dateline.run("demo", "--if-empty")

    assert first.code == 0
    assert re.search(r"\d+ articles", first.told)
    assert again.code == 1
    assert "stands already" in again.told
    assert (if_empty.code, if_empty.told) == (0, "")


def test_the_version_is_printed(fresh: Command) -> None:
    assert re.fullmatch(r"dateline \d+\.\d+\.\d+\n", fresh.must("--version"))


@pytest.mark.parametrize("file", [".", "/", "-", "folder", "pipe", "a-link-to-a-pipe"])
def test_an_export_replaces_no_folder_and_no_device(on_sqlite: Command, file: str) -> None:
    """Whoever may replace `/dev/null` would take it from the whole machine."""
    (on_sqlite.folder / "folder").mkdir()
    os.mkfifo(on_sqlite.folder / "pipe")
    (on_sqlite.folder / "a-link-to-a-pipe").symlink_to("pipe")
    before = sorted(on_sqlite.folder.iterdir())

    refused = on_sqlite.run("export", file)

    assert (refused.code, refused.told) == (2, f"file: {file} is no file that could be replaced.\n")
    assert sorted(on_sqlite.folder.iterdir()) == before
    assert (on_sqlite.folder / "pipe").is_fifo()


def test_a_file_that_cannot_be_written_is_not_taken_for_the_database(on_sqlite: Command) -> None:
    refused = on_sqlite.run("export", "nowhere/file")

    assert refused.code == 1
    assert refused.told.startswith("file: nowhere/file cannot be written: ")
    assert "No such file or directory" in refused.told


@pytest.mark.parametrize("command", [["import"], ["comments", "import"]])
@pytest.mark.parametrize("file", ["/proc/self/mem", "socket"])
def test_a_file_that_cannot_be_read_is_not_taken_for_the_database(on_sqlite: Command, command: list[str], file: str) -> None:
    """One of them gives an error when it is read, the other when it is opened."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(on_sqlite.folder / "socket"))
        refused = on_sqlite.run(*command, file)

    assert refused.code == 1
    assert refused.told.startswith(f"file: {file} cannot be read: ")
    assert len(refused.told.splitlines()) == 1


@pytest.mark.parametrize("command", [["--version"], ["keys", "list"], ["keys", "create", "x", "--scopes", "*"]])
def test_what_standard_output_does_not_take_is_told(on_sqlite: Command, command: list[str]) -> None:
    told = on_sqlite.folder / "told"

    code = on_sqlite.start(*command, output=Path("/dev/full"), told=told).wait(60)

    assert (code, told.read_text("utf-8")) == (1, "output: It cannot be written: No space left on device.\n")


def test_who_has_read_enough_hears_no_more(on_sqlite: Command) -> None:
    """As of other programs: `dateline keys list | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)

    ended = subprocess.run(
        [Path(sys.executable).with_name("dateline"), "--version"], cwd=on_sqlite.folder, env=on_sqlite.environment,
        stdout=writer, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writer)

    assert (ended.returncode, ended.stderr) == (1, b"")
