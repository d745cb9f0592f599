"""People report comments, are told what was decided about their own, and appeal once."""

from typing import Any

import pytest
from sqlalchemy import select

from app.comments.people import erasing
from app.core import clock
from app.moderation.models import Report
from app.readers import forgetting
from tests.moderation.conftest import Desk
from tests.newsroom import Client, Newsroom, made, names


async def test_a_report_is_one_however_often_it_is_sent(newsroom: Newsroom, desk: Desk, reader: Client, editor: Client) -> None:
    comment = await desk.post()
    address = f"/v1/comments/{comment['id']}/report"

    first = await reader.put(address, {"code": "insult"})
    again = await reader.put(address, {"code": "insult"})
    other = await reader.put(address, {"code": "hate", "note": "He means us."})
    made(await editor.put(address, {"code": "spam"}))

    assert (first.json(), first.headers["Cache-Control"]) == (again.json(), "private, no-store")
    assert (other.json()["code"], other.json()["at"], other.json()["status"]) == ("hate", first.json()["at"], "open")
    (waiting,) = await desk.queue("reported=true")
    assert (waiting["id"], waiting["reports"]) == (comment["id"], {"open": 2, "codes": {"hate": 1, "spam": 1}})
    received = made(await editor.get(f"/v1/moderation/comments/{comment['id']}/reports"))["data"]
    assert [(one["by"], one["code"], one["note"]) for one in received] == [("key", "spam", None), ("guest", "hate", "He means us.")]
    assert [event["type"] for event in await desk.events(editor)].count("comment.reported") == 2
    assert "comment.reported" not in str(await desk.events(reader))
    assert (await reader.delete(address)).status_code == 204
    assert (await desk.queue("reported=true"))[0]["reports"]["open"] == 1


async def test_what_readers_do_not_see_is_not_reported(held: Desk, reader: Client) -> None:
    comment = await held.post()

    assert (await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"})).status_code == 404


async def test_where_no_words_are_left_nothing_is_reported(newsroom: Newsroom, desk: Desk, reader: Client, editor: Client) -> None:
    comment = await desk.post()
    await desk.post(comment)
    await desk.delete(comment)

    answer = await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult", "note": "I know who that was."})

    assert (await reader.get(f"/v1/comments/{comment['id']}")).json()["status"] == "deleted"
    assert (answer.status_code, answer.json()["code"]) == (404, "comment-not-found")
    assert made(await editor.get(f"/v1/moderation/comments/{comment['id']}/reports"))["data"] == []


@pytest.mark.parametrize(("verdict", "outcome"), [("approve", "approved"), ("reject", "rejected")])
async def test_a_decision_settles_reports_whichever_it_is(desk: Desk, reader: Client, editor: Client, verdict: str, outcome: str) -> None:
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))

    await desk.moderate(comment, verdict, reason="Looked at.")

    assert await desk.queue("reported=true") == []
    (report,) = made(await editor.get(f"/v1/moderation/comments/{comment['id']}/reports"))["data"]
    assert (report["status"], report["outcome"]) == ("settled", outcome)
    (entry,) = made(await editor.get("/v1/moderation/log"))["data"]
    assert (entry["action"], entry["reason"]) == ("reports_settled" if verdict == "approve" else "rejected", "Looked at.")


@pytest.mark.parametrize("whose", ["key", "author", "bulk"])
async def test_a_comment_that_is_deleted_leaves_no_report_open(desk: Desk, reader: Client, editor: Client, whose: str) -> None:
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))
    address, token = f"/v1/comments/{comment['id']}", {"X_Claim_Token": comment["claim_token"]}

    if whose == "author":
        await reader.delete(f"/v1/me/comments/{comment['id']}", If_Match="*", **token)
    elif whose == "bulk":
        made(await editor.post("/v1/bulk", {"operations": [{"method": "DELETE", "path": address, "if_match": "*"}]}))
    else:
        await desk.delete(comment)

    assert await desk.queue("reported=true&status=approved,pending,deleted") == []
    (kept,) = made(await editor.get(f"/v1/moderation/comments/{comment['id']}/reports"))["data"]
    assert (kept["status"], kept["outcome"]) == ("settled", "deleted")


async def test_a_report_that_was_settled_is_opened_by_no_withdrawal(desk: Desk, reader: Client, editor: Client) -> None:
    comment = await desk.post()
    address = f"/v1/comments/{comment['id']}/report"
    made(await reader.put(address, {"code": "insult"}))
    await desk.moderate(comment, "approve")

    assert (await reader.delete(address)).status_code == 204
    again = made(await reader.put(address, {"code": "hate"}))

    assert (again["status"], await desk.queue("reported=true")) == ("settled", [])
    assert [event["type"] for event in await desk.events(editor)].count("comment.reported") == 1


async def test_who_lets_stand_what_was_edited_since_settles_nothing(desk: Desk, reader: Client, editor: Client) -> None:
    """What people have against words that the moderator has not seen waits for somebody who has."""
    comment = await desk.post()
    await editor.patch(f"/v1/comments/{comment['id']}", {"body": "Something else."}, If_Match="*")
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))

    kept = await desk.moderate(comment, "approve", match='"1"')

    assert (kept["version"], names(await desk.queue("reported=true"))) == (2, [comment["id"]])
    await desk.moderate(comment, "approve", match='"2"')
    assert await desk.queue("reported=true") == []


async def test_an_undo_opens_reports_again(desk: Desk, reader: Client) -> None:
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))
    batch = await desk.decide("rejected", comment)

    await desk.undo(batch)

    assert names(await desk.queue("reported=true")) == [comment["id"]]
    assert names(await desk.queue("reported=false&status=approved")) == []


async def test_an_undo_opens_no_reports_of_what_was_deleted_since(desk: Desk, reader: Client) -> None:
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))
    batch = await desk.decide("approved", comment)
    await desk.delete(comment)

    undone = await desk.undo(batch)

    assert (undone["refused"], await desk.queue("reported=true&status=deleted")) == (1, [])


async def test_what_checks_decide_of_edited_words_leaves_reports_to_a_moderator(desk: Desk, reader: Client, editor: Client) -> None:
    made(await editor.post("/v1/moderation/word-lists", {"name": "Never", "terms": ["viagra"], "leaning": "reject"}))
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))

    token = {"X_Claim_Token": comment["claim_token"]}
    made(await reader.patch(f"/v1/me/comments/{comment['id']}", {"body": "viagra"}, If_Match="*", **token))

    assert names(await desk.queue("reported=true&status=rejected")) == [comment["id"]]


async def test_reports_that_are_settled_together_are_opened_together(desk: Desk, reader: Client, editor: Client) -> None:
    """Also where the comment stands as it stood: whoever let it stand by mistake takes that back."""
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))

    batch = await desk.decide("approved", comment)

    assert (batch["changed"], await desk.queue("reported=true")) == (0, [])
    assert made(await editor.get(f"/v1/moderation/batches/{batch['id']}"))["results"] == batch["results"]
    await desk.undo(batch)
    assert names(await desk.queue("reported=true")) == [comment["id"]]


async def test_a_notice_of_illegal_content_is_kept_as_data_and_its_sender_sealed(
    newsroom: Newsroom, desk: Desk, reader: Client, editor: Client
) -> None:
    comment = await desk.post()
    address = f"/v1/comments/{comment['id']}/report"
    notice = {"explanation": "It names a witness.", "law": "§ 126a", "name": "Ida Holm", "email": "ida@example.org", "good_faith": True}

    bare = await reader.put(address, {"code": "illegal"})
    misplaced = await reader.put(address, {"code": "insult", "notice": notice})
    faithless = await reader.put(address, {"code": "illegal", "notice": {**notice, "good_faith": False}})
    made(await reader.put(address, {"code": "illegal", "notice": notice}))

    assert (bare.status_code, misplaced.status_code, faithless.status_code) == (422, 422, 422)
    (received,) = made(await editor.get(f"/v1/moderation/comments/{comment['id']}/reports"))["data"]
    assert received["notice"] == notice
    async with newsroom.database.reading() as session:
        kept = str((await (await session.connection()).exec_driver_sql("SELECT * FROM comment_reports")).all())
    assert "It names a witness." in kept
    assert "ida@example.org" not in kept


async def test_who_reported_is_forgotten_in_time(newsroom: Newsroom, desk: Desk, reader: Client) -> None:
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))

    await forgetting.forget_digests(newsroom.database, clock.FOREVER)

    async with newsroom.database.reading() as session:
        (voter,) = await session.scalars(select(Report.voter))
    assert voter.startswith("gone:")


async def status_of(desk: Desk, comment: Any) -> Any:
    address = f"/v1/me/comments/{comment['id']}/decision"
    return made(await desk.newsroom.client(None).get(address, X_Claim_Token=comment["claim_token"]))


async def test_whoever_wrote_a_comment_is_told_what_was_decided_and_never_what_was_said_in_the_newsroom(held: Desk) -> None:
    comment = await held.post()
    waiting = await status_of(held, comment)
    await held.moderate(comment, "reject", code="insult", reason="Him again.")

    told = await status_of(held, comment)

    assert (waiting["status"], waiting["automated"], waiting["may_appeal"]) == ("pending", True, False)
    assert (told["status"], told["automated"], told["may_appeal"]) == ("rejected", False, True)
    assert (told["code"], told["statement"], told["appeal"]) == ("insult", "It insults somebody.", None)
    assert "Him again." not in str(told)
    await held.moderate(comment, "spam", statement="No advertising, please.")
    assert (await status_of(held, comment))["statement"] == "No advertising, please."


async def test_there_is_one_appeal_and_an_overturned_decision_shows_the_comment(held: Desk, reader: Client, editor: Client) -> None:
    comment = await held.post()
    await held.moderate(comment, "reject", code="insult")
    token, address = {"X_Claim_Token": comment["claim_token"]}, f"/v1/me/comments/{comment['id']}/appeal"

    made(await reader.post(address, {"text": "It is a quotation."}, **token))
    again = await reader.post(address, {"text": "It is!"}, **token)

    assert (again.status_code, again.json()["code"]) == (409, "appeal-made")
    (appeal,) = made(await editor.get("/v1/moderation/appeals"))["data"]
    assert (appeal["comment"], appeal["text"], appeal["against"]) == (comment["id"], "It is a quotation.", "rejected")
    decide = f"/v1/moderation/appeals/{comment['id']}/decide"
    made(await editor.post(decide, {"outcome": "overturned", "statement": "You are right."}))
    told = await status_of(held, comment)
    assert (told["status"], told["appeal"]["outcome"], told["appeal"]["statement"]) == ("approved", "overturned", "You are right.")
    assert await held.count() == 1
    assert (await editor.post(decide, {"outcome": "upheld"})).json()["code"] == "appeal-decided"
    assert made(await editor.get("/v1/moderation/appeals"))["data"] == []
    assert len(made(await editor.get("/v1/moderation/appeals?outcome=overturned"))["data"]) == 1
    acts = [entry["action"] for entry in made(await editor.get("/v1/moderation/log"))["data"]]
    assert acts == ["approved", "appeal_overturned", "rejected"]


async def test_an_appeal_needs_a_decision_and_the_right_token(held: Desk, desk: Desk, reader: Client, editor: Client) -> None:
    waiting, shown, other = await held.post(), await desk.post(), await held.post()
    await held.moderate(other, "reject")

    for comment in (waiting, shown):
        answer = await reader.post(f"/v1/me/comments/{comment['id']}/appeal", {"text": "No."}, X_Claim_Token=comment["claim_token"])
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-appeal")
    for token in ({}, {"X_Claim_Token": waiting["claim_token"]}):
        assert (await reader.post(f"/v1/me/comments/{other['id']}/appeal", {"text": "No."}, **token)).status_code == 404
        assert (await reader.get(f"/v1/me/comments/{other['id']}/decision", **token)).status_code == 404
    nobody = await editor.post(f"/v1/moderation/appeals/{other['id']}/decide", {"outcome": "upheld"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "appeal-not-found")


async def test_an_appeal_is_decided_by_somebody_else_where_there_is_somebody(newsroom: Newsroom, reader: Client) -> None:
    """One who keeps to other sections is nobody here; whoever is alone decides, and a newsroom may let anybody."""
    here, there = await newsroom.section("Here"), await newsroom.section("There")
    held = Desk(newsroom, await newsroom.article(section=here["id"], comments={"moderation": "pre"}))
    await newsroom.key("comments:read")
    await newsroom.key("comments:moderate", sections=[there["id"]])
    comments = [await held.post(body=f"Number {number}.") for number in range(3)]
    for comment in comments:
        await held.moderate(comment, "reject", code="insult")
        token = {"X_Claim_Token": comment["claim_token"]}
        made(await reader.post(f"/v1/me/comments/{comment['id']}/appeal", {"text": "No."}, **token))

    async def answer(client: Client, comment: Any) -> Any:
        return await client.post(f"/v1/moderation/appeals/{comment['id']}/decide", {"outcome": "overturned"})

    async def waiting(client: Client) -> list[tuple[str, bool]]:
        data = made(await client.get("/v1/moderation/appeals"))["data"]
        return [(one["decided_by"]["name"], one["for_another"]) for one in data]

    assert await waiting(newsroom.desk) == [("tests", False)] * 3
    assert (await answer(newsroom.desk, comments[0])).status_code == 200
    other = await newsroom.key("comments:moderate", sections=[here["id"]])
    refused = await answer(newsroom.desk, comments[1])
    assert (refused.status_code, refused.json()["code"]) == (403, "appeal-for-another")
    assert (await waiting(newsroom.desk), await waiting(other)) == ([("tests", True)] * 2, [("tests", False)] * 2)
    assert (await answer(other, comments[1])).status_code == 200
    newsroom.app.state.settings = newsroom.app.state.settings.model_copy(update={"appeals_by_another": False})
    assert (await waiting(newsroom.desk), (await answer(newsroom.desk, comments[2])).status_code) == ([("tests", False)], 200)


async def test_the_queues_count_what_was_reported_and_appealed(held: Desk, desk: Desk, reader: Client, editor: Client) -> None:
    rejected, shown = await held.post(), await desk.post()
    await held.moderate(rejected, "reject")
    made(await reader.put(f"/v1/comments/{shown['id']}/report", {"code": "insult"}))
    made(await reader.post(f"/v1/me/comments/{rejected['id']}/appeal", {"text": "No."}, X_Claim_Token=rejected["claim_token"]))

    counts = {one["queue"]: one["count"] for one in made(await editor.get("/v1/moderation/queues"))["data"]}

    assert counts == {"pending": 0, "reported": 1, "appeals": 1, "spam": 0, "rejected": 1, "approved": 1}


async def test_an_erasure_reaches_what_was_said_for_and_against_a_comment(
    newsroom: Newsroom, desk: Desk, reader: Client, editor: Client
) -> None:
    comment = await desk.post()
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult", "note": "canary one"}))
    made(await editor.post("/v1/moderation/sanctions", {"comment": comment["id"], "kind": "premod", "reason": "canary two"}))
    await desk.moderate(comment, "reject", statement="canary three")
    appeal = f"/v1/me/comments/{comment['id']}/appeal"
    made(await reader.post(appeal, {"text": "canary four"}, X_Claim_Token=comment["claim_token"]))
    made(await editor.post("/v1/people/erasures", {"comment": comment["id"]}))

    await erasing.carry_on(newsroom.database, newsroom.app.state.settings.signing_key)

    async with newsroom.database.reading() as session:
        connection = await session.connection()
        tables = ("comment_reports", "comment_appeals", "sanctions", "moderation_actions", "events")
        left = {table: str((await connection.exec_driver_sql(f"SELECT * FROM {table}")).all()) for table in tables}  # noqa: S608
    assert [table for table, rows in left.items() if "canary" in rows] == []
