"""How access is refused."""

from typing import Any, ClassVar

from app.core.errors import Problem

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="dateline"'}


class Unauthorized(Problem):
    """This address needs a key, and none that is valid was sent.

    Send `Authorization: Bearer dl_…`. A key may be mistyped (its last characters are a checksum), unknown, expired or revoked. Make one
    with `dateline keys create NAME --scopes …`.
    """

    status, title = 401, "A valid key is needed"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or "This takes a key, sent as `Authorization: Bearer dl_…`.", headers=_CHALLENGE)


class OutsideSections(Problem):
    """The key keeps to some sections, and the article stands in another, or would be put into one or taken out of one.

    It is the section that makes the article's address that counts, in the working copy; of `other_sections` those that the change adds or
    removes. `GET /v1/me` lists the sections of your key; it may work in everything below them too. A draft elsewhere is not found (404).
    """

    status, title = 403, "The key keeps to other sections"
    example: ClassVar[dict[str, Any]] = {"detail": "The article stands outside the sections that your key keeps to."}


class Forbidden(Problem):
    """The key is valid, but lacks the scope that this address needs. `scope` names it; `GET /v1/me` lists those the key has."""

    status, title = 403, "The key lacks a scope"
    example: ClassVar[dict[str, Any]] = {"detail": "The key lacks the scope articles:write.", "scope": "articles:write"}
