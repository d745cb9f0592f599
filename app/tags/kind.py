"""What tags are called, in the database, on the wire and in refusals."""

from app.catalogue.kinds import Kind
from app.tags.errors import TagNotFound
from app.tags.models import Tag

TAGS = Kind("tag", "tags", "tag", Tag, ("name", "slug", "description"), TagNotFound)
