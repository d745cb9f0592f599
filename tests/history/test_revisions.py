"""Each change of a working copy keeps a revision; it can be listed, read and brought back, and content that is the same is kept once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from app.articles.working_copy.revisions import ArticleContent, Revision
from app.core import clock, ids
from app.events.models import Event
from tests.newsroom import Client, Newsroom, Statements, Wire, made, pointers


async def numbers(newsroom: Newsroom, article: Wire) -> list[int]:
    """The numbers of an article's revisions, the newest first."""
    return [one["number"] for one in await newsroom.desk.all_pages(f"/v1/articles/{article['id']}/revisions?limit=100")]


async def revision(newsroom: Newsroom, article: Wire, number: int) -> Wire:
    return made(await newsroom.desk.get(f"/v1/articles/{article['id']}/revisions/{number}"))


async def contents(newsroom: Newsroom, article: Wire) -> int:
    """How many contents are kept of an article."""
    owner = ids.decode("art", article["id"])
    async with newsroom.database.reading() as session:
        counted = select(func.count()).select_from(ArticleContent).where(ArticleContent.article_id == owner)
        return (await session.execute(counted)).scalar_one()


async def test_each_change_of_the_working_copy_keeps_who_made_it_when_through_what_and_why(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="First")
    path, me = f"/v1/articles/{draft['id']}", (await editor.get("/v1/me")).json()["key"]

    with clock.stopped_at(clock.now() + timedelta(hours=1)):
        edited = await editor.patch(
            f"{path}?message=Named%20the%20m%C3%ADnister", {"headline": "Second", "dek": "D"}, If_Match='"1"', X_Request_ID="desk-request-7"
        )
    published = await newsroom.publish(edited.json())
    await newsroom.edit(published, comments={"status": "closed"})
    await newsroom.edit(await newsroom.working(draft), headline="Third")

    found = (await editor.get(f"{path}/revisions")).json()["data"]
    assert [(one["number"], one["is_current"], one["is_published"]) for one in found] == [
        (5, True, False), (2, False, True), (1, False, False),
    ]  # fmt: skip
    second = found[1]
    assert second["actor"] == {"kind": "key", "id": me["id"], "name": me["name"]}
    assert (second["message"], second["caused_by"], set(second["changed"])) == ("Named the mínister", "desk-request-7", {"headline", "dek"})
    assert (second["at"], second["restored_from"]) == (edited.json()["revised_at"], None)
    assert [one["message"] for one in (found[0], found[2])] == [None, None]
    async with newsroom.database.reading() as session:
        kept = (await session.scalars(select(Event.message).where(Event.message.is_not(None)))).all()
    assert kept == ["Named the mínister"]


async def test_a_revision_shows_what_the_article_was(newsroom: Newsroom) -> None:
    author, tag = await newsroom.author(), await newsroom.tag()
    draft = await newsroom.draft(headline="First", authors=[author["id"]], tags=[tag["id"]], notes="Call them.")
    await newsroom.edit(draft, headline="Second", body=[], tags=[])

    first, second = await revision(newsroom, draft, 1), await revision(newsroom, draft, 2)

    content = first["content"]
    assert (content["headline"], content["tags"], content["notes"], content["body"]) == ("First", [tag["id"]], "Call them.", draft["body"])
    assert content["authors"] == [{"author": author["id"], "role": "author"}]
    assert (second["content"]["headline"], second["content"]["body"], second["content"]["tags"]) == ("Second", [], [])


async def test_any_version_leads_to_the_revision_that_it_shows(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article(headline="First")
    await newsroom.edit(article, headline="Second")

    found = [(await revision(newsroom, article, version))["number"] for version in (1, 2, 3)]
    missing = await editor.get(f"/v1/articles/{article['id']}/revisions/4")

    assert found == [1, 1, 3]
    assert (missing.status_code, missing.json()["code"]) == (404, "revision-not-found")


async def test_history_is_for_those_who_may_read_drafts(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article()
    path, writer = f"/v1/articles/{article['id']}/revisions", await newsroom.key("articles:write")
    addresses = [path, f"{path}/1"]

    strangers = [(await reader.get(address)).status_code for address in addresses]
    forbidden = [(await writer.get(address)).status_code for address in addresses]
    answers = [await newsroom.desk.get(address) for address in addresses]

    assert (strangers, forbidden) == ([401] * 2, [403] * 2)
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}
    assert all("cache-tag" not in answer.headers for answer in answers)
    assert (await newsroom.desk.get("/v1/articles/nothing-of-this-name/revisions")).status_code == 404


async def test_revisions_come_in_pages_and_a_long_history_costs_no_more_statements(newsroom: Newsroom, statements: Statements) -> None:
    draft = await newsroom.draft()
    for number in range(12):
        draft = await newsroom.edit(draft, headline=f"Headline {number}")
    path = f"/v1/articles/{draft['id']}/revisions"

    pages = await newsroom.desk.all_pages(f"{path}?limit=5")

    assert [one["number"] for one in pages] == list(range(13, 0, -1))
    assert (await newsroom.desk.get(f"{path}?limit=5&cursor=AAAA")).json()["code"] == "cursor-mismatch"
    for limit in (1, 100):
        with statements.counted(4):
            await newsroom.desk.get(f"{path}?limit={limit}")
    with statements.counted(4):
        await newsroom.desk.get(f"{path}/3")


async def test_a_revision_is_brought_back_as_a_new_one(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="First", body={"format": "markdown", "content": "Talks **began**."}, seo={"title": "T"})
    edited = await newsroom.edit(draft, headline="Second", body=[], seo=None, kicker="K")
    path = f"/v1/articles/{draft['id']}/revisions/1/restore"

    rehearsed = made(await editor.post(f"{path}?dry_run=true", {}, If_Match='"2"'))
    restored = made(await editor.post(path, {}, If_Match='"2"', Idempotency_Key="back"))
    repeated = await editor.post(path, {}, If_Match='"2"', Idempotency_Key="back")
    again = made(await editor.post(path, {}, If_Match='"3"'))

    assert edited["version"] == 2
    moving = {"version", "revised_at", "created_at"}
    assert {name for name in draft if draft[name] != restored[name]} <= moving
    assert {**rehearsed, "revised_at": ""} == {**restored, "revised_at": ""}
    assert (restored["version"], again["version"]) == (3, 3)
    assert (repeated.json(), repeated.headers["Idempotent-Replayed"]) == (restored, "true")
    found = (await editor.get(f"/v1/articles/{draft['id']}/revisions")).json()["data"]
    assert [(one["number"], one["restored_from"]) for one in found] == [(3, 1), (2, None), (1, None)]
    events = (await editor.get("/v1/changes?limit=1000")).json()["data"]
    assert [event["data"]["restored_from"] for event in events if "restored_from" in event["data"]] == [1]


async def test_only_some_fields_are_brought_back(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="First", dek="D", body={"format": "text", "content": "One"})
    await newsroom.edit(draft, headline="Second", dek=None, body=[])
    path = f"/v1/articles/{draft['id']}/revisions/1/restore"

    restored = made(await editor.post(path, {"fields": ["body", "dek"]}, If_Match="*"))
    wrong = await editor.post(path, {"fields": ["body", "version"]}, If_Match="*")

    assert (restored["headline"], restored["dek"], restored["body"], restored["body_source"]) == (
        "Second", "D", draft["body"], draft["body_source"],
    )  # fmt: skip
    assert (wrong.status_code, pointers(wrong)) == (422, {"#/fields/1"})


async def test_what_cannot_be_brought_back_is_refused(newsroom: Newsroom, editor: Client) -> None:
    tag, raw = await newsroom.tag("Gone"), [{"type": "html", "html": "<aside>Raw</aside>"}]
    draft = await newsroom.draft(headline="First", tags=[tag["id"]], body=raw)
    path, writer = f"/v1/articles/{draft['id']}/revisions", await newsroom.key("articles:read", "articles:write")
    await newsroom.edit(draft, tags=[], headline="Second", body=[])
    await editor.delete(f"/v1/tags/{tag['id']}", If_Match="*")

    answers = {
        "stale": await editor.post(f"{path}/1/restore", {}, If_Match='"1"'),
        "unsaid": await editor.post(f"{path}/1/restore", {}),
        "gone": await editor.post(f"{path}/1/restore", {}, If_Match='"2"'),
        "raw": await writer.post(f"{path}/1/restore", {"fields": ["body"]}, If_Match='"2"'),
        "none": await editor.post(f"{path}/9/restore", {}, If_Match='"2"'),
        "reading": await (await newsroom.key("articles:read")).post(f"{path}/1/restore", {}, If_Match='"2"'),
    }

    assert {what: answer.status_code for what, answer in answers.items()} == {
        "stale": 412, "unsaid": 428, "gone": 422, "raw": 403, "none": 404, "reading": 403,
    }  # fmt: skip
    assert pointers(answers["gone"]) == {"#/tags/0"}
    assert (await newsroom.working(draft))["version"] == 2
    await editor.delete(f"/v1/articles/{draft['id']}", If_Match="*")
    trashed = await editor.post(f"{path}/1/restore", {"fields": ["headline"]}, If_Match="*")
    assert (trashed.status_code, trashed.json()["code"]) == (409, "article-deleted")


async def test_content_that_is_the_same_is_kept_once(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="A", slug="a")
    for headline in ("B", "A", "B", "A"):
        await newsroom.edit(await newsroom.working(draft), headline=headline)
    await newsroom.edit(await newsroom.working(draft), comments={"status": "closed"})
    await newsroom.edit(await newsroom.working(draft), headline="A")
    made(await editor.post(f"/v1/articles/{draft['id']}/revisions/2/restore", {}, If_Match="*"))

    assert await numbers(newsroom, draft) == [7, 5, 4, 3, 2, 1]
    assert await contents(newsroom, draft) == 2
    async with newsroom.database.reading() as session:
        assert (await session.scalars(select(Event.seq).where(Event.object_type == "article", Event.snapshot.is_not(None)))).all() == []


async def as_an_older_version_left_it(newsroom: Newsroom, article: Wire) -> None:
    """The log has the contents, and no revision is known."""
    owner = ids.decode("art", article["id"])
    async with newsroom.database.writing() as session:
        known = select(Revision.number, ArticleContent.content).join(ArticleContent, Revision.kept_as()).where(Revision.article_id == owner)
        for number, content in (await session.execute(known)).all():
            await session.execute(update(Event).where(Event.object_id == owner, Event.version == number).values(snapshot=content))
        await session.execute(delete(Revision).where(Revision.article_id == owner))
        await session.execute(delete(ArticleContent).where(ArticleContent.article_id == owner))


@pytest.mark.parametrize("first", ["list", "read", "edit", "stale", "restore"])
async def test_what_an_older_version_noted_in_the_log_is_not_lost(newsroom: Newsroom, editor: Client, first: str) -> None:
    """A process of the version before may write while ours run; whatever touches the history first brings it into its place."""
    draft = await newsroom.draft(headline="First")
    await newsroom.edit(await newsroom.edit(draft, headline="Second"), comments={"status": "closed"})
    await newsroom.edit(await newsroom.working(draft), headline="First")
    before = (await editor.get(f"/v1/articles/{draft['id']}/revisions")).json()["data"]
    await as_an_older_version_left_it(newsroom, draft)

    path = f"/v1/articles/{draft['id']}"
    answers: dict[str, Any] = {
        "list": lambda: editor.get(f"{path}/revisions"),
        "read": lambda: editor.get(f"{path}/revisions/1"),
        "edit": lambda: editor.patch(path, {"headline": "Third"}, If_Match='"4"'),
        "stale": lambda: editor.patch(path, {"headline": "Third"}, If_Match='"2"'),
        "restore": lambda: editor.post(f"{path}/revisions/2/restore", {}, If_Match='"4"'),
    }
    answer = await answers[first]()

    assert answer.status_code == (412 if first == "stale" else 200), answer.text
    if first == "stale":
        assert answer.json()["conflicts"] == [{"pointer": "#/headline", "base": "Second", "theirs": "First", "yours": "Third"}]
    after = (await editor.get(f"{path}/revisions")).json()["data"]
    own = {"id", "at", "is_current", "message"}
    kept = [{name: value for name, value in one.items() if name not in own} for one in after[-3:]]
    assert kept == [{name: value for name, value in one.items() if name not in own} for one in before]
    assert await contents(newsroom, draft) == {"edit": 3}.get(first, 2)


async def test_an_article_whose_history_is_forgotten_begins_with_what_it_is_now(newsroom: Newsroom, editor: Client) -> None:
    """The log may be forgotten, and an archive of an older version holds no revisions."""
    draft = await newsroom.draft(headline="First")
    edited = await newsroom.edit(draft, headline="Second")
    owner = ids.decode("art", draft["id"])
    async with newsroom.database.writing() as session:
        await session.execute(delete(ArticleContent).where(ArticleContent.article_id == owner))

    third = await newsroom.edit(edited, headline="Third")
    stale = await editor.patch(f"/v1/articles/{draft['id']}", {"headline": "Other"}, If_Match='"1"')
    late = await editor.patch(f"/v1/articles/{draft['id']}", {"headline": "Other"}, If_Match='"2"')

    assert await numbers(newsroom, draft) == [3, 2]
    assert (await revision(newsroom, third, 2))["content"]["headline"] == "Second"
    assert (stale.json()["base_known"], stale.json()["conflicts"], stale.json()["mergeable"]) == (False, [], [])
    assert (late.json()["base_known"], late.json()["conflicts"][0]["base"]) == (True, "Second")


async def test_no_revision_is_made_in_the_name_of_nobody(newsroom: Newsroom) -> None:
    """What the house itself changes, such as a tag that is merged into another, says in which request."""
    one, other = await newsroom.tag("One"), await newsroom.tag("Other")
    draft = await newsroom.draft(tags=[one["id"]])

    await newsroom.desk.delete(f"/v1/tags/{one['id']}?move_to={other['id']}", If_Match="*")

    newest = await revision(newsroom, draft, 2)
    assert (newest["actor"]["kind"], newest["changed"], newest["content"]["tags"]) == ("key", ["tags"], [other["id"]])
    assert newest["caused_by"].startswith("req_")
