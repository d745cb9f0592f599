"""A take-down leaves nothing of an article in any public answer, of the past as little as of the future, and loses nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.articles.models import Publication
from app.articles.visibility import visible_at
from app.core import clock, ids
from app.core.schemas import wire_instant
from tests.changes.listening import listening
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers
from tests.operations import reading, small_world

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORD = "canaryx"


async def take_down(newsroom: Newsroom, article: Wire, reason: str = "rights_expired", **fields: Any) -> Wire:
    return made(await newsroom.desk.post(f"/v1/articles/{article['id']}/takedown", {"reason": reason, **fields}, If_Match="*"))


async def bring_back(newsroom: Newsroom, article: Wire, **order: Any) -> Wire:
    return made(await newsroom.desk.post(f"/v1/articles/{article['id']}/restore", order, If_Match="*"))


async def comment_on(newsroom: Newsroom, article: Wire, body: str = "Words.") -> Wire:
    letter = {"author": {"name": "A reader"}, "body": body}
    return made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", letter))


def addresses_of(article: Wire) -> list[str]:
    own = f"/v1/articles/{article['id']}"
    return [own, f"{own}/sections", f"{own}/sections/b1", f"{own}/comments", f"/v1/articles/{article['slug']}"]


async def test_each_address_of_it_says_that_it_was_taken_down_and_not_why(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    body = [{"type": "heading", "level": 2, "text": "Part"}]
    article = await newsroom.publish(await newsroom.edit(await newsroom.article(slug="first-slug", body=body), slug="second-slug"))
    note = "Her lawyer has called."

    taken = await take_down(newsroom, article, "legal", note=note)

    gone = [*addresses_of(article), "/v1/articles/first-slug", "/v1/resolve?path=/first-slug", "/v1/resolve?path=/second-slug"]
    for client in (reader, editor):
        for address in gone:
            answer = await client.get(address)
            assert (answer.status_code, answer.json()["code"]) == (410, "article-taken-down"), address
            assert not {"legal", note, article["headline"], article["id"]} & set(answer.text.split('"')), address
    assert (await reader.post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "A"}, "body": "B."})).status_code == 410
    assert (await reader.get("/v1/articles/never-was")).status_code == 404
    assert taken["status"] == "taken_down"
    assert (taken["takedown"]["reason"], taken["takedown"]["note"]) == ("legal", note)
    assert taken["first_published_at"] == article["first_published_at"]


async def test_lists_counts_and_comments_know_it_no_more(newsroom: Newsroom, reader: Client) -> None:
    article, other = await newsroom.article(headline=f"Headline {WORD}"), await newsroom.article()
    comment = await comment_on(newsroom, article)
    await comment_on(newsroom, other)

    await take_down(newsroom, article)

    listed = (await reader.get("/v1/articles?count=exact")).json()
    assert (names(listed["data"]), listed["page"]["total"]) == ([other["id"]], 1)
    assert (await reader.get(f"/v1/articles?q={WORD}&count=exact")).json()["page"]["total"] == 0
    counts = (await reader.get(f"/v1/comments/counts?article={article['id']},{other['id']}")).json()["data"]
    assert [each["article"] for each in counts] == [other["id"]]
    for rest in ("", "/replies"):
        assert (await reader.get(f"/v1/comments/{comment['id']}{rest}")).status_code == 404
    drafts = (await newsroom.desk.get("/v1/articles?view=draft&status=taken_down")).json()["data"]
    assert names(drafts) == [article["id"]]


async def _put_everywhere(newsroom: Newsroom, world: dict[str, str], article: Wire) -> tuple[Wire, set[str]]:
    """A live update, a correction, a place in a list, and articles beside that refer to it: the article, and the addresses of all that."""
    path, front = f"/v1/articles/{article['id']}", world["/v1/lists/ref"]
    made(await newsroom.desk.post(f"{path}/blocks?publish=true", {"id": "live", "title": WORD, "key_event": True}))
    article = await newsroom.publish(
        await newsroom.edit(await newsroom.working(article), dek=WORD), significance="correction", correction={"text": WORD}
    )
    made(await newsroom.desk.put(f"/v1/lists/{front}/items/{article['id']}", {"headline": WORD}, If_Match="*"))
    made(await newsroom.desk.post(f"/v1/lists/{front}/publish", If_Match="*"))
    beside = await newsroom.article(related=[article["id"]], translation_of=article["id"], language="de")
    around = f"/v1/articles/{beside['id']}"
    shown = [f"{around}/related", f"{around}/translations", f"{around}?include=related,translations", f"/v1/lists/{front}/items"]
    shown += ["/v1/corrections", f"{path}/corrections", f"{path}/blocks?since=0", f"{path}/blocks/live", "/v1/articles?include=related"]
    then = wire_instant(clock.now())
    return article, {*shown, f"{path}?as_of={then}", f"/v1/articles?as_of={then}&include=body", f"/v1/articles?as_of={then}&q={WORD}"}


async def _crawled(newsroom: Newsroom, world: dict[str, str], article: Wire, comment: Wire, more: set[str]) -> dict[str, str]:
    """Every public address there is, and whatever could show the article."""
    urls = more | {operation.url(world) for operation in reading()}
    mine = {**world, "/v1/articles/ref": article["id"], "part": "b1", "comment_id": comment["id"], "article": article["id"]}
    urls |= {operation.url(mine) for operation in reading()} | set(addresses_of(article))
    urls |= {f"/v1/articles?{asked}" for asked in ("include=body,comments&count=exact", f"q={WORD}&highlight=true", "sort=updated_at")}
    urls |= {f"/v1/articles?{kind}={world[f'/v1/{kind}s/ref']}" for kind in ("section", "author", "tag")}
    urls |= {"/v1/changes?limit=1000&include=record", "/v1/export", f"/v1/articles/{article['id']}?include=comments,body_html"}
    reader = newsroom.client(None)
    return {url: (answer := await reader.get(url)).text + str(answer.headers) for url in urls}


async def test_nothing_of_it_is_in_any_public_answer_held_ones_included(newsroom: Newsroom) -> None:
    """Words of it stood in its fields, its present and its former slug, its comments, and in what is scheduled."""
    world = await small_world(newsroom)
    refs = {kind: world[f"/v1/{kind}/ref"] for kind in ("sections", "authors", "tags")}
    words = dict.fromkeys(("kicker", "dek", "standfirst", "byline", "location", "rights"), WORD)
    article = await newsroom.article(
        kind="live_blog", headline=f"Headline {WORD}", slug=f"slug-{WORD}-one",
        section=refs["sections"], authors=[refs["authors"]], tags=[refs["tags"]],
        body=[{"type": "heading", "level": 2, "text": WORD}, {"type": "paragraph", "html": WORD}], notes=WORD, **words,
    )  # fmt: skip
    comment = await comment_on(newsroom, article, f"I say {WORD}.")
    article = await newsroom.publish(await newsroom.edit(article, slug=f"slug-{WORD}-two"))
    article, more = await _put_everywhere(newsroom, world, article)
    article = await newsroom.publish(await newsroom.edit(article, slug=f"slug-{WORD}-three"), at=wire_instant(clock.now() + HOUR))
    before = await _crawled(newsroom, world, article, comment, more)
    async with listening(newsroom, "/v1/changes/stream?since=0&include=record") as told:
        while (event := await told.event()) and event["data"].get("path") is None:
            pass  # The stream has read the log, with records, before the take-down.

    await take_down(newsroom, article, "privacy")

    assert sum(WORD in text for text in before.values()) > 12
    assert {url for url in more if WORD not in _without_echo(before[url], url)} == set()
    for moment in (clock.now(), clock.now() + 2 * HOUR):
        with clock.stopped_at(moment):
            after = await _crawled(newsroom, world, article, comment, more)
            found = {url: text for url, text in after.items() if WORD in _without_echo(text, url)}
            assert found == {}
    async with listening(newsroom, "/v1/changes/stream?since=0&include=record") as told:
        events = [event async for event in _until(told, "article.taken_down")]
    assert WORD not in str(events)
    assert any(event["type"] == "article.published" and event["object"]["id"] == article["id"] for event in events)


def _without_echo(text: str, url: str) -> str:
    """What an answer tells beyond the slug that it was asked for."""
    for part in url.replace("?path=", "/").split("/"):
        text = text.replace(part, "…") if part.startswith("slug-") else text
    return text


async def _until(told: Any, kind: str) -> Any:
    while event := await told.event():
        yield event
        if event["type"] == kind:
            return


async def test_the_log_tells_whoever_may_have_known(newsroom: Newsroom, reader: Client) -> None:
    public, private, secret = await newsroom.article(slug="public"), await newsroom.draft(), await newsroom.article(slug="secret")
    seq = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["next_since"]

    for article, reason in ((public, "rights_expired"), (private, "other"), (secret, "privacy")):
        await take_down(newsroom, article, reason)

    told = (await reader.get(f"/v1/changes?since={seq}")).json()["data"]
    assert [(event["type"], event["object"]["id"]) for event in told] == [("article.taken_down", each["id"]) for each in (public, secret)]
    assert all(event["object"]["gone"] for event in told)
    assert [event["data"]["previous_path"] for event in told] == ["/public", None]
    assert f"article:{public['id']}" in told[0]["tags"]
    keyed = (await newsroom.desk.get(f"/v1/changes?since={seq}")).json()["data"]
    assert [event["object"]["id"] for event in keyed] == [public["id"], private["id"], secret["id"]]
    everything = (await reader.get("/v1/changes?limit=1000")).text
    assert (everything.count("/public"), everything.count("/secret")) == (1, 0)


async def test_restored_it_is_as_it_was_under_the_same_id(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        section, author, tag = await newsroom.section(), await newsroom.author(), await newsroom.tag()
        refs = {"section": section["id"], "authors": [author["id"]], "tags": [tag["id"]]}
        article = await newsroom.article(headline=f"Headline {WORD}", **refs)
        await comment_on(newsroom, article)
        before = (await reader.get(f"/v1/articles/{article['id']}")).json()
    with clock.stopped_at(T + HOUR):
        taken = await take_down(newsroom, article)
        await newsroom.edit(taken, headline="Another")

    with clock.stopped_at(T + 2 * HOUR):
        restored = await bring_back(newsroom, article)
        after = (await reader.get(f"/v1/articles/{article['slug']}")).json()
        found = (await reader.get(f"/v1/articles?q={WORD}&tag={tag['slug']}&author={author['slug']}&section={section['slug']}")).json()

    assert {**after, "version": 0} == {**before, "version": 0}
    assert after["version"] == restored["version"]
    assert (restored["status"], restored["headline"], restored["takedown"]) == ("published", "Another", None)
    assert restored["has_unpublished_changes"]
    assert names(found["data"]) == [article["id"]]


async def test_the_time_between_stays_hidden(newsroom: Newsroom) -> None:
    with clock.stopped_at(T):
        article = await newsroom.article(headline="One")
    with clock.stopped_at(T + HOUR):
        article = await newsroom.publish(await newsroom.edit(article, headline="Two"), until=wire_instant(T + 9 * HOUR))
    with clock.stopped_at(T + 2 * HOUR):
        await take_down(newsroom, article)
        assert await _seen(newsroom, article, T, T + 1.5 * HOUR, T + 3 * HOUR) == [None] * 3
    with clock.stopped_at(T + 4 * HOUR):
        await bring_back(newsroom, article)

    moments = (T, T + 1.5 * HOUR, T + 3 * HOUR, T + 5 * HOUR, T + 9 * HOUR)
    assert await _seen(newsroom, article, *moments) == ["One", "Two", None, "Two", None]


async def _seen(newsroom: Newsroom, article: Wire, *moments: datetime) -> list[str | None]:
    """What readers saw, or will see, at each of the moments."""
    async with newsroom.database.reading() as session:
        mine = select(Publication.headline).where(Publication.article_id == ids.decode("art", article["id"]))
        return [(await session.scalars(mine.where(visible_at(moment)))).one_or_none() for moment in moments]


async def test_what_was_scheduled_does_not_fire_and_is_there_when_it_is_restored(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        article = await newsroom.publish(await newsroom.draft(headline="Noon"), at=wire_instant(T + HOUR), until=wire_instant(T + 3 * HOUR))
        await take_down(newsroom, article)
        private = await reader.get(f"/v1/articles/{article['id']}")
        assert private.status_code == 404, "readers had never seen it"
    with clock.stopped_at(T + 2 * HOUR):
        assert (await reader.get(f"/v1/articles/{article['id']}")).status_code == 404
        working = await newsroom.working(article)
        assert (working["status"], working["scheduled"], working["first_published_at"]) == ("taken_down", None, None)

        restored = await bring_back(newsroom, article)

        assert restored["first_published_at"] == restored["updated_at"] == wire_instant(T + 2 * HOUR)
        assert (await reader.get(f"/v1/articles/{article['id']}")).json()["headline"] == "Noon"
    with clock.stopped_at(T + 3 * HOUR):
        assert (await reader.get(f"/v1/articles/{article['id']}")).status_code == 404


async def test_it_can_come_back_as_a_working_copy_only(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        article = await newsroom.article(headline="One")
    with clock.stopped_at(T + HOUR):
        taken = await take_down(newsroom, article)
        edited = await newsroom.edit(taken, headline="Put right")
    with clock.stopped_at(T + 2 * HOUR):
        restored = await bring_back(newsroom, article, publish=False)

        assert restored["status"] == "unpublished"
        assert (await reader.get(f"/v1/articles/{article['id']}")).status_code == 404
        await newsroom.publish(restored)

    assert edited["status"] == "taken_down"
    assert await _seen(newsroom, article, T, T + HOUR, T + 2 * HOUR) == ["One", None, "Put right"]


async def test_an_embargo_that_was_set_meanwhile_is_not_broken_by_its_return(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T):
        article = await newsroom.article()
        await newsroom.publish(await newsroom.edit(article, headline="Later"), at=wire_instant(T + 2 * HOUR))
        await take_down(newsroom, article, "editorial_error")
        embargo = {"embargo_until": wire_instant(T + 3 * HOUR)}
        await newsroom.edit(await newsroom.working(article), **embargo)
        path = f"/v1/articles/{article['id']}"
        early = await newsroom.desk.post(f"{path}/restore", {}, If_Match="*")
    with clock.stopped_at(T + 3 * HOUR):
        restored = await bring_back(newsroom, article)
        shown = (await reader.get(path)).json()

    assert (early.status_code, early.json()["code"], early.json()["errors"][0]["pointer"]) == (409, "article-embargoed", "#/publish")
    assert (restored["status"], shown["headline"]) == ("published", "Later")


async def test_nothing_of_it_is_published_meanwhile(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article(source_ref={"source": "wire", "external_id": "77"})
    await take_down(newsroom, article)

    refused = [await editor.post(f"/v1/articles/{article['id']}/{action}", {}, If_Match="*") for action in ("publish", "unpublish")]
    fed = made(await editor.put("/v1/articles/by-source/wire/77", {"headline": "The feed goes on"}))

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "article-withheld")] * 2
    assert (fed["status"], fed["headline"]) == ("taken_down", "The feed goes on")


async def test_what_changes_nothing_makes_no_version_and_no_event(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article()
    path = f"/v1/articles/{article['id']}"

    rehearsed = made(await editor.post(f"{path}/takedown?dry_run=true", {"reason": "other"}, If_Match="*"))
    taken = await take_down(newsroom, article, "other")
    seq = (await editor.get("/v1/changes?limit=1000")).json()["next_since"]
    again = await take_down(newsroom, article, "other")

    assert rehearsed["status"] == "taken_down"
    assert again["version"] == taken["version"] == article["version"] + 1
    assert (await editor.get(f"/v1/changes?since={seq}")).json()["data"] == []
    sharper = await take_down(newsroom, article, "privacy")
    assert (sharper["takedown"]["reason"], sharper["takedown"]["at"]) == ("privacy", taken["takedown"]["at"])
    assert f"/{article['slug']}" not in (await newsroom.client(None).get("/v1/changes?limit=1000")).text
    await bring_back(newsroom, article)
    once = await newsroom.working(article)
    assert (await bring_back(newsroom, article))["version"] == once["version"]


async def test_who_may_and_what_is_refused(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article()
    path, writer = f"/v1/articles/{article['id']}", await newsroom.key("articles:write", "articles:publish", "articles:read")

    assert (await writer.post(f"{path}/takedown", {"reason": "other"}, If_Match="*")).status_code == 403
    assert (await editor.post(f"{path}/takedown", {"reason": "other"})).status_code == 428
    assert (await editor.post(f"{path}/takedown", {"reason": "other"}, If_Match='"1"')).status_code == 412
    assert pointers(await editor.post(f"{path}/takedown", {"reason": "why", "note": 1}, If_Match="*")) == {"#/reason", "#/note"}
    await take_down(newsroom, article)
    assert (await writer.post(f"{path}/restore", {}, If_Match="*")).status_code == 403
    assert (await editor.request("POST", f"{path}/restore", None, If_Match="*")).status_code == 200, "a body is not needed"


async def test_from_the_trash_too_and_back_one_step_at_a_time(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article()
    await newsroom.desk.delete(f"/v1/articles/{article['id']}", If_Match="*")
    assert (await take_down(newsroom, article))["status"] == "deleted"
    assert (await reader.get(f"/v1/articles/{article['id']}")).status_code == 410

    first, second = await bring_back(newsroom, article), await bring_back(newsroom, article)

    assert (first["status"], second["status"]) == ("taken_down", "unpublished")


async def test_what_is_deleted_while_taken_down_does_not_come_back_to_readers(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article()
    await take_down(newsroom, article)
    await newsroom.desk.delete(f"/v1/articles/{article['id']}", If_Match="*")

    await bring_back(newsroom, article)
    restored = await bring_back(newsroom, article)

    assert restored["status"] == "unpublished"
    assert (await reader.get(f"/v1/articles/{article['id']}")).status_code == 404


async def test_what_it_refers_to_is_kept_for_its_return(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    author, section = await newsroom.author(), await newsroom.section()
    article = await newsroom.article(authors=[author["id"]], section=section["id"])
    taken = await take_down(newsroom, article)
    await newsroom.edit(taken, authors=[], section=None)

    refused = [await editor.delete(f"/v1/{kind}/{one['id']}", If_Match="*") for kind, one in (("authors", author), ("sections", section))]
    await bring_back(newsroom, article)

    assert [answer.status_code for answer in refused] == [409, 409]
    assert names((await reader.get(f"/v1/articles/{article['id']}")).json()["authors"]) == [author["id"]]


@pytest.mark.parametrize("pages", [1, 10])
async def test_it_costs_the_same_however_often_it_was_published(newsroom: Newsroom, statements: Statements, pages: int) -> None:
    article = await newsroom.article()
    for number in range(pages):
        article = await newsroom.publish(await newsroom.edit(article, headline=f"Headline {number}"))

    with statements.counted(24):
        await take_down(newsroom, article)
    with statements.counted(2):
        assert (await newsroom.client(None).get(f"/v1/articles/{article['id']}")).status_code == 410
    with statements.counted(40):
        await bring_back(newsroom, article)


async def test_a_reader_who_asks_just_then_gets_the_whole_or_nothing(newsroom: Newsroom, reader: Client) -> None:
    article = await newsroom.article()

    asked = asyncio.gather(*(reader.get(f"/v1/articles/{article['id']}") for _ in range(10)))
    await take_down(newsroom, article)

    assert {answer.status_code for answer in await asked} <= {200, 410}
    assert (await reader.get(f"/v1/articles/{article['id']}")).status_code == 410
