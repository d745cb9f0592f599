"""The working copy is changed: no edit is lost, none that says nothing is noted, every refusal teaches."""

from typing import Any

import pytest
from sqlalchemy import update

from app.articles.working_copy.targets import Targets, find_targets
from app.authors.models import Author
from app.core.database import WriteSession
from app.events.models import LogHead
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers

MARKDOWN = "Talks began **today**.\n\n## What was said\n\nLittle.\n\n- One thing\n- Another"


async def log_of(editor: Client, article: Wire) -> list[str]:
    """The types of everything that happened to the article."""
    events = (await editor.get("/v1/changes?limit=1000")).json()["data"]
    return [event["type"] for event in events if event["object"]["id"] == article["id"]]


def texts(article: Wire) -> list[tuple[str, str]]:
    """The ids of the blocks, with what they say."""
    return [(block["id"], block.get("html") or block.get("text") or "") for block in article["body"]]


async def test_every_change_makes_a_version_and_names_it_in_the_etag(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()

    changed = await editor.patch(f"/v1/articles/{draft['id']}", {"headline": "Second"}, If_Match='"1"')
    again = await editor.patch(f"/v1/articles/{draft['id']}", {"headline": "Third"}, If_Match=changed.headers["ETag"])

    assert (draft["version"], changed.headers["ETag"], again.headers["ETag"]) == (1, '"2"', '"3"')
    read = await editor.get(f"/v1/articles/{draft['id']}?view=draft")
    assert (read.headers["ETag"], read.json()["version"], read.json()["headline"]) == ('"3"', 3, "Third")
    assert await log_of(editor, draft) == ["article.created", "article.updated", "article.updated"]


async def test_what_a_public_answer_carries_as_etag_serves_as_if_match(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article()
    path = f"/v1/articles/{article['id']}"
    public = (await reader.get(path)).headers["ETag"]

    fresh = await editor.patch(path, {"headline": "New"}, If_Match=public)
    stale = await editor.patch(path, {"headline": "Newer"}, If_Match=public)

    assert (fresh.status_code, stale.status_code) == (200, 412)


async def test_a_working_copy_that_the_client_has_is_not_sent_again(
    newsroom: Newsroom, reader: Client, editor: Client, statements: Statements
) -> None:
    article = await newsroom.article()
    path = f"/v1/articles/{article['id']}?view=draft"
    held = (await editor.get(path)).headers["ETag"]

    with statements.counted(1):
        same = await editor.get(path, If_None_Match=held)
    refused = await reader.get(path, If_None_Match=held)
    with_more = await editor.get(f"{path}&include=comments", If_None_Match=held)
    await editor.patch(f"/v1/articles/{article['id']}", {"headline": "Second"}, If_Match=held)
    changed = await editor.get(path, If_None_Match=held)

    assert (same.status_code, same.headers["ETag"], same.content) == (304, held, b"")
    assert same.headers["Cache-Control"] == "private, no-store"
    assert (refused.status_code, with_more.status_code, changed.status_code) == (401, 200, 200)


CHANGES = [
    ("PATCH", "", {"headline": "Second"}),
    ("DELETE", "", None),
    ("POST", "/publish", {}),
    ("POST", "/unpublish", {}),
    ("POST", "/restore", {}),
    ("POST", "/sections", {"heading": "Part"}),
    ("PUT", "/sections/part", {"heading": "Part"}),
    ("DELETE", "/sections/part", None),
]


async def test_a_change_that_does_not_say_its_version_is_refused(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(body=[{"type": "heading", "text": "Part"}])

    answers = {
        (method, path): [
            await editor.request(method, f"/v1/articles/{draft['id']}{path}", body, **headers)
            for headers in ({}, {"If_Match": '"7"'}, {"If_Match": "yesterday's"})
        ]
        for method, path, body in CHANGES
    }

    for change, (missing, stale, nonsense) in answers.items():
        assert (missing.status_code, missing.json()["code"]) == (428, "precondition-required"), change
        assert (stale.status_code, stale.json()["version"]) == (412, 1), change
        assert (nonsense.status_code, nonsense.json()["errors"][0]["parameter"]) == (400, "If-Match"), change
    assert await newsroom.working(draft) == draft


async def test_a_stale_edit_is_told_every_field_that_both_sides_changed(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="Base", kicker="K", dek="D", tags=[(await newsroom.tag("Rail"))["id"]])
    await newsroom.edit(draft, headline="Theirs", kicker="Theirs too", dek=None)

    answer = await editor.patch(
        f"/v1/articles/{draft['id']}", {"headline": "Yours", "dek": "Yours", "kicker": "Theirs too", "tags": []}, If_Match='"1"'
    )

    assert (answer.status_code, answer.json()["code"], answer.json()["version"]) == (412, "version-mismatch", 2)
    assert answer.json()["conflicts"] == [
        {"pointer": "#/headline", "base": "Base", "theirs": "Theirs", "yours": "Yours"},
        {"pointer": "#/dek", "base": "D", "theirs": None, "yours": "Yours"},
    ]
    assert (await newsroom.working(draft))["headline"] == "Theirs"


async def test_a_conflict_is_told_across_several_versions_and_a_publication(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="Base")
    published = await newsroom.publish(await newsroom.edit(draft, headline="Seen"))
    await newsroom.edit(await newsroom.edit(published, headline="Later"), headline="Latest")

    answer = await editor.patch(f"/v1/articles/{draft['id']}", {"headline": "Yours"}, If_Match=f'"{published["version"]}"')

    assert answer.json()["conflicts"] == [{"pointer": "#/headline", "base": "Seen", "theirs": "Latest", "yours": "Yours"}]


async def test_a_star_forces_the_change(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    await newsroom.edit(draft, headline="Theirs")

    forced = made(await editor.patch(f"/v1/articles/{draft['id']}", {"headline": "Yours"}, If_Match="*"))

    assert (forced["headline"], forced["version"]) == ("Yours", 3)


async def test_a_patch_changes_what_it_names_and_null_empties(newsroom: Newsroom) -> None:
    picture = {"url": "/a.jpg", "alt": "A", "caption": "C", "credit": None, "width": 10, "height": 10}
    draft = await newsroom.draft(
        kicker="K", dek="D", lead_image=picture, seo={"title": "T", "description": "S"}, source={"name": "NSA"}, notes="N"
    )

    edited = await newsroom.edit(
        draft, dek=None, lead_image={"alt": None, "url": "/b.jpg"}, seo={"title": None}, source={"url": "https://agency.example.org/"}
    )
    emptied = await newsroom.edit(edited, lead_image=None, seo=None, source=None, notes=None)

    changed = {"dek", "lead_image", "seo", "source", "version", "revised_at"}
    assert {name for name, value in edited.items() if value != draft[name]} == changed
    assert edited["lead_image"] == {**picture, "url": "/b.jpg", "alt": None}
    assert edited["seo"] == {"title": None, "description": "S"}
    assert edited["source"] == {"name": "NSA", "url": "https://agency.example.org/", "category": None}
    assert [emptied[name] for name in ("lead_image", "seo", "source", "notes")] == [None] * 4


async def test_part_of_an_object_that_is_not_there_must_make_a_whole_one(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()

    answer = await editor.patch(f"/v1/articles/{draft['id']}", {"lead_image": {"alt": "A table"}}, If_Match='"1"')

    assert (answer.status_code, pointers(answer)) == (422, {"#/lead_image/url"})


NOTHING_NEW: list[Wire] = [
    {},
    {"headline": "Same"},
    {"kicker": None},
    {"tags": []},
    {"seo": {}},
    {"seo": {"title": None}},
    {"source": {}},
    {"source": {"name": None}},
    {"lead_image": None},
    {"published_at": "2020-01-01T01:00:00+01:00"},
    {"body": [{"type": "paragraph", "html": "Same words."}]},
    {"comments": {}},
    {"comments": {"status": None}},
    {"slug": "same"},
]


async def test_a_change_that_changes_nothing_leaves_no_trace(newsroom: Newsroom, editor: Client) -> None:
    body = [{"type": "paragraph", "html": "Same words."}]
    draft = await newsroom.draft(headline="Same", slug="same", body=body, published_at="2020-01-01T00:00:00Z")

    answers = {str(patch): await editor.patch(f"/v1/articles/{draft['id']}", patch, If_Match='"1"') for patch in NOTHING_NEW}

    assert {patch: (answer.status_code, answer.headers["ETag"]) for patch, answer in answers.items()} == dict.fromkeys(
        answers, (200, '"1"')
    )
    assert all(answer.json() == draft for answer in answers.values())
    assert await log_of(editor, draft) == ["article.created"]


IMPOSSIBLE: list[tuple[Wire, str]] = [
    ({"headline": None}, "#/headline"),
    ({"headline": " "}, "#/headline"),
    ({"headline": "x" * 501}, "#/headline"),
    ({"slug": None}, "#/slug"),
    ({"slug": "Not A Slug"}, "#/slug"),
    ({"kind": "novel"}, "#/kind"),
    ({"status": "published"}, "#/status"),
    ({"headlin": "Misspelt"}, "#/headlin"),
    ({"published_at": "2020-01-01"}, "#/published_at"),
    ({"canonical_url": "javascript:alert(1)"}, "#/canonical_url"),
    ({"source_ref": {"source": "wire", "external_id": "1"}}, "#/source_ref"),
    ({"body": [{"type": "paragraf", "html": "x"}]}, "#/body/0/type"),
    ({"body": [{"type": "divider", "id": "a"}, {"type": "divider", "id": "a"}]}, "#/body/1/id"),
]


async def test_what_cannot_be_is_refused_by_pointer(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()

    answers = {str(patch): await editor.patch(f"/v1/articles/{draft['id']}", patch, If_Match='"1"') for patch, _ in IMPOSSIBLE}

    assert {patch: answer.status_code for patch, answer in answers.items()} == dict.fromkeys(answers, 422)
    assert {patch: pointers(answer) for patch, answer in answers.items()} == {str(patch): {where} for patch, where in IMPOSSIBLE}
    assert await newsroom.working(draft) == draft


async def test_unknown_references_are_named_all_at_once(newsroom: Newsroom, editor: Client) -> None:
    known = await newsroom.tag("Rail")
    wrong = {
        "section": "nowhere",
        "other_sections": ["/no/where"],
        "authors": ["nobody", {"author": "no-one", "role": "photographer"}],
        "tags": [known["slug"], "nothing"],
        "body": [{"type": "divider", "id": "a"}, {"type": "divider", "id": "a"}],
    }
    where = {"#/section", "#/other_sections/0", "#/authors/0", "#/authors/1", "#/tags/1", "#/body/1/id"}
    draft = await newsroom.draft()

    answers = [
        await editor.post("/v1/articles", {"headline": "New", **wrong}),
        await editor.patch(f"/v1/articles/{draft['id']}", wrong, If_Match="*"),
        await editor.put("/v1/articles/by-source/wire/1", {"headline": "New", **wrong}),
        await editor.post("/v1/articles?dry_run=true", {"headline": "New", **wrong}),
    ]

    assert [(answer.status_code, pointers(answer)) for answer in answers] == [(422, where)] * 4
    said = {fault["pointer"]: fault["detail"] for fault in answers[0].json()["errors"]}
    assert said["#/section"] == "There is no section nowhere, or several have this slug."
    assert (said["#/authors/0"], said["#/tags/1"]) == ("There is no author nobody.", "There is no tag nothing.")


async def test_a_wire_finds_what_became_of_what_it_sent(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    world, sport = await newsroom.section("World"), await newsroom.section("Sport")
    confined = await newsroom.key("articles:read", sections=[sport["id"]])
    address = "/v1/articles/by-source/wire/1"
    absent = await editor.get(address)
    sent = await editor.put(address, {"headline": "Talks", "section": world["id"]})
    edited = await newsroom.edit(sent.json(), kicker="Border")

    found = await editor.get(address)

    assert (absent.status_code, absent.json()["code"]) == (404, "article-not-found")
    assert (found.json(), found.headers["ETag"]) == (edited, f'"{edited["version"]}"')
    assert "no-store" in found.headers["Cache-Control"]
    assert (await editor.get(address, If_None_Match=found.headers["ETag"])).status_code == 304
    assert [(await client.get(address)).status_code for client in (reader, confined)] == [401, 404]


async def test_a_wire_that_says_which_version_it_follows_takes_nothing_from_the_newsroom(newsroom: Newsroom, editor: Client) -> None:
    address, story = "/v1/articles/by-source/wire/1", {"headline": "Talks", "dek": "Both came."}
    first = await editor.put(address, story)
    edited = await newsroom.edit(first.json(), headline="Talks at the border")

    known = first.headers["ETag"]
    same = await editor.put(address, story, If_Match=known)
    other = await editor.put(address, {"headline": "Talks begin", "dek": "Neither spoke."}, If_Match=known)

    assert (same.status_code, same.json()["conflicts"], same.json()["mergeable"]) == (412, [], [])
    assert (other.status_code, [one["pointer"] for one in other.json()["conflicts"]]) == (412, ["#/headline"])
    assert [one["pointer"] for one in other.json()["mergeable"]] == ["#/dek"]
    assert await newsroom.working(edited) == edited
    followed = await editor.put(address, story, If_Match=f'"{edited["version"]}"')
    assert (followed.status_code, followed.json()["headline"]) == (200, "Talks")


async def test_what_never_came_has_no_version_to_follow(editor: Client) -> None:
    answers = [await editor.put("/v1/articles/by-source/wire/1", {"headline": "Talks"}, If_Match=match) for match in ('"1"', "*")]

    assert [(answer.status_code, answer.json().get("code")) for answer in answers] == [(412, "version-mismatch"), (201, None)]


async def test_a_wire_that_still_uses_former_names_is_understood(newsroom: Newsroom, editor: Client) -> None:
    """Nobody tells an agency that a section was renamed, or two tags were merged."""
    world, archive = await newsroom.section("World"), await newsroom.section("Archive")
    europe = await newsroom.section("Europe", parent=world["id"])
    ana, rail, trains = await newsroom.author("Ana Ruiz"), await newsroom.tag("Rail"), await newsroom.tag("Trains")
    story = {
        "headline": "Talks", "slug": "talks", "section": "/world/europe", "other_sections": ["world", "/archive"],
        "authors": [{"author": "ana-ruiz", "role": "photographer"}], "tags": ["rail", "trains"],
    }  # fmt: skip
    first = made(await editor.put("/v1/articles/by-source/wire/1", story))

    made(await editor.patch(f"/v1/sections/{world['id']}", {"slug": "globe"}, If_Match="*"))
    made(await editor.patch(f"/v1/authors/{ana['id']}", {"slug": "ana"}, If_Match="*"))
    assert (await editor.delete(f"/v1/tags/{rail['id']}?move_to={trains['id']}", If_Match="*")).status_code == 204
    before = await newsroom.working(first)
    again = await editor.put("/v1/articles/by-source/wire/1", story)
    second = made(await editor.put("/v1/articles/by-source/wire/2", {**story, "slug": "more-talks"}))

    assert (again.status_code, again.json()["section"]["path"]) == (200, "/globe/europe")
    assert again.json()["version"] == before["version"]
    assert [section["id"] for section in (second["section"], *second["other_sections"])] == [europe["id"], world["id"], archive["id"]]
    assert [(author["id"], author["role"]) for author in second["authors"]] == [(ana["id"], "photographer")]
    assert [tag["id"] for tag in second["tags"]] == [trains["id"]]


async def test_a_former_name_that_another_has_now_is_that_others(newsroom: Newsroom, editor: Client) -> None:
    old = await newsroom.section("World")
    top = await newsroom.section("Archive")
    made(await editor.patch(f"/v1/sections/{old['id']}", {"parent": top["id"]}, If_Match="*"))

    below = await newsroom.section("Maps", parent="/world")
    draft = await newsroom.draft(section="world")

    assert (below["path"], draft["section"]["path"]) == ("/archive/world/maps", "/archive/world")


async def test_references_are_taken_as_id_slug_or_path(newsroom: Newsroom) -> None:
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", parent=world["id"])
    ana, ben, rail = await newsroom.author("Ana Ruiz"), await newsroom.author("Ben Okri"), await newsroom.tag("Rail")

    draft = await newsroom.draft(
        section="/world/europe",
        other_sections=["world", europe["id"]],
        authors=["ana-ruiz", {"author": ben["id"], "role": "photographer"}],
        tags=[rail["id"], "rail"],
    )

    assert draft["section"] == {name: europe[name] for name in ("id", "name", "slug", "path")}
    assert [section["id"] for section in draft["other_sections"]] == [world["id"]]
    assert [(author["id"], author["role"]) for author in draft["authors"]] == [(ana["id"], "author"), (ben["id"], "photographer")]
    assert [tag["slug"] for tag in draft["tags"]] == ["rail"]
    assert draft["path"] == f"/world/europe/{draft['slug']}"
    assert [crumb["path"] for crumb in draft["breadcrumbs"]] == ["/", "/world", "/world/europe"]


async def test_what_a_new_article_is_answered_with_is_what_it_shows(newsroom: Newsroom) -> None:
    """Nothing is asked of the database for the answer that the order told already."""
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", parent=world["id"])
    north = await newsroom.section("North", parent=europe["id"])
    for address, said in (("site", {"moderation": "pre"}), (f"sections/{europe['id']}", {"state": "closed"})):
        made(await newsroom.desk.patch(f"/v1/comment-policies/{address}", said, If_Match="*"))
    ana, rail, other = await newsroom.author("Ana Ruiz"), await newsroom.tag("Rail"), await newsroom.article()
    everything = {
        "section": "world/europe/north", "other_sections": ["world", north["id"], "/world"], "tags": ["rail", rail["id"]],
        "authors": ["ana-ruiz", {"author": ana["id"], "role": "photographer"}], "assignees": ["Ben", "Ana", "Ben"],
        "related": [{"article": other["id"]}], "translation_of": other["id"], "language": "fr",
        "comments": {"status": "open", "moderation": "post"},
    }  # fmt: skip
    live = {
        "kind": "live_blog",
        "body": [{"type": "live_update", "at": "2031-01-01T00:00:00Z", "blocks": [{"type": "paragraph", "html": "Now."}]}],
    }

    for order in ({}, everything, {"other_sections": ["europe"], "comments": {"closes_at": "2031-01-01T00:00:00Z"}}, live):
        draft = await newsroom.draft(**order)
        assert draft == await newsroom.working(draft)


async def test_a_new_article_has_the_names_that_were_given_while_it_was_made(
    newsroom: Newsroom, editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers with them, and is found by them: nobody would enter them later."""
    await newsroom.author("Ana Ruiz")

    async def meanwhile(session: WriteSession, **named: Any) -> Targets:
        """What another has committed since."""
        found = await find_targets(session, **named)
        await session.execute(update(Author).values(name="Bea Lopez"))
        await session.execute(update(LogHead).values(names_seq=LogHead.names_seq + 1))
        return found

    monkeypatch.setattr("app.articles.working_copy.content.find_targets", meanwhile)
    draft = await newsroom.draft(authors=["ana-ruiz"])

    assert draft == await newsroom.working(draft)
    assert names(made(await editor.get("/v1/articles?view=draft&q=lopez"))["data"]) == [draft["id"]]


async def test_a_dry_run_answers_like_the_real_one_and_keeps_nothing(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    draft = await newsroom.draft()
    log, path = await log_of(editor, draft), f"/v1/articles/{draft['id']}"

    created = await editor.post("/v1/articles?dry_run=true", {"headline": "Rehearsed"}, Idempotency_Key="rehearsal-1")
    edited = made(await editor.patch(f"{path}?dry_run=true", {"headline": "Rehearsed"}, If_Match='"1"'))
    published = made(await editor.post(f"{path}/publish?dry_run=true", If_Match='"1"'))
    part = await editor.post(f"{path}/sections?dry_run=true", {"heading": "Rehearsed"}, If_Match='"1"')
    put = await editor.put("/v1/articles/by-source/wire/1?dry_run=true", {"headline": "Rehearsed"})
    deleted = await editor.delete(f"{path}?dry_run=true", If_Match='"1"')

    assert (created.status_code, created.json()["headline"]) == (201, "Rehearsed")
    assert (edited["headline"], edited["version"], published["status"]) == ("Rehearsed", 2, "published")
    assert (part.status_code, put.status_code, deleted.status_code) == (201, 201, 204)
    assert await newsroom.working(draft) == draft
    assert await log_of(editor, draft) == log
    assert [article["id"] for article in (await editor.get("/v1/articles?view=draft")).json()["data"]] == [draft["id"]]
    assert (await reader.get("/v1/articles")).json()["data"] == []
    real = await editor.post("/v1/articles", {"headline": "Rehearsed"}, Idempotency_Key="rehearsal-1")
    assert "Idempotent-Replayed" not in real.headers


@pytest.mark.parametrize(
    ("form", "content", "types"),
    [
        ("markdown", MARKDOWN, ["paragraph", "heading", "paragraph", "list"]),
        ("html", "<p>One</p><h2>Two</h2><ul><li>Three</li></ul>", ["paragraph", "heading", "list"]),
        ("text", "One\n\nTwo", ["paragraph", "paragraph"]),
    ],
)
async def test_a_body_may_come_as_one_text_and_the_original_is_kept(newsroom: Newsroom, form: str, content: str, types: list[str]) -> None:
    sent = {"format": form, "content": content}

    draft = await newsroom.draft(body=sent)

    assert [block["type"] for block in draft["body"]] == types
    assert draft["body_source"] == sent


async def test_a_text_sent_again_keeps_its_blocks_and_is_no_change(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(body={"format": "markdown", "content": MARKDOWN})

    again = await newsroom.edit(draft, body={"format": "markdown", "content": MARKDOWN})

    assert again == draft
    assert await log_of(editor, draft) == ["article.created"]


async def test_blocks_keep_their_ids_when_the_text_grows_around_them(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(body={"format": "markdown", "content": "First.\n\nSecond one here.\n\nThird."})

    grown = await newsroom.edit(draft, body={"format": "markdown", "content": "New.\n\nFirst.\n\nSecond one stands here.\n\nThird."})

    before = {text: identity for identity, text in texts(draft)}
    after = {text: identity for identity, text in texts(grown)}
    assert (after["First."], after["Third."]) == (before["First."], before["Third."])
    assert after["New."] not in before.values()
    assert len(set(after.values())) == 4


async def test_a_body_of_blocks_lets_the_former_original_go(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(body={"format": "text", "content": "One"})

    edited = await newsroom.edit(draft, body=[{"type": "paragraph", "html": "Two"}])

    assert (texts(edited)[0][1], edited["body_source"]) == ("Two", None)


async def test_raw_html_needs_its_own_scope(newsroom: Newsroom) -> None:
    writer, raw = await newsroom.key("articles:read", "articles:write"), [{"type": "html", "html": "<aside>Raw</aside>"}]
    draft = await newsroom.draft()
    path = f"/v1/articles/{draft['id']}"

    answers = [
        await writer.post("/v1/articles", {"headline": "Raw", "body": raw}),
        await writer.patch(path, {"body": raw}, If_Match="*"),
        await writer.put("/v1/articles/by-source/wire/1", {"headline": "Raw", "body": raw}),
        await writer.post(f"{path}/sections", {"heading": "Raw", "body": raw}, If_Match="*"),
        await writer.patch(
            path, {"body": [{"type": "live_update", "at": "2031-05-01T12:00:00Z", "title": "Now", "blocks": raw}]}, If_Match="*"
        ),
    ]

    assert [(answer.status_code, answer.json()["scope"]) for answer in answers] == [(403, "articles:html")] * 5
    assert await newsroom.working(draft) == draft
    assert (await newsroom.edit(draft, body=raw))["body"][0]["type"] == "html"


async def test_a_wire_is_shown_what_of_its_html_fits_no_other_block(newsroom: Newsroom) -> None:
    wire, html = await newsroom.key("articles:write"), "<p>Both came.</p><table><tr><td colspan=2>Talks</td></tr></table>"

    answer = await wire.put("/v1/articles/by-source/wire/1", {"headline": "Talks", "body": {"format": "html", "content": html}})

    assert (answer.status_code, answer.json()["scope"]) == (403, "articles:html")
    assert answer.json()["detail"].endswith('would be raw HTML: <table><tbody><tr><td colspan="2">Talks</td></tr></tbody></table>')


async def test_whoever_may_not_write_raw_html_may_edit_around_it(newsroom: Newsroom) -> None:
    writer = await newsroom.key("articles:read", "articles:write")
    draft = await newsroom.draft(body=[{"type": "html", "html": "<aside>Raw</aside>"}, {"type": "heading", "text": "Part"}])
    path = f"/v1/articles/{draft['id']}"

    headline = await writer.patch(path, {"headline": "Better"}, If_Match="*")
    around = await writer.patch(path, {"body": [*draft["body"], {"type": "paragraph", "html": "More"}]}, If_Match="*")
    part = await writer.post(f"{path}/sections", {"heading": "Other part"}, If_Match="*")
    other = await writer.patch(path, {"body": [{"type": "html", "html": "<aside>Other</aside>"}]}, If_Match="*")

    assert [answer.status_code for answer in (headline, around, part, other)] == [200, 200, 201, 403]


async def test_markup_in_text_is_made_safe_when_it_is_written(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article(
        body=[{"type": "paragraph", "html": 'Safe <em>words</em><script>alert(1)</script> <a href="javascript:x()" onclick="x()">here</a>'}]
    )

    shown = (await reader.get(f"/v1/articles/{article['id']}?include=body_html")).text

    assert "<em>words</em>" in shown
    assert not [bad for bad in ("script", "onclick", "alert") if bad in shown]


async def test_what_is_the_newsrooms_own_never_reaches_readers(newsroom: Newsroom, reader: Client) -> None:
    ref = {"source": "wire", "external_id": "canary-4711"}
    article = await newsroom.article(
        headline="Plain", notes="canary of the desk", source_ref=ref, body={"format": "markdown", "content": "Plain ~~words~~"}
    )
    path = f"/v1/articles/{article['id']}"

    answers = [
        await reader.get(address)
        for address in (
            path,
            f"{path}?include=body_html,body_text,comments",
            "/v1/articles?include=body",
            f"{path}/sections",
            "/v1/changes",
        )
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert not [name for name in ("canary of", "canary-4711", "body_source", "notes", "source_ref", "~~") if name in answer.text]
    working = await newsroom.working(article)
    assert (working["notes"], working["source_ref"]) == ("canary of the desk", ref)


async def test_how_a_discussion_is_run_changes_at_once(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await newsroom.article()
    path = f"/v1/articles/{article['id']}"
    etag = (await reader.get(path)).headers["ETag"]

    edited = await newsroom.edit(article, comments={"status": "closed"})

    assert (edited["version"], edited["has_unpublished_changes"]) == (article["version"] + 1, False)
    shown = await reader.get(path, If_None_Match=etag)
    assert (shown.status_code, shown.json()["comments"]["status"]) == (200, "closed")
    events = (await editor.get("/v1/changes?limit=1000")).json()["data"]
    assert {event["actor"]["name"] for event in events if event["object"]["id"] == article["id"]} == {"tests"}
    public = [event["type"] for event in (await reader.get("/v1/changes")).json()["data"]]
    assert public == ["article.published", "article.discussion_changed"]


async def test_many_tags_keep_their_order_in_the_working_copy_and_for_readers(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    tags = [(await newsroom.tag(f"Tag {number}"))["id"] for number in range(19)][::-1]

    article = await newsroom.article(tags=tags)

    draft = await editor.get(f"/v1/articles/{article['id']}?view=draft")
    shown = await reader.get(f"/v1/articles/{article['id']}")
    assert names(draft.json()["tags"]) == names(shown.json()["tags"]) == tags
    for tag in (tags[0], tags[8], tags[18]):
        assert names((await reader.get(f"/v1/articles?tag={tag}")).json()["data"]) == [article["id"]]


async def test_a_member_of_a_list_in_a_patch_may_leave_out_what_it_is_by_itself(newsroom: Newsroom) -> None:
    """A list is replaced whole (RFC 7396), so its members are whole, too; it was an error of the service."""
    author, other, article = await newsroom.author(), await newsroom.draft(), await newsroom.draft()
    patch = {"authors": [{"author": author["id"]}], "related": [{"article": other["id"]}]}

    edited = made(await newsroom.desk.patch(f"/v1/articles/{article['id']}", patch, If_Match="*"))

    assert [one["role"] for one in edited["authors"]] == ["author"]
    assert [one["kind"] for one in edited["related"]] == ["related"]
