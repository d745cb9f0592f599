"""The secret is changed, and nothing that was sealed is lost."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select
from typer.testing import CliRunner

from app.cli import program
from app.commands.secrets import PLACES
from app.comments.models import Comment
from app.core import resealing
from app.core.models import Base
from app.core.resealing import Count, Secrets, reseal
from app.core.sealing import unseal
from app.moderation import reporting
from app.moderation.models import Report
from app.readers import addresses, emails
from app.readers.models import DigestKey
from app.readers.sanctions import Sanction
from tests.newsroom import Newsroom, made

NEW = "another secret that has more than 32 characters"
NOTICE = {"explanation": "It names a witness.", "email": "ida@example.org", "good_faith": True}
NOT_SEALED = {"idempotency_records.body"}


async def written(newsroom: Newsroom) -> None:
    """Three comments under two addresses, a sanction on one of them, and a notice."""
    article, guest = await newsroom.article(), newsroom.client(None)
    comments = []
    for number, email in enumerate(("bo@reader.example.org", "BO@reader.example.org", "ana@reader.example.org")):
        order: Any = {"author": {"name": "R", "email": email}, "body": f"Number {number}."}
        comments.append(made(await guest.post(f"/v1/articles/{article['id']}/comments", order)))
    made(await newsroom.desk.post("/v1/moderation/sanctions", {"comment": comments[0]["id"], "kind": "premod", "on": ["email"]}))
    made(await guest.put(f"/v1/comments/{comments[2]['id']}/report", {"code": "illegal", "notice": NOTICE}))


async def test_what_was_sealed_is_open_to_the_new_secret_and_people_are_found_again(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "_BATCH", 2)
    settings, new = newsroom.app.state.settings, NEW.encode()
    await written(newsroom)
    monkeypatch.setenv("DATELINE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATELINE_SECRET_KEY", NEW)

    unsaid = await asyncio.to_thread(lambda: CliRunner().invoke(program, ["reseal"]))
    monkeypatch.setenv("DATELINE_SECRET_KEY_BEFORE", settings.signing_key.decode())
    done = await asyncio.to_thread(lambda: CliRunner().invoke(program, ["reseal"]))

    assert (unsaid.exit_code, done.exit_code) == (2, 0)
    assert "5 values are sealed anew." in done.stderr
    async with newsroom.database.reading() as session:
        comments = (await session.scalars(select(Comment).order_by(Comment.id))).all()
        (sanction,), (report,) = (await session.scalars(select(Sanction))).all(), (await session.scalars(select(Report))).all()
        (digest_key,) = (await session.scalars(select(DigestKey))).all()
    assert [emails.opened(new, one.sealed_email or b"").lower()[:3] for one in comments] == ["bo@", "bo@", "ana"]
    assert {one.email_digest for one in comments[:2]} == {sanction.email_digest} == {emails.digested(new, "bo@reader.example.org")}
    assert reporting.opened_contact(new, report.contact) == {"email": "ida@example.org"}
    assert unseal(new, addresses.PURPOSE, digest_key.sealed)
    assert await reseal(newsroom.database, PLACES, Secrets(settings.signing_key, new)) == Count(0, 0)
    assert await reseal(newsroom.database, PLACES, Secrets(b"never in use", settings.signing_key)) == Count(0, 5)


def test_everything_that_is_sealed_is_sealed_anew() -> None:
    binary = {str(column) for table in Base.metadata.sorted_tables for column in table.columns if isinstance(column.type, LargeBinary)}

    assert binary - NOT_SEALED == {f"{place.column.class_.__tablename__}.{place.column.key}" for place in PLACES}
