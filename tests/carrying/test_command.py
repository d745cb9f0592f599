"""`dateline comments export` and `import`, as an operator meets them."""

import json
import os
import threading
from pathlib import Path

import pytest

from tests.carrying.conftest import line
from tests.command import Command


@pytest.fixture
def dateline(sqlite_template: Path, tmp_path: Path) -> Command:
    """The command on a migrated, empty file: what is behind it is tested on both databases."""
    (tmp_path / "dateline.db").write_bytes(sqlite_template.read_bytes())
    return Command(tmp_path, {"log_level": "error"})


def test_comments_are_carried_out_and_in_by_the_command(dateline: Command) -> None:
    dateline.must("demo")
    exported = dateline.run("comments", "export", "comments.jsonl")
    found = [json.loads(one) for one in (dateline.folder / "comments.jsonl").read_text().splitlines()]
    with (dateline.folder / "comments.jsonl").open("ab") as file:
        file.write(line(external_id="1", article=found[0]["article_slug"]))
    again = dateline.run("comments", "import", "comments.jsonl")

    assert (exported.code, exported.output) == (0, "")
    assert f"{len(found)} comments are in comments.jsonl." in exported.told
    assert len(found) > 10
    assert f"1 comments were taken in, {len(found)} are here already, 0 were left out." in again.told
    assert again.code == 0


def test_what_is_left_out_is_told_by_line_and_the_exit_code_says_so(dateline: Command) -> None:
    (dateline.folder / "new.jsonl").write_bytes(b"\n" + line(external_id="1", article="none"))

    rehearsed = dateline.run("comments", "import", "new.jsonl", "--dry-run")

    assert rehearsed.code == 1
    assert "line 2: there is no article none" in rehearsed.told
    assert "0 comments would be taken in, 0 are here already, 1 would be left out." in rehearsed.told


def test_a_file_of_neither_kind_is_refused_in_a_sentence(dateline: Command) -> None:
    (dateline.folder / "feed.xml").write_text("<rss/>")

    answer = dateline.run("comments", "import", "feed.xml")

    assert answer.code == 1
    assert "begins with <rss>" in answer.told
    assert "Traceback" not in answer.told


def test_a_file_may_come_through_a_pipe(dateline: Command) -> None:
    """As from `zcat comments.jsonl.gz`."""
    pipe = dateline.folder / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_bytes, args=(line(external_id="1", article="none"),), daemon=True)
    writing.start()

    answer = dateline.run("comments", "import", "pipe", "--dry-run")

    writing.join(5)
    assert "0 comments would be taken in, 0 are here already, 1 would be left out." in answer.told
