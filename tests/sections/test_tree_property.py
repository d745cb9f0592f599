"""Whatever is done to the tree, in whatever order, it agrees with a model of it that is too simple to be wrong."""

import random
from dataclasses import dataclass, field

from tests.newsroom import OpenNewsroom, by_chance, made


@dataclass(slots=True)
class Node:
    """A section of the model."""

    slug: str
    parent: str | None


@dataclass(slots=True)
class Model:
    """The tree as a dictionary: a path is asked for, never kept."""

    nodes: dict[str, Node] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)

    def path(self, ident: str) -> str:
        node = self.nodes[ident]
        return (self.path(node.parent) if node.parent else "") + "/" + node.slug

    def paths(self) -> dict[str, str]:
        return {ident: self.path(ident) for ident in self.nodes}

    def is_within(self, ident: str, other: str | None) -> bool:
        return other is not None and (ident == other or self.is_within(ident, self.nodes[other].parent))

    def change(self, ident: str, parent: str | None, slug: str) -> bool:
        """Apply a change; False where it is to be refused."""
        if self.is_within(ident, parent):
            return False
        before, old = self.paths(), self.nodes[ident]
        self.nodes[ident] = Node(slug, parent)
        after = self.paths()
        moved = {one: path for one, path in after.items() if before[one] != path}
        standing = {path for one, path in before.items() if one not in moved}
        foreign = {path for one, path in moved.items() if self.former.get(path, one) != one}
        if foreign or standing & set(moved.values()):
            self.nodes[ident] = old
            return False
        for one, path in moved.items():
            self.former.pop(path, None)
            self.former[before[one]] = one
        return True


@by_chance(examples=6)
async def test_random_moves_and_renames_agree_with_the_model(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    model = Model()
    async with open_newsroom() as newsroom:
        reader = newsroom.client(None)
        for number in range(7):
            parent = chance.choice([None, *model.nodes])
            section = await newsroom.section(f"S {number}", parent=parent)
            model.nodes[section["id"]] = Node(section["slug"], parent)
        articles = {ident: await newsroom.article(section=ident) for ident in model.nodes}

        for _ in range(25):
            ident = chance.choice(list(model.nodes))
            parent, slug = chance.choice([None, *model.nodes]), chance.choice([model.nodes[ident].slug, f"n-{chance.randrange(6)}"])
            allowed = model.change(ident, parent, slug)
            answer = await newsroom.desk.patch(f"/v1/sections/{ident}", {"parent": parent, "slug": slug}, If_Match="*")
            assert answer.status_code == (200 if allowed else 409), (answer.text, model)

        for ident, path in model.paths().items():
            section = made(await reader.get(f"/v1/sections/{ident}"))
            assert section["path"] == path
            assert [crumb["path"] for crumb in section["breadcrumbs"]][1:] == [
                "/".join(path.split("/")[: end + 1]) for end in range(1, path.count("/") + 1)
            ]
            assert made(await reader.get(f"/v1/articles/{articles[ident]['id']}"))["path"] == f"{path}/{articles[ident]['slug']}"
        for old, owner in model.former.items():
            assert made(await reader.get(f"/v1/resolve?path={old}"))["canonical_path"] == model.path(owner)
