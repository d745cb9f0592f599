"""What tests of carrying have in common: newsrooms with the same article, and files in memory."""

import io
import random
from typing import Any

from pydantic_core import to_json

from app.carrying import exporting
from app.carrying.importing import Outcome, entries_of, import_comments
from tests.newsroom import Newsroom, Wire, made

SLUG = "the-harbour-plan"


async def carried_out(newsroom: Newsroom, form: str = "lines") -> bytes:
    """An export, whole."""
    export = {"lines": exporting.as_lines, "disqus": exporting.as_disqus}[form]
    async with newsroom.database.snapshot() as session:
        return b"".join([text async for _, text in export(session)])


async def carry_in(newsroom: Newsroom, file: bytes, **how: Any) -> Outcome:
    """What became of a file."""
    return await import_comments(newsroom.database, entries_of(io.BufferedReader(io.BytesIO(file))), **how)


def line(**fields: Any) -> bytes:
    """A comment as a script would write it."""
    usual = {"article": SLUG, "author": {"name": "A reader"}, "body": "Well said.", "created_at": "2020-02-28T16:15:00Z"}
    return to_json(usual | fields) + b"\n"


async def discussed(newsroom: Newsroom, comments: int, chance: random.Random) -> Wire:
    """An article under which much has been said, and done about it."""
    article = await newsroom.article(slug=SLUG)
    reader, said = newsroom.client(None), list[Wire]()
    for number in range(comments):
        order: dict[str, Any] = {"author": {"name": f"Reader {number} ✓"}, "body": f"*Word* {number}, < b & [a](https://a.example.org/)"}
        if said and chance.random() < 0.8:
            order["parent"] = chance.choice(said[-3:])["id"]
        said.append(made(await reader.post(f"/v1/articles/{SLUG}/comments", order)))
    for one in chance.sample(said[3:], comments // 2):
        verdict = chance.choice(["reject", "spam", "edit", "delete"])
        if verdict == "delete":
            await newsroom.desk.delete(f"/v1/comments/{one['id']}", If_Match="*")
        elif verdict == "edit":
            await newsroom.desk.patch(f"/v1/comments/{one['id']}", {"body": "Mended."}, If_Match="*")
        else:
            await newsroom.desk.post(f"/v1/moderation/comments/{one['id']}/{verdict}", {}, If_Match="*")
    return article


async def thread(newsroom: Newsroom) -> list[Wire]:
    """Every comment that readers reach under the article, without what differs from newsroom to newsroom."""
    reader = newsroom.client(None)
    waiting = [f"/v1/articles/{SLUG}/comments?sort=oldest&limit=100&replies=0"]
    found = list[Wire]()
    while waiting:
        page = await reader.all_pages(waiting.pop())
        found += [{name: value for name, value in one.items() if name not in {"article", "replies", "version"}} for one in page]
        waiting += [f"/v1/comments/{one['id']}/replies?limit=100" for one in page if one["reply_count"]]
    return found
