"""What you can do with history: bring a revision back."""

from collections.abc import Sequence

from app.articles.models import Article
from app.articles.working_copy import revisions
from app.articles.working_copy.actions import refuse_deleted, save_content
from app.articles.working_copy.content import EDITABLE, content_of
from app.articles.working_copy.targets import find_targets
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.events.models import Actor
from app.events.versions import Content, check_version
from app.history import queries


async def restore_revision(
    session: WriteSession, article: Article, version: int, fields: Sequence[str] | None, *, by: Actor, if_match: int | None
) -> Article:
    """Make the working copy what it was at `version`, as a new revision; bringing back what it is already changes nothing.

    Raises RevisionNotFound, and ValidationFailed where it refers to what is gone.
    """
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    refuse_deleted(article)
    _refuse_unknown(fields)
    before = await content_of(session, article)
    await revisions.settle(session, article, before)
    (found,) = await queries.get_revisions(session, article, version)
    wanted = {name: value for name, value in found.content.items() if fields is None or name in fields}
    if "body" in wanted:
        wanted["body_source"] = found.content["body_source"]
    await _refuse_gone(session, wanted)
    return await save_content(session, article, before, wanted, by=by, restored_from=found.number)


def _refuse_unknown(fields: Sequence[str] | None) -> None:
    faults = [
        Fault("unknown", f"There is no field {name[:100]}.", f"#/fields/{place}")
        for place, name in enumerate(fields or ()) if name not in EDITABLE
    ]  # fmt: skip
    if faults:
        raise ValidationFailed(errors=faults)


async def _refuse_gone(session: WriteSession, content: Content) -> None:
    """Raise for every reference of a former content that leads nowhere now."""
    home, others = content.get("section"), content.get("other_sections", [])
    authors, tags = [credit["author"] for credit in content.get("authors", [])], content.get("tags", [])
    known = await find_targets(session, sections=[ref for ref in (home, *others) if ref], authors=authors, tags=tags)
    named = [
        ("section", home, known.sections),
        *((f"other_sections/{place}", ref, known.sections) for place, ref in enumerate(others)),
        *((f"authors/{place}", ref, known.authors) for place, ref in enumerate(authors)),
        *((f"tags/{place}", ref, known.tags) for place, ref in enumerate(tags)),
    ]
    gone = [(place, ref) for place, ref, there in named if ref and ref not in there]
    if gone:
        faults = [Fault("unknown_reference", f"{ref} is gone; leave its field out with `fields`.", f"#/{place}") for place, ref in gone]
        raise ValidationFailed("The revision refers to what is not there any more; the pointers lead into it.", errors=faults)
