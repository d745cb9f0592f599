"""Turns a body written as Markdown, HTML or plain text into blocks: nothing lost, nothing dangerous."""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape

from markdown_it import MarkdownIt
from pydantic import ValidationError
from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.body.union import MAX_BLOCKS, Block, Markup, read_block
from app.core import html as rules
from app.core.fields import is_url
from app.core.text import scrub

MAX_DEPTH = 40
CHUNK = 30_000

_SKIPPED = rules.SILENT | {"-comment", "meta", "link", "source", "track", "figcaption", "base", "!doctype", "_comment"}
_CONTAINERS = set(
    "a abbr address article aside b body center cite del div em fieldset footer font form header i ins label main nav p picture "
    "section small span strong sub sup u".split()
)
_STANDS_ALONE = (
    "address,article,aside,audio,blockquote,details,div,dl,figure,footer,form,h1,h2,h3,h4,h5,h6,header,hr,iframe,img,main,nav,"
    "object,ol,p,picture,pre,section,table,ul,video,embed"
)
_TOO_RICH_FOR_ITEM = "ul,ol,table,pre,blockquote,figure,img,iframe,video,audio,h1,h2,h3,h4,h5,h6,hr,dl,details"
_TOO_RICH_FOR_CELL = f"{_TOO_RICH_FOR_ITEM},[colspan],[rowspan]"

_OPENS = r"(?:<(?:p|div)\b[^>]*>\s*+)"
_BETWEEN = re.compile(rf"(?:(?<!\s)\s++)?(?:(?:</(?:p|div)>\s*+)++{_OPENS}*+|{_OPENS}++)")

_markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class TooManyBlocks(ValueError):  # noqa: N818
    """The text would become more blocks than a body may have."""


def from_markup(markup: Markup) -> list[Block]:
    """The text as stored blocks, still without ids; raises TooManyBlocks above 2,000, and nothing else whatever it is given.

    Markup that fits no block of ours is kept as an `html` block; what fits no block at all is kept as its words.
    """
    source = scrub(markup.content)
    blocks = [block for raw in _READERS[markup.format](source) for block in _admitted(raw)]
    if len(blocks) > MAX_BLOCKS:
        raise TooManyBlocks(f"The text makes {len(blocks)} blocks; a body holds {MAX_BLOCKS}.")
    return blocks


def _from_text(text: str) -> Iterator[Block]:
    for part in re.split(r"\n[^\S\n]*(?:\n[^\S\n]*)+", re.sub("\r\n?", "\n", text)):
        if part.strip():
            yield _paragraph(escape(part.strip(), quote=False).replace("\n", "<br>"))


def _from_markdown(text: str) -> Iterator[Block]:
    return _from_html(_markdown.render(text))


def _from_html(html: str) -> Iterator[Block]:
    body = LexborHTMLParser(rules.shallow(html)).body
    if body is not None:
        yield from _inside(body, 0)


_READERS: dict[str, Callable[[str], Iterator[Block]]] = {"text": _from_text, "markdown": _from_markdown, "html": _from_html}


def _admitted(raw: Block) -> Iterator[Block]:
    """The block as the door lets it in, or its words in plain paragraphs where the door would refuse it."""
    try:
        block = read_block(raw)
        if not _is_empty(block):
            yield block
    except ValidationError:
        words = rules.to_text("\n".join(_leaves(raw)))
        for start in range(0, len(words), CHUNK):
            yield read_block(_paragraph(escape(words[start : start + CHUNK], quote=False).replace("\n", "<br>")))


def _is_empty(block: Block) -> bool:
    if block["type"] in {"paragraph", "quote"}:
        return not rules.to_text(block["html"])
    return block["type"] == "html" and not block["html"]


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (leaf for key, inner in value.items() if key != "type" for leaf in _leaves(inner))
    elif isinstance(value, list):
        yield from (leaf for inner in value for leaf in _leaves(inner))


def _paragraph(html: str) -> Block:
    return {"type": "paragraph", "html": html}


def _inside(node: LexborNode, depth: int) -> Iterator[Block]:
    """The blocks among a node's children; inline neighbours make one paragraph."""
    loose: list[str] = []
    for child in node.iter(include_text=True):
        if _is_inline(child):
            loose.append(_outer(child))
            continue
        yield from _gathered(loose)
        yield from _block(child, depth + 1)
        loose = []
    yield from _gathered(loose)


def _gathered(loose: Iterable[str]) -> Iterator[Block]:
    html = _trimmed("".join(loose))
    if html:
        yield _paragraph(html)


def _trimmed(html: str) -> str:
    """Without white space and line breaks at its ends. A pattern for the end would be tried from each place of a long run within."""
    start, end = 0, len(html)
    while start < end and (step := 4 if html.startswith("<br>", start) else int(html[start].isspace())):
        start += step
    while end > start and (step := 4 if html.endswith("<br>", start, end) else int(html[end - 1].isspace())):
        end -= step
    return html[start:end]


def _is_inline(node: LexborNode) -> bool:
    if node.tag == "-text":
        return True
    return node.tag in rules.INLINE and not _holds(node, _STANDS_ALONE)


def _holds(node: LexborNode, selector: str) -> bool:
    return any(found.mem_id != node.mem_id for found in node.css(selector))


def _block(node: LexborNode, depth: int) -> Iterator[Block]:
    tag = node.tag or ""
    if tag in _SKIPPED:
        return
    if tag in _BLOCKS and depth < MAX_DEPTH:
        yield from _BLOCKS[tag](node, depth)
    elif tag in _CONTAINERS and depth < MAX_DEPTH:
        yield from _inside(node, depth)
    else:
        yield from _kept(node)


def _kept(node: LexborNode) -> Iterator[Block]:
    """What no block of ours fits, whole."""
    yield {"type": "html", "html": _outer(node)}


def _outer(node: LexborNode) -> str:
    return scrub(node.html or "")


def _inner(node: LexborNode | None) -> str:
    return scrub(node.inner_html or "").strip() if node is not None else ""


def _words(node: LexborNode) -> str:
    return rules.to_text(_inner(node)).replace("\n", " ")


def _heading(node: LexborNode, _depth: int) -> Iterator[Block]:
    level = int((node.tag or "h2")[1])
    if text := _words(node):
        yield {"type": "heading", "level": max(2, level), "text": text}
    for image in node.css("img"):
        yield from _image(image)


def _list(node: LexborNode, _depth: int) -> Iterator[Block]:
    items = list(node.iter())
    if _holds(node, _TOO_RICH_FOR_ITEM) or any(item.tag != "li" for item in items) or node.attributes.get("start"):
        yield from _kept(node)
    elif items:
        yield {"type": "list", "ordered": node.tag == "ol", "items": [_joined(item) for item in items]}


def _joined(node: LexborNode) -> str:
    """The inside of a node as one inline text, its paragraphs parted by empty lines."""
    return _trimmed(_BETWEEN.sub("<br><br>", _inner(node)))


def _quote(node: LexborNode, _depth: int) -> Iterator[Block]:
    if _holds(node, _TOO_RICH_FOR_ITEM):
        yield from _kept(node)
        return
    cite = node.css_first("footer") or _signature(node)
    said_by = _inner(cite) or None
    if cite is not None:
        cite.decompose()
    yield {"type": "quote", "html": _joined(node), "cite": said_by}


def _signature(node: LexborNode) -> LexborNode | None:
    """The `cite` that stands behind the paragraphs of a quotation, as WordPress writes it; one among its words is the title of a work."""
    children = list(node.iter())
    follows = len(children) > 1 and children[-1].tag == "cite" and children[-2].tag in {"p", "div"}
    return children[-1] if follows else None


def _figure(node: LexborNode, depth: int) -> Iterator[Block]:
    images, caption = node.css("img"), _inner(node.css_first("figcaption")) or None
    if len(images) == 1 and not _holds(node, "video,audio,iframe,table,pre,blockquote"):
        yield from _image(images[0], caption)
        return
    yield from _inside(node, depth)
    if caption:
        yield _paragraph(caption)


def _image(node: LexborNode, caption: str | None = None) -> Iterator[Block]:
    url, alt = _address(node), scrub(node.attributes.get("alt") or "") or None
    if is_url(url):
        sizes = {side: _pixels(node.attributes.get(side)) for side in ("width", "height")}
        yield {"type": "image", "url": url, "alt": alt, "caption": caption, **sizes}
    elif words := caption or escape(alt or "", quote=False):
        yield _paragraph(words)


def _address(node: LexborNode | None) -> str:
    """Where the node's `src` leads; one without a scheme is read over https."""
    url = (node.attributes.get("src") or "").strip() if node is not None else ""
    return f"https:{url}" if url.startswith("//") else url


def _pixels(written: str | None) -> int | None:
    found = re.fullmatch(r"\s*([1-9][0-9]{0,4})(?:px)?\s*", written or "", re.ASCII)
    return int(found[1]) if found else None


def _code(node: LexborNode, _depth: int) -> Iterator[Block]:
    inner = node.css_first("code")
    named = re.search(r"\blanguage-([\w+#.-]{1,50})", (inner.attributes.get("class") or "") if inner is not None else "")
    text = scrub(node.text_content or node.text() or "").removesuffix("\n")
    if text.strip():
        yield {"type": "code", "language": named[1] if named else None, "text": text}


def _table(node: LexborNode, _depth: int) -> Iterator[Block]:
    if _holds(node, _TOO_RICH_FOR_CELL):
        yield from _kept(node)
        return
    rows = [[cell for cell in row.iter() if cell.tag in {"td", "th"}] for row in node.css("tr")]
    header = rows.pop(0) if rows and all(cell.tag == "th" for cell in rows[0]) else []
    cells = [[_joined(cell) for cell in row] for row in rows]
    caption = _inner(node.css_first("caption")) or None
    yield {"type": "table", "header": [_joined(cell) for cell in header], "rows": cells, "caption": caption}


def _divider(_node: LexborNode, _depth: int) -> Iterator[Block]:
    yield {"type": "divider"}


def _embed(node: LexborNode, _depth: int) -> Iterator[Block]:
    if is_url(url := _address(node)):
        yield {"type": "embed", "url": url, "caption": escape(node.attributes.get("title") or "", quote=False) or None}


def _recording(node: LexborNode, depth: int) -> Iterator[Block]:
    url = _address(node) or _address(node.css_first("source"))
    if not is_url(url):
        yield from _inside(node, depth)
        return
    poster = node.attributes.get("poster") or ""
    extra = {"poster": poster} if node.tag == "video" and is_url(poster) else {}
    yield {"type": node.tag, "url": url, **extra}


_BLOCKS: dict[str, Callable[[LexborNode, int], Iterator[Block]]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _heading),
    **dict.fromkeys(("ul", "ol"), _list),
    **dict.fromkeys(("video", "audio"), _recording),
    "blockquote": _quote,
    "figure": _figure,
    "img": lambda node, _: _image(node),
    "pre": _code,
    "table": _table,
    "hr": _divider,
    "iframe": _embed,
    "embed": _embed,
}
