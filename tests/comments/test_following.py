"""A discussion is followed from a number on: what is new, changed and gone, and nothing that readers were never told of."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.comments.threads import following
from app.core import clock, ids
from app.events.models import Event
from app.events.retention import forget
from tests.newsroom import Client, Newsroom, Statements, Wire, by_chance, made, names
from tests.plans import a_long_log, plan_with_values


async def changes(reader: Client, discussion: Any, since: int | None = None, **query: Any) -> Wire:
    asked = {"since": since, **query}
    told = "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)
    return made(await reader.get(f"{discussion.address}/changes?{told}"))


async def test_what_is_new_changed_and_gone_is_told_once(newsroom: Newsroom, reader: Client, discussion: Any) -> None:
    stays, goes = await discussion.post(), await discussion.post()
    begin = await changes(reader, discussion)
    assert (begin["new"], begin["changed"], begin["removed"]) == ([], [], [])

    fresh = await discussion.post(stays)
    fleeting = await discussion.post()
    await discussion.moderate(goes, "reject")
    await discussion.moderate(fleeting, "reject")
    made(await reader.put(f"/v1/comments/{stays['id']}/vote", {"vote": "up"}))
    told = await changes(reader, discussion, begin["next_since"])

    assert (names(told["new"]), names(told["changed"]), told["removed"]) == ([fresh["id"]], [stays["id"]], [goes["id"]])
    assert told["new"][0]["html"] == fresh["html"]
    assert (told["changed"][0]["votes"]["up"], told["count"]) == (1, 2)
    after = await changes(reader, discussion, told["next_since"])
    assert (after["new"], after["changed"], after["removed"]) == ([], [], [])
    assert after["next_since"] == told["next_since"]


async def test_a_discussion_older_than_the_log_is_followed_from_where_that_begins(
    newsroom: Newsroom, reader: Client, discussion: Any
) -> None:
    comment = await discussion.post()
    async with newsroom.database.writing() as session:
        await session.execute(update(Event).values(at=clock.now() - timedelta(days=31)))
    await newsroom.tag("Young")
    await forget(newsroom.database, 30)

    begin = await changes(reader, discussion)
    quiet = await changes(reader, discussion, begin["next_since"])
    made(await reader.put(f"/v1/comments/{comment['id']}/vote", {"vote": "up"}))
    told = await changes(reader, discussion, quiet["next_since"])

    assert (begin["count"], quiet["changed"], names(told["changed"])) == (1, [], [comment["id"]])


async def test_what_readers_do_not_see_is_not_told_of(newsroom: Newsroom, reader: Client, moderated: Any) -> None:
    begin = (await changes(reader, moderated))["next_since"]
    held, refused = await moderated.post(), await moderated.post()
    await moderated.moderate(refused, "reject")

    quiet = await changes(reader, moderated, begin)
    await moderated.moderate(held, "approve")
    told = await changes(reader, moderated, begin)

    assert (quiet["new"], quiet["removed"], quiet["next_since"]) == ([], [], begin)
    assert (names(told["new"]), told["removed"]) == ([held["id"]], [])


async def test_a_branch_goes_and_comes_back_whole(reader: Client, discussion: Any) -> None:
    root = await discussion.post()
    below = [await discussion.post(root) for _ in range(3)]
    begin = (await changes(reader, discussion))["next_since"]

    await discussion.moderate(root, "reject")
    gone = await changes(reader, discussion, begin)
    await discussion.moderate(root, "approve")
    back = await changes(reader, discussion, gone["next_since"])

    assert sorted(gone["removed"]) == sorted(names([root, *below]))
    assert sorted(names(back["changed"])) == sorted(names([root, *below]))


async def test_many_changes_come_in_pages(reader: Client, discussion: Any) -> None:
    begin = (await changes(reader, discussion))["next_since"]
    posted = [await discussion.post() for _ in range(5)]
    found, since, more = list[str](), begin, True

    while more:
        page = await changes(reader, discussion, since, limit=2)
        found, since, more = [*found, *names(page["new"])], page["next_since"], page["has_more"]

    assert found == names(posted)


async def test_it_is_one_cached_answer_of_three_statements(reader: Client, editor: Client, discussion: Any, statements: Statements) -> None:
    begin = (await changes(reader, discussion))["next_since"]
    await discussion.post()
    address = f"{discussion.address}/changes?since={begin}"

    with statements.counted(3):
        first = await reader.get(address)
    statements.seen.clear()
    again = await reader.get(address)

    assert statements.seen == []
    assert again.content == first.content == (await editor.get(address)).content
    assert (await reader.get(address, If_None_Match=first.headers["ETag"])).status_code == 304
    assert first.headers["Cache-Tag"].startswith(f"comments:{discussion.article['id']},")
    await discussion.post()
    assert len((await reader.get(address)).json()["new"]) == 2


async def test_what_cannot_be_followed_is_begun_anew(newsroom: Newsroom, reader: Client, discussion: Any) -> None:
    begin = (await changes(reader, discussion))["next_since"]
    ahead = await reader.get(f"{discussion.address}/changes?since={10**9}")
    assert (ahead.status_code, ahead.json()["errors"][0]["code"]) == (400, "unknown_seq")

    article = discussion.article
    await newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*")
    assert (await reader.get(f"{discussion.address}/changes?since={begin}")).status_code == 404
    await newsroom.publish(await newsroom.working(article))

    gone = await reader.get(f"{discussion.address}/changes?since={begin}")
    assert (gone.status_code, gone.json()["code"], gone.json()["restart"]) == (410, "changes-gone", discussion.address)
    assert (await changes(reader, discussion, (await changes(reader, discussion))["next_since"]))["new"] == []


@pytest.mark.parametrize("place", ["articles/{id}", "site"])
async def test_what_went_while_the_discussion_was_disabled_is_kept_by_nobody(
    newsroom: Newsroom, reader: Client, discussion: Any, place: str
) -> None:
    """Nobody is told of it while it is disabled: whoever showed it must load the list again."""
    address, goes = f"/v1/comment-policies/{place.format(**discussion.article)}", await discussion.post()
    begin = (await changes(reader, discussion))["next_since"]
    made(await newsroom.desk.patch("/v1/comment-policies/site", {"max_links": 3}, If_Match="*"))
    assert (await changes(reader, discussion, begin))["next_since"] == begin

    made(await newsroom.desk.patch(address, {"state": "disabled"}, If_Match="*"))
    await discussion.moderate(goes, "reject")
    made(await newsroom.desk.patch(address, {"state": None}, If_Match="*"))

    gone = await reader.get(f"{discussion.address}/changes?since={begin}")
    assert (gone.status_code, gone.json()["code"], gone.json()["restart"]) == (410, "changes-gone", discussion.address)
    assert (await changes(reader, discussion, (await changes(reader, discussion))["next_since"]))["removed"] == []


@pytest.mark.parametrize("moves", ["article", "section"])
async def test_so_is_what_went_while_the_article_stood_where_discussions_are_disabled(
    newsroom: Newsroom, reader: Client, discussion: Any, moves: str
) -> None:
    silent, own = await newsroom.section("Silent"), await newsroom.section("Own")
    made(await newsroom.desk.patch(f"/v1/comment-policies/sections/{silent['id']}", {"state": "disabled"}, If_Match="*"))

    async def stand_in(section: str | None) -> None:
        if moves == "section":
            made(await newsroom.desk.patch(f"/v1/sections/{own['id']}", {"parent": section}, If_Match="*"))
        else:
            made(await newsroom.desk.patch(f"/v1/articles/{discussion.article['id']}", {"section": section or own["id"]}, If_Match="*"))
            made(await newsroom.desk.post(f"/v1/articles/{discussion.article['id']}/publish", {}, If_Match="*"))

    made(await newsroom.desk.patch(f"/v1/articles/{discussion.article['id']}", {"section": own["id"]}, If_Match="*"))
    made(await newsroom.desk.post(f"/v1/articles/{discussion.article['id']}/publish", {}, If_Match="*"))
    goes = await discussion.post()
    begin = (await changes(reader, discussion))["next_since"]

    await stand_in(silent["id"])
    await discussion.moderate(goes, "reject")
    await stand_in(None)

    assert (await reader.get(f"{discussion.address}/changes?since={begin}")).status_code == 410
    assert (await changes(reader, discussion, (await changes(reader, discussion))["next_since"]))["removed"] == []


@pytest.mark.parametrize("query", ["since=-1", "since=x", "limit=0", "limit=101", "sort=newest"])
async def test_parameters_have_bounds(reader: Client, discussion: Any, query: str) -> None:
    assert (await reader.get(f"{discussion.address}/changes?{query}")).status_code == 400


@by_chance(examples=3)
async def test_a_copy_that_follows_is_the_list(open_discussion: Any, chance: random.Random) -> None:
    """Whoever keeps a copy by the changes has what the list shows, whatever happened between."""
    async with open_discussion() as discussion:
        reader, copy, posted = discussion.newsroom.client(None), dict[str, Wire](), list[Wire]()
        since = (await changes(reader, discussion))["next_since"]
        for _ in range(6):
            for _ in range(chance.randint(1, 4)):
                one = chance.choice(posted) if posted else None
                kind = chance.choice(["post", "post", "reject", "approve", "vote", "delete"])
                if kind == "post" or one is None:
                    answer = await reader.post(
                        discussion.address, {"author": {"name": "R"}, "body": f"{len(posted)}", "parent": one and one["id"]}
                    )
                    posted += [answer.json()] if answer.status_code == 201 else []
                elif kind == "vote":
                    await reader.put(f"/v1/comments/{one['id']}/vote", {"vote": chance.choice(["up", "down"])})
                elif kind == "delete":
                    await discussion.delete(one)
                else:
                    await discussion.newsroom.desk.post(f"/v1/moderation/comments/{one['id']}/{kind}", {}, If_Match="*")
            told = await changes(reader, discussion, since)
            since = told["next_since"]
            copy |= {comment["id"]: comment for comment in (*told["new"], *told["changed"])}
            copy = {name: comment for name, comment in copy.items() if name not in told["removed"]}
            flat = await reader.all_pages(f"{discussion.address}?mode=flat&limit=50")
            assert set(copy) == set(names(flat))
            told_of = ("html", "status", "votes", "author", "version")
            assert {name: [copy[name][each] for each in told_of] for name in copy} == {
                comment["id"]: [comment[each] for each in told_of] for comment in flat
            }
            assert told["count"] == await discussion.count()


async def test_a_long_discussion_is_not_looked_for_through_the_whole_log(newsroom: Newsroom) -> None:
    """With a log of which much is of this discussion: PostgreSQL would take it for one that is met everywhere."""
    article = ids.new()
    await a_long_log(newsroom.database, thread_id=article)

    plan = await plan_with_values(newsroom.database, following._events(article, 1_500, 101))

    assert len([step for step in plan if "ix_events_thread_id_seq" in step]) == 2, plan
    assert not [step for step in plan if "Seq Scan on events" in step or "pk_events" in step or "hashed" in step], plan
