"""Which methods an address takes: the answer to OPTIONS, and the full `Allow` of a 405."""

from fastapi import FastAPI, HTTPException
from starlette.routing import Match, Mount
from starlette.types import Scope

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_FILES = frozenset({"GET", "HEAD"})


_written_out: dict[str, set[str]] = {}
"""The methods of every address that has no place to fill, as routes declare them."""


def write_out(path: str, methods: set[str]) -> None:
    """Enter a route. Its address is nothing else beside: `/v1/comments/counts` is no comment's, whatever `{comment_id}` would take."""
    if "{" not in path:
        _written_out.setdefault(path, set()).update(methods)


def refuse_template(path: str) -> None:
    """Answer 405 where a request came to a template only because its address, though written out, lacks the method."""
    if path in _written_out:
        raise HTTPException(405)


def allowed_methods(app: FastAPI, scope: Scope) -> list[str]:
    """The methods of the address that `scope` asks for, in alphabetical order.

    The routes themselves are asked, so that addresses outside the OpenAPI description, and those with slashes in a parameter, are told
    as they are.
    """
    asked = {**scope, "root_path": scope.get("app_root_path", scope.get("root_path", ""))}  # A mount has moved it.
    found = _written_out.get(scope["path"]) or {method for method in _METHODS if _takes(app, {**asked, "method": method})}
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()))


def _takes(app: FastAPI, scope: Scope) -> bool:
    for route in app.routes:
        if route.matches(scope)[0] is Match.FULL:
            return not isinstance(route, Mount) or scope["method"] in _FILES
    return False
