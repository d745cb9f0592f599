"""Many comments are decided about at once, and that can be taken back."""

from typing import Any

from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, made, names


async def test_each_comment_of_a_batch_stands_for_itself(newsroom: Newsroom, held: Desk, desk: Desk) -> None:
    fresh, stale, gone, same = await held.post(), await held.post(), await desk.post(), await held.post()
    await held.moderate(stale, "approve")
    await desk.delete(gone)
    await held.moderate(same, "spam")
    unknown = {"id": "cmt_01m82536fhesjaqzv7y0v141hx", "version": 1}

    batch = await held.decide("spam", fresh, stale, gone, same, unknown, code="spam")

    assert [one["outcome"] for one in batch["results"]] == ["changed", "refused", "refused", "unchanged", "refused"]
    assert (batch["changed"], batch["unchanged"], batch["refused"]) == (1, 1, 3)
    assert batch["results"][0] == {
        "comment": fresh["id"], "outcome": "changed", "from_status": "pending", "to_status": "spam", "version": 2, "problem": None,
    }  # fmt: skip
    problems = [one["problem"]["code"] for one in batch["results"] if one["problem"]]
    assert problems == ["version-mismatch", "comment-deleted", "comment-not-found"]
    assert [await held.state(one) for one in (fresh, stale, gone, same)] == ["spam", "approved", "deleted", "spam"]
    kept = made(await newsroom.desk.get(f"/v1/moderation/batches/{batch['id']}"))
    assert (kept["verdict"], names(kept["results"], "comment")) == ("spam", [fresh["id"]])


async def test_a_rehearsal_says_what_would_become_of_each_and_keeps_nothing(held: Desk, editor: Client) -> None:
    one, other = await held.post(), await held.post()
    before = await held.events(editor)

    rehearsed = await held.decide("approved", one, other, query="?dry_run=true")

    assert (rehearsed["changed"], [each["to_status"] for each in rehearsed["results"]]) == (2, ["approved", "approved"])
    assert (names(await held.queue()), await held.count()) == (names([one, other]), 0)
    assert await held.events(editor) == before
    assert (await editor.get(f"/v1/moderation/batches/{rehearsed['id']}")).status_code == 404


async def test_an_undo_gives_each_its_state_back_and_can_be_undone(held: Desk, desk: Desk, editor: Client) -> None:
    waiting, shown = await held.post(), await desk.post()
    below = await desk.post(shown)
    batch = await held.decide("rejected", waiting, shown)
    assert (await desk.count(), await desk.roots()) == (0, [])

    back = await held.undo(batch)

    assert ([one["to_status"] for one in back["results"]], await desk.count()) == (["pending", "approved"], 2)
    assert (await editor.get(f"/v1/comments/{below['id']}")).status_code == 200
    again = await held.undo(back)
    assert ([one["to_status"] for one in again["results"]], await desk.count()) == (["rejected", "rejected"], 0)
    decisions = made(await editor.get(f"/v1/moderation/comments/{shown['id']}/decisions"))["data"]
    assert [one["batch"] for one in decisions] == [batch["id"], back["id"], again["id"]]
    assert [one["undoes"] for one in decisions] == [None, decisions[0]["id"], decisions[1]["id"]]


async def test_what_happened_since_is_not_undone(held: Desk, editor: Client) -> None:
    edited, judged, left = await held.post(), await held.post(), await held.post()
    batch = await held.decide("approved", edited, judged, left)
    await editor.patch(f"/v1/comments/{edited['id']}", {"body": "Something else."}, If_Match="*")
    await held.moderate(judged, "spam")

    back = await held.undo(batch)
    twice = await held.undo(batch)

    assert {one["comment"]: one["outcome"] for one in back["results"]} == {
        edited["id"]: "refused", judged["id"]: "refused", left["id"]: "changed",
    }  # fmt: skip
    assert (twice["id"], twice["changed"]) == (None, 0)
    assert [await held.state(one) for one in (edited, judged, left)] == ["approved", "spam", "pending"]


async def test_a_batch_that_changes_nothing_has_no_id_and_makes_no_event(desk: Desk, editor: Client) -> None:
    comment = await desk.post()
    before = await desk.events(editor)

    batch = await desk.decide("approved", comment, comment)

    assert (batch["id"], batch["unchanged"]) == (None, 2)
    assert await desk.events(editor) == before


async def test_a_comment_that_is_named_twice_is_decided_once(held: Desk) -> None:
    comment = await held.post()

    batch = await held.decide("approved", comment, comment)

    assert [one["outcome"] for one in batch["results"]] == ["changed", "unchanged"]
    assert await held.count() == 1


async def test_a_batch_is_repeated_with_its_key_and_refused_where_it_makes_no_sense(held: Desk, editor: Client, newsroom: Newsroom) -> None:
    comment = await held.post()
    order: Any = {"verdict": "approved", "comments": [{"id": comment["id"]}]}

    first = await editor.post("/v1/moderation/batches", order, Idempotency_Key="one")
    again = await editor.post("/v1/moderation/batches", order, Idempotency_Key="one")

    assert first.json() == again.json()
    wrongs: list[Any] = [{"comments": []}, {"verdict": "deleted"}, {"verdict": "erased"}, {"code": "ugly"}, {"statement": ""}]
    for wrong in wrongs:
        assert (await editor.post("/v1/moderation/batches", {**order, **wrong})).status_code == 422, wrong
    assert (await (await newsroom.key("comments:read")).post("/v1/moderation/batches", order)).status_code == 403


async def test_whoever_holds_a_comment_back_takes_it_from_readers_with_what_stands_under_it(desk: Desk, editor: Client) -> None:
    root = await desk.post()
    await desk.post(root)

    assert (await desk.moderate(root, "hold"))["status"] == "pending"

    assert (await desk.count(), names(await desk.queue())) == (0, [root["id"]])
    await desk.moderate(root, "approve")
    assert await desk.count() == 2
    assert [event["type"] for event in await desk.events(editor) if event["object"]["id"] == root["id"]] == [
        "comment.created", "comment.held", "comment.approved",
    ]  # fmt: skip


async def test_every_reason_has_a_sentence(editor: Client) -> None:
    reasons = made(await editor.get("/v1/moderation/reasons"))["data"]

    assert len(reasons) > 10
    assert all(one["statement"].endswith(".") for one in reasons)
