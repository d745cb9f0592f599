"""What the service says of itself: the OpenAPI description, complete enough to make clients from.

FastAPI writes down what it knows; here is added what is true of every operation, so that no router has to repeat it.
"""

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.core import clock
from app.core.asgi.routing import every_route
from app.core.caching import public_headers, strong_etag
from app.core.errors import Problem
from app.core.http import not_modified
from app.core.openapi.examples import Examples
from app.core.openapi.headers import COMPONENTS
from app.core.openapi.operations import complete
from app.core.openapi.schemas import tell_defaults, tidy
from app.core.openapi.sent import SCHEMA, Sent, webhooks
from app.core.schemas import ProblemOut

ABOUT: dict[str, Any] = {
    "summary": "The content API of a newsroom.",
    "description": (
        "Articles, site sections, authors, tags and readers' comments: posted and edited safely, served fast.\n\n"
        "**Reading** needs no key: `GET /v1/articles` shows what readers see, at the same address with the same bytes for everybody. "
        "**Writing** needs one: press *Authorize* and paste it. Every change names the version it was made from (`If-Match`), every POST "
        "can carry an `Idempotency-Key`, every write can be rehearsed with `dry_run=true`.\n\n"
        "`HEAD` and `OPTIONS` work wherever `GET` does. Another method answers 405, and its `Allow` lists those that an address takes.\n\n"
        "Every refusal is a [problem](/problems) that names each fault and what to do about it."
    ),
    "contact": {"name": "Dateline", "url": "https://dateline.example.org/"},
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "openapi_url": None,  # Served below, from kept bytes.
    "openapi_tags": [
        {"name": "articles", "description": "The working copy, and what readers see of it."},
        {"name": "corrections", "description": "Dated public notes on what was wrong."},
        {"name": "schedule", "description": "What readers will see of an article, and when."},
        {"name": "body sections", "description": "The headed parts inside an article."},
        {"name": "live coverage", "description": "The blocks of an article one by one: live blogs, posted and followed."},
        {"name": "workflow", "description": "The way to publication: stages, and notes of the newsroom."},
        {"name": "revisions", "description": "What an article once was, what differs, and the way back."},
        {"name": "comments", "description": "What readers reply."},
        {"name": "lists", "description": "What editors arrange: a front page, their picks."},
        {"name": "moderation", "description": "What the newsroom lets stand."},
        {"name": "bulk", "description": "Many writes in one request."},
        {"name": "sections", "description": "The site's tree."},
        {"name": "authors", "description": "The people and organisations behind articles."},
        {"name": "tags", "description": "What articles are about."},
        {"name": "changes", "description": "The log of everything that happened, in order."},
        {"name": "webhooks", "description": "The log, brought to an address of yours."},
        {"name": "previews", "description": "Links that show a working copy without a key."},
        {"name": "access", "description": "Keys, and what they allow."},
        {"name": "service", "description": "Whether the service lives."},
    ],
}
_WRITING = threading.Lock()
_METHODS = ("get", "post", "put", "patch", "delete")
_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


def install(app: FastAPI, sent: Sequence[Sent] = ()) -> None:
    """Let `app.openapi()` and `/openapi.json` answer the complete description, with what is `sent` to others; it is made once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app, sent)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign] # FastAPI's documented way
    app.add_api_route("/openapi.json", _told, include_in_schema=False)


async def _told(request: Request) -> Response:
    kept = getattr(request.app.state, "openapi_bytes", None) or await asyncio.to_thread(_written, request.app)
    headers = public_headers(strong_etag(kept), ["pages"], at=clock.now())
    unchanged = not_modified(request.headers.get("if-none-match"), headers)
    return unchanged or Response(kept, headers=headers, media_type="application/json")


def _written(app: FastAPI) -> bytes:
    """The description, written once; it takes a second, for which nobody else should wait."""
    with _WRITING:
        kept: bytes | None = getattr(app.state, "openapi_bytes", None)
        if kept is None:
            app.state.openapi_bytes = kept = json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
            app.openapi_schema = None  # It takes five times the room of its text.
        return kept


def snapshot(app: FastAPI) -> str:
    """The description as it is committed: sorted and indented, so that a change of it can be read as a change of lines."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with its method and its path."""
    for path, item in description["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path, item[method]


def _describe(app: FastAPI, sent: Sequence[Sent]) -> dict[str, Any]:
    found = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", summary=app.summary, description=app.description,
        routes=list(every_route(app)), tags=app.openapi_tags, servers=[{"url": "/"}], contact=app.contact, license_info=app.license_info,
    )  # fmt: skip
    models: list[type[BaseModel]] = [ProblemOut, *(message.model for message in sent)]
    for model in models:
        found["components"]["schemas"] = _schemas_of(model) | found["components"]["schemas"]
    found["webhooks"] = webhooks(sent)
    description = _renamed(found)
    components = description["components"]
    components["headers"] = dict(COMPONENTS)
    components["examples"] = {code: {"summary": kind.title, "value": kind.sample()} for code, kind in Problem.kinds.items()}
    for schema in components["schemas"].values():
        tidy(schema)
    tell_defaults(operations(description), components["schemas"])
    for method, path, operation in operations(description):
        complete(method, path, operation, components["schemas"])
    for item in description["webhooks"].values():
        content = item["post"]["requestBody"]["content"]["application/json"]
        content["example"] = Examples(components["schemas"]).of(content["schema"])
    _prune(description)
    used = {tag for _, _, operation in operations(description) for tag in operation["tags"]}
    description["tags"] = [tag for tag in description["tags"] if tag["name"] in used]
    return description


def _schemas_of(model: type[BaseModel]) -> dict[str, Any]:
    """A model that no operation takes or gives by itself, and those that stand in it."""
    schema = model.model_json_schema(ref_template=f"{SCHEMA}{{model}}", mode="serialization")
    return {**schema.pop("$defs", {}), model.__name__: schema}


def _renamed(description: dict[str, Any]) -> dict[str, Any]:
    """The same, with schemas named after what they are: an answer's `AuthorOut` is an `Author`.

    Where something is written differently from how it is read, what is written has `Input` in its name.
    """
    names = list(description["components"]["schemas"])
    new = {name: re.sub("(Out|Output)$", "", name) for name in names}
    read = {short for name, short in new.items() if short != name}
    new |= {name: f"{name}Input" for name in names if name in read}
    text = _REFERENCE.sub(lambda match: f'"#/components/{match[1]}/{new.get(match[2], match[2])}"', json.dumps(description))
    description = json.loads(text)
    schemas = description["components"]["schemas"]
    description["components"]["schemas"] = {new[name]: schema for name, schema in schemas.items()}
    return description


def _prune(description: dict[str, Any]) -> None:
    """Leave out components that nothing refers to."""
    components = description["components"]
    while True:
        used = set(_REFERENCE.findall(json.dumps(description)))
        unused = [(kind, name) for kind in ("schemas", "headers", "examples") for name in components[kind] if (kind, name) not in used]
        if not unused:
            return
        for kind, name in unused:
            del components[kind][name]
