"""Reporters post to a live blog: who may, when readers see it, and what it costs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.core import clock
from app.core.schemas import wire_instant
from app.core.settings import Settings
from tests.conftest import serving
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names, pointers

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
WORDS = [{"type": "paragraph", "html": "Eleven minutes late."}]


async def live_blog(newsroom: Newsroom, **fields: Any) -> str:
    """The address of the blocks of a published live blog."""
    return f"/v1/articles/{(await newsroom.article(kind='live_blog', **fields))['id']}/blocks"


async def post(newsroom: Newsroom, address: str, **fields: Any) -> Wire:
    """An update that readers see at once."""
    return made(await newsroom.desk.post(f"{address}?publish=true", {"blocks": WORDS, **fields}))


async def shown(reader: Client, address: str) -> list[str]:
    return names(await reader.all_pages(f"{address}?limit=100"))


async def test_updates_stand_on_top_or_where_the_order_says_and_pinned_ones_in_front(newsroom: Newsroom, reader: Client) -> None:
    address = await live_blog(newsroom)

    await post(newsroom, address, id="a")
    await post(newsroom, address, id="b")
    await post(newsroom, address, id="c", after="b")
    await post(newsroom, address, id="d", before="a", pinned=True)

    assert await shown(reader, address) == ["d", "b", "c", "a"]
    moved = made(await newsroom.desk.post(f"{address}/a/move?publish=true", {}, If_Match='"1"'))
    again = made(await newsroom.desk.post(f"{address}/a/move?publish=true", {}, If_Match='"2"'))
    assert (moved["version"], again["version"]) == (2, 2)
    assert await shown(reader, address) == ["d", "a", "b", "c"]
    page = made(await reader.get(address.removesuffix("/blocks")))
    assert names(page["body"])[1:] == ["d", "a", "b", "c"]
    assert page["body"][0]["type"] == "paragraph"


async def test_readers_see_an_update_when_it_is_published_and_while_its_article_is(newsroom: Newsroom, reader: Client) -> None:
    address = await live_blog(newsroom)
    article = address.removesuffix("/blocks")
    waiting = made(await newsroom.desk.post(address, {"id": "waits", "blocks": WORDS}))
    await post(newsroom, address, id="seen")

    assert waiting["status"] == "draft"
    assert await shown(reader, address) == ["seen"]
    assert (await reader.get(f"{address}/waits")).status_code == 404
    assert names((await newsroom.desk.get(f"{address}?view=draft")).json()["data"]) == ["seen", "waits"]

    made(await newsroom.desk.post(f"{article}/publish", {}, If_Match="*"))
    assert await shown(reader, address) == ["seen", "waits"]

    await newsroom.desk.delete(f"{address}/waits", If_Match='"1"')
    assert await shown(reader, address) == ["seen", "waits"]
    made(await newsroom.desk.post(f"{article}/publish", {}, If_Match="*"))
    assert await shown(reader, address) == ["seen"]

    for way, back in (("unpublish", "publish"), ("takedown", "restore")):
        made(await newsroom.desk.post(f"{article}/{way}", {"reason": "other"} if way == "takedown" else {}, If_Match="*"))
        for place in (address, f"{address}?since=0", f"{address}/seen"):
            assert (await reader.get(place)).status_code in {404, 410}
        made(await newsroom.desk.post(f"{article}/{back}", {}, If_Match="*"))
        assert await shown(reader, address) == ["seen"]


async def test_what_waits_or_is_scheduled_is_shown_at_once_where_that_is_asked(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    address = await live_blog(newsroom)
    article, low, top = address.removesuffix("/blocks"), {"blocks": WORDS, "id": "low"}, {"blocks": WORDS, "id": "top"}
    made(await editor.post(address, low))
    later = wire_instant(clock.now() + timedelta(hours=1))
    made(await editor.post(f"{article}/publish", {"at": later}, If_Match="*"))
    made(await editor.post(address, top))

    seen = [await shown(reader, address)]
    for _ in range(2):
        made(await editor.patch(f"{address}/low?publish=true", {}, If_Match="*"))
        seen.append(await shown(reader, address))
    for _ in range(2):
        made(await editor.post(f"{address}/top/move?publish=true", {}, If_Match="*"))
        seen.append(await shown(reader, address))

    assert seen == [[], ["low"], ["low"], ["top", "low"], ["top", "low"]]
    told = [event["type"] for event in made(await editor.get("/v1/changes?types=block.*"))["data"]]
    assert told == ["block.added", "block.added", "block.published", "block.published"]
    with clock.stopped_at(clock.now() + timedelta(hours=2)):
        assert await shown(reader, address) == ["top", "low"]


async def test_no_two_updates_that_readers_see_have_the_same_position(newsroom: Newsroom, reader: Client) -> None:
    address = await live_blog(newsroom)
    for ident in ("low", "moves"):
        await post(newsroom, address, id=ident)
    made(await newsroom.desk.post(f"{address}/moves/move", {"after": "low"}, If_Match="*"))

    await post(newsroom, address, id="takes-its-place")

    found = made(await reader.get(address))["data"]
    positions = names(found, "position")
    assert (names(found)[-1], len(set(positions))) == ("low", 3)
    assert positions == sorted(positions)


async def test_a_scheduled_publication_shows_updates_when_its_moment_comes_and_not_where_it_is_called_off(
    newsroom: Newsroom, reader: Client
) -> None:
    with clock.stopped_at(T):
        address = await live_blog(newsroom)
        article = address.removesuffix("/blocks")
        await post(newsroom, address, id="a", title="First")
    with clock.stopped_at(T + timedelta(minutes=1)):
        await newsroom.desk.patch(f"{address}/a", {"title": "Later"}, If_Match='"1"')
        made(await newsroom.desk.post(address, {"id": "b"}))
        made(await newsroom.desk.post(f"{article}/publish", {"at": wire_instant(T + timedelta(hours=1))}, If_Match="*"))
        told = made(await reader.get(f"{address}?since=0"))
        assert ([block["title"] for block in told["new"]], told["deleted"]) == (["First"], [])
    with clock.stopped_at(T + timedelta(hours=1)):
        newsroom.app.state.answers.clear()
        told = made(await reader.get(f"{address}?since={told['seq']}"))
        assert {block["id"] for block in (*told["new"], *told["edited"])} == {"a", "b"}
        assert await shown(reader, address) == ["b", "a"]
    with clock.stopped_at(T + timedelta(minutes=2)):
        newsroom.app.state.answers.clear()
        made(await newsroom.desk.post(f"{article}/unpublish", {"at": wire_instant(T + timedelta(minutes=30))}, If_Match="*"))
        assert made(await newsroom.desk.get(f"{address}/a?view=draft"))["status"] == "changed"
        assert made(await newsroom.desk.get(f"{address}/b?view=draft"))["status"] == "draft"
        assert [block["title"] for block in (await reader.get(address)).json()["data"]] == ["First"]


async def test_updates_follow_the_publications_they_wait_for(newsroom: Newsroom, reader: Client) -> None:
    async def seen_at(hours: int) -> list[str]:
        with clock.stopped_at(T + timedelta(hours=hours)):
            newsroom.app.state.answers.clear()
            return [block["title"] for block in (await reader.get(address)).json()["data"]]

    async def publish_at(hours: int) -> str:
        made(await newsroom.desk.patch(article, {"dek": f"Version {hours}"}, If_Match="*"))
        made(await newsroom.desk.post(f"{article}/publish", {"at": wire_instant(T + timedelta(hours=hours))}, If_Match="*"))
        coming = made(await newsroom.desk.get(f"{article}/schedule"))["data"]
        return next(f"{article}/schedule/{one['id']}" for one in coming if one["at"] == wire_instant(T + timedelta(hours=hours)))

    with clock.stopped_at(T):
        address = await live_blog(newsroom)
        article = address.removesuffix("/blocks")
        await post(newsroom, address, id="a", title="First")
    with clock.stopped_at(T + timedelta(minutes=1)):
        made(await newsroom.desk.patch(f"{address}/a", {"title": "Noon"}, If_Match="*"))
        noon = await publish_at(1)
        made(await newsroom.desk.patch(f"{address}/a", {"title": "Evening"}, If_Match="*"))
        await publish_at(5)
        made(await newsroom.desk.post(address, {"id": "b", "title": "Between"}))
        await publish_at(3)
    assert [await seen_at(hours) for hours in (0, 1, 3, 5)] == [["First"], ["Noon"], ["Between", "Evening"], ["Between", "Evening"]]

    with clock.stopped_at(T + timedelta(minutes=2)):
        later = wire_instant(T + timedelta(hours=2))
        made(await newsroom.desk.patch(noon, {"at": later}, If_Match="*"))
    assert [await seen_at(hours) for hours in (1, 2, 3)] == [["First"], ["Noon"], ["Between", "Evening"]]

    with clock.stopped_at(T + timedelta(minutes=3)):
        assert (await newsroom.desk.delete(noon, If_Match="*")).status_code < 300
    assert [await seen_at(hours) for hours in (1, 2, 3)] == [["First"], ["First"], ["Between", "Evening"]]


async def test_an_update_has_a_version_of_its_own_and_a_stale_edit_is_told_what_overlaps(newsroom: Newsroom) -> None:
    address = await live_blog(newsroom)
    await post(newsroom, address, id="a", title="One")

    assert (await newsroom.desk.patch(f"{address}/a", {"title": "Two"})).status_code == 428
    made(await newsroom.desk.patch(f"{address}/a", {"title": "Two"}, If_Match='"1"'))
    stale = await newsroom.desk.patch(f"{address}/a", {"title": "Three"}, If_Match='"1"')
    same = await newsroom.desk.patch(f"{address}/a", {"title": "Two"}, If_Match='"2"')

    assert stale.status_code == 412
    assert stale.json()["conflicts"][0]["pointer"] == "#/title"
    assert same.json()["version"] == 2
    assert (await newsroom.working({"id": address.split("/")[3]}))["version"] == 2


async def test_reporters_who_post_at_the_same_time_do_not_refuse_each_other(newsroom: Newsroom, reader: Client) -> None:
    address = await live_blog(newsroom)

    answers = await asyncio.gather(*(newsroom.desk.post(f"{address}?publish=true", {"title": f"Post {number}"}) for number in range(12)))

    assert {answer.status_code for answer in answers} == {201}
    found = (await reader.get(f"{address}?limit=100")).json()["data"]
    assert len({block["position"] for block in found}) == 12


async def test_what_asks_for_a_scope_of_its_own_is_refused_without_it(newsroom: Newsroom) -> None:
    address = await live_blog(newsroom)
    reporter = await newsroom.key("articles:write")

    assert (await reporter.post(f"{address}?publish=true", {"title": "Now"})).status_code == 403
    assert (await reporter.post(address, {"blocks": [{"type": "html", "html": "<p>Raw</p>"}]})).status_code == 403
    assert (await reporter.post(address, {"title": "Later"})).status_code == 201
    body = [{"type": "live_update", "at": wire_instant(T), "blocks": [{"type": "html", "html": "<p>Raw</p>"}]}]
    assert (await reporter.post("/v1/articles", {"headline": "Live", "kind": "live_blog", "body": body})).status_code == 403


async def test_refusals_name_every_fault(newsroom: Newsroom) -> None:
    address, other = await live_blog(newsroom), await newsroom.article()
    await post(newsroom, address, id="a")

    assert (await newsroom.desk.post(f"/v1/articles/{other['id']}/blocks", {})).json()["code"] == "not-a-live-blog"
    assert (await newsroom.desk.post(address, {"id": "a"})).json()["code"] == "block-id-taken"
    assert pointers(await newsroom.desk.post(address, {"authors": ["nobody", "no-one"]})) == {"#/authors/0", "#/authors/1"}
    assert pointers(await newsroom.desk.post(address, {"before": "zzz"})) == {"#/before"}
    assert (await newsroom.desk.post(address, {"before": "a", "after": "a"})).status_code == 422
    assert (await newsroom.desk.patch(f"{address}/zzz", {"title": "X"}, If_Match="*")).json()["code"] == "block-not-found"
    assert (await newsroom.desk.get(f"{address}?since=999999")).status_code == 400
    assert (await newsroom.desk.get(f"{address}?since=1&cursor=abc")).status_code == 400
    assert (await newsroom.desk.get(f"/v1/articles/{other['id']}/blocks?since=1")).status_code == 400


async def test_a_rehearsal_keeps_nothing_and_a_repeated_post_has_its_effect_once(newsroom: Newsroom, reader: Client) -> None:
    address = await live_blog(newsroom)

    made(await newsroom.desk.post(f"{address}?publish=true&dry_run=true", {"title": "Rehearsed"}))
    first = await newsroom.desk.post(f"{address}?publish=true", {"title": "Once"}, Idempotency_Key="k")
    second = await newsroom.desk.post(f"{address}?publish=true", {"title": "Once"}, Idempotency_Key="k")

    assert first.json()["id"] == second.json()["id"]
    assert await shown(reader, address) == [first.json()["id"]]


async def test_the_names_of_authors_follow_their_renames(newsroom: Newsroom, reader: Client) -> None:
    author = await newsroom.author("Ana Ruiz")
    address = await live_blog(newsroom)
    await post(newsroom, address, id="a", authors=["ana-ruiz"])

    before = (await reader.get(f"{address}/a")).json()["authors"]
    made(await newsroom.desk.patch(f"/v1/authors/{author['id']}", {"name": "Ana R."}, If_Match="*"))

    assert (before[0]["name"], (await reader.get(f"{address}/a")).json()["authors"][0]["name"]) == ("Ana Ruiz", "Ana R.")
    assert made(await reader.get(address.removesuffix("/blocks")))["body"][-1]["authors"][0]["name"] == "Ana R."
    assert made(await newsroom.desk.get(f"{address}/a?view=draft"))["authors"][0]["name"] == "Ana R."


async def test_an_author_of_updates_is_merged_and_not_deleted(newsroom: Newsroom, reader: Client) -> None:
    author, heir = await newsroom.author("Ana Ruiz"), await newsroom.author("Ben Holm")
    address = await live_blog(newsroom)
    await post(newsroom, address, id="a", authors=["ana-ruiz", "ben-holm"])
    await reader.get(address)

    refused = await newsroom.desk.delete(f"/v1/authors/{author['id']}", If_Match="*")
    merged = await newsroom.desk.delete(f"/v1/authors/{author['id']}?move_to={heir['id']}", If_Match="*")

    assert (refused.status_code, merged.status_code) == (409, 204)
    assert names((await reader.get(f"{address}/a")).json()["authors"]) == [heir["id"]]
    assert names(made(await newsroom.desk.get(f"{address}/a?view=draft"))["authors"]) == [heir["id"]]
    await newsroom.desk.delete(f"{address}/a?publish=true", If_Match="*")
    assert (await newsroom.desk.delete(f"/v1/authors/{heir['id']}", If_Match="*")).status_code == 204


async def test_an_idle_poll_is_answered_without_the_database_and_lists_keep_what_only_names_the_article(
    newsroom: Newsroom, reader: Client, statements: Statements
) -> None:
    address = await live_blog(newsroom)
    await post(newsroom, address, id="a")
    seq = (await reader.get(address)).json()["seq"]
    poll, listed = f"{address}?since={seq}", "/v1/articles"
    etag = (await reader.get(poll)).headers["etag"]
    await reader.get(listed)

    statements.seen.clear()
    idle = await reader.get(poll, If_None_Match=etag)
    assert (idle.status_code, statements.seen) == (304, [])

    await post(newsroom, address, id="b")
    statements.seen.clear()
    await reader.get(listed)
    assert statements.seen == []
    assert names((await reader.get(poll)).json()["new"]) == ["b"]


async def written(newsroom: Newsroom) -> int:
    """How much the database has written to its journal so far."""
    async with newsroom.database.reading() as session:
        if newsroom.database.dialect == "postgresql":
            return int((await session.execute(text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"))).scalar_one())
        file = (await session.execute(text("PRAGMA database_list"))).one()[2]
    with open(f"{file}-wal", "rb") as journal:  # noqa: ASYNC230, PTH123 - a test may wait
        return len(journal.read())


async def test_a_post_costs_the_same_however_many_there_are(newsroom: Newsroom, statements: Statements) -> None:
    costs = []
    for updates in (10, 400):
        body = [{"type": "live_update", "at": wire_instant(T), "blocks": WORDS * 5} for _ in range(updates)]
        address = await live_blog(newsroom, body=body)
        await post(newsroom, address)
        counts, sizes = [], []
        for _ in range(5):
            before = await written(newsroom)
            statements.seen.clear()
            await post(newsroom, address)
            counts.append(len(statements.seen))
            sizes.append(await written(newsroom) - before)
        costs.append((min(counts), min(sizes)))

    (few, small), (many, large) = costs
    assert few == many <= 14
    assert large <= small * 1.5 + 16_384


async def test_an_update_comes_before_readers_no_sooner_than_its_article_may(settings: Settings) -> None:
    async with serving(settings.model_copy(update={"publish_needs_approval": True})) as newsroom:
        address = await live_blog(newsroom)
        article, reporter = address.removesuffix("/blocks"), await newsroom.key("articles:write", "articles:publish", "articles:approve")

        unapproved = await reporter.post(f"{address}?publish=true", {"blocks": WORDS})
        made(await reporter.post(f"{article}/stage", {"to": "approved"}, If_Match="*"))
        approved = await reporter.post(f"{address}?publish=true", {"blocks": WORDS})
        later = wire_instant(clock.now() + timedelta(days=1))
        made(await newsroom.desk.patch(article, {"embargo_until": later}, If_Match="*"))
        embargoed = await newsroom.desk.post(f"{address}?publish=true", {"blocks": WORDS})
        waiting = await newsroom.desk.post(address, {"blocks": WORDS})

        assert [one.status_code for one in (unapproved, approved, embargoed, waiting)] == [409, 201, 409, 201]
        assert (unapproved.json()["code"], embargoed.json()["code"]) == ("approval-needed", "article-embargoed")
        assert len(await shown(newsroom.client(None), address)) == 1
