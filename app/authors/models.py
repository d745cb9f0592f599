"""What an author is, as rows."""

from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.models import Term
from app.core.models import short_text


class Author(Term):
    """A person or an organisation that stands behind articles."""

    __tablename__ = "authors"

    kind: Mapped[str] = mapped_column(short_text(), default="person")
    title: Mapped[str | None]
    image_url: Mapped[str | None]
    url: Mapped[str | None]
