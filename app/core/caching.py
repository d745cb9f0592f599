"""What an answer may be kept as: validators, lifetimes and the tags by which it is purged."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

SHARED_SECONDS = 60
STALE_SECONDS = 600
PRIVATE = {"Cache-Control": "private, no-store"}
NO_STORE = {"Cache-Control": "no-store"}


def strong_etag(*parts: object, version: int | None = None) -> str:
    """A strong validator made of everything that the representation depends on (RFC 9110, 8.8.3).

    With a `version` it begins with that, so that what a public answer carries serves as `If-Match` too.
    """
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def content_etag(raw: bytes, version: int | None = None) -> str:
    """A strong validator made of the representation itself: nothing that it depends on can be forgotten."""
    digest = hashlib.blake2b(raw, digest_size=12).hexdigest()
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def version_etag(version: int) -> str:
    """The validator of a working copy: its version."""
    return f'"{version}"'


def public_headers(etag: str, tags: Iterable[str], *, at: datetime, until: datetime | None = None) -> dict[str, str]:
    """Headers of a public answer that is true from `at` on and surely changes at `until`; no cache may keep it past that."""
    left = STALE_SECONDS + SHARED_SECONDS if until is None else max(0, int((until - at) / timedelta(seconds=1)))
    shared = min(SHARED_SECONDS, left)
    stale = min(STALE_SECONDS, left - shared)
    names = list(tags)
    return {
        "ETag": etag,
        "Cache-Control": f"public, max-age=0, s-maxage={shared}, stale-while-revalidate={stale}",
        "Cache-Tag": ",".join(names),
        "Surrogate-Key": " ".join(names),
        "Vary": "Accept-Encoding",
    }


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client already has this representation (RFC 9110, 13.1.2: weak comparison)."""
    if if_none_match is None:
        return False
    candidates = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return "*" in candidates or etag in candidates


def earliest(*moments: Any) -> datetime | None:
    """The first of the moments that are known."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None
