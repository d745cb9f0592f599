"""What preview links, and what they show, look like on the wire."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.articles.schemas import Article
from app.core import ids
from app.core.fields import Whole
from app.core.schemas import Input, Instant, Output, PageInfo
from app.previews.models import PreviewLink

DAY = 86_400
SHOWN = frozenset(Article.model_fields)
"""What a preview shows of a working copy: what readers would be shown, and nothing that only the newsroom knows."""


class PreviewLinkCreate(Input):
    """A link to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_in": 604_800}]})

    revision: Annotated[int, Whole(1, 2**53 - 1)] | None = Field(
        default=None, description="Show this revision, whatever is written later; null shows the working copy as it is.", examples=[None]
    )
    expires_in: Annotated[int, Whole(60, 90 * DAY)] = Field(default=7 * DAY, description="Seconds until it shows nothing any more.")


class PreviewLinkOut(Output):
    """A link, without its token."""

    id: str = Field(examples=["prv_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(default="preview_link")
    article: str = Field(description="The article that it shows.", examples=["art_01m82536fhesjaqzv7y0v141hx"])
    revision: int | None = Field(description="The revision that it shows; null for the working copy as it is.", examples=[None])
    created_at: Instant = Field(description="When it was made.")
    created_by: str | None = Field(description="The name of the key that made it.", examples=["night desk"])
    expires_at: Instant = Field(description="From then on it shows nothing.")
    revoked_at: Instant | None = Field(description="When it was revoked; null while it was not.", examples=[None])


class PreviewLinkCreated(PreviewLinkOut):
    """A new link: the only time that its token is shown."""

    url: str | None = Field(
        description="What shows the article, below the address of this service. It is shown once; null in a repeated answer.",
        examples=["/v1/previews?token=preview_…"],
    )


class PreviewLinkPage(Output):
    """Links of an article, the newest first."""

    data: list[PreviewLinkOut]
    page: PageInfo


class Preview(Article):
    """An article as a link shows it: what readers would be shown if it were published so."""

    revision: int | None = Field(description="The revision that the link is bound to; null for the working copy as it is.", examples=[None])
    expires_at: Instant = Field(description="From when on the link shows nothing.")


def link_id(value: Any) -> str:
    """A link's id on the wire."""
    return ids.encode("prv", value)


def link_out(link: PreviewLink) -> PreviewLinkOut:
    """The wire form of `link`."""
    return PreviewLinkOut(**_fields(link))


def created_out(link: PreviewLink, token: str) -> PreviewLinkCreated:
    """The wire form of a new link, with its token."""
    return PreviewLinkCreated(**_fields(link), url=f"/v1/previews?token={token}")


def _fields(link: PreviewLink) -> dict[str, Any]:
    names = ("revision", "created_at", "created_by", "expires_at", "revoked_at")
    article = ids.encode("art", link.article_id)
    return {"id": link_id(link.id), "article": article, **{name: getattr(link, name) for name in names}}
