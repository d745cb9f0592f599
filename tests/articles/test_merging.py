"""Two writers at one article: what overlaps is told exactly, what does not may be put together, and nothing unseen is lost."""

import os
import random
from typing import Any

import pytest

from tests.newsroom import Client, Newsroom, Wire, made


def paragraph(name: str, html: str, **more: Any) -> Wire:
    return {"type": "paragraph", "id": name, "html": html, **more}


BODY = [
    {"type": "heading", "id": "h1", "text": "Talks"}, paragraph("p1", "One."), {"type": "quote", "id": "q1", "html": "Two.", "cite": "A"},
    paragraph("p3", "Three."),
]  # fmt: skip


def said(article: Wire) -> list[tuple[str, str]]:
    """The blocks with what they say."""
    return [(block["id"], block.get("html") or block.get("text") or "") for block in article["body"]]


def changed(body: list[Wire], **texts: str) -> list[Wire]:
    return [{**block, "html": texts[block["id"]]} if block["id"] in texts else block for block in body]


async def test_changes_of_different_blocks_and_fields_are_put_together(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="Base", body=BODY, seo={"title": "T", "description": "D"})
    path, body = f"/v1/articles/{draft['id']}", draft["body"]
    theirs = [*changed(body, p1="ONE."), {"type": "paragraph", "html": "Five."}]
    await newsroom.edit(draft, body=theirs, headline="Theirs", seo={"title": "TT"})
    yours = [{**block, "cite": "B"} if block["id"] == "q1" else block for block in changed(body, q1="TWO.")]
    patch = {"body": [{"type": "heading", "text": "Talks"}, *yours, {"type": "paragraph", "html": "Four."}], "seo": {"description": "DD"}}

    refused = await editor.patch(path, patch, If_Match='"1"')
    rehearsed = made(await editor.patch(f"{path}?merge=auto&dry_run=true", patch, If_Match='"1"'))
    merged = made(await editor.patch(f"{path}?merge=auto", patch, If_Match='"1"'))

    told = refused.json()
    assert (refused.status_code, told["conflicts"], told["base_known"]) == (412, [], True)
    assert {one["pointer"] for one in told["mergeable"]} >= {"#/body/q1/html", "#/body/q1/cite", "#/seo/description"}
    assert all(one["base"] == one["theirs"] for one in told["mergeable"])
    assert said(rehearsed) == said(merged)
    texts = [text for _, text in said(merged)]
    assert texts == ["Talks", "Talks", "ONE.", "TWO.", "Three.", "Five.", "Four."]
    assert len({name for name, _ in said(merged)}) == 7
    assert [item["anchor"] for item in merged["outline"]] == ["talks", "talks-2"]
    assert (merged["headline"], merged["seo"], merged["version"]) == ("Theirs", {"title": "TT", "description": "DD"}, 3)


async def test_where_anything_overlaps_nothing_is_changed(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="Base", body=BODY)
    path = f"/v1/articles/{draft['id']}"
    theirs = await newsroom.edit(draft, body=changed(draft["body"], p1="ONE."))

    answer = await editor.patch(f"{path}?merge=auto", {"body": changed(draft["body"], p1="Uno."), "headline": "Yours"}, If_Match='"1"')

    assert answer.status_code == 412
    assert answer.json()["conflicts"] == [{"pointer": "#/body/p1/html", "base": "One.", "theirs": "ONE.", "yours": "Uno."}]
    assert answer.json()["mergeable"] == [{"pointer": "#/headline", "base": "Base", "theirs": "Base", "yours": "Yours"}]
    assert await newsroom.working(draft) == theirs


@pytest.mark.parametrize(
    ("theirs", "yours", "pointers"),
    [
        (["h1", "q1", "p3"], {"p1": "Uno."}, ["#/body/p1"]),
        (["p3", "h1", "p1", "q1"], ["p1", "h1", "q1", "p3"], ["#/body"]),
        (["h1", "p1", "q1"], ["h1", "p1", "p3"], []),
    ],
)
async def test_blocks_that_go_or_move_are_told(newsroom: Newsroom, editor: Client, theirs: Any, yours: Any, pointers: list[str]) -> None:
    draft = await newsroom.draft(body=BODY)
    blocks = {block["id"]: block for block in draft["body"]}

    def edited(how: Any) -> list[Wire]:
        return changed(draft["body"], **how) if isinstance(how, dict) else [blocks[name] for name in how]

    await newsroom.edit(draft, body=edited(theirs))
    answer = await editor.patch(f"/v1/articles/{draft['id']}?merge=auto", {"body": edited(yours)}, If_Match='"1"')

    assert answer.status_code == (412 if pointers else 200)
    assert [one["pointer"] for one in answer.json().get("conflicts", [])] == pointers
    if not pointers:
        assert [name for name, _ in said(answer.json())] == ["h1", "p1"]


async def test_two_rewrites_of_one_paragraph_do_not_end_side_by_side(newsroom: Newsroom, editor: Client) -> None:
    """Programs that send a text whole know no ids: what replaced what is seen by the place."""
    draft = await newsroom.draft(body={"format": "text", "content": "First.\n\nNobody knows what happens next.\n\nLast."})
    await newsroom.edit(draft, body={"format": "text", "content": "First.\n\nThe minister resigned at noon.\n\nLast."})
    mine = {"format": "text", "content": "First.\n\nThe court will rule tomorrow morning.\n\nLast."}

    answer = await editor.patch(f"/v1/articles/{draft['id']}?merge=auto", {"body": mine}, If_Match='"1"')

    told = answer.json()["conflicts"]
    assert [(one["base"]["html"], one["theirs"][0]["html"], one["yours"][0]["html"]) for one in told] == [
        ("Nobody knows what happens next.", "The minister resigned at noon.", "The court will rule tomorrow morning.")
    ]


async def test_tags_and_authors_are_merged_one_by_one(newsroom: Newsroom, editor: Client) -> None:
    one, two, three = [(await newsroom.tag(name))["id"] for name in ("One", "Two", "Three")]
    ana, ben = [(await newsroom.author(name))["id"] for name in ("Ana", "Ben")]
    draft = await newsroom.draft(tags=[one, two], authors=[ana])
    await newsroom.edit(draft, tags=[one, two, three], authors=[{"author": ana, "role": "editor"}])

    merged = made(await editor.patch(f"/v1/articles/{draft['id']}?merge=auto", {"tags": [two], "authors": [ana, ben]}, If_Match='"1"'))
    clash = await editor.patch(
        f"/v1/articles/{draft['id']}?merge=auto", {"authors": [{"author": ana, "role": "photographer"}]}, If_Match='"1"'
    )

    assert [tag["id"] for tag in merged["tags"]] == [two, three]
    assert [(author["id"], author["role"]) for author in merged["authors"]] == [(ana, "editor"), (ben, "author")]
    assert [one["pointer"] for one in clash.json()["conflicts"]] == [f"#/authors/{ana}/role"]


async def test_what_was_sent_as_it_was_read_undoes_nothing(newsroom: Newsroom, editor: Client) -> None:
    """An editor that always sends the whole article must not bring back what somebody else took out."""
    draft = await newsroom.draft(headline="Base", dek="D", kicker="K", body=BODY)
    await newsroom.edit(draft, headline="Theirs", dek=None, body=draft["body"][:2])
    whole = {name: draft[name] for name in ("headline", "dek", "kicker", "body", "byline")} | {"kicker": "Yours"}

    merged = made(await editor.patch(f"/v1/articles/{draft['id']}?merge=auto", whole, If_Match='"1"'))
    nothing = made(await editor.patch(f"/v1/articles/{draft['id']}?merge=auto", {"dek": "D"}, If_Match='"1"'))

    assert (merged["headline"], merged["dek"], merged["kicker"], len(merged["body"])) == ("Theirs", None, "Yours", 2)
    assert nothing["version"] == merged["version"] == 3


async def test_the_original_text_goes_with_the_body_that_was_made_from_it(newsroom: Newsroom, editor: Client) -> None:
    source = {"format": "markdown", "content": "One.\n\nTwo."}
    draft = await newsroom.draft(body=source)
    path = f"/v1/articles/{draft['id']}?merge=auto"
    await newsroom.edit(draft, headline="Theirs")

    mine = made(await editor.patch(path, {"body": {**source, "content": "One.\n\nTwo.\n\nThree."}}, If_Match='"1"'))
    both = made(await editor.patch(path, {"body": [*draft["body"][:1], {**draft["body"][1], "html": "Zwei."}]}, If_Match='"1"'))

    assert (mine["body_source"] or {})["content"].endswith("Three.")
    assert ([text for _, text in said(both)], both["body_source"]) == (["One.", "Zwei.", "Three."], None)


async def test_the_discussion_is_not_settled_over_somebody_elses_head(newsroom: Newsroom, editor: Client) -> None:
    first, second = await newsroom.draft(), await newsroom.draft()
    await newsroom.edit(first, comments={"status": "closed"})
    await newsroom.edit(second, headline="Theirs")
    patch = {"comments": {"status": "disabled"}}

    over = await editor.patch(f"/v1/articles/{first['id']}?merge=auto", patch, If_Match='"1"')
    beside = await editor.patch(f"/v1/articles/{second['id']}?merge=auto", patch, If_Match='"1"')

    assert (over.status_code, [one["pointer"] for one in over.json()["conflicts"]]) == (412, ["#/comments/status"])
    assert made(beside)["comments"]["status"] == "disabled"


async def test_who_works_on_it_is_not_changed_unseen_either(newsroom: Newsroom, editor: Client) -> None:
    first, second = await newsroom.draft(), await newsroom.draft()
    await newsroom.edit(first, assignees=["Ana"])
    await newsroom.edit(second, headline="Theirs")

    over = await editor.patch(f"/v1/articles/{first['id']}?merge=auto", {"assignees": ["Ben"]}, If_Match='"1"')
    beside = await editor.patch(f"/v1/articles/{second['id']}?merge=auto", {"assignees": ["Ben"]}, If_Match='"1"')

    assert [(one["pointer"], one["theirs"], one["yours"]) for one in over.json()["conflicts"]] == [("#/assignees", ["Ana"], ["Ben"])]
    assert made(beside)["assignees"] == ["Ben"]


async def test_a_merge_is_checked_as_any_change(newsroom: Newsroom, editor: Client) -> None:
    draft = await newsroom.draft(headline="Base")
    await newsroom.edit(draft, headline="Theirs")
    path = f"/v1/articles/{draft['id']}"

    unknown = await editor.patch(f"{path}?merge=maybe", {"dek": "D"}, If_Match='"1"')
    wrong = await editor.patch(f"{path}?merge=auto", {"tags": ["nothing"]}, If_Match='"1"')
    never = await editor.patch(f"{path}?merge=auto", {"dek": "D"}, If_Match='"9"')
    forced = await editor.patch(f"{path}?merge=auto", {"headline": "Forced"}, If_Match="*")

    assert (unknown.status_code, wrong.status_code, never.status_code, forced.status_code) == (400, 422, 412, 200)
    assert (never.json()["base_known"], never.json()["conflicts"]) == (False, [])


class Writer:
    """Somebody who keeps a copy of an article, edits it by chance, and knows what they have seen of it."""

    def __init__(self, client: Client, article: Wire, chance: random.Random) -> None:
        self.client, self.chance, self.seen = client, chance, article

    def edit(self, number: int) -> Wire:
        """What they send: some fields, the body whole, with a text that nobody else writes."""
        body, chance = [dict(block) for block in self.seen["body"]], self.chance
        for _ in range(chance.randint(1, 3)):
            what, place = chance.choice(["change", "change", "add", "remove", "move"]), chance.randrange(len(body) + 1)
            if what == "add":
                body.insert(place, {"type": "paragraph", "html": f"Added in {number} at {place}."})
            elif place < len(body) and what == "change" and "html" in body[place]:
                body[place]["html"] = f"Changed in {number}."
            elif place < len(body) and what == "remove":
                del body[place]
            elif place < len(body) and what == "move":
                body.insert(chance.randrange(len(body)), body.pop(place))
        return {"body": body, **({"dek": f"Dek of {number}."} if chance.random() < 0.3 else {})}

    async def save(self, number: int) -> tuple[Wire, Wire, bool]:
        """Send an edit, merging; what they had seen, what stood there in truth, and whether it was taken. Refused, they read again."""
        path, before = f"/v1/articles/{self.seen['id']}", self.seen
        truth = made(await self.client.get(f"{path}?view=draft"))
        answer = await self.client.patch(f"{path}?merge=auto", self.edit(number), If_Match=f'"{before["version"]}"')
        if answer.status_code == 200:
            self.seen = answer.json()
            return before, truth, True
        assert answer.status_code == 412, answer.text
        assert answer.json()["conflicts"]
        assert made(await self.client.get(f"{path}?view=draft")) == truth
        self.seen = truth
        return before, truth, False


def values(article: Wire) -> dict[str, Any]:
    """What authors have set: fields, and what each block says."""
    return {"dek": article["dek"], **{block["id"]: (block["type"], block.get("html") or block.get("text")) for block in article["body"]}}


async def test_no_writer_removes_a_value_that_they_had_not_seen(newsroom: Newsroom) -> None:
    """Two editors who save without asking each other; `DATELINE_TEST_MERGES` lets more pairs do so."""
    merged = refused = 0
    for seed in range(int(os.environ.get("DATELINE_TEST_MERGES", "4"))):
        chance, draft = random.Random(seed), await newsroom.draft(body=BODY, dek="D")
        writers = [Writer(newsroom.desk, draft, chance) for _ in range(2)]
        for number in range(14):
            writer = chance.choice(writers)
            before, truth, taken = await writer.save(number)
            if not taken:
                refused += 1
                continue
            was, true, is_now = values(before), values(truth), values(writer.seen)
            unseen = {name: value for name, value in true.items() if was.get(name) != value}
            assert {name: is_now.get(name) for name in unseen} == unseen, (seed, number)
            assert not is_now.keys() & (was.keys() - true.keys()), "What somebody took out stays out."
            merged += before["version"] != truth["version"]
    assert merged > 3
    assert refused > 3
