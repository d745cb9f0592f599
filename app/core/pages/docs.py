"""The pages that people read: `/docs`, and one for each kind of problem."""

import json
from html import escape
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from markdown_it import MarkdownIt
from starlette.staticfiles import StaticFiles

import app
from app.core import clock
from app.core.asgi.routing import take
from app.core.caching import public_headers, strong_etag
from app.core.errors import NotFound, Problem
from app.core.http import not_modified

STATIC = Path(app.__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Nothing but our own files: no script in the page, none from elsewhere, and no request to anybody else."""

_DOCS = (STATIC / "docs" / "index.html").read_text("utf-8")
_LINKS = (
    '<div class="bar"><a class="brand" href="/docs">Dateline</a><a href="/docs">Documentation</a><a href="/problems">Problems</a></div>'
)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Swagger UI, from our own files."""
    return answer_page(request, _DOCS)


@router.get("/problems")
async def list_problems(request: Request) -> Response:
    """Every kind of problem."""
    kinds = sorted(Problem.kinds.items(), key=lambda item: (item[1].status, item[0]))
    items = "".join(
        f'<li><span class="status">{kind.status}</span> <a href="/problems/{code}"><code>{code}</code></a> '
        f'<span class="title">{escape(kind.title)}</span></li>'
        for code, kind in kinds
    )
    standard = '<a href="https://www.rfc-editor.org/rfc/rfc9457">problem (RFC 9457)</a>'
    return _page(request, "Problems", f'<p>Every refusal is a {standard} of one of these kinds.</p><ul class="problems">{items}</ul>')


@router.get("/problems/{code}")
async def get_problem(request: Request, code: str) -> Response:
    """What one kind of problem means, and what to do about it."""
    kind = Problem.kinds.get(code)
    if kind is None:
        raise NotFound(f"There is no kind of problem called {code[:80]}; see /problems.")
    example = escape(json.dumps(kind.sample(), ensure_ascii=False, indent=2), quote=False)
    return _page(
        request,
        kind.title,
        f'<p class="code">{kind.status} <code>{code}</code></p>{MarkdownIt().render(kind.explanation())}'
        f"<h2>It looks like this</h2><pre><code>{example}</code></pre>",
    )


def page(title: str, inside: str) -> str:
    """A whole page in our own dress, around HTML that is safe already; send it with POLICY."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · Dateline</title><link rel="icon" href="/static/docs/favicon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/static/page.css"></head><body><main>{_LINKS}<h1>{escape(title)}</h1>{inside}</main></body></html>'
    )


def _page(request: Request, title: str, inside: str) -> Response:
    return answer_page(request, page(title, inside))


def answer_page(request: Request, written: str) -> Response:
    """A page that is the same for everybody, under POLICY; 304 to whoever has it."""
    headers = {**public_headers(strong_etag(written), ["pages"], at=clock.now()), "Content-Security-Policy": POLICY}
    unchanged = not_modified(request.headers.get("if-none-match"), headers)
    return unchanged or Response(written, headers=headers, media_type="text/html; charset=utf-8")


def install(app: FastAPI) -> None:
    """Serve the pages and the files that they need."""
    take(app, [router])
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
