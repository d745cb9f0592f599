"""What the service says of itself: the OpenAPI description, complete enough to make clients from."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.core.errors import (
    BodyTooLarge,
    DuplicateParameter,
    InternalError,
    MalformedBody,
    Unavailable,
    UnknownParameter,
    UnsupportedMediaType,
)
from app.core.http import problems

_EVERYWHERE = problems(UnknownParameter, DuplicateParameter, InternalError, Unavailable)
_WITH_A_BODY = problems(MalformedBody, BodyTooLarge, UnsupportedMediaType)

ABOUT: dict[str, Any] = {
    "summary": "The content API of a newsroom.",
    "description": (
        "Articles, site sections, authors, tags and readers' comments: posted and edited safely, served fast.\n\n"
        "**Reading** needs no key: `GET /v1/articles` shows what readers see, at the same address with the same bytes for everybody. "
        "**Writing** needs one: press *Authorize* and paste it. Every change names the version it was made from (`If-Match`), every POST "
        "can carry an `Idempotency-Key`, every write can be rehearsed with `dry_run=true`.\n\n"
        "Every refusal is a [problem](/problems) that names each fault and what to do about it."
    ),
    "contact": {"name": "Dateline", "url": "https://dateline.example.org/"},
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "openapi_tags": [
        {"name": "articles", "description": "The working copy, and what readers see of it."},
        {"name": "body sections", "description": "The headed parts inside an article."},
        {"name": "comments", "description": "What readers reply."},
        {"name": "moderation", "description": "What the newsroom lets stand."},
        {"name": "sections", "description": "The site's tree."},
        {"name": "authors", "description": "The people and organisations behind articles."},
        {"name": "tags", "description": "What articles are about."},
        {"name": "changes", "description": "The log of everything that happened, in order."},
        {"name": "access", "description": "Keys, and what they allow."},
        {"name": "service", "description": "Whether the service lives."},
    ],
}


def install(app: FastAPI) -> None:
    """Let `app.openapi()` answer the complete description."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign] # FastAPI's documented way


def _describe(app: FastAPI) -> dict[str, Any]:
    return get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", summary=app.summary, description=app.description,
        routes=app.routes, tags=app.openapi_tags, contact=app.contact, license_info=app.license_info,
    )  # fmt: skip
