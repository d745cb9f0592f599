"""What strangers write, read again as a browser reads it: nothing but the few allowed elements, and links that lead where they say."""

# ruff: noqa: E501 - a corpus is read in columns

import itertools
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.html import COMMENT, render_comment, to_text

SCRIPTS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java&#10;script:alert(1)", "&#106;avascript:alert(1)",
    "\x01javascript:alert(1)", "vbscript:msgbox(1)", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=",
    "//evil.example.org", "\\\\evil.example.org", "feed:javascript:alert(1)", "blob:x", "file:///etc/passwd", "mailto:a@b.example?subject=x",
    "http:javascript:alert(1)", "https:/\\evil.example.org", "jar:https://x!/y", "intent:x", "x-javascript:alert(1)", "java\u0000script:alert(1)",
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "<ScRiPt>alert(1)</sCrIpT>", "<script src=//evil.example.org>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>", "<img src=x:alert(alt) onerror=eval(src) alt=0>", "<img/src/onerror=alert(1)>", '<img """><script>alert(1)</script>">',
    "<svg onload=alert(1)>", "<svg><script>alert(1)</script>", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:alert(1)><text>x", "<svg><use href=data:image/svg+xml,x>", "<svg></p><style><a id='</style><img src=x onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=alert(1)>", "<math href=javascript:alert(1)>x", "<math><mi//xlink:href='data:x'>",
    "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>", "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>",
    "<body onload=alert(1)>", "<input autofocus onfocus=alert(1)>", "<select autofocus onfocus=alert(1)>", "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>", "<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>", "<form><button formaction=javascript:alert(1)>x",
    "<base href=//evil.example.org>", "<link rel=stylesheet href=//evil.example.org>", "<meta http-equiv=refresh content=0;url=//evil.example.org>",
    "<style>@import '//evil.example.org';</style>", "<div style=background:url(javascript:alert(1))>", "<p style=position:fixed>", "<x onclick=alert(1)>x",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><script>alert(1)</script></template>", "<xmp><script>alert(1)</script></xmp>",
    "<textarea></textarea><script>alert(1)</script>", "<title></title><script>alert(1)</script>", "<plaintext><script>", "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>", "<?xml version='1.0'?><script>alert(1)</script>", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "<a href='https://example.org' onmouseover=alert(1)>x</a>", "<a href='https://example.org' target=_top>x</a>", "<a name=body id=cookie>x</a>",
    "<p id=attributes><p class=admin>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;script&amp;gt;", "\u003cscript\u003ealert(1)", "＜script＞alert(1)＜/script＞",
    "<\x00script>alert(1)</script>", "<s\u0338cript>alert(1)", "<<script>>alert(1)<</script>>", "<a/href=javascript:alert(1)>x", "<isindex action=javascript:alert(1)>",
    "<custom-element onpointerenter=alert(1)>", "<dialog open onclose=alert(1)>", "<img srcset='x 1x' onload=alert(1)>", "<picture><source srcset=//evil.example.org>",
)  # fmt: skip
AROUND = (
    "{}",
    "An answer {} goes on.",
    "**{}**",
    "> {}",
    "- {}",
    "`{}`",
    "```\n{}\n```",
    "*{}",
    "[a]({})",
    "[a](<{}>)",
    '[a](https://e.org "{}")',
)
LINKS = ("[x]({})", "[x](<{}>)", "<{}>", '<a href="{}">x</a>', "[x][y]\n\n[y]: {}", "![x]({})", "{}", "[x]({} 'y')")
KEPT_ATTRIBUTES = {"href", "rel", "title"}


def read(html: str) -> Any:
    """The tree that a browser makes of it, as the specification of HTML says."""
    return html5lib.parseFragment(html, namespaceHTMLElements=False)


def check(html: str) -> None:
    """Only allowed elements, and of attributes only what links need; an address is a whole one."""
    for element in read(html).iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert isinstance(element.tag, str), (html, "a comment or a directive")
        assert element.tag in COMMENT, (html, element.tag)
        assert set(element.attrib) <= KEPT_ATTRIBUTES, (html, element.attrib)
        if "href" in element.attrib:
            address = urlsplit(element.attrib["href"])
            assert address.scheme in {"http", "https"}, html
            assert address.netloc, html
            assert element.attrib["rel"] == "nofollow ugc noopener", html


@pytest.mark.parametrize("around", AROUND)
def test_no_markup_of_the_corpus_gets_through(around: str) -> None:
    for markup in (*MARKUP, *SCRIPTS):
        check(render_comment(around.format(markup)))


@pytest.mark.parametrize("link", LINKS)
def test_no_address_of_the_corpus_is_led_to(link: str) -> None:
    for address in SCRIPTS:
        check(render_comment(link.format(address)))


def test_two_harmless_halves_make_no_harmful_whole() -> None:
    for first, second in itertools.product(MARKUP[::3], MARKUP[::4]):
        check(render_comment(f"{first}\n\n{second}"))
        check(render_comment(first + second))


TOKENS = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<a href=",
        '"',
        "'",
        "javascript:",
        "https://e.org",
        "[x](",
        ")",
        "`",
        "*",
        "&#60;",
        "\n",
        "<svg>",
        "<!--",
        "-->",
        "<p>",
        "x",
        " ",
    ]
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(TOKENS, max_size=25).map("".join))
def test_nothing_that_can_be_put_together_gets_through(body: str) -> None:
    check(render_comment(body))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("I < 3 > you & me", "I < 3 > you & me"),
        ("if (a<b && c>d) { e(); }", "if (a<b && c>d) { e(); }"),
        ("It's 5 o'clock — \"really\"", "It's 5 o'clock — \"really\""),
        ("Ærlig talt, 你好, שלום, 👋🏽", "Ærlig talt, 你好, שלום, 👋🏽"),
        ("AT&T; &copy me", "AT&T; &copy me"),
        ("a_b_c and 2 * 3 * 4", "a_b_c and 2 * 3 * 4"),
    ],
)
def test_honest_text_survives(body: str, text: str) -> None:
    html = render_comment(body)

    check(html)
    assert "".join(read(html).itertext()).strip() in {text, to_text(html).strip()}
    assert to_text(html).strip() == text


async def test_what_is_posted_is_what_was_judged(discussion: Any) -> None:
    """The corpus through the front door: what cannot be posted is refused with words, and what can is safe wherever it is shown."""
    reader, posted = discussion.newsroom.client(None), 0
    for markup in MARKUP[::4]:
        answer = await reader.post(discussion.address, {"author": {"name": "R"}, "body": f"An answer {markup}"})
        assert answer.status_code in {201, 202, 422}, answer.text
        posted += answer.status_code == 201
    shown = await reader.all_pages(f"{discussion.address}?mode=flat&limit=50")
    assert len(shown) == posted
    for comment in shown:
        check(comment["html"])
        assert "An answer" in comment["html"]
