"""Live updates in a body that was sent: in a live blog they become rows of their own, and the rest is the body."""

import hashlib
from bisect import bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from app.articles.models import Article, LiveUpdate
from app.articles.shown.posting import block_of, edited, place
from app.articles.shown.tags import LIVE_BLOG
from app.body import outline as bodies
from app.body.union import Block, kind_of
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.order_keys import between
from app.events.versions import Content

Mode = Literal["add", "refuse", "replace", "return"]
"""What becomes of updates that are there already and differ, or are not sent: `add` leaves them, `refuse` refuses the first and leaves the
second, `replace` makes all of them what was sent. With `return` nothing was sent: what had become an article of another kind is a live blog
again, and the first become what its body says of them."""
Posts = Sequence[tuple[int, Block]]
_LONGEST_STEM = 60
"""Leaves room for a number in the id of a block."""


def is_live(kind: str) -> bool:
    """Whether articles of this kind have updates as rows."""
    return kind == LIVE_BLOG


def writers_in(body: Any) -> list[str]:
    """The authors that live updates of a body name."""
    blocks = body if isinstance(body, list) else []
    return [ref for block in blocks if kind_of(block) == "live_update" for ref in block.authors]


def credited(blocks: Sequence[Block], known: Mapping[str, str], faults: list[Fault], *, live: bool) -> None:
    """Turn the authors of updates into ids; only those of a live blog have any."""
    for number, block in enumerate(blocks):
        named = block.get("authors") if block["type"] == "live_update" else None
        for place_, ref in enumerate(named or ()):
            pointer = f"#/body/{number}/authors/{place_}"
            if not live:
                faults.append(Fault("kind", "Only the updates of a live blog (`kind`) have authors of their own.", pointer))
            elif ref not in known:
                faults.append(Fault("unknown_reference", f"There is no author {ref}.", pointer))
        if named:
            block["authors"] = list(dict.fromkeys(known[ref] for ref in named if ref in known))


def refuse_updates(blocks: Sequence[Block], faults: list[Fault]) -> None:
    """Tell where updates are posted that were sent as blocks of a part."""
    faults += [
        Fault("live_update", "The updates of a live blog stand in no part of its body. Post it at …/blocks.", f"#/body/{number}")
        for number, block in enumerate(blocks)
        if block["type"] == "live_update"
    ]


def named(blocks: Sequence[Block], present: Sequence[Block], faults: list[Fault]) -> None:
    """Give updates that came without an id that of the same one in `present`, or a new one, and their blocks ids of their own.

    No other block may have the id of one that is there.
    """
    taken = {block["id"] for block in present}
    faults += [
        Fault("duplicate_id", f"The block id {block['id']} is that of a live update.", f"#/body/{number}/id")
        for number, block in enumerate(blocks)
        if block["type"] != "live_update" and block["id"] in taken
    ]
    given = {block["id"] for block in blocks}
    free: dict[str, list[Block]] = {}
    for block in present:
        if block["id"] not in given:
            free.setdefault(bodies.content_of(block), []).append(block)
    for block in blocks:
        if block["type"] != "live_update":
            continue
        same = free.get(bodies.content_of(block)) if block["id"] is None else None
        if same:
            known = same.pop(0)
            block.update(id=known["id"], blocks=known["blocks"])
        else:
            block["id"] = block["id"] or ids.encode("upd", ids.new())
            number_blocks(block, given)


def refuse_ids_inside(blocks: Sequence[Block], present: Sequence[Block]) -> None:
    """Raise where a block has the id of one in an update that is `present`, and stays though it was not sent."""
    sent = {block["id"] for block in blocks}
    inside = {inner["id"] for update in present if update["id"] not in sent for inner in update["blocks"]}
    faults = [
        Fault("duplicate_id", f"The block id {block['id']} stands in a live update.", f"#/body/{pointer}/id")
        for number, outer in enumerate(blocks)
        for pointer, block in [(str(number), outer), *((f"{number}/blocks/{place}", inner) for place, inner in enumerate(_inner(outer)))]
        if block["id"] in inside
    ]
    if faults:
        raise ValidationFailed(errors=faults)


def _inner(block: Block) -> Sequence[Block]:
    return block["blocks"] if block["type"] == "live_update" else ()


def number_blocks(block: Block, used: Collection[str] = ()) -> None:
    """Ids for the blocks of an update that have none: not met in any other update, nor in `used`."""
    own, number, stem = {inner["id"] for inner in block["blocks"]}, 0, _stem(block["id"])
    for inner in block["blocks"]:
        while inner["id"] is None:
            number += 1
            name = f"{stem}-{number}"
            inner["id"] = None if name in own or name in used else name


def _stem(update: str) -> str:
    """What the names of an update's blocks begin with: of an id of ours its random end, else what no other id has in common with it."""
    if ids.decode("upd", update) is not None:
        return update[-12:]
    return update if len(update) <= _LONGEST_STEM else hashlib.blake2b(update.encode(), digest_size=16).hexdigest()


def split(content: Content) -> tuple[Content, Posts]:
    """The content of a live blog without the updates in its body, and these, each with its place there."""
    body = content["body"]
    if not is_live(content["kind"]) or all(block["type"] != "live_update" for block in body):
        return content, ()
    posts = [(number, block) for number, block in enumerate(body) if block["type"] == "live_update"]
    return {**content, "body": [block for block in body if block["type"] != "live_update"]}, posts


async def take_any(session: WriteSession, article: Article, content: Content, posts: Posts, mode: Mode) -> bool:
    """As `take_in`, where there is anything to be taken in."""
    says_all = mode == "replace" and is_live(content["kind"])
    if mode == "return":
        posts = _recognised(content["body"], posts, await _all_of(session, article))
    return bool(posts or says_all) and await take_in(session, article, posts, mode)


async def take_in(session: WriteSession, article: Article, posts: Posts, mode: Mode, *, anew: bool = False) -> bool:
    """Make rows of these updates, in their order; whether anything changed. Raises ValidationFailed naming what differs, as `mode` says."""
    there = [] if anew else await _all_of(session, article)
    known = {post.block_id: post for post in there}
    rows = await _free_rows(session, [block["id"] for _, block in posts if block["id"] not in known])
    places = sorted(post.place for post in there)
    changed, faults = False, list[Fault]()
    lasts: dict[bool, str | None] = {}
    for number, block in posts:
        post, last = known.get(block["id"]), lasts.get(block["pinned"])
        if post is None:
            post = _new(article, block, rows[block["id"]])
            session.add(post)
            _put(post, places, last)
            changed = True
        elif mode in {"replace", "return"}:
            changed |= _replace(post, block, places, last)
        elif mode == "refuse":
            faults += _differing(post, block, f"#/body/{number}")
        lasts[block["pinned"]] = post.place
    if faults:
        raise ValidationFailed(errors=faults)
    if mode == "replace":
        changed |= _delete({block["id"] for _, block in posts}, there)
    await session.flush()
    return changed


async def _all_of(session: WriteSession, article: Article) -> Sequence[LiveUpdate]:
    """The rows of an article, those of deleted updates too, which are kept while it is of another kind."""
    return (await session.scalars(select(LiveUpdate).where(LiveUpdate.article_id == article.id))).all()


def _recognised(body: Sequence[Block], posts: Posts, there: Sequence[LiveUpdate]) -> Posts:
    """The updates of a body as those that are there: by id, or by all that they say, but for authors, which they have in no other kind.

    New ones keep no id that stands inside of those. Raises ValidationFailed where another block has one of these ids.
    """
    known = {post.block_id: block_of(post, post.content["authors"]) for post in there}
    inside = {inner["id"] for block in known.values() for inner in block["blocks"]}
    met = [block["id"] for block in body if block["id"] in inside or block["id"] in known]
    if met:
        detail = f"Blocks of its body have ids of live updates that it had before: {', '.join(met)}. Give them others first."
        raise ValidationFailed(errors=[Fault("duplicate_id", detail, "#/kind")])
    named, free = {block["id"] for _, block in posts}, dict[str, list[Block]]()
    for post in sorted(there, key=lambda each: each.place):
        if post.deleted_at is None and post.block_id not in named:
            free.setdefault(_words(known[post.block_id]), []).append(known[post.block_id])
    return [(number, _as_known(block, known, free) or _apart_from(block, inside, named)) for number, block in posts]


def _words(block: Block) -> str:
    return bodies.content_of({**block, "authors": []})


def _as_known(block: Block, known: Mapping[str, Block], free: Mapping[str, list[Block]]) -> Block | None:
    """The update with the id, the authors and, where it says the same, the blocks that it has among those `known`; None for a new one."""
    same = free.get(_words(block))
    one = known.get(block["id"]) or (same.pop(0) if same else None)
    if one is None:
        return None
    blocks = one["blocks"] if _words(one) == _words(block) else block["blocks"]
    return {**block, "id": one["id"], "authors": one["authors"], "blocks": blocks}


def _apart_from(block: Block, inside: Collection[str], named: Collection[str]) -> Block:
    name = ids.encode("upd", ids.new()) if block["id"] in inside else block["id"]
    blocks = [{**inner, "id": None if inner["id"] in inside else inner["id"]} for inner in block["blocks"]]
    apart = {**block, "id": name, "blocks": blocks}
    number_blocks(apart, {*inside, *named})
    return apart


async def _free_rows(session: WriteSession, names: Sequence[str]) -> dict[str, UUID]:
    """The id of a row for each new update: that of its block where it is one of ours, and no other article's, from which it was copied."""
    wanted = {name: ids.decode("upd", name) for name in names}
    known = [row for row in wanted.values() if row is not None]
    taken = set(await session.scalars(select(LiveUpdate.id).where(LiveUpdate.id.in_(known)))) if known else set[UUID]()
    return {name: ids.new() if row is None or row in taken else row for name, row in wanted.items()}


def _new(article: Article, block: Block, row: UUID) -> LiveUpdate:
    now = clock.now()
    said = {name: block[name] for name in ("title", "at", "pinned", "key_event", "authors", "blocks")}
    return LiveUpdate(
        id=row, article_id=article.id, block_id=block["id"], version=1, created_at=now,
        revised_at=now, content={**said, "edited_at": None},
    )  # fmt: skip


def _put(post: LiveUpdate, places: list[str], last: str | None) -> None:
    following = bisect_right(places, last) if last is not None else 0
    key = between(last, places[following] if following < len(places) else None)
    insort(places, key)
    place(post, key)


def _same(post: LiveUpdate, block: Block) -> bool:
    return bodies.content_of(block_of(post, post.content["authors"])) == bodies.content_of(block)


def _replace(post: LiveUpdate, block: Block, places: list[str], last: str | None) -> bool:
    moves = last is not None and post.place <= last
    if _same(post, block) and not moves and post.deleted_at is None:
        return False
    post.version, post.deleted_at, post.revised_at = post.version + 1, None, clock.now()
    edited(post, {name: block[name] for name in ("title", "at", "pinned", "key_event", "authors", "blocks")})
    if moves:
        _put(post, places, last)
    return True


def _differing(post: LiveUpdate, block: Block, pointer: str) -> list[Fault]:
    if post.deleted_at is not None:
        return [Fault("deleted", f"The live update {post.block_id} was deleted.", f"{pointer}/id")]
    if _same(post, block):
        return []
    detail = f"It is not the live update {post.block_id} as it is now. Change it at …/blocks/{post.block_id}, under its own version."
    return [Fault("live_update", detail, pointer)]


def _delete(sent: set[str], there: Sequence[LiveUpdate]) -> bool:
    gone = [post for post in there if post.block_id not in sent and post.deleted_at is None]
    for post in gone:
        post.version, post.deleted_at = post.version + 1, clock.now()
    return bool(gone)
