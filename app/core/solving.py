"""What stands before an endpoint and needs nothing but the request: found in one step, whatever it depends on itself.

FastAPI takes as long to solve a dependency as a database to answer a statement, and solves again what is below one that it knows already.
So whatever is made of the request alone is called here, each once in a request; FastAPI itself sees to parameters, bodies and sessions.
"""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant

_FOUND = "dateline.found"
"""Where a request keeps what was found for it."""


def prepared(dependant: Dependant) -> Dependant:
    """The same to be solved, in fewer steps."""
    return replace(dependant, dependencies=[_prepared(each) for each in dependant.dependencies])


def _prepared(dependant: Dependant) -> Dependant:
    if not _is_plain(dependant):
        return prepared(dependant)
    return Dependant(call=Step(dependant), name=dependant.name, request_param_name="request", path=dependant.path, scope=dependant.scope)


def _is_plain(dependant: Dependant) -> bool:
    """Whether it is a coroutine of the request, and of what is such a one itself."""
    parameters = (
        dependant.path_params, dependant.query_params, dependant.header_params, dependant.cookie_params, dependant.body_params,
        dependant.websocket_param_name, dependant.response_param_name, dependant.background_tasks_param_name,
        dependant.security_scopes_param_name, dependant.concurrency,
    )  # fmt: skip
    if any(parameters) or not dependant.use_cache or not _is_coroutine(dependant.call):
        return False
    return all(_is_plain(each) for each in dependant.dependencies)


def _is_coroutine(call: Any) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)


class Step:
    """A dependency with all that it depends on, in the order in which FastAPI would have asked for it."""

    def __init__(self, dependant: Dependant) -> None:
        if dependant.call is None:
            raise TypeError("A dependency is called.")
        self._call: Callable[..., Coroutine[Any, Any, Any]] = dependant.call
        self._request = [name for name in (dependant.request_param_name, dependant.http_connection_param_name) if name is not None]
        self._below = [(each.name or "", Step(each)) for each in dependant.dependencies]

    async def __call__(self, request: Request) -> Any:
        """What it is for this request."""
        found: dict[Any, Any] = vars(request).setdefault(_FOUND, {})
        if self._call not in found:
            values: dict[str, Any] = {name: await below(request) for name, below in self._below}
            found[self._call] = await self._call(**values, **dict.fromkeys(self._request, request))
        return found[self._call]
