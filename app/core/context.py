"""What is known of the request at hand wherever its work is done: what ties answer, log line, event and figures together."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

OTHER = "other"
"""The route of what reached none, and the method of what is not one of HTTP's own: a stranger cannot make new ones up."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of a request: the client's own, where it sent a sound one, or the next of ours."""


@dataclass(slots=True, eq=False)
class Passage:
    """One request on its way through the application: what it has cost so far, and headers that its answer is to carry."""

    route: str = OTHER
    trace_id: str = ""
    headers: Sequence[tuple[bytes, bytes]] = ()
    statements: int = 0
    statement_seconds: float = 0.0
    counted: bool = False
    """Whether its key was looked at, and the request counted for it."""
    bounds: Any = None
    """What binds the caller beside the scopes of their key; `app.access.bounds` says what that is."""


BACKGROUND = Passage("background")
"""Work that no request waits for."""

passage: ContextVar[Passage] = ContextVar("passage", default=BACKGROUND)
