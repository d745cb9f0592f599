"""What authors are called, in the database, on the wire and in refusals."""

from app.authors.errors import AuthorNotFound
from app.authors.models import Author
from app.catalogue.kinds import Kind

AUTHORS = Kind(
    "author",
    "authors",
    "aut",
    Author,
    ("name", "slug", "description", "kind", "title", "image_url", "url"),
    AuthorNotFound,
)
