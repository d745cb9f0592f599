"""Members take part by their token, guests by nothing but what they send; neither by what they say of themselves."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.comments.models import Comment
from app.core.settings import Settings
from app.readers.models import Member
from tests.conftest import serving
from tests.newsroom import Newsroom, made, pointers
from tests.readers.conftest import Club, claims, part, token, with_members

LETTER = {"author": {"name": "A reader", "email": "Canary@Reader.example.org"}, "body": "Well said."}


async def rows(newsroom: Newsroom) -> list[Comment]:
    async with newsroom.database.reading() as session:
        return list((await session.scalars(select(Comment).order_by(Comment.id))).all())


async def test_a_member_signs_with_the_name_in_the_token(club: Club) -> None:
    answer = await club.member().post(club.address, {"body": "Well said."})

    assert answer.status_code == 201
    comment = answer.json()
    assert comment["author"] == {"name": "Ida Holm", "kind": "member", "badge": None}
    assert comment["claim_token"] is None
    (row,) = await rows(club.newsroom)
    async with club.newsroom.database.reading() as session:
        (member,) = (await session.scalars(select(Member))).all()
    assert (row.member_id, row.claim_digest, member.subject, member.name) == (member.id, None, "u-1", "Ida Holm")


async def test_staff_have_a_badge_and_a_change_of_it_is_noted(club: Club) -> None:
    first = made(await club.member(badge="Reporter").post(club.address, {"body": "Well said."}))
    second = made(await club.member(badge="Editor").post(club.address, {"body": "Well said again."}))

    assert first["author"] == {"name": "Ida Holm", "kind": "staff", "badge": "Reporter"}
    assert second["author"]["badge"] == "Editor"
    shown = made(await club.newsroom.client(None).get(f"/v1/comments/{first['id']}"))
    assert shown["author"]["badge"] == "Reporter"
    async with club.newsroom.database.reading() as session:
        (member,) = (await session.scalars(select(Member))).all()
    assert (member.kind, member.badge) == ("staff", "Editor")


async def test_a_member_is_named_by_the_token_alone(club: Club) -> None:
    renamed = await club.member().post(club.address, LETTER)
    nameless = await club.member(name=None).post(club.address, {"body": "Well said."})
    called = made(await club.member(name=None).post(club.address, LETTER))

    assert (renamed.status_code, pointers(renamed)) == (422, {"#/author"})
    assert (nameless.status_code, pointers(nameless)) == (422, {"#/author"})
    assert "your token holds no name" in nameless.json()["errors"][0]["detail"]
    assert called["author"] == {"name": "A reader", "kind": "member", "badge": None}


async def test_a_guest_needs_a_name(club: Club) -> None:
    answer = await club.newsroom.client(None).post(club.address, {"body": "Well said."})

    assert (answer.status_code, pointers(answer)) == (422, {"#/author"})


@pytest.mark.parametrize(
    "secret",
    [f"{part({'alg': 'none'})}.{part(claims())}.", f"{part({'alg': []})}.e30.x", "eyJ.eyJ.x", "mistyped", "dl_" + "x" * 46],
)
async def test_a_claim_that_is_not_proved_is_refused_and_not_taken_for_a_guests(club: Club, secret: str) -> None:
    answer = await club.newsroom.client(secret).post(club.address, LETTER)

    assert answer.status_code == 401
    assert await rows(club.newsroom) == []


async def test_where_there_are_no_members_a_token_is_refused_as_such(newsroom: Newsroom) -> None:
    article = await newsroom.article()

    answer = await newsroom.client(token()).post(f"/v1/articles/{article['id']}/comments", {"body": "Well said."})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert "DATELINE_MEMBER_ISSUER" in answer.json()["detail"]


async def test_a_member_is_no_key_elsewhere(club: Club) -> None:
    for path in ("/v1/keys", "/v1/moderation/comments", f"/v1/articles/{club.article['id']}?view=draft"):
        answer = await club.member().get(path)
        assert (answer.status_code, answer.json()["detail"]) == (401, "It is no key: keys begin with dl_.")


async def test_a_member_sees_their_own_held_comment_and_nobody_elses(club: Club) -> None:
    held = await club.newsroom.article(comments={"moderation": "pre"})
    posted = await club.member().post(f"/v1/articles/{held['id']}/comments", {"body": "Well said."})
    address = posted.headers["Location"]

    assert posted.status_code == 202
    assert (await club.member().get(address)).json()["status"] == "pending"
    assert (await club.member("u-2").get(address)).status_code == 404
    assert (await club.newsroom.client(None).get(address, X_Claim_Token="claim_" + "x" * 43)).status_code == 404


async def test_a_retry_is_the_same_request_though_the_token_was_renewed(club: Club) -> None:
    first = await club.member().post(club.address, {"body": "Once."}, Idempotency_Key="one")
    again = await club.member(jti="renewed").post(club.address, {"body": "Once."}, Idempotency_Key="one")
    other = await club.member("u-2").post(club.address, {"body": "Once."}, Idempotency_Key="one")

    assert again.json() == first.json()
    assert other.json()["id"] != first.json()["id"]


async def test_no_address_and_no_email_is_stored_in_plain(club: Club) -> None:
    made(await club.newsroom.client(None).post(club.address, LETTER))
    made(await club.newsroom.client(None).post(club.address, {**LETTER, "author": {"name": "B", "email": "canary@reader.EXAMPLE.org"}}))
    made(await club.newsroom.desk.post(club.address, LETTER))

    first, second, by_key = await rows(club.newsroom)
    assert first.author_email is None
    assert first.email_digest == second.email_digest == by_key.email_digest
    assert first.address_digest is not None
    assert first.address_digest == second.address_digest
    assert (by_key.address_digest, by_key.network_digest) == (None, None)
    async with club.newsroom.database.reading() as session:
        connection = await session.connection()
        stored = str((await connection.exec_driver_sql("SELECT * FROM comments")).mappings().all()).lower()
    assert "127.0.0.1" not in stored
    assert "canary" not in stored


async def test_without_the_issuers_keys_members_wait_and_guests_do_not(settings: Settings, tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    prepared = with_members(settings, keys)
    keys.unlink()
    async with serving(prepared) as newsroom:
        address = f"/v1/articles/{(await newsroom.article())['id']}/comments"

        member = await newsroom.client(token()).post(address, {"body": "Well said."})
        guest = await newsroom.client(None).post(address, LETTER)

        assert (member.status_code, member.json()["code"]) == (503, "members-unavailable")
        assert guest.status_code == 201


@pytest.mark.parametrize(
    "said",
    [
        {"member_audience": ""},
        {"member_keys": ""},
        {"member_algorithms": ["HS256"]},
        {"member_algorithms": ["HS256", "RS256"], "member_secret": "x" * 40},
        {"member_algorithms": ["HS256"], "member_secret": "x" * 31, "member_keys": ""},
        {"member_algorithms": ["none"]},
        {"member_algorithms": []},
    ],
)
def test_settings_by_which_anybody_could_be_a_member_are_refused(said: dict[str, Any]) -> None:
    sound: dict[str, Any] = {"member_issuer": "https://x.example", "member_audience": "comments", "member_keys": "keys.json"}

    Settings(_env_file=None, **sound)
    with pytest.raises(ValueError, match="member"):
        Settings(_env_file=None, **{**sound, **said})
