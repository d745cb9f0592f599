"""Cursors: opaque, signed, bound to their list."""

import base64
from datetime import UTC, datetime

import pytest

from app.core import ids
from app.core.errors import CursorMismatch
from app.core.pagination import Pager
from tests.newsroom import Client, Newsroom, names

KEY = b"a key of the test"
POSITION = [datetime(2026, 2, 28, 16, 15, 0, 123456, tzinfo=UTC), ids.EXAMPLE, "Łódź, by train", 7]
LISTS = ("/v1/tags", "/v1/authors", "/v1/sections", "/v1/articles", "/v1/articles?view=draft", "/v1/moderation/comments?status=approved")


def test_a_cursor_gives_back_what_was_put_in_it() -> None:
    pager = Pager(KEY, "tags")

    assert pager.decode(pager.encode(POSITION)) == POSITION
    assert pager.encode(POSITION).replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("other", [Pager(KEY, "tags by name"), Pager(b"another key", "tags"), Pager(KEY, "")])
def test_a_cursor_of_another_list_or_another_key_is_refused(other: Pager) -> None:
    with pytest.raises(CursorMismatch):
        other.decode(Pager(KEY, "tags").encode(POSITION))


def test_a_cursor_with_any_bit_changed_is_refused() -> None:
    pager = Pager(KEY, "tags")
    cursor = pager.encode(["Railways", ids.EXAMPLE])
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))

    for place in range(len(raw)):
        changed = raw.copy()
        changed[place] ^= 1
        with pytest.raises(CursorMismatch):
            pager.decode(base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("="))


@pytest.mark.parametrize("cursor", ["", "a", "a" * 1_999, "====", "%%%", "é", "AAAA", "a b"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CursorMismatch):
        Pager(KEY, "tags").decode(cursor)


async def fill(newsroom: Newsroom) -> None:
    """Three of everything that is listed."""
    for number in range(3):
        await newsroom.tag(f"Tag {number}")
        await newsroom.author(f"Author {number}")
        await newsroom.section(f"Section {number}")
        article = await newsroom.article()
        await newsroom.desk.post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "A reader"}, "body": "Words."})


async def test_every_list_is_read_whole_page_by_page(newsroom: Newsroom, editor: Client) -> None:
    await fill(newsroom)

    for path in LISTS:
        sign = "&" if "?" in path else "?"
        whole = (await editor.get(f"{path}{sign}limit=100")).json()
        paged = await editor.all_pages(f"{path}{sign}limit=1")
        assert (whole["page"]["has_more"], whole["page"]["next_cursor"], whole["page"]["limit"]) == (False, None, 100)
        assert names(paged) == names(whole["data"]), path
        assert len(paged) == 3


async def test_the_next_page_is_linked_and_the_last_one_links_nowhere(newsroom: Newsroom, editor: Client) -> None:
    await fill(newsroom)

    for path in LISTS:
        sign = "&" if "?" in path else "?"
        first = await editor.get(f"{path}{sign}limit=2")
        link = first.headers["link"]
        target = link[link.index("<") + 1 : link.index(">")]
        last = await editor.get(target)
        assert link.endswith('; rel="next"')
        assert (len(last.json()["data"]), last.json()["page"]["has_more"], "link" in last.headers) == (1, False, False), path


async def test_a_cursor_of_one_list_is_refused_by_every_other(newsroom: Newsroom, editor: Client) -> None:
    await fill(newsroom)
    cursors = {path: (await editor.get(f"{path}{'&' if '?' in path else '?'}limit=1")).json()["page"]["next_cursor"] for path in LISTS}

    for path in LISTS:
        for other, cursor in cursors.items():
            answer = await editor.get(f"{path}{'&' if '?' in path else '?'}limit=1&cursor={cursor}")
            if other == path:
                assert answer.status_code == 200
            else:
                assert (answer.status_code, answer.json()["code"]) == (400, "cursor-mismatch"), (path, other)


async def test_a_cursor_is_bound_to_its_filters_and_not_to_its_limit(newsroom: Newsroom, reader: Client) -> None:
    await fill(newsroom)
    cursor = (await reader.get("/v1/tags?name=Tag&limit=1")).json()["page"]["next_cursor"]

    assert (await reader.get(f"/v1/tags?name=Ta&cursor={cursor}")).json()["code"] == "cursor-mismatch"
    assert (await reader.get(f"/v1/tags?cursor={cursor}")).json()["code"] == "cursor-mismatch"
    assert names((await reader.get(f"/v1/tags?name=Tag&limit=50&cursor={cursor}")).json()["data"], "name") == ["Tag 1", "Tag 2"]


async def test_a_cursor_survives_the_row_that_it_was_made_at(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    await fill(newsroom)
    first = (await reader.get("/v1/tags?limit=1")).json()

    await editor.delete(f"/v1/tags/{first['data'][0]['id']}", If_Match="*")
    rest = (await reader.get(f"/v1/tags?cursor={first['page']['next_cursor']}")).json()

    assert names(rest["data"], "name") == ["Tag 1", "Tag 2"]


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1.5", "ten", "", "9223372036854775808"])
async def test_a_page_has_a_size_that_it_can_have(reader: Client, limit: str) -> None:
    for path in ("/v1/tags", "/v1/sections", "/v1/articles"):
        answer = await reader.get(f"{path}?limit={limit}")
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "limit")
