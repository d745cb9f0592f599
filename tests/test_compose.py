"""The example for containers tells the readers behind its own nginx apart, and its databases let all of its processes in."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.core.database import Database
from tests.command import ROOT

PROCESSES = 5
"""With `--profile scale`: two that write, two that read, a worker."""
TO_HEAR = 2
"""Of the log, and of what the worker waits for."""
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")


@pytest.mark.parametrize("passed_on", ["203.0.113.7", "203.0.113.7, 172.18.0.1", "198.51.100.66, 203.0.113.7, 172.18.0.1"])
async def test_the_proxy_on_its_network_is_believed_and_no_reader_is(passed_on: str) -> None:
    """Else all of them are one address, with one limit of comments; what a reader says of the way before is not looked at."""
    given = re.search(r"FORWARDED_ALLOW_IPS:-(.*?)}", COMPOSE)
    assert given is not None
    seen: list[Any] = []

    async def application(scope: Any, *_: Any) -> None:
        seen.append(scope["client"][0])

    scope: Any = {"type": "http", "scheme": "http", "client": ("172.18.0.6", 1), "headers": [(b"x-forwarded-for", passed_on.encode())]}
    behind: Any = ProxyHeadersMiddleware(application, trusted_hosts=given[1])
    await behind(scope, None, None)

    assert seen == ["203.0.113.7"]


async def test_the_databases_take_as_many_connections_as_the_processes_may_open() -> None:
    database = Database("postgresql://dateline@db/dateline")
    _, _, most = database.connections()
    await database.dispose()

    allowed = [int(number) for number in re.findall(r"max_connections=(\d+)", COMPOSE)]

    assert len(allowed) == 2  # A replica that allows fewer than its primary stops.
    assert allowed[0] == allowed[1] > PROCESSES * (most + TO_HEAR)


def test_the_proxy_looks_again_for_the_service_behind_it(tmp_path: Path) -> None:
    """A container that is made anew has another address; nginx went on to ask the one that it had found at its own start."""
    (tmp_path / "nginx").write_text("#!/bin/sh\n")
    (tmp_path / "nginx").chmod(0o755)
    around = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "EDGE": str(tmp_path / "edge"), "EXAMPLE": str(ROOT / "deploy" / "nginx.conf")}

    subprocess.run(["/bin/sh", ROOT / "deploy" / "start-nginx.sh"], env=around, check=True)

    written = (tmp_path / "edge" / "nginx.conf").read_text("utf-8")
    given = re.search(
        r"upstream dateline {[^}]*zone dateline 64k; resolver \S+ valid=5s; server (\S+):8000 resolve;[^}]*keepalive", written
    )
    assert given is not None
    assert f"\n  {given[1]}:\n" in COMPOSE
    image = re.search(r"image: nginx:([\d.]+)-", COMPOSE)
    assert image is not None
    assert tuple(map(int, image[1].split("."))) >= (1, 27, 3)


PG_BASEBACKUP = """#!/bin/sh
for each; do case $each in --pgdata=*) folder=${each#*=} ;; esac; done
mkdir "$folder" && echo 18 >"$folder/PG_VERSION" || exit 1
[ -z "$CUT_OFF" ] || kill -KILL $PPID $$
mkdir "$folder/global" && echo whole >"$folder/global/pg_control"
"""
POSTGRES = """#!/bin/sh
exec cat "$2/global/pg_control"
"""


def test_a_replica_whose_copy_was_cut_off_is_copied_anew(tmp_path: Path) -> None:
    """PostgreSQL writes `pg_control` last, and starts on no copy without it."""
    for name, program in (("pg_basebackup", PG_BASEBACKUP), ("postgres", POSTGRES)):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)
    script = (ROOT / "deploy" / "postgres" / "follow.sh").read_text("utf-8").replace("/var/lib/postgresql", str(tmp_path))

    def follow(cut_off: str) -> str:
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CUT_OFF": cut_off}
        return subprocess.run(["/bin/bash", "-c", script], check=False, capture_output=True, text=True, env=environment).stdout

    assert [follow("yes"), follow(""), follow("")] == ["", "whole\n", "whole\n"]
