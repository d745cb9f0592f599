"""Writers who do at random whatever a newsroom and its readers can do. Working copies carry a canary that no reader may hear."""

import random
from dataclasses import dataclass, field
from typing import Any

from tests.newsroom import Client, Newsroom, Wire

CANARY = "canary that no reader may hear"
MOST = 25
"""So many articles a writer keeps: of more, a move of a section would show only how long it takes."""
FINE = {200, 201, 202, 204, 400, 403, 404, 409, 410, 412, 422, 503}
"""What may come of an operation whose object another writer has changed meanwhile; 503 where two would wait for each other."""


@dataclass(slots=True)
class Shared:
    """The names that all writers know."""

    sections: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    articles: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Writer:
    """One of them. Its articles are its own, so that what it publishes is what it cleaned."""

    newsroom: Newsroom
    shared: Shared
    chance: random.Random
    name: int
    mine: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    async def work(self, operations: int) -> None:
        names = [(self._create, 4), (self._edit, 3), (self._publish, 5), (self._withdraw, 2), (self._trash, 1), (self._comment, 6),
                 (self._moderate, 5), (self._rename, 2), (self._make_name, 1), (self._merge, 1), (self._move_section, 1),
                 (self._discussion, 1)]  # fmt: skip
        for _ in range(operations):
            (operation,) = self.chance.choices([each for each, _ in names], [weight for _, weight in names])
            await operation()

    async def _ask(self, method: str, path: str, body: Any = None, *, who: Client | None = None) -> Wire:
        answer = await (who or self.newsroom.desk).request(method, path, body, If_Match="*")
        assert answer.status_code in FINE, (method, path, answer.status_code, answer.text)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        return answer.json() if answer.status_code in {200, 201, 202} else {}

    def _some(self, of: list[str], most: int = 2) -> list[str]:
        return self.chance.sample(of, min(len(of), self.chance.randint(0, most)))

    def _one(self, of: list[str]) -> str:
        return self.chance.choice(of) if of else "nothing"

    def _refs(self) -> Wire:
        return {
            "section": self._one(self.shared.sections), "other_sections": self._some(self.shared.sections),
            "authors": self._some(self.shared.authors), "tags": self._some(self.shared.tags),
        }  # fmt: skip

    def _text(self, words: str) -> Wire:
        return {"headline": words, "dek": words, "body": [{"type": "paragraph", "html": words}]}

    async def _create(self) -> None:
        if len(self.mine) >= MOST:
            await self._let_go(self.mine.pop(0))
        made = await self._ask("POST", "/v1/articles", {**self._text(f"{CANARY} {self.chance.random()}"), **self._refs()})
        if made:
            self.mine.append(made["id"])
            self.shared.articles.append(made["id"])

    async def _let_go(self, article: str) -> None:
        self.shared.articles.remove(article)
        await self._ask("DELETE", f"/v1/articles/{article}")
        await self._ask("POST", f"/v1/articles/{article}/purge", {})

    async def _edit(self) -> None:
        text = f"{CANARY} {self.chance.random()}"
        await self._ask("PATCH", f"/v1/articles/{self._one(self.mine)}", {**self._text(text), "notes": text})

    async def _publish(self) -> None:
        """Clean what stands there, the slug too, and show it; to a working copy the canary comes back."""
        article, number = f"/v1/articles/{self._one(self.mine)}", self.chance.randrange(10**9)
        clean = self._text(f"News {number}") | {"slug": f"news-{self.name}-{number}"}
        if await self._ask("PATCH", article, {**clean, **(self._refs() if self.chance.random() < 0.5 else {})}):
            await self._ask("POST", f"{article}/publish", {})
            await self._ask("PATCH", article, self._text(f"{CANARY} {number}"))

    async def _withdraw(self) -> None:
        await self._ask("POST", f"/v1/articles/{self._one(self.mine)}/unpublish", {})

    async def _trash(self) -> None:
        article = f"/v1/articles/{self._one(self.mine)}"
        await self._ask("DELETE", article)
        if self.chance.random() < 0.5:
            await self._ask("POST", f"{article}/restore", {})

    async def _comment(self) -> None:
        parent = self._one(self.shared.comments) if self.shared.comments and self.chance.random() < 0.6 else None
        article = self._one(self.shared.articles)
        if parent is not None:
            article = (await self._ask("GET", f"/v1/comments/{parent}")).get("article", article)
        order = {"author": {"name": "A reader"}, "body": f"Letter {self.chance.random()}", "parent": parent}
        made = await self._ask("POST", f"/v1/articles/{article}/comments", order, who=self.newsroom.client(None))
        if made:
            self.shared.comments.append(made["id"])
            del self.shared.comments[: -MOST * len(self.shared.articles)]

    async def _moderate(self) -> None:
        comment = self._one(self.shared.comments)
        verdict = self.chance.choice(["approve", "reject", "spam", "approve", "delete", "edit"])
        if verdict == "delete":
            await self._ask("DELETE", f"/v1/comments/{comment}")
        elif verdict == "edit":
            await self._ask("PATCH", f"/v1/comments/{comment}", {"body": f"Edited {self.chance.random()}"})
        else:
            await self._ask("POST", f"/v1/moderation/comments/{comment}/{verdict}", {})

    def _kind(self) -> tuple[str, list[str]]:
        return self.chance.choice([("sections", self.shared.sections), ("authors", self.shared.authors), ("tags", self.shared.tags)])

    async def _make_name(self) -> None:
        plural, known = self._kind()
        if len(known) < 12:
            made = await self._ask("POST", f"/v1/{plural}", {"name": f"Name {self.chance.randrange(10**6)}"})
            if made:
                known.append(made["id"])

    async def _rename(self) -> None:
        plural, known = self._kind()
        number = self.chance.randrange(10**6)
        await self._ask(
            "PATCH", f"/v1/{plural}/{self._one(known)}", self.chance.choice([{"name": f"Name {number}"}, {"slug": f"name-{number}"}])
        )

    async def _merge(self) -> None:
        plural, known = self._kind()
        if len(known) > 3:
            old, new = self.chance.sample(known, 2)
            answer = await self.newsroom.desk.delete(f"/v1/{plural}/{old}?move_to={new}", If_Match="*")
            assert answer.status_code in FINE, answer.text
            if answer.status_code == 204 and old in known:
                known.remove(old)

    async def _move_section(self) -> None:
        top = self.chance.random() < 0.4
        parent = None if top else self._one(self.shared.sections)
        await self._ask("PATCH", f"/v1/sections/{self._one(self.shared.sections)}", {"parent": parent})

    async def _discussion(self) -> None:
        settings = {"status": self.chance.choice(["open", "open", "disabled", "closed"]), "moderation": self.chance.choice(["pre", "post"])}
        await self._ask("PATCH", f"/v1/articles/{self._one(self.mine)}", {"comments": settings})
