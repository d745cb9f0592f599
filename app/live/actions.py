"""What a newsroom does in live coverage. A post needs no version of the article: two reporters never stand in each other's way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from app.articles import queries
from app.articles.models import Article, LiveUpdate
from app.articles.publications.publishing import refuse_away, refuse_embargoed
from app.articles.shown import posting, tags
from app.articles.shown.places import Place, sections_in, sections_of
from app.articles.shown.prepared import Refs
from app.articles.visibility import shown_at
from app.articles.working_copy import content as contents
from app.articles.working_copy import inflow
from app.articles.working_copy.actions import refuse_deleted
from app.articles.working_copy.stages import refuse_unapproved
from app.articles.working_copy.targets import find_targets, hold
from app.body import markup
from app.body import outline as bodies
from app.body.union import Block
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.order_keys import between
from app.core.rows import enter_unless_taken
from app.core.schemas import wire_instant
from app.events.actions import record
from app.events.models import Actor, Happening
from app.events.versions import Content, changed_fields, check_version
from app.live import queries as updates
from app.live import schemas
from app.live.errors import BlockIdTaken, NotALiveBlog


def refuse_unfit(article: Article) -> None:
    """Raise for an article that takes no updates."""
    refuse_deleted(article)
    if not inflow.is_live(article.kind):
        raise NotALiveBlog(f"Its kind is {article.kind}.")


async def add_update(session: WriteSession, article: Article, order: schemas.LiveUpdateCreate, *, by: Actor, publish: bool) -> LiveUpdate:
    """Post an update, on top or where the order says; readers see it at once, or when it is published. Raises BlockIdTaken."""
    refuse_unfit(article)
    said = await _said(session, order, order.model_dump(exclude={"id", "before", "after", "blocks"}), with_blocks=True)
    row, now = ids.new(), clock.now()
    block = {"id": order.id or ids.encode("upd", row), "blocks": said["blocks"]}
    await _refuse_met_elsewhere(session, article, row, block["id"], said["blocks"], ())
    said["blocks"] = _identified(block["id"], said["blocks"], ())
    if block["id"] in bodies.ids_of(article.body):
        raise _id_taken()
    key = await _place(session, article, order, None)
    post = LiveUpdate(
        id=row, article_id=article.id, block_id=block["id"], version=1, created_at=now, revised_at=now, content={**said, "edited_at": None},
        shown_version=1 if publish else None,
    )  # fmt: skip
    posting.place(post, key or between(None, None))
    if not await enter_unless_taken(session, post):
        raise _id_taken()
    await _done(session, article, post, by, "block.added", publish=publish, changed=tuple(said))
    return post


def _id_taken() -> BlockIdTaken:
    return BlockIdTaken(errors=[Fault("taken", "Leave it out to have one made.", "#/id")])


async def edit_update(
    session: WriteSession,
    article: Article,
    post: LiveUpdate,
    patch: schemas.LiveUpdatePatch,
    *,
    by: Actor,
    if_match: int | None,
    publish: bool,
) -> LiveUpdate:
    """Change what an update says. What changes nothing makes no version and no event; with `publish` readers see it as it is now."""
    refuse_unfit(article)
    before = _content(post)
    yours = await _said(
        session, patch, patch.model_dump(exclude_unset=True, exclude={"blocks"}), with_blocks="blocks" in patch.model_fields_set
    )
    if "blocks" in yours:
        await _refuse_met_elsewhere(session, article, post.id, post.block_id, yours["blocks"], before["blocks"])
        yours["blocks"] = _identified(post.block_id, yours["blocks"], before["blocks"])
    await check_version(session, post.id, present=post.version, if_match=if_match, theirs=before, yours=yours)
    changed = changed_fields(before, before | yours)
    if changed:
        post.version, post.revised_at = post.version + 1, clock.now()
        posting.edited(post, yours)
        flag_modified(post, "content")
    elif not publish or await posting.is_seen(session, post):
        return post
    await session.flush()
    await _done(session, article, post, by, "block.edited" if changed else "block.published", publish=publish, changed=changed)
    return post


async def move_update(
    session: WriteSession, article: Article, post: LiveUpdate, order: schemas.Anchored, *, by: Actor, if_match: int | None, publish: bool
) -> LiveUpdate:  # fmt: skip
    """Put an update elsewhere; it writes its own row only. Where it stands there already, it is at most published."""
    refuse_unfit(article)
    await check_version(session, post.id, present=post.version, if_match=if_match, theirs={}, yours={})
    key = await _place(session, article, order, post)
    if key is not None:
        post.version, post.revised_at = post.version + 1, clock.now()
        posting.place(post, key)
        await session.flush()
        await _done(session, article, post, by, "block.moved", publish=publish, changed=("position",))
    elif publish and not await posting.is_seen(session, post):
        await _done(session, article, post, by, "block.published", publish=True)
    return post


async def delete_update(
    session: WriteSession, article: Article, post: LiveUpdate, *, by: Actor, if_match: int | None, publish: bool
) -> None:
    """Take an update out; readers lose it at once, or when the article is published. Its id is never given again."""
    refuse_unfit(article)
    await check_version(session, post.id, present=post.version, if_match=if_match, theirs={}, yours={})
    post.version, post.deleted_at = post.version + 1, clock.now()
    await session.flush()
    shows = publish and post.shown_version is not None
    await _done(session, article, post, by, "block.deleted", publish=shows)


async def _said(session: WriteSession, order: schemas.LiveUpdateFields, sent: Content, *, with_blocks: bool) -> Content:
    """What was sent as it is kept: authors as ids, Markdown as blocks, `at` a moment; raises ValidationFailed naming every fault."""
    faults: list[Fault] = []
    if "authors" in sent:
        known = await hold(session, (await find_targets(session, sections=(), authors=sent["authors"], tags=())).authors)
        faults += [
            Fault("unknown_reference", f"There is no author {ref}.", f"#/authors/{number}")
            for number, ref in enumerate(sent["authors"])
            if ref not in known
        ]
        sent["authors"] = list(dict.fromkeys(known[ref] for ref in sent["authors"] if ref in known))
    if "at" in sent:
        sent["at"] = wire_instant(order.at or clock.now())
    if with_blocks:
        try:
            sent["blocks"] = await bodies.read_aside(order.blocks)
        except markup.TooManyBlocks as error:
            faults.append(Fault("too_long", str(error), "#/blocks/content"))
    if faults:
        raise ValidationFailed(errors=faults)
    return sent


async def _refuse_met_elsewhere(
    session: WriteSession, article: Article, row: UUID, update: str, sent: Sequence[Block], previous: Sequence[Block]
) -> None:
    """Raise for blocks with ids that others of the article have, since what is read could not be sent back; without ids nobody is asked."""
    given = {block["id"] for block in sent}.difference({None}, (block["id"] for block in previous))
    if not given:
        return
    taken = {update, *bodies.ids_of(article.body), *await updates.ids_beside(session, article.id, row)}
    faults = [
        Fault("duplicate_id", f"Another block of the article has the id {block['id']}.", f"#/blocks/{number}/id")
        for number, block in enumerate(sent)
        if block["id"] in given & taken
    ]
    if faults:
        raise ValidationFailed(errors=faults)


def _identified(update: str, sent: Sequence[Block], previous: Sequence[Block]) -> list[Block]:
    """The blocks of an update with ids: those they had, or new ones that no other update has."""
    known = {block["id"] for block in (*sent, *previous)}
    try:
        found = bodies.identify(sent, previous)
    except bodies.DuplicateBlockIds as error:
        faults = [Fault("duplicate_id", f"The block id {one.id} stands twice.", f"#/blocks{one.pointer}") for one in error.duplicates]
        raise ValidationFailed(errors=faults) from error
    for block in found:
        block["id"] = block["id"] if block["id"] in known else None
    inflow.number_blocks({"id": update, "blocks": found}, known)
    return found


def _content(post: LiveUpdate) -> Content:
    return {name: value for name, value in post.content.items() if name != "edited_at"}


async def _place(session: WriteSession, article: Article, order: schemas.Anchored, post: LiveUpdate | None) -> str | None:
    """The key of the place that is asked for; None where `post` stands there. Raises ValidationFailed where its neighbour is unknown."""
    own = None if post is None else post.id
    if order.before is None and order.after is None:
        first = await session.ask(updates.FIRST, article=article.id)
        return _between([], first, own)
    wanted, field = (order.before, "before") if order.before is not None else (order.after, "after")
    here = await session.ask(updates.PLACE_OF, article=article.id, block=wanted)
    if not here:
        raise ValidationFailed(errors=[Fault("unknown_reference", f"There is no live update {wanted}.", f"#/{field}")])
    asked = updates.PREVIOUS if order.before is not None else updates.NEXT
    there = await session.ask(asked, article=article.id, place=here[0].place)
    return _between(there, here, own) if order.before is not None else _between(here, there, own)


def _between(above: Sequence[Any], below: Sequence[Any], own: Any) -> str | None:
    if own is not None and own in {row.id for row in (*above, *below)}:
        return None
    return between(above[0].place if above else None, below[0].place if below else None)


async def _done(
    session: WriteSession, article: Article, post: LiveUpdate, by: Actor, kind: str, *, publish: bool, changed: tuple[str, ...] = ()
) -> None:  # fmt: skip
    """Show it to readers where it is to be published, and tell: everybody, where readers can see the difference."""
    now = clock.now()
    if publish:
        _refuse_unready(article, now)
        await posting.show(session, article, [post], now)
    shown = shown_at(await queries.history_of(session, article.id), now) if publish else None
    public = shown is not None and inflow.is_live(shown.kind)
    data = {
        "article": ids.encode("art", article.id),
        "block": post.block_id,
        "visible": _is_visible(post, public=public),
        "sections": await _sections(session, article, shown if public else None),
    }
    happening = Happening(
        kind, "block", post.id, by, (tags.live_tag(article), tags.LIVE) if public else (), scope=None if public else "articles:read",
        version=post.version, changed=changed, data=data, snapshot=_content(post), stamps=tags.stamps(article) if publish else (),
    )  # fmt: skip
    record(session, happening)


def _refuse_unready(article: Article, now: datetime) -> None:
    """Raise where nothing of the article may come before readers now: what holds for a publication holds for an update."""
    refuse_away(article)
    refuse_embargoed(article, now, pointer=None, parameter="publish")
    refuse_unapproved(article)


def _is_visible(post: LiveUpdate, *, public: bool) -> bool | None:
    """Whether readers reach it after the change; None where they see no difference."""
    return post.deleted_at is None if public else None


async def _sections(session: WriteSession, article: Article, shown: Any | None) -> list[str]:
    if shown is None:
        return sections_in(await contents.content_of(session, article))
    return sections_of(Place.of(shown.slug, Refs.read(shown.refs)))


def status_of(post: LiveUpdate) -> str:
    """How what readers see stands to what the newsroom has."""
    if post.shown_version is None:
        return "draft"
    return "published" if post.shown_version == post.version else "changed"
