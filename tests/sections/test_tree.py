"""The site's tree: paths, moves, cycles, aliases, and what may be deleted."""

import asyncio

import pytest
from sqlalchemy import select

from app.sections import queries
from app.sections.models import Section
from app.sections.schemas import section_out
from tests.newsroom import Client, Newsroom, made, names, pointers


async def test_a_section_stands_under_its_parent(newsroom: Newsroom, reader: Client) -> None:
    world = await newsroom.section("World")

    europe = await newsroom.section("Europe", parent=world["id"])

    assert europe["path"] == "/world/europe"
    assert europe["parent"] == {key: world[key] for key in ("id", "name", "slug", "path")}
    assert names(europe["breadcrumbs"], "path") == ["/", "/world", "/world/europe"]
    assert made(await reader.get("/v1/sections/by-path/world/europe"))["id"] == europe["id"]


async def test_moving_a_section_takes_its_subtree_along(newsroom: Newsroom, reader: Client) -> None:
    world, archive = await newsroom.section("World"), await newsroom.section("Archive")
    europe = await newsroom.section("Europe", parent="/world")
    alps = await newsroom.section("Alps", parent="/world/europe")
    article = await newsroom.article(section=alps["id"])

    made(await newsroom.desk.patch(f"/v1/sections/{europe['id']}", {"parent": archive["id"]}, If_Match='"1"'))

    seen = made(await reader.get(f"/v1/articles/{article['id']}"))
    assert seen["path"] == f"/archive/europe/alps/{article['slug']}"
    assert names(seen["breadcrumbs"], "name") == ["Home", "Archive", "Europe", "Alps"]
    assert names(made(await reader.get(f"/v1/articles?section={world['id']}"))["data"]) == []
    assert names(made(await reader.get("/v1/articles?section=archive"))["data"]) == [article["id"]]


async def test_old_paths_lead_to_the_present_ones_in_one_hop(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.section("World")
    europe = await newsroom.section("Europe", parent="/world")
    article = await newsroom.article(section=europe["id"], slug="talks")
    for slug in ("old-world", "older-world", "new-world"):
        made(await newsroom.desk.patch("/v1/sections/" + europe["id"], {"slug": slug}, If_Match="*"))

    for old in ("/world/europe", "/world/old-world", "/world/older-world"):
        section = made(await reader.get(f"/v1/resolve?path={old}"))
        page = made(await reader.get(f"/v1/resolve?path={old}/talks"))

        assert (section["id"], section["canonical_path"], section["moved"]) == (europe["id"], "/world/new-world", True)
        assert (page["id"], page["canonical_path"], page["moved"]) == (article["id"], "/world/new-world/talks", True)
    present = made(await reader.get("/v1/resolve?path=/world/new-world"))
    assert present["moved"] is False


async def test_a_section_cannot_stand_under_itself(newsroom: Newsroom) -> None:
    await newsroom.section("World")
    await newsroom.section("Europe", parent="/world")

    refusals = [await newsroom.desk.patch("/v1/sections/world", {"parent": ref}, If_Match="*") for ref in ("/world", "/world/europe")]

    assert [(refusal.status_code, refusal.json()["code"]) for refusal in refusals] == [(409, "section-cycle")] * 2


async def test_a_former_path_is_not_given_away(newsroom: Newsroom) -> None:
    world = await newsroom.section("World")
    made(await newsroom.desk.patch(f"/v1/sections/{world['id']}", {"slug": "globe"}, If_Match="*"))

    asked = await newsroom.desk.post("/v1/sections", {"name": "Other", "slug": "world"})
    offered = await newsroom.section("World")
    back = await newsroom.desk.patch(f"/v1/sections/{world['id']}", {"slug": "world"}, If_Match="*")

    assert (asked.status_code, asked.json()["code"]) == (409, "slug-taken")
    assert offered["path"] == "/world-2"
    assert made(back)["path"] == "/world"


@pytest.mark.parametrize("slug", ["authors", "tags"])
async def test_addresses_of_our_own_are_reserved(newsroom: Newsroom, slug: str) -> None:
    await newsroom.section("World")

    at_the_top = await newsroom.desk.post("/v1/sections", {"name": "X", "slug": slug})
    below = await newsroom.desk.post("/v1/sections", {"name": "X", "slug": slug, "parent": "/world"})

    assert (at_the_top.status_code, below.status_code) == (409, 201)


async def test_deleting_refuses_while_anything_stands_in_it(newsroom: Newsroom, reader: Client) -> None:
    world, other = await newsroom.section("World"), await newsroom.section("Other")
    child = await newsroom.section("Europe", parent="/world")
    article, draft = await newsroom.article(section="/world"), await newsroom.draft(section="/world", other_sections=["/other"])

    refused = await newsroom.desk.delete(f"/v1/sections/{world['id']}", If_Match="*")
    moved = await newsroom.desk.delete(f"/v1/sections/{world['id']}?move_to=/other", If_Match="*")

    assert (refused.status_code, refused.json()["code"], refused.json()["count"]) == (409, "in-use", 3)
    assert moved.status_code == 204
    assert made(await reader.get(f"/v1/articles/{article['id']}"))["section"]["id"] == other["id"]
    working = await newsroom.working(draft)
    assert (working["section"]["id"], working["other_sections"]) == (other["id"], [])
    assert made(await reader.get(f"/v1/sections/{child['id']}"))["path"] == "/other/europe"
    assert made(await reader.get("/v1/resolve?path=/world"))["canonical_path"] == "/other"


async def test_an_empty_section_can_be_deleted(newsroom: Newsroom, reader: Client) -> None:
    world = await newsroom.section("World")

    gone = await newsroom.desk.delete(f"/v1/sections/{world['id']}", If_Match='"1"')

    assert gone.status_code == 204
    assert (await reader.get(f"/v1/sections/{world['id']}")).status_code == 404


async def test_what_was_once_published_there_does_not_hold_a_section(newsroom: Newsroom) -> None:
    await newsroom.section("World")
    await newsroom.section("Other")
    article = await newsroom.article(section="/world")
    await newsroom.publish(await newsroom.edit(article, section="/other"))

    gone = await newsroom.desk.delete("/v1/sections/world", If_Match="*")

    assert gone.status_code == 204


async def test_a_section_cannot_be_handed_to_its_own_descendant(newsroom: Newsroom) -> None:
    await newsroom.section("World")
    await newsroom.section("Europe", parent="/world")

    refused = await newsroom.desk.delete("/v1/sections/world?move_to=/world/europe", If_Match="*")

    assert (refused.status_code, refused.json()["code"]) == (409, "section-cycle")


async def test_the_tree_nests_in_the_newsrooms_order(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.section("Sport", position=2)
    await newsroom.section("World", position=1)
    await newsroom.section("Europe", parent="/world", position=9)
    await newsroom.section("Asia", parent="/world", position=8)

    tree = made(await reader.get("/v1/sections?tree=true"))["data"]
    flat = await reader.all_pages("/v1/sections?limit=1")

    assert names(tree, "slug") == ["world", "sport"]
    assert names(tree[0]["children"], "slug") == ["asia", "europe"]
    assert names(flat, "path") == ["/sport", "/world", "/world/asia", "/world/europe"]


async def test_an_unknown_parent_is_named_by_pointer(newsroom: Newsroom) -> None:
    answer = await newsroom.desk.post("/v1/sections", {"name": "Europe", "parent": "/nowhere"})

    assert (answer.status_code, pointers(answer)) == (422, {"#/parent"})


async def test_two_moves_cannot_close_a_circle_together(newsroom: Newsroom, reader: Client) -> None:
    """Each of them alone would be sound."""
    for round_number in range(5):
        one, other = await newsroom.section(f"One {round_number}"), await newsroom.section(f"Other {round_number}")

        answers = await asyncio.gather(
            newsroom.desk.patch(f"/v1/sections/{one['id']}", {"parent": other["id"]}, If_Match="*"),
            newsroom.desk.patch(f"/v1/sections/{other['id']}", {"parent": one["id"]}, If_Match="*"),
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409]
    tree = made(await reader.get("/v1/sections?tree=true"))["data"]
    assert len(tree) == 5


async def test_renaming_a_section_shows_at_once_in_its_articles(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.section("World")
    article = await newsroom.article(section="/world")
    before = await reader.get(f"/v1/articles/{article['id']}")

    made(await newsroom.desk.patch("/v1/sections/world", {"name": "The World"}, If_Match="*"))

    after = await reader.get(f"/v1/articles/{article['id']}", If_None_Match=before.headers["etag"])
    assert after.status_code == 200
    assert after.json()["section"]["name"] == "The World"


async def test_an_address_is_kept_even_from_a_section_that_moves_along_with_its_former_owner(newsroom: Newsroom, reader: Client) -> None:
    """`/top/baltic` was Baltic's before it went into Archive; Baltic Two may not come to stand there when their top is renamed back."""
    top = await newsroom.section("Top")
    archive = await newsroom.section("Archive", parent=top["id"])
    baltic = await newsroom.section("Baltic", parent=top["id"])
    await newsroom.desk.patch(f"/v1/sections/{baltic['id']}", {"parent": archive["id"]}, If_Match="*")
    await newsroom.desk.patch(f"/v1/sections/{top['id']}", {"slug": "up"}, If_Match="*")
    await newsroom.section("Baltic Two", parent=top["id"], slug="baltic")

    back = await newsroom.desk.patch(f"/v1/sections/{top['id']}", {"slug": "top"}, If_Match="*")

    assert (back.status_code, back.json()["code"]) == (409, "slug-taken")
    assert (await reader.get("/v1/resolve?path=/top/baltic")).json()["id"] == baltic["id"]


async def test_what_was_deleted_while_a_change_waited_is_not_found(newsroom: Newsroom) -> None:
    """On PostgreSQL the change has read its section before it waits for the tree; on SQLite it waits to begin."""
    section, heir = await newsroom.section("World"), await newsroom.section("Elsewhere")
    tag = await newsroom.tag()

    for path, body in ((f"/v1/sections/{section['id']}", {"name": "Globe"}), (f"/v1/tags/{tag['id']}", {"name": "Trains"})):
        deletions = [newsroom.desk.delete(path, If_Match="*") for _ in range(4)]
        changes = [newsroom.desk.patch(path, body, If_Match="*") for _ in range(4)]
        merges = [newsroom.desk.delete(f"/v1/sections/{heir['id']}?move_to={section['id']}", If_Match="*") for _ in range(2)]
        answers = await asyncio.gather(*deletions, *changes, *merges)
        assert {answer.status_code for answer in answers} <= {200, 204, 404}, [answer.text for answer in answers]
        assert [answer.status_code for answer in answers[:4]].count(204) == 1


async def test_a_section_never_takes_the_address_of_an_article(newsroom: Newsroom, reader: Client) -> None:
    world = await newsroom.section("World")
    article = await newsroom.article(headline="Talks", section=world["id"])
    other = await newsroom.section("Other", parent="/world")

    asked = await newsroom.desk.post("/v1/sections", {"name": "Talks", "slug": "talks", "parent": "/world"})
    renamed = await newsroom.desk.patch(f"/v1/sections/{other['id']}", {"slug": "talks"}, If_Match="*")
    made_up = await newsroom.section("Talks", parent="/world")

    assert [(answer.status_code, answer.json()["code"]) for answer in (asked, renamed)] == [(409, "slug-taken")] * 2
    assert made_up["path"] == "/world/talks-2"
    assert made(await reader.get("/v1/resolve?path=/world/talks"))["id"] == article["id"]


@pytest.mark.parametrize("former", [False, True])
async def test_what_an_heir_takes_over_stands_where_no_section_does(newsroom: Newsroom, reader: Client, former: bool) -> None:
    """Readers see it under another slug than its working copy has by now."""
    for name in ("World", "Other"):
        await newsroom.section(name)
    talks = await newsroom.section("Talks", parent="/other")
    if former:
        made(await newsroom.desk.patch(f"/v1/sections/{talks['id']}", {"slug": "talked"}, If_Match="*"))
    article = await newsroom.article(slug="talks", section="/world")
    await newsroom.edit(article, slug="summit")

    refused = await newsroom.desk.delete("/v1/sections/world?move_to=/other", If_Match="*")

    assert (refused.status_code, refused.json()["code"]) == (409, "slug-taken")
    assert made(await reader.get("/v1/resolve?path=/other/talks"))["id"] == talks["id"]
    assert made(await reader.get(f"/v1/articles/{article['id']}"))["path"] == "/world/talks"


async def test_a_tree_that_is_changed_while_it_is_read_is_read_again(newsroom: Newsroom, editor: Client) -> None:
    world = await newsroom.section("World")
    await newsroom.section("Europe", parent=world["id"])

    async with newsroom.database.reading() as session:
        found = (await session.scalars(select(Section))).all()
        made(await editor.patch(f"/v1/sections/{world['id']}", {"slug": "planet"}, If_Match="*"))
        around = await queries.ancestors_of(session, found)
        ways = {crumb["path"] for section in found for crumb in section_out(section, around)["breadcrumbs"]}

    assert ways in ({"/", "/planet", "/planet/europe"}, {"/", "/world", "/world/europe"})
