"""Deliveries: what arrives, once or again, signed, in whose order, and what becomes of an endpoint that fails."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, select
from standardwebhooks import Webhook as Verifier

from app.access import actions as access
from app.access import queries as keys
from app.core import clock, ids
from app.core.settings import Settings
from app.events.models import SYSTEM, Event
from app.webhooks import outbox
from app.worker import sweep
from tests.newsroom import Newsroom, made, names
from tests.plans import NO_SHORT_TABLES, overhearing, plans_of
from tests.webhooks.conftest import Endpoint, deliveries, receiving, subscribe, until, working


async def test_what_happens_is_delivered_signed_and_in_a_chain(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.*"])
    article = await newsroom.article(headline="Grüße “aus” Minsk")
    await newsroom.author()

    async with working(newsroom, settings):
        await endpoint.wait_for(2)
        await newsroom.edit(await newsroom.working(article), headline="Another")
        await endpoint.wait_for(3)
        await until(lambda: _all_done(newsroom, hook))

    by_seq = sorted(endpoint.got, key=lambda message: message.data["seq"])
    changes = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["data"]
    told = [change for change in changes if change["type"].startswith("article.")]
    assert [{**message.data} for message in by_seq] == [
        {**change, "previous_seq": before} for change, before in zip(told, [None, *names(told, "seq")[:-1]], strict=True)
    ]
    for message in endpoint.got:
        event = Verifier(hook["secret"]).verify(message.body, message.headers)
        assert (event["type"], event["timestamp"]) == (event["data"]["type"], event["data"]["at"])
        assert message.headers["webhook-id"] == event["data"]["id"]
        assert message.headers["content-type"] == "application/json"


async def _all_done(newsroom: Newsroom, hook: Any) -> bool:
    return all(one["status"] != "pending" for one in await deliveries(newsroom, hook))


async def test_a_webhook_is_sent_what_its_key_may_know_and_nothing_else(newsroom: Newsroom, settings: Settings) -> None:
    scopes: dict[str, tuple[str, ...]] = {"public": (), "drafts": ("articles:read",), "keys": ("keys:admin",)}
    async with receiving() as public, receiving() as drafts, receiving() as keyring:
        for endpoint, wanted in zip((public, drafts, keyring), scopes.values(), strict=True):
            manager = await newsroom.key("webhooks:manage", *wanted)
            made(await manager.post("/v1/webhooks", {"name": "x", "url": endpoint.url}))
        draft = await newsroom.draft()
        await newsroom.publish(draft)
        await newsroom.key("articles:read")
        await newsroom.section("The end")
        async with working(newsroom, settings):
            for endpoint in (public, drafts, keyring):
                await until(partial(_was_told, endpoint, "section.created"))
            await until(lambda: len(_types(keyring)) >= 3)

    webhooks = {"webhook.created"}
    assert set(_types(public)) - webhooks == {"article.published", "section.created"}
    assert set(_types(drafts)) - webhooks == {"article.created", "article.published", "section.created"}
    assert set(_types(keyring)) - webhooks == {"key.created", "article.published", "section.created"}


def _was_told(endpoint: Endpoint, kind: str) -> bool:
    return kind in _types(endpoint)


def _types(endpoint: Endpoint) -> list[str]:
    return [message.event["type"] for message in endpoint.got]


async def test_filters_choose_by_section_and_kind(newsroom: Newsroom, settings: Settings) -> None:
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", "/world")
    culture = await newsroom.section("Culture")
    async with receiving() as here, receiving() as galleries:
        await subscribe(newsroom, here, sections=["/world"])
        await subscribe(newsroom, galleries, kinds=["gallery"], events=["article.published", "comment.*"])
        inside = await newsroom.article(section=europe["id"])
        outside = await newsroom.article(section=culture["id"], kind="gallery")
        for article in (inside, outside):
            made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "A"}, "body": "Words."}))
        moved = await newsroom.edit(await newsroom.working(inside), section=culture["id"])
        await newsroom.publish(moved)
        await newsroom.edit(await newsroom.working(moved), headline="No more of theirs")
        await newsroom.desk.patch(f"/v1/sections/{world['id']}", {"name": "Globe"}, If_Match="*")
        async with working(newsroom, settings):
            await until(lambda: "section.updated" in _types(here))
            await galleries.wait_for(2)

    about = {message.data["object"]["id"] for message in here.got if message.event["type"].startswith("article.")}
    assert about == {inside["id"]}
    # The publication that took it away is told: whoever shows the section must learn of it.
    assert _types(here).count("article.published") == 2
    assert _types(here).count("comment.created") == 1
    assert "article.updated" in _types(here)
    assert sorted(_types(galleries)) == ["article.published", "comment.created"]
    assert galleries.got[0].data["object"]["id"] == outside["id"]


async def test_what_is_not_taken_is_tried_again_under_the_same_id(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    await newsroom.article()
    endpoint.answer = b"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nOops"

    async with working(newsroom, settings):
        await until(lambda: _attempted(newsroom, hook, 1))
        first = (await deliveries(newsroom, hook))[0]
        endpoint.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/deliveries/{first['id']}/retry"))
        await until(lambda: _all_done(newsroom, hook))

    assert (first["status"], first["status_code"], first["attempts"]) == ("pending", 500, 1)
    assert _seconds_until_due(first) >= 5
    assert len({message.headers["webhook-id"] for message in endpoint.got}) == 1
    assert len({message.body for message in endpoint.got}) == 1
    full = made(await newsroom.desk.get(f"/v1/webhooks/{hook['id']}/deliveries/{first['id']}"))
    assert full["status"] == "delivered"
    assert [(one["status_code"], one["answer"]) for one in full["log"]] == [(500, "Oops"), (200, "")]
    assert full["request"]["body"].encode() == endpoint.got[0].body
    assert full["request"]["headers"]["webhook-id"] == endpoint.got[0].headers["webhook-id"]


async def _attempted(newsroom: Newsroom, hook: Any, times: int) -> bool:
    found = await deliveries(newsroom, hook)
    return bool(found) and all(one["attempts"] >= times and one["status_code"] is not None for one in found)


def _seconds_until_due(delivery: Any) -> float:
    made_at, due = (datetime.fromisoformat(delivery[name]) for name in ("created_at", "due_at"))
    return (due - made_at).total_seconds()


async def test_retry_after_is_heeded_by_the_whole_endpoint(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    endpoint.answer = b"HTTP/1.1 503 Later\r\nRetry-After: 1800\r\nContent-Length: 0\r\n\r\n"
    await newsroom.article()

    async with working(newsroom, settings):
        await until(lambda: _attempted(newsroom, hook, 1))
        shown = made(await newsroom.desk.get(f"/v1/webhooks/{hook['id']}"))

    delivery = (await deliveries(newsroom, hook))[0]
    assert _seconds_until_due(delivery) >= 1800
    assert (datetime.fromisoformat(shown["rests_until"]) - clock.now()).total_seconds() > 1000


async def test_a_redirect_is_a_failure_and_410_ends_it(newsroom: Newsroom, settings: Settings) -> None:
    redirect = b"HTTP/1.1 302 Over there\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with receiving(answer=redirect) as moved, receiving(answer=b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n") as gone:
        one, other = await subscribe(newsroom, moved), await subscribe(newsroom, gone)
        await newsroom.article()
        async with working(newsroom, settings):
            await until(lambda: _is_disabled(newsroom, other))
            await until(lambda: _attempted_once(newsroom, one))

    shown = made(await newsroom.desk.get(f"/v1/webhooks/{other['id']}"))
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "gone")
    assert {delivery["status"] for delivery in await deliveries(newsroom, one)} == {"pending"}
    assert len(await deliveries(newsroom, other, "failed")) >= 1
    events = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["data"]
    assert [event["data"]["reason"] for event in events if event["type"] == "webhook.disabled"] == ["gone"]


async def _is_disabled(newsroom: Newsroom, hook: Any) -> bool:
    return bool(made(await newsroom.desk.get(f"/v1/webhooks/{hook['id']}"))["status"] == "disabled")


async def _attempted_once(newsroom: Newsroom, hook: Any) -> bool:
    return any(one["status_code"] == 302 for one in await deliveries(newsroom, hook))


async def test_nothing_is_missed_while_it_is_paused(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    address = f"/v1/webhooks/{hook['id']}"
    async with working(newsroom, settings):
        await newsroom.article()
        await endpoint.wait_for(1)
        await newsroom.desk.post(f"{address}/pause", If_Match="*")
        for _ in range(3):
            await newsroom.article()
        test = made(await newsroom.desk.post(f"{address}/test"))
        await endpoint.wait_for(2)
        assert endpoint.got[1].event["type"] == "webhook.test"
        await until(lambda: _all_done(newsroom, hook))
        await newsroom.desk.post(f"{address}/resume", If_Match="*")
        await endpoint.wait_for(5)

    chain = sorted((message.data["seq"], message.data["previous_seq"]) for message in endpoint.got if message.data["seq"])
    assert [before for _, before in chain] == [None, *(seq for seq, _ in chain[:-1])]
    Verifier(hook["secret"]).verify(endpoint.got[1].body, endpoint.got[1].headers)
    assert endpoint.got[1].data["id"] == test["event"]["id"]


async def test_a_range_can_be_replayed(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    for _ in range(3):
        await newsroom.article()
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    async with working(newsroom, settings):
        for _ in range(3):
            await newsroom.article()
        await endpoint.wait_for(3)
        await until(lambda: _all_done(newsroom, hook))
        head = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["next_since"]
        replayed = made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/replay", {"from_seq": 1, "to_seq": head}))
        await endpoint.wait_for(9)

    assert replayed == {"count": 6}
    again = endpoint.got[3:]
    assert {message.headers["webhook-id"] for message in endpoint.got[:3]} < {message.headers["webhook-id"] for message in again}
    assert len({message.headers["webhook-id"] for message in again}) == 6
    first = {message.data["seq"]: message.body for message in endpoint.got[:3]}
    assert {message.data["seq"]: message.body for message in again if message.data["seq"] in first} == first


async def test_while_a_secret_is_replaced_both_sign(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    address = f"/v1/webhooks/{hook['id']}"
    new = made(await newsroom.desk.post(f"{address}/rotate-secret", {"overlap_hours": 1}, If_Match="*"))["secret"]
    async with working(newsroom, settings):
        await newsroom.article()
        await endpoint.wait_for(1)
        newest = made(await newsroom.desk.post(f"{address}/rotate-secret", {"overlap_hours": 0}, If_Match="*"))["secret"]
        await newsroom.article()
        await endpoint.wait_for(2)

    both, one = endpoint.got
    for secret in (hook["secret"], new):
        Verifier(secret).verify(both.body, both.headers)
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    Verifier(newest).verify(one.body, one.headers)
    assert len(one.headers["webhook-signature"].split(" ")) == 1


async def test_a_dripping_endpoint_delays_no_other_and_is_left_alone(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    forever = asyncio.Event()
    async with receiving(hold=lambda _: forever.wait()) as slow:
        hook = await subscribe(newsroom, slow, events=["article.published"])
        await subscribe(newsroom, endpoint, events=["article.published"])
        async with working(newsroom, settings):
            for _ in range(12):
                await newsroom.article()
            await endpoint.wait_for(12)
            assert len(slow.got) < 12
            await until(lambda: _rests(newsroom, hook))
        forever.set()

    failed = [one for one in await deliveries(newsroom, hook) if one["failure"]]
    assert {one["failure"] for one in failed} == {"timeout"}
    assert slow.most_at_once <= 4
    assert all(one["attempts"] <= 2 for one in await deliveries(newsroom, hook))


async def _rests(newsroom: Newsroom, hook: Any) -> bool:
    return made(await newsroom.desk.get(f"/v1/webhooks/{hook['id']}"))["rests_until"] is not None


async def test_when_its_key_is_revoked_a_webhook_is_sent_nothing_more(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    manager = await newsroom.key("webhooks:manage", "articles:read")
    hook = made(await manager.post("/v1/webhooks", {"name": "x", "url": endpoint.url, "events": ["article.*"]}))
    async with newsroom.database.writing() as session:
        key = await keys.get_key(session, ids.decode("key", hook["key_id"]) or ids.EXAMPLE)
        await access.revoke_key(session, key, by=SYSTEM)
    await newsroom.article()

    async with working(newsroom, settings):
        await until(lambda: _is_disabled(newsroom, hook))
        assert endpoint.got == []
        resumed = made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/resume", If_Match="*"))
        await endpoint.wait_for(2)

    assert resumed["key_id"] != hook["key_id"]


async def test_at_delivery_an_address_is_looked_at_again(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    """What was allowed when the webhook was made may not be any more; a name may lead elsewhere by now."""
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    await newsroom.article()

    async with working(newsroom, settings.model_copy(update={"allowed_private_hosts": []})):
        await until(lambda: _refused(newsroom, hook))

    assert endpoint.got == []


async def _refused(newsroom: Newsroom, hook: Any) -> bool:
    return {one["failure"] for one in await deliveries(newsroom, hook)} == {"refused"}


async def test_the_delivery_log_tells_nobody_of_events_they_may_not_know(
    newsroom: Newsroom, settings: Settings, endpoint: Endpoint
) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.*"])
    await newsroom.article()
    async with working(newsroom, settings):
        await endpoint.wait_for(2)
        await until(lambda: _all_done(newsroom, hook))
    manager = await newsroom.key("webhooks:manage")
    address = f"/v1/webhooks/{hook['id']}/deliveries"

    seen = await manager.all_pages(address)
    hidden = [one for one in await deliveries(newsroom, hook) if one["event"]["type"] == "article.created"]

    assert [one["event"]["type"] for one in seen] == ["article.published"]
    assert (await manager.get(f"{address}/{hidden[0]['id']}")).status_code == 404
    assert (await manager.post(f"{address}/{hidden[0]['id']}/retry")).status_code == 404
    assert made(await manager.post(f"/v1/webhooks/{hook['id']}/replay", {"from_seq": 1, "to_seq": 100})) == {"count": 1}


async def test_what_waits_or_is_sent_again_is_not_turned_to_whoever_may_not_know_of_it(
    newsroom: Newsroom, settings: Settings, endpoint: Endpoint
) -> None:
    """A key that manages webhooks and knows of no draft turns one that does to an address of its own."""
    hook = await subscribe(newsroom, endpoint, events=["article.*"])
    address = f"/v1/webhooks/{hook['id']}"
    await newsroom.article()
    async with working(newsroom, settings):
        await endpoint.wait_for(2)
        await until(lambda: _all_done(newsroom, hook))
    sent = {one["event"]["type"]: one["id"] for one in await deliveries(newsroom, hook, "delivered")}
    await newsroom.article()
    async with newsroom.database.writing() as session:
        await outbox.fan_out(session)
    manager = await newsroom.key("webhooks:manage")

    async with receiving() as elsewhere:
        made(await manager.patch(address, {"url": elsewhere.url}, If_Match="*"))
        again = await newsroom.desk.post(f"{address}/deliveries/{sent['article.created']}/retry")
        async with working(newsroom, settings):
            await elsewhere.wait_for(1)
            await until(lambda: _all_done(newsroom, hook))

    assert again.status_code == 404
    assert _types(elsewhere) == ["article.published"]
    first, last = elsewhere.got[0].data["previous_seq"], elsewhere.got[0].data["seq"]
    assert first is not None
    assert first not in endpoint.seqs, "the chain shows that something is missing"
    assert last > first > max(endpoint.seqs)


async def test_a_dead_letter_comes_after_ten_attempts_and_days_of_failure_disable(
    newsroom: Newsroom, settings: Settings, endpoint: Endpoint
) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    await newsroom.article()
    endpoint.answer = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    moment = clock.now()

    for number in range(1, 11):
        moment += timedelta(days=1, hours=5)
        with clock.stopped_at(moment):
            async with working(newsroom, settings):
                await endpoint.wait_for(number)
                await until(partial(_attempted, newsroom, hook, number))

    assert [(one["status"], one["attempts"]) for one in await deliveries(newsroom, hook, "failed")] == [("failed", 10)]
    shown = made(await newsroom.desk.get(f"/v1/webhooks/{hook['id']}"))
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "failing")


async def test_what_the_log_has_no_more_holds_up_nothing_else(newsroom: Newsroom, settings: Settings, endpoint: Endpoint) -> None:
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    await newsroom.article()
    async with newsroom.database.writing() as session:
        await outbox.fan_out(session)
    async with newsroom.database.writing() as session:
        needed = await outbox.needed_from(session)
        await session.execute(delete(Event).where(Event.seq == needed))
    await newsroom.article()

    async with working(newsroom, settings):
        await endpoint.wait_for(1)
        await until(lambda: _all_done(newsroom, hook))

    lost, sent = await deliveries(newsroom, hook)
    shown = made(await newsroom.desk.get(f"/v1/webhooks/{hook['id']}/deliveries/{lost['id']}"))
    assert (lost["status"], lost["failure"], shown["request"]["body"]) == ("failed", "forgotten", None)
    assert sent["status"] == "delivered"


async def test_a_filter_tells_nobody_where_a_draft_is_filed_or_what_it_is(newsroom: Newsroom, settings: Settings) -> None:
    """What everybody may know is held against what readers saw, also where the newsroom has long moved it."""
    secret = await newsroom.section("Secret")
    manager = await newsroom.key("webhooks:manage")
    async with receiving() as by_section, receiving() as by_kind, receiving() as everything:
        for endpoint, wanted in ((by_section, {"sections": ["/secret"]}), (by_kind, {"kinds": ["gallery"]}), (everything, {})):
            made(await manager.post("/v1/webhooks", {"name": "x", "url": endpoint.url, "events": ["comment.*", "article.*"], **wanted}))
        article = await newsroom.article()
        await newsroom.edit(article, section=secret["id"], kind="gallery")
        made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "A"}, "body": "Words."}))
        made(await newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*"))
        async with working(newsroom, settings):
            await until(partial(_was_told, everything, "article.unpublished"))
            await until(lambda: _looked_through(newsroom))

    assert _types(by_section) == _types(by_kind) == []


async def _looked_through(newsroom: Newsroom) -> bool:
    hooks = (await newsroom.desk.get("/v1/webhooks")).json()["data"]
    head = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["next_since"]
    return {hook["queued_seq"] for hook in hooks} == {head}


async def test_the_log_is_not_shortened_where_a_webhook_needs_it_and_a_gap_shows(
    newsroom: Newsroom, settings: Settings, endpoint: Endpoint
) -> None:
    kept = settings.model_copy(update={"log_retention_days": 1})
    hook = await subscribe(newsroom, endpoint, events=["article.published"])
    for _ in range(3):
        await newsroom.article()
    with clock.stopped_at(clock.now() + timedelta(days=2)):
        await sweep(newsroom.database, kept)
        async with working(newsroom, settings):
            await endpoint.wait_for(3)
            await until(lambda: _all_done(newsroom, hook))
        made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/pause", If_Match="*"))
        for _ in range(3):
            await newsroom.article()
    with clock.stopped_at(clock.now() + timedelta(days=9)):
        await newsroom.article()
        await sweep(newsroom.database, kept)
        made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/resume", If_Match="*"))
        async with working(newsroom, settings):
            await endpoint.wait_for(4)

    before, after = sorted(endpoint.seqs[:3]), endpoint.got[3].data
    assert len(endpoint.got) == 4
    assert before[-1] < after["previous_seq"] < after["seq"]
    assert after["previous_seq"] not in endpoint.seqs


async def test_what_waits_is_found_among_all_that_was_delivered(newsroom: Newsroom) -> None:
    """The worker asks for it at every turn; SQLite looked through the log of all deliveries."""
    with overhearing(newsroom.database) as said:
        async with newsroom.database.reading() as session:
            await session.execute(select(outbox.WAITING))
            await outbox.queues(session)
            await outbox.needed_from(session)

    plans = [plan for plan in await plans_of(newsroom.database, said, without=NO_SHORT_TABLES) if "webhook_deliveries" in plan]

    assert len(plans) == 4
    for plan in plans:
        assert "ix_webhook_deliveries_status_webhook_id_due_at" in plan, plan
