"""One kind of named thing: its table, its words on the wire, its refusal."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from app.catalogue.models import Term
from app.core import ids
from app.core.errors import Problem

T = TypeVar("T", bound=Term)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """Authors, or tags. `fields` are those that can be edited."""

    name: str
    plural: str
    prefix: str
    model: type[T]
    fields: tuple[str, ...]
    missing: type[Problem]

    def id(self, term: T) -> str:
        """The term's id on the wire."""
        return ids.encode(self.prefix, term.id)

    def path(self, slug: str) -> str:
        """Where a term with this slug stands on the site."""
        return f"/{self.plural}/{slug}"

    def dirties(self, term: T, *, renamed: bool) -> tuple[str, ...]:
        """What a change of the term makes untrue: its own page and the lists of its kind; where it is called otherwise, articles too."""
        return (f"{self.name}:{self.id(term)}", self.plural, *(("taxonomy",) if renamed else ()))
