"""Bodies of requests, as the documentation shows them."""

from typing import Any

_POST: dict[str, Any] = {
    "title": "The ferry has left",
    "key_event": True,
    "blocks": [{"type": "paragraph", "html": "Eleven minutes late, and <em>to applause</em>."}],
}
CREATE: dict[str, Any] = {
    "blocks": {"summary": "On top, of blocks", "value": _POST},
    "markdown": {
        "summary": "In Markdown, with the hour at which it happened",
        "value": {"at": "2026-02-28T16:15:00Z", "blocks": {"format": "markdown", "content": "The harbour master **waves**."}},
    },
    "pinned": {"summary": "Pinned: what has happened so far", "value": {"title": "So far", "pinned": True, "blocks": []}},
}
UPDATE: dict[str, Any] = {
    "title": {"summary": "Another title", "value": {"title": "The boards were up by ten past nine"}},
    "pin": {"summary": "Pinned from now on", "value": {"pinned": True}},
}
MOVE: dict[str, Any] = {
    "top": {"summary": "On top", "value": {}},
    "below": {"summary": "Below another", "value": {"after": "ferry-waits"}},
}
