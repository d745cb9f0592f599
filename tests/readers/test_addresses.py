"""Of a network address nothing is kept but digests, by a key that changes and is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.core import clock
from app.core.settings import Settings
from app.readers.addresses import Digests, parts_of
from app.readers.models import DigestKey
from tests.newsroom import Newsroom

SECRET = "a secret of this service"
DAY = datetime(2031, 5, 6, 14, 30, tzinfo=UTC)


def digests_of(newsroom: Newsroom, secret: str = SECRET) -> Digests:
    return Digests(newsroom.database, Settings(_env_file=None, secret_key=SecretStr(secret), digest_days=30))


@pytest.mark.parametrize(
    ("host", "address", "network"),
    [
        ("203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
    ],
)
def test_an_address_has_a_network(host: str, address: str, network: str) -> None:
    assert parts_of(host) == (address, network)


@pytest.mark.parametrize("host", [None, "", "unknown", "999.1.1.1", "/run/socket"])
async def test_what_is_no_address_has_no_digest(newsroom: Newsroom, host: str | None) -> None:
    found = await digests_of(newsroom).of(host)

    assert (found.address, found.network, found.earlier) == (None, None, ())


async def test_an_address_is_known_again_by_every_process_and_by_nobody_without_the_secret(newsroom: Newsroom) -> None:
    with clock.stopped_at(DAY):
        one, other = digests_of(newsroom), digests_of(newsroom)
        first = await one.of("203.0.113.9")

        assert await other.of("203.0.113.9") == first
        assert (await one.of("203.0.113.10")).network == first.network
        assert (await one.of("203.0.113.10")).address != first.address
        stranger = await digests_of(newsroom, "another secret").of("203.0.113.9")
        assert stranger.address != first.address
        assert first.address is not None
        assert first.address.startswith("20310506.")
        assert "203.0.113" not in str(first)


async def test_the_key_changes_and_the_one_before_is_known_for_one_more_term(newsroom: Newsroom) -> None:
    digests = digests_of(newsroom)
    with clock.stopped_at(DAY):
        first = await digests.of("203.0.113.9")
    with clock.stopped_at(DAY + timedelta(days=29)):
        assert await digests.of("203.0.113.9") == first
    with clock.stopped_at(DAY + timedelta(days=30)):
        second = await digests.of("203.0.113.9")
    with clock.stopped_at(DAY + timedelta(days=60)):
        third = await digests.of("203.0.113.9")

    assert second.address != first.address
    assert second.earlier == (first.address, first.network)
    assert third.earlier == (second.address, second.network)
    async with newsroom.database.reading() as session:
        keys = (await session.scalars(select(DigestKey).order_by(DigestKey.begins_at))).all()
    assert [key.purge_at - key.begins_at for key in keys] == [timedelta(days=60)] * 3
    assert len({key.sealed for key in keys}) == 3
