"""Several publications of one article to come: in whichever order they are ordered, moved, called off, under embargo."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock
from app.core.schemas import wire_instant
from tests.articles.test_transitions import planned, settle, told
from tests.newsroom import Client, Newsroom, Statements, Wire, made, names

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOON, EVENING = wire_instant(T), wire_instant(T + 6 * HOUR)


async def shown(newsroom: Newsroom, article: Wire, at: datetime) -> str | None:
    with clock.stopped_at(at):
        answer = await newsroom.client(None).get(f"/v1/articles/{article['id']}")
    headline: str | None = answer.json().get("headline")
    return headline


async def noon_and_evening(newsroom: Newsroom, *, evening_first: bool) -> Wire:
    """An article that readers see, with two more versions scheduled, ordered in this or that order."""
    article = await newsroom.article(headline="Morning")
    versions = [("Noon", NOON), ("Evening", EVENING)]
    for headline, at in reversed(versions) if evening_first else versions:
        article = await newsroom.publish(await newsroom.edit(article, headline=headline), at=at)
    return article


async def schedule(newsroom: Newsroom, article: Wire) -> list[Wire]:
    found: list[Wire] = made(await newsroom.desk.get(f"/v1/articles/{article['id']}/schedule"))["data"]
    return found


@pytest.mark.parametrize("evening_first", [False, True])
async def test_each_version_comes_at_its_moment_in_whichever_order_they_were_ordered(newsroom: Newsroom, evening_first: bool) -> None:
    with clock.stopped_at(T - HOUR):
        article = await noon_and_evening(newsroom, evening_first=evening_first)
        listed = await schedule(newsroom, article)

    moments = {T - SECOND: "Morning", T: "Noon", T + 6 * HOUR - SECOND: "Noon", T + 6 * HOUR: "Evening", T + 99 * HOUR: "Evening"}
    assert {at: await shown(newsroom, article, at) for at in moments} == moments
    assert [(each["at"], each["until"], each["ordered_until"], each["headline"]) for each in listed] == [
        (NOON, EVENING, None, "Noon"), (EVENING, None, None, "Evening"),
    ]  # fmt: skip


@pytest.mark.parametrize("evening_first", [False, True])
async def test_the_dates_of_a_draft_that_is_scheduled_twice_are_those_of_its_first_publication(
    newsroom: Newsroom, reader: Client, evening_first: bool
) -> None:
    with clock.stopped_at(T - HOUR):
        draft = await newsroom.draft(headline="Morning")
        versions = [("Noon", NOON), ("Evening", EVENING)]
        for headline, at in reversed(versions) if evening_first else versions:
            draft = await newsroom.publish(await newsroom.edit(draft, headline=headline), at=at)

    with clock.stopped_at(T + 7 * HOUR):
        page = (await reader.get(f"/v1/articles/{draft['id']}")).json()
        found = names((await reader.get(f"/v1/articles?q=evening&published_at[lte]={NOON}")).json()["data"])
    assert (page["first_published_at"], page["published_at"], page["updated_at"]) == (NOON, NOON, EVENING)
    assert found == [draft["id"]]


async def test_publishing_now_replaces_what_is_scheduled_unless_it_says_otherwise(newsroom: Newsroom) -> None:
    with clock.stopped_at(T - HOUR):
        kept = await noon_and_evening(newsroom, evening_first=False)
        replaced = await noon_and_evening(newsroom, evening_first=False)
        await newsroom.publish(await newsroom.edit(kept, headline="Breaking"), scheduled="keep")
        await newsroom.publish(await newsroom.edit(replaced, headline="Breaking"))

    assert [await shown(newsroom, kept, at) for at in (T - HOUR, T, T + 6 * HOUR)] == ["Breaking", "Noon", "Evening"]
    assert [await shown(newsroom, replaced, at) for at in (T - HOUR, T, T + 6 * HOUR)] == ["Breaking"] * 3


async def test_a_publication_to_come_is_moved_and_called_off_and_what_was_before_it_goes_on(newsroom: Newsroom) -> None:
    with clock.stopped_at(T - HOUR):
        article = await noon_and_evening(newsroom, evening_first=True)
        noon, evening = await schedule(newsroom, article)
        path = f"/v1/articles/{article['id']}/schedule"

        moved = await newsroom.desk.patch(f"{path}/{noon['id']}", {"at": wire_instant(T + HOUR)}, If_Match=f'"{article["version"]}"')
        version = moved.json()["version"]
        called_off = await newsroom.desk.delete(f"{path}/{evening['id']}", If_Match=f'"{version}"')
        left = await schedule(newsroom, article)

    assert (moved.status_code, moved.json()["at"], moved.headers["ETag"]) == (200, wire_instant(T + HOUR), f'"{article["version"] + 1}"')
    assert called_off.status_code == 204
    assert [(each["id"], each["until"]) for each in left] == [(noon["id"], None)]
    assert [await shown(newsroom, article, at) for at in (T, T + HOUR, T + 9 * HOUR)] == ["Morning", "Noon", "Noon"]
    log = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["data"]
    assert [event["type"] for event in log][-2:] == ["article.rescheduled", "article.unscheduled"]
    assert log[-2]["data"] == {"publication": noon["id"], "at": wire_instant(T + HOUR), "until": None, "sections": []}
    assert [event["type"] for event in await told(newsroom, article)] == ["article.published"]


async def test_a_moved_publication_happens_once_and_at_its_new_moment(newsroom: Newsroom) -> None:
    with clock.stopped_at(T - HOUR):
        article = await newsroom.publish(await newsroom.draft(), at=NOON)
        (noon,) = await schedule(newsroom, article)
        address = f"/v1/articles/{article['id']}/schedule/{noon['id']}"
        made(await newsroom.desk.patch(address, {"at": EVENING}, If_Match="*"))

    assert await planned(newsroom) == 1
    for at in (T, T + 6 * HOUR, T + 7 * HOUR):
        with clock.stopped_at(at):
            await asyncio.gather(*(settle(newsroom, article) for _ in range(2)))
    assert [event["data"]["at"] for event in await told(newsroom, article)] == [EVENING]


async def test_what_cannot_be_is_refused_and_what_changes_nothing_is_silent(newsroom: Newsroom) -> None:
    with clock.stopped_at(T - HOUR):
        article = await noon_and_evening(newsroom, evening_first=False)
        noon, evening = await schedule(newsroom, article)
        path = f"/v1/articles/{article['id']}/schedule"
        tries = {
            "past": {"at": wire_instant(T - 2 * HOUR)}, "now": {"at": None}, "backwards": {"until": wire_instant(T - SECOND)},
            "taken": {"at": EVENING}, "same": {"at": NOON, "until": None},
        }  # fmt: skip

        answers = {name: await newsroom.desk.patch(f"{path}/{noon['id']}", body, If_Match="*") for name, body in tries.items()}
        stale = await newsroom.desk.delete(f"{path}/{evening['id']}", If_Match='"1"')
        other = await newsroom.desk.delete(f"{path}/pub_01m82536fhesjaqzv7y0v141hx", If_Match="*")
        rehearsed = await newsroom.desk.delete(f"{path}/{evening['id']}?dry_run=true", If_Match="*")
        after = await newsroom.working(article)
    with clock.stopped_at(T):
        begun = [await newsroom.desk.delete(f"{path}/{noon['id']}", If_Match="*"), await newsroom.desk.get(f"{path}/{noon['id']}")]

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "past": 422, "now": 422, "backwards": 422, "taken": 409, "same": 200,
    }  # fmt: skip
    assert (stale.status_code, other.status_code, rehearsed.status_code) == (412, 404, 204)
    assert after == article
    assert {(answer.status_code, answer.json()["code"]) for answer in begun} == {(409, "publication-begun")}


async def test_an_article_may_have_so_many_publications_to_come_and_no_more(newsroom: Newsroom) -> None:
    with clock.stopped_at(T - HOUR):
        article = await newsroom.draft()
        for number in range(50):
            article = await newsroom.publish(article, at=wire_instant(T + number * HOUR))
            article = await newsroom.edit(article, headline=f"Number {number}")
        answer = await newsroom.desk.post(f"/v1/articles/{article['id']}/publish", {"at": wire_instant(T + 99 * HOUR)}, If_Match="*")

        assert (answer.status_code, answer.json()["code"]) == (409, "schedule-full")
        assert len(await schedule(newsroom, article)) == 50


async def test_the_schedule_is_the_newsrooms_alone_and_costs_the_same_however_long(newsroom: Newsroom, statements: Statements) -> None:
    with clock.stopped_at(T - HOUR):
        article = await noon_and_evening(newsroom, evening_first=False)
        with statements.counted(3):
            listed = await newsroom.desk.get(f"/v1/articles/{article['id']}/schedule")
        stranger = await newsroom.client(None).get(f"/v1/articles/{article['id']}/schedule")
        writer = await newsroom.key("articles:read")
        refused = await writer.delete(f"/v1/articles/{article['id']}/schedule/{listed.json()['data'][0]['id']}", If_Match="*")

    assert listed.headers["Cache-Control"] == "private, no-store"
    assert (stranger.status_code, refused.status_code) == (401, 403)


async def test_an_answer_that_was_kept_before_a_near_schedule_is_not_kept_past_it(newsroom: Newsroom, reader: Client) -> None:
    """It said that it may be kept for a minute; the order says that it changes in ten seconds."""
    with clock.stopped_at(T - 10 * SECOND):
        article = await newsroom.article(headline="Morning")
        path = f"/v1/articles/{article['id']}"
        before = (await reader.get(path)).json()["headline"]
        await newsroom.publish(await newsroom.edit(article, headline="Noon"), at=NOON)
        kept = (await reader.get(path)).headers["Cache-Control"]

    assert (before, await shown(newsroom, article, T)) == ("Morning", "Noon")
    assert "s-maxage=10, stale-while-revalidate=0" in kept


async def test_an_embargo_refuses_what_is_earlier_and_only_that(newsroom: Newsroom, reader: Client) -> None:
    with clock.stopped_at(T - HOUR):
        draft = await newsroom.draft(embargo_until=NOON)
        path = f"/v1/articles/{draft['id']}"
        early = [
            await newsroom.desk.post(f"{path}/publish", order, If_Match="*") for order in ({}, {"at": wire_instant(T - SECOND)})
        ]  # fmt: skip
        article = await newsroom.publish(draft, at=NOON)
        (scheduled,) = await schedule(newsroom, article)
        moved = await newsroom.desk.patch(f"{path}/schedule/{scheduled['id']}", {"at": wire_instant(T - SECOND)}, If_Match="*")
        longer = await newsroom.desk.patch(path, {"embargo_until": EVENING}, If_Match="*")

    for answer in (*early, moved):
        assert (answer.status_code, answer.json()["code"], answer.json()["embargo_until"]) == (409, "article-embargoed", NOON)
        assert NOON in answer.json()["detail"]
    assert draft["embargo_until"] == article["embargo_until"] == NOON
    assert (longer.status_code, longer.json()["errors"][0]["pointer"]) == (409, "#/embargo_until")
    with clock.stopped_at(T):
        for address in (path, "/v1/articles", f"{path}/sections"):
            answer = await reader.get(address)
            assert answer.status_code == 200
            assert "embargo" not in answer.text


async def test_an_embargo_is_content_of_the_working_copy(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(embargo_until="2031-05-01T14:00:00+02:00")

    same = await newsroom.edit(draft, embargo_until=NOON)
    lifted = await newsroom.edit(draft, embargo_until=None)
    stale = await newsroom.desk.patch(f"/v1/articles/{draft['id']}", {"embargo_until": EVENING}, If_Match=f'"{draft["version"]}"')

    assert (draft["embargo_until"], same["version"], lifted["embargo_until"]) == (NOON, draft["version"], None)
    assert (await newsroom.publish(lifted))["status"] == "published"
    assert stale.json()["conflicts"] == [{"pointer": "#/embargo_until", "base": NOON, "theirs": None, "yours": EVENING}]
