"""What a tag is, as rows."""

from app.catalogue.kinds import Kind
from app.catalogue.models import Term
from app.tags.errors import TagNotFound


class Tag(Term):
    """A subject that articles share, whatever their section."""

    __tablename__ = "tags"


TAGS = Kind("tag", "tags", "tag", Tag, ("name", "slug", "description"), TagNotFound)
