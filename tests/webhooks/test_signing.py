"""Signatures, retries and seals: what needs no database."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.core.sealing import BrokenSealError, seal, unseal
from app.webhooks import schedule, signing

NOW = datetime(2026, 2, 28, 16, 15, tzinfo=UTC)
BODY = '{"type":"article.published","data":{"headline":"Grüße, “Ana”"}}'.encode()


def test_the_librarys_own_verification_takes_what_we_sign() -> None:
    secret, other = signing.new_secret(), signing.new_secret()
    timestamp = int(datetime.now(UTC).timestamp())

    sent = signing.headers([secret, other], "evt_1", timestamp, BODY)

    for each in (secret, other):
        assert Webhook(signing.in_words(each)).verify(BODY, sent)["type"] == "article.published"
    for changed in ({"webhook-id": "evt_2"}, {"webhook-timestamp": str(timestamp + 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.in_words(secret)).verify(BODY, sent | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.in_words(secret)).verify(BODY + b" ", sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.in_words(signing.new_secret())).verify(BODY, sent)


def test_a_signature_is_the_one_that_the_library_makes() -> None:
    secret = signing.new_secret()

    assert signing.sign(secret, "evt_1", int(NOW.timestamp()), BODY) == Webhook(signing.in_words(secret)).sign("evt_1", NOW, BODY.decode())


def test_a_secret_is_long_enough_for_the_specification() -> None:
    words = signing.in_words(signing.new_secret())

    assert words.startswith("whsec_")
    assert 24 <= len(base64.b64decode(words.removeprefix("whsec_"))) <= 64


def test_retries_follow_the_specification() -> None:
    waits = [schedule.next_attempt(made, NOW, asked=None, chance=0) for made in range(1, 10)]

    assert [(moment or NOW) - NOW for moment in waits] == [
        timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5), timedelta(hours=10),
        timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
    ]  # fmt: skip
    assert schedule.next_attempt(10, NOW, asked=None, chance=0) is None


def test_chance_only_ever_adds_to_a_wait() -> None:
    for made in range(1, 10):
        least, most = (schedule.next_attempt(made, NOW, asked=None, chance=chance) for chance in (0.0, 1.0))
        assert least is not None
        assert most is not None
        assert least < most <= NOW + (least - NOW) * 1.2


def test_an_endpoint_that_asks_for_time_gets_it_up_to_a_day() -> None:
    assert schedule.next_attempt(1, NOW, asked=timedelta(hours=1), chance=0) == NOW + timedelta(hours=1)
    assert schedule.next_attempt(4, NOW, asked=timedelta(seconds=1), chance=0) == NOW + timedelta(hours=2)
    assert schedule.next_attempt(1, NOW, asked=timedelta(days=400), chance=0) == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), (" 0 ", 0), ("Sat, 28 Feb 2026 16:16:00 GMT", 60), ("Sat, 28 Feb 2026 16:00:00 GMT", 0), ("9" * 400, 10**9),
        (None, None), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("Sat, 99 Feb 2026 16:00:00 GMT", None), ("²", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: int | None) -> None:
    found = schedule.retry_after(value, NOW)

    assert (None if found is None else found.total_seconds()) == seconds


def test_what_keeps_failing_is_left_alone_for_longer_and_longer() -> None:
    rests = [schedule.rest(failures, NOW) for failures in range(1, 40)]

    assert rests[:4] == [None] * 4
    known = [moment for moment in rests if moment is not None]
    assert known[0] == NOW + timedelta(seconds=30)
    assert known == sorted(known)
    assert known[-1] == NOW + timedelta(minutes=15)


def test_what_is_sealed_opens_with_the_same_key_for_the_same_purpose_only() -> None:
    sealed = seal(b"key", "webhook 1", b"secret")

    assert unseal(b"key", "webhook 1", sealed) == b"secret"
    assert b"secret" not in sealed
    assert seal(b"key", "webhook 1", b"secret") != sealed
    for key, purpose, changed in (
        (b"other", "webhook 1", sealed), (b"key", "webhook 2", sealed), (b"key", "webhook 1", sealed[:-1] + b"\0"), (b"key", "", b""),
    ):  # fmt: skip
        with pytest.raises(BrokenSealError):
            unseal(key, purpose, changed)
