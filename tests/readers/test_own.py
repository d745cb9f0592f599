"""Whoever wrote a comment sees what became of it, edits it for a while, and takes it back; nobody else does."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.settings import Settings
from tests.conftest import serving
from tests.newsroom import Client, Statements, Wire, made
from tests.readers.conftest import Club

WRONG = "claim_" + "x" * 43


async def posted(club: Club, client: Client, body: str = "It was on time.", **settings: Any) -> tuple[str, Wire]:
    """Where its author finds a comment under an article with such a discussion, and the comment."""
    article = await club.newsroom.article(comments=settings) if settings else club.article
    order: Wire = {"body": body} if client.secret else {"author": {"name": "A reader"}, "body": body}
    comment = made(await client.post(f"/v1/articles/{article['id']}/comments", order))
    return f"/v1/me/comments/{comment['id']}", comment


async def test_a_guest_sees_what_became_of_a_comment_by_the_token_that_came_with_it(club: Club) -> None:
    guest = club.newsroom.client(None)
    own, comment = await posted(club, guest, moderation="pre")
    await club.newsroom.desk.post(f"/v1/moderation/comments/{comment['id']}/reject", {}, If_Match="*")

    answer = await guest.get(own, X_Claim_Token=comment["claim_token"])

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (answer.json()["status"], answer.json()["body"], answer.json()["editable_until"]) == ("rejected", "It was on time.", None)


async def test_a_comment_is_edited_within_its_time_and_not_after(club: Club) -> None:
    guest = club.newsroom.client(None)
    own, comment = await posted(club, guest)
    claim = comment["claim_token"]
    until = datetime.fromisoformat(made(await guest.get(own, X_Claim_Token=claim))["editable_until"])

    edited = made(await guest.patch(own, {"body": "It was *late*."}, X_Claim_Token=claim, If_Match='"1"'))
    stale = await guest.patch(own, {"body": "Third."}, X_Claim_Token=claim, If_Match='"1"')
    with clock.stopped_at(until):
        late = await guest.patch(own, {"body": "Fourth."}, X_Claim_Token=claim, If_Match="*")
        gone = await guest.delete(own, X_Claim_Token=claim, If_Match="*")

    assert until == datetime.fromisoformat(comment["created_at"]) + timedelta(minutes=15)
    assert (edited["html"], edited["version"], stale.status_code) == ("<p>It was <em>late</em>.</p>", 2, 412)
    assert (late.status_code, late.json()["code"], gone.status_code) == (409, "editing-over", 204)
    assert (await guest.patch(own, {"body": "Fifth."}, X_Claim_Token=claim, If_Match="*")).json()["code"] == "comment-deleted"
    assert (await guest.get(f"/v1/comments/{comment['id']}")).status_code == 404


async def test_what_an_edit_puts_in_is_looked_at_as_if_it_were_posted(club: Club) -> None:
    guest = club.newsroom.client(None)
    own, comment = await posted(club, guest)
    links = " ".join(f"[one](https://spam{number}.example)" for number in range(9))

    held = made(await guest.patch(own, {"body": links}, X_Claim_Token=comment["claim_token"], If_Match="*"))

    assert held["status"] == "pending"
    assert (await guest.get(f"/v1/comments/{comment['id']}")).status_code == 404
    tame = made(await guest.patch(own, {"body": "Nothing."}, X_Claim_Token=comment["claim_token"], If_Match="*"))
    assert tame["status"] == "pending"


async def test_an_edit_is_no_way_around_moderation_beforehand(club: Club) -> None:
    guest = club.newsroom.client(None)
    own, comment = await posted(club, guest, moderation="pre")
    await club.newsroom.desk.post(f"/v1/moderation/comments/{comment['id']}/approve", {}, If_Match="*")

    edited = made(await guest.patch(own, {"body": "Something else."}, X_Claim_Token=comment["claim_token"], If_Match="*"))

    assert edited["status"] == "pending"


async def test_the_same_words_again_change_nothing(club: Club) -> None:
    own, _ = await posted(club, club.member())
    seq = (await club.newsroom.desk.get("/v1/changes?limit=1000")).json()["next_since"]

    same = made(await club.member().patch(own, {"body": "It was on time."}, If_Match="*"))
    rehearsed = made(await club.member().patch(f"{own}?dry_run=true", {"body": "Else."}, If_Match="*"))

    assert (same["version"], rehearsed["version"]) == (1, 2)
    assert (await club.newsroom.desk.get(f"/v1/changes?since={seq}")).json()["data"] == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_nobody_else_can_though_they_know_its_id(club: Club, method: str) -> None:
    guest, member = club.newsroom.client(None), club.member()
    own_of_guest, first = await posted(club, guest)
    own_of_member, _ = await posted(club, member, "Another.")
    _, other = await posted(club, guest, "A third.")
    body = {"body": "Stolen."} if method == "PATCH" else None

    tries = [
        (guest, own_of_guest, None), (guest, own_of_guest, WRONG), (guest, own_of_guest, other["claim_token"]),
        (member, own_of_guest, None),
        (guest, own_of_member, None), (guest, own_of_member, first["claim_token"]), (club.member("u-2"), own_of_member, None),
        (club.member("u-2"), own_of_member, first["claim_token"]), (club.newsroom.desk, own_of_member, None),
        (guest, "/v1/me/comments/cmt_01m82536fhesjaqzv7y0v141hx", first["claim_token"]),
    ]  # fmt: skip
    for client, address, claim in tries:
        sent = {} if claim is None else {"X_Claim_Token": claim}
        answer = await client.request(method, address, body, **sent, **({} if method == "GET" else {"If_Match": "*"}))
        assert (answer.status_code, answer.json()["code"]) == (404, "comment-not-found"), (address, claim)
    assert (await member.get(own_of_member)).json()["body"] == "Another."


async def test_a_member_lists_what_they_wrote_whatever_became_of_it(club: Club) -> None:
    member = club.member()
    written = [(await posted(club, member, f"Number {number}."))[1]["id"] for number in range(3)]
    await posted(club, club.member("u-2"), "Of another.")
    await club.newsroom.desk.post(f"/v1/moderation/comments/{written[1]}/reject", {}, If_Match="*")

    found = await member.all_pages("/v1/me/comments?limit=2")

    assert [one["id"] for one in found] == written[::-1]
    assert [one["status"] for one in found] == ["approved", "rejected", "approved"]
    for stranger in (club.newsroom.client(None), club.newsroom.desk):
        assert (await stranger.get("/v1/me/comments")).status_code == 401


async def test_however_much_somebody_wrote_it_takes_as_few_statements(club: Club) -> None:
    member = club.member()
    own = [(await posted(club, member, f"Number {number}."))[0] for number in range(6)]
    await member.get(own[0])
    statements = Statements(club.newsroom.database, club.newsroom.app.state.answers)

    with statements.counted(2):
        made(await member.get(own[0]))
    with statements.counted(1):
        assert len(made(await member.get("/v1/me/comments"))["data"]) == 6
    statements.stop()


async def test_an_edit_is_no_longer_than_its_discussion_allows(club: Club) -> None:
    guest = club.newsroom.client(None)
    own, comment = await posted(club, guest, "Short.")
    made(await club.newsroom.desk.patch("/v1/comment-policies/site", {"max_length": 10}, If_Match="*"))
    claim = comment["claim_token"]

    long, short = [await guest.patch(own, {"body": body}, X_Claim_Token=claim, If_Match="*") for body in ("x" * 11, "x" * 10)]

    assert (long.status_code, long.json()["errors"][0]["pointer"], short.status_code) == (422, "#/body", 200)


async def test_whoever_may_not_post_under_an_email_address_may_not_edit_either(club: Club) -> None:
    guest = club.newsroom.client(None)
    troll = {"author": {"name": "A troll", "email": "troll@example.org"}, "body": "Once."}
    comment = made(await guest.post(club.address, troll))
    made(await club.newsroom.desk.post("/v1/moderation/sanctions", {"comment": comment["id"], "kind": "mute", "on": ["email"]}))

    refused = await guest.patch(f"/v1/me/comments/{comment['id']}", {"body": "Again."}, X_Claim_Token=comment["claim_token"], If_Match="*")

    assert (refused.status_code, refused.json()["code"]) == (403, "sanctioned")


async def test_an_edit_has_no_form_and_leaves_what_was_said_of_that_of_the_post(settings: Settings) -> None:
    """The address that came with a comment is still one for minutes, whatever words stand there now."""
    async with serving(settings.model_copy(update={"comment_form": "asked"})) as newsroom:
        guest, article = newsroom.client(None), await newsroom.article()
        token = made(await guest.get("/v1/comments/form"))["token"]

        async def edited(email: str) -> tuple[Wire, set[str]]:
            order = {"author": {"name": "A reader", "email": email}, "body": f"From {email}.", "form": {"token": token}}
            comment = made(await guest.post(f"/v1/articles/{article['id']}/comments", order))
            own = f"/v1/me/comments/{comment['id']}"
            after = made(await guest.patch(own, {"body": f"Of {email}."}, X_Claim_Token=comment["claim_token"], If_Match="*"))
            said = made(await newsroom.desk.get(f"/v1/moderation/comments/{comment['id']}/signals"))["data"]
            return after, {signal["check"] for signal in said}

        with clock.stopped_at(clock.now() + timedelta(seconds=5)):
            sound, disposable = await edited("reader@example.org"), await edited("reader@mailinator.com")

    assert (sound[0]["status"], sound[1]) == ("approved", set())
    assert (disposable[0]["status"], disposable[1]) == ("pending", {"email"})
