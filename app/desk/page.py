"""The page of the desk: what does not depend on who looks, written out by the server. The script asks the API for the rest."""

from hashlib import sha256
from html import escape

from app.core.pages.docs import STATIC
from app.moderation.queries import QUEUES
from app.moderation.reasons import REASONS

_FILES = STATIC / "desk"
_NAMES = {
    "pending": "Pending", "reported": "Reported", "appeals": "Appeals", "spam": "Spam", "approved": "Approved", "rejected": "Rejected",
}  # fmt: skip


def written() -> str:
    """The whole page; the same for everybody, and for as long as the program is the same."""
    page = (_FILES / "index.html").read_text("utf-8")
    for name, html in (("queues", _queues()), ("reasons", _reasons()), ("codes", _codes())):
        page = page.replace(f"<!--{name}-->", html)
    for name in ("desk.css", "thread.js", "measures.js", "keeping.js", "desk.js"):
        page = page.replace(f"/static/desk/{name}", f"/static/desk/{name}?v={sha256((_FILES / name).read_bytes()).hexdigest()[:12]}")
    return page


def _queues() -> str:
    """A link for each queue; a queue that moderation has, and nobody named here, is left out."""
    return "".join(
        f'<li><a href="#queue={name}" data-queue="{name}">{title} <span class="count" hidden></span></a></li>'
        for name, title in _NAMES.items() if name in QUEUES
    )  # fmt: skip


def _reasons() -> str:
    """The reasons to choose from, each with what is told to whoever wrote the comment."""
    return "".join(
        f'<label><input type="radio" name="code" value="{code}" data-told="{escape(told)}" required>'
        f"<span>{escape(code.replace('_', ' ').capitalize())}</span></label>"
        for code, told in REASONS.items()
    )


def _codes() -> str:
    return "".join(f'<option value="{code}">{escape(code.replace("_", " ").capitalize())}</option>' for code in REASONS)
