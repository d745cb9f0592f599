"""What is kept of people is let go of in time, and what was kept in plain is sealed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.comments.models import Comment
from app.comments.people.sealing import seal_emails
from app.core import clock, ids
from app.core.models import Base
from app.readers import emails, forgetting
from app.readers.models import DigestKey
from app.worker import sweep
from tests.newsroom import Newsroom, Wire, made

LETTER = {"author": {"name": "A reader"}, "body": "Well said."}


async def stored(newsroom: Newsroom, kind: type[Base]) -> list[Any]:
    async with newsroom.database.reading() as session:
        return list((await session.scalars(select(kind))).all())


async def test_a_key_is_forgotten_on_its_date_with_every_digest_that_it_made(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    article, settings, begun = await newsroom.article(), newsroom.app.state.settings, clock.now()

    async def post(number: int) -> Wire:
        return made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", {**LETTER, "body": f"Number {number}."}))

    for number in range(5):
        await post(number)
    with clock.stopped_at(begun + timedelta(days=31)):
        late = await post(6)
    with clock.stopped_at(begun + timedelta(days=58)):
        await sweep(newsroom.database, settings)
        assert len([one for one in await stored(newsroom, Comment) if one.address_digest]) == 6
    with clock.stopped_at(begun + timedelta(days=61)):
        await sweep(newsroom.database, settings)

    kept = [one for one in await stored(newsroom, Comment) if one.address_digest or one.network_digest]
    assert [ids.encode("cmt", one.id) for one in kept] == [late["id"]]
    (key,) = await stored(newsroom, DigestKey)
    assert key.begins_at > begun


async def test_addresses_that_an_older_version_kept_in_plain_are_sealed(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.comments.people.sealing._BATCH", 2)
    article, key = await newsroom.article(), newsroom.app.state.settings.signing_key
    for number in range(5):
        made(await newsroom.client(None).post(f"/v1/articles/{article['id']}/comments", {**LETTER, "body": f"Number {number}."}))
    async with newsroom.database.writing() as session:
        await session.execute(update(Comment).values(author_email="Canary@reader.example.org"))

    assert await seal_emails(newsroom.database, key) == 5
    assert await seal_emails(newsroom.database, key) == 0

    for one in await stored(newsroom, Comment):
        assert one.author_email is None
        assert emails.opened(key, one.sealed_email) == "Canary@reader.example.org"
        assert one.email_digest == emails.digested(key, " canary@READER.example.org")
        assert one.version == 1
