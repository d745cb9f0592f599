"""The headers of answers, described once, and which answer carries which."""

from http import HTTPStatus
from typing import Any

_HEADERS: dict[str, tuple[str, str]] = {
    "X-Request-ID": ("The request's id, in the server's log too; your own, where you sent one.", "req_0f6c2b7e9d1a4c58b3e7"),
    "ETag": (
        "Names this representation. Send it back as `If-None-Match` to be told 304, or as `If-Match` with a change.",
        '"7-0b7c1d9e4f2a6385c1d0e9f7"',
    ),
    "Cache-Control": (
        "How long whom this may be kept by: never past the next scheduled change.",
        "public, max-age=0, s-maxage=60, stale-while-revalidate=600",
    ),
    "Cache-Tag": ("What the answer shows, separated by commas: the tags by which a CDN purges it.", "articles,sections"),
    "Surrogate-Key": ("The same tags, separated by spaces.", "articles sections"),
    "Vary": ("Which request headers the answer depends on.", "Accept-Encoding"),
    "Link": ("The next page (RFC 8288); absent on the last one.", '</v1/articles?cursor=WyIyMDI2Il0>; rel="next"'),
    "Location": ("Where the new object is.", "/v1/articles/art_01m82536fhesjaqzv7y0v141hx"),
    "Idempotent-Replayed": ("`true` where this is the first answer to this `Idempotency-Key`, given again.", "true"),
    "Retry-After": ("Seconds to wait before asking again.", "2"),
    "RateLimit": (
        "What is left of a limit (`r`), and for how many seconds that counts (`t`).",
        '"key-writes";r=5999;t=42',
    ),
    "RateLimit-Policy": ("The limit: how many requests (`q`) in how many seconds (`w`).", '"key-writes";q=6000;w=60'),
    "WWW-Authenticate": ("How to send a key (RFC 6750).", 'Bearer realm="dateline"'),
    "Accept-Patch": ("What a PATCH may send (RFC 5789).", "application/merge-patch+json"),
}

COMPONENTS: dict[str, dict[str, Any]] = {
    name: {"description": description, "schema": {"type": "string", "maxLength": 8192}, "example": example}
    for name, (description, example) in _HEADERS.items()
}
_LIMITS = ["RateLimit", "RateLimit-Policy"]
_VALIDATORS, _TAGS = ["ETag", "Vary"], ["Cache-Tag", "Surrogate-Key"]


def headers_of(status: int, sent: set[str], parameters: set[str], *, writes: bool, keyed: bool, versioned: bool) -> dict[str, Any]:
    """References to the headers of one answer: of an operation that takes these headers and parameters, and may have sent these codes."""
    names = ["X-Request-ID"]
    if status >= HTTPStatus.BAD_REQUEST:
        names += ["Cache-Control", *_of_refusal(status, sent)]
    elif status != HTTPStatus.NO_CONTENT:
        names += ["Cache-Control", *_of_success(status, parameters, writes=writes, versioned=versioned)]
    names += _LIMITS if status == HTTPStatus.TOO_MANY_REQUESTS or (status < HTTPStatus.BAD_REQUEST and (writes or keyed)) else []
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _of_success(status: int, parameters: set[str], *, writes: bool, versioned: bool) -> list[str]:
    names = list(_VALIDATORS) if "If-None-Match" in parameters else []
    if names and status != HTTPStatus.NOT_MODIFIED:
        names += _TAGS
    if writes and versioned:
        names.append("ETag")
    if status in {201, 202}:
        names.append("Location")
    if "Idempotency-Key" in parameters:
        names.append("Idempotent-Replayed")
    if "cursor" in parameters:
        names.append("Link")
    return names


def _of_refusal(status: int, codes: set[str]) -> list[str]:
    wait = ["Retry-After"] if codes & {"unavailable", "idempotency-key-in-use", "too-many-requests"} else []
    return wait + {401: ["WWW-Authenticate"], 415: ["Accept-Patch"]}.get(status, [])
