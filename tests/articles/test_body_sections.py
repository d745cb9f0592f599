"""The headed parts of a body, read and changed as things of their own."""

import pytest

from app.body.union import MAX_BLOCKS
from tests.newsroom import Client, Newsroom, Wire, made, names, pointers


def heading(text: str, level: int = 2) -> Wire:
    return {"type": "heading", "level": level, "text": text}


def words(text: str) -> Wire:
    return {"type": "paragraph", "html": text}


BODY = [
    words("Before any part."),
    heading("Talks in Belarus"),
    words("They met."),
    heading("Who came", 3),
    words("Two delegations."),
    heading("What next"),
    words("Nobody knows."),
]


@pytest.fixture
async def draft(newsroom: Newsroom) -> Wire:
    """Three parts, the second of them within the first."""
    return await newsroom.draft(body=BODY)


def said(article: Wire) -> list[str]:
    return [block.get("text") or block.get("html") or block["type"] for block in article["body"]]


async def outline(editor: Client, article: Wire) -> list[Wire]:
    found: list[Wire] = made(await editor.get(f"/v1/articles/{article['id']}/sections?view=draft"))["data"]
    return found


async def test_parts_are_listed_in_order_each_with_what_stands_below_it(editor: Client, draft: Wire) -> None:
    parts = await outline(editor, draft)

    ids = names(draft["body"])
    assert parts == draft["outline"]
    assert [(part["anchor"], part["level"], part["heading"]) for part in parts] == [
        ("talks-in-belarus", 2, "Talks in Belarus"),
        ("who-came", 3, "Who came"),
        ("what-next", 2, "What next"),
    ]
    assert names(parts, "block_ids") == [ids[2:5], ids[4:5], ids[6:7]]


async def test_a_part_is_found_by_anchor_and_by_block_id(newsroom: Newsroom, reader: Client, draft: Wire) -> None:
    article = await newsroom.publish(draft)
    path = f"/v1/articles/{article['id']}/sections"

    by_anchor = await reader.get(f"{path}/talks-in-belarus")
    by_id = await reader.get(f"/v1/articles/{article['slug']}/sections/{article['body'][1]['id']}")

    part = by_anchor.json()
    assert by_id.json() == part
    assert part["blocks"] == article["body"][2:5]
    assert part["article"] == {name: article[name] for name in ("id", "headline", "slug", "path")}
    assert (await reader.get(path)).json()["data"] == article["outline"]
    assert (await reader.get(f"{path}/talks-in-belarus", If_None_Match=by_anchor.headers["ETag"])).status_code == 304
    missing = await reader.get(f"{path}/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "body-section-not-found")


async def test_readers_see_the_parts_that_are_published(newsroom: Newsroom, reader: Client, editor: Client, draft: Wire) -> None:
    article = await newsroom.publish(draft)
    path = f"/v1/articles/{article['id']}/sections"

    await editor.delete(f"{path}/what-next", If_Match="*")

    assert len((await reader.get(path)).json()["data"]) == 3
    assert (await reader.get(f"{path}/what-next")).status_code == 200
    assert (await editor.get(f"{path}/what-next?view=draft")).status_code == 404
    assert (await reader.get(f"{path}?view=draft")).status_code == 401


async def test_a_part_is_added_at_the_end(newsroom: Newsroom, editor: Client, draft: Wire) -> None:
    path = f"/v1/articles/{draft['id']}/sections"

    answer = await editor.post(path, {"heading": "Reactions", "body": [words("None so far.")]}, If_Match='"1"')

    part = answer.json()
    assert (answer.status_code, answer.headers["ETag"], part["version"]) == (201, '"2"', 2)
    assert (part["anchor"], part["level"], [block["html"] for block in part["blocks"]]) == ("reactions", 2, ["None so far."])
    working = await newsroom.working(draft)
    assert said(working) == [*said(draft), "Reactions", "None so far."]
    assert working["body"][:7] == draft["body"]
    assert part["id"] == working["body"][7]["id"]
    shown = made(await editor.get(answer.headers["Location"]))
    assert shown == part


async def test_a_part_is_added_behind_another_and_all_that_stands_below_that(newsroom: Newsroom, editor: Client, draft: Wire) -> None:
    path = f"/v1/articles/{draft['id']}/sections"

    made(await editor.post(path, {"heading": "Second", "after": "talks-in-belarus"}, If_Match="*"))
    made(await editor.post(path, {"heading": "How long", "level": 3, "after": "who-came"}, If_Match="*"))
    unknown = await editor.post(path, {"heading": "Lost", "after": "nowhere"}, If_Match="*")

    assert names(await outline(editor, draft), "anchor") == ["talks-in-belarus", "who-came", "how-long", "second", "what-next"]
    assert (unknown.status_code, pointers(unknown)) == (422, {"#/after"})


async def test_parts_of_one_name_have_anchors_of_their_own(editor: Client, draft: Wire) -> None:
    path = f"/v1/articles/{draft['id']}/sections"

    first = made(await editor.post(path, {"heading": "What next"}, If_Match="*"))
    second = made(await editor.post(path, {"heading": "What, next?"}, If_Match="*"))

    assert (first["anchor"], second["anchor"]) == ("what-next-2", "what-next-3")


async def test_a_part_may_come_as_one_text(newsroom: Newsroom, editor: Client, draft: Wire) -> None:
    order = {"heading": "Reactions", "body": {"format": "markdown", "content": "None *so far*.\n\n### Abroad\n\nSome."}}

    part = made(await editor.post(f"/v1/articles/{draft['id']}/sections", order, If_Match="*"))

    assert [block["type"] for block in part["blocks"]] == ["paragraph", "heading", "paragraph"]
    assert names(await outline(editor, draft), "anchor")[-2:] == ["reactions", "abroad"]


async def test_a_part_may_hold_live_updates(newsroom: Newsroom, editor: Client, draft: Wire) -> None:
    update = {"type": "live_update", "at": "2031-05-01T12:00:00Z", "title": "Now", "blocks": [words("One."), words("Two.")]}

    part = made(await editor.post(f"/v1/articles/{draft['id']}/sections", {"heading": "Live", "body": [update, update]}, If_Match="*"))

    inner = [block["id"] for update in part["blocks"] for block in [update, *update["blocks"]]]
    assert len({*inner, *names(draft["body"])}) == 6 + 7


async def test_a_part_holds_no_update_of_a_live_blog(newsroom: Newsroom) -> None:
    """It would become a row of its own, past the scope that raw markup takes, and under the name of whoever was sent."""
    reporter = await newsroom.key("articles:write", "articles:read")
    raw = [{"type": "html", "html": "<table><tbody><tr><td>1</td></tr></tbody></table>"}]
    update = {"type": "live_update", "at": "2031-05-01T12:00:00Z", "title": "Now", "authors": ["nobody"], "blocks": raw}
    blog, draft = await newsroom.draft(kind="live_blog"), await newsroom.draft()
    order = {"heading": "Live", "body": [words("One."), update]}

    into_a_blog = await reporter.post(f"/v1/articles/{blog['id']}/sections", order, If_Match="*")
    into_another = await reporter.post(f"/v1/articles/{draft['id']}/sections", order, If_Match="*")

    assert (into_a_blog.status_code, pointers(into_a_blog)) == (422, {"#/body/1"})
    assert (into_another.status_code, pointers(into_another)) == (422, {"#/body/1/authors/0"})
    assert await newsroom.working(blog) == blog


async def test_a_part_is_replaced_whole_and_keeps_its_id(newsroom: Newsroom, editor: Client, draft: Wire) -> None:
    path = f"/v1/articles/{draft['id']}/sections"
    before = (await outline(editor, draft))[0]

    order = {"heading": "Talks in Minsk", "body": [words("They met."), words("They parted.")]}
    part = made(await editor.put(f"{path}/talks-in-belarus", order, If_Match='"1"'))
    again = made(await editor.put(f"{path}/{before['id']}", order, If_Match='"2"'))

    assert (part["id"], part["anchor"], again) == (before["id"], "talks-in-minsk", part)
    working = await newsroom.working(draft)
    assert said(working) == ["Before any part.", "Talks in Minsk", "They met.", "They parted.", "What next", "Nobody knows."]
    kept = {block["html"]: block["id"] for block in draft["body"] if block["type"] == "paragraph"}
    assert working["body"][2]["id"] == kept["They met."]
    assert working["body"][3]["id"] not in names(draft["body"])
    assert working["version"] == 2


async def test_a_part_is_deleted_with_all_that_stands_below_it(newsroom: Newsroom, editor: Client, draft: Wire) -> None:
    path = f"/v1/articles/{draft['id']}/sections"

    first = await editor.delete(f"{path}/talks-in-belarus", If_Match='"1"')
    again = await editor.delete(f"{path}/talks-in-belarus", If_Match="*")

    assert (first.status_code, again.status_code) == (204, 404)
    assert said(await newsroom.working(draft)) == ["Before any part.", "What next", "Nobody knows."]


IMPOSSIBLE: list[tuple[Wire, str]] = [
    ({"heading": "Part", "body": [heading("As high")]}, "#/body/0/level"),
    ({"heading": "Part", "level": 3, "body": [words("x"), heading("Higher", 2)]}, "#/body/1/level"),
    ({"heading": " "}, "#/heading"),
    ({"heading": "Part", "level": 1}, "#/level"),
    ({"heading": "Part", "body": [{"type": "divider", "id": "mine"}, {"type": "divider", "id": "mine"}]}, "#/body/1/id"),
    ({"heading": "Part", "body": [{"type": "divider", "id": "taken"}]}, "#/body"),
    ({"heading": "Part", "body": [{"type": "divider"}] * (MAX_BLOCKS - 1)}, "#/body"),
]


async def test_a_part_that_cannot_be_is_refused_by_pointer(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(body=[{"type": "divider", "id": "taken"}])

    answers = [await editor.post(f"/v1/articles/{draft['id']}/sections", order, If_Match='"1"') for order, _ in IMPOSSIBLE]

    assert [(answer.status_code, pointers(answer)) for answer in answers] == [(422, {where}) for _, where in IMPOSSIBLE]
    assert await newsroom.working(draft) == draft


async def test_a_stale_change_of_a_part_is_told_the_conflict(newsroom: Newsroom, editor: Client, draft: Wire) -> None:
    path = f"/v1/articles/{draft['id']}/sections"
    made(await editor.put(f"{path}/what-next", {"heading": "What next", "body": [words("Somebody knows.")]}, If_Match='"1"'))

    stale = await editor.put(f"{path}/what-next", {"heading": "What next", "body": [words("I know.")]}, If_Match='"1"')

    told = stale.json()["conflicts"]
    assert (stale.status_code, len(told)) == (412, 1)
    assert [told[0][side][0]["html"] for side in ("theirs", "yours")] == ["Somebody knows.", "I know."]
