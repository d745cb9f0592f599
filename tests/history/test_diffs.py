"""What differs between two revisions is told block by block and word by word, for programs and for people."""

import random

import pytest

from app.comparing.differences import applied
from app.comparing.paths import same
from tests.newsroom import Client, Newsroom, Statements, Wire, made


async def diff(newsroom: Newsroom, article: Wire, before: int, after: int) -> Wire:
    return made(await newsroom.desk.get(f"/v1/articles/{article['id']}/revisions/{before}...{after}/diff"))


async def test_a_diff_names_the_blocks_and_the_words(newsroom: Newsroom) -> None:
    body = [{"type": "paragraph", "id": "p1", "html": "They met <em>today</em>."}, {"type": "divider", "id": "d1"}]
    draft = await newsroom.draft(headline="Talks begin", dek="D", body=body)
    p1, d1 = draft["body"]
    changed = {**p1, "html": "They met <em>yesterday</em>."}
    await newsroom.edit(draft, headline="Talks end", dek=None, body=[d1, changed, {"type": "paragraph", "id": "p2", "html": "New."}])

    found = await diff(newsroom, draft, 1, 2)

    assert (found["before"]["number"], found["after"]["number"], found["after"]["is_current"]) == (1, 2, True)
    told = {(change["op"], change["pointer"]): change for change in found["changes"]}
    assert set(told) == {
        ("edit", "#/headline"), ("replace", "#/dek"), ("move", "#/body/p1"), ("add", "#/body/p2"), ("edit", "#/body/p1/html"),
    }  # fmt: skip
    assert told["edit", "#/body/p1/html"]["words"] == [
        {"op": "keep", "text": "They met <em>"}, {"op": "remove", "text": "today"}, {"op": "add", "text": "yesterday"},
        {"op": "keep", "text": "</em>."},
    ]  # fmt: skip
    assert (told["add", "#/body/p2"]["behind"], told["add", "#/body/p2"]["after"]["html"]) == ("p1", "New.")
    assert (told["replace", "#/dek"]["before"], told["replace", "#/dek"]["after"]) == ("D", None)
    assert {frozenset(change) for change in found["changes"]} == {frozenset({"op", "pointer", "words", "before", "after", "behind"})}


async def test_a_diff_applied_to_the_one_revision_gives_the_other_either_way_round(newsroom: Newsroom) -> None:
    chance, draft = random.Random(3), await newsroom.draft(tags=[(await newsroom.tag())["id"]])
    for number in range(6):
        body = [block for block in draft["body"] if chance.random() < 0.8]
        body.insert(chance.randrange(len(body) + 1), {"type": "paragraph", "html": f"Number {number} & <b>more</b>."})
        chance.shuffle(body)
        changes: Wire = chance.choice([{"tags": []}, {"seo": {"title": f"T{number}"}}, {"lead_image": {"url": f"/{number}.jpg"}}])
        draft = await newsroom.edit(draft, body=body, headline=f"Head {number // 2} line", **changes)
    contents = [made(await newsroom.desk.get(f"/v1/articles/{draft['id']}/revisions/{number}"))["content"] for number in range(1, 8)]

    for before, after in [(1, 7), (7, 1), (2, 5), (5, 4), (3, 3)]:
        changes = await diff(newsroom, draft, before, after)
        assert same(applied(contents[before - 1], changes["changes"]), contents[after - 1]), (before, after)


async def test_a_diff_is_a_page_for_people(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="Talks <script>alert(1)</script> begin", body=[{"type": "paragraph", "html": "One <b>word</b>."}])
    await newsroom.edit(draft, headline="Talks <script>alert(1)</script> end", body=[])
    path = f"/v1/articles/{draft['id']}/revisions/1...2/diff"

    page = await editor.get(f"{path}?format=html")
    asked = await editor.get(path, Accept="text/html,application/xhtml+xml")
    plain = await editor.get(path, Accept="text/html,application/json")
    nothing = await editor.get(f"/v1/articles/{draft['id']}/revisions/2...2/diff?format=html")
    await newsroom.edit(await newsroom.working(draft), body={"format": "markdown", "content": "From *Markdown*."})
    made_of = await editor.get(f"/v1/articles/{draft['id']}/revisions/2...3/diff?format=html")

    assert page.headers["content-type"] == asked.headers["content-type"] == "text/html; charset=utf-8"
    assert plain.headers["content-type"] == "application/json"
    assert {answer.headers["cache-control"] for answer in (page, plain)} == {"private, no-store"}
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<del>begin</del><ins>end</ins>" in page.text
    assert "<del>One word.</del>" in page.text
    assert "<script>" not in page.text
    assert "<h2>body, " in made_of.text
    assert "body_source" not in made_of.text
    assert "Nothing differs." in nothing.text


@pytest.mark.parametrize("kept", [{"type": "paragraph"}, {"type": ["list"]}])
async def test_what_another_system_keeps_may_look_like_a_block(newsroom: Newsroom, editor: Client, kept: Wire) -> None:
    poll = {"id": "poll", "type": "custom", "name": "poll", "data": {"question": kept}}
    draft = await newsroom.draft(body=[poll])
    await newsroom.edit(draft, body=[{**poll, "data": {"question": "Peace?"}}])

    page = await editor.get(f"/v1/articles/{draft['id']}/revisions/1...2/diff?format=html")

    assert (page.status_code, "<ins>Peace?</ins>" in page.text) == (200, True)


async def test_a_diff_is_for_those_who_may_read_drafts_and_costs_the_same_whatever_its_length(
    newsroom: Newsroom, reader: Client, editor: Client, statements: Statements
) -> None:
    draft = await newsroom.draft(body={"format": "text", "content": "\n\n".join(f"Paragraph {number}." for number in range(100))})
    await newsroom.edit(draft, body=[])
    path = f"/v1/articles/{draft['id']}/revisions/1...2/diff"

    assert (await reader.get(path)).status_code == 401
    assert (await (await newsroom.key("articles:write")).get(path)).status_code == 403
    assert (await editor.get(path.replace("1...2", "1...9"))).json()["code"] == "revision-not-found"
    assert (await editor.get(path.replace("1...2", "x...2"))).status_code == 400
    for address in (path, path.replace("1...2", "1...1")):
        with statements.counted(5):
            assert (await editor.get(address)).status_code == 200
