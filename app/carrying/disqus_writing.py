"""The XML that Disqus reads and writes, written (https://help.disqus.com/en/articles/1717164)."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from app.comments.schemas import GONE, comment_id
from app.core import ids
from app.core.schemas import wire_instant

HEAD = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">\n'
)  # fmt: skip
FOOT = b"</disqus>\n"


def thread(row: Any) -> bytes:
    """The discussion of an article."""
    article = ids.encode("art", row.id)
    return (
        f"<thread dsq:id={quoteattr(article)}><id>{article}</id><link>/{escape(row.slug)}</link><title>{escape(row.headline)}</title>"
        f"<createdAt>{_second(row.created_at)}</createdAt><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>\n"
    ).encode()


def post(row: Any) -> bytes:
    """A comment; of a deleted one its place alone."""
    gone = row.status in GONE
    parent = "" if row.parent_id is None else f"<parent dsq:id={quoteattr(comment_id(row.parent_id))}/>"
    return (
        f"<post dsq:id={quoteattr(comment_id(row.id))}><id>{comment_id(row.id)}</id><message>{_data('' if gone else row.html)}</message>"
        f"<createdAt>{_second(row.created_at)}</createdAt><isDeleted>{str(gone).lower()}</isDeleted><isSpam>false</isSpam>"
        f"<author><name>{'' if gone else escape(row.author_name)}</name><isAnonymous>true</isAnonymous></author>"
        f"<thread dsq:id={quoteattr(ids.encode('art', row.article_id))}/>{parent}</post>\n"
    ).encode()


def _data(html: str) -> str:
    return "<![CDATA[" + html.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _second(moment: Any) -> str:
    """Disqus knows no fractions of a second."""
    return wire_instant(moment.replace(microsecond=0))
