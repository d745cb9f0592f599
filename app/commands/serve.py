"""`dateline serve`: the API."""

import asyncio
import tempfile
from contextlib import ExitStack
from importlib import import_module
from typing import Annotated

import typer
import uvicorn

from app.commands.common import insist, read_settings
from app.commands.listening import SERVER, insist_on_a_free_port
from app.core import doctor
from app.core.observability import logs
from app.core.settings import hand_down

_SECONDS_OF_SILENCE = 30
"""How long a worker may not answer before it is replaced; a busy machine keeps one waiting."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes.", min=1, max=64)] = 1,
) -> None:
    """Serve the API. It migrates nothing by itself, unless DATELINE_AUTO_MIGRATE is on."""
    settings = read_settings()
    if settings.auto_migrate:
        import_module("app.commands.migrate").bring_up(settings)  # Alembic stays out of memory where nothing is migrated.
    insist(asyncio.run(doctor.examine()))
    insist_on_a_free_port(host, port)
    logs.configure(settings)
    with ExitStack() as behind:
        if workers > 1 and not settings.metrics_folder:  # A single process that is told to end would not come to take it away.
            hand_down(metrics_folder=behind.enter_context(tempfile.TemporaryDirectory(prefix="dateline-")))
        uvicorn.run(
            "app.serving:application", factory=True, host=host, port=port, workers=workers,
            timeout_worker_healthcheck=_SECONDS_OF_SILENCE, **SERVER,
        )  # fmt: skip
