"""Comments as the XML of Disqus, in and out; and the HTML in it as Markdown."""

import random
from html import escape

import pytest

from app.carrying.disqus import NotDisqusError
from app.carrying.markdown import to_markdown
from app.core.html import render_comment, to_text
from tests.carrying.conftest import SLUG, carried_out, carry_in, discussed, thread
from tests.newsroom import Newsroom, OpenNewsroom, by_chance, made

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://disqus.com/api/schemas/1.0/disqus.xsd">'
    '<category dsq:id="1"><forum>paper</forum><title>General</title><isDefault>true</isDefault></category>'
    '<thread dsq:id="10"><id>cms-77</id><forum>paper</forum><category dsq:id="1"/><link>https://paper.example.org/world/the-harbour-plan</link>'
    "<title>Harbour</title><message/><createdAt>2012-01-01T00:00:00Z</createdAt><author><email>c@canary.example.org</email><name>Ed</name>"
    "<isAnonymous>false</isAnonymous><username>ed</username></author><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>"
)
PIECES = [
    *"ab*_`[]()~>-+#\\&!<|:=\n ",
    "~~",
    "1. ",
    "2)",
    "&amp;",
    "<b",
    "</",
    "\n\n",
    "===",
    "---",
    "snake_case",
    "    ",
    "http://x.example",
]


def post(number: int, message: str = "<p>Well said.</p>", parent: int | None = None, flags: str = "", name: str = "Ana") -> str:
    above = "" if parent is None else f'<parent dsq:id="{parent}"/>'
    return (
        f'<post dsq:id="{number}"><id>wp_id={number}</id><message><![CDATA[{message}]]></message><createdAt>2012-01-02T03:04:0{number}Z'
        f"</createdAt>{flags or '<isDeleted>false</isDeleted><isSpam>false</isSpam>'}<author><email>a@canary.example.org</email>"
        f"<name>{name}</name><isAnonymous>true</isAnonymous><username/></author><ipAddress>192.0.2.77</ipAddress>"
        f'<thread dsq:id="10"/>{above}</post>'
    )


def file(*posts: str) -> bytes:
    return (HEAD + "".join(posts) + "</disqus>").encode()


async def test_a_thread_of_disqus_becomes_one_of_ours(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)
    message = '<p>A <b>bold</b> &amp; <a href="https://a.example.org/x" rel="nofollow">link</a>,<br>and <i>more</i>.</p>'
    gone, spam = "<isDeleted>true</isDeleted><isSpam>false</isSpam>", "<isDeleted>false</isDeleted><isSpam>true</isSpam>"
    posts = file(post(1, message), post(3, parent=2), post(2, parent=1, flags=gone), post(4, flags=spam, name=""))

    outcome = await carry_in(newsroom, posts)
    again = await carry_in(newsroom, posts)

    assert (outcome.created, outcome.refused, again.known) == (4, 0, 4)
    root, tombstone, reply = sorted(await thread(newsroom), key=lambda one: int(one["depth"]))
    assert root["html"] == (
        '<p>A <strong>bold</strong> &amp; <a href="https://a.example.org/x" rel="nofollow ugc noopener">link</a>,<br>'
        "\nand <em>more</em>.</p>"
    )
    assert root["author"]["name"] == "Ana"
    assert root["created_at"] == "2012-01-02T03:04:01Z"
    assert (tombstone["status"], tombstone["author"], tombstone["html"]) == ("deleted", None, None)
    assert reply["parent"] == tombstone["id"]
    (hidden,) = made(await newsroom.desk.get("/v1/moderation/comments?status=spam"))["data"]
    assert hidden["author"]["name"] == "Guest"


async def test_what_readers_reach_comes_back_from_disqus_as_it_was(open_newsroom: OpenNewsroom) -> None:
    async with open_newsroom() as here, open_newsroom() as there:
        await discussed(here, 12, random.Random(3))
        await there.article(slug=SLUG)
        xml = await carried_out(here, "disqus")

        outcome = await carry_in(there, xml)
        again = await carried_out(there, "disqus")

        kept = ("id", "author", "html", "parent", "depth", "status", "reply_count", "descendant_count")
        assert outcome.refused == 0
        assert [[one[name] for name in kept] for one in await thread(there)] == [[one[name] for name in kept] for one in await thread(here)]
        assert again.count(b"<post ") == xml.count(b"<post ") == outcome.created


async def test_no_address_of_a_reader_is_taken_in(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)
    await carry_in(newsroom, file(post(1)))

    lines = await carried_out(newsroom)
    log = (await newsroom.desk.get("/v1/changes?limit=100&include=record")).text

    assert "canary" not in lines.decode() + log
    assert "192.0.2" not in lines.decode() + log


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><disqus>&b;</disqus>', "document type"),
        (b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><disqus/>', "document type"),
        (HEAD.encode() + b"&undeclared;</disqus>", "no whole XML"),
        (HEAD.encode() + post(1).encode(), "no whole XML"),
        (b'<?xml version="1.0" encoding="latin-nine"?><disqus/>', "no whole XML"),
        (b'<?xml version="1.0" encoding="gb2312"?><disqus/>', "no whole XML"),
        (b"<rss/>", "begins with <rss>"),
        (b"<disqus>" + b"<a>" * 50, "nest too deep"),
        (HEAD.encode() + b'<post dsq:id="1"><message>' + b"a" * 1_100_000, "too long"),
    ],
)
async def test_hostile_or_broken_xml_is_refused(newsroom: Newsroom, xml: bytes, reason: str) -> None:
    with pytest.raises(NotDisqusError, match=reason):
        await carry_in(newsroom, xml)


async def test_a_post_of_no_thread_and_one_without_words_are_left_out_by_name(newsroom: Newsroom) -> None:
    await newsroom.article(slug=SLUG)

    outcome = await carry_in(newsroom, file(post(1).replace('"10"', '"11"'), post(2, "<img src=x>"), post(3)))

    assert outcome.created == 1
    assert {why.partition(":")[0] for _, why in outcome.faults} == {"its thread is not in the file", "body"}


@by_chance(examples=300)
def test_text_survives_as_markdown_and_gains_no_meaning(chance: random.Random) -> None:
    text = "".join(chance.choices(PIECES, k=chance.randint(1, 12)))
    html = "<p>" + escape(text).replace("\n", "<br>") + "</p>"

    shown = render_comment(to_markdown(html))

    assert to_text(shown) == to_text(html)
    assert "<" not in shown.replace("<p>", "").replace("</p>", "").replace("<br>", "")


@pytest.mark.parametrize(
    "markdown",
    [
        "A *word*, **another**, ~~a third~~ and `a <b>` of code.", "- one\n- two", "1. one\n2. two", "> quoted\n> twice\n\nnot quoted",
        "```\nif a < b:\n    c\n```", "[a link](https://a.example.org/x_(y))", "one\ntwo", "> - a list\n> - in a quote", "``a ` tick``",
    ],
)  # fmt: skip
def test_what_our_markdown_shows_is_written_again_so_that_it_shows_the_same(markdown: str) -> None:
    shown = render_comment(markdown)

    assert render_comment(to_markdown(shown)) == shown
