"""What the commands that answer requests have in common."""

import errno
import socket
from typing import Any

from app.commands.common import fail
from app.core.asgi.server import BoundedProtocol

_SECONDS_TO_FINISH = 20
SERVER: dict[str, Any] = {
    "http": BoundedProtocol, "log_config": None, "access_log": False, "server_header": False, "date_header": True,
    "timeout_graceful_shutdown": _SECONDS_TO_FINISH,
}  # fmt: skip
"""How uvicorn serves here."""


def insist_on_a_free_port(host: str, port: int) -> None:
    """End where another program listens already, before anything else begins."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        why = "another program does already" if error.errno == errno.EADDRINUSE else error.strerror
        fail("port", f"It cannot listen on {host}:{port}: {why}. Choose another with --port, or `make run PORT=…`.")
