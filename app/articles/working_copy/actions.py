"""What a newsroom does to the working copy. Rules live here; commits do not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError

from app.articles import queries, reach, schemas
from app.articles.discussing import columns_of
from app.articles.errors import ArticleDeleted, ArticleEmbargoed, SourceRefTaken
from app.articles.filters import WORKING
from app.articles.models import Article, CommentThread
from app.articles.shown import posting
from app.articles.shown.places import sections_in
from app.articles.shown.tags import article_happening
from app.articles.working_copy import assigning, indexing, inflow, merging, relations, revisions
from app.articles.working_copy import content as contents
from app.articles.working_copy.settling import settle
from app.articles.working_copy.slugs import free_slug, refuse_taken, rivals_of, slug_holders, slug_taken
from app.body import outline as bodies
from app.core import clock, ids, places
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed, VersionMismatch
from app.core.fulltext import Words
from app.core.rows import entered_with, made, tell_of
from app.core.schemas import wire_instant
from app.core.sessions import Ahead
from app.events.actions import record
from app.events.models import Actor
from app.events.versions import Content, changed_fields, check_version, merge_patch

_TRIES = 5
"""How often a slug is made that is free."""
BESIDE = {"comments", "assignees"}
"""What stands beside the content: changed with it, but no revision of it."""


async def create_article(session: WriteSession, order: schemas.ArticleCreate, *, by: Actor) -> tuple[Article, queries.Surroundings]:
    """A new working copy, seen by no reader, and what stands around it.

    Raises SlugTaken where it asks for a slug that is, or once was, another's, and SourceRefTaken where it was ingested before.
    """
    holders = None if order.slug is not None else slug_holders(session, order.headline)
    live = inflow.is_live(order.kind)
    resolved = await contents.resolve(session, order, _said(order), updates=() if live else None)
    content, posts = inflow.split(resolved.content)
    await reach.demand_places(session, None, content)
    body = await bodies.words_aside(content["body"])
    article, around = await _insert(session, content, body, order, holders)
    if posts:
        await inflow.take_in(session, article, posts, "add", anew=True)
    thread = _thread(article, order.comments)
    tell_of(session, thread)
    assigning.assign(session, article, order.assignees)
    if article.translation_of is not None:
        await relations.refuse_second(session, article)
    await revisions.keep(session, article, content, by=by, changed=tuple(content))
    if resolved.known.seqs <= {queries.names_seq_of_new(around)}:
        near = queries.surroundings_of_new(resolved.known.references(content, order.assignees), thread, around)
    else:  # Something was given another name or place meanwhile.
        near = await queries.surroundings(session, article.id)
    await indexing.reindex(session, article.id, article, indexing.names_of(near.references), body, anew=True)
    record(session, article_happening("article.created", article, by, changed=tuple(content), sections=sections_in(content)))
    return article, near


def _said(order: schemas.ArticleFields, *, but_unset: bool = False) -> Content:
    """The fields that were sent; the body, which may be long and is read by itself, only by name.

    An object in a patch may be a part of what it is to be, a list never is (RFC 7396): what its members leave out is what it is by itself.
    """
    said = order.model_dump(exclude={"body"}, exclude_unset=but_unset)
    if but_unset:
        said |= order.model_dump(include={name for name in said if isinstance(said[name], list)})
    return said if but_unset and "body" not in order.model_fields_set else said | {"body": None}


async def _insert(
    session: WriteSession, content: Content, body: Words, order: schemas.ArticleCreate, holders: Ahead | None
) -> tuple[Article, list[list[Any]]]:
    """The row of a new article, tried until its slug is one that nobody took meanwhile, and what is around it; `content` gets that slug."""
    asked, ref = content["slug"], order.source_ref
    named = {} if ref is None else {"source": ref.source, "external_id": ref.external_id}
    for _ in range(_TRIES):
        content["slug"] = asked or await free_slug(session, order.headline, holders)
        holders = None
        now = clock.now()
        article = made(Article, id=ids.new(), version=1, content_version=1, stage="draft", created_at=now, revised_at=now, **named)
        contents.fill(article, content, body)
        places.enter(session, article.section_id)
        found = await entered_with(session, article, [rivals_of(article), *queries.around_new(article.section_id)])
        if found is not None:
            rivals, *around = found
            refuse_taken(article.slug, rivals)
            contents.link(session, WORKING, article.id, content)
            return article, around
        await _refuse_ingested(session, ref)
        if asked is not None:
            break
    raise slug_taken(content["slug"])


async def _refuse_ingested(session: WriteSession, ref: schemas.SourceRef | None) -> None:
    found = None if ref is None else await queries.find_by_source(session, ref.source, ref.external_id)
    if found is not None:
        fault = Fault("taken", "Another article has it.", "#/source_ref")
        raise SourceRefTaken(errors=[fault], article=ids.encode("art", found.id))


def _thread(article: Article, settings: schemas.CommentSettings) -> CommentThread:
    counts = {"visible_count": 0, "root_count": 0, "next_root": 0}
    return made(CommentThread, article_id=article.id, version=1, **counts, **columns_of(settings.said()))


async def edit_article(
    session: WriteSession, article: Article, patch: schemas.ArticleUpdate, *, by: Actor, if_match: int | None, merge: bool = False
) -> Article:
    """Change the working copy; readers see it when it is published again. What changes nothing makes no version and no event.

    A change of another version than the present one is refused; with `merge` it is put upon what others changed, where they do not overlap.
    """
    theirs = await contents.content_of(session, article)
    sent = _said(patch, but_unset=True)
    updates = await _updates_of(session, article, sent.get("kind", article.kind)) if "body" in sent else None
    if if_match is None or if_match == article.version:
        after = await _patched(session, patch, sent, theirs, updates)
    else:
        base = await merging.base_of(session, article, theirs, if_match)
        yours = await _patched(session, patch, sent, base, updates, reserved=bodies.ids_of(theirs["body"]))
        after = await merging.put_upon(session, article, if_match, base=base, theirs=theirs, yours=yours, beside=sent, apply=merge)
    refuse_deleted(article)
    return await _save(session, article, theirs, after, sent, by, mode="refuse")


async def _updates_of(session: WriteSession, article: Article, kind: str) -> list[Any] | None:
    """The updates of a live blog as blocks; None where it is none."""
    if not inflow.is_live(kind):
        return None
    return [posting.block_of(post, post.content["authors"]) for post in await posting.working(session, [article.id])]


async def _patched(
    session: WriteSession, patch: schemas.ArticleUpdate, sent: Content, before: Content, updates: Sequence[Any] | None, *,
    reserved: Sequence[str] = (),
) -> Content:  # fmt: skip
    """What `before` becomes by what was sent of a patch."""
    resolved = await contents.resolve(session, patch, sent, previous=before["body"], reserved=reserved, updates=updates)
    found = resolved.content
    if updates:
        inflow.refuse_ids_inside(found["body"], updates)
    return before | found | _merged(before, sent)


async def replace_article(
    session: WriteSession, article: Article, order: schemas.ArticleCreate, *, by: Actor, if_match: int | None = None
) -> Article:
    """Make the working copy what `order` says, whole. Unchanged content changes nothing.

    The slug stays where none is given, and so does what the newsroom chose beside it: `related`, `translation_of`. An order that follows
    another version than the present one is refused, even where it says what that said: else its sender would take the answer, with what
    others wrote in it, for its own word, and undo that with the next.
    """
    before = await contents.content_of(session, article)
    refuse_deleted(article)
    older = None if if_match == article.version else if_match
    base = before if older is None else await merging.base_of(session, article, before, older)
    updates = await _updates_of(session, article, order.kind)
    reserved = () if older is None else bodies.ids_of(before["body"])
    after = (await contents.resolve(session, order, _said(order), previous=base["body"], reserved=reserved, updates=updates)).content
    after["slug"] = after["slug"] or base["slug"]
    after |= {name: base[name] for name in ("related", "translation_of") if name not in order.model_fields_set}
    beside = order.model_dump(include=order.model_fields_set & BESIDE)
    if older is not None:
        await merging.put_upon(session, article, older, base=base, theirs=before, yours=after, beside=beside, apply=False)
    return await _save(session, article, before, after, beside, by, mode="replace")


def _merged(before: Content, sent: Content) -> Content:
    """The nested objects of which `sent` names a part."""
    models: dict[str, type[BaseModel]] = {"lead_image": schemas.LeadImage, "seo": schemas.Seo, "source": schemas.Source}
    return {
        name: contents.none_if_empty(_whole(model, merge_patch(before[name], sent[name]), f"#/{name}"))
        for name, model in models.items()
        if sent.get(name) is not None
    }


def _whole(model: type[BaseModel], merged: Any, root: str) -> Content:
    """A nested object after the merge: the patch may name a part of it, the whole must still be sound."""
    try:
        return model.model_validate(merged).model_dump(mode="json")
    except ValidationError as error:
        faults = [Fault(str(one["type"]), str(one["msg"]), "/".join([root, *map(str, one["loc"])])) for one in error.errors()]
        raise ValidationFailed(errors=faults) from error


async def _save(
    session: WriteSession,
    article: Article,
    before: Content,
    after: Content,
    sent: Mapping[str, Any],
    by: Actor,
    restored_from: int | None = None,
    *,
    mode: inflow.Mode = "add",
) -> Article:
    """Write down what has changed: of the content, and of what `sent` says of things that stand `BESIDE` it."""
    after, posts = inflow.split(after)
    present = article.content_version
    await reach.demand_places(session, before, after)
    if mode != "replace" and "body" not in sent and inflow.is_live(after["kind"]) and not inflow.is_live(before["kind"]):
        mode = "return"
    taken_in = await inflow.take_any(session, article, after, posts, mode)
    changed = tuple(dict.fromkeys([*changed_fields(before, after), *(["body"] if taken_in else [])]))
    beside = await _save_beside(session, article, sent, by)
    if not changed and not beside:
        return article
    await _refuse_sooner(session, article, after["embargo_until"] if "embargo_until" in changed else None)
    article.version += 1
    if changed:
        article.content_version = article.version
        article.revised_at = clock.now()
        try:
            await contents.apply(session, article, after)
        except IntegrityError as error:
            raise (slug_taken(after["slug"]) if "slug" in changed else error) from error
    await session.flush()
    if {"slug", "section"}.intersection(changed):
        places.enter(session, article.section_id)
        (rivals,) = await session.ask_all([rivals_of(article)])
        refuse_taken(article.slug, rivals)
    await relations.check(session, article, changed)
    if changed:
        await revisions.keep(session, article, after, by=by, changed=changed, before=(present, before), restored_from=restored_from)
    said: dict[str, Any] = {} if restored_from is None else {"restored_from": restored_from}
    happening = article_happening(
        "article.updated", article, by, changed=(*changed, *beside), sections=sections_in(before, after), **said
    )  # fmt: skip
    record(session, happening)
    assigning.fall_back(session, article, by, changed=changed, sections=sections_in(before, after))
    return article


async def _refuse_sooner(session: WriteSession, article: Article, embargo: str | None) -> None:
    """Raise for an embargo that a publication to come would break; what is withheld is held against it when it is to return."""
    if embargo is None:
        return
    now = clock.now()
    coming = [row.visible_from for row in await queries.history_of(session, article.id) if now < row.visible_from < row.visible_until]
    if coming and min(coming) < datetime.fromisoformat(embargo):
        fault = Fault("embargoed", f"It is scheduled for {wire_instant(min(coming))}; move that first.", "#/embargo_until")
        raise ArticleEmbargoed("It is scheduled for a moment before.", errors=[fault], embargo_until=embargo)


async def _save_beside(session: WriteSession, article: Article, sent: Mapping[str, Any], by: Actor) -> tuple[str, ...]:
    """Change what stands beside the content; the names of what changed."""
    discussion = await settle(session, article, schemas.as_said(sent["comments"]), by) if sent.get("comments") else ()
    return discussion + (await assigning.reassign(session, article, sent["assignees"]) if "assignees" in sent else ())


async def save_body(session: WriteSession, article: Article, blocks: list[Any], *, by: Actor) -> Article:
    """Give the working copy another body."""
    refuse_deleted(article)
    before = await contents.content_of(session, article)
    return await _save(session, article, before, {**before, "body": blocks, "body_source": None}, {}, by)


async def save_content(
    session: WriteSession, article: Article, before: Content, changes: Content, *, by: Actor, restored_from: int | None = None
) -> Article:
    """Give the working copy other content than it had `before`; for what the house itself changes, in the trash too."""
    return await _save(session, article, before, before | changes, {}, by, restored_from)


async def settle_discussion(session: WriteSession, article: Article, wishes: Content, *, by: Actor, if_match: int | None) -> None:
    """Change what the article says of its discussion, at once; what is None is said no more. What changes nothing makes no event."""
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    refuse_deleted(article)
    changed = await settle(session, article, wishes, by)
    if changed:
        article.version += 1
        await session.flush()
        sections = sections_in(await contents.content_of(session, article))
        record(session, article_happening("article.updated", article, by, changed=changed, sections=sections))


async def restore_deleted(session: WriteSession, article: Article, *, by: Actor, if_match: int | None) -> Article:
    """Take an article out of the trash, as a working copy that no reader sees; doing so twice is no error."""
    await check_version(session, article.id, present=article.version, if_match=if_match, theirs={}, yours={})
    if article.deleted_at is None:
        return article
    article.deleted_at = None
    article.version += 1
    await session.flush()
    await relations.refuse_second(session, article)
    sections = sections_in(await contents.content_of(session, article))
    record(session, article_happening("article.restored", article, by, sections=sections))
    return article


def refuse_deleted(article: Article) -> None:
    """Raise for an article in the trash: it can be read and restored, not changed."""
    if article.deleted_at is not None:
        raise ArticleDeleted(f"It was deleted at {wire_instant(article.deleted_at)}; restore it first.")


async def upsert_article(
    session: WriteSession, order: schemas.ArticleCreate, ref: schemas.SourceRef, *, by: Actor, if_match: int | None = None
) -> tuple[Article, bool]:
    """The working copy that comes from elsewhere under `ref`, made or brought up to date; whether it was made.

    Where a version is asked for in `if_match`, there must be one. Two that arrive at once make one article: the loser of the race finds the
    winner's.
    """
    if order.source_ref is not None and order.source_ref != ref:
        raise ValidationFailed(errors=[Fault("mismatch", "It says otherwise than the address.", "#/source_ref")])
    found = await queries.find_by_source(session, ref.source, ref.external_id)
    if found is None and if_match is not None:
        raise VersionMismatch(f"There is no article {ref.source}/{ref.external_id} yet.")
    if found is None:
        try:
            return (await create_article(session, order.model_copy(update={"source_ref": ref}), by=by))[0], True
        except SourceRefTaken as taken:
            found = await queries.get_article(session, str(taken.extra["article"]), for_change=True)
    await reach.demand(session, found, f"{ref.source}/{ref.external_id}")
    return await replace_article(session, found, order, by=by, if_match=if_match), False
