"""Corrections: dated public notes, tied to the revision that was wrong and the one that mends it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOTE = "An earlier version named the wrong minister."


def mending(text: str = NOTE, kind: str = "correction", **order: Any) -> Wire:
    return {"significance": "correction", "correction": {"kind": kind, "text": text}, **order}


async def corrected(newsroom: Newsroom, *, at: datetime = T, **fields: Any) -> Wire:
    """An article that readers saw an hour before `at`, and that was corrected then."""
    with clock.stopped_at(at - HOUR):
        article = await newsroom.article(headline="Wrong", **fields)
    with clock.stopped_at(at):
        return await newsroom.publish(await newsroom.edit(article, headline="Right"), **mending())


async def told(client: Client, path: str = "/v1/corrections", at: datetime = T + HOUR) -> list[Wire]:
    with clock.stopped_at(at):
        found: list[Wire] = made(await client.get(path))["data"]
    return found


async def test_a_correction_shows_in_its_article_and_in_both_lists(newsroom: Newsroom, reader: Client) -> None:
    section = await newsroom.section("World")
    article = await corrected(newsroom, section=section["id"])
    path = f"/v1/articles/{article['id']}"

    with clock.stopped_at(T + HOUR):
        page, draft = made(await reader.get(path)), await newsroom.working(article)
        answers = [await reader.get(address) for address in (path, f"{path}/corrections", "/v1/corrections")]
        (own,), (listed,) = (answer.json()["data"] for answer in answers[1:])

    assert own["id"].startswith("cor_")
    assert own == {
        "id": own["id"], "type": "correction", "kind": "correction", "text": NOTE, "at": wire_instant(T), "corrects": 1, "corrected_by": 3,
    }  # fmt: skip
    assert page["corrections"] == draft["corrections"] == [own]
    stub = {"id": article["id"], "headline": "Right", "slug": article["slug"], "path": f"/world/{article['slug']}"}
    assert listed == {**own, "article": stub}
    for answer in answers:
        assert f"article:{article['id']}" in answer.headers["Cache-Tag"].split(",")
        assert answer.headers["Cache-Control"].startswith("public")
    assert (page["updated_at"], page["published_at"]) == (wire_instant(T), wire_instant(T - HOUR))


async def test_what_was_corrected_once_stays_told_with_every_later_version(newsroom: Newsroom, reader: Client) -> None:
    article = await corrected(newsroom)
    with clock.stopped_at(T + HOUR):
        article = await newsroom.publish(await newsroom.edit(article, headline="Righter"), significance="minor")
    with clock.stopped_at(T + 2 * HOUR):
        await newsroom.publish(article, **mending("Withdrawn.", "retraction"))

    found = [(each["kind"], each["corrects"], each["corrected_by"]) for each in await told(reader, f"/v1/articles/{article['id']}/corrections", T + 3 * HOUR)]  # noqa: E501 # fmt: skip

    assert found == [("correction", 1, 3), ("retraction", 5, 5)]
    assert names(await told(reader, at=T + 3 * HOUR), "kind") == ["retraction", "correction"]


async def test_a_correction_is_corrected_by_another_and_stays_what_it_was(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    """Who read the first one finds it again, and what was wrong about it."""
    article = await corrected(newsroom)
    path, second = f"/v1/articles/{article['id']}", "A correction of 1 May misspelt the minister's name."
    with clock.stopped_at(T + HOUR):
        published = await newsroom.publish(await newsroom.working(article), **mending(second))
        again = await newsroom.publish(await newsroom.working(article), **mending(second))
        rewritten = await editor.patch(f"{path}/corrections", {"text": "Nothing was wrong."}, If_Match="*")

    notes = await told(reader, f"{path}/corrections", T + 2 * HOUR)
    assert [one["text"] for one in notes] == [NOTE, second]
    assert notes[1]["corrects"] == notes[1]["corrected_by"] == notes[0]["corrected_by"]
    assert [one["text"] for one in await told(reader, at=T + 2 * HOUR)] == [second, NOTE]
    assert [one["text"] for one in await told(reader, f"{path}/corrections?as_of={wire_instant(T)}", T + 2 * HOUR)] == [NOTE]
    assert (again["version"], rewritten.status_code) == (published["version"], 405)


async def test_a_correction_that_is_sent_again_is_told_once(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await corrected(newsroom)

    with clock.stopped_at(T + SECOND):
        again = await newsroom.publish(article, **mending())

    assert again == article
    assert len(await told(reader)) == 1


@pytest.mark.parametrize(
    "order",
    [{"significance": "correction"}, {"correction": {"text": NOTE}}, {**mending(""), "at": None}, mending(kind="apology")],
)  # fmt: skip
async def test_a_correction_needs_a_text_and_only_a_correction_has_one(newsroom: Newsroom, editor: Client, order: Wire) -> None:
    article = await newsroom.article()

    answer = await editor.post(f"/v1/articles/{article['id']}/publish", order, If_Match="*")

    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")


async def test_what_readers_never_saw_is_not_corrected(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft()

    answer = await editor.post(f"/v1/articles/{draft['id']}/publish", mending(), If_Match="*")

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-correct")


async def test_what_is_scheduled_before_a_correction_is_not_taken_from_before_it(newsroom: Newsroom, editor: Client) -> None:
    with clock.stopped_at(T - HOUR):
        article = await newsroom.publish(await newsroom.draft(), at=wire_instant(T))
        article = await newsroom.publish(await newsroom.edit(article, headline="Right"), **mending(at=wire_instant(T + HOUR)))
        schedule = f"/v1/articles/{article['id']}/schedule"
        first, mend = names(made(await editor.get(schedule))["data"])

        answers = [
            await editor.delete(f"{schedule}/{first}", If_Match="*"),
            await editor.patch(f"{schedule}/{first}", {"at": wire_instant(T + 2 * HOUR)}, If_Match="*"),
            await editor.patch(f"{schedule}/{mend}", {"at": wire_instant(T - SECOND)}, If_Match="*"),
        ]
        left = made(await editor.get(schedule))["data"]
        gone = [(await editor.delete(f"{schedule}/{one}", If_Match="*")).status_code for one in (mend, first)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "nothing-to-correct")] * 3
    assert names(left) == [first, mend]
    assert gone == [204, 204]


async def test_the_correction_of_a_scheduled_publication_comes_moves_and_goes_with_it(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T - HOUR):
        article = await newsroom.article(headline="Wrong")
        article = await newsroom.publish(await newsroom.edit(article, headline="Right"), **mending(at=wire_instant(T + 2 * HOUR)))
        path = f"/v1/articles/{article['id']}"
        (coming,) = made(await newsroom.desk.get(f"{path}/schedule"))["data"]
        later = await newsroom.publish(await newsroom.edit(article, headline="Later"), at=wire_instant(T + 4 * HOUR))
        made(await newsroom.desk.patch(f"{path}/schedule/{coming['id']}", {"at": wire_instant(T)}, If_Match="*"))

    for address in ("/v1/corrections", f"{path}/corrections"):
        assert await told(reader, address, T - SECOND) == []
        assert names(await told(reader, address, T), "at") == names(await told(reader, address, T + 5 * HOUR), "at") == [wire_instant(T)]
    with clock.stopped_at(T - SECOND):
        limit = (await reader.get("/v1/corrections")).headers["Cache-Control"]
        await newsroom.desk.delete(f"{path}/schedule/{coming['id']}", If_Match="*")
    assert "s-maxage=1," in limit
    assert await told(reader, at=T + HOUR) == await told(reader, f"{path}/corrections", T + 5 * HOUR) == []
    with clock.stopped_at(T + 5 * HOUR):
        assert (await reader.get(path)).json()["headline"] == later["headline"] == "Later"


async def test_the_correction_of_what_readers_do_not_see_is_not_told(newsroom: Newsroom, reader: Client, editor: Client) -> None:
    article = await corrected(newsroom)
    path = f"/v1/articles/{article['id']}"

    with clock.stopped_at(T + HOUR):
        before = await told(reader)
        made(await editor.post(f"{path}/unpublish", {}, If_Match="*"))
        hidden = (await reader.get("/v1/corrections")).json()["data"]
    with clock.stopped_at(T + 2 * HOUR):
        then = made(await reader.get(f"/v1/corrections?as_of={wire_instant(T)}"))["data"]
        made(await editor.post(f"{path}/takedown", {"reason": "legal", "note": "A court."}, If_Match="*"))
        taken_down = [
            (await reader.get(address)).json() for address in (f"/v1/corrections?as_of={wire_instant(T)}", f"{path}/corrections")
        ]  # fmt: skip

    assert (len(before), hidden, names(then)) == (1, [], names(before))
    assert (taken_down[0]["data"], taken_down[1]["status"]) == ([], 410)


async def test_corrections_obey_as_of(newsroom: Newsroom, reader: Client) -> None:
    article = await corrected(newsroom)
    path = f"/v1/articles/{article['id']}"

    before, after = wire_instant(T - SECOND), wire_instant(T)

    assert await told(reader, f"{path}/corrections?as_of={before}") == await told(reader, f"/v1/corrections?as_of={before}") == []
    assert len(await told(reader, f"{path}/corrections?as_of={after}")) == len(await told(reader, f"/v1/corrections?as_of={after}")) == 1
    with clock.stopped_at(T + HOUR):
        assert made(await reader.get(f"{path}?as_of={before}"))["corrections"] == []
        assert (await reader.get(f"/v1/corrections?as_of={wire_instant(T + 2 * HOUR)}")).status_code == 401


async def test_the_list_is_filtered_and_paged_at_the_same_cost(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    world = await newsroom.section("World")
    europe = await newsroom.section("Europe", parent=world["id"])
    found = [
        await corrected(newsroom, at=T + number * SECOND, section=place) for number, place in enumerate([world["id"], europe["id"], None])
    ]
    with clock.stopped_at(T + HOUR):
        await newsroom.publish(found[2], **mending("See also.", "clarification"))
        await reader.get("/v1/articles")

        newest = names(await reader.all_pages("/v1/corrections?limit=1"), "at")
        counts = {
            asked: len((await reader.get(f"/v1/corrections?{asked}")).json()["data"])
            for asked in (
                "section=world",
                "section=europe",
                "kind=clarification",
                "kind=clarification,correction",
                f"article={found[2]['id']}",
            )
        }
        wrong = [await reader.get(f"/v1/corrections?{asked}") for asked in ("kind=apology", "section=nowhere", "article=no-id")]
        for asked, most in (("limit=1", 2), ("limit=100", 2), ("section=world", 3)):
            with statements.counted(most):
                await reader.get(f"/v1/corrections?{asked}")
        with statements.counted(1):
            await reader.get(f"/v1/articles/{found[0]['id']}/corrections")

    assert newest == sorted(newest, reverse=True)
    assert list(counts.values()) == [2, 1, 1, 4, 2]
    assert {answer.status_code for answer in wrong} <= {400, 422}


async def test_a_minor_edit_moves_neither_updated_at_nor_the_order_of_any_list(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T - HOUR):
        first = await newsroom.article(headline="First ferry")
    with clock.stopped_at(T - HOUR / 2):
        second = await newsroom.article(headline="Second ferry")
    lists = ["", "?sort=updated_at", "?sort=-updated_at", "?sort=first_published_at", "?q=ferry", "?q=ferry&sort=published_at"]
    with clock.stopped_at(T):
        before = [names((await reader.get(f"/v1/articles{asked}")).json()["data"]) for asked in lists]

        await newsroom.publish(await newsroom.edit(first, headline="First ferry, spelt right"), significance="minor")

        after = [names((await reader.get(f"/v1/articles{asked}")).json()["data"]) for asked in lists]
    assert after == before
    assert second["id"] in before[0]
