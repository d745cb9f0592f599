"""What lists of corrections look like on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from app.articles.correction_schemas import CorrectionOut
from app.articles.schemas import ArticleRef
from app.core import ids
from app.core.refs import MAX_PATH, ref_pattern
from app.core.schemas import Output, PageInfo

KINDS = ("correction", "clarification", "update", "editors_note", "retraction")


class CorrectionFilters(BaseModel):
    """Filters of the list; all must hold."""

    model_config = ConfigDict(extra="ignore")

    kind: str | None = Field(
        None,
        max_length=200,
        pattern="^[a-z_]+(,[a-z_]+)*$",
        description=f"Any of these kinds: {', '.join(KINDS)}.",
        examples=["correction"],
    )
    section: str | None = Field(
        None,
        max_length=MAX_PATH,
        pattern=ref_pattern("sec", path=True),
        description="A section: id, path or slug; its descendants count too.",
        examples=["world"],
    )
    article: str | None = Field(
        None, max_length=30, pattern=ids.pattern("art"), description="An article's id.", examples=[ids.encode("art", ids.EXAMPLE)]
    )


class ArticleCorrections(Output):
    """The corrections of one article, the oldest first."""

    data: list[CorrectionOut]


class CorrectionEntry(CorrectionOut):
    """A correction, with the article that it belongs to."""

    article: ArticleRef = Field(description="The article, as readers see it.")


class CorrectionPage(Output):
    """Corrections, the newest first."""

    data: list[CorrectionEntry]
    page: PageInfo
