"""What markup may pass, and what it says once the markup is gone."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.core.text import scrub

MAX_DEPTH = 200
MAX_ATTRIBUTES = 200
ROUNDS = 5
SCHEMES = {"http", "https", "mailto"}
LINK_KINDS = {"author", "external", "license", "nofollow", "noopener", "noreferrer", "sponsored", "tag", "ugc"}
SILENT = {"script", "style", "template", "noscript", "head", "title"}

INLINE = set("a abbr b br cite code del em i ins kbd mark q s small span strong sub sup time u".split())
BLOCKS = INLINE | set(
    "aside blockquote caption col colgroup dd details div dl dt figcaption figure h2 h3 h4 h5 h6 hr img li ol p pre "
    "section summary table tbody td tfoot th thead tr ul".split()
)
COMMENT = set("a blockquote br code del em li ol p pre s strong ul".split())

INLINE_ATTRIBUTES = {"*": {"lang", "dir"}, "a": {"href", "title", "rel"}, "abbr": {"title"}, "time": {"datetime"}}
BLOCK_ATTRIBUTES = INLINE_ATTRIBUTES | {
    "img": {"src", "alt", "width", "height", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "reversed"},
    "details": {"open"},
}

_OWN_ADDRESS = re.compile(r"(?:/(?![/\\])|[#?]|[\w.-]+(?:[/#?]|\Z))[^\\\s]*\Z")
_SIGNIFICANT = re.compile("[<>&\r\0]")
_LINE_ENDERS = set(
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section summary table tr ul".split()
)
_CELLS = {"td", "th"}
_TAG = re.compile("<(/?)([a-zA-Z][^\\s/>]*)")
_OPENING = re.compile("</?[a-zA-Z][^\\s/>]*+")
_ATTRIBUTE = r"""[ \t\n\f\r/]*+[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:"[^"]*+"?|'[^']*+'?|[^ \t\n\f\r>]*+))?+"""
_ATTRIBUTES = re.compile(f"(?:{_ATTRIBUTE})*+")
_SCRIPT = re.compile(r"<(script|style)(?=[\s/>]).*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_READ_AGAIN = 4
"""How many times its length a text is read for attributes; only one that is made to be needs more."""
_SELF_CLOSING = set("area br col dd dt embed hr img input li link meta option p param source td th tr track wbr".split())


def _own_address(url: str) -> str | None:
    return url if _OWN_ADDRESS.match(url) else None


def _known_link_kinds(_tag: str, attribute: str, value: str) -> str | None:
    if attribute != "rel":
        return value
    return " ".join(kind for kind in value.lower().split() if kind in LINK_KINDS) or None


def _cleaner(tags: set[str], attributes: dict[str, set[str]]) -> nh3.Cleaner:
    # Links carry no forced `rel`: without `target`, noopener has no effect, and a newsroom wants its referrals counted.
    return nh3.Cleaner(
        tags=tags,
        clean_content_tags=SILENT,
        attributes=attributes,
        attribute_filter=_known_link_kinds,
        link_rel=None,
        url_schemes=SCHEMES,
        url_relative=_own_address,
    )


_inline = _cleaner(INLINE, INLINE_ATTRIBUTES)
_block = _cleaner(BLOCKS, BLOCK_ATTRIBUTES)
_comment = nh3.Cleaner(
    tags=COMMENT,
    clean_content_tags=SILENT,
    attributes={"a": {"href"}},
    link_rel="nofollow ugc noopener",
    url_schemes={"http", "https"},
    url_relative="deny",
)


def sanitise_inline(html: str) -> str:
    """Markup for the inside of a block: inline elements only. Plain text comes back to the letter."""
    return _clean(_inline.clean, html)


def sanitise_block(html: str) -> str:
    """Markup that stands on its own: paragraphs, lists, tables, figures; no script, frame, form or style."""
    return _clean(_block.clean, html)


def sanitise_comment(html: str) -> str:
    """Markup from a stranger: little of it, absolute links only, and search engines told not to trust them."""
    return _clean(_comment.clean, html)


def _clean(clean: Callable[[str], str], html: str) -> str:
    accepted = scrub(html)
    if not _SIGNIFICANT.search(accepted):
        return accepted
    # Judged until nothing changes: what was taken out may have hidden a forbidden address ("java&#1;script:"), and markup may
    # be understood otherwise the second time it is read.
    for _ in range(ROUNDS):
        before, accepted = accepted, scrub(_literal(clean(shallow(accepted))))
        if accepted == before:
            break
    return accepted


def _literal(html: str) -> str:
    # A no-break space is written as an entity by the serialiser; every other character stands for itself, so it may as well.
    # A stroke behind a tag is taken out, for NFC would make one character of it and the tag's last.
    return html.replace("&nbsp;", "\u00a0").replace("\r", "\n").replace(">\u0338", ">")


def shallow(html: str) -> str:
    """The markup itself, or only its words where elements nest hundreds deep or bear hundreds of attributes.

    Parsers slow down with the square of either.
    """
    # What a script compares (`i<n`) looks like a tag; nobody is shown scripts.
    if (_is_crowded(html) and _is_crowded(html := _SCRIPT.sub("", html))) or _is_deep(html):
        return escape(re.sub("<[^<>]*>", " ", html), quote=False)
    return html


def _is_crowded(html: str) -> bool:
    """Whether any tag has more attributes than one ever needs.

    What looks like a tag may be none, in a comment, and another may begin in what looks like a value then: so those are looked at, too.
    """
    if len(html) <= 2 * MAX_ATTRIBUTES:
        return False
    at, read = 0, 0
    while (tag := _OPENING.search(html, at)) is not None:
        written = _ATTRIBUTES.match(html, tag.end())
        inside = written[0] if written else ""
        read += len(inside)
        if read > _READ_AGAIN * len(html) or (len(inside) > 2 * MAX_ATTRIBUTES and len(re.findall(_ATTRIBUTE, inside)) > MAX_ATTRIBUTES):
            return True
        at = tag.end() if "<" in inside else tag.end() + len(inside)
    return False


def _is_deep(html: str) -> bool:
    opened: Counter[str] = Counter()
    depth = 0
    for closing, written in _TAG.findall(html):
        name = written.lower()
        # An end tag that ends nothing is ignored by parsers too, so it must not pay for a start tag.
        step = 0 if name in _SELF_CLOSING or (closing and not opened[name]) else -1 if closing else 1
        opened[name] += step
        depth += step
        if depth > MAX_DEPTH:
            return True
    return False


def _drop_raw_html(state: StateCore) -> None:
    """Leave out tags typed into Markdown, and all of a script that is also closed."""
    for block in state.tokens:
        if block.children:
            block.children = list(_without_html(block.children))


def _without_html(tokens: Sequence[Token]) -> Iterator[Token]:
    closing: list[int] = [i for i, token in enumerate(tokens) if _tag_name(token) in {"/script", "/style"}]
    resume = 0
    for i, token in enumerate(tokens):
        if i < resume:
            continue
        if _tag_name(token) in {"script", "style"}:
            resume = next((end + 1 for end in closing if end > i), 0)
        elif token.type != "html_inline":
            yield token


def _tag_name(token: Token) -> str:
    found = re.match("</?[a-zA-Z][a-zA-Z0-9-]*", token.content) if token.type == "html_inline" else None
    return found[0][1:].lower() if found else ""


# Without blocks of raw HTML every tag is met inline, where it can be left out without losing the words around it.
_little_markdown = MarkdownIt("commonmark", {"breaks": True}).enable("strikethrough")
_little_markdown.disable(["html_block", "image", "heading", "lheading", "hr", "code", "reference"])
_little_markdown.core.ruler.push("drop_raw_html", _drop_raw_html)


def render_comment(text: str) -> str:
    """A reader's words as safe HTML. A little Markdown is understood; HTML in it is left out, not shown."""
    return sanitise_comment(_little_markdown.render(scrub(text))).strip()


def to_text(html: str) -> str:
    """What the markup says: entities decoded, one line for each block, nothing that is not read."""
    accepted = scrub(html)
    if not _SIGNIFICANT.search(accepted):
        return "\n".join(filter(None, (part.strip() for part in accepted.split("\n"))))
    body = LexborHTMLParser(shallow(accepted)).body
    said = "".join(_said(body)) if body else ""
    lines = (re.sub(r"[^\S\u00a0]+", " ", part).strip(" ") for part in scrub(said).split("\n"))
    return "\n".join(part for part in lines if part)


def _said(root: LexborNode) -> Iterator[str]:
    """The text under a node in reading order, without recursion: hostile markup nests deeper than Python can."""
    node, entering = root, True
    while True:
        tag = node.tag or ""
        if entering and tag == "-text":
            yield re.sub(r"[\r\n\t\f]", " ", node.text_content or "")
        yield "\n" if tag in _LINE_ENDERS else " " if tag in _CELLS else ""
        below = node.first_child if entering and tag not in SILENT else None
        beside = None if below is not None or node.mem_id == root.mem_id else node.next
        entering = below is not None or beside is not None
        node = below or beside or node.parent or root
        if not entering and (node.mem_id == root.mem_id or node.parent is None):
            return
