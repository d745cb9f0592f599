"""What stands before an endpoint and is made of the request alone is made once, in the order in which it is asked for."""

from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.dependencies.utils import get_dependant

from app.core.solving import prepared


async def test_what_several_depend_on_is_made_once_for_each_request() -> None:
    asked: list[str] = []

    async def secret(request: Request) -> str:
        asked.append("secret")
        return request.headers["x-secret"]

    async def caller(secret: Annotated[str, Depends(secret)]) -> str:
        asked.append("caller")
        return f"caller {secret}"

    async def guest(caller: Annotated[str, Depends(caller)], secret: Annotated[str, Depends(secret)]) -> str:
        asked.append("guest")
        return f"{caller} or {secret}"

    async def endpoint(who: Annotated[str, Depends(guest)], caller: Annotated[str, Depends(caller)]) -> None: ...

    one, other = (Request({"type": "http", "headers": [(b"x-secret", secret)]}) for secret in (b"1", b"2"))
    assert [await solved(endpoint, request) for request in (one, other)] == [
        {"who": "caller 1 or 1", "caller": "caller 1"},
        {"who": "caller 2 or 2", "caller": "caller 2"},
    ]
    assert asked == ["secret", "caller", "guest"] * 2


async def test_what_reads_a_parameter_is_left_as_it_is() -> None:
    async def language(accept: Annotated[str, Header()] = "") -> str:
        return accept

    async def page(language: Annotated[str, Depends(language)]) -> str:
        return language

    async def endpoint(page: Annotated[str, Depends(page)]) -> None: ...

    (found,) = prepared(get_dependant(path="/", call=endpoint)).dependencies

    assert found.call is page
    assert [each.call for each in found.dependencies] == [language]
    assert found.dependencies[0].header_params


async def solved(endpoint: Any, request: Request) -> dict[str | None, Any]:
    """What FastAPI would give to the endpoint."""
    below = prepared(get_dependant(path="/", call=endpoint)).dependencies
    return {each.name: await each.call(request) for each in below if each.call is not None}
