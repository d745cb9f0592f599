"""What the events of lists are called, whom they concern, and which answers they make untrue."""

from typing import Any

from app.core import ids
from app.curation.models import CuratedList
from app.events.models import Actor, Happening
from app.events.versions import Content

LISTS = "lists"
"""The lists of all lists; `list:lst_…` is one of them, and what stands in it."""
UNSEEN = "articles:read"
"""Who may know of what readers do not see: a working copy names drafts."""


def own_tag(one: CuratedList | Any) -> str:
    """Every answer that shows the list, or what stands in it."""
    return f"list:{ids.encode('lst', one.id)}"


def happening(
    kind: str, one: CuratedList, by: Actor, *, public: bool = False, soon: bool = False, changed: tuple[str, ...] = (),
    snapshot: Content | None = None, **data: Any,
) -> Happening:  # fmt: skip
    """An event of a list; what readers do not see dirties nothing, unless they see it so `soon` that an answer may be kept past that."""
    return Happening(
        kind, "list", one.id, by, (own_tag(one), LISTS) if public or soon else (), scope=None if public else UNSEEN, version=one.version,
        changed=changed, data={"slug": one.slug, **data}, snapshot=snapshot,
    )  # fmt: skip
