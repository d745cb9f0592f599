"""Where the newsroom says what discussions allow, and a form finds what holds for one."""

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic_core import to_json

from app.access.errors import OutsideSections
from app.access.guards import Caller, require
from app.articles.errors import ArticleDeleted, ArticleNotFound, ArticleTakenDown
from app.articles.guards import ArticleRef
from app.articles.queries import get_article
from app.articles.shown.sighting import sight
from app.articles.working_copy.actions import settle_discussion
from app.core import clock, ids
from app.core.caching import PRIVATE, content_etag, public_headers, version_etag
from app.core.http import AppSettings, IfMatch, IfNoneMatch, Reader, Router, Writer, answer, answer_version, not_modified, problems
from app.core.lists import Cursor, Limit, private_list_answer
from app.core.pagination import Pager, cut
from app.core.refs import path_ref
from app.discussion.tags import POLICIES
from app.policies import actions, form, queries, schemas
from app.sections.errors import SectionNotFound
from app.sections.queries import get_section

router = Router(prefix="/v1/comment-policies", tags=["comments"])
of_one = Router(prefix="/v1/articles/{ref}/comment-policy", tags=["comments"])
SectionRef = Annotated[str, path_ref("sec", "section", example="europe")]
Admin = Annotated[Caller, Depends(require("comments:admin"))]
Insider = Annotated[Caller, Depends(require("comments:admin", "comments:moderate", "comments:read"))]
Editor = Annotated[Caller, Depends(require("comments:admin", "articles:write"))]
EditorWhoReads = Annotated[Caller, Depends(require("comments:admin", "articles:write", "articles:read"))]


@router.get("", response_model=schemas.CommentPolicyPage)
async def list_comment_policies(
    request: Request, _desk: Insider, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """List every place of whose discussions something was said: the site, then sections by their paths. Articles speak for themselves."""
    pager = Pager(settings.signing_key, "comment-policies")
    rows = await queries.list_policies(session, pager.decode(cursor) if cursor else None, limit + 1)
    page = cut(rows, limit, pager, lambda row: [row.path, row.CommentPolicy.id])
    return private_list_answer(request, page.wire(await queries.policies_out(session, page.rows)))


@router.get("/site", response_model=schemas.CommentPolicy)
async def get_site_policy(_desk: Insider, session: Reader) -> Response:
    """Show what is said of all discussions of the site."""
    return _private(await queries.policy_out(session, None))


@router.patch("/site", response_model=schemas.CommentPolicy)
async def update_site_policy(patch: schemas.PolicyUpdate, desk: Admin, session: Writer, match: IfMatch) -> Response:
    """Change what is said of all discussions of the site, at once, wherever no section and no article says otherwise."""
    await actions.say(session, None, patch, by=desk.actor, if_match=match)
    return answer_version(await queries.policy_out(session, None))


@router.get("/sections/{ref}", response_model=schemas.CommentPolicy, responses=problems(SectionNotFound))
async def get_section_policy(ref: SectionRef, _desk: Insider, session: Reader) -> Response:
    """Show what is said of discussions in a section and below it, and what holds there."""
    return _private(await queries.policy_out(session, await get_section(session, ref)))


@router.patch("/sections/{ref}", response_model=schemas.CommentPolicy, responses=problems(SectionNotFound))
async def update_section_policy(ref: SectionRef, patch: schemas.PolicyUpdate, desk: Admin, session: Writer, match: IfMatch) -> Response:
    """Change what is said of discussions in a section, at once, and below it wherever nobody says otherwise."""
    section = await get_section(session, ref)
    await actions.say(session, section, patch, by=desk.actor, if_match=match)
    return answer_version(await queries.policy_out(session, section))


@router.get("/articles/{ref}", response_model=schemas.CommentPolicy, responses=problems(ArticleNotFound, OutsideSections))
async def get_article_policy(ref: ArticleRef, _desk: EditorWhoReads, session: Reader) -> Response:
    """Show what is said of one article's discussion, and what holds for it where the newsroom put the article."""
    return _private(await queries.article_policy_out(session, await get_article(session, ref)))


@router.patch(
    "/articles/{ref}", response_model=schemas.CommentPolicy,
    responses=problems(ArticleNotFound, ArticleDeleted, OutsideSections),
)  # fmt: skip
async def update_article_policy(
    ref: ArticleRef, patch: schemas.ArticlePolicyUpdate, desk: Editor, session: Writer, match: IfMatch
) -> Response:
    """Change what is said of one article's discussion, at once: the article need not be published for it.

    It is the article's version that `If-Match` names. `comments` of the article says the same in three fields.
    """
    article = await get_article(session, ref, for_change=True)
    await settle_discussion(session, article, patch.said(), by=desk.actor, if_match=match)
    return answer_version(await queries.article_policy_out(session, article))


@of_one.get(
    "", response_model=schemas.ArticleCommentPolicy, responses=problems(ArticleNotFound, ArticleTakenDown)
)  # fmt: skip
async def get_comment_policy(ref: ArticleRef, session: Reader, if_none_match: IfNoneMatch = None) -> Response:
    """Show all that a form needs to know of an article's discussion: whether it is open, for whom, until when, and what to send."""
    at = clock.now()
    seen = await sight(session, ref, at)
    policy = seen.discussion.rules.policy(seen.stand)
    quiet = seen.discussion.rules.said.get("quiet_hours", [])
    raw = to_json(schemas.public_out(seen.article_id, policy, quiet, form.wanted()))
    article = ids.encode("art", seen.article_id)
    headers = public_headers(content_etag(raw), [f"comments:{article}", f"article:{article}", POLICIES], at=at, until=seen.until)
    return not_modified(if_none_match, headers) or Response(raw, 200, headers, media_type="application/json")


def _private(body: dict[str, object]) -> Response:
    return answer(body, headers={**PRIVATE, "ETag": version_etag(int(str(body["version"])))})
