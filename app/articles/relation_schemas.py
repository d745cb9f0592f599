"""Other articles, as a working copy refers to them."""

from typing import Annotated

from pydantic import Field

from app.core.refs import MAX_SLUG, ref_pattern
from app.core.schemas import Input, Output

WORD_PATTERN = "^[a-z][a-z0-9_]{0,39}$"

Word = Annotated[str, Field(max_length=40, pattern=WORD_PATTERN)]
ArticleText = Annotated[
    str,
    Field(
        max_length=MAX_SLUG + 40,
        pattern=ref_pattern("art"),
        description="An article: its id or slug.",
        examples=["delegations-meet-at-the-border"],
    ),
]
MOST_RELATED = 50


class Relation(Input):
    """Another article that readers are pointed to."""

    article: ArticleText
    kind: Word = Field(
        default="related", description="Such as `related`, `background`, `follow_up`, `live`, `opinion`.", examples=["background"]
    )


class ReferredArticle(Output):
    """An article that the newsroom refers to, whatever its standing."""

    id: str = Field(examples=["art_01m82536fhesjaqzv7y0v141hx"])
    headline: str | None = Field(description="Null where `status` says why nothing is told.", examples=["Delegations meet at the border"])
    slug: str | None = Field(examples=["delegations-meet-at-the-border"])
    path: str | None = Field(description="The address of its working copy.", examples=["/world/europe/delegations-meet-at-the-border"])
    language: str | None = Field(description="A language tag (BCP 47).", examples=["en"])
    status: str = Field(
        description="Readers see what is `published`. `gone` was deleted for good; `outside` stands where your key does not reach.",
        examples=["published"],
    )


class RelationOut(Output):
    """A reference of a working copy."""

    kind: str = Field(description="Such as `related`, `background`, `follow_up`.", examples=["background"])
    article: ReferredArticle
