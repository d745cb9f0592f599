"""A thread is read in any shape: by votes, in one row, backwards, and around one comment."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import update

from app.comments.models import Comment
from app.comments.ranking import UNIT, wilson
from app.comments.schemas import CommentPage, uuid_of
from app.comments.threads import threads
from app.core import ids
from tests.newsroom import Client, Newsroom, Statements, Wire, by_chance, names

REPLIES = "/v1/comments/{}/replies"


@pytest.fixture
async def roots(discussion: Any) -> list[Wire]:
    return [await discussion.post(body=f"root {number}") for number in range(7)]


@pytest.fixture
async def line(discussion: Any, roots: list[Wire]) -> list[Wire]:
    """Below the fourth root: each answers the one before, and has one more reply beside it."""
    found = [roots[3]]
    for depth in range(4):
        await discussion.post(found[-1], f"beside {depth}")
        found.append(await discussion.post(found[-1], f"on the line {depth}"))
    for number in range(4):
        await discussion.post(found[-1], f"below {number}")
    return found


async def score(newsroom: Newsroom, scores: dict[str, tuple[int, int]]) -> None:
    """Let comments have so many votes."""
    async with newsroom.database.writing() as session:
        for comment, (up, down) in scores.items():
            values = {"up_votes": up, "down_votes": down, "score": wilson(up, down)}
            await session.execute(update(Comment).where(Comment.id == uuid_of(comment)).values(**values))


def test_the_bound_of_wilson_is_that_of_the_literature() -> None:
    assert wilson(0, 0) == wilson(0, 7) == 0
    assert wilson(1, 0) / UNIT == pytest.approx(0.2065, abs=1e-4)
    assert wilson(90, 10) / UNIT == pytest.approx(0.8256, abs=1e-4)
    assert wilson(1, 0) < wilson(90, 30) < wilson(900, 300) < wilson(1000, 0) < UNIT


async def test_the_surely_good_come_first_at_every_level(newsroom: Newsroom, reader: Client, discussion: Any, roots: list[Wire]) -> None:
    replies = [await discussion.post(roots[0], f"reply {number}") for number in range(4)]
    await score(newsroom, {roots[1]["id"]: (40, 8), roots[5]["id"]: (2, 0), roots[6]["id"]: (0, 9), replies[2]["id"]: (3, 1)})

    found = await reader.all_pages(f"{discussion.address}?sort=best&limit=2")
    below = await reader.all_pages(f"{REPLIES.format(roots[0]['id'])}?sort=best&limit=3")

    ids = names(roots)
    assert names(found) == [ids[1], ids[5], ids[6], ids[4], ids[3], ids[2], ids[0]]
    assert names(below) == [replies[number]["id"] for number in (2, 3, 1, 0)]
    assert names(await reader.all_pages(f"{REPLIES.format(roots[0]['id'])}?limit=3&sort=newest")) == names(replies)[::-1]


async def test_a_flat_list_holds_every_comment_in_time(reader: Client, discussion: Any, roots: list[Wire], line: list[Wire]) -> None:
    oldest = await reader.all_pages(f"{discussion.address}?mode=flat&sort=oldest&limit=4")
    newest = await reader.all_pages(f"{discussion.address}?mode=flat&limit=5")

    assert len(oldest) == await discussion.count() == 19
    assert names(newest) == names(oldest)[::-1]
    assert names(oldest)[:7] == names(roots)
    assert all(comment["replies"]["data"] == [] for comment in oldest)
    refused = await reader.get(f"{discussion.address}?mode=flat&sort=best")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "sort")


async def walked(reader: Client, address: str, cursor: str | None, way: str) -> list[Wire]:
    """What stands behind a cursor, or before it, in the order of the list."""
    found: list[Wire] = []
    while cursor is not None:
        answer = (await reader.get(f"{address}&cursor={cursor}")).json()
        found = [*found, *answer["data"]] if way == "next_cursor" else [*answer["data"], *found]
        cursor = answer["page"][way]
        assert answer["page"]["has_more"] or way == "next_cursor"
    return found


@pytest.mark.parametrize("votes", [(5, 0), (0, 0)])
async def test_a_comment_that_is_voted_for_meanwhile_is_not_its_own_neighbour(
    newsroom: Newsroom, discussion: Any, roots: list[Wire], votes: tuple[int, int]
) -> None:
    await score(newsroom, {roots[3]["id"]: (2, 0)})
    article, wanted = ids.decode("art", discussion.article["id"]), uuid_of(roots[3]["id"])
    assert article is not None
    async with newsroom.database.reading() as session:
        middle = (await threads.line_to(session, article, wanted))[0]
    await score(newsroom, {roots[3]["id"]: votes})

    async with newsroom.database.reading() as session:
        before, after, _ = await threads._neighbours(session, threads.Listing(article, sort="best"), middle, 20, None, 0)

    assert {row.id for row in (*before, *after)} == {uuid_of(one["id"]) for one in roots} - {wanted}


@pytest.mark.parametrize("query", ["sort=newest", "sort=oldest", "sort=best", "mode=flat", "mode=flat&sort=oldest"])
async def test_what_is_around_a_comment_leads_on_either_way(
    newsroom: Newsroom, reader: Client, discussion: Any, roots: list[Wire], line: list[Wire], query: str
) -> None:
    await score(newsroom, {roots[number]["id"]: (number % 3, number % 2) for number in range(7)})
    address = f"{discussion.address}?{query}&limit=3"
    everything = await reader.all_pages(address)

    for wanted in everything[::3]:
        window = (await reader.get(f"{address}&around={wanted['id']}")).json()
        CommentPage.model_validate(window)
        page = window["page"]
        assert wanted["id"] in names(window["data"])
        assert len(window["data"]) == 3
        before = await walked(reader, address, page["previous_cursor"], "previous_cursor")
        after = await walked(reader, address, page["next_cursor"], "next_cursor")
        assert names([*before, *window["data"], *after]) == names(everything)


async def test_a_link_to_a_comment_shows_the_line_down_to_it(
    reader: Client, discussion: Any, roots: list[Wire], line: list[Wire], statements: Statements
) -> None:
    target = line[-1]

    with statements.counted(3):
        window = (await reader.get(f"{discussion.address}?around={target['id']}&limit=3&replies=2")).json()

    assert names(window["data"]) == [roots[number]["id"] for number in (4, 3, 2)]
    at, seen = window["data"][1], []
    while at["id"] != target["id"]:
        seen.append(at["id"])
        (below,), page = at["replies"]["data"], at["replies"]["page"]
        assert page["has_more"]
        assert below["id"] in names((await reader.get(f"{REPLIES.format(at['id'])}?cursor={page['next_cursor']}")).json()["data"])
        at = below
    assert seen == names(line[:-1])
    assert [reply["html"] for reply in at["replies"]["data"]] == ["<p>below 0</p>", "<p>below 1</p>"]
    rest = (await reader.get(f"{REPLIES.format(target['id'])}?cursor={at['replies']['page']['next_cursor']}")).json()["data"]
    assert [reply["html"] for reply in rest] == ["<p>below 2</p>", "<p>below 3</p>"]


async def test_replies_are_shown_around_one_of_them_too(reader: Client, line: list[Wire], statements: Statements) -> None:
    address = f"{REPLIES.format(line[1]['id'])}?limit=1"

    with statements.counted(3):
        window = (await reader.get(f"{address}&around={line[3]['id']}")).json()

    assert names(window["data"]) == [line[2]["id"]]
    assert names(window["data"][0]["replies"]["data"]) == [line[3]["id"]]
    assert window["page"]["previous_cursor"] is not None
    for foreign in (line[0], line[1]):
        assert (await reader.get(f"{address}&around={foreign['id']}")).status_code == 404


async def test_what_a_comment_stands_under(reader: Client, line: list[Wire], statements: Statements) -> None:
    with statements.counted(2):
        above = (await reader.get(f"/v1/comments/{line[-1]['id']}/ancestors")).json()["data"]

    assert names(above) == names(line[:-1])
    assert (await reader.get(f"/v1/comments/{line[0]['id']}/ancestors")).json()["data"] == []


async def test_around_finds_what_readers_see_there_and_nothing_else(
    reader: Client, newsroom: Newsroom, discussion: Any, roots: list[Wire], line: list[Wire]
) -> None:
    other = await newsroom.article()
    await discussion.moderate(line[2], "reject")

    for address in (f"{discussion.address}?around={line[3]['id']}", f"/v1/articles/{other['id']}/comments?around={roots[0]['id']}"):
        answer = await reader.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "comment-not-found"), address
    cursor = (await reader.get(f"{discussion.address}?limit=1")).json()["page"]["next_cursor"]
    assert (await reader.get(f"{discussion.address}?around={roots[0]['id']}&cursor={cursor}")).status_code == 400
    await newsroom.edit(await newsroom.working(discussion.article), comments={"status": "disabled"})
    assert (await reader.get(f"{discussion.address}?around={roots[0]['id']}")).status_code == 404


async def test_every_shape_takes_three_statements_at_most(
    reader: Client, discussion: Any, line: list[Wire], statements: Statements
) -> None:
    for query in ("sort=best", "mode=flat", "mode=flat&sort=oldest"):
        address = f"{discussion.address}?limit=2&{query}"
        with statements.counted(3):
            first = (await reader.get(address)).json()
        with statements.counted(3):
            window = (await reader.get(f"{address}&around={line[2]['id']}")).json()
        for cursor in (first["page"]["next_cursor"], window["page"]["previous_cursor"]):
            with statements.counted(3):
                assert (await reader.get(f"{address}&cursor={cursor}")).status_code == 200


class Arrivals:
    """Comments that arrive, and vanish, while somebody reads."""

    def __init__(self, discussion: Any, chance: random.Random) -> None:
        self.discussion, self.chance = discussion, chance
        self.stayed: dict[str, Wire] = {}

    async def post(self) -> None:
        parent = self.chance.choice([None, *self.stayed.values()])
        comment = await self.discussion.post(parent)
        self.stayed[comment["id"]] = comment

    async def hide(self) -> None:
        """Hide one without replies: what stands below it would go with it."""
        alone = [one for one in self.stayed.values() if not any(other["parent"] == one["id"] for other in self.stayed.values())]
        if len(alone) > 1:
            gone = self.chance.choice(alone)
            del self.stayed[gone["id"]]
            await self.discussion.moderate(gone, "reject")

    async def happen(self) -> None:
        await (self.post() if self.chance.random() < 0.6 else self.hide())


async def read_while(reader: Client, address: str, arrivals: Arrivals) -> list[str]:
    """Every id of a list, with something happening between its pages."""
    found, cursor = [], ""
    while True:
        page = (await reader.get(f"{address}{cursor and f'&cursor={cursor}'}")).json()
        found += names(page["data"])
        if not page["page"]["has_more"]:
            return found
        cursor = page["page"]["next_cursor"]
        await arrivals.happen()


@by_chance(examples=3)
async def test_pages_together_are_what_was_there_all_the_while(open_discussion: Any, chance: random.Random) -> None:
    """Whatever arrives or goes while somebody turns the pages, what stays is met once, and nothing is met that is hidden."""
    async with open_discussion() as discussion:
        reader, arrivals = discussion.newsroom.client(None), Arrivals(discussion, chance)
        for _ in range(12):
            await arrivals.post()
        for sort in ("newest", "oldest"):
            for shape in ("mode=flat", "mode=tree&replies=0"):
                before = set(arrivals.stayed)
                found = await read_while(reader, f"{discussion.address}?{shape}&sort={sort}&limit={chance.randint(2, 4)}", arrivals)
                stayed = [one for one in before & set(arrivals.stayed) if shape == "mode=flat" or arrivals.stayed[one]["depth"] == 0]
                assert len(found) == len(set(found))
                assert set(stayed) <= set(found)
        listed = await everything(reader, discussion.address)
        flat = names(await reader.all_pages(f"{discussion.address}?mode=flat&limit=3"))
        assert sorted(listed) == sorted(flat) == sorted(arrivals.stayed)
        assert len(flat) == await discussion.count()


async def everything(reader: Client, address: str) -> Sequence[str]:
    """Every comment that is reached through the lists of replies."""
    found: list[str] = []
    for comment in await reader.all_pages(f"{address}?limit=3&replies=0"):
        found += [comment["id"], *await everything(reader, REPLIES.format(comment["id"]))]
    return found
