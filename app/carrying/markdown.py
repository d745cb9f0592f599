"""The HTML of somebody else's comments as the little Markdown that ours are written in."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.core.html import sanitise_comment
from app.core.text import tidy

_SPECIAL = re.compile(r"[\\`*\[\]]|~~|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)|!(?=\[)")
_OPENING = re.compile(r"^([ \t]*)(?:([-+>#=~])|(\d{1,9})([.)]))", re.MULTILINE)
_OLD_MARKS = re.compile(r"<(/?)([bi])(?:\s[^<>]*)?>", re.IGNORECASE)
_MARKS = {"em": "*", "strong": "**", "del": "~~", "s": "~~"}
_BLOCKS = {"p", "blockquote", "ul", "ol", "li", "pre"}


def to_markdown(html: str) -> str:
    """The same words, with emphasis, links, lists, quotes and code; what comments may not hold is left out."""
    meant = _OLD_MARKS.sub(lambda tag: f"<{tag[1]}{'strong' if tag[2].lower() == 'b' else 'em'}>", html)
    body = LexborHTMLParser(sanitise_comment(meant)).body
    return tidy("\n\n".join(_blocks(body))) if body else ""


def _blocks(parent: LexborNode) -> Iterator[str]:
    """What stands in an element, a paragraph, list, quote or code at a time."""
    inline: list[str] = []
    for node in parent.iter(include_text=True):
        if node.tag not in _BLOCKS:
            inline.append(_inline(node))
            continue
        yield from _paragraph(inline)
        inline = []
        yield from _block(node)
    yield from _paragraph(inline)


def _block(node: LexborNode) -> Iterator[str]:
    inside = "\n\n".join(_blocks(node)) if node.tag not in {"ul", "ol", "pre"} else ""
    if node.tag == "blockquote" and inside:
        yield "\n".join(f"> {line}".rstrip() for line in inside.split("\n"))
    elif node.tag in {"ul", "ol"}:
        yield from _list(node)
    elif node.tag == "pre":
        yield _fenced(node.text(deep=True))
    elif inside:
        yield inside


def _list(node: LexborNode) -> Iterator[str]:
    items = [text for item in node.iter() if (text := "\n\n".join(_blocks(item)))]
    marks = [f"{number}. " if node.tag == "ol" else "- " for number in range(1, len(items) + 1)]
    if items:
        yield "\n".join(mark + re.sub("\n(?!\n)", "\n" + " " * len(mark), text) for mark, text in zip(marks, items, strict=True))


def _fenced(code: str) -> str:
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", code))])
    return f"{fence}\n{code.strip(chr(10))}\n{fence}"


def _paragraph(inline: list[str]) -> Iterator[str]:
    """Lines of a paragraph; what would begin a list or a quote there is made harmless."""
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(inline).split("\n")]
    text = re.sub("\n{2,}", "\n", "\n".join(lines)).strip("\n")
    if text:
        yield _OPENING.sub(lambda found: f"{found[1]}\\{found[2]}" if found[2] else f"{found[1]}{found[3]}\\{found[4]}", text)


def _inline(node: LexborNode) -> str:
    if node.tag == "-text":
        return _SPECIAL.sub(lambda found: "\\" + "\\".join(found[0]), re.sub(r"\s+", " ", node.text_content or ""))
    if node.tag == "br":
        return "\n"
    if node.tag == "code":
        return _code(node.text(deep=True))
    inside = "".join(_inline(one) for one in node.iter(include_text=True))
    address = node.attributes.get("href") if node.tag == "a" else None
    if address and inside.strip():
        return _around(f"[{{}}](<{re.sub('([<>])', chr(92) + chr(92) + '1', address)}>)", inside)
    mark = _MARKS.get(node.tag or "")
    return _around(f"{mark}{{}}{mark}", inside) if mark and inside.strip() else inside


def _around(form: str, inside: str) -> str:
    """`inside` in its marks, its white space outside of them, and no line break between them."""
    words = inside.strip()
    before, _, after = inside.partition(words)
    return before + form.replace("{}", re.sub(r"\s*\n\s*", " ", words)) + after


def _code(text: str) -> str:
    words = re.sub(r"\s+", " ", text).strip()
    ticks = "`" * (max([0, *(len(run) for run in re.findall("`+", words))]) + 1)
    space = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{ticks}{space}{words}{space}{ticks}" if words else ""
