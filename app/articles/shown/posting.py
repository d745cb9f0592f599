"""What readers get to see of live updates, and from when on. Only this module opens and closes their periods."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import BigInteger, Uuid, and_, bindparam, delete, exists, not_, or_, select, update

from app.articles.models import Article, LivePosting, LiveUpdate
from app.articles.shown import postings
from app.articles.shown.coverage import HOLE
from app.articles.shown.tags import LIVE_BLOG
from app.articles.visibility import holds_at
from app.authors.kind import AUTHORS
from app.authors.models import Author
from app.core import clock, ids
from app.core.database import ReadSession, WriteSession
from app.core.lookups import Lookup
from app.core.models import Instant, table_of
from app.core.rows import entering
from app.core.schemas import wire_instant

_APART = 6
"""So many characters of its id tell an update from another at the same place."""
_P = LivePosting
_AT = bindparam("at", type_=Instant())
_KEPT = (
    _P.id, _P.update_id, _P.position, _P.gone, _P.authors, _P.text, _P.visible_from, _P.visible_until, _P.shown_seq, _P.content_seq,
    _P.place_seq,
)  # fmt: skip
_OPEN = select(*_KEPT).where(_P.visible_until > _AT)
_OF_ONE = Lookup(_OPEN.where(_P.update_id == bindparam("update", type_=Uuid())))
_OF_ARTICLE = Lookup(_OPEN.where(_P.article_id == bindparam("article", type_=Uuid())))
_SEEN = Lookup(
    select(_P.id).where(
        _P.update_id == bindparam("update", type_=Uuid()), _P.version == bindparam("version", type_=BigInteger()), holds_at(_P, _AT)
    )
)
_CLOSE = Lookup(update(table_of(_P)).where(_P.id == bindparam("posting", type_=Uuid())).values(visible_until=_AT))


async def waiting(session: ReadSession, article: Article, at: datetime) -> Sequence[LiveUpdate]:
    """The updates of a live blog of which readers would at the moment `at` see something else than what they are now."""
    if article.kind != LIVE_BLOG:
        return ()
    then = select(_P.id).where(_P.update_id == LiveUpdate.id, _P.visible_from <= at, _P.visible_until > at)
    same, seen = exists(then.where(_P.version == LiveUpdate.version)), exists(then.where(_P.gone.is_(False)))
    wanted = select(LiveUpdate).where(LiveUpdate.article_id == article.id, not_(same), or_(LiveUpdate.deleted_at.is_(None), seen))
    return (await session.scalars(wanted.order_by(LiveUpdate.place).execution_options(populate_existing=True))).all()


async def is_seen(session: ReadSession, post: LiveUpdate) -> bool:
    """Whether readers see an update as it is: now, and not only when what is scheduled begins."""
    return bool(await session.ask(_SEEN, update=post.id, version=post.version, at=clock.now()))


async def working(session: ReadSession, articles: Sequence[Any]) -> Sequence[LiveUpdate]:
    """The updates of these articles as the newsroom has them, in order."""
    mine = select(LiveUpdate).where(LiveUpdate.article_id.in_(articles), LiveUpdate.deleted_at.is_(None))
    return (await session.scalars(mine.order_by(LiveUpdate.article_id, LiveUpdate.position, LiveUpdate.id))).all()


async def bodies_of(session: ReadSession, articles: Iterable[Article]) -> dict[Any, list[Any]]:
    """The bodies of working copies; those of live blogs with their updates, all of them by one statement, and one for their authors."""
    known = list(articles)
    found: dict[Any, list[Any]] = {article.id: list(article.body) for article in known}
    lives = [article.id for article in known if article.kind == LIVE_BLOG]
    posts = await working(session, lives) if lives else ()
    names = await stubs(session, authors_of(posts))
    for post in posts:
        found[post.article_id].append(block_of(post, [names[author] for author in post.content["authors"] if author in names]))
    return found


async def stubs(session: ReadSession, authors: Sequence[str]) -> dict[str, Any]:
    """These authors as answers show them, by id."""
    if not authors:
        return {}
    wanted = [one for author in authors if (one := ids.decode("aut", author)) is not None]
    rows = await session.execute(select(Author.id, Author.name, Author.slug).where(Author.id.in_(wanted)))
    return {
        (ref := ids.encode("aut", row.id)): {"id": ref, "name": row.name, "slug": row.slug, "path": AUTHORS.path(row.slug)} for row in rows
    }


async def show(session: WriteSession, article: Article, updates: Sequence[LiveUpdate], at: datetime, *, keep_later: bool = False) -> None:
    """Let readers see these updates as they are now, from `at` on; what was to be seen of them after that is replaced, or stays."""
    if not updates:
        return
    one = len(updates) == 1
    rows = await session.ask(_OF_ONE, update=updates[0].id, at=at) if one else await session.ask(_OF_ARTICLE, article=article.id, at=at)
    wanted = {each.id for each in updates}
    mine = [row for row in rows if row.update_id in wanted]
    current = {row.update_id: row for row in mine if row.visible_from <= at}
    later = [row for row in mine if row.visible_from > at]
    if not keep_later:
        await _drop([row.id for row in later], session)
    ends = {row.update_id: row.visible_from for row in sorted(later, key=lambda row: row.visible_from, reverse=True)} if keep_later else {}
    closing = [(_CLOSE, {"posting": row.id, "at": at}) for row in current.values()]
    opening = [_posting(each, current.get(each.id), at, ends.get(each.id, clock.FOREVER)) for each in updates]
    await session.ask_all([*closing, *entering(LivePosting, opening)])
    for each in updates:
        each.shown_version = each.version
    await session.flush()
    await postings.enter(session, opening)


async def _drop(unseen: Sequence[Any], session: WriteSession) -> None:
    if unseen:
        await postings.forget(session, unseen)
        await session.execute(delete(_P).where(_P.id.in_(unseen)).execution_options(synchronize_session=False))


def _posting(post: LiveUpdate, before: Any | None, at: datetime, until: datetime) -> dict[str, Any]:
    seen = None if before is None or before.gone else before
    text, gone = "" if post.deleted_at is not None else block_text(post), post.deleted_at is not None
    same = None if seen is None or gone or _said(seen.text, seen.authors) != _said(text, _authors(post)) else seen
    return {
        "id": ids.new(), "article_id": post.article_id, "update_id": post.id, "block_id": post.block_id, "version": post.version,
        "position": post.position, "key_event": post.content["key_event"], "gone": gone,
        "authors": "" if gone else _authors(post), "text": text,
        "visible_from": at, "visible_until": until, "seq": None,
        "shown_seq": None if seen is None else seen.shown_seq,
        "content_seq": None if same is None else same.content_seq,
        "place_seq": seen.place_seq if seen is not None and seen.position == post.position else None,
    }  # fmt: skip


def _authors(post: LiveUpdate) -> str:
    return " ".join(post.content["authors"])


def _said(text: str, authors: str) -> Any:
    """What an update says, without its place and its numbers."""
    block = from_json(text.replace(HOLE, ""))
    return authors, {name: value for name, value in block.items() if name not in {"position", "version", "edited_at"}}


def block_text(post: LiveUpdate) -> str:
    """The update as a block, as JSON with a hole for the names of its authors."""
    block = block_of(post)
    return (
        "{" + ",".join(f'"{name}":{f"[{HOLE}]" if name == "authors" else to_json(value).decode()}' for name, value in block.items()) + "}"
    )


def block_of(post: LiveUpdate, authors: Sequence[Any] = ()) -> dict[str, Any]:
    """The update as a block of the body."""
    said = post.content
    return {
        "id": post.block_id, "type": "live_update", "title": said["title"], "at": said["at"], "pinned": said["pinned"],
        "key_event": said["key_event"], "authors": list(authors), "position": post.position, "version": post.version,
        "edited_at": said["edited_at"], "blocks": said["blocks"],
    }  # fmt: skip


def edited(post: LiveUpdate, changes: dict[str, Any]) -> None:
    """Give the update other content; once readers have seen it, when that was is part of it."""
    since = wire_instant(clock.now()) if post.shown_version is not None else None
    post.content = {**post.content, **changes, "edited_at": since}
    place(post, post.place)


def place(post: LiveUpdate, key: str) -> None:
    """Put the update at a place of the order; the pinned ones stand in front.

    Where one was moved and readers do not know yet, another may get the place at which they still see it: the end of its id tells the two
    apart. No digit of a place is lower than the hyphen.
    """
    post.place, post.position = key, f"{0 if post.content['pinned'] else 1}{key}-{ids.encode('upd', post.id)[-_APART:]}"


async def follow(session: WriteSession, rows: Sequence[Any], starts: Mapping[UUID, datetime]) -> None:
    """Let what was to be shown with publications that are to come follow them: `rows` as they stand, `starts` as they shall, by id."""
    now = clock.now()
    coming = [row for row in rows if row.visible_from > now and row.kind == LIVE_BLOG and starts.get(row.id) != row.visible_from]
    if not coming:
        return
    article, dropped = coming[0].article_id, list[UUID]()
    for row in coming:
        with_it, start = and_(_P.article_id == article, _P.visible_from == row.visible_from), starts.get(row.id)
        if start is None:
            gone = delete(_P).where(with_it).returning(_P.id, _P.update_id).execution_options(synchronize_session=False)
            rows_gone = (await session.execute(gone)).all()
            await postings.forget(session, [each.id for each in rows_gone])
            dropped += [each.update_id for each in rows_gone]
        else:
            await session.execute(update(_P).where(with_it).values(visible_from=start).execution_options(synchronize_session=False))
    await _join(session, article, now)
    last = select(_P.version).where(_P.update_id == LiveUpdate.id).order_by(_P.visible_from.desc(), _P.id.desc()).limit(1)
    back = update(LiveUpdate).where(LiveUpdate.id.in_(dropped)).values(shown_version=last.scalar_subquery())
    await session.execute(back.execution_options(synchronize_session=False))


async def _join(session: WriteSession, article: UUID, now: datetime) -> None:
    """Let each period end where the next one of the same update begins."""
    edges = select(_P.id, _P.update_id, _P.visible_from, _P.visible_until).where(
        _P.article_id == article, _P.visible_until > now, or_(_P.visible_from > now, _P.visible_until < clock.FOREVER)
    )
    rows = (await session.execute(edges.order_by(_P.update_id, _P.visible_from, _P.id))).all()
    ends = [
        following.visible_from if following is not None and following.update_id == row.update_id else clock.FOREVER
        for row, following in zip(rows, [*rows[1:], None], strict=False)
    ]
    await session.ask_all(
        [(_CLOSE, {"posting": row.id, "at": end}) for row, end in zip(rows, ends, strict=True) if row.visible_until != end]
    )


def authors_of(posts: Iterable[LiveUpdate]) -> list[str]:
    """Everybody who wrote one of these."""
    return list(dict.fromkeys(author for post in posts for author in post.content["authors"]))
