"""Checks say what they find; it is kept with the comment, shown to moderators, and decides."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.comments import posting, schemas
from app.comments.models import Comment
from app.core import clock, ids
from app.core.html import to_text
from app.events.models import READER
from app.policies.kind import Policy
from app.readers.kind import Commenter
from app.screening import checks, marks
from app.screening.bounds import Bounds, Rate
from app.screening.checks import Check, host_of
from app.screening.kind import Submission
from app.screening.models import APPROVED, CommentMark
from app.worker import sweep
from tests.newsroom import Client, Newsroom, made

LONG = (
    "The harbour master told us last winter that the ferry would never again be late, and now the second boat lies at the quay "
    "with a broken shaft while everybody waits in the rain for the third one to come back from the yard."
)


def case(body: str = "x", html: str = "<p>x</p>", past: marks.Past | None = None, **policy: Any) -> checks.Case:
    submission = Submission(ids.new(), ids.new(), Commenter(), "A reader", body, html, to_text(html), clock.now())
    return checks.Case(submission, Policy(**policy), Bounds(), marks.Marks(), past or marks.Past())


async def test_more_links_than_the_policy_allows_wait_and_moderators_see_why(forum: Any) -> None:
    few = await forum.post("Look at https://one.example/a and <https://one.example/b>.")
    many = await forum.post("[a](https://one.example) [b](https://two.example) www.three.example <https://four.example/?x=1&y=2>")

    assert (await forum.status(few), await forum.status(many)) == ("approved", "pending")
    assert (await forum.signals(few))["links"] | {"at": None} == {
        "check": "links", "version": 1, "leaning": "pass", "score": 0.4, "detail": {"links": 2, "hosts": ["one.example"]}, "at": None,
    }  # fmt: skip
    found = (await forum.signals(many))["links"]
    assert (found["leaning"], found["detail"]["links"]) == ("hold", 4)
    assert found["detail"]["hosts"] == ["four.example", "one.example", "two.example", "www.three.example"]


async def test_what_checks_say_is_for_moderators_alone(forum: Any, reader: Client, newsroom: Newsroom) -> None:
    held = await forum.post("https://a.example https://b.example https://canary.example")
    path = f"/v1/moderation/comments/{schemas.comment_id(held)}/signals"

    assert (await reader.get(path)).status_code == 401
    assert (await (await newsroom.key("articles:read")).get(path)).status_code == 403
    assert (await (await newsroom.key("comments:read")).get(path)).headers["Cache-Control"] == "private, no-store"
    for public in (f"/v1/articles/{forum.article['id']}/comments", "/v1/changes?limit=100", f"/v1/articles/{forum.article['id']}"):
        assert "canary.example" not in (await reader.get(public)).text


@pytest.mark.parametrize("place", ["account", "address", "network", "thread"])
async def test_who_posts_too_often_waits_until_the_time_is_over(forum: Any, place: str) -> None:
    forum.bounds = dataclasses.replace(forum.bounds, **{place: Rate(3, timedelta(minutes=10))})
    member, elsewhere = ids.new(), Commenter("member", ids.new(), address_digest="far", network_digest="away")
    mine = Commenter("member", member, address_digest="here", network_digest="near")

    first = [await forum.post(f"{number}", mine) for number in range(4)]
    other = "approved" if place == "thread" else await forum.status(await forum.post("other", elsewhere))
    with clock.stopped_at(clock.now() + timedelta(minutes=11)):
        later = await forum.post("later", mine)

    assert [await forum.status(comment) for comment in first] == ["approved"] * 3 + ["pending"]
    assert (await forum.signals(first[3]))["rates"]["detail"] == {"over": {place: {"most": 3, "seconds": 600}}}
    assert (other, await forum.status(later)) == ("approved", "approved")


async def test_a_text_that_its_author_posts_again_waits_and_so_does_one_that_many_post(forum: Any, visitor: Any) -> None:
    once, again = await forum.post(LONG), await forum.post(LONG.upper() + "!!")
    others = [await forum.post("Buy this at once, my friends", visitor(f"address {number}")) for number in range(5)]
    short = [await forum.post("Well said.") for _ in range(5)]

    assert (await forum.status(once), await forum.status(again)) == ("approved", "pending")
    assert (await forum.signals(again))["copies"]["detail"] == {"copies": 1, "own": 1}
    assert [await forum.status(comment) for comment in others] == ["approved"] * 3 + ["pending"] * 2
    assert {await forum.status(comment) for comment in short} == {"approved"}


async def test_much_the_same_text_waits(forum: Any, visitor: Any) -> None:
    await forum.post(LONG, visitor("one"))

    alike = await forum.post(LONG.replace("last winter", "this winter"), visitor("two"))
    other = await forum.post(LONG[::-1].replace(" ", " the "), visitor("three"))

    assert (await forum.status(alike), await forum.status(other)) == ("pending", "approved")
    assert (await forum.signals(alike))["near_copies"]["detail"]["likeness"] >= 0.75


async def test_the_first_comments_of_an_author_wait_where_the_policy_wants_it() -> None:
    for approved, held in ((0, True), (1, True), (2, False)):
        finding = checks.new_author(case(past=marks.Past(counts={"approved": approved}), hold_first=2))
        assert (finding is not None and finding.leaning == "hold") is held
    assert checks.new_author(case()) is None


async def test_what_a_moderator_approved_counts_for_its_author(forum: Any, newsroom: Newsroom, visitor: Any) -> None:
    held = await forum.post("https://a.example https://b.example https://c.example")

    async def approved() -> int:
        async with newsroom.database.reading() as session:
            lookup, values = marks.looking_back(marks.marks_of(visitor(), [], forum.bounds.key), forum.bounds, clock.now())
            return marks.seen(await session.ask(lookup, **values)).counts["approved"]

    before = await approved()
    await forum.moderate(held, "approve")
    after = await approved()
    await forum.moderate(held, "reject")

    assert (before, after, await approved()) == (0, 1, 0)


async def _row(session: Any, comment: Any) -> Any:
    return await session.get_one(Comment, comment)


def test_a_check_that_breaks_holds_new_authors_and_no_others() -> None:
    def broken(_case: checks.Case) -> checks.Finding | None:
        raise ZeroDivisionError

    check = Check("broken", 7, broken)
    for approved, leaning in ((0, "hold"), (1, "pass")):
        signal = checks.run(check, case(past=marks.Past(counts={"approved": approved})))
        assert signal is not None
        assert (signal.check, signal.version, signal.leaning, signal.detail) == ("broken", 7, leaning, {"failed": "ZeroDivisionError"})


async def test_checks_cost_one_statement_and_what_they_say_one_more(forum: Any, statements: Any) -> None:
    unchecked, body = posting.Origin(Commenter(address_digest="x")), "https://a.example " + LONG

    async def post(origin: posting.Origin) -> int:
        order = schemas.CommentCreate.model_validate({"author": {"name": "A reader"}, "body": body})
        with statements.counted(30):
            async with forum.newsroom.database.writing() as session:
                article = ids.decode("art", forum.article["id"])
                assert article is not None
                await posting.post_comment(session, article, order, by=READER, origin=origin)
        return len(statements.seen)

    await forum.post("By now the lists are known.")
    plain = await post(unchecked)
    checked = await post(posting.Origin(Commenter(address_digest="x"), bounds=forum.bounds))

    assert checked <= plain + 3


async def test_a_check_can_be_left_out(forum: Any) -> None:
    forum.bounds = Bounds(off=frozenset({"links"}))

    many = await forum.post("https://a.example https://b.example https://c.example")

    assert (await forum.status(many), await forum.signals(many)) == ("approved", {})


async def test_marks_are_forgotten_but_not_that_a_member_is_known(forum: Any, newsroom: Newsroom, settings: Any) -> None:
    member = Commenter("member", ids.new(), address_digest="here")
    await forum.post(LONG, member)
    await forum.post("A guest says this and that", Commenter(address_digest="there"))

    async def kept() -> list[tuple[int, int | None]]:
        async with newsroom.database.reading() as session:
            rows = await session.execute(select(CommentMark.kind, CommentMark.value))
            return [(row.kind, row.value) for row in rows]

    assert len(await kept()) > 8
    with clock.stopped_at(clock.now() + timedelta(days=settings.comment_mark_days + 1)):
        await sweep(newsroom.database, settings)

    assert await kept() == [(APPROVED, 1)]


async def test_signals_and_marks_go_with_their_article(forum: Any, editor: Client, newsroom: Newsroom) -> None:
    await forum.post("https://a.example " + LONG)
    article = await newsroom.working(forum.article)
    assert (await editor.delete(f"/v1/articles/{article['id']}", If_Match="*")).status_code in {200, 204}

    purged = await editor.post(f"/v1/articles/{article['id']}/purge", If_Match="*")

    assert purged.status_code in {200, 204}, purged.text
    async with newsroom.database.reading() as session:
        assert (await session.scalar(select(func.count()).select_from(CommentMark))) == 0


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://Example.org:80/x", "example.org"),
        ("www.example.org/x", "www.example.org"),
        ("http://[::1", ""),
        ("https://u@e.org.", "e.org"),
    ],
)
def test_the_host_of_an_address(address: str, host: str) -> None:
    assert host_of(address) == host


async def test_an_ordinary_guest_is_not_held(reader: Client, newsroom: Newsroom) -> None:
    article = await newsroom.article()

    answer = await reader.post(f"/v1/articles/{article['id']}/comments", {"author": {"name": "A reader"}, "body": LONG})

    assert (answer.status_code, made(answer)["status"]) == (201, "approved")
