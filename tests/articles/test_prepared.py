"""What was prepared when an article was published says what its record says, byte for byte, whatever moved since."""

from itertools import pairwise, permutations

import pytest
from pydantic_core import to_json
from sqlalchemy import update

from app.articles import schemas
from app.articles.models import Publication
from app.articles.shown import names as book
from app.articles.shown.preparing import prepare_missing
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names

BODY = [
    {"type": "paragraph", "html": "Łódź, 東京 &amp; <em>“quotes”</em>"},
    {"type": "heading", "level": 2, "text": 'A "heading"\\ with / signs'},
    {"type": "list", "items": ["one", "two"]},
]


async def rich(newsroom: Newsroom) -> Wire:
    """An article with everything that an article can have."""
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", parent=world["id"])
    sport = await newsroom.section("Sport")
    authors = [await newsroom.author(name) for name in ("Ana Ruiz", 'Ben "B" Holm')]
    tags = [await newsroom.tag(name) for name in ("Rail", "Ferries")]
    return await newsroom.article(
        headline='“Ferry” \\ "back"', kicker="K", dek="D", standfirst="S", byline="B", location="L", rights="R", body=BODY,
        section=europe["id"], other_sections=[sport["id"]], tags=[tag["id"] for tag in tags],
        authors=[authors[0]["id"], {"author": authors[1]["id"], "role": "photo"}], seo={"title": "T"},
        source={"name": "Wire"}, lead_image={"url": "https://images.example.org/a.jpg", "alt": "A", "width": 3},
        published_at="1987-02-28T16:15:00Z", canonical_url="https://example.org/a",
    )  # fmt: skip


async def assert_bytes_are_the_record(reader: Client, address: str) -> Wire:
    """The answer is exactly what the schema would write of it."""
    answer = await reader.get(address)
    model = schemas.ArticlePage if address == "/v1/articles" else schemas.Article
    assert answer.content == to_json(model.model_validate_json(answer.content).model_dump(mode="json"))
    found: Wire = answer.json()["data"][0] if address == "/v1/articles" else answer.json()
    return found


async def test_the_prepared_bytes_are_those_of_the_schema_and_move_with_every_name(newsroom: Newsroom, reader: Client) -> None:
    article = page = await rich(newsroom)
    for change in (
        None,
        ("/v1/sections/world", {"name": "Wörld", "slug": "wide"}),
        ("/v1/sections/europe", {"parent": None}),
        ("/v1/authors/ana-ruiz", {"name": "Ana R."}),
        ("/v1/tags/rail", {"slug": "rails"}),
    ):
        if change is not None:
            assert (await newsroom.desk.patch(*change, If_Match="*")).status_code == 200
        page = await assert_bytes_are_the_record(reader, f"/v1/articles/{article['id']}")
        item = await assert_bytes_are_the_record(reader, "/v1/articles")
        draft = await newsroom.working(article)
        assert {name: page[name] for name in item} == item
        assert {name: draft[name] for name in page if name != "highlight"} == {name: page[name] for name in page if name != "highlight"}

    assert page["path"].startswith("/europe/")
    assert page["section"]["name"] == "Europe"
    assert [author["name"] for author in page["authors"]] == ["Ana R.", 'Ben "B" Holm']


async def test_a_merge_rewrites_what_it_touches(newsroom: Newsroom, reader: Client) -> None:
    article = await rich(newsroom)

    assert (await newsroom.desk.delete("/v1/tags/rail?move_to=ferries", If_Match="*")).status_code == 204
    assert (await newsroom.desk.delete("/v1/sections/europe?move_to=sport", If_Match="*")).status_code == 204

    page = await assert_bytes_are_the_record(reader, f"/v1/articles/{article['id']}")
    assert [tag["slug"] for tag in page["tags"]] == ["ferries"]
    assert (page["section"]["slug"], page["other_sections"]) == ("sport", [])


async def test_a_rename_writes_one_row_however_many_articles_show_it(newsroom: Newsroom, statements: Statements) -> None:
    section = await newsroom.section("World")
    for _ in range(5):
        await newsroom.article(section=section["id"])

    statements.seen.clear()
    assert (await newsroom.desk.patch("/v1/sections/world", {"name": "Globe"}, If_Match="*")).status_code == 200

    assert not [statement for statement in statements.seen if statement.startswith(("UPDATE publications", "INSERT INTO publications"))]


async def test_what_an_older_version_published_is_prepared_by_migrating_or_when_it_is_met(newsroom: Newsroom, reader: Client) -> None:
    article = await rich(newsroom)
    before = (await reader.get(f"/v1/articles/{article['id']}")).content
    unprepared = update(Publication).values(item="", outline="", refs="")

    async with newsroom.database.writing() as session:
        await session.execute(unprepared)
    newsroom.app.state.answers.clear()
    met = (await reader.get(f"/v1/articles/{article['id']}")).content
    async with newsroom.database.writing() as session:
        await session.execute(unprepared)
    migrated = await prepare_missing(newsroom.database)
    newsroom.app.state.answers.clear()

    assert met == before
    assert migrated == 1
    assert (await reader.get(f"/v1/articles/{article['id']}")).content == before


async def test_names_are_looked_up_anew_where_they_are_too_many_to_be_kept(
    newsroom: Newsroom, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "_MOST_TERMS", 2)
    tags = [await newsroom.tag(f"Tag {number}") for number in range(3)]
    articles = [await newsroom.article(tags=[one["slug"], other["slug"]]) for one, other in pairwise(tags)]

    pages = [made(await reader.get(f"/v1/articles/{article['id']}")) for article in articles]

    assert [names(page["tags"], "name") for page in pages] == [[one["name"], other["name"]] for one, other in pairwise(tags)]


async def test_what_articles_show_together_is_let_go_of_with_no_name_that_a_page_needs(
    newsroom: Newsroom, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "_MOST_TERMS", 0)
    monkeypatch.setattr(book, "_MOST_NAMED", 2)
    written = [await newsroom.article(authors=[(await newsroom.author(f"Author {number}"))["id"]]) for number in range(3)]

    for order in permutations(range(3)):
        newsroom.app.state.answers.clear()
        for number in order:
            made(await reader.get(f"/v1/articles/{written[number]['id']}"))
        listed = made(await reader.get("/v1/articles"))["data"]
        assert [one["authors"][0]["name"] for one in listed] == [f"Author {number}" for number in (2, 1, 0)]
