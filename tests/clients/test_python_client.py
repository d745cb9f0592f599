"""A client that is generated from the description compiles, and makes the calls of the tutorial against a running server."""

import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import Command

ROOT = Path(__file__).parents[2]
DESCRIPTION = ROOT / "docs" / "reference" / "openapi.json"
PROGRAM = Path(__file__).with_name("tutorial.py")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated package `newsroom`, and beside it the program that uses it."""
    folder = tmp_path_factory.mktemp("client")
    tools = Path(sys.executable).parent
    settings = folder / "settings.yaml"
    settings.write_text("content_type_overrides:\n  application/x-ndjson: application/octet-stream\n", "utf-8")
    done = subprocess.run(
        [
            *(str(tools / "openapi-python-client"), "generate", "--path", str(DESCRIPTION)),
            *("--output-path", str(folder / "newsroom"), "--meta", "none", "--fail-on-warning"),
            *("--config", str(settings)),
        ],
        cwd=folder, env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}, capture_output=True, text=True,
        check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copy(PROGRAM, folder)
    return folder


def test_it_is_generated_without_a_warning_and_compiles(workshop: Path) -> None:
    assert compileall.compile_dir(workshop / "newsroom", quiet=1, force=True)
    assert (workshop / "newsroom" / "api" / "articles" / "publish_article.py").exists()


def test_it_makes_the_calls_of_the_tutorial(workshop: Path, tmp_path: Path) -> None:
    dateline = Command(tmp_path, {"database_url": f"sqlite:///{tmp_path}/client.db"})
    dateline.must("migrate")
    key = dateline.must("keys", "create", "tutorial", "--scopes", "*").strip()

    with dateline.serving() as server:
        done = subprocess.run(
            [sys.executable, str(workshop / PROGRAM.name), server.url, key], cwd=workshop, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "every call was answered as described\n"
