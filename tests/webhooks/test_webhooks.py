"""Webhooks as a resource: who may have one, where it may lead, and what it gives away."""

from typing import Any

import pytest
from sqlalchemy import select

from app.webhooks.models import Webhook
from tests.newsroom import Client, Newsroom, Wire, made, names, pointers

ADDRESS = "https://front.example.org/in"


async def make(client: Client, **fields: Any) -> Wire:
    return made(await client.post("/v1/webhooks", {"name": "front end", "url": ADDRESS, **fields}))


async def test_a_webhook_is_made_shown_changed_and_deleted(editor: Client) -> None:
    hook = await make(editor, events=["article.*"])
    address = f"/v1/webhooks/{hook['id']}"

    shown = await editor.get(address)
    changed = await editor.patch(address, {"name": "site"}, If_Match=shown.headers["etag"])
    stale = await editor.patch(address, {"name": "other"}, If_Match=shown.headers["etag"])
    gone = await editor.delete(address, If_Match=changed.headers["etag"])

    assert shown.json() == {name: value for name, value in hook.items() if name != "secret"}
    assert (changed.json()["name"], changed.json()["version"], changed.json()["events"]) == ("site", 2, ["article.*"])
    assert stale.status_code == 412
    assert stale.json()["conflicts"] == [{"pointer": "#/name", "base": "front end", "theirs": "site", "yours": "other"}]
    assert gone.status_code == 204
    assert (await editor.get(address)).json()["code"] == "webhook-not-found"
    assert (await editor.get("/v1/webhooks")).json()["data"] == []


async def test_a_change_that_changes_nothing_makes_no_version(editor: Client) -> None:
    hook = await make(editor)

    same = await editor.patch(f"/v1/webhooks/{hook['id']}", {"name": "front end"}, If_Match="*")

    assert same.json()["version"] == 1


async def test_only_keys_that_manage_webhooks_may_see_or_touch_them(newsroom: Newsroom, reader: Client) -> None:
    hook = await make(newsroom.desk)
    test = made(await newsroom.desk.post(f"/v1/webhooks/{hook['id']}/test"))
    other = await newsroom.key("articles:read", "articles:write", "keys:admin")
    address = f"/v1/webhooks/{hook['id']}"

    for method, path in (
        ("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("GET", address), ("PATCH", address), ("DELETE", address),
        ("POST", f"{address}/pause"), ("POST", f"{address}/resume"), ("POST", f"{address}/rotate-secret"), ("POST", f"{address}/test"),
        ("POST", f"{address}/replay"), ("GET", f"{address}/deliveries"), ("GET", f"{address}/deliveries/{test['id']}"),
        ("POST", f"{address}/deliveries/{test['id']}/retry"),
    ):  # fmt: skip
        body = {"name": "x", "url": ADDRESS, "from_seq": 1, "to_seq": 1} if method in {"POST", "PATCH"} else None
        assert (await reader.request(method, path, body, If_Match="*")).status_code == 401, path
        assert (await other.request(method, path, body, If_Match="*")).status_code == 403, path


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/", "http://169.254.169.254/latest/meta-data", "http://[::ffff:127.0.0.1]/", "https://10.1.2.3/in",
        "http://localhost:8000/", "http://2130706433/", "http://0x7f.1/", "https://user:word@front.example.org/",
        "https://front.example.org:22/", "https://front.example.org./", f"https://{'a' * 64}.example.org/", "ftp://front.example.org/",
        "https://front.example.org/#x", "front.example.org", "",
    ],
)  # fmt: skip
async def test_an_address_that_nothing_may_be_sent_to_is_refused(editor: Client, url: str) -> None:
    hook = await make(editor)

    created = await editor.post("/v1/webhooks", {"name": "inside", "url": url})
    changed = await editor.patch(f"/v1/webhooks/{hook['id']}", {"url": url}, If_Match="*")

    for answer in (created, changed):
        assert answer.status_code == 422, answer.text
        assert pointers(answer) == {"#/url"}


async def test_every_fault_is_named_at_once(editor: Client) -> None:
    wrong = await editor.post("/v1/webhooks", {"url": "x", "events": ["article.publishd"], "kinds": ["novel"], "secret": "mine"})
    unknown = await editor.post("/v1/webhooks", {"name": "x", "url": "http://10.0.0.1", "sections": ["/nowhere"]})

    assert pointers(wrong) == {"#/name", "#/url", "#/events", "#/kinds/0", "#/secret"}
    assert "Did you mean article.published?" in wrong.text
    assert pointers(unknown) == {"#/url", "#/sections/0"}


async def test_sections_are_kept_by_id_however_they_are_named(newsroom: Newsroom, editor: Client) -> None:
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", "/world")

    hook = await make(editor, sections=["world", "/world/europe", europe["id"], world["id"]])

    assert sorted(hook["sections"]) == sorted([world["id"], europe["id"]])


async def test_a_secret_is_shown_once_and_not_kept_as_it_is(newsroom: Newsroom, editor: Client) -> None:
    body = {"name": "front end", "url": ADDRESS}
    first = await editor.post("/v1/webhooks", body, Idempotency_Key="one")
    again = await editor.post("/v1/webhooks", body, Idempotency_Key="one")
    hook = first.json()
    rotated = await editor.post(f"/v1/webhooks/{hook['id']}/rotate-secret", {}, If_Match='"1"', Idempotency_Key="two")
    rotated_again = await editor.post(f"/v1/webhooks/{hook['id']}/rotate-secret", {}, If_Match='"1"', Idempotency_Key="two")

    assert hook["secret"].startswith("whsec_")
    assert (again.json()["id"], again.json()["secret"]) == (hook["id"], None)
    assert rotated.json()["secret"].startswith("whsec_")
    assert rotated.json()["secret"] != hook["secret"]
    assert (rotated_again.json()["version"], rotated_again.json()["secret"]) == (2, None)
    assert rotated.json()["old_secret_until"] is not None
    for path in ("/v1/webhooks", f"/v1/webhooks/{hook['id']}", "/v1/changes?limit=1000"):
        assert "whsec_" not in (await editor.get(path)).text
    async with newsroom.database.reading() as session:
        row = (await session.scalars(select(Webhook))).one()
    assert hook["secret"].removeprefix("whsec_").encode() not in row.secret + (row.old_secret or b"")


async def test_pausing_and_resuming_are_safe_to_repeat(editor: Client) -> None:
    hook = await make(editor)
    address = f"/v1/webhooks/{hook['id']}"

    steps = [made(await editor.post(f"{address}/{verb}", If_Match="*")) for verb in ("pause", "pause", "resume", "resume")]

    assert [(step["status"], step["version"]) for step in steps] == [("paused", 2), ("paused", 2), ("active", 3), ("active", 3)]


async def test_who_changes_a_webhook_lends_it_no_more_than_they_know(newsroom: Newsroom, editor: Client) -> None:
    """Else a key with few scopes could turn a webhook of one with many to an address of its own."""
    hook = await make(editor)
    manager = await newsroom.key("webhooks:manage")
    me = (await manager.get("/v1/me")).json()["key"]["id"]

    changed = await manager.patch(f"/v1/webhooks/{hook['id']}", {"url": "https://elsewhere.example.org/"}, If_Match="*")
    await editor.patch(f"/v1/webhooks/{hook['id']}", {"name": "mine again"}, If_Match="*")
    await editor.post(f"/v1/webhooks/{hook['id']}/pause", If_Match="*")
    resumed = await manager.post(f"/v1/webhooks/{hook['id']}/resume", If_Match="*")

    assert hook["key_id"] != me
    assert changed.json()["key_id"] == me
    assert resumed.json()["key_id"] == me


async def test_webhooks_and_deliveries_are_listed_page_by_page(editor: Client) -> None:
    hooks = [await make(editor, name=f"hook {number}") for number in range(5)]
    address = f"/v1/webhooks/{hooks[0]['id']}/deliveries"
    tests = [made(await editor.post(f"/v1/webhooks/{hooks[0]['id']}/test")) for _ in range(5)]

    assert names(await editor.all_pages("/v1/webhooks?limit=2")) == names(hooks)
    assert names(await editor.all_pages(f"{address}?limit=2")) == names(tests[::-1])
    assert names(await editor.all_pages(f"{address}?limit=2&status=pending,failed")) == names(tests[::-1])
    assert await editor.all_pages(f"{address}?status=failed") == []
    assert (await editor.get(f"{address}?status=lost")).status_code == 400
    cursor = (await editor.get(f"{address}?limit=2")).json()["page"]["next_cursor"]
    assert (await editor.get(f"/v1/webhooks/{hooks[1]['id']}/deliveries?cursor={cursor}")).json()["code"] == "cursor-mismatch"


async def test_one_webhook_does_not_show_the_deliveries_of_another(editor: Client) -> None:
    one, other = await make(editor), await make(editor)
    test = made(await editor.post(f"/v1/webhooks/{one['id']}/test"))

    assert (await editor.get(f"/v1/webhooks/{one['id']}/deliveries/{test['id']}")).status_code == 200
    assert (await editor.get(f"/v1/webhooks/{other['id']}/deliveries/{test['id']}")).status_code == 404
    assert (await editor.post(f"/v1/webhooks/{other['id']}/deliveries/{test['id']}/retry")).status_code == 404


async def test_a_replay_is_bounded_and_goes_forward(editor: Client) -> None:
    hook = await make(editor)

    backward = await editor.post(f"/v1/webhooks/{hook['id']}/replay", {"from_seq": 2, "to_seq": 1})
    endless = await editor.post(f"/v1/webhooks/{hook['id']}/replay", {"from_seq": 1, "to_seq": 2**62})

    assert (backward.status_code, pointers(backward)) == (422, {"#/to_seq"})
    assert (endless.json()["code"], endless.json()["limit"]) == ("replay-too-long", 10_000)


async def test_when_a_section_is_merged_its_webhooks_hear_of_the_heir(newsroom: Newsroom, editor: Client) -> None:
    old, heir, other = [await newsroom.section(name) for name in ("Old", "Heir", "Other")]
    hook, untouched = await make(editor, sections=["/old"]), await make(editor, sections=["/other"])

    deleted = await editor.delete(f"/v1/sections/{old['id']}?move_to={heir['id']}", If_Match="*")

    assert deleted.status_code == 204
    assert made(await editor.get(f"/v1/webhooks/{hook['id']}"))["sections"] == [old["id"], heir["id"]]
    assert made(await editor.get(f"/v1/webhooks/{untouched['id']}"))["sections"] == [other["id"]]


async def test_a_section_that_only_webhooks_name_can_be_deleted(newsroom: Newsroom, editor: Client) -> None:
    section = await newsroom.section("Old")
    hook = await make(editor, sections=["/old"])

    assert (await editor.delete(f"/v1/sections/{section['id']}", If_Match="*")).status_code == 204
    assert made(await editor.get(f"/v1/webhooks/{hook['id']}"))["sections"] == [section["id"]]
