"""The pages that people read: `/docs`, and one for each kind of problem."""

from html import escape
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from markdown_it import MarkdownIt
from starlette.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from app.core import clock
from app.core.caching import public_headers, strong_etag
from app.core.errors import NotFound, Problem

STATIC = Path(__file__).parent.parent / "static"
_PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> Response:
    """Swagger UI, from our own files."""
    return FileResponse(STATIC / "docs" / "index.html", headers={"Content-Security-Policy": _PAGE_POLICY})


@router.get("/problems")
async def list_problems() -> Response:
    """Every kind of problem."""
    items = "".join(
        f'<li><a href="/problems/{code}"><code>{code}</code></a> <span>{kind.status}</span> {escape(kind.title)}</li>'
        for code, kind in sorted(Problem.kinds.items(), key=lambda item: (item[1].status, item[0]))
    )
    return _page(
        "Problems",
        f'<p>Every refusal of this service is a <a href="https://www.rfc-editor.org/rfc/rfc9457">problem (RFC 9457)</a> of one of these kinds.</p><ul class="problems">{items}</ul>',
    )


@router.get("/problems/{code}")
async def get_problem(code: str) -> Response:
    """What one kind of problem means, and what to do about it."""
    kind = Problem.kinds.get(code)
    if kind is None:
        raise NotFound(f"There is no kind of problem called {code[:80]}; see /problems.")
    text = MarkdownIt().render(kind.explanation())
    return _page(
        kind.title,
        f'<p class="code"><code>{code}</code> HTTP {kind.status}</p>{text}<p><a href="/problems">All problems</a> · <a href="/docs">Documentation</a></p>',
    )


def _page(title: str, inside: str) -> Response:
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)} · Dateline</title><link rel="stylesheet" href="/static/page.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{inside}</main></body></html>"
    )
    headers = public_headers(strong_etag(body), ["pages"], at=clock.now())
    return HTMLResponse(body, headers={**headers, "Content-Security-Policy": _PAGE_POLICY})


def install(app: FastAPI) -> None:
    """Serve the pages and the files that they need."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
