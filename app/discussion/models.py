"""What is said of discussions, as rows."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record

SITE = UUID(int=0)
"""The id of the site's own policy. That of a section has the section's id, so that there is one at most."""


class CommentPolicy(Record):
    """What the newsroom says of discussions on the site, or in one section and all below it.

    `settings` has what is said; what is not in it is inherited. Articles say their part in `comment_threads`.
    """

    __tablename__ = "comment_policies"

    section_id: Mapped[UUID | None] = mapped_column(ForeignKey("sections.id", ondelete="CASCADE"), unique=True)
    settings: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
