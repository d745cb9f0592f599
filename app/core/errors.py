"""How Dateline refuses: one class a kind of problem (RFC 9457), each with a page that explains it."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from inspect import cleandoc
from itertools import islice
from typing import Any, ClassVar

MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 50
"""So many are told at once: as many as anybody will mend before the next try."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where it stands: a JSON pointer (RFC 6901) into the body, or the name of a parameter."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    suggestion: str | None = None

    def wire(self) -> dict[str, str]:
        """Only what is known of it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def pointer_step(key: str) -> str:
    """A name as one step of a JSON pointer (RFC 6901, 3)."""
    return key.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """A refusal. A subclass's name is its code, its docstring the page at `/problems/{code}`."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Problem"
    kinds: ClassVar[dict[str, type["Problem"]]] = {}
    code: ClassVar[str] = "problem"
    example: ClassVar[dict[str, Any]] = {}
    """What an answer of this kind may say beside its title: for the documentation."""

    def __init_subclass__(cls) -> None:
        """Enter the kind into the register that the documentation and `/problems/{code}` are made from."""
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        Problem.kinds[cls.code] = cls

    def __init__(self, detail: str = "", *, errors: Iterable[Fault] = (), headers: dict[str, str] | None = None, **extra: Any) -> None:
        self.detail = detail or self.title
        self.errors = tuple(islice(errors, MAX_FAULTS))
        self.headers = headers or {}
        self.extra = extra
        super().__init__(self.detail)

    def wire(self, request_id: str) -> dict[str, Any]:
        """The members of the answer, the standard's first."""
        return {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": [fault.wire() for fault in self.errors],
            "request_id": request_id,
            **self.extra,
        }

    @classmethod
    def sample(cls) -> dict[str, Any]:
        """An answer of this kind, as an example."""
        return {**cls().wire("req_0f6c2b7e9d1a4c58b3e7"), **cls.example}

    @classmethod
    def explanation(cls) -> str:
        """The kind's docstring, as Markdown."""
        return cleandoc(cls.__doc__ or cls.title)


class MalformedBody(Problem):
    """The request body could not be read: it is not JSON, not UTF-8, holds `NaN` or `Infinity`, repeats a key, or nests too deeply.

    Send one JSON document in UTF-8 (RFC 8259). `detail` says where reading stopped.
    """

    status, title = 400, "The body could not be read"
    example: ClassVar[dict[str, Any]] = {"detail": "Expecting ',' delimiter at line 3, column 5."}


class InvalidParameter(Problem):
    """A query or path parameter has a value that it cannot have. `errors` names each with what it expects."""

    status, title = 400, "A parameter has an impossible value"
    example: ClassVar[dict[str, Any]] = {
        "errors": [{"code": "less_than_equal", "detail": "Input should be less than or equal to 100", "parameter": "limit"}]
    }


class UnknownParameter(Problem):
    """A query parameter is not one that this address takes.

    Dateline refuses it, because a misspelt filter that is silently ignored answers a different question from the one asked. Where a
    known name is near, `errors[].suggestion` holds it.
    """

    status, title = 400, "This address has no such parameter"
    example: ClassVar[dict[str, Any]] = {
        "errors": [{"code": "unknown", "detail": "Did you mean 'section'?", "parameter": "secton", "suggestion": "section"}]
    }


class DuplicateParameter(Problem):
    """A query parameter was given more than once. For several values, separate them with commas: `tag=rail,harbour`."""

    status, title = 400, "A parameter was given twice"
    example: ClassVar[dict[str, Any]] = {
        "errors": [{"code": "duplicate", "detail": "Given more than once; separate values with commas.", "parameter": "tag"}]
    }


class CursorMismatch(Problem):
    """The cursor was made for another list, or is not one of ours.

    A cursor belongs to one set of filters and one sort. Keep them while paging, or begin again without `cursor`.
    """

    status, title = 400, "The cursor does not fit this list"


class NotFound(Problem):
    """Nothing is to be found at this address, or nothing that you may know of.

    A draft, a scheduled article and a deleted one are not found by readers. To see the working copy, add `view=draft` and a key with the
    scope `articles:read`.
    """

    status, title = 404, "Nothing was found here"


class MethodNotAllowed(Problem):
    """The address exists, but not with this method. The `Allow` header lists those it has."""

    status, title = 405, "This address does not take that method"


class Conflict(Problem):
    """What was asked does not go with the present state: a value that must be unique is taken, or another row refers to this one."""

    status, title = 409, "The present state does not allow this"


class SlugTaken(Problem):
    """Another object has this slug or path, or had it once: an old address leads to it still, and is not given away silently.

    Choose another slug; leave `slug` out to have a free one made from the name.
    """

    status, title = 409, "The slug is taken"


class InUse(Problem):
    """Something still refers to the object, or stands in it. `count` says how much.

    Send `move_to=` with the object that shall take its place, or empty it first.
    """

    status, title = 409, "It is still in use"
    example: ClassVar[dict[str, Any]] = {"count": 12}


class VersionMismatch(Problem):
    """Somebody changed the object after you read it (RFC 9110, 13.1.1).

    `version` is the present one. `conflicts` holds every place that you both changed, and differently: its `pointer`, and what stood
    there when you read it (`base`), what stands there now (`theirs`), and what you sent (`yours`). `mergeable` holds the rest of your
    changes, which touch nothing of theirs. What is not there is null. In the body of an article a block's id stands in a pointer where
    its place would, as in `#/body/b7/html`; where both moved blocks about, the conflict is at `#/body`, and its values are ids in
    order. Changes of different blocks, or of different fields of one, do not overlap.

    Where `mergeable` has it all, send an article's change again with `merge=auto`: it is then put upon theirs. Else read again, merge,
    and send with the new ETag in `If-Match`. `base_known` is false where what you read is forgotten, or never was: both lists are empty.
    """

    status, title = 412, "It was changed since you read it"
    example: ClassVar[dict[str, Any]] = {
        "version": 8,
        "base_known": True,
        "conflicts": [
            {
                "pointer": "#/headline",
                "base": "Delegations meet",
                "theirs": "Delegations meet at the border",
                "yours": "Talks begin at the border",
            }
        ],
        "mergeable": [{"pointer": "#/body/b7/html", "base": "They spoke.", "theirs": "They spoke.", "yours": "They spoke for five hours."}],
    }


class BodyTooLarge(Problem):
    """The request body is larger than this server accepts. `limit` is the largest size in bytes."""

    status, title = 413, "The body is too large"
    example: ClassVar[dict[str, Any]] = {"detail": "At most 4000000 bytes are accepted.", "limit": 4_000_000}


class UnsupportedMediaType(Problem):
    """The body is not declared as JSON. Send `Content-Type: application/json` (or `application/merge-patch+json` with PATCH)."""

    status, title = 415, "The body must be JSON"


class ValidationFailed(Problem):
    """The body is JSON, but values in it are not acceptable. `errors` names all faults at once, up to 50, by JSON pointers (RFC 6901)."""

    status, title = 422, "Some values are not acceptable"
    example: ClassVar[dict[str, Any]] = {
        "errors": [
            {"code": "missing", "detail": "Field required", "pointer": "#/headline"},
            {
                "code": "extra_forbidden",
                "detail": "There is no such field here. Did you mean 'headline'?",
                "pointer": "#/headlin",
                "suggestion": "headline",
            },
        ]
    }


class PreconditionRequired(Problem):
    """A change must say which version it was made from, so that no edit is lost (RFC 6585, 3).

    Read the object, take its `ETag`, and send it as `If-Match: "7"`. `If-Match: *` changes it whatever the version.
    """

    status, title = 428, "Say which version you are changing"


class TooManyRequests(Problem):
    """You have asked too often. `policy` names the limit; ask again after the seconds in `Retry-After` (RFC 6585, 4).

    `RateLimit` says how much is left (`r`) and for how many seconds that counts (`t`), on every answer to a write, and to a key where it is
    the key's alone. A program that slows down as `r` comes near 0 never meets this. The limits are the operator's to set.
    """

    status, title = 429, "Too many requests"
    example: ClassVar[dict[str, Any]] = {"detail": "At most 6000 in 60 seconds; ask again in 42.", "policy": "key-writes"}


class IdempotencyKeyReused(Problem):
    """This `Idempotency-Key` was already used for a request with another body or address. Use a new key for each new operation."""

    status, title = 422, "The Idempotency-Key belongs to another request"


class IdempotencyKeyInUse(Problem):
    """The first request with this `Idempotency-Key` is still running. Ask again after the seconds in `Retry-After`."""

    status, title = 409, "The first request with this key still runs"


class InternalError(Problem):
    """Dateline failed; the failure is in the server's log under `request_id`.

    Whether a write took effect can be found out by sending it again with the same `Idempotency-Key`.
    """

    status, title = 500, "Dateline failed"


class RequestTimeout(Problem):
    """The request did not come whole in time, and the connection is closed.

    A head (request line and headers) must come within `DATELINE_HEAD_SECONDS`, from its first byte or from the beginning of the
    connection; a body within `DATELINE_BODY_SECONDS`. Send it again on a better line, or in smaller parts.
    """

    status, title = 408, "The request took too long to come"


class MalformedRequest(Problem):
    """What came is no HTTP/1.1 request (RFC 9112), and the connection is closed. Programs that send requests do not write them by hand.

    Most often an address holds a letter as it is: only ASCII may stand there, so `q=fähre` is sent as `q=f%C3%A4hre`. `curl` does that
    with `--get --data-urlencode 'q=fähre'`.
    """

    status, title = 400, "This is no HTTP request"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or "Its head could not be read. In an address, letters outside ASCII are percent-encoded: ä is %C3%A4.")


class HeadTooLarge(Problem):
    """Request line and headers together are larger than 32 KB. Cookies and tokens of other services do not belong here."""

    status, title = 431, "The head of the request is too large"


class Unavailable(Problem):
    """The service cannot answer at the moment, most often because its database cannot. Ask again after `Retry-After` seconds."""

    status, title = 503, "Not available at the moment"
