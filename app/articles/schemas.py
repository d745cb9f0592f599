"""What an article looks like on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field

from app.articles.correction_schemas import CorrectionOut
from app.articles.relation_schemas import MOST_RELATED, ArticleText, ReferredArticle, Relation, RelationOut, Word
from app.articles.takedown_schemas import Takedown
from app.authors.schemas import AuthorText
from app.body.union import BodyInput
from app.body.views import BlockOutput, Live
from app.core.fields import A_TEXT, AN_OBJECT, BY_FORM, Url, Whole
from app.core.refs import MAX_SLUG
from app.core.schemas import Input, Instant, Output, PageInfo
from app.core.text import SLUG_PATTERN, line, prose
from app.sections.schemas import Crumb, SectionRef, SectionText
from app.tags.schemas import TagRef, TagText

LANGUAGE_PATTERN = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
EXTERNAL_PATTERN = "^[!-~]{1,200}$"
SOURCE_PATTERN = "^[a-z][a-z0-9_]{0,99}$"

Kind = Literal["article", "live_blog", "gallery", "video", "audio", "page"]
Language = Annotated[str, Field(max_length=35, pattern=LANGUAGE_PATTERN, examples=["en"], description="A language tag (BCP 47).")]
Slug = Annotated[str, Field(max_length=MAX_SLUG, pattern=SLUG_PATTERN, examples=["delegations-meet-at-the-border"])]
Title = Annotated[str, line(500)]
Assignee = Annotated[str, line(100), Field(pattern="^[^,]+$")]
ShortText = Annotated[str, prose(5000, 0)]
Stage = Literal["draft", "in_review", "approved"]
STAGES: tuple[Stage, ...] = get_args(Stage)
Status = Literal["draft", "in_review", "approved", "scheduled", "published", "unpublished", "taken_down", "deleted"]
STATUSES = (*STAGES, "scheduled", "published", "unpublished", "taken_down", "deleted")

_CRUMBS = [{"name": "Home", "path": "/"}, {"name": "World", "path": "/world"}, {"name": "Europe", "path": "/world/europe"}]
EXAMPLE_BODY = [
    {"id": "b1", "type": "heading", "level": 2, "text": "Talks in Belarus", "anchor": "talks-in-belarus"},
    {"id": "b2", "type": "paragraph", "html": "The delegations met <em>at the border</em>."},
]
EXAMPLE_OUTLINE = [{"id": "b1", "heading": "Talks in Belarus", "anchor": "talks-in-belarus", "level": 2, "block_ids": ["b2"]}]


class LeadImage(Input):
    """The picture at the top."""

    url: Url = Field(examples=["https://images.example.org/talks.jpg"])
    alt: Annotated[str, line(1000, 0)] | None = Field(
        default=None, description="What it shows, for those who do not see it.", examples=["A long table"]
    )
    caption: ShortText | None = Field(default=None, examples=["The delegations before the talks."])
    credit: Annotated[str, line(500, 0)] | None = Field(default=None, examples=["Ana Ruiz"])
    width: Annotated[int, Whole(1, 100_000)] | None = Field(default=None, description="In pixels.", examples=[1600])
    height: Annotated[int, Whole(1, 100_000)] | None = Field(default=None, description="In pixels.", examples=[900])


class LeadImagePatch(LeadImage):
    """What shall be different about the picture at the top."""

    url: Url = Field(default="", examples=["https://images.example.org/talks.jpg"])


class Seo(Input):
    """What search engines and social cards show instead."""

    title: Annotated[str, line(500, 0)] | None = Field(default=None, description="Instead of the headline.")
    description: ShortText | None = Field(default=None, description="Instead of the standfirst.")


class Source(Input):
    """Where the article comes from, as readers are told."""

    name: Annotated[str, line(200, 0)] | None = Field(default=None, examples=["North Sound Agency"])
    url: Url | None = Field(default=None, examples=["https://agency.example.org/1234"])
    category: Word | None = Field(default=None, description="Such as `staff`, `agency`, `reader`.", examples=["agency"])


class CommentSettings(Input):
    """Whether readers may reply. It takes effect at once, not with the next publication. What is null is as the section has it."""

    status: Literal["open", "closed", "disabled"] | None = Field(
        default=None, description="`disabled` hides the comments that stand there too."
    )
    moderation: Literal["pre", "post"] | None = Field(default=None, description="`pre`: a comment shows only when approved.")
    closes_at: Instant | None = Field(default=None, description="From then on no more replies are taken.")

    def said(self) -> dict[str, Any]:
        """What is said with it, as policies call it."""
        return as_said(self.model_dump(exclude_unset=True))


def as_said(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent of comment settings, as policies call it."""
    return {"state" if name == "status" else name: value for name, value in sent.items()}


class Credit(Input):
    """Somebody behind the article."""

    author: AuthorText
    role: Word = Field(default="author", description="Such as `author`, `contributor`, `photographer`.", examples=["author"])


class SourceRef(Input):
    """What the article is called where it was ingested from; unique together."""

    source: Annotated[str, Field(max_length=100, pattern=SOURCE_PATTERN, examples=["wire"])]
    external_id: Annotated[str, Field(max_length=200, pattern=EXTERNAL_PATTERN, examples=["NSA-2026-1234"])]


class ArticleFields(Input):
    """What creating and changing have in common."""

    kind: Kind = Field(default="article", description="What sort of page it is.")
    genre: Word = Field(default="news", description="Such as `news`, `analysis`, `opinion`.", examples=["news"])
    language: Language = Field(default="en")
    kicker: Annotated[str, line(200, 0)] | None = Field(default=None, description="The label above the headline.", examples=["Diplomacy"])
    dek: ShortText | None = Field(default=None, description="The sub-headline.", examples=["Talks begin without a truce"])
    standfirst: ShortText | None = Field(
        default=None, description="The opening summary.", examples=["Both sides came. Neither stayed long."]
    )
    byline: Annotated[str, line(500, 0)] | None = Field(default=None, description="The printed credit.", examples=["Ana Ruiz and agencies"])
    location: Annotated[str, line(200, 0)] | None = Field(default=None, description="Where it is written from.", examples=["Minsk"])
    section: SectionText | None = Field(default=None, description="The section that it stands in; part of its address.")
    other_sections: list[SectionText] = Field(default=[], max_length=20, description="Further sections whose lists show it.")
    authors: list[Annotated[Annotated[Credit, AN_OBJECT] | Annotated[AuthorText, A_TEXT], BY_FORM]] = Field(
        default=[], max_length=50, description="Who is behind it, in order: a reference, or one with a role."
    )
    tags: list[TagText] = Field(default=[], max_length=100, description="What it is about, in order.")
    body: BodyInput = Field(default=[], description="Blocks, or Markdown, HTML or text that is turned into blocks.")
    published_at: Instant | None = Field(
        default=None, description="The printed date, past ones welcome; null for the moment of publication."
    )
    embargo_until: Instant | None = Field(
        default=None, description="Nobody can publish it for a moment before this. For the newsroom only; never shown to readers."
    )
    canonical_url: Url | None = Field(default=None, description="Where the original stands, if elsewhere.")
    rights: ShortText | None = Field(default=None, description="Who owns it and what may be done with it.")
    seo: Seo | None = Field(default=None)
    source: Source | None = Field(default=None)
    assignees: list[Assignee] = Field(
        default=[],
        max_length=20,
        description="Who works on it: names, author or key ids, whatever the newsroom calls them.",
        examples=[["ana"]],
    )
    notes: Annotated[str, prose(20_000, 0)] | None = Field(default=None, description="For the newsroom only; never shown to readers.")
    related: list[Annotated[Annotated[Relation, AN_OBJECT] | Annotated[ArticleText, A_TEXT], BY_FORM]] = Field(
        default=[],
        max_length=MOST_RELATED,
        description="Articles that readers are pointed to, in order: a reference, or one with a kind. Each shows while it is public.",
        examples=[[]],
    )
    translation_of: ArticleText | None = Field(
        default=None,
        description="The article that this one translates; all that translate one are a group, with one article for each language.",
        examples=[None],
    )


class ArticleCreate(ArticleFields):
    """An article to be made: a working copy that readers do not see until it is published."""

    headline: Title = Field(description="The title.", examples=["Delegations meet at the border"])
    slug: Slug | None = Field(default=None, description="Its part of the address; made from the headline when left out.")
    lead_image: LeadImage | None = Field(default=None)
    comments: CommentSettings = Field(default=CommentSettings())
    source_ref: SourceRef | None = Field(default=None, description="Set once; `PUT /v1/articles/by-source/…` finds it by this.")


class ArticleUpdate(ArticleFields):
    """What shall be different (RFC 7396): what is left out stays, null empties, lists are replaced whole."""

    headline: Title = Field(default="", description="The title.", examples=["Delegations meet at the border"])
    slug: Slug = Field(default="", description="Its part of the address; the former one keeps leading here.")
    lead_image: LeadImagePatch | None = Field(default=None)
    comments: CommentSettings = Field(default=CommentSettings())


class CreditOut(Output):
    """Somebody behind an article."""

    id: str = Field(examples=["aut_01m82536fhesjaqzv7y0v141hx"])
    name: str = Field(examples=["Ana Ruiz"])
    slug: str = Field(examples=["ana-ruiz"])
    path: str = Field(examples=["/authors/ana-ruiz"])
    role: str = Field(examples=["author"])


class LeadImageOut(Output):
    """The picture at the top."""

    url: str = Field(examples=["https://images.example.org/talks.jpg"])
    alt: str | None = Field(description="What it shows, for those who do not see it.", examples=["A long table"])
    caption: str | None = Field(examples=["The delegations before the talks."])
    credit: str | None = Field(examples=["Ana Ruiz"])
    width: int | None = Field(description="In pixels.", examples=[1600])
    height: int | None = Field(description="In pixels.", examples=[900])


class SeoOut(Output):
    """What search engines and social cards show instead."""

    title: str | None = Field(description="Instead of the headline.")
    description: str | None = Field(description="Instead of the standfirst.")


class SourceOut(Output):
    """Where an article comes from."""

    name: str | None = Field(examples=["North Sound Agency"])
    url: str | None = Field(examples=["https://agency.example.org/1234"])
    category: str | None = Field(description="Such as `staff`, `agency`, `reader`.", examples=["agency"])


class CommentsOut(Output):
    """The state of an article's discussion."""

    status: str = Field(description="`open`, `closed` or `disabled`, at this moment.", examples=["open"])
    count: int = Field(description="How many comments a reader can reach.", examples=[12])
    closes_at: Instant | None = Field(description="From then on no more are taken.", examples=[None])


class OutlineItem(Output):
    """A headed part of the body."""

    id: str = Field(description="The id of its heading block.", examples=["b7"])
    heading: str = Field(examples=["Talks in Belarus"])
    anchor: str = Field(description="For `#…` links, and for `/v1/articles/{ref}/sections/{anchor}`.", examples=["talks-in-belarus"])
    level: int = Field(description="2 to 6.", examples=[2])
    block_ids: list[str] = Field(description="The blocks under it, in order.", examples=[["b8", "b9"]])


def _with_what_include_adds(schema: dict[str, Any]) -> None:
    """Describe fields that are there only where `include` asks for them."""
    described = {"body_html": "With `include=body_html`: the body as HTML.", "body_text": "With `include=body_text`: the body as text."}
    for name, description in described.items():
        schema["properties"][name] = {"type": "string", "description": description}
    blocks = {"type": "array", "items": {"$ref": "#/components/schemas/BlockOutput"}, "description": "With `include=body`: the blocks."}
    schema["properties"].setdefault("body", blocks)
    for name, model in (("related", "RelatedArticle"), ("translations", "Translation")):
        items = {"type": "array", "items": {"$ref": f"#/components/schemas/{model}"}, "description": f"With `include={name}`."}
        schema["properties"].setdefault(name, items)


class ArticleSummary(Output):
    """An article without its body, as lists show it."""

    model_config = ConfigDict(json_schema_extra=_with_what_include_adds)

    id: str = Field(examples=["art_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(default="article")
    kind: str = Field(examples=["article"])
    genre: str = Field(examples=["news"])
    version: int = Field(description="The version of the working copy that this shows.", examples=[7])
    status: str = Field(
        description="`published` for readers; else also draft, in_review, approved, scheduled, unpublished, taken_down, deleted.",
        examples=["published"],
    )
    slug: str = Field(examples=["delegations-meet-at-the-border"])
    path: str = Field(description="Its address on the site.", examples=["/world/europe/delegations-meet-at-the-border"])
    canonical_url: str | None = Field(description="Where the original stands, if elsewhere.")
    headline: str = Field(description="The title.", examples=["Delegations meet at the border"])
    kicker: str | None = Field(description="The label above the headline.", examples=["Diplomacy"])
    dek: str | None = Field(description="The sub-headline.", examples=["Talks begin without a truce"])
    standfirst: str | None = Field(description="The opening summary.", examples=["Both sides came. Neither stayed long."])
    byline: str | None = Field(description="The printed credit.", examples=["Ana Ruiz and agencies"])
    language: str = Field(description="A language tag (BCP 47).", examples=["en"])
    location: str | None = Field(description="Where it is written from.", examples=["Minsk"])
    section: SectionRef | None = Field(description="The section that it stands in.")
    other_sections: list[SectionRef] = Field(description="Further sections whose lists show it.", examples=[[]])
    breadcrumbs: list[Crumb] = Field(description="From Home down to the section.", examples=[_CRUMBS])
    authors: list[CreditOut] = Field(description="Who is behind it, in order.")
    tags: list[TagRef] = Field(description="What it is about, in order.")
    lead_image: LeadImageOut | None = Field(description="The picture at the top.")
    word_count: int = Field(description="Words of standfirst and body.", examples=[512])
    reading_minutes: int = Field(description="At 200 words a minute, rounded up.", examples=[3])
    first_published_at: Instant | None = Field(description="When readers first saw it; it never moves.")
    published_at: Instant | None = Field(description="The printed date.")
    updated_at: Instant | None = Field(description="The last change that matters to readers.")
    comments: CommentsOut = Field(description="The state of its discussion.")
    source: SourceOut | None = Field(description="Where it comes from; null for the newsroom's own.")
    rights: str | None = Field(description="Who owns it and what may be done with it.", examples=["© Dateline"])
    seo: SeoOut | None = Field(description="What search engines and social cards show instead.", examples=[None])
    highlight: dict[str, str] | None = Field(
        default=None, description="With `highlight=true`: where the words were found, in `<mark>`.", examples=[None]
    )


class Article(ArticleSummary):
    """A whole article page."""

    body: list[BlockOutput] = Field(description="The blocks, in order.", examples=[EXAMPLE_BODY])
    outline: list[OutlineItem] = Field(description="The headed parts of the body.", examples=[EXAMPLE_OUTLINE])
    corrections: list[CorrectionOut] = Field(description="Dated public notes, the oldest first.", examples=[[]])
    live: Live | None = Field(description="Of a live blog that readers see: how its updates are followed.", examples=[None])


class Scheduled(Output):
    """A publication to come."""

    at: Instant = Field(description="From when readers will see it.")
    until: Instant | None = Field(description="Until when; null for good.", examples=[None])


class ArticleDraft(Article):
    """The working copy, with what only the newsroom knows."""

    has_unpublished_changes: bool = Field(description="Whether readers see, or will see, something else.")
    scheduled: Scheduled | None = Field(description="The coming publication.", examples=[None])
    created_at: Instant = Field(description="When it was made.")
    revised_at: Instant = Field(description="When the working copy last changed.")
    source_ref: SourceRef | None = Field(description="What it is called where it was ingested from.")
    stage: str = Field(description="How far the content of the working copy is: draft, in_review or approved.", examples=["draft"])
    assignees: list[str] = Field(description="Who works on it.", examples=[["ana"]])
    notes: str | None = Field(description="For the newsroom only.", examples=["Call the ministry before noon."])
    embargo_until: Instant | None = Field(description="Nobody can publish it for a moment before this.", examples=[None])
    related: list[RelationOut] = Field(description="Articles that readers are pointed to, public or not.", examples=[[]])
    translation_of: ReferredArticle | None = Field(description="The article that this one translates.", examples=[None])
    body_source: dict[str, Any] | None = Field(description="The Markdown, HTML or text that the body was made from.", examples=[None])
    moderation: str = Field(description="Of comments: `pre` or `post`.", examples=["post"])
    deleted_at: Instant | None = Field(description="When it was put into the trash.", examples=[None])
    takedown: Takedown | None = Field(description="Since when and why it is taken down.", examples=[None])


class ArticlePage(Output):
    """Articles, without their bodies."""

    data: list[ArticleSummary]
    page: PageInfo


class ArticleRef(Output):
    """An article, as other objects refer to it."""

    id: str = Field(examples=["art_01m82536fhesjaqzv7y0v141hx"])
    headline: str = Field(examples=["Delegations meet at the border"])
    slug: str = Field(examples=["delegations-meet-at-the-border"])
    path: str = Field(description="Its address on the site.", examples=["/world/europe/delegations-meet-at-the-border"])
