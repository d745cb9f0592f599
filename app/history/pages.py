"""What differs between two revisions, as a page for people."""

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from app.body import render
from app.comparing.differences import Change
from app.core.pages.docs import page

_MOST_KEPT = 400
_ENDS = 160
_BLOCK = re.compile("#/body/[^/]+(/blocks/[^/]+)?")
_TAGS = {"remove": "del", "add": "ins"}
_VERBS = {"edit": "changed", "replace": "changed", "add": "added", "remove": "removed", "move": "moved"}


def diff_page(before: dict[str, Any], after: dict[str, Any], changes: Sequence[Change]) -> str:
    """The whole page; everything of the article in it is text, whatever markup it holds.

    What the blocks were made from says the same again, so it is shown only where nothing else differs.
    """
    told = [change for change in changes if not _place(change).startswith("body_source")] or changes
    inside = "".join(_section(change) for change in told) or "<p>Nothing differs.</p>"
    return page(f"Revision {before['number']} to {after['number']}", f"<p>{_told(before)}<br>{_told(after)}</p>{inside}")


def _told(revision: dict[str, Any]) -> str:
    who = revision["actor"]["name"] or revision["actor"]["kind"]
    why = f": {revision['message']}" if revision["message"] else ""
    return escape(f"Revision {revision['number']}, {revision['at']}, {who}{why}")


def _section(change: Change) -> str:
    return f"<h2>{escape(_place(change))} {_VERBS[change['op']]}</h2>{''.join(_shown(change))}"


def _place(change: Change) -> str:
    """Where it is, in words: `body, b7, html`."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in change["pointer"].split("/")[1:]]
    return ", ".join(steps) or "everything"


def _shown(change: Change) -> Iterator[str]:
    if change["op"] == "move":
        where = "to the beginning" if change["behind"] is None else f"behind {change['behind']}"
        yield f"<p>{escape(where)}</p>"
        return
    yield '<p class="change">'
    for word in change.get("words") or ():
        tag = _TAGS.get(word["op"])
        yield _kept(word["text"]) if tag is None else f"<{tag}>{escape(word['text'])}</{tag}>"
    block = _BLOCK.fullmatch(change["pointer"]) is not None
    if change["op"] in {"replace", "remove"}:
        yield f"<del>{escape(_said(change['before'], block=block))}</del> "
    if change["op"] in {"replace", "add"}:
        yield f"<ins>{escape(_said(change['after'], block=block))}</ins>"
    yield "</p>"


def _kept(text: str) -> str:
    """What stayed, its middle left out where it is long."""
    return escape(text if len(text) <= _MOST_KEPT else f"{text[:_ENDS]} … {text[-_ENDS:]}")


def _said(value: Any, *, block: bool) -> str:
    """A value as people read it: a block by what it says. What another system keeps in a `custom` block may look like one."""
    if block and isinstance(value, dict):
        return render.to_text([value]) or f"({value['type']})"
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
