"""What an integrator would write with the generated client: `python tutorial.py URL KEY`, with the package `newsroom` beside it.

Every step stops where the answer is not what it should be.
"""

import sys
import uuid
from typing import Any, TypeVar

from newsroom import AuthenticatedClient, Client
from newsroom.api.articles import create_article, get_article, list_articles, publish_article, update_article
from newsroom.api.comments import create_comment, list_comments
from newsroom.models import (
    Article,
    ArticleCreate,
    ArticleDraft,
    ArticlePage,
    ArticleUpdate,
    CommentCreate,
    CommentPage,
    CommentPosted,
    Guest,
    HeadingBlock,
    Markup,
    MarkupFormat,
    Paragraph,
    ParagraphBlock,
    Problem,
    PublishOrder,
)

T = TypeVar("T")


def must(kind: type[T], answer: Any) -> T:
    """`answer`, where it is what was asked for."""
    if isinstance(answer, Problem):
        sys.exit(f"{answer.status} {answer.title}: {answer.detail} {[fault.to_dict() for fault in answer.errors]}")
    assert isinstance(answer, kind), answer
    return answer


def main(url: str, key: str) -> None:
    """Create, change, publish, read and discuss an article."""
    reader = Client(base_url=url)
    desk = AuthenticatedClient(base_url=url, token=key)

    blocks = [
        ParagraphBlock(type_="paragraph", html="The first boat left <em>at noon</em>."),
        HeadingBlock(type_="heading", level=2, text="What it costs"),
        ParagraphBlock(type_="paragraph", html="Nothing."),
    ]
    order = ArticleCreate(headline="The ferry runs again", body=blocks)
    once = str(uuid.uuid4())
    draft = must(ArticleDraft, create_article.sync(client=desk, body=order, idempotency_key=once))
    again = must(ArticleDraft, create_article.sync(client=desk, body=order, idempotency_key=once))
    assert again.id == draft.id
    assert draft.status == "draft"
    hidden = get_article.sync(draft.id, client=reader)
    assert isinstance(hidden, Problem)
    assert hidden.code == "article-not-found"

    kicker = ArticleUpdate(kicker="Crossings")
    edited = must(ArticleDraft, update_article.sync(draft.id, client=desk, body=kicker, if_match=f'"{draft.version}"'))
    assert (edited.headline, edited.genre) == (draft.headline, draft.genre)
    stale = update_article.sync(draft.id, client=desk, body=ArticleUpdate(kicker="Ferries"), if_match=f'"{draft.version}"')
    assert isinstance(stale, Problem)
    assert stale.code == "version-mismatch"
    published = must(ArticleDraft, publish_article.sync(draft.id, client=desk, body=PublishOrder(), if_match=f'"{edited.version}"'))
    assert published.status == "published"

    page = must(ArticlePage, list_articles.sync(client=reader, q="ferry", limit=5))
    assert [article.id for article in page.data] == [draft.id]
    assert page.page.next_cursor is None
    article = must(Article, get_article.sync(published.slug, client=reader))
    assert [block.type_ for block in article.body] == ["paragraph", "heading", "paragraph"]
    assert isinstance(article.body[0], Paragraph)
    assert article.outline[0].anchor == "what-it-costs"

    words = CommentCreate(author=Guest(name="A reader"), body="I was on *that* ferry.")
    comment = must(CommentPosted, create_comment.sync(article.id, client=reader, body=words))
    assert comment.html == "<p>I was on <em>that</em> ferry.</p>"
    thread = must(CommentPage, list_comments.sync(article.id, client=reader))
    assert [each.id for each in thread.data] == [comment.id]

    markup = Markup(format_=MarkupFormat.MARKDOWN, content="One.\n\n## Two\n\nThree.")
    other = must(ArticleDraft, create_article.sync(client=desk, body=ArticleCreate(headline="In Markdown", body=markup)))
    assert [part.heading for part in other.outline] == ["Two"]
    print("every call was answered as described")  # noqa: T201 - a program says how it went


if __name__ == "__main__":
    main(*sys.argv[1:])
