"""What a stored body looks like as one page, and what it says as plain text."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from app.body.union import Block
from app.core import html as markup


def to_html(blocks: Iterable[Block]) -> str:
    """The body as semantic HTML; headings carry their anchors as ids. A `custom` block shows nothing: only its system can."""
    return "\n".join(filter(None, (_HTML[block["type"]](block) for block in blocks)))


def to_text(blocks: Iterable[Block]) -> str:
    """Everything a reader reads, a line for each paragraph, item or row: for search, counting and plain readers."""
    return "\n".join(filter(None, (_TEXT.get(block["type"], _nothing)(block) for block in blocks)))


def _element(name: str, inside: str | None, **attributes: object) -> str:
    written = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{written}>{inside or ''}</{name}>"


def _elements(name: str, insides: Iterable[str]) -> str:
    return "".join(_element(name, inside) for inside in insides)


def _maybe(name: str, inside: str | None) -> str:
    return _element(name, inside) if inside else ""


def _escaped(text: str | None) -> str:
    return escape(text or "", quote=False)


def _figure(inside: str, block: Block) -> str:
    caption = " ".join(filter(None, [block.get("caption"), _maybe("small", block.get("credit"))]))
    return _element("figure", inside + _maybe("figcaption", caption))


def _picture(picture: Block) -> str:
    sizes = "".join(f' {side}="{picture[side]}"' for side in ("width", "height") if picture[side])
    image = f'<img src="{escape(picture["url"])}" alt="{escape(picture["alt"] or "")}"{sizes}>'
    return _figure(image, picture)


def _heading(block: Block) -> str:
    return _element(f"h{block['level']}", _escaped(block["text"]), id=block["anchor"])


def _quote(block: Block) -> str:
    return _element("blockquote", _element("p", block["html"]) + _maybe("footer", block["cite"]))


def _pullquote(block: Block) -> str:
    return _element("aside", _quote(block))


def _list(block: Block) -> str:
    return _element("ol" if block["ordered"] else "ul", _elements("li", block["items"]))


def _video(block: Block) -> str:
    poster = f' poster="{escape(block["poster"])}"' if block["poster"] else ""
    return _figure(f'<video src="{escape(block["url"])}"{poster} controls></video>', block)


def _audio(block: Block) -> str:
    return _figure(f'<audio src="{escape(block["url"])}" controls></audio>', block)


def _embed(block: Block) -> str:
    link = _element("a", _escaped(block["provider"] or block["url"]), href=block["url"])
    return _figure(block["html"] or link, block)


def _table(block: Block) -> str:
    head = _element("thead", _element("tr", _elements("th", block["header"]))) if block["header"] else ""
    rows = "".join(_element("tr", _elements("td", row)) for row in block["rows"])
    return _element("table", _maybe("caption", block["caption"]) + head + _element("tbody", rows))


def _code(block: Block) -> str:
    language = f"language-{block['language']}" if block["language"] else None
    return _element("pre", _element("code", _escaped(block["text"]), **{"class": language}))


def _link_card(block: Block) -> str:
    link = _element("a", _escaped(block["title"] or block["url"]), href=block["url"])
    return _element("p", link + (f"<br>{_escaped(block['description'])}" if block["description"] else ""))


def _callout(block: Block) -> str:
    title = _maybe("strong", _escaped(block["title"]))
    return _element("aside", _maybe("p", title) + _element("div", block["html"]))


def _live_update(block: Block) -> str:
    moment = _element("time", block["at"], datetime=block["at"])
    title = _maybe("h3", _escaped(block["title"]))
    return _element("article", title + moment + to_html(block["blocks"]), id=block["id"])


def _lines(*parts: str | None) -> str:
    return "\n".join(filter(None, (markup.to_text(part or "") for part in parts)))


def _plain(*parts: str | None) -> str:
    return "\n".join(filter(None, parts))


def _image_text(picture: Block) -> str:
    return _plain(_lines(picture["caption"]), _lines(picture["credit"]))


def _rows_text(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(filter(None, (" ".join(markup.to_text(cell).replace("\n", " ") for cell in row).strip() for row in rows)))


def _nothing(_: Block) -> str:
    return ""


_HTML: dict[str, Callable[[Block], str]] = {
    "paragraph": lambda block: _element("p", block["html"]),
    "heading": _heading,
    "list": _list,
    "quote": _quote,
    "pullquote": _pullquote,
    "image": _picture,
    "gallery": lambda block: _element("div", "".join(map(_picture, block["images"]))),
    "video": _video,
    "audio": _audio,
    "embed": _embed,
    "table": _table,
    "code": _code,
    "divider": lambda _: "<hr>",
    "link_card": _link_card,
    "callout": _callout,
    "html": lambda block: str(block["html"]),
    "custom": _nothing,
    "live_update": _live_update,
}

# A pull quote repeats what the article says already, so it is not read twice.
_TEXT: dict[str, Callable[[Block], str]] = {
    "paragraph": lambda block: _lines(block["html"]),
    "heading": lambda block: str(block["text"]),
    "list": lambda block: _lines(*block["items"]),
    "quote": lambda block: _lines(block["html"], block["cite"]),
    "image": _image_text,
    "gallery": lambda block: "\n".join(filter(None, map(_image_text, block["images"]))),
    "video": _image_text,
    "audio": _image_text,
    "embed": lambda block: _lines(block["html"], block["caption"]),
    "table": lambda block: _plain(_lines(block["caption"]), _rows_text([block["header"], *block["rows"]])),
    "code": lambda block: str(block["text"]),
    "link_card": lambda block: _plain(block["title"], block["description"]),
    "callout": lambda block: _plain(block["title"], _lines(block["html"])),
    "html": lambda block: _lines(block["html"]),
    "live_update": lambda block: _plain(block["title"], to_text(block["blocks"])),
}
