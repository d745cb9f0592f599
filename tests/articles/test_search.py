"""Search: what is found, in which order, and that both databases agree."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.articles.filters import PUBLISHED
from app.articles.models import Publication
from app.articles.shown.searching import Search
from app.articles.working_copy import indexing
from app.body.render import to_text
from app.core import clock, ids, search_index
from app.core.fulltext import indexable
from app.core.search_index import GAP, SearchEntry, places
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def found(client: Client, q: str, more: str = "") -> list[str]:
    """The slugs of what is found, in order."""
    answer = await client.get(f"/v1/articles?q={quote(q)}&limit=100&{more}".strip("&"))
    assert answer.status_code == 200, answer.text
    return names(answer.json()["data"], "slug")


@pytest.fixture
async def archive(newsroom: Newsroom) -> dict[str, Wire]:
    """Ten articles that speak of ferries and talks in different places; each is an hour younger than the one before."""
    ana, ben = await newsroom.author("Ana Łukasiewicz"), await newsroom.author("Ferry Corsten")
    strikes, ferries = await newsroom.tag("Strikes"), await newsroom.tag("Ferries")
    told: dict[str, Wire] = {
        "body": {"headline": "Weather", "body": {"format": "text", "content": "The ferry sails at nine."}},
        "title": {"headline": "Ferry sails again"},
        "dek": {"headline": "Harbour", "dek": "The ferry is back"},
        "standfirst": {"headline": "Morning", "standfirst": "No ferry today."},
        "kicker": {"headline": "Evening", "kicker": "Ferry"},
        "tag": {"headline": "Wages", "tags": [strikes["id"], ferries["id"]]},
        "author": {"headline": "Music", "authors": [ben["id"]]},
        "title-2": {
            "headline": "The last ferries",
            "authors": [ana["id"]],
            "body": {"format": "text", "content": "A strike is called off."},
        },
        "accents": {"headline": "Café Öresund", "body": {"format": "text", "content": "Peace talks began in Minsk; the Red Cross came."}},
        "other": {
            "headline": "Cross winds",
            "body": {"format": "text", "content": "Red sails, no talk of peace, Kyiv waits. Covid-19 too."},
        },
    }
    articles = {}
    for hour, (slug, fields) in enumerate(told.items()):
        with clock.stopped_at(T + hour * HOUR):
            articles[slug] = await newsroom.article(slug=slug, **fields)
    return articles


ANSWERS = {
    "ferry": ["title-2", "title", "author", "tag", "kicker", "standfirst", "dek", "body"],
    "FERRIES": ["title-2", "title", "author", "tag", "kicker", "standfirst", "dek", "body"],
    "ferry sails": ["title", "body"],
    '"ferry sails"': ["title", "body"],
    '"sails ferry"': [],
    '"winds red"': [],
    '"harbour the"': [],
    "ferry -strike": ["title", "author", "kicker", "standfirst", "dek", "body"],
    "minsk OR kyiv": ["other", "accents"],
    "peace talks": ["other", "accents"],
    '"peace talks"': ["accents"],
    '"red cross"': ["accents"],
    '"red cross" OR sailing': ["title", "other", "accents", "body"],
    "cafe": ["accents"],
    "CAFÉ oresund": ["accents"],
    "lukasiewicz": ["title-2"],
    "Ana Łukasiewicz ferry": ["title-2"],
    "strikes": ["tag", "title-2"],
    "striking": ["tag", "title-2"],
    "covid-19": ["other"],
    "covid 19": ["other"],
    "zeppelin": [],
    "ferry zeppelin": [],
    "it's": [],
}


async def test_what_is_found_stands_in_tiers_and_the_newest_first_on_both_databases(
    newsroom: Newsroom, reader: Client, archive: dict[str, Wire]
) -> None:
    """One table of answers for SQLite and PostgreSQL: title before lead before text, then the newest."""
    answers = {}
    with clock.stopped_at(T + 99 * HOUR):
        for q in ANSWERS:
            answers[q] = await found(reader, q)

    assert answers == ANSWERS


async def test_any_text_is_a_question_or_is_refused(newsroom: Newsroom, reader: Client, archive: dict[str, Wire]) -> None:
    """Nothing that means something to a database may reach one."""
    strange = [
        '"',
        "'",
        "a:b*",
        "(ferry",
        "ferry)",
        "NEAR(a b)",
        "title:ferry",
        "ferry & !sails",
        "a|b",
        "-",
        "OR",
        "--",
        "%",
        "\\",
        "ferry:*",
        "💥",
        "^a",
    ]

    statuses = {q: (await reader.http.get("/v1/articles", params={"q": q})).status_code for q in [*strange, "x " * 240, "ferry" * 90]}

    assert set(statuses.values()) <= {200, 400}, statuses
    assert statuses["(ferry"] == statuses["ferry)"] == 200
    assert statuses["-"] == 400


async def test_a_search_can_be_filtered_sorted_and_paged(newsroom: Newsroom, reader: Client, archive: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 99 * HOUR):
        by_tag = await found(reader, "ferry", "tag=ferries")
        oldest = await found(reader, "ferry", "sort=published_at")
        turned = await found(reader, "ferry", "sort=relevance")
        paged = names(await reader.all_pages("/v1/articles?q=ferry&limit=3"), "slug")

    assert by_tag == ["tag"]
    assert oldest == ["body", "title", "dek", "standfirst", "kicker", "tag", "author", "title-2"]
    assert turned == ANSWERS["ferry"][::-1]
    assert paged == ANSWERS["ferry"]


async def test_where_it_was_found_is_marked_and_nothing_else_is_markup(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.article(headline="Ferries & <b>trains</b>", dek="No ferry", standfirst="Nothing here")

    marked = (await reader.get("/v1/articles?q=ferry&highlight=true")).json()["data"][0]["highlight"]
    plain = (await reader.get("/v1/articles?q=ferry")).json()["data"][0]["highlight"]

    assert marked == {"headline": "<mark>Ferries</mark> &amp; &lt;b&gt;trains&lt;/b&gt;", "dek": "No <mark>ferry</mark>"}
    assert plain is None


async def test_a_renamed_author_or_tag_is_found_by_the_new_name(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    author, tag = await newsroom.author("Ana Ruiz"), await newsroom.tag("Rail")
    await newsroom.article(slug="mine", dek="A dek", authors=[author["id"]], tags=[tag["id"]])

    made(await editor.patch(f"/v1/authors/{author['id']}", {"name": "Ana Ortiz"}, If_Match="*"))
    made(await editor.patch(f"/v1/tags/{tag['id']}", {"name": "Trains"}, If_Match="*"))

    assert [await found(reader, q) for q in ("ortiz trains dek", "ruiz", "rail")] == [["mine"], [], []]
    drafts = await editor.get("/v1/articles?view=draft&q=ortiz%20trains")
    assert names(drafts.json()["data"], "slug") == ["mine"]


async def test_a_merged_tag_is_found_by_the_name_of_its_heir(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    old, new = await newsroom.tag("Railways"), await newsroom.tag("Trains")
    await newsroom.article(slug="mine", tags=[old["id"]])

    answer = await editor.delete(f"/v1/tags/{old['id']}?move_to={new['id']}", If_Match="*")

    assert answer.status_code == 204
    assert [await found(reader, q) for q in ("trains", "railways")] == [["mine"], []]


async def test_readers_search_what_is_published_and_nothing_else(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article(headline="Zebra", slug="zebra")

    edited = await newsroom.edit(article, headline="Giraffe", body={"format": "text", "content": "Okapi"})

    assert [await found(reader, q) for q in ("zebra", "giraffe", "okapi")] == [["zebra"], [], []]
    assert names((await editor.get("/v1/articles?view=draft&q=giraffe%20okapi")).json()["data"]) == [article["id"]]
    assert (await editor.get("/v1/articles?view=draft&q=zebra")).json()["data"] == []
    published = await newsroom.publish(edited)
    assert [await found(reader, q) for q in ("zebra", "giraffe", "okapi")] == [[], ["zebra"], ["zebra"]]
    made(await editor.post(f"/v1/articles/{article['id']}/unpublish", If_Match=f'"{published["version"]}"'))
    assert [await found(reader, q) for q in ("zebra", "giraffe", "okapi")] == [[], [], []]


async def test_a_publication_is_entered_with_the_words_of_the_working_copy_as_it_is(newsroom: Newsroom) -> None:
    """They are copied, and not made again: what edits, renamed authors and other tags left there must be what the text says."""
    author, tag = await newsroom.author("Ána Ruiz"), await newsroom.tag("Rail")
    body = [
        {"type": "paragraph", "html": "Ferries <b>run</b> late, o’Neill’s too: " + "日本 " * 3},
        {"type": "code", "text": "x = covid-19"},
    ]
    article = await newsroom.draft(headline="Harbours", kicker="Sea", dek="Élan", authors=[author["id"]], tags=[tag["id"]], body=body)
    made(await newsroom.desk.patch(f"/v1/authors/{author['id']}", {"name": "Ana Ruíz Gómez"}, If_Match="*"))
    article = await newsroom.edit(article, standfirst="Later than ever.", body=[*body, {"type": "heading", "level": 2, "text": "Évening"}])

    await newsroom.publish(article)

    async with newsroom.database.reading() as session:
        shown = (await session.scalars(select(Publication).options(undefer("*")))).one()
        entries = {entry.owner_id: entry for entry in await session.scalars(select(SearchEntry))}
        names = await indexing.names_in(session, PUBLISHED, shown.id)
    draft, public = entries[shown.article_id], entries[shown.id]
    wanted = [indexable(shown.headline), *(f"{GAP} {indexable(text)}" for text in (indexing.lead_of(shown, names), to_text(shown.body)))]
    assert [public.title, public.lead, public.text] == wanted
    assert (draft.title, draft.text, draft.id < 0 <= public.id) == (public.title, public.text, True)


async def test_notes_are_found_by_nobody(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    await newsroom.article(headline="Plain", notes="Okapi")

    assert await found(reader, "okapi") == []
    assert (await editor.get("/v1/articles?view=draft&q=okapi")).json()["data"] == []


async def test_what_is_published_again_stands_where_it_stood_among_others_of_its_moment(newsroom: Newsroom, reader: Client) -> None:
    """Many share a printed date; a new publication of one does not pass those that have another stretch of it."""
    made = [await newsroom.article(headline="Ferry", published_at=T.isoformat()) for _ in range(8)]
    articles = list({places(T, kin_of(article), public=True): article for article in made}.values())
    before = names((await reader.get("/v1/articles?q=ferry")).json()["data"])

    for article in articles[::-1]:
        await newsroom.publish(await newsroom.edit(article, dek="Again"))

    after, apart = names((await reader.get("/v1/articles?q=ferry")).json()["data"]), names(articles)
    assert [one for one in after if one in apart] == [one for one in before if one in apart]


def kin_of(article: Wire) -> UUID:
    found = ids.decode("art", article["id"])
    assert found is not None
    return found


@pytest.mark.parametrize("sort", ["relevance", "-relevance", "published_at", "-published_at"])
async def test_an_article_at_the_end_of_a_page_is_not_shown_again_though_it_is_published_again(
    newsroom: Newsroom, reader: Client, sort: str
) -> None:
    articles = {
        article["id"]: article for article in [await newsroom.article(headline="Ferry", published_at=T.isoformat()) for _ in range(5)]
    }
    query = f"/v1/articles?q=ferry&sort={sort}"
    first = (await reader.get(f"{query}&limit=2")).json()
    last = articles[first["data"][-1]["id"]]

    await newsroom.publish(await newsroom.edit(last, dek="Again"))
    rest = (await reader.get(f"{query}&cursor={first['page']['next_cursor']}")).json()

    assert sorted(names(first["data"] + rest["data"])) == sorted(articles)


async def test_a_search_is_counted_as_it_is_listed(newsroom: Newsroom, reader: Client, archive: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 99 * HOUR):
        totals = {q: (await reader.get(f"/v1/articles?q={quote(q)}&count=exact&limit=1")).json()["page"]["total"] for q in ANSWERS}

    assert totals == {q: len(found) for q, found in ANSWERS.items()}


async def test_a_page_of_a_search_takes_a_statement_for_each_tier_and_one_to_load_it(
    newsroom: Newsroom, reader: Client, archive: dict[str, Wire], statements: Statements
) -> None:
    with clock.stopped_at(T + 99 * HOUR):
        await reader.get("/v1/articles?q=ferry")

        statements.seen.clear()
        await reader.get("/v1/articles?q=ferry&limit=99")

    asked = set(statements.seen)
    assert sum("FROM search_" in statement for statement in asked) == 4  # Three tiers, and that of live updates.
    assert len(asked) <= 6, asked


async def test_a_page_of_which_something_is_taken_down_meanwhile_is_not_the_last(
    newsroom: Newsroom, editor: Client, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a search finds is read by a second statement; a page that came out short of it said that nothing follows."""
    articles = [await newsroom.article(headline="Ferry", slug=f"ferry-{number}") for number in range(4)]
    find, taken = Search.find, list[Response]()

    async def find_what_goes(self: Search, *asked: Any) -> Any:
        found = await find(self, *asked)
        if not taken:
            taken.append(await editor.post(f"/v1/articles/{articles[-1]['id']}/takedown", {"reason": "legal"}, If_Match="*"))
        return found

    monkeypatch.setattr(Search, "find", find_what_goes)

    assert names(await reader.all_pages("/v1/articles?q=ferry&limit=2"), "slug") == ["ferry-2", "ferry-1", "ferry-0"]
    assert made(taken[0])["status"] == "taken_down"


@pytest.mark.parametrize("few", [1, 3, 1_000])
async def test_words_that_must_meet_are_found_alike_however_many_match(
    newsroom: Newsroom, reader: Client, statements: Statements, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Matches that are few are put in order, of many the newest are walked to; nobody who turns pages sees which."""
    for number in range(7):
        fields = [{"headline": f"Red sails {number}"}, {"headline": "Harbour", "standfirst": f"Sails are red {number}"}][number % 2]
        with clock.stopped_at(T + number * HOUR):
            await newsroom.article(slug=f"sails-{number}", **fields)
    monkeypatch.setattr(search_index, "_FEW", few)

    with clock.stopped_at(T + 24 * HOUR):
        at_once = await found(reader, "red sails")
        page_by_page = names(await reader.all_pages("/v1/articles?q=red+sails&limit=2"), "slug")
        phrase = await found(reader, '"red sails"', "sort=published_at")
        total = (await reader.get("/v1/articles?q=red+sails&count=exact")).json()["page"]["total"]

    assert at_once == page_by_page == [f"sails-{number}" for number in (6, 4, 2, 0, 5, 3, 1)]
    looked_up = any(f"LIMIT {few})" in each for each in statements.seen)
    assert looked_up == (newsroom.app.state.database.dialect == "postgresql")
    assert (phrase, total) == ([f"sails-{number}" for number in (0, 2, 4, 6)], 7)
