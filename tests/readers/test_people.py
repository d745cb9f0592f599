"""People get what they wrote, and have it erased: wherever it stands, however much it is, without a hole in anybody's thread."""

from typing import Any

import pytest
from sqlalchemy import select

from app.comments.models import Comment
from app.comments.people import erasing
from app.core import ids
from app.core.models import Base
from app.moderation import reporting
from app.moderation.models import Report
from app.readers.members import member_id
from app.readers.models import Member
from tests.comments.test_counters import check_against_a_recount
from tests.newsroom import Newsroom, Statements, Wire, made, names
from tests.plans import overhearing
from tests.readers.conftest import ISSUER, Club

CANARY = "xanthic"
EMAIL = "xanthic@reader.example.org"


async def letter(club: Club, body: str, parent: Wire | None = None, **headers: str) -> Wire:
    """A comment of the person by e-mail."""
    author = {"name": f"The {CANARY} one", "email": EMAIL, "url": f"https://{CANARY}.example"}
    order = {"author": author, "body": body, **({} if parent is None else {"parent": parent["id"]})}
    return made(await club.newsroom.desk.post(club.address, order, **headers))


async def reply(club: Club, parent: Wire, number: int) -> Wire:
    """A comment of somebody else."""
    order = {"author": {"name": "Another"}, "body": f"Reply number {number} to what stands above.", "parent": parent["id"]}
    return made(await club.newsroom.desk.post(club.address, order))


async def everything(newsroom: Newsroom) -> str:
    """All that stands in the database, as text."""
    async with newsroom.database.reading() as session:
        connection = await session.connection()
        rows = [row for table in Base.metadata.sorted_tables for row in (await connection.execute(select(table))).all()]
    return str(rows).lower()


async def erase(club: Club, **person: str) -> Wire:
    """The erasure, once it is carried out."""
    asked = await club.newsroom.desk.post("/v1/people/erasures", person)
    assert asked.status_code == 202, asked.text
    await erasing.carry_on(club.newsroom.database, club.newsroom.app.state.settings.signing_key)
    return made(await club.newsroom.desk.get(asked.headers["Location"]))


async def test_all_that_somebody_wrote_is_erased_and_the_thread_keeps_its_shape(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two batches; what hides it, what answers it and what was cached of it make no difference."""
    monkeypatch.setattr(erasing, "BATCH", 3)
    monkeypatch.setattr(erasing, "_ANSWERS", 2)
    desk, guest = club.newsroom.desk, club.newsroom.client(None)
    first = await letter(club, f"The {CANARY} root.", Idempotency_Key="first")
    others = [await reply(club, first, 1)]
    mine = [await letter(club, f"The {CANARY} number {number}.", others[0]) for number in range(6)]
    others.append(await reply(club, mine[0], 2))
    await desk.patch(f"/v1/comments/{mine[1]['id']}", {"body": f"Edited, {CANARY}."}, If_Match="*")
    verdict = {"reason": f"It says {CANARY}.", "code": "other", "statement": f"You said {CANARY}."}
    made(await desk.post(f"/v1/moderation/comments/{mine[2]['id']}/reject", verdict, If_Match="*", Idempotency_Key="verdict"))
    assert (await desk.delete(f"/v1/comments/{mine[3]['id']}", If_Match="*")).status_code == 204
    await guest.get(club.address)
    assert CANARY in await everything(club.newsroom)

    found = await erase(club, email=EMAIL.upper())

    assert (found["erased"], found["done_at"] is None) == (7, False)
    assert CANARY not in await everything(club.newsroom)
    page = made(await guest.get(f"{club.address}?mode=flat&sort=oldest"))["data"]
    assert names(page) == [first["id"], others[0]["id"], mine[0]["id"], others[1]["id"]]
    assert [(one["status"], one["author"], one["html"]) for one in page if one["id"] in {first["id"], mine[0]["id"]}] == [
        ("erased", None, None)
    ] * 2
    article = ids.decode("art", club.article["id"])
    assert article is not None
    assert await check_against_a_recount(club.newsroom, article) == 2
    again = await desk.post(club.address, {"author": {"name": "x"}, "body": "x"}, Idempotency_Key="first")
    assert again.status_code == 422


async def test_who_asks_again_after_the_erasure_is_told_so_and_posts_nothing(club: Club) -> None:
    order = {"author": {"name": "A reader"}, "body": f"The {CANARY} one."}
    first = made(await club.newsroom.desk.post(club.address, order, Idempotency_Key="same"))

    await erase(club, comment=first["id"])
    again = await club.newsroom.desk.post(club.address, order, Idempotency_Key="same")

    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (404, "true")
    assert CANARY not in again.text
    async with club.newsroom.database.reading() as session:
        assert len((await session.scalars(select(Comment))).all()) == 1


async def test_a_member_is_erased_with_what_they_wrote_and_nobody_else_is(club: Club) -> None:
    member, other = club.member(), club.member("u-2", name="Bo Holm")
    own = made(await member.post(club.address, {"body": "One that goes."}))
    kept = made(await other.post(club.address, {"body": "One that stays."}))

    found = await erase(club, member="u-1")

    assert found["erased"] == 1
    assert (await member.get("/v1/me/comments")).json()["data"] == []
    assert (await member.get(f"/v1/me/comments/{own['id']}")).status_code == 404
    assert (await club.newsroom.client(None).get(f"/v1/comments/{own['id']}")).status_code == 404
    assert names((await other.get("/v1/me/comments")).json()["data"]) == [kept["id"]]
    async with club.newsroom.database.reading() as session:
        assert [one.subject for one in await session.scalars(select(Member))] == ["u-2"]


async def test_what_a_member_reported_is_nobodys_and_has_no_words(club: Club) -> None:
    comment = (await letter(club, "Words."))["id"]
    notice = {"explanation": f"The {CANARY} is copied.", "law": None, "name": CANARY, "email": None, "good_faith": True}
    made(await club.member().put(f"/v1/comments/{comment}/report", {"code": "illegal", "note": CANARY, "notice": notice}))
    made(await club.member("u-2").put(f"/v1/comments/{comment}/report", {"code": "insult", "note": "Rude."}))

    await erase(club, member="u-1")

    async with club.newsroom.database.reading() as session:
        found = {row.code: row for row in await session.scalars(select(Report))}
    gone, kept = found["illegal"], found["insult"]
    assert gone.voter.startswith("gone:")
    assert (gone.note, gone.notice, gone.contact, gone.open) == (None, None, None, True)
    assert (kept.voter, kept.note) == (f"member:{member_id(ISSUER, 'u-2')}", "Rude.")


async def test_what_is_erased_stays_erased(club: Club) -> None:
    one = await letter(club, "Words.")
    await erase(club, comment=one["id"])
    desk = club.newsroom.desk

    assert (await desk.post(f"/v1/moderation/comments/{one['id']}/approve", {}, If_Match="*")).json()["code"] == "comment-deleted"
    assert (await desk.patch(f"/v1/comments/{one['id']}", {"body": "Words."}, If_Match="*")).json()["code"] == "comment-deleted"
    assert (await desk.delete(f"/v1/comments/{one['id']}", If_Match="*")).status_code == 204
    again = await erase(club, comment=one["id"])
    assert (again["erased"], again["done_at"] is None) == (0, False)


async def test_a_person_is_given_all_that_they_wrote_and_nothing_of_others(club: Club) -> None:
    mine = [await letter(club, f"The {CANARY} number {number}.") for number in range(3)]
    await reply(club, mine[0], 1)
    await club.newsroom.desk.post(f"/v1/moderation/comments/{mine[1]['id']}/reject", {}, If_Match="*")

    first = made(await club.newsroom.desk.post("/v1/people/comments?limit=2", {"email": EMAIL}))
    rest = made(
        await club.newsroom.desk.post(f"/v1/people/comments?limit=2&cursor={first['page']['next_cursor']}", {"email": EMAIL.upper()})
    )
    stolen = await club.newsroom.desk.post(f"/v1/people/comments?cursor={first['page']['next_cursor']}", {"email": "b@x.example"})

    assert names(first["data"] + rest["data"]) == [one["id"] for one in reversed(mine)]
    assert {one["url"] for one in first["data"]} == {f"https://{CANARY}.example"}
    assert [one["status"] for one in first["data"]] == ["approved", "rejected"]
    assert "@" not in str(first) + str(rest)
    assert stolen.json()["code"] == "cursor-mismatch"


async def test_a_person_is_given_what_else_is_kept_of_them_and_nothing_for_the_newsroom_alone(club: Club) -> None:
    """Page by page, one kind behind the other, and nothing of anybody else."""
    member, other, desk = club.member(), club.member("u-2"), club.newsroom.desk
    mine = [made(await member.post(club.address, {"body": f"Mine, number {number}."})) for number in range(2)]
    theirs = [made(await other.post(club.address, {"body": f"Theirs, number {number}."})) for number in range(2)]
    notice = {"explanation": "It is copied.", "law": None, "name": "Ida Holm", "email": "ida@example.org", "good_faith": True}
    for one, said in zip(theirs, ({"code": "illegal", "notice": notice}, {"code": "insult"}), strict=True):
        made(await member.put(f"/v1/comments/{one['id']}/report", said))
        made(await member.put(f"/v1/comments/{one['id']}/vote", {"vote": "down"}))
    made(await other.put(f"/v1/comments/{mine[0]['id']}/report", {"code": "spam"}))
    made(await other.put(f"/v1/comments/{mine[0]['id']}/vote", {"vote": "up"}))
    made(await desk.post(f"/v1/moderation/comments/{mine[1]['id']}/reject", {}, If_Match="*"))
    made(await member.post(f"/v1/me/comments/{mine[1]['id']}/appeal", {"text": "It is a quotation."}))
    sanction = {"kind": "premod", "statement": "Calm down.", "reason": "Him again."}
    for one in (mine[0], theirs[0]):
        made(await desk.post("/v1/moderation/sanctions", {**sanction, "comment": one["id"]}))

    found: list[Wire] = []
    query, statements = "", Statements(club.newsroom.database, club.newsroom.app.state.answers)
    while len(found) < 20:
        with statements.counted(4):
            page = made(await desk.post(f"/v1/people/records?limit=2{query}", {"member": "u-1"}))
        found += page["data"]
        if (cursor := page["page"]["next_cursor"]) is None:
            break
        query = f"&cursor={cursor}"
    statements.stop()

    assert [(one["type"], one["comment"]) for one in found[:4]] == [
        ("appeal", mine[1]["id"]), ("report", theirs[1]["id"]), ("report", theirs[0]["id"]), ("sanction", mine[0]["id"]),
    ]  # fmt: skip
    assert {(one["type"], one["comment"], one["vote"]) for one in found[4:]} == {("vote", one["id"], "down") for one in theirs}
    assert (found[0]["text"], found[0]["outcome"], found[2]["notice"]) == ("It is a quotation.", "open", notice)
    assert (found[3]["statement"], "Him again." in str(found), "actor" in found[3]) == ("Calm down.", False, False)


async def test_of_a_guest_what_was_imposed_on_them_and_said_by_them_is_given(club: Club) -> None:
    one = await letter(club, "Words.")
    await reply(club, one, 1)
    made(await club.newsroom.client(None).put(f"/v1/comments/{one['id']}/report", {"code": "insult"}))
    made(await club.newsroom.desk.post("/v1/moderation/sanctions", {"kind": "premod", "comment": one["id"], "on": ["email"]}))

    for person in ({"email": EMAIL}, {"comment": one["id"]}):
        found = made(await club.newsroom.desk.post("/v1/people/records", person))["data"]
        assert [(each["type"], each["comment"]) for each in found] == [("sanction", one["id"])]
    assert made(await club.newsroom.desk.post("/v1/people/records", {"email": "another@reader.example.org"}))["data"] == []


async def test_notices_are_given_to_whoever_sent_them_under_their_address(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others there are between."""
    monkeypatch.setattr(reporting, "_AT_ONCE", 2)
    desk, sent = club.newsroom.desk, []
    for number in range(7):
        one = await letter(club, f"Number {number}.")
        notice = {"explanation": f"Copied, {number}.", "email": EMAIL.title() if number % 3 == 0 else "b@x.example", "good_faith": True}
        made(await club.member(f"u-{number}").put(f"/v1/comments/{one['id']}/report", {"code": "illegal", "notice": notice}))
        sent += [one["id"]] if number % 3 == 0 else []

    first = made(await desk.post("/v1/people/records?limit=2", {"email": EMAIL}))
    rest = made(await desk.post(f"/v1/people/records?limit=2&cursor={first['page']['next_cursor']}", {"email": EMAIL}))

    found = [*first["data"], *rest["data"]]
    assert [(one["type"], one["comment"]) for one in found] == [("report", one) for one in reversed(sent)]
    assert {one["notice"]["email"] for one in found} == {EMAIL.title()}


async def test_notices_are_erased_for_whoever_sent_them_under_their_address(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest's, too; that something was reported stays, and so do the notices of others."""
    monkeypatch.setattr(reporting, "_AT_ONCE", 2)
    monkeypatch.setattr(erasing, "BATCH", 2)
    one, said = made(await club.member("u-9").post(club.address, {"body": "Somebody else's."})), [CANARY, "other", CANARY, CANARY]
    for number, word in enumerate(said):
        notice = {"explanation": f"The {word} notice.", "email": f"{word}@reader.example.org", "good_faith": True}
        made(await club.member(f"u-{number}").put(f"/v1/comments/{one['id']}/report", {"code": "illegal", "notice": notice}))

    await erase(club, email=EMAIL)

    assert CANARY not in await everything(club.newsroom)
    async with club.newsroom.database.reading() as session:
        left = (await session.scalars(select(Report).order_by(Report.at))).all()
    assert [(report.code, report.notice is None, report.contact is None) for report in left] == [
        ("illegal", word == CANARY, word == CANARY) for word in said
    ]


async def test_what_a_person_was_given_is_not_kept_behind_their_erasure(club: Club) -> None:
    """Nor what they said of what others wrote, for whoever asks again; by itself or in a bulk."""
    member, desk = club.member(), club.newsroom.desk
    other = made(await club.member("u-2").post(club.address, {"body": "Somebody else's."}))
    notice = {"explanation": f"The {CANARY} one was copied.", "name": "Ida Holm", "email": EMAIL, "good_faith": True}
    made(await member.put(f"/v1/comments/{other['id']}/report", {"code": "illegal", "notice": notice}))
    asking = {"method": "POST", "path": "/v1/people/records", "body": {"member": "u-1"}}
    given = made(await desk.post("/v1/people/records", {"member": "u-1"}, Idempotency_Key="given"))
    together = made(await desk.post("/v1/bulk", {"operations": [asking]}, Idempotency_Key="together"))

    await erase(club, member="u-1")

    assert (CANARY in str(given), CANARY in str(together)) == (True, True)
    assert CANARY not in await everything(club.newsroom)
    assert (await desk.post("/v1/people/records", {"member": "u-1"}, Idempotency_Key="given")).status_code == 404


@pytest.mark.parametrize("person", [{}, {"email": EMAIL, "member": "u-1"}, {"email": "x"}, {"member": ""}, {"comment": "art_1"}])
async def test_a_person_is_named_in_one_way(club: Club, person: dict[str, Any]) -> None:
    for path in ("/v1/people/comments", "/v1/people/records", "/v1/people/erasures"):
        assert (await club.newsroom.desk.post(path, person)).status_code == 422


async def test_only_who_runs_comments_may_ask(club: Club) -> None:
    moderator, unknown = await club.newsroom.key("comments:moderate", "comments:read", "comments:write"), "era_01m82536fhesjaqzv7y0v141hx"

    for client, status in ((club.newsroom.client(None), 401), (club.member(badge="Editor"), 401), (moderator, 403)):
        for path in ("/v1/people/comments", "/v1/people/records", "/v1/people/erasures"):
            assert (await client.post(path, {"email": EMAIL})).status_code == status
        assert (await client.get(f"/v1/people/erasures/{unknown}")).status_code == status
    assert (await club.newsroom.desk.get(f"/v1/people/erasures/{unknown}")).status_code == 404


async def test_answers_that_are_kept_are_looked_through_once_however_many_are_erased(club: Club) -> None:
    """There are as many as two days had requests."""
    written = [await letter(club, f"The {CANARY} letter {number}.", Idempotency_Key=f"k{number}") for number in range(3)]
    for each in written:
        asked = await club.newsroom.desk.post("/v1/people/erasures", {"comment": each["id"]})
        assert asked.status_code == 202, asked.text

    with overhearing(club.newsroom.database) as said:
        assert await erasing.carry_on(club.newsroom.database, club.newsroom.app.state.settings.signing_key) == 3

    assert len([statement for statement, _ in said if statement.startswith("SELECT idempotency_records")]) == 1
    assert CANARY not in await everything(club.newsroom)
