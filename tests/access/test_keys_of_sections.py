"""Keys that keep to sections: what they may work on, and that no operation of the API forgets to ask."""

from typing import Any

import pytest

from app.access.bounds import CONFINED
from app.access.scopes import SCOPES
from app.main import create_app
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers
from tests.operations import Operation, operations, small_world

OPEN_TO_ALL = {"create_comment"}
"""Writing operations that need no key: a key that keeps to other sections is no worse off than a reader without one."""
REFUSED = {"outside-sections", "article-not-found", "comment-not-found", "forbidden"}
ABOUT_ONE_ARTICLE = [each for each in operations() if each.template.startswith("/v1/articles/{ref}")]
ABOUT_ONE_COMMENT = [
    each for each in operations()
    if "{comment_id}" in each.template and not each.template.startswith("/v1/me/") and not each.template.endswith(("/vote", "/report"))
]  # fmt: skip
"""But for what people do for themselves, which no key does for them."""


async def desk_of(newsroom: Newsroom, *sections: str) -> Client:
    """A key with everything that a key of some sections can have."""
    return await newsroom.key(*sorted(CONFINED), sections=sections)


def needs_a_key(operation: Operation) -> bool:
    security = operation.about["security"]
    return bool(security) and {} not in security


async def ask(client: Client, operation: Operation, world: dict[str, str], *, draft: bool = False) -> Any:
    """The operation, rehearsed where it writes, of the working copy where it reads and can."""
    url, known = operation.url(world), {parameter["name"] for parameter in operation.parameters("query")}
    wanted = [*(["dry_run=true"] if "dry_run" in known else []), *(["view=draft"] if draft and "view" in known else [])]
    url += ("&" if "?" in url else "?") + "&".join(wanted) if wanted else ""
    return await client.request(operation.method, url, operation.likely_body(), If_Match="*")


@pytest.fixture
async def world(newsroom: Newsroom) -> dict[str, str]:
    places = await small_world(newsroom)
    await newsroom.section("Sport")
    return places


def test_there_is_something_to_walk() -> None:
    assert {"update_article", "publish_article", "delete_article", "add_body_section"} <= {
        each.about["operationId"] for each in ABOUT_ONE_ARTICLE
    }
    assert len(ABOUT_ONE_COMMENT) > 6
    assert create_app is not None
    assert set(SCOPES) > CONFINED


async def test_every_operation_on_an_article_is_refused_outside_the_sections_of_a_key(newsroom: Newsroom, world: dict[str, str]) -> None:
    """What readers see is refused as such; what they do not see is not to be found."""
    sport, own = await desk_of(newsroom, "sport"), await desk_of(newsroom, "world")
    hidden = await newsroom.draft(section="world", body=[{"type": "heading", "level": 2, "text": "Talks in Belarus"}])
    draft = {**world, "/v1/articles/ref": hidden["id"]}
    passed = 0

    for operation in ABOUT_ONE_ARTICLE:
        if operation.about["operationId"] in OPEN_TO_ALL or operation.is_stream:
            continue
        about_drafts = operation.method != "GET" or needs_a_key(operation)
        answer = await ask(sport, operation, draft, draft=True)
        assert answer.status_code in {403, 404}, (str(operation), answer.status_code, answer.text)
        assert answer.json()["code"] in REFUSED, (str(operation), answer.text)
        views = {parameter["name"] for parameter in operation.parameters("query")}
        if about_drafts or "view" in views:
            answer = await ask(sport, operation, world, draft=True)
            assert (answer.status_code, answer.json()["code"]) in {(403, "outside-sections"), (403, "forbidden")}, (
                str(operation), answer.text,
            )  # fmt: skip
            theirs = await ask(own, operation, world, draft=True)
            passed += theirs.is_success
            assert theirs.is_success or theirs.json()["code"] not in {"outside-sections", "article-not-found"}, str(operation)

    assert passed > len(ABOUT_ONE_ARTICLE) / 3


async def test_every_operation_on_a_comment_is_refused_outside_the_sections_of_a_key(newsroom: Newsroom, world: dict[str, str]) -> None:
    sport, own = await desk_of(newsroom, "sport"), await desk_of(newsroom, "world")

    for operation in ABOUT_ONE_COMMENT:
        if operation.method == "GET" and not needs_a_key(operation):
            continue
        answer = await ask(sport, operation, world)
        assert answer.status_code in {403, 404}, (str(operation), answer.status_code)
        assert answer.json()["code"] in REFUSED, (str(operation), answer.text)
        own_answer = await ask(own, operation, world)
        assert own_answer.is_success or own_answer.json()["code"] == "appeal-not-found", (str(operation), own_answer.text)


async def test_comments_that_readers_do_not_see_are_seen_in_their_sections_only(newsroom: Newsroom, world: dict[str, str]) -> None:
    sport, own = await desk_of(newsroom, "sport"), await desk_of(newsroom, "world")
    article = await newsroom.article(section="world", comments={"moderation": "pre"})
    letter = {"author": {"name": "A reader"}, "body": "Held."}
    held = made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", letter))["id"]

    assert (await own.get(f"/v1/comments/{held}")).status_code == 200
    assert (await sport.get(f"/v1/comments/{held}")).json()["code"] == "comment-not-found"
    assert names((await own.get("/v1/moderation/comments")).json()["data"]) == [held]
    assert (await sport.get("/v1/moderation/comments")).json()["data"] == []
    answer = await sport.post(f"/v1/moderation/comments/{held}/approve", If_Match="*")
    assert answer.json()["code"] == "comment-not-found"


async def test_a_key_works_in_its_sections_and_those_below_as_the_tree_is_now(newsroom: Newsroom, world: dict[str, str]) -> None:
    europe = await newsroom.section("Europe", parent="world")
    own = await desk_of(newsroom, "world")
    article = made(await own.post("/v1/articles", {"headline": "Ferry", "section": europe["id"]}))
    url = f"/v1/articles/{article['id']}"

    assert made(await own.post(f"{url}/publish", {}, If_Match="*"))["status"] == "published"
    made(await newsroom.desk.patch(f"/v1/sections/{europe['id']}", {"parent": "sport"}, If_Match="*"))
    outside = await own.patch(url, {"headline": "Mine?"}, If_Match="*")
    made(await newsroom.desk.patch(f"/v1/sections/{europe['id']}", {"parent": "world"}, If_Match="*"))
    inside = await own.patch(url, {"headline": "Mine"}, If_Match="*")

    assert (outside.status_code, outside.json()["code"]) == (403, "outside-sections")
    assert inside.status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"section": "sport"}, {"section": None}, {"other_sections": ["sport"]}, {"section": "europe", "other_sections": ["sport"]}],
    ids=str,
)
async def test_nothing_is_moved_out_of_the_sections_of_a_key(newsroom: Newsroom, world: dict[str, str], change: Wire) -> None:
    await newsroom.section("Europe", parent="world")
    own = await desk_of(newsroom, "world")
    url = f"/v1/articles/{world['/v1/articles/ref']}"

    answer = await own.patch(url, change, If_Match="*")
    made_there = await own.post("/v1/articles", {"headline": "New", "section": "world"} | change)

    assert (answer.status_code, answer.json()["code"]) == (403, "outside-sections")
    assert (made_there.status_code, made_there.json()["code"]) == (403, "outside-sections")
    assert made(await own.patch(url, {"section": "europe"}, If_Match="*"))["section"]["slug"] == "europe"


async def test_what_others_filed_elsewhere_too_can_be_edited_around(newsroom: Newsroom, world: dict[str, str]) -> None:
    article = await newsroom.draft(section="world", other_sections=["sport"])
    own, sport = await desk_of(newsroom, "world"), await desk_of(newsroom, "sport")
    url = f"/v1/articles/{article['id']}"

    assert made(await own.patch(url, {"headline": "Edited"}, If_Match="*"))["headline"] == "Edited"
    assert (await own.patch(url, {"other_sections": []}, If_Match="*")).json()["code"] == "outside-sections"
    assert (await sport.patch(url, {"headline": "Ours?"}, If_Match="*")).json()["code"] == "article-not-found"


async def test_an_upsert_keeps_to_the_sections_too(newsroom: Newsroom, world: dict[str, str]) -> None:
    own, sport = await desk_of(newsroom, "world"), await desk_of(newsroom, "sport")
    url, story = "/v1/articles/by-source/wire/1", {"headline": "From the wire", "section": "world"}

    assert (await sport.put(url, story)).json()["code"] == "outside-sections"
    assert (await own.put(url, story)).status_code == 201
    assert (await sport.put(url, {**story, "section": "sport"})).json()["code"] == "article-not-found"
    assert (await own.put(url, story)).status_code == 200


async def test_lists_of_drafts_show_what_the_key_may_work_on(newsroom: Newsroom, world: dict[str, str], statements: Statements) -> None:
    mine = [(await newsroom.draft(section="world"))["id"] for _ in range(3)]
    theirs = [(await newsroom.draft(section=section))["id"] for section in ("sport", None)]
    own = await desk_of(newsroom, "world")

    for asked in ("", "&count=exact", "&q=article", "&status=draft,published", "&sort=created_at", "&limit=1"):
        found = names(await own.all_pages(f"/v1/articles?view=draft{asked}"))
        assert set(mine) <= set(found), asked
        assert not set(theirs) & set(found), asked
    assert (await own.get("/v1/articles?view=draft&status=draft&count=exact")).json()["page"]["total"] == len(mine)
    with statements.counted(4):
        await own.get("/v1/articles?view=draft")


@pytest.mark.parametrize("place", ["", "/{ref}", "/{ref}/blocks", "/{ref}/translations", "?q=derby"])
async def test_such_a_key_does_not_see_what_is_to_come(newsroom: Newsroom, world: dict[str, str], place: str) -> None:
    """A list of then, and an article with all that stands around it, shows what others have scheduled and readers do not see yet."""
    coming = await newsroom.draft(headline="A derby", section="sport")
    await newsroom.publish(coming, at="2998-01-01T00:00:00Z")
    address = f"/v1/articles{place.format(ref=coming['id'])}"
    asked = f"{address}{'&' if '?' in address else '?'}as_of=2999-01-01T00:00:00Z"

    answer = await (await desk_of(newsroom, "world")).get(asked)

    assert (answer.status_code, answer.json()["code"]) == (403, "outside-sections")
    assert (await newsroom.desk.get(asked)).status_code == 200


async def test_such_a_key_follows_public_changes_only(newsroom: Newsroom, world: dict[str, str]) -> None:
    own = await desk_of(newsroom, "world")
    await newsroom.draft(section="world")

    seen = (await own.get("/v1/changes?limit=1000")).json()["data"]
    public = (await newsroom.client(None).get("/v1/changes?limit=1000")).json()["data"]

    assert names(seen) == names(public)
    for path in ("/v1/changes?view=draft&include=record", "/v1/export?view=draft"):
        assert (await own.get(path)).json()["code"] == "outside-sections"


async def test_such_a_key_has_no_scope_that_reaches_beyond_its_sections(newsroom: Newsroom, editor: Client, world: dict[str, str]) -> None:
    for scope in [*(set(SCOPES) - CONFINED), "*"]:
        answer = await editor.post("/v1/keys", {"name": "desk", "scopes": ["articles:read", scope], "sections": ["world"]})
        assert (answer.status_code, scope in answer.text) == (422, True), scope
        forced = await newsroom.key(scope, sections=["world"])
        assert (await forced.post("/v1/sections", {"name": "Mine"})).status_code == 403
        assert (await forced.post("/v1/keys", {"name": "wider", "scopes": ["articles:read"]})).status_code == 403


async def test_a_key_tells_its_sections(editor: Client, newsroom: Newsroom, world: dict[str, str]) -> None:
    order = {"name": "world desk", "scopes": ["articles:read"], "sections": ["/world"]}
    key = made(await editor.post("/v1/keys", order))
    me = (await newsroom.client(key["secret"]).get("/v1/me")).json()
    unknown = await editor.post("/v1/keys", {**order, "sections": ["/world", "nowhere"]})

    assert key["sections"] == me["key"]["sections"] == [world["/v1/sections/ref"]]
    assert (await editor.get("/v1/me")).json()["key"]["sections"] is None
    assert (unknown.status_code, pointers(unknown)) == (422, {"#/sections/1"})
    assert (await editor.post("/v1/keys", {**order, "sections": []})).status_code == 422


async def test_a_key_of_a_section_that_was_deleted_works_nowhere(newsroom: Newsroom, world: dict[str, str]) -> None:
    """It does not follow what stood there: whoever moves articles need not be one who may widen keys."""
    sport = await desk_of(newsroom, "sport")
    article = await newsroom.draft(section="sport")
    assert (await newsroom.desk.delete("/v1/sections/sport?move_to=world", If_Match="*")).status_code == 204

    assert (await sport.patch(f"/v1/articles/{article['id']}", {"headline": "Ours"}, If_Match="*")).status_code == 404
    assert (await sport.get("/v1/articles?view=draft")).json()["data"] == []
