"""What the newsroom does to its word lists. Rules live here; commits do not."""

from app.core import clock, ids
from app.core.database import WriteSession
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version
from app.screening.models import WordList
from app.screening.schemas import WordListCreate, WordListUpdate

SCOPE = "comments:admin"
_FIELDS = ("name", "applies_to", "leaning", "terms", "enabled")


async def create_word_list(session: WriteSession, order: WordListCreate, *, by: Actor) -> WordList:
    """A new list; comments are held against it from its commit on."""
    now = clock.now()
    made = WordList(id=ids.new(), created_at=now, revised_at=now, version=1, **order.model_dump())
    session.add(made)
    await session.flush()
    _announce(session, "word_list.created", made, by, _FIELDS)
    return made


async def update_word_list(session: WriteSession, found: WordList, patch: WordListUpdate, *, by: Actor, if_match: int | None) -> WordList:
    """Change a list. What was said of comments before stays as it was. What changes nothing makes no event."""
    before, yours = _content(found), patch.model_dump(exclude_unset=True)
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if not changed:
        return found
    for name in changed:
        setattr(found, name, yours[name])
    found.version += 1
    found.revised_at = clock.now()
    await session.flush()
    _announce(session, "word_list.updated", found, by, changed)
    return found


async def delete_word_list(session: WriteSession, found: WordList, *, by: Actor, if_match: int | None) -> None:
    """Remove a list for good."""
    await check_version(session, found.id, present=found.version, if_match=if_match, theirs={}, yours={})
    _announce(session, "word_list.deleted", found, by, ())
    await session.delete(found)
    await session.flush()


def _content(found: WordList) -> Content:
    return {name: getattr(found, name) for name in _FIELDS}


def _announce(session: WriteSession, kind: str, found: WordList, by: Actor, changed: tuple[str, ...]) -> None:
    """It ripples: whoever keeps the lists in memory reads them anew."""
    data = {"name": found.name}
    happening = Happening(
        kind, "word_list", found.id, by, (), scope=SCOPE, version=found.version, changed=changed, data=data,
        snapshot=None if kind.endswith("deleted") else _content(found), ripples=True,
    )  # fmt: skip
    record(session, happening)
