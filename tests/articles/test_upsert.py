"""An ingest sends what it has, as often as it likes, and the newsroom has it once."""

import asyncio

from tests.newsroom import Client, Newsroom, made, pointers

ADDRESS = "/v1/articles/by-source/wire/NSA-1"


async def events(editor: Client) -> list[str]:
    log = (await editor.get("/v1/changes?limit=1000")).json()["data"]
    return [event["type"] for event in log if event["type"].startswith("article.")]


async def test_an_unknown_item_is_created_a_known_one_replaced_an_equal_one_left_alone(newsroom: Newsroom, editor: Client) -> None:
    order = {"headline": "Ferry sails", "kicker": "Harbour", "body": {"format": "text", "content": "It sails.\n\nAt nine."}}

    created = await editor.put(ADDRESS, order)
    equal = await editor.put(ADDRESS, order)
    changed = await editor.put(ADDRESS, {**order, "headline": "Ferry is late", "kicker": None})

    assert (created.status_code, equal.status_code, changed.status_code) == (201, 200, 200)
    article = created.json()
    assert created.headers["Location"] == f"/v1/articles/{article['id']}"
    assert article["source_ref"] == {"source": "wire", "external_id": "NSA-1"}
    assert equal.json() == article
    after = changed.json()
    assert (after["id"], after["slug"], after["version"]) == (article["id"], article["slug"], 2)
    assert (after["headline"], after["kicker"], after["body"]) == ("Ferry is late", None, article["body"])
    assert await events(editor) == ["article.created", "article.updated"]


async def test_what_is_left_out_of_a_replacement_is_emptied_but_the_slug_stays(newsroom: Newsroom, editor: Client) -> None:
    tag = await newsroom.tag("Rail")
    full = {"headline": "One", "slug": "one-slug", "tags": [tag["id"]], "notes": "N", "seo": {"title": "T"}, "genre": "opinion"}
    await editor.put(ADDRESS, full)

    after = made(await editor.put(ADDRESS, {"headline": "One"}))

    assert after["slug"] == "one-slug"
    assert [after[name] for name in ("tags", "notes", "seo", "genre")] == [[], None, None, "news"]


async def test_a_replacement_leaves_the_discussion_alone_unless_it_names_it(newsroom: Newsroom, editor: Client) -> None:
    article = made(await editor.put(ADDRESS, {"headline": "One"}))
    await newsroom.edit(article, comments={"status": "closed", "moderation": "pre"})

    unnamed = made(await editor.put(ADDRESS, {"headline": "One"}))
    named = made(await editor.put(ADDRESS, {"headline": "One", "comments": {"status": "open"}}))

    assert (unnamed["comments"]["status"], unnamed["moderation"], unnamed["version"]) == ("closed", "pre", 2)
    assert (named["comments"]["status"], named["moderation"], named["version"]) == ("open", "post", 3)


async def test_a_replacement_is_no_publication(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    article = await newsroom.publish(made(await editor.put(ADDRESS, {"headline": "Seen"})))

    after = made(await editor.put(ADDRESS, {"headline": "Not yet seen"}))

    assert (after["status"], after["has_unpublished_changes"]) == ("published", True)
    assert (await reader.get(f"/v1/articles/{article['id']}")).json()["headline"] == "Seen"


async def test_the_same_id_of_another_source_is_another_article(newsroom: Newsroom, editor: Client) -> None:
    one = made(await editor.put(ADDRESS, {"headline": "One"}))

    other = await editor.put("/v1/articles/by-source/agency/NSA-1", {"headline": "One"})

    assert (other.status_code, other.json()["slug"]) == (201, "one-2")
    assert other.json()["id"] != one["id"]


async def test_an_article_created_with_a_reference_is_found_by_it(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(source_ref={"source": "wire", "external_id": "NSA-1"})

    found = await editor.put(ADDRESS, {"headline": "Replaced"})

    assert (found.status_code, found.json()["id"]) == (200, draft["id"])


async def test_a_reference_that_is_taken_is_refused_by_its_name(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(source_ref={"source": "wire", "external_id": "NSA-1"})

    answer = await editor.post("/v1/articles", {"headline": "Twice", "source_ref": {"source": "wire", "external_id": "NSA-1"}})

    assert (answer.status_code, answer.json()["code"], pointers(answer)) == (409, "source-ref-taken", {"#/source_ref"})
    assert answer.json()["article"] == draft["id"]


async def test_a_body_that_names_another_reference_than_the_address_is_refused(newsroom: Newsroom, editor: Client) -> None:
    ref = {"source": "wire", "external_id": "NSA-2"}

    other = await editor.put(ADDRESS, {"headline": "One", "source_ref": ref})
    same = await editor.put(ADDRESS, {"headline": "One", "source_ref": {**ref, "external_id": "NSA-1"}})

    assert (other.status_code, pointers(other)) == (422, {"#/source_ref"})
    assert same.status_code == 201


async def test_what_is_in_the_trash_is_not_replaced(newsroom: Newsroom, editor: Client) -> None:
    article = made(await editor.put(ADDRESS, {"headline": "One"}))
    await editor.delete(f"/v1/articles/{article['id']}", If_Match="*")

    answer = await editor.put(ADDRESS, {"headline": "Two"})

    assert (answer.status_code, answer.json()["code"]) == (409, "article-deleted")


async def test_items_that_arrive_at_once_make_one_article(newsroom: Newsroom, editor: Client) -> None:
    answers = await asyncio.gather(*(editor.put(ADDRESS, {"headline": "Ferry sails"}) for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await events(editor) == ["article.created"]


async def test_different_items_that_arrive_at_once_lose_no_edit(newsroom: Newsroom, editor: Client) -> None:
    answers = await asyncio.gather(*(editor.put(ADDRESS, {"headline": f"Take {number}"}) for number in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, 9))
    last = max(answers, key=lambda answer: answer.json()["version"]).json()
    assert await newsroom.working(last) == last
