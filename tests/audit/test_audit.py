"""The audit tells whoever may see it who did what, when, to what and through which request; never a secret, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite

from app.audit.queries import Sought, list_entries
from app.core import clock, ids
from app.core.schemas import wire_instant
from app.events.models import Event
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names
from tests.plans import a_long_log, overhearing, plans_of

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def auditor(newsroom: Newsroom) -> Client:
    """Somebody who may look into what was done, and do nothing."""
    return await newsroom.key("audit:read")


async def asked(auditor: Client, query: str = "") -> list[Wire]:
    entries: list[Wire] = made(await auditor.get(f"/v1/audit?limit=100&{query}"))["data"]
    return entries


async def test_who_did_what_to_what_through_which_request(newsroom: Newsroom, auditor: Client) -> None:
    reporter = await newsroom.key("articles:read", "articles:write")
    draft = made(await reporter.request("POST", "/v1/articles", {"headline": "One"}, X_Request_ID="req-night-shift"))
    await newsroom.publish(draft)
    who = made(await reporter.get("/v1/me"))["key"]

    by_object = await asked(auditor, f"object={draft['id']}")
    by_actor = await asked(auditor, f"actor={who['id']}")

    assert names(by_object, "type") == ["article.published", "article.created"]
    assert by_actor == [by_object[1]] == await asked(auditor, "request_id=req-night-shift")
    entry = by_actor[0]
    assert entry["actor"] == {"kind": "key", "id": who["id"], "name": who["name"]}
    assert (entry["object"]["id"], entry["object"]["version"], entry["request_id"]) == (draft["id"], 1, "req-night-shift")
    assert "headline" in entry["changed"]
    assert (entry["known_to"], by_object[0]["known_to"]) == ("articles:read", None)


async def test_filters_combine_and_unknown_ones_are_named(newsroom: Newsroom, auditor: Client) -> None:
    with clock.stopped_at(T):
        article = await newsroom.article()
    with clock.stopped_at(T + HOUR):
        await newsroom.edit(article, headline="Another")
    with clock.stopped_at(T + 2 * HOUR):
        await newsroom.tag()

    assert names(await asked(auditor, f"types=article.*&at[gte]={wire_instant(T + HOUR)}"), "type") == ["article.updated"]
    period = f"at[gte]={wire_instant(T)}&at[lt]={wire_instant(T + 2 * HOUR)}"
    assert names(await asked(auditor, period), "type") == ["article.updated", "article.published", "article.created"]
    assert names(await asked(auditor, f"at[gte]={wire_instant(T + HOUR)}&types=tag.created,key.*"), "type") == ["tag.created"]
    for query, name in (("types=article.publish", "types"), (f"object={ids.encode('xyz', ids.EXAMPLE)}", "object")):
        answer = await auditor.get(f"/v1/audit?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, name)


async def test_pages_go_on_where_they_stopped_while_more_happens(newsroom: Newsroom, auditor: Client) -> None:
    for _ in range(7):
        await newsroom.draft()
    before = names(await asked(auditor), "seq")
    first = made(await auditor.get("/v1/audit?limit=3"))
    await newsroom.draft()

    second = made(await auditor.get(f"/v1/audit?limit=3&cursor={first['page']['next_cursor']}"))

    assert names(first["data"] + second["data"], "seq") == before[:6] == sorted(before, reverse=True)[:6]
    other = await auditor.get(f"/v1/audit?limit=3&types=tag.*&cursor={first['page']['next_cursor']}")
    assert other.json()["code"] == "cursor-mismatch"


async def test_the_reason_of_a_take_down_is_for_the_audit_alone(newsroom: Newsroom, auditor: Client, reader: Client) -> None:
    article, note = await newsroom.article(), "Her lawyer has called."
    order = {"reason": "legal", "note": note}
    made(await newsroom.desk.post(f"/v1/articles/{article['id']}/takedown", order, If_Match="*"))
    made(await newsroom.desk.post(f"/v1/articles/{article['id']}/restore", {}, If_Match="*"))

    (entry,) = await asked(auditor, "types=article.taken_down")

    assert entry["details"] == {"reason": "legal", "note": note}
    for client in (reader, newsroom.desk):
        assert note not in (await client.get("/v1/changes?limit=1000&include=record")).text


async def test_it_is_private_and_holds_no_secret(newsroom: Newsroom, auditor: Client, reader: Client) -> None:
    key = made(await newsroom.desk.post("/v1/keys", {"name": "wire", "scopes": ["articles:read"]}))
    hook = made(await newsroom.desk.post("/v1/webhooks", {"name": "front end", "url": "https://front.example.org/in"}))

    answer = await auditor.get("/v1/audit?limit=100")

    assert {"key.created", "webhook.created"} <= set(names(answer.json()["data"], "type"))
    assert answer.headers["cache-control"] == "private, no-store"
    assert "cache-tag" not in answer.headers
    for secret in (key["secret"], hook["secret"], "digest", "snapshot"):
        assert secret not in answer.text
    assert (await reader.get("/v1/audit")).status_code == 401
    assert (await (await newsroom.key("articles:read", "keys:admin")).get("/v1/audit")).status_code == 403
    assert (await auditor.get("/v1/articles?view=draft")).status_code == 403


async def test_a_page_is_one_statement_however_long(newsroom: Newsroom, auditor: Client, statements: Statements) -> None:
    for _ in range(12):
        await newsroom.draft()
    await asked(auditor)

    for limit in (1, 100):
        with statements.counted(1):
            answer = await auditor.get(f"/v1/audit?limit={limit}&types=article.*")
        assert len(answer.json()["data"]) == min(limit, 12)


async def test_each_filter_walks_an_index_from_the_newest_on(newsroom: Newsroom) -> None:
    """On PostgreSQL a table this small is read whole, whatever the index; that they are there is what can be asked."""
    wanted = {
        "ix_events_actor_id_seq": Sought(actor=ids.EXAMPLE), "ix_events_object_id_version": Sought(object_id=ids.EXAMPLE),
        "ix_events_request_id": Sought(request="worker"), "ix_events_at": Sought(since=T),
    }  # fmt: skip
    async with newsroom.database.reading() as session:
        if newsroom.database.dialect == "postgresql":
            known = set(await session.scalars(text("SELECT indexname FROM pg_indexes WHERE tablename = 'events'")))
            assert set(wanted) <= known
            return
        for name, sought in wanted.items():
            await list_entries(session, sought, None, 1)
            statement = select(Event.seq).where(*sought.conditions()).order_by(Event.seq.desc()).limit(20)
            written = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
            plan = "\n".join(row.detail for row in await session.execute(text(f"EXPLAIN QUERY PLAN {written}")))
            assert name in plan, plan


@pytest.mark.parametrize(
    ("sought", "index", "walks"),
    [
        (Sought(types=["comment.created", "key.revoked"]), "ix_events_type_seq", 2),
        (Sought(types=["comment.created"], actor=ids.EXAMPLE), "ix_events_type_seq", 1),
        (Sought(actor=ids.EXAMPLE), "ix_events_actor_id_seq", 1),
    ],
)
async def test_what_is_rare_is_not_looked_for_through_the_whole_log(newsroom: Newsroom, sought: Sought, index: str, walks: int) -> None:
    """PostgreSQL takes the log for the nearest way to what it takes for frequent; and without values it takes all for as frequent."""
    await a_long_log(newsroom.database, actor_id=ids.EXAMPLE)

    for position in (None, [10**6]):
        with overhearing(newsroom.database) as said:
            async with newsroom.database.reading() as session:
                await list_entries(session, sought, position, 21)
        (plan,) = await plans_of(newsroom.database, said, without=["enable_seqscan"])

        assert plan.count(index) == walks, plan
        assert "Scan Backward using pk_events" not in plan, plan
