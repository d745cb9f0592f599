"""A form shows that a person filled it in: what it leaves empty, how long it took, what it had to solve."""

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select

from app.core import clock
from app.core.settings import Settings
from app.screening import forms
from app.screening.models import SpentProof
from app.worker import sweep
from tests.conftest import serving
from tests.newsroom import Newsroom, Wire, made, pointers

KEY = b"key"


def solved(challenge: Wire, **changes: Any) -> str:
    """What ALTCHA's widget sends."""
    number = next(
        each for each in range(challenge["maxnumber"] + 1)
        if sha256(f"{challenge['salt']}{each}".encode()).hexdigest() == challenge["challenge"]
    )  # fmt: skip
    said = {**{name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}, "number": number, **changes}
    return b64encode(json.dumps(said).encode()).decode()


def packed(value: Any) -> str:
    return b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(("seconds", "fault"), [(0, "quick"), (1.9, "quick"), (2.1, None), (86_000, None), (86_401, "old")])
def test_a_token_says_how_long_the_form_was_open(seconds: float, fault: str | None) -> None:
    opened = clock.now()

    token = forms.new_token(KEY, opened)

    assert forms.check_token(KEY, token, opened + timedelta(seconds=seconds)) == fault


@pytest.mark.parametrize("token", ["x", "AAAA", "A" * 32, "!", "A" * 33, "é"])
def test_a_token_of_ones_own_is_wrong(token: str) -> None:
    assert forms.check_token(KEY, token, clock.now()) == "wrong"
    assert forms.check_token(KEY, forms.new_token(b"other", clock.now()), clock.now() + timedelta(minutes=1)) == "wrong"
    assert forms.check_token(KEY, None, clock.now()) == "missing"


def test_a_solution_is_right_for_its_challenge_its_time_and_our_key_alone() -> None:
    now = clock.now()
    challenge, other = forms.new_challenge(KEY, 200, now), forms.new_challenge(KEY, 200, now)

    assert isinstance(forms.read_proof(KEY, solved(challenge), now), forms.Proof)
    assert forms.read_proof(KEY, solved(challenge), now + timedelta(hours=1)) == "expired"
    assert forms.read_proof(b"other", solved(challenge), now) == "wrong"
    later = challenge["salt"].partition("=")[0] + "=99999999999"
    for changes in ({"number": 201}, {"salt": other["salt"]}, {"salt": later}, {"algorithm": "SHA-1"}, {"signature": other["signature"]}):
        assert forms.read_proof(KEY, solved(challenge, **changes), now) == "wrong"


def test_no_digit_of_a_solution_makes_its_challenge_last_longer() -> None:
    """What is hashed is salt and number in one: the number's first digits must not count as the last of the time."""
    now = clock.now()
    challenge, first, rest = forms.new_challenge(KEY, 200, now), 0, 0
    while not (first and rest >= 10):  # A number that stands for itself once it has lost its first digit.
        challenge = forms.new_challenge(KEY, 200, now)
        first, rest = divmod(json.loads(b64decode(solved(challenge)))["number"], 100)

    spliced = solved(challenge, salt=f"{challenge['salt']}{first}", number=rest)

    assert forms.read_proof(KEY, spliced, now + timedelta(hours=1)) in {"wrong", "expired"}


@pytest.mark.parametrize(
    "sent",
    ["", None, "AAAA", packed([]), packed({}), packed(None), packed({"salt": 1}), "x" * 5, packed("a"), b64encode(b"[" * 3000).decode()],
)  # fmt: skip
def test_what_is_no_solution_at_all_is_refused_in_peace(sent: str | None) -> None:
    assert forms.read_proof(KEY, sent, clock.now()) in {"wrong", "missing"}


def test_a_salt_without_a_time_or_a_number_of_another_type_is_wrong() -> None:
    challenge = forms.new_challenge(KEY, 5, clock.now())

    for changes in ({"salt": "x"}, {"salt": "x?expires=y"}, {"salt": "x?expires=1e999"}, {"salt": None}, {"number": True}, {"number": "1"}):
        assert forms.read_proof(KEY, solved(challenge, **changes), clock.now()) == "wrong"


async def test_a_field_that_people_do_not_see_gives_machines_away(forum: Any) -> None:
    human = await forum.post("One", form={"website": ""})
    machine = await forum.post("Two", form={"website": "https://spam.example"})

    assert (await forum.status(human), await forum.status(machine)) == ("approved", "spam")


async def test_a_form_is_asked_for_only_where_the_newsroom_asks(settings: Settings) -> None:
    asking = settings.model_copy(update={"comment_form": "asked"})
    async with serving(asking) as newsroom:
        article = await newsroom.article()
        form = made(await newsroom.client(None).get("/v1/comments/form"))

        async def status(**sent: Any) -> str:
            body = {"author": {"name": "A reader"}, "body": "Words.", "form": sent}
            return str(made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", body))["status"])

        assert (form["asked"], form["challenge"], form["honeypot"]) == (True, None, "website")
        assert await status() == "pending"
        assert await status(token=form["token"]) == "pending"
        with clock.stopped_at(clock.now() + timedelta(seconds=5)):
            assert await status(token=form["token"]) == "approved"


async def test_a_proof_is_taken_once(settings: Settings) -> None:
    asking = settings.model_copy(update={"comment_proof": "guests", "comment_proof_cost": 50})
    async with serving(asking) as newsroom:
        reader, article = newsroom.client(None), await newsroom.article()
        path, order = f"/v1/articles/{article['id']}/comments", {"author": {"name": "A reader"}, "body": "Words."}

        async def post(proof: str | None, query: str = "", **headers: str) -> Response:
            return await reader.post(path + query, {**order, "form": {"proof": proof}}, **headers)

        form = await reader.get("/v1/comments/form")
        proof = solved(form.json()["challenge"])
        missing, rehearsed = await post(None), await post(proof, "?dry_run=true")
        first, again = await post(proof, Idempotency_Key="one"), await post(proof, Idempotency_Key="one")
        spent = await post(proof)

        assert form.headers["Cache-Control"] == "private, no-store"
        assert [each.status_code for each in (missing, rehearsed, first, again, spent)] == [422, 201, 201, 201, 422]
        assert [each.json()["errors"][0]["code"] for each in (missing, spent)] == ["proof_missing", "proof_spent"]
        assert pointers(spent) == {"#/form/proof"}
        assert (await newsroom.desk.post(path, order)).status_code == 201
        await _only_what_has_not_expired_is_kept(newsroom, asking)


async def _only_what_has_not_expired_is_kept(newsroom: Newsroom, settings: Settings) -> None:
    async def kept() -> int:
        async with newsroom.database.reading() as session:
            return (await session.scalars(select(func.count()).select_from(SpentProof))).one()

    before = await kept()
    with clock.stopped_at(clock.now() + timedelta(hours=1)):
        await sweep(newsroom.database, settings)
    assert (before, await kept()) == (1, 0)
