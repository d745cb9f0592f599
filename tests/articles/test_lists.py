"""Lists: every filter and sort, pages, shapes, and what they cost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.articles import schemas
from app.articles.shown import walks
from app.core import clock
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def paper(newsroom: Newsroom) -> dict[str, Wire]:
    """Four published articles, the newest last, that differ in everything that can be asked for."""
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", parent=world["id"])
    await newsroom.section("Sport")
    for author in ("Ana Ruiz", "Ben Okri"):
        await newsroom.author(author)
    for tag in ("Rail", "Harbour"):
        await newsroom.tag(tag)
    told: dict[str, dict[str, Any]] = {
        "one": {"section": "world", "authors": ["ana-ruiz"], "tags": ["rail"], "genre": "news", "source": {"name": "NSA"}},
        "two": {"section": europe["id"], "authors": ["ben-okri"], "tags": ["rail", "harbour"], "genre": "opinion", "kind": "video"},
        "three": {"section": "sport", "other_sections": ["world"], "authors": ["ana-ruiz", "ben-okri"], "language": "es"},
        "four": {"genre": "analysis", "kind": "gallery", "source": {"name": "Le Fil, Paris"}},
    }
    found = {}
    for day, (name, fields) in enumerate(told.items()):
        with clock.stopped_at(T + day * DAY):
            found[name] = await newsroom.article(headline=name, slug=name, **fields)
    return found


async def slugs(client: Client, query: str) -> list[str]:
    """What is found, in order."""
    answer = await client.get(f"/v1/articles?{query}")
    assert answer.status_code == 200, answer.text
    return names(answer.json()["data"], "slug")


FILTERS = {
    "section=world": {"one", "two", "three"},
    "section=/world": {"one", "two", "three"},
    "section=world&descendants=false": {"one", "three"},
    "section=/world/europe": {"two"},
    "section=europe,sport": {"two", "three"},
    "section[ne]=world": {"four"},
    "section[ne]=world&descendants=false": {"two", "four"},
    "tag=rail": {"one", "two"},
    "tag=harbour,rail": {"one", "two"},
    "tag[ne]=harbour": {"one", "three", "four"},
    "author=ana-ruiz": {"one", "three"},
    "author[ne]=ana-ruiz": {"two", "four"},
    "author=ana-ruiz&author[ne]=ben-okri": {"one"},
    "kind=article": {"one", "three"},
    "kind=video,gallery": {"two", "four"},
    "kind[ne]=article": {"two", "four"},
    "genre=news": {"one", "three"},
    "genre[ne]=news,opinion": {"four"},
    "language=es": {"three"},
    "language[ne]=es": {"one", "two", "four"},
    "source=NSA": {"one"},
    "source[ne]=NSA": {"two", "three", "four"},
    "published_at[gte]=2031-05-02T12:00:00Z": {"two", "three", "four"},
    "published_at[gt]=2031-05-02T14:00:00%2B02:00": {"three", "four"},
    "published_at[lte]=2031-05-02T12:00:00Z": {"one", "two"},
    "published_at[lt]=2031-05-02T12:00:00Z": {"one"},
    "first_published_at[gt]=2031-05-02T12:00:00Z&updated_at[lt]=2031-05-04T12:00:00Z": {"three"},
    "section=world&tag=rail&genre=opinion": {"two"},
    "genre=poetry": set(),
}


async def test_every_filter_finds_what_it_says_in_both_views(
    newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire]
) -> None:
    with clock.stopped_at(T + 9 * DAY):
        public = {query: set(await slugs(reader, query)) for query in FILTERS}
        working = {query: set(await slugs(editor, f"{query}&view=draft")) for query in FILTERS if "_at[" not in query}

    assert public == FILTERS
    assert working == {query: FILTERS[query] for query in working}


async def test_a_filter_takes_ids_and_former_addresses(newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire]) -> None:
    two = paper["two"]
    made(await editor.patch("/v1/tags/harbour", {"slug": "port"}, If_Match="*"))
    made(await editor.patch("/v1/sections/europe", {"slug": "eu"}, If_Match="*"))

    with clock.stopped_at(T + 9 * DAY):
        found = [
            await slugs(reader, query)
            for query in (
                f"tag={two['tags'][1]['id']}",
                "tag=harbour",
                "tag=port",
                f"section={two['section']['id']}",
                "section=/world/europe",
            )
        ]

    assert found == [["two"]] * 5


async def test_the_dates_of_working_copies_are_filters_of_the_drafts(
    newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire]
) -> None:
    with clock.stopped_at(T + 9 * DAY):
        await newsroom.edit(paper["one"], kicker="Edited")

        revised = await slugs(editor, "view=draft&revised_at[gte]=2031-05-04T12:00:00Z")
        created = await slugs(editor, "view=draft&created_at[lt]=2031-05-02T12:00:00Z")
        wrong = [
            await editor.get(f"/v1/articles?{query}") for query in ("view=draft&published_at[gt]=2031-05-04T12:00:00Z", "status=draft")
        ]

    assert (revised, created) == (["one", "four"], ["one"])
    assert [(answer.status_code, answer.json()["errors"][0]["parameter"]) for answer in wrong] == [
        (400, "published_at[gt]"),
        (400, "status"),
    ]


async def test_every_sort_runs_both_ways(newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 8 * DAY):
        await newsroom.publish(await newsroom.edit(paper["two"], headline="Two again", published_at="2001-01-01T00:00:00Z"))

    with clock.stopped_at(T + 9 * DAY):
        found = {sort: await slugs(reader, f"sort={sort}") for sort in ("published_at", "updated_at", "first_published_at")}
        turned = {sort: await slugs(reader, f"sort=-{sort}") for sort in found}
        usual = await slugs(reader, "limit=10")
        drafts = {sort: await slugs(editor, f"view=draft&sort={sort}") for sort in ("revised_at", "-created_at")}
        unknown = await reader.get("/v1/articles?sort=headline")

    assert found == {
        "published_at": ["two", "one", "three", "four"],
        "updated_at": ["one", "three", "four", "two"],
        "first_published_at": ["one", "two", "three", "four"],
    }
    assert turned == {sort: order[::-1] for sort, order in found.items()}
    assert usual == turned["published_at"]
    assert drafts == {"revised_at": ["one", "three", "four", "two"], "-created_at": ["four", "three", "two", "one"]}
    assert (unknown.status_code, unknown.json()["errors"][0]["parameter"]) == (400, "sort")


REFUSED = {
    "sectoin=world": ("unknown-parameter", "sectoin", "section"),
    "tag[eq]=rail": ("unknown-parameter", "tag[eq]", "tag[ne]"),
    "tag=rail&tag=harbour": ("duplicate-parameter", "tag", None),
    "tag=nothing": ("invalid-parameter", "tag", None),
    "section=/no/where": ("invalid-parameter", "section", None),
    "author[ne]=nobody": ("invalid-parameter", "author[ne]", None),
    "kind=artcle": ("invalid-parameter", "kind", "article"),
    "kind[ne]=videos": ("invalid-parameter", "kind[ne]", "video"),
    "limit=0": ("invalid-parameter", "limit", None),
    "limit=101": ("invalid-parameter", "limit", None),
    "published_at[gt]=yesterday": ("invalid-parameter", "published_at[gt]", None),
    "published_at[gt]=2031-05-01": ("invalid-parameter", "published_at[gt]", None),
    "include=bodies": ("invalid-parameter", "include", "body"),
    "fields=headlin": ("invalid-parameter", "fields", "headline"),
    "fields=section.nmae": ("invalid-parameter", "fields", "section.name"),
    "fields=notes": ("invalid-parameter", "fields", None),
    "fields=body": ("invalid-parameter", "fields", None),
    "count=all": ("invalid-parameter", "count", None),
    "view=secret": ("invalid-parameter", "view", None),
    "q=%20": ("invalid-parameter", "q", None),
    "sort=relevance": ("invalid-parameter", "sort", None),
    "cursor=nonsense": ("cursor-mismatch", None, None),
    "cursor=AAAA": ("cursor-mismatch", None, None),
}


async def test_a_question_that_makes_no_sense_is_refused_by_its_parameter(
    newsroom: Newsroom, reader: Client, paper: dict[str, Wire]
) -> None:
    answers = {query: await reader.get(f"/v1/articles?{query}") for query in REFUSED}

    assert {query: answer.status_code for query, answer in answers.items()} == dict.fromkeys(answers, 400)
    told = {}
    for query, answer in answers.items():
        fault: Wire = next(iter(answer.json()["errors"]), {})
        suggestion = fault.get("suggestion") if REFUSED[query][2] else None
        told[query] = (answer.json()["code"], fault.get("parameter"), suggestion)
    assert told == REFUSED


async def test_all_that_is_wrong_is_told_at_once(reader: Client) -> None:
    answer = await reader.get("/v1/articles?sort=colour&include=x&fields=y&status=draft&q=-")

    assert {fault["parameter"] for fault in answer.json()["errors"]} == {"sort", "include", "fields", "status", "q"}


async def test_a_cursor_belongs_to_its_list(newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 9 * DAY):
        cursor = (await reader.get("/v1/articles?limit=1&section=world")).json()["page"]["next_cursor"]

        fits = [f"section=world&cursor={cursor}", f"section=world&cursor={cursor}&limit=2&include=body&fields=headline,body"]
        strange = ["", "section=sport", "section=world&sort=published_at", "section=world&q=two", "section=world&descendants=false"]
        good = [(await reader.get(f"/v1/articles?{query}")).status_code for query in fits]
        bad = [(await reader.get(f"/v1/articles?{query}&cursor={cursor}")).json().get("code") for query in strange]
        other = [
            (await client.get(f"{path}cursor={cursor}")).json().get("code")
            for client, path in ((editor, "/v1/articles?section=world&view=draft&"), (reader, "/v1/tags?"), (reader, "/v1/sections?"))
        ]

    assert good == [200, 200]
    assert {*bad, *other} == {"cursor-mismatch"}


async def test_pages_follow_each_other_by_link_and_by_cursor(newsroom: Newsroom, reader: Client, paper: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 9 * DAY):
        first = await reader.get("/v1/articles?limit=3")
        link = first.headers["Link"]
        address, relation = link.split(";")
        second = await reader.get(address.strip("<>"))

    page = first.json()["page"]
    assert page == {"limit": 3, "has_more": True, "next_cursor": page["next_cursor"], "total": None}
    assert address.startswith("</v1/articles?")  # No host: shared caches keep this answer.
    assert (relation.strip(), page["next_cursor"] in address) == ('rel="next"', True)
    assert names([*first.json()["data"], *second.json()["data"]], "slug") == ["four", "three", "two", "one"]
    assert second.json()["page"] == {"limit": 3, "has_more": False, "next_cursor": None, "total": None}
    assert "Link" not in second.headers


async def test_a_page_survives_the_deletion_of_the_row_it_ended_with(
    newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire]
) -> None:
    with clock.stopped_at(T + 9 * DAY):
        cursor = (await reader.get("/v1/articles?limit=2")).json()["page"]["next_cursor"]
        await editor.delete("/v1/articles/three", If_Match="*")

        assert await slugs(reader, f"limit=2&cursor={cursor}") == ["two", "one"]


@pytest.mark.parametrize("how", ["exact", "estimated"])
async def test_a_total_is_counted_when_asked_for(
    newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire], how: str
) -> None:
    await newsroom.draft(section="world")

    with clock.stopped_at(T + 9 * DAY):
        queries = ("limit=1", "section=world&limit=2", "q=two", "tag=rail&genre=opinion")
        public = [(await reader.get(f"/v1/articles?{query}&count={how}")).json()["page"]["total"] for query in queries]
        drafts = (await editor.get(f"/v1/articles?view=draft&section=world&count={how}&limit=1")).json()["page"]["total"]

    assert (public, drafts) == ([4, 3, 1, 1], 4)


async def test_fields_leave_only_what_was_named(newsroom: Newsroom, reader: Client, paper: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 9 * DAY):
        listed = (await reader.get("/v1/articles?tag=harbour&fields=headline,section.name,authors.slug,body&include=body")).json()["data"]
        item = (await reader.get("/v1/articles/four?fields=headline,section.name,seo.title")).json()

    two = paper["two"]
    wanted = {"id": two["id"], "headline": "two", "section": {"name": "Europe"}, "authors": [{"slug": "ben-okri"}], "body": two["body"]}
    assert listed == [wanted]
    assert item == {"id": paper["four"]["id"], "headline": "four", "section": None, "seo": None}


async def test_include_adds_the_body_in_three_forms_and_the_comments(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(body={"format": "markdown", "content": "## Part\n\nSome *words*."})
    comment = {"author": {"name": "R", "email": "r@example.org"}, "body": "Well said."}
    made(await reader.post(f"/v1/articles/{article['id']}/comments", comment))

    query = "include=body_html,body_text,comments"
    item = (await reader.get(f"/v1/articles/{article['id']}?{query}")).json()
    listed = (await reader.get(f"/v1/articles?{query},body")).json()["data"][0]

    assert item["body_html"] == '<h2 id="part">Part</h2>\n<p>Some <em>words</em>.</p>'
    assert item["body_text"] == "Part\nSome words."
    assert (item["comments"]["count"], len(item["comments"]["data"])) == (1, 1)
    assert listed == {name: value for name, value in item.items() if name not in {"corrections", "live"}}


def keys(value: Any) -> Any:
    """The shape of a value: the names of every object in it."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    return [keys(inner) for inner in value] if isinstance(value, list) else None


async def test_an_article_has_one_shape_everywhere(newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 9 * DAY):
        full = await newsroom.article(
            section="world", authors=["ana-ruiz"], tags=["rail"], lead_image={"url": "/a.jpg"}, seo={"title": "T"}, source={"name": "N"}
        )
        bare = await newsroom.article()
        draft = await newsroom.draft()
        listed = (await reader.get("/v1/articles?limit=100")).json()["data"]
        items = [(await reader.get(f"/v1/articles/{article['id']}")).json() for article in listed]
        drafts = (await editor.get("/v1/articles?limit=100&view=draft")).json()["data"]
        works = [(await editor.get(f"/v1/articles/{article['id']}?view=draft")).json() for article in drafts]

    page_only = {"body", "outline", "corrections", "live"}
    assert {full["id"], bare["id"]} < set(names(listed))
    assert draft["id"] in names(drafts)
    for summary, item in zip(listed, items, strict=True):
        assert summary == {name: value for name, value in item.items() if name not in page_only}
        assert keys(schemas.ArticleSummary.model_validate(summary).model_dump(mode="json")) == keys(summary)
        assert keys(schemas.Article.model_validate(item).model_dump(mode="json")) == keys(item)
    for summary, work in zip(drafts, works, strict=True):
        assert summary == {name: value for name, value in work.items() if name not in {*page_only, "body_source"}}
        assert keys(schemas.ArticleDraft.model_validate(work).model_dump(mode="json")) == keys(work)


async def test_what_a_page_asks_of_the_database_does_not_grow_with_it(
    newsroom: Newsroom, reader: Client, editor: Client, paper: dict[str, Wire], statements: Statements
) -> None:
    everything = "include=body,body_html,body_text,comments&count=exact&highlight=true&descendants=true"
    article = paper["one"]
    for number in range(6):
        article = await newsroom.article(section="world", tags=["rail"], authors=["ana-ruiz"], headline=f"Talks {number}")
        made(
            await reader.post(
                f"/v1/articles/{article['id']}/comments", {"author": {"name": "R", "email": "r@example.org"}, "body": "Well said."}
            )
        )

    for client, path, at_most in (
        (reader, "/v1/articles?limit=10", 3),
        (reader, "/v1/articles?limit=100", 3),
        (reader, "/v1/articles?limit=100&section=world", 4),
        (reader, f"/v1/articles?limit=100&q=talks&section=world&tag=rail&author=ana-ruiz&{everything}", 10),
        (editor, f"/v1/articles?limit=100&view=draft&q=talks&section=world&tag=rail&status=published&{everything}", 6),
        (reader, f"/v1/articles/{article['id']}", 2),
        (reader, f"/v1/articles/{article['slug']}", 2),
        (reader, f"/v1/articles/{article['id']}/sections", 2),
        (reader, f"/v1/resolve?path={article['path']}", 4),
    ):
        with statements.counted(at_most):
            answer = await client.get(path)
        assert answer.status_code == 200, path


async def test_what_a_reader_has_already_costs_no_question_and_a_cold_cache_one(
    newsroom: Newsroom, reader: Client, statements: Statements
) -> None:
    article = await newsroom.article()
    address = f"/v1/articles/{article['id']}"
    etag = (await reader.get(address)).headers["ETag"]

    statements.seen.clear()
    warm = await reader.get(address, If_None_Match=etag)
    asked = len(statements.seen)
    with statements.counted(1):
        cold = await reader.get(address, If_None_Match=etag)

    assert (warm.status_code, asked, cold.status_code) == (304, 0, 304)


async def test_a_list_that_has_not_changed_is_not_sent_again(newsroom: Newsroom, reader: Client, paper: dict[str, Wire]) -> None:
    with clock.stopped_at(T + 9 * DAY):
        first = await reader.get("/v1/articles")
        same = await reader.get("/v1/articles", If_None_Match=first.headers["ETag"])
        await newsroom.article()
        other = await reader.get("/v1/articles", If_None_Match=first.headers["ETag"])

    assert (same.status_code, same.content, other.status_code) == (304, b"", 200)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_list_is_a_walk_and_never_a_sort(newsroom: Newsroom) -> None:
    """SQLite is told how its statistics would tempt it: with many publications, nearly all of them visible."""
    tag = await newsroom.tag("Rail")
    for _ in range(30):
        await newsroom.article(tags=[tag["id"]])
    async with newsroom.database.writing() as session:
        await session.execute(text("ANALYZE"))

    for walk in (walks.Walk("published_at", True, 21, False), walks.Walk("updated_at", False, 21, True)):
        written = walks.listed(walk).written_for(newsroom.database.engine.dialect)
        async with newsroom.database.reading() as session:
            connection = await session.connection()
            values = tuple(["2031-01-01 00:00:00.000000"] * written.text.count("?"))
            explained = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written.text}", values)
            plan = [str(row.detail) for row in explained]
        assert not [step for step in plan if "TEMP B-TREE" in step], plan


async def test_a_list_has_few_statements_however_long_its_pages_are(newsroom: Newsroom, reader: Client) -> None:
    for _ in range(4):
        await newsroom.article()
    walks.listed.cache_clear()
    for limit in range(1, 21):
        page = (await reader.get(f"/v1/articles?limit={limit}")).json()
        assert len(page["data"]) == min(limit, 4)
        assert page["page"]["has_more"] == (limit < 4)
    assert walks.listed.cache_info().currsize == 2


async def test_filters_that_name_hundreds_of_things_are_refused(newsroom: Newsroom) -> None:
    """SQLite failed at the five hundredth."""
    many = ",".join(f"{number:x}" for number in range(600))

    for name in ("tag", "author[ne]", "section"):
        refused = await newsroom.client(None).get(f"/v1/articles?{name}={many}")
        assert (refused.status_code, [fault["parameter"] for fault in refused.json()["errors"]]) == (400, [name])


async def test_a_value_that_a_filter_names_hundreds_of_times_costs_what_one_does(
    newsroom: Newsroom, editor: Client, statements: Statements
) -> None:
    """Each `status` is three questions of the database for each article."""
    draft = await newsroom.draft()

    with statements.counted(8):
        listed = made(await editor.get(f"/v1/articles?view=draft&status={','.join(['draft'] * 600)}"))["data"]

    assert names(listed) == [draft["id"]]
    assert max(map(len, statements.seen)) < 10_000
