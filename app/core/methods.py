"""Which methods an address takes: the answer to OPTIONS, and the full `Allow` of a 405."""

from fastapi import FastAPI
from starlette.routing import Match, Mount
from starlette.types import Scope

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_FILES = frozenset({"GET", "HEAD"})


def allowed_methods(app: FastAPI, scope: Scope) -> list[str]:
    """The methods of the address that `scope` asks for, in alphabetical order.

    The routes themselves are asked, so that addresses outside the OpenAPI description, and those with slashes in a parameter, are told
    as they are. An address that is written out in the description is nothing else beside: `/v1/comments/counts` is no comment's.
    """
    written_out = app.openapi()["paths"].get(scope["path"])
    if written_out is None:
        found = {method for method in _METHODS if _takes(app, {**scope, "method": method})}
    else:
        found = {method for method in _METHODS if method.lower() in written_out}
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()))


def _takes(app: FastAPI, scope: Scope) -> bool:
    for route in app.routes:
        if route.matches(scope)[0] is Match.FULL:
            return not isinstance(route, Mount) or scope["method"] in _FILES
    return False
