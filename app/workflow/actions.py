"""What the newsroom does about an article on its way. Rules live here; commits do not."""

from app.access.guards import Caller
from app.articles.models import Article
from app.articles.schemas import Stage
from app.articles.shown import posting
from app.articles.shown.places import sections_in
from app.articles.shown.tags import article_happening
from app.articles.working_copy import content as contents
from app.articles.working_copy.actions import refuse_deleted
from app.articles.working_copy.assigning import stage_changed
from app.articles.working_copy.stages import find_move, moves_from
from app.body import outline as bodies
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.events.actions import record
from app.events.models import Actor
from app.events.versions import check_version
from app.workflow.errors import StageMoveImpossible
from app.workflow.models import Note


async def move(session: WriteSession, article: Article, to: Stage, message: str | None, *, desk: Caller, if_match: int | None) -> Article:
    """Move the article to another stage. Moving it to where it is changes nothing and is no error.

    Raises StageMoveImpossible where no move leads there, and Forbidden where the caller's key lacks the scope that the move takes.
    """
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    refuse_deleted(article)
    if article.stage == to:
        return article
    found = find_move(article.stage, to)
    if found is None:
        moves = [{"to": one.to, "scope": one.scope} for one in moves_from(article.stage)]
        raise StageMoveImpossible(f"It is {article.stage}.", stage=article.stage, moves=moves)
    desk.demand(found.scope)
    before, article.stage = article.stage, to
    article.version += 1
    await session.flush()
    if message is not None:
        _note(session, article, message, by=desk.actor, moved_to=to)
    sections = sections_in(await contents.content_of(session, article))
    record(session, stage_changed(article, desk.actor, start=before, cause="request", sections=sections))
    return article


async def add_note(session: WriteSession, article: Article, text: str, block: str | None, *, by: Actor) -> Note:
    """Note something about the article. It makes no version: nothing of the article changes."""
    refuse_deleted(article)
    if block is not None and block not in bodies.block_ids((await posting.bodies_of(session, [article]))[article.id]):
        raise ValidationFailed(errors=[Fault("unknown_reference", f"The body has no block {block}.", "#/block")])
    note = _note(session, article, text, by=by, block=block)
    await session.flush()
    await _announce(session, "article.note_added", article, note, by)
    return note


async def delete_note(session: WriteSession, article: Article, note: Note, *, by: Actor) -> None:
    """Remove a note for good."""
    await session.delete(note)
    await session.flush()
    await _announce(session, "article.note_deleted", article, note, by)


def _note(session: WriteSession, article: Article, text: str, *, by: Actor, block: str | None = None, moved_to: str | None = None) -> Note:
    note = Note(
        id=ids.new(), article_id=article.id, at=clock.now(), actor_kind=by.kind, actor_id=by.id, actor_name=by.name,
        text=text, block=block, moved_to=moved_to,
    )  # fmt: skip
    session.add(note)
    return note


async def _announce(session: WriteSession, kind: str, article: Article, note: Note, by: Actor) -> None:
    """The log tells that there is a note, and never what it says."""
    sections = sections_in(await contents.content_of(session, article))
    record(session, article_happening(kind, article, by, note=ids.encode("not", note.id), sections=sections))
