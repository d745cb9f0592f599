"""What must not come out, and what must not get in."""

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from app.comments.models import Comment
from app.core.html import COMMENT
from app.readers import emails
from tests.newsroom import Client, Newsroom

HOSTILE = [
    "<script>alert(1)</script>An answer.",
    "<img src=x onerror=alert(1)> An answer.",
    "[An answer](javascript:alert(1))",
    "[An answer](data:text/html;base64,PHNjcmlwdD4=)",
    "[An answer](//evil.example.org)",
    '<a href="https://example.org" onclick="alert(1)">An answer</a>',
    "<svg/onload=alert(1)>An answer",
    "<style>*{display:none}</style>An answer",
    "<iframe src='https://evil.example.org'></iframe>An answer",
    "![An answer](https://evil.example.org/pixel.gif)",
]


@pytest.mark.parametrize("body", HOSTILE)
async def test_no_markup_of_a_stranger_is_dangerous(discussion: Any, body: str) -> None:
    html = (await discussion.post(body=body))["html"]

    assert "An answer" in html
    elements = LexborHTMLParser(html).css("body *")
    assert {element.tag for element in elements} <= COMMENT
    for element in elements:
        assert element.attributes.keys() <= {"href", "rel"}
        assert (element.attributes.get("href") or "https://").startswith("https://")


async def test_links_of_strangers_are_not_vouched_for(discussion: Any) -> None:
    html = (await discussion.post(body="[there](https://example.org/a)"))["html"]

    assert html == '<p><a href="https://example.org/a" rel="nofollow ugc noopener">there</a></p>'


async def test_an_email_address_never_comes_out(reader: Client, newsroom: Newsroom, discussion: Any, moderated: Any) -> None:
    """It stands in the database, sealed; that it can be read again proves that the canary is alive."""
    canary = "canary@reader.example.org"
    root = await discussion.post()
    reply, held = await discussion.post(root), await moderated.post()
    answers = [str([root, reply, held])]
    answers.append(str(await discussion.moderate(root, "reject")) + str(await discussion.moderate(root, "approve")))
    edited = await newsroom.desk.patch(f"/v1/comments/{reply['id']}", {"body": "Else."}, If_Match="*")
    stale = await newsroom.desk.patch(f"/v1/comments/{reply['id']}", {"body": "Third."}, If_Match='"1"')
    answers += [edited.text, stale.text]
    everywhere = (
        discussion.address, f"/v1/comments/{root['id']}", f"/v1/comments/{root['id']}/replies", "/v1/changes?limit=100",
        f"/v1/comments/{held['id']}", "/v1/moderation/comments?status=pending,approved,rejected", "/v1/articles?include=comments",
        f"/v1/articles/{discussion.article['id']}?include=comments", f"/v1/moderation/comments/{root['id']}/decisions",
        f"/v1/comments/counts?article={discussion.article['id']}", f"/v1/articles/{discussion.article['id']}?view=draft&include=comments",
    )  # fmt: skip
    for address in everywhere:
        for client in (reader, newsroom.desk):
            answers.append((await client.get(address)).text)

    assert not [answer for answer in answers if "canary" in answer]
    async with newsroom.database.reading() as session:
        connection = await session.connection()
        stored = str([(await connection.exec_driver_sql(f"SELECT * FROM {table}")).all() for table in ("comments", "events")])  # noqa: S608
        kept = (await session.scalars(select(Comment.sealed_email))).all()
    assert {emails.opened(newsroom.app.state.settings.signing_key, each) for each in kept if each is not None} == {canary}
    assert "canary" not in stored
