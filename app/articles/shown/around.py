"""What readers are shown around an article: related articles, and its translations. A number of statements that does not grow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import select

from app.articles.models import Publication
from app.articles.records import Wire, article_id
from app.articles.shown import prepared, translations
from app.articles.shown.newest import PREFIXES, newest
from app.articles.shown.prepared import Refs
from app.articles.shown.reading import Reading, Shown
from app.articles.shown.tags import LIST, reference_tag
from app.core import ids
from app.core.database import ReadSession

MOST_IN_A_LIST = 20
"""A list that includes related articles holds no more, so that its tags fit into a header."""
MOST_BESIDE = 10
_MOST_EACH = 4
_MOST_TAGS = 10
_LOOKED_AT = 3
"""How often the length of the answer is looked at where languages are mixed."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is added to each article, by its id, the tags of that, and until when it is surely true."""

    fields: Mapping[UUID, Wire] = field(default_factory=dict)
    tags: Sequence[str] = ()
    until: datetime | None = None


NOTHING = Around()
Chosen = list[tuple[UUID, str]]
"""Articles with the kind of each, in order."""


async def beside(reading: Reading, shown: Shown, include: Sequence[str], at: datetime) -> Around:
    """What `include` asks for around one article."""
    fields: Wire = {}
    tags: list[str] = []
    if "related" in include:
        fields["related"], more = await related_to(reading, shown, at, MOST_BESIDE)
        tags += more
    if "translations" in include:
        fields["translations"], more = await translations.published(reading, shown.row.article_id, at)
        tags += more
    return Around({shown.row.article_id: fields}, tags, None if reading.past else await reading.next_transition([shown.row], at))


async def beside_many(reading: Reading, many: Sequence[Shown], at: datetime) -> Around:
    """The first articles that the newsroom chose beside each of several; none is derived, which would take a walk for each.

    What was chosen behind those that are shown has no tag: it comes in only where one of them goes.
    """
    async with reading.database.reading() as session:
        chosen = await _chosen(session, many)
        named = {target for each in chosen.values() for target, _ in each}
        public = await reading.several(session, named, at)
    fields: dict[UUID, Wire] = {}
    tags: list[str] = []
    for one in many:
        shown: list[Wire] = []
        for target, kind in chosen.get(one.row.id, []):
            if len(shown) < _MOST_EACH:
                shown += [_entry(public[target], kind)] if target in public else []
                tags.append(_tag(target, public))
        fields[one.row.article_id] = {"related": shown}
    return Around(fields, tags)


async def related_to(reading: Reading, shown: Shown, at: datetime, limit: int) -> tuple[list[Wire], list[str]]:
    """The articles beside one, at most `limit`, and the tags of that.

    First what the newsroom chose, then the newest under the same tags, then in the same section. What was derived is of the same language,
    and so no translation of the article itself.
    """
    async with reading.database.reading() as session:
        chosen = (await _chosen(session, [shown])).get(shown.row.id, [])
        public = await reading.several(session, [target for target, _ in chosen], at)
    entries = [_entry(public[target], kind) for target, kind in chosen if target in public][:limit]
    tags = ["taxonomy", *(_tag(target, public) for target, _ in chosen)]
    refs, language = Refs.read(shown.row.refs), from_json(prepared.closed(shown.item))["language"]
    known = {article_id(shown.row.article_id), *(entry["article"]["id"] for entry in entries)}
    for name, targets in (("tag", refs.tags[:_MOST_TAGS]), ("section", [] if refs.home is None else [refs.home])):
        if len(entries) == limit or not targets:
            continue
        tags += [f"{LIST}:{target}" for target in targets]
        ids_of = [one for target in targets if (one := ids.decode(PREFIXES[name], target)) is not None]
        newer, _ = await newest(reading, {name: ""}, {name: ids_of}, at, _LOOKED_AT * limit + 1)
        found = [_entry(one, "related", derived=True) for one in newer]
        fresh = [entry for entry in found if entry["article"]["id"] not in known and entry["article"]["language"] == language]
        entries += fresh[: limit - len(entries)]
        known |= {entry["article"]["id"] for entry in entries}
    return entries, list(dict.fromkeys([*tags, *(f"article:{entry['article']['id']}" for entry in entries)]))


async def _chosen(session: ReadSession, many: Sequence[Shown]) -> dict[UUID, Chosen]:
    """What the newsroom chose beside each, by publication."""
    statement = select(Publication.id, Publication.related).where(Publication.id.in_([one.row.id for one in many]))
    rows = (await session.execute(statement)).all() if many else []
    return {row.id: [(target, one["kind"]) for one in row.related or [] if (target := ids.decode("art", one["article"]))] for row in rows}


def _tag(target: UUID, public: Mapping[UUID, Shown]) -> str:
    """What is shown goes by its id; what is hidden by a digest, since nobody may know of it."""
    return f"article:{article_id(target)}" if target in public else reference_tag(target)


def _entry(shown: Shown, kind: str, *, derived: bool = False) -> Wire:
    return {"kind": kind, "derived": derived, "article": from_json(prepared.closed(shown.item))}
