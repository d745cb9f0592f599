"""What a tag is, as rows."""

from app.catalogue.models import Term


class Tag(Term):
    """A subject that articles share, whatever their section."""

    __tablename__ = "tags"
