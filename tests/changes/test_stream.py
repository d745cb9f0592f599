"""Streams of the log: they begin where they are asked to, miss nothing, tell nobody what they may not know, and end."""

import asyncio
import http.client
from pathlib import Path

import pytest
from sqlalchemy import update

from app.changes import hub as hubs
from app.core.settings import Settings
from app.events.models import LogHead
from tests.changes.listening import listening
from tests.command import Command
from tests.conftest import serving, settings_for
from tests.newsroom import Client, Newsroom, made, names

CANARY = "a canary that no reader may hear"


async def test_a_change_is_heard_when_it_happens(newsroom: Newsroom) -> None:
    async with listening(newsroom) as listener:
        tag = await newsroom.tag()
        event = await listener.event()

    assert listener.headers["content-type"].startswith("text/event-stream")
    assert event is not None
    assert (event["type"], event["object"]["id"]) == ("tag.created", tag["id"])


async def test_a_stream_tells_of_each_change_what_a_page_tells(newsroom: Newsroom, editor: Client, reader: Client) -> None:
    section = await newsroom.section()
    article = await newsroom.article(section=section["id"])
    await newsroom.edit(article, headline="Another")

    for who in (editor, reader):
        page = (await who.get("/v1/changes?since=0&include=record")).json()["data"]
        async with listening(newsroom, "/v1/changes/stream?since=0&include=record", who=who) as listener:
            assert await listener.events(len(page)) == page


async def test_whoever_was_cut_off_goes_on_behind_the_last_event(newsroom: Newsroom) -> None:
    async with listening(newsroom, "/v1/changes/stream?since=0") as listener:
        await newsroom.tag("One")
        first = await listener.event()
    await newsroom.tag("Two")
    await newsroom.draft()
    await newsroom.tag("Three")

    assert first is not None
    async with listening(newsroom, "/v1/changes/stream?since=0", last_event_id=str(first["seq"])) as listener:
        paths = [event["data"]["path"] for event in await listener.events(2)]

    assert paths == ["/tags/two", "/tags/three"]


async def test_a_record_is_what_its_object_is_now_however_often_it_was_told(newsroom: Newsroom, editor: Client) -> None:
    """A stream that begins anew before an article was unpublished must not tell what readers saw then."""
    article = await newsroom.article()
    address = "/v1/changes/stream?since=0&types=article.*&include=record"
    async with listening(newsroom, address) as listener:
        told = await listener.event()
    await editor.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*")
    async with listening(newsroom, address) as listener:
        now = await listener.event()

    assert told is not None
    assert now is not None
    assert told["record"]["id"] == article["id"]
    assert (now["seq"], now["record"]) == (told["seq"], None)


async def test_filters_hold_for_streams(newsroom: Newsroom) -> None:
    world, sport = await newsroom.section("World"), await newsroom.section("Sport")

    async with listening(newsroom, "/v1/changes/stream?types=article.*&section=world") as listener:
        await newsroom.tag()
        await newsroom.article(section=sport["id"])
        article = await newsroom.article(section=world["id"])
        event = await listener.event()

    assert event is not None
    assert event["object"]["id"] == article["id"]


async def test_a_section_that_is_moved_in_is_followed_from_then_on(newsroom: Newsroom, editor: Client) -> None:
    world, europe = await newsroom.section("World"), await newsroom.section("Europe")

    async with listening(newsroom, f"/v1/changes/stream?section={world['id']}") as listener:
        await newsroom.article(section=europe["id"])
        await editor.patch(f"/v1/sections/{europe['id']}", {"parent": world["id"]}, If_Match="*")
        article = await newsroom.article(section=europe["id"])
        moved, published = await listener.events(2)

    assert (moved["type"], published["object"]["id"]) == ("section.updated", article["id"])


async def test_one_article_is_followed_with_its_comments_and_nothing_else(newsroom: Newsroom, reader: Client) -> None:
    article, other = await newsroom.article(), await newsroom.article()
    letter = {"author": {"name": "A reader"}, "body": "Well said."}

    async with listening(newsroom, f"/v1/articles/{article['slug']}/changes/stream?include=record") as listener:
        await reader.post(f"/v1/articles/{other['id']}/comments", letter)
        await newsroom.publish(await newsroom.edit(other, headline="Other news"))
        comment = made(await reader.post(f"/v1/articles/{article['id']}/comments", letter))
        await newsroom.publish(await newsroom.edit(article, headline="Live: it goes on"))
        said, published = await listener.events(2)

    assert (said["object"]["id"], said["record"]["html"]) == (comment["id"], comment["html"])
    assert published["record"]["headline"] == "Live: it goes on"


async def test_an_article_that_readers_do_not_see_is_not_followed_by_them(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()
    address = f"/v1/articles/{draft['id']}/changes/stream"

    async with listening(newsroom, address) as refused, listening(newsroom, address, who=editor) as listener:
        assert (refused.status, listener.status) == (404, 200)


async def test_nobody_without_a_key_hears_of_a_draft(newsroom: Newsroom, editor: Client) -> None:
    article = await newsroom.article()
    heard: list[str] = []
    told: list[str] = []

    async with (
        listening(newsroom, "/v1/changes/stream?since=0&include=record") as reader,
        listening(newsroom, "/v1/changes/stream?since=0&include=record&view=draft", who=editor) as desk,
    ):
        await newsroom.draft(headline=CANARY)
        await newsroom.edit(article, headline=CANARY, slug="canary-slug")
        await newsroom.tag("The last word")
        for listener, who in ((reader, heard), (desk, told)):
            while "the-last-word" not in str(who[-1:]):
                who.append(str(await listener.event()))

    assert "canary" not in str(heard).lower()
    assert "canary" in str(told).lower()


async def test_a_silent_stream_shows_that_it_lives_and_how_far_it_looked(database_url: str) -> None:
    settings = settings_for(database_url).model_copy(update={"stream_heartbeat_seconds": 0.1})
    async with serving(settings) as newsroom, listening(newsroom) as listener:
        assert await listener.block() == {"retry": "2000"}
        await newsroom.draft()
        seen = [await listener.block() for _ in range(20)]

    assert seen[-1] == {"": "still here", "id": "2"}


async def test_a_stream_ends_with_its_key(newsroom: Newsroom, editor: Client) -> None:
    key = made(await editor.post("/v1/keys", {"name": "short-lived", "scopes": ["keys:admin"]}))

    async with listening(newsroom, who=newsroom.client(key["secret"])) as listener:
        await editor.delete(f"/v1/keys/{key['key']['id'] if 'key' in key else key['id']}")
        await newsroom.tag()
        assert await listener.event() is None


async def test_an_address_has_so_many_streams_and_others_have_theirs(database_url: str) -> None:
    settings = settings_for(database_url).model_copy(update={"streams_per_address": 2})
    async with serving(settings) as newsroom:
        async with listening(newsroom) as one, listening(newsroom) as two, listening(newsroom) as three:
            async with listening(newsroom, address="10.0.0.2") as other:
                assert [each.status for each in (one, two, three, other)] == [200, 200, 429, 200]
            assert three.headers["retry-after"] == "5"
        async with listening(newsroom) as again:
            assert again.status == 200
        assert newsroom.app.state.hub.listening == 0


async def test_the_addresses_of_one_customer_share_their_places(database_url: str) -> None:
    settings = settings_for(database_url).model_copy(update={"streams_per_address": 1})
    hosts = ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    async with serving(settings) as newsroom:
        one, two, other = (listening(newsroom, address=host) for host in hosts)
        async with one as first, two as second, other as third:
            assert [each.status for each in (first, second, third)] == [200, 429, 200]


async def test_an_idle_stream_keeps_no_connection(newsroom: Newsroom, dialect: str) -> None:
    """More streams than connections: nobody waits for one."""
    async with listening(newsroom, address="10.0.0.1") as first:
        others = [listening(newsroom, address=f"10.0.1.{number // 20}") for number in range(100)]
        listeners = [await other.__aenter__() for other in others]
        tag = await newsroom.tag()
        heard = [await listener.event() for listener in (first, *listeners)]
        for other in others:
            await other.__aexit__(None, None, None)

    assert {event["object"]["id"] for event in heard if event is not None} == {tag["id"]}


async def test_a_listener_who_does_not_read_misses_nothing_and_holds_nothing_up(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept for all is bounded; whoever falls out of it reads for itself."""
    monkeypatch.setattr(hubs, "_BATCH", 3)
    newsroom.app.state.hub._kept = type(newsroom.app.state.hub._kept)(maxlen=5)
    async with listening(newsroom, reads=False) as slow, listening(newsroom) as quick:
        for number in range(30):
            await newsroom.tag(f"Tag {number}")
        heard = await quick.events(30)
        slow.may_read.set()
        assert await slow.events(30) == heard

    assert names(heard, "seq") == list(range(heard[0]["seq"], heard[0]["seq"] + 30))
    assert len(newsroom.app.state.hub._kept) == 5


async def test_who_does_not_read_large_records_holds_little(newsroom: Newsroom) -> None:
    """Many who listen to a long page that is edited often must not take a process's memory."""
    article = await newsroom.publish(await newsroom.draft(body={"format": "text", "content": "words " * 20_000}))
    for number in range(2):
        article = await newsroom.publish(await newsroom.edit(article, headline=f"Number {number}"))
    async with listening(newsroom, "/v1/changes/stream?since=0&types=article.published&include=record") as listener:
        heard = await listener.events(3)

    kept = [text for entry in newsroom.app.state.hub._kept for text in entry.records.values() if len(text) > 100_000]
    assert [len(event["record"]["body"]) for event in heard if event is not None] == [1] * 3
    assert 120_000 < listener.largest < 200_000
    assert (len(kept), len(set(map(id, kept)))) == (3, 1), "one text for all events of one article"


async def test_what_another_process_writes_is_heard(newsroom: Newsroom, settings: Settings) -> None:
    async with serving(settings) as other, listening(other) as listener:
        tag = await newsroom.tag()
        event = await listener.event()

    assert event is not None
    assert event["object"]["id"] == tag["id"]


async def test_whoever_asks_for_the_head_of_a_stream_gets_no_more(newsroom: Newsroom) -> None:
    async with listening(newsroom, method="HEAD") as listener:
        assert listener.status == 200
        while (block := await listener.block()) is not None:
            assert not block


async def test_a_stream_from_what_was_forgotten_does_not_begin(newsroom: Newsroom) -> None:
    async with newsroom.database.writing() as session:
        await session.execute(update(LogHead).values(floor=1))

    async with listening(newsroom, "/v1/changes/stream?since=0") as listener:
        assert listener.status == 410


async def test_two_who_listen_to_the_same_address_both_hear(newsroom: Newsroom) -> None:
    """A cache in front must not let the second wait for the end of the first."""
    async with listening(newsroom) as one, listening(newsroom) as two:
        await newsroom.tag()
        assert await one.event() == await two.event()


def _rest(answer: http.client.HTTPResponse) -> bytes:
    return answer.read()


@pytest.fixture
def command(sqlite_template: Path, tmp_path: Path) -> Command:
    """The command on an empty newsroom."""
    (tmp_path / "dateline.db").write_bytes(sqlite_template.read_bytes())
    return Command(tmp_path, {"log_level": "error"})


async def test_streams_come_to_a_clean_end_when_the_process_does(command: Command) -> None:
    """A server that waited for them would be killed in the end, and the listener's connection cut in the middle."""
    with command.serving() as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        connection.request("GET", "/v1/changes/stream?since=0")
        answer = connection.getresponse()
        assert answer.readline() == b"retry: 2000\n"
        waiting = asyncio.create_task(asyncio.to_thread(_rest, answer))

        log = await asyncio.to_thread(server.stop)
        rest = await waiting
        connection.close()

    assert rest == b"\n"
    assert "Cancel" not in log
