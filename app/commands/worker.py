"""`dateline worker`: what an API does beside answering, in a process of its own."""

import asyncio
from typing import Annotated

import typer
import uvicorn

from app.alone import create_page, work
from app.commands.common import insist, read_settings
from app.commands.listening import SERVER, insist_on_a_free_port
from app.core import doctor
from app.core.observability import logs


def worker(
    host: Annotated[str, typer.Option(help="Address to listen on, with --port.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port where it tells how it is; none when left out.", min=1, max=65535)] = None,
) -> None:
    """Deliver webhooks, record what happens by itself, and sweep; beside an API with DATELINE_WORKER=alone. Several take turns."""
    settings = read_settings()
    insist(asyncio.run(doctor.examine()))
    logs.configure(settings)
    if port is None:
        asyncio.run(work(settings))
    else:
        insist_on_a_free_port(host, port)
        uvicorn.run(create_page(settings), host=host, port=port, **SERVER)
