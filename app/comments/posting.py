"""How a comment gets into a thread: policy, checks, decision, its place, the counters, the log. Rules live here; commits do not."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.access.secrets import digest
from app.articles.records import moment
from app.comments import queries, signals
from app.comments.announcing import announce
from app.comments.authors import named
from app.comments.awaiting import holding, send
from app.comments.errors import CommentsClosed, MembersOnly
from app.comments.models import Comment
from app.comments.schemas import CommentCreate
from app.comments.tree import NOTHING, carry, place
from app.core import clock, ids
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.html import render_comment, to_text
from app.core.lookups import Asked
from app.core.refs import Ref
from app.core.rows import change_what_differs, made, tell_of
from app.core.sessions import Ahead
from app.core.text import tidy
from app.events.models import Actor
from app.policies.kind import Policy
from app.policies.queries import effective
from app.readers import sanctions
from app.readers.actions import remember
from app.readers.kind import NOBODY, Commenter
from app.readers.sanctions import Sanction
from app.screening import marks
from app.screening.bounds import Bounds
from app.screening.deciding import decide
from app.screening.examining import Examined, Glance, examine, look_back
from app.screening.kind import Decision, Signal, Submission
from app.screening.proofs import spend

_CLAIM_BYTES = 32
NO_FORM: Mapping[str, Any] = {}


class Posted(NamedTuple):
    """A new comment, and the claim token of a guest."""

    comment: Comment
    token: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a comment comes from: who wrote it, and whether it is looked at by checks, within which bounds.

    What an import or the newsroom itself brings is not checked. `hold` lets it wait whatever is decided; `at` is when it was
    written, where that was not now. What sanctions are `imposed` on the author, and what a `glance` back shows, may be asked ahead.
    """

    author: Commenter = NOBODY
    bounds: Bounds | None = None
    hold: bool = False
    at: datetime | None = None
    imposed: Ahead | None = None
    glance: Glance | None = None


UNCHECKED = Origin()
HELD = Origin(hold=True)


def asked_ahead(session: WriteSession, author: Commenter, body: str, bounds: Bounds, ref: Ref) -> Origin:
    """Where a reader's comment comes from, with all asked of them that can be before anything is known of the article at `ref`.

    What counts by article waits where only its slug is known.
    """
    known = bounds.thread is None or ref.id is not None
    glance = look_back(session, author, body, bounds, ref.id) if known else None
    return Origin(author, bounds, imposed=sanctions.ahead(session, author), glance=glance)


async def post_comment(
    session: WriteSession, article: UUID, order: CommentCreate, *, by: Actor, origin: Origin = UNCHECKED, policy: Policy | None = None
) -> Posted:
    """A new comment under an article, and the claim token of a guest. Which `policy` holds there is asked, unless somebody has.

    Raises CommentsClosed, MembersOnly, and ValidationFailed where readers see no comment `parent` there.
    """
    author = named(origin.author, order.author)
    await remember(session, author)
    now = clock.now()
    policy = policy or await effective(session, article, now)
    refuse(policy, order, author, by)
    imposed = await sanctions.demand(session, author, posting=True, told=origin.imposed) if by.kind == "reader" else ()
    words, form = rendered(order.body), {} if order.form is None else order.form.model_dump()
    comment = _draft(article, order, author, words, origin.at or now)
    if origin.bounds is not None and by.kind == "reader":
        await spend(session, form, author, origin.bounds, now)
    said = await _examine(session, submission_of(comment, author, words.text, now, form), origin, policy)
    examined = sanctioned(said, imposed)
    decision = Decision("pending") if origin.hold else decide(examined.signals, policy)
    comment.status, comment.open = decision.outcome, decision.outcome == "approved"
    token = None if author.member_id is not None else _claim(comment)
    kept = _kept(comment, examined, now)
    await _enter(session, comment, order.parent, policy.max_depth, by)
    session.tell_all(kept)
    send(session, comment, examined, origin.bounds, now)
    return Posted(comment, token)


async def _enter(session: WriteSession, comment: Comment, parent: str | None, deepest: int, by: Actor) -> None:
    """Put a comment into its thread.

    Everybody who posts there waits for us meanwhile. So all that is to be known is asked with the lock, and what is written goes with the
    commit.
    """
    spot = await queries.lock_for_posting(session, comment.article_id, _wanted(parent), clock.now())
    thread, line = spot.thread, spot.line
    _refuse_parent(parent, line)
    turned = carry(thread, place(thread, line, comment, deepest), comment, before=NOTHING)
    changed = ("author", "body", "status")
    await announce(
        session, thread, comment, "created", by, concerns_readers=comment.visible, changed=changed, turned=turned, stands=spot.stands
    )
    for found, row in spot.found:
        change_what_differs(session, found, row)
    tell_of(session, comment)


def refuse(policy: Policy, order: CommentCreate, author: Commenter, by: Actor) -> None:
    """Raise what the policy has against the comment. The newsroom's own, with a key or as staff, are no guests and as long as they like."""
    refuse_closed(policy)
    if by.kind != "reader" or author.kind == "staff":
        return
    if policy.authors == "members" and author.kind == "guest":
        raise MembersOnly
    refuse_long(policy, order.body)


def refuse_long(policy: Policy, body: str) -> None:
    """Raise ValidationFailed where a discussion has no room for so many words."""
    if len(body) > policy.max_length:
        raise ValidationFailed(errors=[Fault("too_long", f"Here a comment has at most {policy.max_length} characters.", "#/body")])


def sanctioned(examined: Examined, imposed: Sequence[Sanction]) -> Examined:
    """What the checks say, and that the author is to be looked at beforehand, where somebody has imposed that."""
    if not imposed:
        return examined
    signal = Signal("sanction", 1, "hold", 1.0, {"sanctions": [ids.encode("san", each.id) for each in imposed]})
    return replace(examined, signals=[*examined.signals, signal])


def refuse_closed(policy: Policy) -> None:
    """Raise CommentsClosed where readers may neither write nor vote."""
    if policy.state != "open":
        closes, opens = moment(policy.closes_at), moment(policy.opens_at)
        raise CommentsClosed(reason=policy.reason or policy.state, closes_at=closes, opens_at=opens)


class Words(NamedTuple):
    """The words of a comment as safe HTML, and what is read of them."""

    html: str
    text: str


def rendered(body: str) -> Words:
    """What a comment says; raises ValidationFailed where that is nothing."""
    html = render_comment(body)
    text = to_text(html)
    if not tidy(text):
        raise ValidationFailed(errors=[Fault("blank", "Nothing is left of it once HTML is left out.", "#/body")])
    return Words(html, text)


def _wanted(parent: str | None) -> UUID | None:
    return None if parent is None else ids.decode("cmt", parent)


def _refuse_parent(parent: str | None, line: Sequence[Comment]) -> None:
    """Raise where no `line` leads to what is to be answered, or somebody has locked something on it."""
    if parent is not None and not line:
        fault = Fault("unknown_reference", f"Readers see no comment {parent} under this article.", "#/parent")
        raise ValidationFailed(errors=[fault])
    if any(each.locked_at is not None for each in line):
        raise CommentsClosed("Nobody may answer here any more.", reason="locked")


def _draft(article: UUID, order: CommentCreate, author: Commenter, words: Words, at: datetime) -> Comment:
    """The comment, before it is decided on and has its place."""
    return made(
        Comment,
        id=ids.new(), article_id=article, created_at=at, revised_at=clock.now(), version=1, visible=False,
        author_kind=author.kind, author_name=author.name, author_badge=author.badge,
        author_url=None if order.author is None else order.author.url, sealed_email=author.sealed_email,
        email_digest=author.email_digest, member_id=author.member_id, address_digest=author.address_digest,
        network_digest=author.network_digest, body=order.body, html=words.html,
        reply_count=0, descendant_count=0, next_child=0, up_votes=0, down_votes=0, carried_up=0, carried_down=0, score=0,
    )  # fmt: skip


async def _examine(session: WriteSession, submission: Submission, origin: Origin, policy: Policy) -> Examined:
    if origin.bounds is None:
        return Examined()
    said = await examine(session, submission, policy, origin.bounds, origin.glance)
    return holding(said, policy, submission.author, origin.bounds)


def submission_of(comment: Comment, author: Commenter, text: str, at: datetime, form: Mapping[str, Any] = NO_FORM) -> Submission:
    """A comment as checks look at it; `text` is what is read of it."""
    return Submission(
        comment.id, comment.article_id, author, comment.author_name, comment.body, comment.html, text, at,
        email_domain=author.email_domain, url=comment.author_url, form=form,
    )  # fmt: skip


def _claim(comment: Comment) -> str:
    """A token by which a guest shows that the comment is theirs; of it, the comment keeps a digest."""
    token = f"claim_{secrets.token_urlsafe(_CLAIM_BYTES)}"
    comment.claim_digest = digest(token)
    return token


def _kept(comment: Comment, examined: Examined, now: datetime) -> list[Asked]:
    """What keeps what the checks said, and by what others will be held against this comment."""
    return [
        *signals.keeping(comment.id, examined.signals, now),
        *marks.entering(comment.id, now, examined.marks.rows(approved=comment.open)),
    ]
