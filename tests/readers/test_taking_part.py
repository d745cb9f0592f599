"""Members do by their token what guests do by a claim token: they report, are told of decisions, appeal; and are sanctioned as members."""

from datetime import timedelta
from typing import Any

from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Client, Wire, made
from tests.readers.conftest import Club


async def posted(club: Club, client: Client, body: str = "It was on time.") -> Wire:
    return made(await client.post(club.address, {"body": body}))


async def impose(club: Club, comment: Wire, kind: str, **more: Any) -> Wire:
    return made(await club.newsroom.desk.post("/v1/moderation/sanctions", {"comment": comment["id"], "kind": kind, **more}))


async def test_a_member_is_told_who_they_are(club: Club) -> None:
    reader = made(await club.member().get("/v1/me/member"))
    staff = await club.member("u-2", name=None, badge="Reporter").get("/v1/me/member")

    assert reader == {"kind": "member", "name": "Ida Holm", "badge": None, "sanction": None}
    assert staff.json() == {"kind": "staff", "name": None, "badge": "Reporter", "sanction": None}
    assert staff.headers["Cache-Control"] == "private, no-store"
    for stranger in (club.newsroom.client(None), club.newsroom.desk, club.newsroom.client("eyJ.eyJ.x")):
        assert (await stranger.get("/v1/me/member")).status_code == 401


async def test_a_member_reports_once_from_wherever_they_are_and_beside_others(club: Club) -> None:
    comment = await posted(club, club.member("u-2"))
    address = f"/v1/comments/{comment['id']}/report"

    made(await club.member().put(address, {"code": "insult"}))
    made(await club.member(jti="renewed").put(address, {"code": "hate"}))
    made(await club.newsroom.client(None).put(address, {"code": "spam"}))

    (waiting,) = made(await club.newsroom.desk.get("/v1/moderation/comments?reported=true"))["data"]
    assert waiting["reports"] == {"open": 2, "codes": {"hate": 1, "spam": 1}}
    received = made(await club.newsroom.desk.get(f"/v1/moderation/comments/{comment['id']}/reports"))["data"]
    assert sorted(one["by"] for one in received) == ["guest", "member"]
    assert (await club.member().delete(address)).status_code == 204
    (left,) = made(await club.newsroom.desk.get("/v1/moderation/comments?reported=true"))["data"]
    assert left["reports"] == {"open": 1, "codes": {"spam": 1}}


async def test_a_member_is_told_of_a_decision_and_appeals_once_and_nobody_else_does(club: Club) -> None:
    comment = await posted(club, club.member())
    own, desk = f"/v1/me/comments/{comment['id']}", club.newsroom.desk
    verdict = {"code": "insult", "statement": "It insults.", "reason": "Not again."}
    made(await desk.post(f"/v1/moderation/comments/{comment['id']}/reject", verdict, If_Match="*"))

    told = await club.member().get(f"{own}/decision")
    for other in (club.member("u-2"), club.newsroom.client(None), desk):
        assert (await other.get(f"{own}/decision")).status_code == 404
        assert (await other.post(f"{own}/appeal", {"text": "It is mine."})).status_code == 404
    first = await club.member().post(f"{own}/appeal", {"text": "It does not."})
    again = await club.member().post(f"{own}/appeal", {"text": "Really not."})
    made(await desk.post(f"/v1/moderation/appeals/{comment['id']}/decide", {"outcome": "overturned"}))

    assert "It insults." in told.text
    assert "Not again." not in told.text
    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "appeal-made")
    assert (await club.newsroom.client(None).get(f"/v1/comments/{comment['id']}")).json()["status"] == "approved"


async def test_a_sanction_on_a_member_is_theirs_wherever_they_come_from_and_their_neighbours_are_free(club: Club) -> None:
    comment, other = await posted(club, club.member()), await posted(club, club.member("u-2"), "Another.")
    until = wire_instant(clock.now() + timedelta(days=1))

    sanction = await impose(club, comment, "suspend", until=until, code="insult", statement="Enough.")

    assert sanction["on"] == ["member"]
    for refused in (
        await club.member(name="Another Name").post(club.address, {"body": "Again."}),
        await club.member().put(f"/v1/comments/{other['id']}/vote", {"vote": "up"}),
        await club.member().put(f"/v1/comments/{other['id']}/report", {"code": "spam"}),
    ):
        assert (refused.status_code, refused.json()["code"], refused.json()["until"]) == (403, "sanctioned", until)
    told = made(await club.member().get("/v1/me/member"))["sanction"]
    assert told == {"kind": "suspend", "reason_code": "insult", "statement": "Enough.", "until": until}
    for free in (club.member("u-2"), club.newsroom.client(None)):
        assert (await free.put(f"/v1/comments/{comment['id']}/vote", {"vote": "up"})).status_code == 200
    with clock.stopped_at(clock.now() + timedelta(days=2)):
        assert made(await club.member().get("/v1/me/member"))["sanction"] is None


async def test_that_comments_of_theirs_wait_is_not_said_to_a_member(club: Club) -> None:
    comment = await posted(club, club.member())

    await impose(club, comment, "premod")

    assert made(await club.member().get("/v1/me/member"))["sanction"] is None
    assert (await club.member().post(club.address, {"body": "Something new."})).status_code == 202


async def test_a_member_has_no_vote_about_what_they_wrote(club: Club) -> None:
    comment = await posted(club, club.member())
    address = f"/v1/comments/{comment['id']}/vote"

    own = await club.member(jti="renewed").put(address, {"vote": "up"})
    other = await club.member("u-2").put(address, {"vote": "up"})

    assert (own.status_code, own.json()["code"], own.json()["reason"]) == (409, "vote-refused", "own")
    assert other.json()["votes"] == {"up": 1, "down": 0}


async def test_nothing_of_a_member_is_opened_by_another_or_by_whoever_has_no_name(club: Club) -> None:
    """Not even by the claim token of another comment, nor by a key of the newsroom that is no moderator's."""
    held = made(await club.newsroom.desk.patch(f"/v1/articles/{club.article['id']}", {"comments": {"moderation": "pre"}}, If_Match="*"))
    assert held["comments"]["status"] == "open"
    mine = await posted(club, club.member())
    guests = made(await club.newsroom.client(None).post(club.address, {"author": {"name": "A guest"}, "body": "Mine is another."}))
    own, claim = f"/v1/me/comments/{mine['id']}", {"X_Claim_Token": guests["claim_token"]}
    strangers = [
        (club.member("u-2"), {}), (club.member("u-2"), claim), (club.newsroom.client(None), {}), (club.newsroom.client(None), claim),
        (await club.newsroom.key("comments:write"), {}), (await club.newsroom.key("comments:write"), claim),
    ]  # fmt: skip

    for client, token in strangers:
        asked = [
            await client.get(own, **token), await client.patch(own, {"body": "Theirs now."}, If_Match="*", **token),
            await client.delete(own, If_Match="*", **token), await client.get(f"{own}/decision", **token),
            await client.post(f"{own}/appeal", {"text": "No."}, **token), await client.get(f"/v1/comments/{mine['id']}", **token),
        ]  # fmt: skip
        assert {answer.status_code for answer in asked} <= {401, 403, 404}, [answer.status_code for answer in asked]
        listed = await client.get("/v1/me/comments", **token)
        assert listed.status_code in {200, 401}
        assert mine["id"] not in listed.text
    for other in (club.member("u-2"), club.member()):
        assert (await other.get(f"/v1/me/comments/{guests['id']}")).status_code == 404, "A token of the provider opens no guest's comment."
    assert made(await club.member().get(own))["html"] == mine["html"]
