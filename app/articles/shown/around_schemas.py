"""What stands around an article, on the wire."""

from pydantic import Field

from app.articles.schemas import ArticleSummary
from app.core.schemas import Output


class RelatedArticle(Output):
    """An article beside another."""

    kind: str = Field(description="`related`, or what the newsroom chose, such as `background` or `follow_up`.", examples=["background"])
    derived: bool = Field(description="Whether it was found by tags and section, not chosen.", examples=[False])
    article: ArticleSummary


class RelatedList(Output):
    """Articles beside another: those that the newsroom chose, then the newest under the same tags, then in the same section."""

    data: list[RelatedArticle]


class Translation(Output):
    """One article of a group in which each is the same in another language."""

    id: str = Field(examples=["art_01m82536fhesjaqzv7y0v141hx"])
    language: str = Field(description="A language tag (BCP 47): the `hreflang`.", examples=["en"])
    headline: str = Field(examples=["Delegations meet at the border"])
    slug: str = Field(examples=["delegations-meet-at-the-border"])
    path: str = Field(description="Its address on the site.", examples=["/world/europe/delegations-meet-at-the-border"])
    canonical_url: str | None = Field(description="Where the original stands, if elsewhere.", examples=[None])
    href: str = Field(
        description="What to link to: `canonical_url`, else `path`.", examples=["/world/europe/delegations-meet-at-the-border"]
    )
    original: bool = Field(description="Whether the others translate it: the `x-default`.", examples=[True])
    status: str = Field(description="`published` for readers.", examples=["published"])


class TranslationList(Output):
    """The articles of a group, by language, the one that was asked for among them."""

    data: list[Translation]
