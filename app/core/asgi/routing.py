"""How an address finds its operation: routers stand side by side, and each is asked only for what begins as its own addresses do."""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, FastAPI
from fastapi.telemetry._api import _route_selected  # Its own router says so too; there is no public way to name a span's route.
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_FOUND = "dateline.route"


class Branch(BaseRoute):
    """The routes of one router, taken as they are.

    `FastAPI.include_router` would make each of them again for every application, with all its validators, when first met, and look for the
    right one twice in each request. A router inside a router is not taken: give it its whole prefix, and a place in the list.
    """

    def __init__(self, router: APIRouter) -> None:
        self.routes = router.routes
        self._stem = router.prefix.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether one of the routes takes the address; the first that takes the method too, or else the first."""
        if not scope["path"].startswith(self._stem):
            return Match.NONE, {}
        partial: tuple[Match, Scope] = (Match.NONE, {})
        for route in self.routes:
            match, found = route.matches(scope)
            if match is Match.NONE:
                continue
            found[_FOUND] = route
            if match is Match.FULL:
                return match, found
            if partial[0] is Match.NONE:
                partial = match, found
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request by the route that was found."""
        route = scope[_FOUND]
        _route_selected(scope=scope, path=route.path_format)
        await route.handle(scope, receive, send)


def take(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Serve the operations of `routers`, which are asked in this order."""
    app.router.routes.extend(Branch(router) for router in routers)


def every_route(app: FastAPI) -> Iterator[BaseRoute]:
    """The routes of an application, those of its routers too."""
    for route in app.routes:
        if isinstance(route, Branch):
            yield from route.routes
        else:
            yield route
