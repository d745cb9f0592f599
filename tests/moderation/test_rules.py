"""Rules are tried on what was written before they bite, and then hold just what they say."""

import threading
from typing import Any
from uuid import UUID

import pytest

from app.comments import signals
from app.comments.schemas import uuid_of
from app.core import clock
from app.moderation import trying
from app.screening.kind import Signal
from app.screening.rules import Condition, Rule, Subject, read
from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, made, names, pointers
from tests.plans import NO_SHORT_TABLES, overhearing, plans_of

LINKS = [{"field": "links", "at_least": 1}, {"field": "author", "any_of": ["guest"]}]
LINKED = "Look: https://example.org/a"


async def test_a_trial_says_what_a_rule_would_have_held_and_what_moderators_had_approved(
    newsroom: Newsroom, desk: Desk, editor: Client
) -> None:
    plain = await desk.post()
    shown, approved, refused = [await desk.post(body=f"{LINKED}{number}") for number in range(3)]
    await desk.decide("pending", approved, refused)
    await desk.moderate(approved, "approve")
    await desk.moderate(refused, "spam")
    await desk.moderate(plain, "reject")
    await desk.delete(await desk.post(body=f"{LINKED}4"))
    before = await desk.events(editor)

    found = made(await editor.post("/v1/moderation/rules:test", {"conditions": LINKS}))

    assert (found["examined"], found["matched"], found["by_status"]) == (4, 3, {"approved": 2, "spam": 1})
    assert (found["approved_by_moderators"], found["refused_by_moderators"]) == (1, 1)
    assert found["samples"] == names([refused, approved, shown])
    assert await desk.events(editor) == before
    assert made(await editor.post("/v1/moderation/rules:test", {"conditions": LINKS, "most": 1}))["matched"] == 1
    later = {"conditions": LINKS, "since": refused["created_at"]}
    assert made(await editor.post("/v1/moderation/rules:test", later))["samples"] == [refused["id"]]


async def test_a_trial_may_ask_what_checks_had_said(held: Desk, editor: Client) -> None:
    many = " ".join(f"https://spam{number}.example.org/" for number in range(9))
    linking = await held.post(body=many)
    await held.post(body=LINKED)
    conditions = [{"field": "signal", "any_of": ["links"], "at_least": 0.9}]

    assert made(await editor.post("/v1/moderation/rules:test", {"conditions": conditions}))["samples"] == [linking["id"]]


async def test_a_trial_asks_only_what_a_rule_can_know_when_a_comment_is_posted(newsroom: Newsroom, held: Desk, editor: Client) -> None:
    """Services answer later, and a rule that was tried on what they said would never bite."""
    comment = await held.post(body=LINKED)
    async with newsroom.database.writing() as session:
        await signals.add(session, uuid_of(comment["id"]), [Signal("akismet", 1, "spam", 0.9)], clock.now())

    def tried(check: str) -> Any:
        return editor.post("/v1/moderation/rules:test", {"conditions": [{"field": "signal", "any_of": [check]}]})

    assert [made(await tried(check))["matched"] for check in ("links", "akismet")] == [1, 0]


async def test_a_rule_bites_once_it_is_enabled_and_no_more_once_it_is_not(desk: Desk, editor: Client) -> None:
    rule = made(await editor.post("/v1/moderation/rules", {"name": "Links", "conditions": LINKS}))
    address = f"/v1/moderation/rules/{rule['id']}"
    assert (await desk.post(body=f"{LINKED}1"))["status"] == "approved"

    on = await editor.patch(address, {"enabled": True}, If_Match='"1"')
    waiting = await desk.post(body=f"{LINKED}2")

    assert (on.json()["version"], on.json()["conditions"], waiting["status"]) == (2, LINKS, "pending")
    assert (await desk.post(body="No link at all."))["status"] == "approved"
    (queued,) = await desk.queue(f"signal=rule:{rule['id']}")
    (said,) = [signal for signal in queued["signals"] if signal["check"].startswith("rule:")]
    assert (said["version"], said["detail"]) == (2, {"rule": "Links"})
    made(await editor.patch(address, {"leaning": "spam"}, If_Match='"2"'))
    assert (await desk.post(body=f"{LINKED}3"))["status"] == "spam"
    assert (await editor.delete(address, If_Match="*")).status_code == 204
    assert (await desk.post(body=f"{LINKED}4"))["status"] == "approved"
    assert (await editor.get(address)).status_code == 404


async def test_rules_are_for_those_who_run_comments(newsroom: Newsroom, editor: Client) -> None:
    moderator = await newsroom.key("comments:moderate")
    for path in ("/v1/moderation/rules", "/v1/moderation/rules:test"):
        assert (await moderator.post(path, {"name": "x", "conditions": LINKS})).status_code == 403
    rule = made(await editor.post("/v1/moderation/rules", {"name": "x", "conditions": LINKS}))

    assert names(await editor.all_pages("/v1/moderation/rules?limit=1")) == [rule["id"]]
    again = await editor.patch(f"/v1/moderation/rules/{rule['id']}", {"name": "x"}, If_Match='"1"')
    assert again.json()["version"] == 1
    assert (await editor.patch(f"/v1/moderation/rules/{rule['id']}", {"name": "y"}, If_Match='"7"')).status_code == 412


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ({"field": "links"}, "#/conditions/0"), ({"field": "words"}, "#/conditions/0"), ({"field": "colour"}, "#/conditions/0/field"),
        ({"field": "links", "at_least": -1}, "#/conditions/0/at_least"), ({"field": "links", "at_least": "3"}, "#/conditions/0/at_least"),
        ({"field": "links", "at_least": 3, "at_most": False}, "#/conditions/0/at_most"),
    ],
)  # fmt: skip
async def test_a_condition_that_says_nothing_is_refused(editor: Client, condition: dict[str, Any], pointer: str) -> None:
    answer = await editor.post("/v1/moderation/rules", {"name": "x", "conditions": [condition]})

    assert (answer.status_code, pointers(answer)) == (422, {pointer})


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        ({"field": "links", "at_least": 2}, True), ({"field": "links", "at_least": 3}, False), ({"field": "links", "at_most": 1}, False),
        ({"field": "length", "at_most": 100}, True), ({"field": "capitals", "at_least": 80}, True),
        ({"field": "words", "any_of": ["ferry"]}, True), ({"field": "words", "any_of": ["fer"]}, False),
        ({"field": "words", "any_of": ["fer*"]}, True), ({"field": "name", "any_of": ["ann"]}, True),
        ({"field": "author", "any_of": ["member", "staff"]}, False), ({"field": "author", "any_of": ["guest"]}, True),
        ({"field": "signal", "any_of": ["words"], "at_least": 0.5}, True), ({"field": "signal", "any_of": ["bayes"]}, False),
    ],
)  # fmt: skip
def test_a_condition_is_true_of_what_it_says(condition: dict[str, Any], *, applies: bool) -> None:
    text = "THE NIGHT FERRY RETURNS TO THE SOUND"
    subject = Subject("Ann", "guest", text, f"<p>{text}</p>", 2, [Signal("words", 1, "hold", 0.7)])

    rule = Rule(UUID(int=1), "x", 1, "hold", (read(condition),))

    assert rule.applies(subject) is applies


def test_all_conditions_must_be_true_and_none_is_no_rule() -> None:
    subject = Subject("Ann", "guest", "x", "<p>x</p>", 0)
    true, false = Condition("links", at_most=0), Condition("links", at_least=1)

    found = [Rule(UUID(int=1), "x", 1, "hold", each).applies(subject) for each in ((true,), (true, false), (true, true), ())]

    assert found == [True, False, True, False]


async def test_a_trial_keeps_nobody_else_waiting(newsroom: Newsroom, desk: Desk) -> None:
    """What is searched is long, and readers are served by the thread that everything else runs in."""
    await desk.post()
    threads = set[int]()

    class Watched(Rule):
        def applies(self, subject: Subject) -> bool:
            threads.add(threading.get_ident())
            return super().applies(subject)

    rule = Watched(UUID(int=0), "", 1, "hold", (Condition("length", at_least=1),))
    async with newsroom.database.reading() as session:
        trial = await trying.attempt(session, rule, most=10, since=None)

    assert trial.matched == 1
    assert threads
    assert threading.get_ident() not in threads


async def test_a_trial_walks_back_from_the_newest_and_sorts_no_others(newsroom: Newsroom, desk: Desk) -> None:
    """Each state along its index: all that was ever written would be sorted for every few hundred comments else."""
    await desk.post()
    rule = Rule(UUID(int=1), "tried", 1, "hold", (read({"field": "links", "at_least": 1}),))
    with overhearing(newsroom.database) as said:
        async with newsroom.database.reading() as session:
            await trying.attempt(session, rule, most=10, since=None)

    plan = (await plans_of(newsroom.database, said, without=NO_SHORT_TABLES))[0]

    assert plan.count("ix_comments_status_created_at_id") == 4, plan
