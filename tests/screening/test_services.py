"""Outside services are asked beside everybody's requests; a comment waits for them, and not for ever."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from standardwebhooks import Webhook

from app.comments.errand_models import CommentErrand, ServiceHealth
from app.comments.outside import Outside
from app.comments.people import erasing
from app.comments.schemas import comment_id
from app.comments.signal_models import CommentSignal
from app.core import clock
from app.core.settings import Settings
from app.screening import learning, services
from app.screening.models import BayesLesson, CommentMark
from app.screening.services import Asked, Service, ServiceFailedError, services_of
from tests.conftest import settings_for
from tests.newsroom import Newsroom, made
from tests.screening.conftest import guest

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ASKED = Asked("cmt_1", "art_1", "A reader", "guest", "https://example.org/", "*Words*", "Words", "2026-01-01T00:00:00Z")


def service(name: str) -> Service:
    settings = Settings(
        _env_file=None, akismet_key=SecretStr("ak"), akismet_site="https://paper.example", openai_key=SecretStr("oa"), comment_hook_url="https://hook.example/",
        comment_hook_secret=SecretStr(SECRET),
    )  # fmt: skip
    return services_of(settings)[name]


def test_none_is_asked_unless_it_is_set_up() -> None:
    assert services_of(Settings(_env_file=None)) == {}


@pytest.mark.parametrize(
    ("name", "body", "headers", "leaning", "score"),
    [
        ("akismet", b"true", {}, "spam", 0.9),
        ("akismet", b"true", {"x-akismet-pro-tip": "discard"}, "spam", 1.0),
        ("akismet", b"false\n", {}, "pass", 0.0),
        ("openai", b'{"results":[{"flagged":true,"categories":{"hate":true,"x":false},"category_scores":{"hate":0.8}}]}', {}, "hold", 0.8),
        ("openai", b'{"results":[{"flagged":false,"category_scores":{"hate":0.1}}]}', {}, "pass", 0.1),
        ("hook", b'{"leaning":"reject","score":7,"detail":{"why":"law"}}', {}, "reject", 1.0),
        ("hook", b'{"leaning":"pass","score":NaN}', {}, "pass", 0.0),
        ("hook", b'{"leaning":"pass","score":1%s}' % (b"0" * 400), {}, "pass", 1.0),
    ],
)
def test_what_a_service_says(name: str, body: bytes, headers: Mapping[str, str], leaning: str, score: float) -> None:
    signal = service(name).read(body, headers)

    assert (signal.check, signal.leaning, signal.score) == (name, leaning, score)


@pytest.mark.parametrize("name", ["akismet", "openai", "hook"])
@pytest.mark.parametrize(
    "body",
    [b"", b"invalid", b"[]", b"{}", b'{"results":[]}', b'{"results":[{"flagged":"no"}]}', b'{"leaning":"delete"}', b"\xff", b"[" * 5000,
     b'{"leaning":"pass","detail":[]}', b'{"leaning":"pass","detail":{"is":NaN}}', b'{"leaning":"pass","detail":{"is":"\\ud800"}}',
     b'{"leaning":"pass","detail":{"is":1e999}}', b'{"leaning":"pass","detail":{"is":%s}}' % (b"[" * 400 + b"]" * 400),
     b'{"results":[{"flagged":true,"categories":{"\\ud800":true}}]}'],
)  # fmt: skip
def test_what_makes_no_sense_is_a_failure(name: str, body: bytes) -> None:
    with pytest.raises(ServiceFailedError):
        service(name).read(body, {})


def test_nobody_is_told_where_a_reader_is() -> None:
    sent = parse_qs(service("akismet").ask(ASKED, clock.now()).body.decode())

    assert sent["user_ip"] == ["0.0.0.0"]  # noqa: S104
    assert (sent["comment_content"], sent["blog"], sent["comment_author"]) == (["Words"], ["https://paper.example"], ["A reader"])
    request = service("openai").ask(ASKED, clock.now())
    assert json.loads(request.body) == {"model": "omni-moderation-latest", "input": "Words"}


def test_the_hook_can_be_sure_who_asks() -> None:
    request = service("hook").ask(ASKED, clock.now())

    assert Webhook(SECRET).verify(request.body, dict(request.headers))["data"]["text"] == "Words"
    other = services.signed("plain text", "id", clock.now(), b"{}")
    assert other["webhook-signature"].startswith("v1,")


class Desk:
    """A service of our own, which answers as it is told, and the one who asks it."""

    def __init__(self, newsroom: Newsroom, url: str) -> None:
        self.answer: tuple[int, Any] = 200, {"leaning": "pass"}
        self.heard: list[Any] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        changes = {"comment_hook_url": url, "allowed_private_hosts": ["127.0.0.1"], "comment_service_seconds": 5.0}
        settings = settings_for(newsroom.database.url.render_as_string(hide_password=False)).model_copy(update=changes)
        self.outside = Outside(newsroom.database, settings, lambda: None)

    async def asks(self) -> None:
        """Everything that is due is asked, and what was said written down."""
        await self.outside.turn()
        while self.outside._under_way:
            await asyncio.gather(*self.outside._under_way)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        self.heard.append(json.loads(await reader.readexactly(length)))
        if self.meanwhile is not None:
            await self.meanwhile()
        status, said = self.answer
        body = json.dumps(said).encode()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def answering(newsroom: Newsroom) -> AsyncIterator[Desk]:
    desks: list[Desk] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await desks[0].serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    desks.append(Desk(newsroom, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/check"))
    async with server:
        yield desks[0]
        await desks[0].outside.stop(1)


@pytest.fixture
async def desk(newsroom: Newsroom, forum: Any) -> AsyncIterator[Desk]:
    forum.bounds = dataclasses.replace(forum.bounds, services=("hook",), patience=timedelta(minutes=10))
    async with answering(newsroom) as found:
        yield found


@pytest.mark.parametrize(("leaning", "status"), [("pass", "approved"), ("hold", "pending"), ("spam", "spam"), ("reject", "rejected")])
async def test_a_comment_waits_until_the_service_has_answered(forum: Any, desk: Desk, leaning: str, status: str) -> None:
    desk.answer = 200, {"leaning": leaning, "score": 0.5, "detail": {"why": "because"}}
    comment = await forum.post("What do you say?")
    before = await forum.status(comment), (await forum.signals(comment))["outside"]["detail"]

    await desk.asks()
    await desk.asks()

    assert before == ("pending", {"waits_for": ["hook"]})
    assert await forum.status(comment) == status
    said = await forum.signals(comment)
    assert set(said) == {"hook"}
    assert said["hook"]["detail"] == {"why": "because"}
    assert [each["data"]["text"] for each in desk.heard] == ["What do you say?"]


async def test_many_that_come_first_are_asked_about_once_each(forum: Any, desk: Desk) -> None:
    """Nothing is known yet of how the service fares, and every answer wants to note it."""
    comments = [await forum.post(f"Letter number {number}.", guest(f"address {number}")) for number in range(8)]

    await desk.asks()

    assert [await forum.status(comment) for comment in comments] == ["approved"] * 8
    assert len(desk.heard) == 8


async def test_a_moderator_who_was_quicker_has_decided(forum: Any, desk: Desk) -> None:
    desk.answer = 200, {"leaning": "spam"}
    comment = await forum.post("What do you say?")
    await forum.moderate(comment, "approve")

    await desk.asks()

    assert await forum.status(comment) == "approved"
    assert set(await forum.signals(comment)) == {"hook"}


async def test_what_a_moderator_holds_before_the_service_has_answered_stays_held(forum: Any, desk: Desk) -> None:
    early, late = await forum.post("What do you say?"), await forum.post("And you?", guest("another address"))
    await forum.moderate(early, "hold")

    async def hold() -> None:
        desk.meanwhile = None
        await forum.moderate(late, "hold")

    desk.meanwhile = hold
    await desk.asks()

    assert [await forum.status(comment) for comment in (early, late)] == ["pending"] * 2
    assert set(await forum.signals(early)) == {"hook"}


async def test_what_was_said_of_other_words_lets_no_new_ones_through(forum: Any, desk: Desk) -> None:
    comment = await forum.post("What do you say?")

    async def edit() -> None:
        desk.meanwhile = None
        await forum.edit(comment, "Buy it here.")

    desk.meanwhile = edit
    await desk.asks()
    between = await forum.status(comment), set(await forum.signals(comment))
    desk.answer = 200, {"leaning": "spam"}
    await desk.asks()

    assert between == ("pending", {"outside"})
    assert [each["data"]["text"] for each in desk.heard] == ["What do you say?", "Buy it here."]
    assert await forum.status(comment) == "spam"


async def _awaits_another(newsroom: Newsroom, comment: UUID) -> None:
    """Another service is to be asked too, in three minutes; there is none of that name."""
    async with newsroom.database.writing() as session:
        row = (await session.scalars(select(CommentErrand).where(CommentErrand.comment_id == comment))).one()
        columns = {column.name: getattr(row, column.name) for column in CommentErrand.__table__.columns}
        session.add(CommentErrand(**columns | {"service": "another", "due_at": clock.now() + timedelta(minutes=3)}))


@pytest.mark.parametrize("when", ["before", "meanwhile", "after"])
async def test_what_the_newsroom_changes_of_a_comment_that_waits_is_what_services_decide_about(forum: Any, desk: Desk, when: str) -> None:
    """However far they are with the words that are no more: one of two may have answered already."""
    comment = await forum.post("What do you say?")
    if when == "after":
        await _awaits_another(forum.newsroom, comment)

    async def edit() -> None:
        desk.meanwhile = None
        made(await forum.newsroom.desk.patch(f"/v1/comments/{comment_id(comment)}", {"body": "Buy it here."}, If_Match="*"))

    desk.meanwhile = edit if when == "meanwhile" else None
    if when != "before":
        await desk.asks()
    if when != "meanwhile":
        await edit()
    before = await forum.status(comment)
    desk.answer = 200, {"leaning": "spam"}
    with clock.stopped_at(clock.now() + timedelta(minutes=5)):
        await desk.asks()

    assert (before, await forum.status(comment)) == ("pending", "spam")
    assert desk.heard[-1]["data"]["text"] == "Buy it here."
    assert "outside" not in await forum.signals(comment)


async def test_a_mark_on_a_comment_that_waits_keeps_nobody_waiting(forum: Any, desk: Desk) -> None:
    comment = await forum.post("What do you say?")
    made(await forum.newsroom.desk.patch(f"/v1/moderation/comments/{comment_id(comment)}", {"locked": True}, If_Match="*"))

    await desk.asks()

    assert await forum.status(comment) == "approved"


async def test_what_a_moderator_has_held_is_not_let_through_by_what_the_newsroom_changes(forum: Any, desk: Desk) -> None:
    comment = await forum.post("What do you say?")
    await forum.moderate(comment, "hold")
    made(await forum.newsroom.desk.patch(f"/v1/comments/{comment_id(comment)}", {"body": "What?"}, If_Match="*"))

    await desk.asks()

    assert await forum.status(comment) == "pending"


async def test_what_is_held_for_another_reason_stays_held_and_what_is_refused_is_not_asked_about(forum: Any, desk: Desk) -> None:
    held = await forum.post("https://a.example https://b.example https://c.example")
    spam = await forum.post("Two", form={"website": "x"})

    await desk.asks()

    assert (await forum.status(held), await forum.status(spam)) == ("pending", "spam")
    assert (set(await forum.signals(held)), set(await forum.signals(spam))) == ({"links", "hook"}, {"form"})
    assert len(desk.heard) == 1


async def test_what_a_moderator_has_held_is_not_let_through_by_an_edit(forum: Any, desk: Desk) -> None:
    comment = await forum.post("What do you say?")
    await desk.asks()
    await forum.moderate(comment, "hold")

    await forum.edit(comment, "What do you say now?")
    await desk.asks()
    await desk.asks()

    assert await forum.status(comment) == "pending"
    assert len(desk.heard) == 1


@pytest.mark.parametrize("answer", [(500, {"leaning": "pass"}), (200, {"leaning": "perhaps"})])
async def test_a_service_that_fails_holds_new_authors_in_the_end_and_no_others(
    forum: Any, desk: Desk, visitor: Callable[..., Any], answer: tuple[int, Any]
) -> None:
    known = await forum.post("I was here before.", visitor("known"))
    await desk.asks()
    desk.answer = answer
    new, old = await forum.post("Never seen.", visitor("new")), await forum.post("Once more.", visitor("known"))
    await desk.asks()
    waiting = await forum.status(new), await forum.status(old)

    with clock.stopped_at(clock.now() + timedelta(minutes=11)):
        await desk.asks()

    assert await forum.status(known) == "approved"
    assert waiting == ("pending", "pending")
    assert (await forum.status(new), await forum.status(old)) == ("pending", "approved")
    assert (await forum.signals(new))["hook"]["detail"] == {"failed": "deadline"}


async def test_a_service_that_fails_again_and_again_is_left_alone_for_a_while(forum: Any, desk: Desk, newsroom: Newsroom) -> None:
    desk.answer = 503, {}
    for number in range(6):
        await forum.post(f"Number {number}")
        await desk.asks()
    asked = len(desk.heard)

    async with newsroom.database.reading() as session:
        health = await session.get_one(ServiceHealth, "hook")
    assert (asked, health.failures) == (5, 5)
    desk.answer = 200, {"leaning": "pass"}
    with clock.stopped_at(clock.now() + timedelta(minutes=3)):
        await desk.asks()
    async with newsroom.database.reading() as session:
        health = await session.get_one(ServiceHealth, "hook")
    assert (len(desk.heard), health.failures, health.rests_until) == (11, 0, None)


async def test_what_waits_goes_with_its_article(forum: Any, desk: Desk, newsroom: Newsroom) -> None:
    await forum.post("What do you say?")
    assert (await newsroom.desk.delete(f"/v1/articles/{forum.article['id']}", If_Match="*")).is_success

    purged = await newsroom.desk.post(f"/v1/articles/{forum.article['id']}/purge", If_Match="*")
    await desk.asks()

    assert purged.is_success, purged.text
    assert desk.heard == []


async def test_nobody_is_asked_about_what_was_erased_and_nothing_is_remembered_of_it(forum: Any, desk: Desk, newsroom: Newsroom) -> None:
    comment = await forum.post("What do you say of ferries?")
    await forum.moderate(comment, "reject")
    async with newsroom.database.writing() as session:
        await learning.learn(session, b"key")
    asked = await newsroom.desk.post("/v1/people/erasures", {"comment": comment_id(comment)})
    assert asked.status_code == 202, asked.text

    await erasing.carry_on(newsroom.database, newsroom.app.state.settings.signing_key)
    await desk.asks()

    assert desk.heard == []
    async with newsroom.database.reading() as session:
        for kind in (CommentErrand, CommentSignal, CommentMark, BayesLesson):
            assert await session.scalar(select(func.count()).select_from(kind)) == 0, kind
