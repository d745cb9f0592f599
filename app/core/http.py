"""How an endpoint meets HTTP: its route class, its sessions, its preconditions, its answers."""

import inspect
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.routing import compile_path

from app.core import context, idempotency
from app.core.attempts import attempt_of
from app.core.caching import PRIVATE, matches, version_etag
from app.core.database import Database, ReadSession, WriteSession
from app.core.errors import DuplicateParameter, Fault, InvalidParameter, PreconditionRequired, Problem, UnknownParameter
from app.core.faults import unknown
from app.core.inside import inside_of
from app.core.methods import refuse_template, write_out
from app.core.parameters import QUERIES, of_the_query, queries_of
from app.core.schemas import ProblemOut
from app.core.settings import Settings

_VERSION = re.compile(r'^"?(\d{1,18})(-[0-9a-f]+(-[a-z]+)?)?"?$', re.ASCII)
ANY_KEY = "any"
"""The scope that a guard names where any key will do; the documentation reads it."""

A_MEMBER = "member"
"""The same where a member's token is needed."""

MAY_BE_MISSING = "optional"
"""Stands with an `If-Match` that may be left out; the documentation reads it."""

_TAGS = {"Cache-Tag", "Surrogate-Key"}
_PREPARING = threading.RLock()
M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Operation(APIRoute):
    """A route that refuses parameters it does not know, and keeps the answer of a request that carries an Idempotency-Key.

    Its address and its methods are known at once. What reads and writes its bodies is made when it is first asked for: made for all
    operations before the first is asked, it would be a quarter of the start.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], *, methods: Iterable[str] | None = None, **said: Any) -> None:
        self.path, self.endpoint, self.methods = path, endpoint, {*(methods or ["GET"])}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._said = said
        write_out(path, self.methods)

    def __getattr__(self, name: str) -> Any:
        """The rest, which is not there yet: `name` is the first of it that somebody asks for, in the event loop or in a thread."""
        with _PREPARING:
            said = self.__dict__.pop("_said", None)
            if said is not None:
                queries = queries_of(self.endpoint)
                said["openapi_extra"] = _described(queries) if queries else said["openapi_extra"]
                super().__init__(self.path, self.endpoint, methods=self.methods, **said)
        return object.__getattribute__(self, name)

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, between our two rules."""
        handle = super().get_route_handler()
        known = frozenset(of_the_query(self))

        async def serve(request: Request) -> Response:
            context.passage.get().route = self.path
            if request.path_params:
                refuse_template(request.scope["path"])
            refuse_unknown(request.query_params.multi_items(), known)
            response = await handle(request)
            claim: idempotency.Claim | None = getattr(request.state, "idempotency", None)
            if claim is not None:
                claim.keep(getattr(request.state, "kept_answer", response))
            return response

        return serve


class Router(APIRouter):
    """A router whose routes are operations, called as their functions are."""

    def __init__(self, **said: Any) -> None:
        super().__init__(**{"route_class": Operation, "generate_unique_id_function": _name_of, **said})


def _name_of(route: APIRoute) -> str:
    return route.name


def takes_query(*models: type[BaseModel]) -> Callable[[F], F]:
    """Say of an endpoint that its query has the fields of `models`, which it reads by `read_query`.

    Were they its parameters, FastAPI would look at each field anew at each request, which takes longer than to answer it.
    """

    def note(endpoint: F) -> F:
        vars(endpoint)[QUERIES] = models
        return endpoint

    return note


def _described(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """The parameters that FastAPI is not told of, as it would describe them."""
    probe = FastAPI()

    async def ask(**_models: object) -> None: ...

    places = [
        inspect.Parameter(f"model_{number}", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[model, Query()])
        for number, model in enumerate(models)
    ]
    ask.__signature__ = inspect.Signature(places)  # type: ignore[attr-defined] # how `inspect` is told of a signature
    probe.get("/")(ask)
    return {"parameters": probe.openapi()["paths"]["/"]["get"]["parameters"]}


def read_query(model: type[M], request: Request) -> M:
    """What the query says of the fields of `model`; raises as FastAPI does, naming each that makes no sense."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors()]) from error


def refuse_unknown(sent: Iterable[tuple[str, str]], known: frozenset[str]) -> None:
    """Raise for every parameter that is not known, then for every one that stands twice."""
    names = Counter(name for name, _ in sent)
    unknown = sorted(names.keys() - known)
    if unknown:
        raise UnknownParameter(errors=(_unknown(name, known) for name in unknown))
    repeated = sorted(name for name, times in names.items() if times > 1)
    if repeated:
        faults = [Fault("duplicate", "Given more than once; separate values with commas.", parameter=name) for name in repeated]
        raise DuplicateParameter(errors=faults)


def _unknown(name: str, known: frozenset[str]) -> Fault:
    detail, near = unknown(name, known)
    return Fault("unknown", detail, parameter=name[:100], suggestion=near)


class Sources(Protocol):
    """Where a request may be answered from."""

    primary: Database

    async def for_readers(self) -> Database:
        """The database that answers a reader now."""

    def leave_out(self, reason: str) -> None:
        """Ask the replica nothing for a while: it failed."""


# What stands before an endpoint is a coroutine, however little it does: FastAPI runs a plain function in a thread, which costs more than
# a statement of SQL.


async def get_settings(request: Request) -> Settings:
    """The settings this process runs with."""
    return settings_of(request)


def settings_of(request: Request) -> Settings:
    """The same, for what is asked most often: each dependency costs half as much as a statement."""
    settings: Settings = request.app.state.settings
    return settings


async def get_database(request: Request) -> Database:
    """The database this process runs on."""
    return database_of(request)


def database_of(request: Request) -> Database:
    """The same, for those who stand before every endpoint."""
    database: Database = request.app.state.database
    return database


async def source_of(request: Request) -> Database:
    """The database that answers this reading request: for whoever sends a key the primary, and where the replica failed before."""
    sources: Sources = request.app.state.sources
    attempt = attempt_of(request.scope)
    if attempt.number > 1:
        sources.leave_out("it failed to answer a request")
    if "authorization" in request.headers or attempt.number > 1:
        return sources.primary
    source = await sources.for_readers()
    attempt.from_replica = source is not sources.primary
    return source


async def get_reader(request: Request) -> AsyncIterator[ReadSession]:
    """A session for one reading request."""
    async with (await source_of(request)).reading() as session:
        yield session


DryRun = Annotated[bool, Query(description="Rehearse: validate everything and answer with the resulting object, but keep nothing.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=idempotency.HEADER,
        max_length=257,
        pattern=r'^"?[\x21\x23-\x7e]{1,255}"?$',
        description="Any unique text, such as a UUID. Repeating the request with the same key gives the first answer again, "
        "with `Idempotent-Replayed: true`, and changes nothing.",
        examples=["7d0a3a52-6a3c-4f0e-9c0f-2f2f0a1f4b11"],
    ),
]


async def get_writer(request: Request, dry_run: DryRun = False) -> AsyncIterator[WriteSession]:
    """The one transaction of a writing request; it is committed after the endpoint returned and before the answer starts.

    What comes from within may be repeated whatever its method.
    """
    async with _transaction(request, keep=not dry_run, repeatable=inside_of(request.scope) is not None) as session:
        yield session


async def get_repeatable_writer(request: Request, dry_run: DryRun = False, _key: IdempotencyKey = None) -> AsyncIterator[WriteSession]:
    """The same for a request of which the first answer is kept under its Idempotency-Key."""
    async with _transaction(request, keep=not dry_run, repeatable=True) as session:
        yield session


@asynccontextmanager
async def _transaction(request: Request, *, keep: bool, repeatable: bool) -> AsyncIterator[WriteSession]:
    inside = inside_of(request.scope)
    shared = None if inside is None else inside.shared
    async with database_of(request).writing(keep=keep) if shared is None else shared.part(keep=keep) as session:
        if not (keep and repeatable):
            yield session
            return
        async with idempotency.claimed(session, request) as claim:
            request.state.idempotency = claim
            yield session


async def get_if_match(
    if_match: Annotated[
        str | None,
        Header(
            max_length=200,
            description='The `ETag` of the version you read, such as `"7"`; `*` for any.',
            examples=['"1"'],
        ),
    ] = None,
) -> int | None:
    """The version that a change was made from; None for any. Raises PreconditionRequired where the header is missing."""
    if if_match is None:
        raise PreconditionRequired('Send `If-Match` with the ETag that you read, such as "7", or with * whatever the version.')
    return _version_of(if_match)


async def find_if_match(
    if_match: Annotated[
        str | None,
        Header(
            max_length=200,
            description="The `ETag` of the version that this follows: one that somebody has changed since is not replaced.",
            examples=['"1"'],
            json_schema_extra={MAY_BE_MISSING: True},
        ),
    ] = None,
) -> int | None:
    """The version that a change was made from; None for any, also where the header is missing."""
    return None if if_match is None else _version_of(if_match)


def _version_of(if_match: str) -> int | None:
    text = if_match.strip()
    if text == "*":
        return None
    match = _VERSION.match(text)
    if match is None:
        fault = Fault("version", 'One ETag, such as "7", or *.', parameter="If-Match")
        raise InvalidParameter(errors=[fault])
    return int(match[1])


Reader = Annotated[ReadSession, Depends(get_reader, scope="function")]
Writer = Annotated[WriteSession, Depends(get_writer, scope="function")]
Repeatable = Annotated[WriteSession, Depends(get_repeatable_writer, scope="function")]
IfMatch = Annotated[int | None, Depends(get_if_match)]
MayMatch = Annotated[int | None, Depends(find_if_match)]
AppSettings = Annotated[Settings, Depends(get_settings)]
IfNoneMatch = Annotated[
    str | None,
    Header(max_length=2000, description="ETags that you have; where one is still true, the answer is 304 without a body."),
]


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`body` as JSON; it is a model, or the wire form of one that a query prepared."""
    return Response(to_json(body), status, headers, media_type="application/json")


def answer_version(body: dict[str, Any], *, status: int = 200, location: str | None = None) -> Response:
    """A working copy: its version is its ETag, and no cache may keep it."""
    headers = {**PRIVATE, "ETag": version_etag(body["version"])}
    if location is not None:
        headers["Location"] = location
    return answer(body, status=status, headers=headers)


def not_modified(if_none_match: str | None, headers: dict[str, str]) -> Response | None:
    """304 where the client has the representation that `headers` describe.

    Tags stay with what is kept: a cache takes over the headers of a 304 (RFC 9111, 3.2), and here they may be known in part only, since
    nothing was loaded.
    """
    if "ETag" not in headers or not matches(if_none_match, headers["ETag"]):
        return None
    return Response(status_code=304, headers={name: value for name, value in headers.items() if name not in _TAGS})


_PROBLEM = {"$ref": f"#/components/schemas/{ProblemOut.__name__}"}
"""Named, not given as FastAPI's `model`: of that it would make a validator for every refusal of every operation."""


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of the refusals that an operation can give, with an example of each."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = found.setdefault(
            kind.status,
            {"description": "", "content": {"application/problem+json": {"schema": _PROBLEM, "examples": {}}}},
        )
        entry["description"] = f"{entry['description']}; {kind.title}".removeprefix("; ")
        example = {"summary": kind.title, "value": kind.sample()}
        entry["content"]["application/problem+json"]["examples"][kind.code] = example
    return found
