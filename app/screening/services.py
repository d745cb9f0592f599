"""Outside services that say what they think of a comment: how each is asked, and how its answer is read. Pure.

None is told a network address or an e-mail address.
"""

import base64
import hmac
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from app.core.asgi.guard import check_body
from app.core.errors import Problem
from app.core.settings import Settings
from app.screening.kind import Leaning, Signal

AKISMET, OPENAI, HOOK = "akismet", "openai", "hook"
WAITING = "outside"
"""The signal that holds a comment until every service has answered, or its time is over."""
_LEANINGS: tuple[Leaning, ...] = ("pass", "hold", "spam", "reject")
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing is bound to it: Akismet wants an address, and gets none of a reader's
_LONGEST_DETAIL = 2_000


class ServiceFailedError(Exception):
    """A service gave no answer that can be read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a service is told of a comment."""

    comment: str
    article: str
    name: str
    kind: str
    url: str | None
    body: str
    text: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request: where, what, and under which headers."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Service:
    """One service: how it is asked at a moment, and what its answer says."""

    name: str
    version: int
    ask: Callable[[Asked, datetime], Request]
    read: Callable[[bytes, Mapping[str, str]], Signal]


def services_of(settings: Settings) -> dict[str, Service]:
    """The services that the settings name."""
    found: list[Service] = []
    if settings.akismet_key.get_secret_value():
        found.append(_akismet(settings.akismet_url, settings.akismet_key.get_secret_value(), settings.akismet_site))
    if settings.openai_key.get_secret_value():
        found.append(_openai(settings.openai_url, settings.openai_key.get_secret_value()))
    if settings.comment_hook_url:
        found.append(_hook(settings.comment_hook_url, settings.comment_hook_secret.get_secret_value()))
    return {service.name: service for service in found}


def _akismet(url: str, key: str, site: str) -> Service:
    def ask(asked: Asked, _at: datetime) -> Request:
        told = {
            "api_key": key, "blog": site, "user_ip": _NO_ADDRESS, "comment_type": "comment", "comment_author": asked.name,
            "comment_author_url": asked.url or "", "comment_content": asked.text, "comment_date_gmt": asked.created_at,
        }  # fmt: skip
        return Request(url, urlencode(told).encode(), {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Dateline/1.0"})

    def read(body: bytes, headers: Mapping[str, str]) -> Signal:
        said = body.strip()
        if said not in {b"true", b"false"}:
            raise ServiceFailedError(headers.get("x-akismet-debug-help", "It said neither true nor false.")[:200])
        certain = headers.get("x-akismet-pro-tip") == "discard"
        spam = said == b"true"
        return Signal(AKISMET, 1, "spam" if spam else "pass", (1.0 if certain else 0.9) if spam else 0.0, {"discard": certain})

    return Service(AKISMET, 1, ask, read)


def _openai(url: str, key: str) -> Service:
    def ask(asked: Asked, _at: datetime) -> Request:
        body = json.dumps({"model": "omni-moderation-latest", "input": asked.text}).encode()
        return Request(url, body, {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})

    def read(body: bytes, _headers: Mapping[str, str]) -> Signal:
        result = _document(body, "results")
        first = result[0] if isinstance(result, list) and result else None
        if not isinstance(first, dict) or type(first.get("flagged")) is not bool:
            raise ServiceFailedError("It did not say whether it flags the text.")
        scores = first.get("category_scores")
        known = {str(name): _score(score) for name, score in scores.items()} if isinstance(scores, dict) else {}
        categories = first.get("categories")
        named = sorted(str(name) for name, on in categories.items() if on is True)[:20] if isinstance(categories, dict) else []
        return Signal(OPENAI, 1, "hold" if first["flagged"] else "pass", max(known.values(), default=0.0), _kept({"categories": named}))

    return Service(OPENAI, 1, ask, read)


def _hook(url: str, secret: str) -> Service:
    def ask(asked: Asked, at: datetime) -> Request:
        data = {
            "id": asked.comment, "article": asked.article, "author": {"name": asked.name, "kind": asked.kind}, "body": asked.body,
            "text": asked.text, "created_at": asked.created_at,
        }  # fmt: skip
        body = json.dumps({"type": "comment.check", "data": data}).encode()
        return Request(url, body, {"Content-Type": "application/json", **signed(secret, f"check_{asked.comment}", at, body)})

    def read(body: bytes, _headers: Mapping[str, str]) -> Signal:
        said = _document(body)
        leaning, detail = said.get("leaning"), said.get("detail", {})
        if leaning not in _LEANINGS or not isinstance(detail, dict):
            raise ServiceFailedError("It said no leaning, or a detail that is none.")
        return Signal(HOOK, 1, leaning, _score(said.get("score", 0)), _kept(detail))

    return Service(HOOK, 1, ask, read)


def signed(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a message by Standard Webhooks, version v1, as our webhooks have them."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    stamp = str(int(at.timestamp()))
    digest = hmac.digest(key, f"{message_id}.{stamp}.".encode() + body, sha256)
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": "v1," + base64.b64encode(digest).decode()}


def _kept(detail: dict[str, Any]) -> dict[str, Any]:
    """The detail, where it is what everybody who sends us JSON may send: no database takes more, and no reader of it."""
    try:
        written = json.dumps(detail).encode()
        check_body(written, "application/json")
    except (Problem, RecursionError):
        raise ServiceFailedError("Its detail cannot be kept.") from None
    if len(written) > _LONGEST_DETAIL:
        raise ServiceFailedError("Its detail is too long.")
    return detail


def _document(body: bytes, name: str | None = None) -> Any:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ServiceFailedError("It did not answer in JSON.") from None
    if not isinstance(said, dict):
        raise ServiceFailedError("It did not answer with an object.")
    return said if name is None else said.get(name)


def _score(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and not math.isfinite(value)):
        return 0.0
    return float(min(1, max(0, value)))
