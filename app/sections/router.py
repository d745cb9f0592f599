"""Where sections are read and changed."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from app.access.guards import Caller, require
from app.core import clock
from app.core.caching import public_headers, strong_etag
from app.core.errors import InUse, SlugTaken, ValidationFailed
from app.core.http import (
    AppSettings,
    IfMatch,
    IfNoneMatch,
    Reader,
    Repeatable,
    Router,
    Writer,
    answer,
    answer_version,
    not_modified,
    problems,
)
from app.core.lists import Cursor, Limit, list_answer
from app.core.pagination import Pager, cut
from app.core.refs import MAX_PATH, path_ref, ref_pattern
from app.core.schemas import Instant
from app.sections import actions, past, queries, schemas
from app.sections.errors import SectionCycle, SectionNotFound
from app.sections.models import Section

router = Router(prefix="/v1/sections", tags=["sections"])
Planner = Annotated[Caller, Depends(require("sections:write"))]
SectionRef = Annotated[str, path_ref("sec", "section", example="europe")]
Heir = Annotated[
    str | None,
    Query(max_length=MAX_PATH, pattern=ref_pattern("sec", path=True), description="The section that takes over what stands in this one."),
]
AsOf = Annotated[
    Instant | None,
    Query(
        description="The sections as they were at this moment; for one to come, as they are. RFC 3339.", examples=["2026-02-28T16:15:00Z"]
    ),
]
_CHANGES = (SectionNotFound, SlugTaken, SectionCycle, ValidationFailed)


@router.get("", response_model=schemas.SectionPage)
async def list_sections(
    request: Request, session: Reader, settings: AppSettings, limit: Limit = 20, cursor: Cursor = None,
    tree: Annotated[bool, Query(description="Nest the whole tree under its top sections, in one answer.")] = False,
    as_of: AsOf = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """List the site's sections in the order of their paths, or the whole tree, nested and in the newsroom's order."""
    then = await _tree_of_then(session, as_of)
    if tree:
        everything = await queries.list_sections(session) if then is None else list(then.values())
        body: dict[str, Any] = {
            "data": _nest(everything),
            "page": {"limit": len(everything), "has_more": False, "next_cursor": None, "total": None},
        }
        return list_answer(request, body, ["sections"], if_none_match)
    pager = Pager(settings.signing_key, "sections" if as_of is None else f"sections {as_of}")
    after = pager.decode(cursor)[0] if cursor else None
    rows = await queries.list_sections(session, after=after, limit=limit + 1) if then is None else past.listed(then, after, limit + 1)
    page = cut(rows, limit, pager, lambda section: [section.path])
    around = await queries.ancestors_of(session, page.rows) if then is None else then
    return list_answer(request, page.wire([schemas.section_out(section, around) for section in page.rows]), ["sections"], if_none_match)


async def _tree_of_then(session: Any, as_of: datetime | None) -> past.Tree | None:
    """The tree of the moment asked for; None for that of now, which is also what there is to tell of moments to come."""
    return None if as_of is None or as_of >= clock.now() else await past.tree_at(session, as_of)


def _nest(sections: Any) -> list[dict[str, Any]]:
    around = {section.path: section for section in sections}
    nodes = {section.path: schemas.section_out(section, around) for section in sections}
    top: list[dict[str, Any]] = []
    for section in sorted(sections, key=lambda section: (section.position, section.path)):
        parent = nodes.get(section.path.rpartition("/")[0])
        (top if parent is None else parent["children"]).append(nodes[section.path])
    return top


@router.post(
    "", status_code=201, response_model=schemas.SectionOut,
    responses=problems(SlugTaken, ValidationFailed),
)  # fmt: skip
async def create_section(order: schemas.SectionCreate, desk: Planner, session: Repeatable) -> Response:
    """Make a section, at the top of the site or under another."""
    section = await actions.create_section(session, order, by=desk.actor)
    body = await _out(session, section)
    return answer_version(body, status=201, location=f"/v1/sections/{body['id']}")


@router.get("/by-path/{path:path}", response_model=schemas.SectionOut, responses=problems(SectionNotFound))
async def get_section_by_path(
    session: Reader,
    path: Annotated[
        str,
        Path(
            max_length=MAX_PATH,
            pattern=ref_pattern("sec", path=True),
            description="The path, without its first slash.",
            examples=["world/europe"],
        ),
    ],
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Find a section by its path on the site; an old path leads to where it stands now."""
    return await _public(session, f"/{path}", as_of, if_none_match)


@router.get("/{ref}", response_model=schemas.SectionOut, responses=problems(SectionNotFound))
async def get_section(ref: SectionRef, session: Reader, as_of: AsOf = None, if_none_match: IfNoneMatch = None) -> Response:
    """Show one section, by id or by slug."""
    return await _public(session, ref, as_of, if_none_match)


@router.patch("/{ref}", response_model=schemas.SectionOut, responses=problems(*_CHANGES))
async def update_section(ref: SectionRef, patch: schemas.SectionUpdate, desk: Planner, session: Writer, match: IfMatch) -> Response:
    """Change a section. A new slug or parent moves it with its whole subtree; the old paths keep leading there."""
    section = await queries.get_section(session, ref)
    return answer_version(await _out(session, await actions.update_section(session, section, patch, by=desk.actor, if_match=match)))


@router.delete("/{ref}", status_code=204, responses=problems(*_CHANGES, InUse))
async def delete_section(
    ref: SectionRef, desk: Planner, session: Writer, match: IfMatch,
    move_to: Heir = None,
) -> Response:  # fmt: skip
    """Delete a section. While anything stands in it this is refused, unless `move_to` says where that shall go."""
    heir = None if move_to is None else await queries.get_section(session, move_to)
    await actions.delete_section(session, await queries.get_section(session, ref), by=desk.actor, if_match=match, move_to=heir)
    return Response(status_code=204)


async def _public(session: Any, ref: str, as_of: datetime | None, if_none_match: str | None) -> Response:
    then = await _tree_of_then(session, as_of)
    if then is None:
        body = await _out(session, await queries.get_section(session, ref))
    else:
        body = schemas.section_out(await past.find_in(session, then, ref), then)
    headers = public_headers(
        strong_etag(body["breadcrumbs"], version=body["version"]), [f"section:{body['id']}", "sections"], at=clock.now()
    )
    return not_modified(if_none_match, headers) or answer(body, headers=headers)


async def _out(session: Any, section: Section) -> dict[str, Any]:
    return schemas.section_out(section, await queries.ancestors_of(session, [section]))
