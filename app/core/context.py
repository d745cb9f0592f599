"""What is known of the request at hand wherever its work is done: the id that ties answer, log line and event together."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
