"""A copy of everything that one caller may see, kept as docs/guides/changes.md says: from records, names as references."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tests.newsroom import Client, Wire

PLURALS = {"article": "articles", "section": "sections", "author": "authors", "tag": "tags", "comment": "comments"}
MOVING = {"reply_count", "descendant_count", "replies", "votes"}
"""What moves in a comment without an event of its own."""


@dataclass(slots=True)
class Replica:
    """The copy, and how far it has come: both are changed together, so whoever is killed goes on where they were."""

    reads: Client
    seq: int = 0
    public: bool = True
    objects: dict[str, dict[str, Wire]] = field(default_factory=lambda: {kind: {} for kind in PLURALS})

    async def apply(self, change: Wire) -> None:
        """Take in one event. What must be read for it is read first: from there to the end nothing interrupts."""
        kind, own = change["object"]["type"], change["object"]["id"]
        record = change["record"]
        if kind not in PLURALS:
            self.seq = change["seq"]
            return
        gone = record is None or (self.public and change["object"]["gone"])
        comments: list[Wire] | None = None
        if kind == "article" and self.public and not gone:
            appears = own not in self.objects["article"] or change["type"] == "article.discussion_changed"
            comments = await self._comments_of(own) if appears else None
        if gone:
            self.objects[kind].pop(own, None)
        else:
            self.objects[kind][own] = normal(kind, record)
        silent = change["type"] == "article.purged" or (self.public and (gone or comments is not None))
        if kind == "article" and silent:
            self._replace_comments(own, comments or [])
        heir = change["data"].get("merged_into") or change["data"].get("moved_to")
        if heir is not None:
            self._inherit(kind, own, heir)
        self.seq = change["seq"]

    async def read(self, address: str) -> Any:
        """What stands at an address. Who asked may be killed meanwhile; the service goes on, as it would at the other end of a line."""
        return await asyncio.shield(asyncio.ensure_future(self.reads.get(address)))

    async def _comments_of(self, article: str) -> list[Wire]:
        found, waiting = [], [f"/v1/articles/{article}/comments?limit=100&replies=0"]
        while waiting:
            address = waiting.pop()
            answer = await self.read(address)
            if answer.status_code != 200:
                continue
            page = answer.json()
            found += page["data"]
            waiting += [f"/v1/comments/{one['id']}/replies?limit=100" for one in page["data"] if one["reply_count"]]
            if page["page"]["has_more"]:
                waiting.append(f"{address.partition('&cursor')[0]}&cursor={page['page']['next_cursor']}")
        return found

    def _replace_comments(self, article: str, comments: list[Wire]) -> None:
        kept = {own: one for own, one in self.objects["comment"].items() if one["article"] != article}
        self.objects["comment"] = kept | {one["id"]: normal("comment", one) for one in comments}

    def _inherit(self, kind: str, old: str, new: str) -> None:
        for article in self.objects["article"].values():
            if kind == "section":
                article["home"] = new if article["home"] == old else article["home"]
                others = _replaced(article["others"], old, new)
                article["others"] = [one for one in others if one != article["home"]]
            elif kind == "tag":
                article["tags"] = _replaced(article["tags"], old, new)
            else:
                roles = dict(article["authors"])
                role = roles.get(new, roles.get(old))
                article["authors"] = [(one, role if one == new else roles[one]) for one in _replaced(list(roles), old, new)]

    def state(self) -> dict[str, dict[str, Any]]:
        """What it holds, to be compared; comments only where readers reach them."""
        held = {kind: dict(objects) for kind, objects in self.objects.items()}
        if self.public:
            open_ = {own for own, article in held["article"].items() if article["discussion"] != "disabled"}
            held["comment"] = {own: one for own, one in held["comment"].items() if one["article"] in open_}
        return held


def _replaced(refs: list[str], old: str, new: str) -> list[str]:
    """The references, where `new` has taken the place of `old`."""
    if new in refs:
        return [ref for ref in refs if ref != old]
    return [new if ref == old else ref for ref in refs]


def normal(kind: str, record: Wire) -> Wire:
    """A record with names as references, and without what moves by itself."""
    if kind == "comment":
        return {name: value for name, value in record.items() if name not in MOVING}
    if kind == "section":
        kept = {name: value for name, value in record.items() if name not in {"path", "breadcrumbs", "parent"}}
        return kept | {"parent": None if record["parent"] is None else record["parent"]["id"]}
    if kind != "article":
        return dict(record)
    left_out = {"path", "section", "other_sections", "breadcrumbs", "authors", "tags", "comments"}
    return {
        **{name: value for name, value in record.items() if name not in left_out},
        "home": None if record["section"] is None else record["section"]["id"],
        "others": [one["id"] for one in record["other_sections"]],
        "authors": [(one["id"], one["role"]) for one in record["authors"]],
        "tags": [one["id"] for one in record["tags"]],
        "discussion": record["comments"]["status"],
    }


def of_export(lines: list[Wire]) -> dict[str, dict[str, Any]]:
    """The same of an export: a fresh read of everything."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in PLURALS}
    for line in lines[1:-1]:
        found[line["type"]][line["id"]] = normal(line["type"], line["record"])
    return found
