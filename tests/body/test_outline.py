"""What a body is, and what follows from it."""

import asyncio
import re
import time
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.body import render
from app.body.markup import TooManyBlocks, from_markup
from app.body.outline import (
    anchored,
    delete_section,
    find_section,
    identify,
    insert_section,
    measure,
    outline,
    read_aside,
    replace_section,
    section_blocks,
)
from app.body.union import Block, BodyInput, Markup, read_block
from app.core.text import scrub

BODY = TypeAdapter[Any](BodyInput)
Format = Literal["markdown", "html", "text"]
PIECES = [
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<h1>",
    "</h1>",
    "<ul><li>",
    "</ul>",
    "<blockquote>",
    "<img src=/a.jpg>",
    "<img src=x alt=y>",
    "<figure>",
    "<figcaption>",
    "</figure>",
    "<pre>",
    "</pre>",
    "<table><tr><td>",
    "<th>",
    "</table>",
    "<hr>",
    "<iframe src=//x>",
    "<script>",
    "</script>",
    "<b>",
    "</b>",
    "<a href='x'>",
    "<video src=/v.mp4>",
    "<svg>",
    "<dl><dt>",
    "&#1;",
    "&amp;",
    "&lt;",
    "\n\n",
    "\n",
    "# ",
    "- ",
    "1. ",
    "> ",
    "```",
    "| a |\n|---|\n",
    "**",
    "word",
    "  ",
    "<footer>",
    "<details>",
    "<html",
    "<!--",
    "-->",
    "<br>",
]
sources = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=15).map("".join).map(scrub)
formats = st.sampled_from(["markdown", "html", "text"])


def read(content: str, written: Format = "html") -> list[Block]:
    return from_markup(Markup(format=written, content=content))


def brief(blocks: list[Block]) -> list[tuple[str, Any]]:
    return [(b["type"], b.get("html", b.get("text", b.get("url", b.get("items"))))) for b in blocks]


def paragraphs(*texts: str) -> list[Block]:
    return [read_block({"type": "paragraph", "html": text}) for text in texts]


def heading(level: int, text: str) -> Block:
    return read_block({"type": "heading", "level": level, "text": text})


def ids(blocks: list[Block]) -> list[str]:
    return [block["id"] for block in blocks]


@given(sources, formats)
def test_whatever_comes_in_can_be_sent_again(source: str, written: Format) -> None:
    blocks = identify(read(source, written))

    assert identify([read_block(block) for block in blocks]) == blocks
    assert not re.search(r"<(script|iframe|svg)", render.to_html(blocks))


@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1), formats)
def test_no_word_is_lost(word: str, written: Format) -> None:
    assert render.to_text(read(f"{word} {word}", written)).split() == Markup(format="text", content=f"{word} {word}").content.split()


def test_markdown_becomes_blocks() -> None:
    source = "# Title\n\nOne **two** ~~three~~\n\n- a\n- b\n\n> said\n\n```py\n  x < 1\n```\n\n---\n\n| a |\n|---|\n| 1 |\n\n![alt](https://e.org/a.jpg)"

    blocks = read(source, "markdown")

    assert [b["type"] for b in blocks] == ["heading", "paragraph", "list", "quote", "code", "divider", "table", "image"]
    assert blocks[0]["level"] == 2
    assert blocks[1]["html"] == "One <strong>two</strong> <s>three</s>"
    assert (blocks[4]["language"], blocks[4]["text"]) == ("py", "  x < 1")
    assert (blocks[6]["header"], blocks[6]["rows"]) == (["a"], [["1"]])
    assert blocks[7]["alt"] == "alt"


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        (
            "loose <b>text</b><p>para</p>tail",
            [("paragraph", "loose <b>text</b>"), ("paragraph", "para"), ("paragraph", "tail")],
        ),
        ("<p>a<img src='/i.jpg'>b</p>", [("paragraph", "a"), ("image", "/i.jpg"), ("paragraph", "b")]),
        ("<p>a<img src='i.jpg' alt='A map'></p>", [("paragraph", "a"), ("paragraph", "A map")]),
        ("<div><section><p>deep</p></section></div>", [("paragraph", "deep")]),
        ("<span><p>a</p><p>b</p></span>", [("paragraph", "a"), ("paragraph", "b")]),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", [("html", "<ul><li>a<ul><li>b</li></ul></li></ul>")]),
        ("<iframe src='https://e.org/1'></iframe>", [("embed", None)]),
        ("<img src='//e.org/i.jpg'>", [("image", "https://e.org/i.jpg")]),
        ("<script>x</script><p> </p><style>y</style>", []),
        ("<dl><dt>a</dt><dd>b</dd></dl>", [("html", "<dl><dt>a</dt><dd>b</dd></dl>")]),
        ("<blockquote><p>a</p><p>b</p><footer>c</footer></blockquote>", [("quote", "a<br><br>b")]),
        ("<blockquote><p>a</p>&mdash; b</blockquote>", [("quote", "a<br><br>— b")]),
        ("<blockquote>as <cite>Hamlet</cite></blockquote>", [("quote", "as <cite>Hamlet</cite>")]),
        ("<ul><li>a<p>b</p>c</li></ul>", [("list", ["a<br><br>b<br><br>c"])]),
        ("<h6>x</h6>", [("heading", "x")]),
    ],
)
def test_html_becomes_blocks(html: str, blocks: list[tuple[str, Any]]) -> None:
    assert brief(read(html)) == blocks


@pytest.mark.parametrize("inside", ["<p>a</p><footer>c</footer>", "\n<p>a</p>\n<cite>c</cite>"])
def test_a_quotation_says_who_is_quoted(inside: str) -> None:
    (block,) = read(f"<blockquote>{inside}</blockquote>")

    assert (block["html"], block["cite"]) == ("a", "c")


@pytest.mark.parametrize(
    "sent",
    [{"format": "markdown", "content": "*a* " * 2_000}, [{"type": "paragraph", "html": "<em>a</em> " * 6_000 + "<script>b</script>"}]],
)
async def test_while_a_long_text_is_read_others_are_served(sent: Any) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    [block] = await read_aside(BODY.validate_python(sent))
    waiting.cancel()

    assert block["html"].startswith("<em>a</em> <em>a</em> ")
    assert block["html"].endswith("<em>a</em>")
    assert turns > 1


def test_a_figure_keeps_its_caption() -> None:
    [image] = read("<figure><img src='/i.jpg' width=1600 height='9px'><figcaption>A <em>b</em></figcaption></figure>")

    assert (image["caption"], image["width"], image["height"]) == ("A <em>b</em>", 1600, 9)


def test_plain_text_becomes_paragraphs() -> None:
    assert brief(read("a < b\nc\r\n\r\n\n  d", "text")) == [("paragraph", "a &lt; b<br>c"), ("paragraph", "d")]


def test_more_blocks_than_a_body_holds_are_refused() -> None:
    with pytest.raises(TooManyBlocks):
        read("<hr>" * 2_001)


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 50_000,
        "<b>" * 50_000,
        "<ul><li>" * 20_000,
        "<a><p>" * 20_000,
        "<table><td>" * 20_000,
        "<div></b>" * 50_000,
    ],
)
def test_hostile_nesting_is_read_in_time(source: str) -> None:
    assert render.to_text(read(source + "deep")).endswith("deep")


@pytest.mark.parametrize("run", ["<br>", " ", " <br>\n"])
@pytest.mark.parametrize("around", ["{}", "<ul><li>{}</li></ul>", "<ul><li><p>{}</p></li></ul>", "<table><tr><td>{}</td></tr></table>"])
def test_a_long_run_of_breaks_and_blanks_is_read_in_time(run: str, around: str) -> None:
    inside = "<b>a</b>" + run * 20_000 + "b"

    began = time.process_time()
    blocks = read(around.format(inside))

    assert time.process_time() - began < 0.6  # Hundredths of a second; looked through from each of its places, many seconds.
    assert render.to_text(blocks).split() == ["a", "b"]


def test_edges_and_what_stands_between_paragraphs_of_an_item_are_cut() -> None:
    assert brief(read("<br> <br>\n a <br> b <br> <br>")) == [("paragraph", "a <br> b")]
    assert read("<ul><li> <p>a</p> <div> </div>\n<p class=x> b </p></li></ul>")[0]["items"] == ["a<br><br><br><br>b"]


def test_new_blocks_are_numbered_above_all_that_were() -> None:
    before = identify(paragraphs("one", "two", "three"))

    after = identify(paragraphs("one", "three", "a wholly new remark"), before[:2] + before[2:])

    assert ids(before) == ["b1", "b2", "b3"]
    assert ids(after) == ["b1", "b3", "b4"]


def test_a_block_lightly_edited_keeps_its_id_and_another_does_not() -> None:
    before = identify(paragraphs("The ruble lost 30 percent of its value", "Talks went on"))

    after = identify(paragraphs("The ruble lost 31 percent of its value", "Nothing in common here"), before)

    assert ids(after) == ["b1", "b3"]


def test_hundreds_of_blocks_that_say_one_word_over_and_over_are_known_again_in_time() -> None:
    before = identify(paragraphs(*["a " * 299 + "b"] * 400))

    began = time.process_time()
    after = identify(paragraphs(*["c" + " a" * 299] * 400), before)

    assert time.process_time() - began < 1.5  # A few tenths of a second; each held against the other word by word, four seconds.
    assert ids(after) == ids(before)


def test_equal_blocks_keep_their_order_and_given_ids_stay() -> None:
    before = identify(paragraphs("same", "same"))
    given_id = [{**paragraphs("x")[0], "id": "mine"}, *paragraphs("same", "same")]

    assert ids(identify(given_id, before)) == ["mine", "b1", "b2"]


def test_blocks_of_live_updates_are_identified_too() -> None:
    update = {"type": "live_update", "at": "2026-02-28T16:15:00Z", "blocks": [{"type": "paragraph", "html": "x"}]}

    once = identify([read_block(update)])
    again = identify([read_block(update)], once)

    assert (once[0]["id"], once[0]["blocks"][0]["id"]) == ("b1", "b2")
    assert again == once


@given(sources, sources)
def test_the_same_body_imported_again_is_the_same_body(source: str, other: str) -> None:
    before = identify(read(source), identify(read(other)))

    assert identify(read(source), before) == before


@given(sources, sources)
def test_no_two_blocks_share_an_id_or_an_anchor(source: str, other: str) -> None:
    blocks = identify(read(source, "markdown"), identify(read(other, "markdown")))
    anchors = [b["anchor"] for b in blocks if b["type"] == "heading"]

    assert len(set(ids(blocks))) == len(blocks)
    assert len(set(anchors)) == len(anchors)


def test_anchors_come_from_the_text_alone() -> None:
    body = anchored([{**heading(2, "Talks"), "anchor": "sent"}, heading(2, "Talks"), heading(2, "Talks 2"), heading(3, "Talks")])

    assert [b["anchor"] for b in body] == ["talks", "talks-2", "talks-2-2", "talks-3"]


def test_a_section_reaches_to_the_next_heading_of_its_rank() -> None:
    body = identify([*paragraphs("intro"), heading(2, "A"), *paragraphs("a"), heading(3, "B"), *paragraphs("b"), heading(2, "C")])

    assert [(s["heading"], s["block_ids"]) for s in outline(body)] == [
        ("A", ["b3", "b4", "b5"]),
        ("B", ["b5"]),
        ("C", []),
    ]


def test_ten_paragraphs_under_one_heading_are_its_ten_blocks() -> None:
    body = identify([heading(2, "Talks in Belarus"), *paragraphs(*"abcdefghij")])

    [section] = outline(body)

    assert (section["anchor"], len(section["block_ids"])) == ("talks-in-belarus", 10)


def test_a_section_is_found_replaced_added_and_deleted() -> None:
    body = identify([*paragraphs("intro"), heading(2, "A"), *paragraphs("a"), heading(2, "B"), *paragraphs("b")])
    section = find_section(body, "a")
    assert section == find_section(body, "b2")
    assert section

    assert ids(section_blocks(body, section)) == ["b2", "b3"]
    assert ids(delete_section(body, section)) == ["b1", "b4", "b5"]
    new = [heading(2, "New"), *paragraphs("n")]
    assert [b.get("html") or b["text"] for b in replace_section(body, section, new)] == ["intro", "New", "n", "B", "b"]
    assert [b.get("html") or b["text"] for b in insert_section(body, new, after=section)] == [
        "intro",
        "A",
        "a",
        "New",
        "n",
        "B",
        "b",
    ]
    assert [b.get("html") or b["text"] for b in insert_section(body, new)] == ["intro", "A", "a", "B", "b", "New", "n"]
    assert find_section(body, "elsewhere") is None


def test_a_body_is_rendered_with_its_anchors_and_escaped_text() -> None:
    body = identify([heading(2, "A < B"), *paragraphs("x <b>y</b>"), read_block({"type": "code", "text": "<i>"})])

    assert render.to_html(body) == '<h2 id="a-b">A &lt; B</h2>\n<p>x <b>y</b></p>\n<pre><code>&lt;i&gt;</code></pre>'
    assert render.to_text(body) == "A < B\nx y\n<i>"


def test_reading_time_counts_standfirst_and_body() -> None:
    assert measure("One two", identify(paragraphs("three four <b>five</b>"))) == (5, 1)
    assert measure(None, []) == (0, 0)
