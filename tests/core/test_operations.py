"""A route that is made ready when it is first asked for."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.routing import Match

from app.core.http import Handler, Operation, Router


def test_an_operation_is_made_ready_once_however_many_ask_first() -> None:
    made: list[str] = []

    class Noted(Operation):
        def get_route_handler(self) -> Handler:
            made.append(self.path)
            return super().get_route_handler()

    router = Router(prefix="/things", route_class=Noted)

    @router.get("")
    async def list_things(limit: int = 1) -> list[int]:
        return [limit]

    (route,) = router.routes
    assert isinstance(route, Noted)
    assert (made, route.matches({"type": "http", "path": "/things", "method": "GET"})[0]) == ([], Match.FULL)

    start = threading.Barrier(8)

    def ask() -> int:
        start.wait()
        return len(route.dependant.query_params)

    with ThreadPoolExecutor(8) as pool:
        found = [future.result() for future in [pool.submit(ask) for _ in range(8)]]

    assert (made, found) == (["/things"], [1] * 8)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = route.nothing_like_it
