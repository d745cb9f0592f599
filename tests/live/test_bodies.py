"""Updates that come in the body of a live blog become rows, and nothing that somebody else wrote is lost by that."""

from datetime import UTC, datetime
from typing import Any

from app.core.schemas import wire_instant
from tests.articles.test_prepared import assert_bytes_are_the_record
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
INTRO = {"type": "paragraph", "html": "What this is about."}


def update(title: str, **fields: Any) -> Wire:
    return {"type": "live_update", "title": title, "at": wire_instant(T), "blocks": [{"type": "paragraph", "html": title}], **fields}


def titles(article: Wire) -> list[str]:
    return [block["title"] for block in article["body"] if block["type"] == "live_update"]


async def test_a_body_with_updates_is_shown_as_it_was_sent_its_own_blocks_first(newsroom: Newsroom, reader: Client) -> None:
    author = await newsroom.author()
    body = [update("Newest", authors=[author["slug"]]), INTRO, update("Older", key_event=True)]

    article = await newsroom.article(kind="live_blog", body=body)

    page = await assert_bytes_are_the_record(reader, f"/v1/articles/{article['id']}")
    assert [block["type"] for block in page["body"]] == ["paragraph", "live_update", "live_update"]
    assert titles(page) == titles(article) == ["Newest", "Older"]
    assert page["body"][1]["authors"][0]["id"] == author["id"]
    assert titles(made(await reader.get(f"/v1/articles/{article['id']}?include=body_text"))) == ["Newest", "Older"]
    assert "Newest" in made(await reader.get("/v1/articles?include=body_text&kind=live_blog"))["data"][0]["body_text"]


async def test_what_was_read_can_be_sent_back_and_undoes_nobody(newsroom: Newsroom) -> None:
    article = await newsroom.article(kind="live_blog", body=[INTRO, update("One", pinned=True), update("Two")])
    address = f"/v1/articles/{article['id']}"
    made(await newsroom.desk.post(f"{address}/blocks", {"title": "Meanwhile"}))

    same = await newsroom.edit(article, body=article["body"])
    more = await newsroom.edit(same, body=[*article["body"][:2], update("Three"), article["body"][2]])

    assert same["version"] == article["version"]
    assert titles(more) == ["One", "Three", "Meanwhile", "Two"]
    changed = [{**block, "title": "Else"} if block["type"] == "live_update" else block for block in more["body"]]
    refused = await newsroom.desk.patch(address, {"body": changed}, If_Match="*")
    assert pointers(refused) == {"#/body/1", "#/body/2", "#/body/3", "#/body/4"}
    fewer = await newsroom.edit(more, body=[INTRO])
    assert titles(fewer) == titles(more)


async def test_an_upsert_says_what_all_of_it_is_and_the_second_time_nothing_changes(newsroom: Newsroom) -> None:
    address = "/v1/articles/by-source/wire/77"
    order = {"headline": "Live", "kind": "live_blog", "body": [update("Two", id="u2"), update("One", id="u1", pinned=True)]}

    first = made(await newsroom.desk.put(address, order))
    again = made(await newsroom.desk.put(address, order))
    order["body"] = [update("Three", id="u3"), update("One, edited", id="u1")]
    after = made(await newsroom.desk.put(address, order))

    assert (first["version"], again["version"], after["version"]) == (1, 1, 2)
    assert titles(first) == ["One", "Two"]
    assert titles(after) == ["Three", "One, edited"]


async def test_what_an_upsert_takes_out_of_an_update_may_stand_elsewhere(newsroom: Newsroom) -> None:
    inner = {**INTRO, "id": "moves"}
    for body in ([update("One", id="one", blocks=[inner])], [update("Two", id="two", blocks=[inner])], [inner]):
        wire = {"headline": "Storm day", "kind": "live_blog", "body": body}
        article = await newsroom.desk.put("/v1/articles/by-source/wire/1", wire)

        assert names(made(article)["body"]) == names(body)


async def test_what_another_system_keeps_in_an_update_is_compared_to_the_last_word(newsroom: Newsroom) -> None:
    """An `id` beside a `type` may be anything in there, and not what we give blocks."""
    seen = []
    for number in (1, 2):
        poll = {"type": "custom", "name": "poll", "data": {"type": "poll", "id": number}}
        wire = {"headline": "Storm day", "kind": "live_blog", "body": [update("Vote", id="vote", blocks=[poll])]}
        article = made(await newsroom.desk.put("/v1/articles/by-source/wire/1", wire))
        seen.append((article["version"], article["body"][0]["blocks"][0]["data"]["id"]))

    assert seen == [(1, 1), (2, 2)]


async def test_other_kinds_keep_updates_in_their_body_without_authors(newsroom: Newsroom, reader: Client) -> None:
    await newsroom.author()
    article = await newsroom.article(body=[update("In the body"), INTRO])

    page = await assert_bytes_are_the_record(reader, f"/v1/articles/{article['id']}")
    assert [block["type"] for block in page["body"]] == ["live_update", "paragraph"]
    assert page["live"] is None
    listed = made(await reader.get(f"/v1/articles/{article['id']}/blocks?limit=1"))
    assert (names(listed["data"]), listed["page"]["has_more"], listed["seq"]) == (names(page["body"])[:1], True, None)
    assert len(await reader.all_pages(f"/v1/articles/{article['id']}/blocks?limit=1")) == 2
    assert made(await reader.get(f"/v1/articles/{article['id']}/blocks/{page['body'][1]['id']}")) == page["body"][1]
    refused = await newsroom.desk.post("/v1/articles", {"headline": "X", "body": [update("Y", authors=["ana-ruiz"])]})
    assert pointers(refused) == {"#/body/0/authors/0"}


async def test_pages_lists_and_polls_of_any_length_take_as_many_statements(
    newsroom: Newsroom, reader: Client, statements: Statements
) -> None:
    counts = []
    for number in (2, 40):
        article = await newsroom.article(kind="live_blog", body=[update(f"Update {each}") for each in range(number)])
        address = f"/v1/articles/{article['id']}"
        made(await reader.get(address))
        for asked, most in (("", 2), ("/blocks?limit=100", 2), ("/blocks?since=0", 2), (f"/blocks/{article['body'][0]['id']}", 2)):
            with statements.counted(most):
                made(await reader.get(address + asked))
        statements.seen.clear()
        statements.answers.clear()
        made(await reader.get("/v1/articles?include=body&limit=100"))
        counts.append(len(statements.seen))
    assert counts[0] == counts[1]


async def test_an_event_brings_the_update_along_and_an_archive_the_rows(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(kind="live_blog")
    address = f"/v1/articles/{article['id']}/blocks"
    made(await newsroom.desk.post(f"{address}?publish=true", {"id": "a", "title": "Told"}))
    made(await newsroom.desk.post(address, {"id": "b", "title": "Secret"}))

    public = made(await reader.get("/v1/changes?types=block.*&include=record"))["data"]
    desk = made(await newsroom.desk.get("/v1/changes?types=block.*&include=record&view=draft"))["data"]
    export = (await newsroom.desk.get("/v1/export?form=archive")).text

    assert [(event["record"]["title"], event["data"]["block"]) for event in public] == [("Told", "a")]
    assert [event["record"]["title"] for event in desk] == ["Told", "Secret"]
    assert public[0]["tags"] == [f"live:{article['id']}", "live"]
    assert '"live_postings"' in export


async def test_a_body_is_copied_from_one_live_blog_into_another(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    one = await newsroom.article(kind="live_blog", body=[INTRO, update("Two"), update("One")])
    body = made(await reader.get(f"/v1/articles/{one['id']}"))["body"]

    copy = await newsroom.article(kind="live_blog", body=body)
    other = await newsroom.edit(await newsroom.draft(kind="live_blog"), body=body)
    deleted = await editor.delete(f"/v1/articles/{copy['id']}/blocks/{body[1]['id']}?publish=true", If_Match="*")

    assert deleted.status_code == 204
    assert names(copy["body"]) == names(other["body"]) == names(body)
    assert titles(made(await reader.get(f"/v1/articles/{one['id']}"))) == titles(other) == ["Two", "One"]
    assert titles(made(await reader.get(f"/v1/articles/{copy['id']}"))) == ["One"]


async def test_blocks_and_updates_of_a_live_blog_have_ids_of_their_own(newsroom: Newsroom, editor: Client) -> None:
    """Else what was read could not be sent back."""
    same_ends = [update("Ferry", id="ferry-2031-05-04T1200Z"), update("Train", id="train-2031-05-04T1200Z")]
    article = await newsroom.draft(kind="live_blog", body=[INTRO, *same_ends])
    address = f"/v1/articles/{article['id']}"

    of_a_block = await editor.post(f"{address}/blocks", {"id": "b1"})
    made(await editor.post(f"{address}/blocks", {"id": "b2", "blocks": [{**INTRO, "id": "inner"}]}))
    within = [{**INTRO, "id": name} for name in ("b1", "b2", "inner", "third", "free")]
    in_another = await editor.post(f"{address}/blocks", {"id": "third", "blocks": within})
    made(await editor.post(f"{address}/blocks", {"id": "third", "blocks": within[-1:]}))
    edited = [await editor.patch(f"{address}/blocks/third", {"blocks": within[place:]}, If_Match="*") for place in (-1, 2)]
    in_the_body = await editor.patch(address, {"body": [{**INTRO, "id": "inner"}]}, If_Match="*")
    added = {"body": [update("Late", id="late", blocks=[{**INTRO, "id": "inner"}])]}
    in_an_added = await editor.patch(address, added, If_Match="*")
    of_an_update = await editor.patch(address, {"body": [{**INTRO, "id": "b2"}]}, If_Match="*")
    after = await newsroom.edit(article, body=[INTRO, {**INTRO, "html": "More."}])

    assert (of_a_block.status_code, of_a_block.json()["code"]) == (409, "block-id-taken")
    for refused in (of_an_update, in_the_body):
        assert (refused.status_code, pointers(refused)) == (422, {"#/body/0/id"})
    assert (in_an_added.status_code, pointers(in_an_added)) == (422, {"#/body/0/blocks/0/id"})
    assert (in_another.status_code, pointers(in_another)) == (422, {f"#/blocks/{number}/id" for number in range(4)})
    assert [answer.status_code for answer in edited] == [200, 422]
    assert pointers(edited[1]) == {"#/blocks/0/id", "#/blocks/1/id"}
    assert (await newsroom.edit(after, body=after["body"]))["version"] == after["version"]
