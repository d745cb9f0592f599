"""A live blog that was an article of another kind for a while has its updates again, each as it was, and once."""

from typing import Any

from app.body.union import Block
from tests.newsroom import Newsroom, Wire, made, pointers

PLAIN = {"id", "authors", "position", "version", "edited_at"}


async def blog(newsroom: Newsroom) -> tuple[str, Wire]:
    """The address of a live blog, and what it is: an introduction, and two updates, of which one has an author."""
    ana = await newsroom.author()
    article = await newsroom.draft(kind="live_blog", body=[{"type": "paragraph", "html": "From the harbour."}])
    address = f"/v1/articles/{article['id']}"
    for title, authors in (("One", []), ("Two", [ana["id"]])):
        blocks = [{"type": "paragraph", "html": f"What {title} says."}]
        made(await newsroom.desk.post(f"{address}/blocks", {"title": title, "authors": authors, "blocks": blocks}))
    return address, made(await newsroom.desk.get(f"{address}?view=draft"))


async def becomes(newsroom: Newsroom, address: str, **patch: Any) -> Wire:
    return made(await newsroom.desk.patch(address, patch, If_Match="*"))


def sent(body: list[Block], **changes: Any) -> list[Block]:
    """A body as somebody sends it who knows of no ids, and of no authors of updates."""
    blocks = [{name: value for name, value in block.items() if name not in PLAIN} for block in body]
    return [{**block, "blocks": sent(block["blocks"]), **changes} if block["type"] == "live_update" else block for block in blocks]


async def test_updates_that_were_kept_beside_the_body_are_there_again(newsroom: Newsroom) -> None:
    address, before = await blog(newsroom)

    other = await becomes(newsroom, address, kind="article")
    again = await becomes(newsroom, address, kind="live_blog")

    assert [block["type"] for block in other["body"]] == ["paragraph"]
    assert again["body"] == before["body"]


async def test_updates_that_were_sent_as_blocks_meanwhile_are_the_same_ones(newsroom: Newsroom) -> None:
    """They came back under new ids, beside those that they are."""
    address, before = await blog(newsroom)

    await becomes(newsroom, address, kind="article")
    other = await becomes(newsroom, address, body=sent(before["body"]))
    again = await becomes(newsroom, address, kind="live_blog")

    assert [block["id"] for block in other["body"]] != [block["id"] for block in before["body"]]
    assert again["body"] == before["body"]


async def test_what_was_changed_of_an_update_meanwhile_is_changed_of_it(newsroom: Newsroom) -> None:
    address, before = await blog(newsroom)
    named = [{**block, "id": old["id"]} for block, old in zip(sent(before["body"], title="Three"), before["body"], strict=True)]

    await becomes(newsroom, address, kind="article", body=named)
    again = await becomes(newsroom, address, kind="live_blog")

    ours = [{name: block.get(name) for name in ("id", "authors")} for block in again["body"]]
    assert ours == [{name: block.get(name) for name in ("id", "authors")} for block in before["body"]]
    assert [block["title"] for block in again["body"][1:]] == ["Three", "Three"]


async def test_a_new_update_keeps_no_id_that_stands_in_another(newsroom: Newsroom) -> None:
    address, before = await blog(newsroom)
    inner = before["body"][1]["blocks"][0]["id"]
    new: Block = {"type": "live_update", "at": "2026-02-28T16:15:00Z", "blocks": [{"type": "divider", "id": inner}]}

    await becomes(newsroom, address, kind="article", body=[new])
    again = await becomes(newsroom, address, kind="live_blog")

    met = [each["id"] for block in again["body"] for each in (block, *block.get("blocks", ()))]
    assert len(met) == len(set(met)) == 6
    assert inner in met


async def test_a_block_with_the_id_of_an_update_is_told(newsroom: Newsroom) -> None:
    address, before = await blog(newsroom)
    clash = {"type": "divider", "id": before["body"][1]["blocks"][0]["id"]}

    await becomes(newsroom, address, kind="article", body=[clash])
    refused = await newsroom.desk.patch(address, {"kind": "live_blog"}, If_Match="*")

    assert refused.status_code == 422
    assert pointers(refused) == {"#/kind"}
