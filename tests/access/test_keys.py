"""Keys: who may make them, what they open, and that the database gives none away."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, event, inspect, text

from app.access import actions, queries
from app.access.models import Key
from app.access.scopes import SCOPES
from app.access.secrets import is_well_formed, new_secret
from app.core import clock, ids, revisions
from app.core.database import LOCK_SECONDS
from app.core.settings import Settings
from app.events.models import SYSTEM
from tests.conftest import serving
from tests.newsroom import Client, Newsroom, Wire, made, names, pointers


async def make(client: Client, *scopes: str, **fields: Any) -> Wire:
    return made(await client.post("/v1/keys", {"name": "wire import", "scopes": list(scopes), **fields}))


def test_a_new_key_has_a_checksum_and_a_mistyped_one_is_told_by_it() -> None:
    secret = new_secret()

    assert is_well_formed(secret)
    for place in range(len(secret)):
        mistyped = secret[:place] + ("x" if secret[place] != "x" else "y") + secret[place + 1 :]
        assert not is_well_formed(mistyped), place
    assert not is_well_formed(secret + "0")
    assert not is_well_formed(secret[:-1])
    assert new_secret() != secret


async def test_a_key_that_does_not_open_says_why(newsroom: Newsroom, editor: Client) -> None:
    expired = await make(editor, "articles:read", expires_at="2020-01-01T00:00:00Z")
    revoked = await make(editor, "articles:read")
    await editor.delete(f"/v1/keys/{revoked['id']}")
    secrets = {
        "mistyped": newsroom.secret[:-1] + ("a" if newsroom.secret[-1] != "a" else "b"), "unknown": new_secret(),
        "expired": expired["secret"], "revoked": revoked["secret"],
    }  # fmt: skip

    for reason, secret in secrets.items():
        for path in ("/v1/me", "/v1/articles", "/v1/changes"):
            answer = await newsroom.client(secret).get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), (reason, path)
            assert answer.headers["www-authenticate"] == 'Bearer realm="dateline"'
            assert answer.headers["cache-control"] == "no-store"
            assert reason in answer.json()["detail"]
            assert secret not in answer.text


async def test_who_sends_no_key_is_told_which_it_takes(reader: Client) -> None:
    refused = [
        await reader.post("/v1/articles", {"headline": "Talks"}),
        await reader.get("/v1/articles?view=draft"),
        await reader.get("/v1/me"),
    ]

    assert ["key with articles:write" in refused[0].json()["detail"], "key with articles:read" in refused[1].json()["detail"]] == [
        True,
        True,
    ]
    assert all("`Authorization: Bearer dl_…`" in answer.json()["detail"] for answer in refused)


async def test_a_key_stops_at_the_moment_it_expires(newsroom: Newsroom, editor: Client) -> None:
    end = clock.now() + timedelta(hours=1)
    client = newsroom.client((await make(editor, "articles:read", expires_at=end.isoformat()))["secret"])

    with clock.stopped_at(end - timedelta(seconds=1)):
        before = await client.get("/v1/me")
    with clock.stopped_at(end):
        after = await client.get("/v1/me")

    assert (before.status_code, after.status_code) == (200, 401)


async def test_what_needs_a_key_is_refused_without_one(reader: Client) -> None:
    for method, path in (("POST", "/v1/sections"), ("GET", "/v1/me"), ("GET", "/v1/keys"), ("DELETE", "/v1/tags/railways")):
        answer = await reader.request(method, path, {} if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), path
        assert "www-authenticate" in answer.headers


async def test_a_missing_scope_is_named(newsroom: Newsroom) -> None:
    client = await newsroom.key("articles:read", "comments:write")

    for method, path, body, scope in (
        ("POST", "/v1/sections", {"name": "World"}, "sections:write"), ("POST", "/v1/tags", {"name": "Rail"}, "taxonomy:write"),
        ("POST", "/v1/articles", {"headline": "Hello"}, "articles:write"), ("GET", "/v1/keys", None, "keys:admin"),
        ("POST", "/v1/articles/hello/publish", {}, "articles:publish"), ("DELETE", "/v1/authors/ana", None, "taxonomy:write"),
    ):  # fmt: skip
        answer = await client.request(method, path, body)
        assert (answer.status_code, answer.json()["code"], answer.json()["scope"]) == (403, "forbidden", scope)


async def test_permission_is_asked_before_the_body_and_before_existence(newsroom: Newsroom, reader: Client) -> None:
    """Who may not write learns nothing: neither what a right body would be, nor what is there."""
    tag, client = await newsroom.tag(), await newsroom.key("articles:read")

    for path in (f"/v1/tags/{tag['id']}", "/v1/tags/nothing"):
        assert (await reader.patch(path, {"name": 7})).status_code == 401
        assert (await client.patch(path, {"name": 7})).status_code == 403


async def test_nobody_grants_a_scope_that_they_lack(newsroom: Newsroom) -> None:
    office = await newsroom.key("keys:admin", "articles:read")

    own = await office.post("/v1/keys", {"name": "helper", "scopes": ["articles:read"]})
    more = await office.post("/v1/keys", {"name": "helper", "scopes": ["articles:read", "articles:write"]})
    everything = await office.post("/v1/keys", {"name": "helper", "scopes": ["*"]})

    assert own.status_code == 201
    assert (more.status_code, more.json()["scope"]) == (403, "articles:write")
    assert (everything.status_code, everything.json()["scope"]) == (403, "*")
    assert len((await office.get("/v1/keys")).json()["data"]) == 3


async def test_only_known_scopes_are_granted(editor: Client) -> None:
    answer = await editor.post("/v1/keys", {"name": "helper", "scopes": ["articles:read", "articles:reed"]})
    none = await editor.post("/v1/keys", {"name": "helper", "scopes": []})

    assert (answer.status_code, pointers(answer)) == (422, {"#/scopes"})
    assert "articles:reed" in answer.text
    assert (none.status_code, pointers(none)) == (422, {"#/scopes"})


async def test_a_known_key_is_not_looked_up_again_until_something_happens_to_keys(
    newsroom: Newsroom, settings: Settings, editor: Client
) -> None:
    seen = list[str]()
    newsroom.database.lookups.listeners.append(seen.append)
    key = await make(editor, "articles:read")
    async with serving(settings) as other:
        here, there = newsroom.client(key["secret"]), other.client(key["secret"])
        looked_up = list[int]()
        for client in (here, there, here, here, here):  # A machine that stalls may not hear of the log for a moment, and asks meanwhile.
            seen.clear()
            assert (await client.get("/v1/me")).status_code == 200
            looked_up += [sum("FROM keys" in statement for statement in seen)] if client is here else []

        await editor.delete(f"/v1/keys/{key['id']}")
        refused = (await here.get("/v1/me")).status_code
        began = time.monotonic()
        while (await there.get("/v1/me")).status_code == 200:
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.01)

    assert looked_up[0] > 0
    assert (min(looked_up), refused) == (0, 401)


async def test_a_key_is_made_listed_and_revoked(newsroom: Newsroom, editor: Client) -> None:
    answer = await editor.post("/v1/keys", {"name": "wire import", "scopes": ["articles:write", "articles:read", "articles:read"]})
    key = answer.json()
    client = newsroom.client(key["secret"])

    assert answer.headers["location"] == f"/v1/keys/{key['id']}"
    assert answer.headers["cache-control"] == "private, no-store"
    assert key["scopes"] == ["articles:read", "articles:write"]
    assert key["secret"].startswith(key["hint"])
    assert len(key["hint"]) < len(key["secret"]) / 4
    assert (await client.get("/v1/me")).json()["key"]["id"] == key["id"]

    listed = {one["id"]: one for one in (await editor.get("/v1/keys")).json()["data"]}
    assert "secret" not in listed[key["id"]]
    assert (await editor.get(f"/v1/keys/{key['id']}")).json() == {**listed[key["id"]], "last_used_at": listed[key["id"]]["last_used_at"]}

    for _ in range(2):
        assert (await editor.delete(f"/v1/keys/{key['id']}")).status_code == 204
    assert (await client.get("/v1/me")).status_code == 401
    assert (await editor.get(f"/v1/keys/{key['id']}")).json()["revoked_at"] is not None
    kinds = [change["type"] for change in (await editor.get("/v1/changes")).json()["data"] if change["object"]["id"] == key["id"]]
    assert kinds == ["key.created", "key.revoked"]


async def test_a_key_that_is_not_there_is_not_found(editor: Client) -> None:
    unknown = "key_01m82536fhesjaqzv7y0v141hx"

    assert (await editor.get(f"/v1/keys/{unknown}")).json()["code"] == "not-found"
    assert (await editor.delete(f"/v1/keys/{unknown}")).json()["code"] == "not-found"


async def test_me_tells_what_the_key_allows(newsroom: Newsroom, editor: Client) -> None:
    limited = await newsroom.key("articles:read", "comments:write")

    assert (await limited.get("/v1/me")).json()["scopes"] == ["articles:read", "comments:write"]
    everything = (await editor.get("/v1/me")).json()
    assert (everything["scopes"], everything["key"]["scopes"]) == (sorted(SCOPES), ["*"])


async def test_a_repeated_create_makes_one_key_and_keeps_its_secret_to_itself(editor: Client) -> None:
    order = {"name": "wire import", "scopes": ["articles:read"]}

    first = await editor.post("/v1/keys", order, Idempotency_Key="make-once")
    second = await editor.post("/v1/keys", order, Idempotency_Key='"make-once"')

    assert first.json()["secret"] is not None
    assert "idempotent-replayed" not in first.headers
    assert (second.status_code, second.headers["idempotent-replayed"]) == (201, "true")
    assert second.json() == {**first.json(), "secret": None}
    assert names((await editor.get("/v1/keys")).json()["data"], "name").count("wire import") == 1


async def test_no_table_holds_the_text_of_a_key(newsroom: Newsroom, editor: Client, database_url: str) -> None:
    secrets = [newsroom.secret, (await make(editor, "*"))["secret"]]
    answer = await editor.post("/v1/keys", {"name": "twice", "scopes": ["keys:admin"]}, Idempotency_Key="make-once")
    secrets.append(answer.json()["secret"])
    client = newsroom.client(secrets[-1])
    await client.post("/v1/keys", {"name": "third", "scopes": ["keys:admin"]}, Idempotency_Key="another")

    engine = create_engine(revisions.sync_url(database_url))
    with engine.connect() as connection:
        tables = inspect(engine).get_table_names()
        dump = "\n".join(str(tuple(row)) for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"')))  # noqa: S608
    engine.dispose()

    assert "idempotency_records" in tables
    assert "wire import" in dump  # The dump is whole: what may be there is there.
    for secret in secrets:
        assert secret[12:30] not in dump


async def last_use(editor: Client, key: Wire) -> str | None:
    found: str | None = (await editor.get(f"/v1/keys/{key['id']}")).json()["last_used_at"]
    return found


async def test_last_use_is_noted_at_most_once_a_minute(newsroom: Newsroom, editor: Client) -> None:
    key = await make(editor, "articles:read")
    client = newsroom.client(key["secret"])
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        written.extend([statement] if statement.startswith("UPDATE keys") else [])

    assert await last_use(editor, key) is None
    began = clock.now()
    event.listen(newsroom.database.engine.sync_engine, "before_cursor_execute", note)
    try:
        for seconds in (0, 1, 30, 59, 61, 62):
            with clock.stopped_at(began + timedelta(seconds=seconds)):
                await client.get("/v1/me")
    finally:
        event.remove(newsroom.database.engine.sync_engine, "before_cursor_execute", note)

    assert len(written) == 2
    assert await last_use(editor, key) == (began + timedelta(seconds=61)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("holder", ["the key", "somebody else's rows"])
async def test_noting_the_last_use_waits_for_nobody(newsroom: Newsroom, editor: Client, holder: str, dialect: str) -> None:
    key = await make(editor, "articles:read")
    client = newsroom.client(key["secret"])
    await editor.get("/v1/me")

    async with newsroom.database.writing() as session:
        table = "keys" if holder == "the key" else "log_head"
        await session.execute(text(f"UPDATE {table} SET id = id"))  # noqa: S608
        async with asyncio.timeout(LOCK_SECONDS):  # Who waits for a lock waits so long.
            answers = await asyncio.gather(*(client.get("/v1/me") for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    noted = await last_use(editor, key)
    assert (noted is None) == (dialect == "sqlite" or holder == "the key")
    await client.get("/v1/me")
    assert await last_use(editor, key) is not None


async def test_the_command_and_the_service_make_the_same_keys(newsroom: Newsroom) -> None:
    async with newsroom.database.writing() as session:
        key, secret = await actions.create_key(session, name="by command", scopes=["keys:admin"], by=SYSTEM)
    async with newsroom.database.reading() as reading:
        kept = await reading.get(Key, key.id)

    assert kept is not None
    assert secret not in str(vars(kept))
    assert (await newsroom.client(secret).get("/v1/keys")).status_code == 200


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_of_two_who_revoke_a_key_at_once_one_does(newsroom: Newsroom) -> None:
    key = ids.decode("key", made(await newsroom.desk.post("/v1/keys", {"name": "x", "scopes": ["articles:read"]}))["id"])
    assert key is not None
    both_found = asyncio.Barrier(2)

    async def revoke() -> None:
        async with newsroom.database.writing() as session:
            found = await queries.get_key(session, key)
            await both_found.wait()
            await actions.revoke_key(session, found, by=SYSTEM)

    await asyncio.gather(revoke(), revoke())

    assert len((await newsroom.desk.get("/v1/changes?types=key.revoked")).json()["data"]) == 1
