"""Which methods an address takes: the answer to OPTIONS, and the full `Allow` of a 405."""

from functools import lru_cache
from re import Pattern

from fastapi import FastAPI
from starlette.routing import compile_path


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """The methods of `path`, in alphabetical order."""
    found = {"OPTIONS"}
    for pattern, methods in _table(app):
        if pattern.match(path):
            found |= methods
    return sorted(found)


@lru_cache(maxsize=4)
def _table(app: FastAPI) -> list[tuple[Pattern[str], frozenset[str]]]:
    paths = app.openapi()["paths"]
    return [(compile_path(template)[0], _methods(operations)) for template, operations in paths.items()]


def _methods(operations: dict[str, object]) -> frozenset[str]:
    names = {name.upper() for name in operations if name in {"get", "put", "post", "patch", "delete"}}
    return frozenset(names | ({"HEAD"} if "GET" in names else set()))
