"""Whoever follows a live blog by asking what has changed has, each time, exactly the list that the server shows."""

import os
import random
from typing import Any

from tests.newsroom import Client, Newsroom, OpenNewsroom, Wire, by_chance, made, names

OPERATIONS = int(os.environ.get("DATELINE_TEST_LIVE_OPERATIONS", "120"))
MANY = 120
"""Of so many updates more are deleted than added: what takes time is to compare whole lists, and longer ones show nothing else."""


class Poller:
    """A reader who has loaded the list once, and from then on asks only for changes."""

    def __init__(self, reader: Client, address: str, asked: str = "") -> None:
        self.reader, self.address, self.asked = reader, address, asked
        self.held: dict[str, Wire] = {}
        self.seq = 0

    async def load(self) -> None:
        """The list anew, and the number to go on with: that of its first page."""
        first = made(await self.reader.get(f"{self.address}?limit=100{self.asked}"))
        self.held = {block["id"]: block for block in await self.reader.all_pages(f"{self.address}?limit=100{self.asked}")}
        self.seq = first["seq"]

    async def poll(self) -> Wire:
        """Take over what has changed."""
        told = made(await self.reader.get(f"{self.address}?since={self.seq}{self.asked}"))
        if told["reset"]:
            await self.load()
            return told
        for block in [*told["new"], *told["edited"], *told["moved"]]:
            assert self.asked or (block["id"] in self.held) is (block not in told["new"]), block
            self.held[block["id"]] = block
        for ident in told["deleted"]:
            assert self.asked or ident in self.held
            self.held.pop(ident, None)
        self.seq = told["seq"]
        return told

    @property
    def shown(self) -> list[Wire]:
        """What this reader has on the page."""
        return sorted(self.held.values(), key=lambda block: block["position"])


class Reporters:
    """Everything that is done to a live blog, by chance."""

    def __init__(self, newsroom: Newsroom, chance: random.Random, article: Wire) -> None:
        self.desk, self.newsroom, self.chance, self.article = newsroom.desk, newsroom, chance, article
        self.address = f"/v1/articles/{article['id']}/blocks"
        self.known: list[str] = []
        self.number = 0

    def _text(self) -> list[Wire]:
        self.number += 1
        return [{"type": "paragraph", "html": f"Update {self.number}."}]

    def _place(self) -> Wire:
        where = self.chance.choice(["before", "after", None]) if self.known else None
        return {} if where is None else {where: self.chance.choice(self.known)}

    def _publish(self) -> str:
        return f"?publish={self.chance.choice(['true', 'true', 'false'])}"

    async def add(self) -> None:
        order = {"blocks": self._text(), "key_event": self.chance.random() < 0.3, "pinned": self.chance.random() < 0.1, **self._place()}
        self.known.append(made(await self.desk.post(f"{self.address}{self._publish()}", order))["id"])

    async def edit(self) -> None:
        change: Wire = self.chance.choice(
            [{"blocks": self._text()}, {"title": "Again"}, {"pinned": True}, {"pinned": False}, {"key_event": self.chance.random() < 0.5}]
        )
        made(await self.desk.patch(f"{self.address}/{self.chance.choice(self.known)}{self._publish()}", change, If_Match="*"))

    async def move(self) -> None:
        ident = self.chance.choice(self.known)
        place = self._place()
        if ident not in place.values():
            made(await self.desk.post(f"{self.address}/{ident}/move{self._publish()}", place, If_Match="*"))

    async def delete(self) -> None:
        ident = self.known.pop(self.chance.randrange(len(self.known)))
        assert (await self.desk.delete(f"{self.address}/{ident}{self._publish()}", If_Match="*")).status_code == 204

    async def publish_the_article(self) -> None:
        made(await self.desk.post(f"/v1/articles/{self.article['id']}/publish", {}, If_Match="*"))

    async def something(self) -> None:
        """One of these; an update of something else happens as well, so that numbers are not this blog's alone."""
        doings: list[Any] = [self.add, *([self.edit, self.move, self.delete, self.publish_the_article] if len(self.known) > 3 else [])]
        weights = [5, *([4, 3, 2 if len(self.known) < MANY else 6, 0.3] if len(self.known) > 3 else [])]
        await self.chance.choices(doings, weights)[0]()
        if self.chance.random() < 0.1:
            await self.newsroom.tag(f"Elsewhere {self.number} {self.chance.random()}")


@by_chance(examples=2, long=True)
async def test_a_poller_has_the_list_of_the_server_at_each_poll(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    async with open_newsroom() as newsroom:
        reporters = Reporters(newsroom, chance, await newsroom.article(kind="live_blog"))
        reader = newsroom.client(None)
        pollers = [Poller(reader, reporters.address), Poller(reader, reporters.address, "&filter=key_events")]
        for poller in pollers:
            await poller.load()

        for number in range(OPERATIONS // 2):
            await reporters.something()
            if chance.random() < 0.4 or number == OPERATIONS // 2 - 1:
                for poller in pollers:
                    await poller.poll()
                    assert poller.shown == await reader.all_pages(f"{poller.address}?limit=100{poller.asked}")
                page = made(await reader.get(f"/v1/articles/{reporters.article['id']}"))
                updates = [block for block in page["body"] if block["type"] == "live_update"]
                assert updates == pollers[0].shown
                assert page["live"]["seq"] <= pollers[0].seq
        draft = [block for block in (await newsroom.working(reporters.article))["body"] if block["type"] == "live_update"]
        assert sorted(names(draft)) == sorted(reporters.known)
        assert names(draft) == names(await newsroom.desk.all_pages(f"{reporters.address}?view=draft&limit=100"))


async def test_who_shows_nothing_knows_how_far_it_was_told(newsroom: Newsroom, reader: Client) -> None:
    """From 0 on, where a long blog has changed too often to be told, they would be sent to load the list for ever."""
    article = f"/v1/articles/{(await newsroom.article(kind='live_blog'))['id']}"
    fresh = made(await reader.get(f"{article}/blocks")), made(await reader.get(article))
    update = made(await newsroom.desk.post(f"{article}/blocks?publish=true", {"title": "No key event"}))

    key_events = made(await reader.get(f"{article}/blocks?filter=key_events"))
    told = made(await reader.get(f"{article}/blocks?since=0"))
    await newsroom.desk.delete(f"{article}/blocks/{update['id']}?publish=true", If_Match="*")
    emptied, page = made(await reader.get(f"{article}/blocks")), made(await reader.get(article))
    deleted = made(await reader.get(f"{article}/blocks?since={told['seq']}"))

    assert (fresh[0]["seq"], fresh[1]["live"]) == (0, {"seq": 0})
    assert (key_events["data"], key_events["seq"]) == ([], told["seq"])
    assert (emptied["data"], emptied["seq"], page["live"]) == ([], deleted["seq"], {"seq": deleted["seq"]})


async def test_what_is_edited_between_two_pages_stands_on_one_of_them(newsroom: Newsroom, reader: Client) -> None:
    address = f"/v1/articles/{(await newsroom.article(kind='live_blog'))['id']}/blocks"
    updates = [made(await newsroom.desk.post(f"{address}?publish=true", {"title": f"Update {number}"})) for number in range(3)]

    first = made(await reader.get(f"{address}?limit=2"))
    made(await newsroom.desk.patch(f"{address}/{first['data'][-1]['id']}?publish=true", {"title": "Again"}, If_Match="*"))
    second = made(await reader.get(f"{address}?limit=2&cursor={first['page']['next_cursor']}"))

    assert names([*first["data"], *second["data"]]) == names(updates[::-1])
