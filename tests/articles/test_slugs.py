"""An article's address: made once, changed at will, and the old one leads on for ever."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock
from app.core.refs import MAX_SLUG
from tests.newsroom import Client, Newsroom, OpenNewsroom, Wire, by_chance, made, pointers

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)


async def resolved(reader: Client, path: str) -> Wire | None:
    """Where the path leads, or None."""
    answer = await reader.get(f"/v1/resolve?path={path}")
    assert answer.status_code in {200, 404}, answer.text
    found: Wire = answer.json()
    return found if answer.status_code == 200 else None


async def test_a_slug_is_made_from_the_headline_in_ascii(newsroom: Newsroom) -> None:
    headlines = {
        "Delegations meet at the border": "delegations-meet-at-the-border",
        "  “Łódź’s café” — 3,5 % Öl!  ": "lodzs-cafe-3-5-ol",
        "Переговоры в Минске": "peregovory-v-minske",
        "会谈": "huitan",
        "¿?": "untitled",
    }

    slugs = {headline: (await newsroom.draft(headline=headline))["slug"] for headline in headlines}

    assert slugs == headlines


async def test_a_slug_is_short_unique_and_cut_between_words(newsroom: Newsroom) -> None:
    headline = "A headline that goes on and on " * 10

    slugs = [(await newsroom.draft(headline=headline))["slug"] for _ in range(12)]

    assert len(set(slugs)) == 12
    assert max(map(len, slugs)) <= MAX_SLUG
    assert slugs[1:] == [f"{slugs[0]}-{number}" for number in range(2, 13)]
    assert set(slugs[0].split("-")) == set(headline.lower().split())


async def test_the_slug_does_not_follow_the_headline(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(headline="First thoughts")

    edited = await newsroom.edit(draft, headline="Second thoughts")

    assert edited["slug"] == "first-thoughts"


async def test_a_changed_slug_leaves_the_old_address_leading_to_the_new(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.section("World")
    article = await newsroom.article(slug="old-slug", section="world")

    await newsroom.publish(await newsroom.edit(article, slug="new-slug"))

    leads = {"type": "article", "id": article["id"], "canonical_path": "/world/new-slug"}
    assert await resolved(reader, "/world/old-slug") == {**leads, "moved": True}
    assert await resolved(reader, "/world/new-slug/") == {**leads, "moved": False}
    by_old, by_new = await reader.get("/v1/articles/old-slug"), await reader.get("/v1/articles/new-slug")
    assert by_old.json() == by_new.json()
    assert by_old.json()["slug"] == "new-slug"


async def test_a_new_slug_holds_for_readers_from_its_publication_on(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article(slug="old-slug")

    await newsroom.edit(article, slug="new-slug")

    assert (await reader.get("/v1/articles/new-slug")).status_code == 404
    assert await resolved(reader, "/new-slug") is None
    assert (await reader.get("/v1/articles/old-slug")).json()["slug"] == "old-slug"
    assert (await editor.get("/v1/articles/new-slug?view=draft")).json()["id"] == article["id"]
    assert (await editor.get("/v1/articles/old-slug?view=draft")).json()["id"] == article["id"]


async def test_a_scheduled_slug_leads_nowhere_before_its_moment(newsroom: Newsroom, reader: Client) -> None:
    draft = await newsroom.draft(slug="old-slug")
    with clock.stopped_at(T - timedelta(hours=2)):
        article = await newsroom.publish(draft)
        await newsroom.publish(await newsroom.edit(article, slug="new-slug"), at="2031-05-01T12:00:00Z")

    found = {}
    for name, moment in (("before", T - timedelta(seconds=1)), ("at", T)):
        with clock.stopped_at(moment):
            found[name] = [await resolved(reader, path) for path in ("/old-slug", "/new-slug")]

    old, new = found["before"]
    assert (old and old["canonical_path"], new) == ("/old-slug", None)
    assert [lead and lead["canonical_path"] for lead in found["at"]] == ["/new-slug"] * 2


async def test_a_moved_section_takes_its_articles_along_in_one_hop(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    world, archive = await newsroom.section("World"), await newsroom.section("Archive")
    europe = await newsroom.section("Europe", parent=world["id"])
    article = await newsroom.article(slug="talks", section=europe["id"])

    made(await editor.patch(f"/v1/sections/{europe['id']}", {"parent": archive["id"], "slug": "old-europe"}, If_Match="*"))
    made(await editor.patch(f"/v1/sections/{archive['id']}", {"slug": "vault"}, If_Match="*"))

    for path in ("/world/europe/talks", "/archive/old-europe/talks"):
        found = await resolved(reader, path)
        assert found == {"type": "article", "id": article["id"], "canonical_path": "/vault/old-europe/talks", "moved": True}
    assert (await reader.get("/v1/articles/talks")).json()["path"] == "/vault/old-europe/talks"


@pytest.mark.parametrize("withdraw", [False, True])
async def test_a_retired_slug_is_given_to_nobody_else(newsroom: Newsroom, editor: Client, withdraw: bool) -> None:
    article = await newsroom.article(slug="retired", headline="Retired")
    moved = await newsroom.publish(await newsroom.edit(article, slug="present"))
    if withdraw:
        await editor.post(f"/v1/articles/{moved['id']}/unpublish", If_Match="*")
    other = await newsroom.draft()

    created = await editor.post("/v1/articles", {"headline": "New", "slug": "retired"})
    renamed = await editor.patch(f"/v1/articles/{other['id']}", {"slug": "retired"}, If_Match="*")
    taken = await editor.patch(f"/v1/articles/{other['id']}", {"slug": "present"}, If_Match="*")

    assert [(answer.status_code, answer.json()["code"], pointers(answer)) for answer in (created, renamed, taken)] == [
        (409, "slug-taken", {"#/slug"})
    ] * 3
    assert await newsroom.working(other) == other
    assert (await newsroom.draft(headline="Retired"))["slug"] == "retired-2"
    assert (await newsroom.edit(await newsroom.working(article), slug="retired"))["slug"] == "retired"


async def test_a_slug_that_readers_never_saw_is_free_again(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(slug="first")
    with clock.stopped_at(T):
        scheduled = await newsroom.publish(draft, at="2031-06-01T12:00:00Z")
        held = await editor.post("/v1/articles", {"headline": "Other", "slug": "first"})
        made(await editor.post(f"/v1/articles/{draft['id']}/unpublish", If_Match=f'"{scheduled["version"]}"'))
    await newsroom.edit(await newsroom.working(draft), slug="second")

    freed = await editor.post("/v1/articles", {"headline": "Other", "slug": "first"})

    assert (held.status_code, freed.status_code) == (409, 201)


async def test_the_slug_of_a_deleted_article_stays_its_own(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article(slug="mine")
    await editor.delete(f"/v1/articles/{article['id']}", If_Match="*")

    other = await editor.post("/v1/articles", {"headline": "Other", "slug": "mine"})

    assert (other.status_code, other.json()["code"]) == (409, "slug-taken")
    assert made(await editor.post(f"/v1/articles/{article['id']}/restore", If_Match="*"))["slug"] == "mine"


async def test_an_article_does_not_take_the_address_of_a_section(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", parent=world["id"])
    made(await editor.patch(f"/v1/sections/{europe['id']}", {"slug": "eu"}, If_Match="*"))
    elsewhere = await newsroom.draft(slug="europe")

    asked = [await editor.post("/v1/articles", {"headline": "EU", "slug": slug, "section": "world"}) for slug in ("eu", "europe-2")]
    moved = await editor.patch(f"/v1/articles/{elsewhere['id']}", {"section": "world"}, If_Match="*")
    unasked = await newsroom.article(headline="EU", section="world")

    assert [(answer.status_code, answer.json().get("code")) for answer in (*asked, moved)] == [
        (409, "slug-taken"),
        (201, None),
        (409, "slug-taken"),
    ]
    assert unasked["path"] == "/world/eu-2"
    found = await resolved(reader, "/world/eu")
    assert found is not None
    assert found["type"] == "section"


async def test_a_path_that_was_never_an_address_leads_nowhere(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(slug="talks")

    assert await resolved(reader, f"/nowhere/{article['slug']}") is None
    assert await resolved(reader, "/nothing") is None


async def test_a_front_end_may_ask_for_whatever_a_reader_asked_it_for(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.article(slug="talks")

    for impossible in (
        "",
        "/",
        "/Talks",
        "/wp-login.php",
        "/talks?page=2",
        "/a//talks",
        "/a b",
        "https://example.org/talks",
    ):
        answer = await reader.get(f"/v1/resolve?path={impossible}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), impossible


class Site:
    """Renames and moves at random, and remembers every address that readers ever saw."""

    def __init__(self, newsroom: Newsroom, dice: random.Random) -> None:
        self.newsroom = newsroom
        self.dice = dice
        self.names = ["a", "b", "c", "d", "e"]
        self.sections: list[Wire] = []
        self.articles: list[Wire] = []
        self.seen: dict[str, str] = {}

    async def open(self) -> None:
        for number in range(3):
            self.sections.append(await self.newsroom.section(f"S{number}", slug=f"in-{self.names[number]}"))
        for _ in range(3):
            self.articles.append(await self.newsroom.article(section=self.dice.choice(self.sections)["id"]))

    async def step(self) -> None:
        """One change, refused or not."""
        editor, dice = self.newsroom.desk, self.dice
        article, section = dice.choice(self.articles), dice.choice(self.sections)
        path = f"/v1/articles/{article['id']}"
        match dice.randrange(5):
            case 0:
                await editor.patch(path, {"slug": dice.choice(self.names)}, If_Match="*")
            case 1:
                await editor.patch(path, {"section": dice.choice([section["id"], None])}, If_Match="*")
            case 2:
                await editor.patch(f"/v1/sections/{section['id']}", {"slug": f"in-{dice.choice(self.names)}"}, If_Match="*")
            case 3:
                parent = dice.choice([None, *(other["id"] for other in self.sections)])
                await editor.patch(f"/v1/sections/{section['id']}", {"parent": parent}, If_Match="*")
            case _:
                made(await editor.post(f"{path}/publish", If_Match="*"))

    async def look(self) -> dict[str, str]:
        """The address of every article, by id; each is remembered."""
        listed = (await self.newsroom.client(None).get("/v1/articles?limit=100")).json()["data"]
        here = {article["id"]: article["path"] for article in listed}
        for identity, path in here.items():
            assert self.seen.setdefault(path, identity) == identity, f"{path} was given to another"
        return here


@by_chance(examples=5)
async def test_whatever_is_renamed_and_moved_every_old_address_leads_on_in_one_hop(
    open_newsroom: OpenNewsroom, chance: random.Random
) -> None:
    async with open_newsroom() as newsroom:
        reader, site = newsroom.client(None), Site(newsroom, chance)
        await site.open()

        for _ in range(14):
            await site.step()
            await site.look()

        here = await site.look()
        assert len(here) == len(site.articles)
        for path, identity in site.seen.items():
            found = await resolved(reader, path)
            assert found == {"type": "article", "id": identity, "canonical_path": here[identity], "moved": path != here[identity]}
            slug = path.rpartition("/")[2]
            assert (await reader.get(f"/v1/articles/{slug}")).json()["path"] == here[identity]


async def test_an_address_of_our_own_is_no_slug(newsroom: Newsroom) -> None:
    asked = await newsroom.desk.post("/v1/articles", {"headline": "Any", "slug": "by-source"})
    made_up = await newsroom.draft(headline="By source")

    assert (asked.status_code, asked.json()["code"]) == (409, "slug-taken")
    assert made_up["slug"] == "by-source-2"
