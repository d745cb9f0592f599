"""Authors and tags: one shape, one set of rules."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from tests.newsroom import Client, Newsroom, made, names


@dataclass(frozen=True, slots=True)
class Terms:
    """One of the two kinds, as the API knows it."""

    plural: str

    @property
    def path(self) -> str:
        return f"/v1/{self.plural}"

    def refer(self, ref: str) -> Any:
        """A reference to it, as an article has it."""
        return {self.plural: [ref]}


KINDS = [Terms("authors"), Terms("tags")]
both = pytest.mark.parametrize("terms", KINDS, ids=["authors", "tags"])


async def _make(newsroom: Newsroom, terms: Terms, name: str, **fields: Any) -> Any:
    return made(await newsroom.desk.post(terms.path, {"name": name, **fields}))


@both
async def test_a_slug_is_made_from_the_name(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    first, second = await _make(newsroom, terms, "Åsa Łukasz"), await _make(newsroom, terms, "Åsa Łukasz")

    assert (first["slug"], second["slug"]) == ("asa-lukasz", "asa-lukasz-2")
    assert made(await reader.get(f"{terms.path}/asa-lukasz"))["id"] == first["id"]
    assert made(await reader.get(f"/v1/resolve?path=/{terms.plural}/asa-lukasz-2"))["id"] == second["id"]


@both
async def test_a_former_slug_leads_to_its_owner_and_to_nobody_else(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    term = await _make(newsroom, terms, "Old")
    made(await newsroom.desk.patch(f"{terms.path}/old", {"slug": "new"}, If_Match='"1"'))

    by_old, resolved = await reader.get(f"{terms.path}/old"), await reader.get(f"/v1/resolve?path=/{terms.plural}/old")
    rival = await newsroom.desk.post(terms.path, {"name": "Rival", "slug": "old"})

    assert made(by_old)["id"] == term["id"]
    assert (made(resolved)["canonical_path"], made(resolved)["moved"]) == (f"/{terms.plural}/new", True)
    assert (rival.status_code, rival.json()["code"]) == (409, "slug-taken")


@both
async def test_a_new_name_shows_at_once_in_articles_and_search(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    term = await _make(newsroom, terms, "Quince")
    article = await newsroom.article(**terms.refer(term["id"]))
    before = await reader.get(f"/v1/articles/{article['id']}")

    made(await newsroom.desk.patch(f"{terms.path}/{term['id']}", {"name": "Medlar"}, If_Match='"1"'))

    after = await reader.get(f"/v1/articles/{article['id']}", If_None_Match=before.headers["etag"])
    assert made(after)[terms.plural][0]["name"] == "Medlar"
    assert names(made(await reader.get("/v1/articles?q=medlar"))["data"]) == [article["id"]]
    assert names(made(await reader.get("/v1/articles?q=quince"))["data"]) == []


@both
async def test_a_term_in_use_cannot_be_deleted(newsroom: Newsroom, terms: Terms) -> None:
    term = await _make(newsroom, terms, "Used")
    await newsroom.article(**terms.refer("used"))
    await newsroom.draft(**terms.refer("used"))

    refused = await newsroom.desk.delete(f"{terms.path}/{term['id']}", If_Match="*")

    assert (refused.status_code, refused.json()["code"], refused.json()["count"]) == (409, "in-use", 2)


@both
async def test_merging_moves_every_reference_and_doubles_none(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    one, other = await _make(newsroom, terms, "One"), await _make(newsroom, terms, "Other")
    with_one = await newsroom.article(**terms.refer("one"))
    with_both = await newsroom.article(**{terms.plural: ["one", "other"]})

    merged = await newsroom.desk.delete(f"{terms.path}/one?move_to=other", If_Match="*")

    assert merged.status_code == 204
    for article in (with_one, with_both):
        assert names(made(await reader.get(f"/v1/articles/{article['id']}"))[terms.plural]) == [other["id"]]
        assert names((await newsroom.working(article))[terms.plural]) == [other["id"]]
    assert made(await reader.get(f"{terms.path}/one"))["id"] == other["id"]
    singular = terms.plural.removesuffix("s")
    assert len(made(await reader.get(f"/v1/articles?{singular}=other"))["data"]) == 2
    assert (await reader.get(f"{terms.path}/{one['id']}")).status_code == 404


@both
async def test_a_term_cannot_be_merged_into_itself(newsroom: Newsroom, terms: Terms) -> None:
    await _make(newsroom, terms, "One")

    refused = await newsroom.desk.delete(f"{terms.path}/one?move_to=one", If_Match="*")

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


@both
async def test_of_two_that_are_merged_into_one_another_at_once_one_stays(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    one, other = await _make(newsroom, terms, "One"), await _make(newsroom, terms, "Other")

    merged = await asyncio.gather(
        newsroom.desk.delete(f"{terms.path}/{one['id']}?move_to={other['id']}", If_Match="*"),
        newsroom.desk.delete(f"{terms.path}/{other['id']}?move_to={one['id']}", If_Match="*"),
    )

    assert sorted(answer.status_code for answer in merged) == [204, 404]
    assert made(await reader.get(f"{terms.path}/one"))["id"] == made(await reader.get(f"{terms.path}/other"))["id"]


@both
async def test_a_change_names_its_version(newsroom: Newsroom, terms: Terms) -> None:
    await _make(newsroom, terms, "One")
    made(await newsroom.desk.patch(f"{terms.path}/one", {"name": "Two"}, If_Match='"1"'))

    without = await newsroom.desk.patch(f"{terms.path}/one", {"name": "Three"})
    stale = await newsroom.desk.patch(f"{terms.path}/one", {"name": "Three"}, If_Match='"1"')

    assert (without.status_code, stale.status_code) == (428, 412)
    assert stale.json()["version"] == 2
    assert stale.json()["conflicts"] == [{"pointer": "#/name", "base": "One", "theirs": "Two", "yours": "Three"}]


@both
async def test_the_etag_that_readers_get_serves_as_if_match(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    await _make(newsroom, terms, "One")
    etag = (await reader.get(f"{terms.path}/one")).headers["etag"]

    changed = await newsroom.desk.patch(f"{terms.path}/one", {"description": "x"}, If_Match=etag)

    assert made(changed)["version"] == 2


@both
async def test_what_changes_nothing_makes_no_version_and_no_event(newsroom: Newsroom, terms: Terms) -> None:
    await _make(newsroom, terms, "One", description="x")
    before = made(await newsroom.desk.get("/v1/changes?limit=1000"))["next_since"]

    same = await newsroom.desk.patch(f"{terms.path}/one", {"name": "One", "description": "x"}, If_Match='"1"')

    assert made(same)["version"] == 1
    assert made(await newsroom.desk.get("/v1/changes?limit=1000"))["next_since"] == before


@both
async def test_a_list_pages_by_name_and_can_be_narrowed(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    for name in ("Cedar", "Ash", "Beech", "Ashwood", "Ash"):
        await _make(newsroom, terms, name)

    everything = await reader.all_pages(f"{terms.path}?limit=2")
    ashes = await reader.all_pages(f"{terms.path}?limit=1&name=Ash")

    assert names(everything, "name") == ["Ash", "Ash", "Ashwood", "Beech", "Cedar"]
    assert names(ashes, "name") == ["Ash", "Ash", "Ashwood"]


@both
async def test_a_list_is_narrowed_to_names_that_begin_so_to_the_letter(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    for name in ("Apple", "apricot", "a%b", "Éclair", "éclair"):
        await _make(newsroom, terms, name)

    async def found(begins: str) -> list[Any]:
        return names(made(await reader.get(f"{terms.path}?name={quote(begins)}"))["data"], "name")

    assert (await found("A"), await found("a"), await found("a%")) == (["Apple"], ["a%b", "apricot"], ["a%b"])
    assert (await found("É"), await found("E\u0301"), await found("x")) == (["Éclair"], ["Éclair"], [])
    assert len(await found("")) == 5


@both
async def test_writing_needs_the_scope_of_a_librarian(newsroom: Newsroom, reader: Client, terms: Terms) -> None:
    reporter = await newsroom.key("articles:write")

    answers = [await client.post(terms.path, {"name": "One"}) for client in (reader, reporter)]

    assert [answer.status_code for answer in answers] == [401, 403]
    assert answers[1].json()["scope"] == "taxonomy:write"


@pytest.mark.parametrize("address", ["/v1/authors", "/v1/tags"])
async def test_of_one_name_given_at_once_each_gets_its_own_slug(newsroom: Newsroom, address: str) -> None:
    answers = await asyncio.gather(*(newsroom.desk.post(address, {"name": "Ana Ruiz"}) for _ in range(4)))
    asked = await asyncio.gather(*(newsroom.desk.post(address, {"name": "Ana", "slug": "ana"}) for _ in range(4)))

    assert sorted(answer.json()["slug"] for answer in answers) == ["ana-ruiz", "ana-ruiz-2", "ana-ruiz-3", "ana-ruiz-4"]
    assert sorted(answer.status_code for answer in asked) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in asked if answer.status_code == 409} == {"slug-taken"}
