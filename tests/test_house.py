"""Rules of the house that neither ruff nor mypy nor import-linter knows."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.access import guards
from app.articles.guards import desk
from app.core import http, lists
from app.core.errors import Problem
from app.main import ROUTERS
from app.readers.guards import find_participant, find_visitor
from tests.operations import Operation, operations

APP = Path(__file__).parent.parent / "app"
LONGEST_FILE = 350
WRITERS = {http.get_writer, http.get_repeatable_writer}
SESSIONS = {*WRITERS, http.get_reader, lists.get_patient_reader}
WITHOUT_A_KEY = {
    "create_comment", "update_own_comment", "delete_own_comment", "vote_for_comment", "withdraw_vote",
    "report_comment", "withdraw_report", "appeal_decision",
}  # fmt: skip
"""Writing operations that a reader without a key may use."""
OPENS_ITS_OWN = {"run_bulk", "try_rule"}
"""Writing operations whose endpoint opens what transactions they need, for a key of any scope."""


def routes() -> Iterator[APIRoute]:
    """Every route of the API; a router inside a router would be lost, and is refused."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield route


def in_order(dependant: Dependant) -> Iterator[Any]:
    """What is called before an endpoint, in the order in which it is called."""
    for dependency in dependant.dependencies:
        yield from in_order(dependency)
        yield dependency.call


def test_every_operation_of_the_description_has_a_route_and_the_other_way_round() -> None:
    described = {operation.about["operationId"] for operation in operations()}

    assert described == {route.name for route in routes()}
    assert len(described) > 40


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_an_operation_is_named_after_its_function_and_says_what_it_does(operation: Operation) -> None:
    route = next(route for route in routes() if route.name == operation.about["operationId"])

    assert [each.about["operationId"] for each in operations()].count(route.name) == 1
    assert route.endpoint.__name__ == route.name
    assert (inspect.getdoc(route.endpoint) or "").endswith(".")
    assert operation.about["summary"]
    assert operation.about["description"].startswith((inspect.getdoc(route.endpoint) or "-").split("\n")[0][:40])
    assert len(operation.about["tags"]) == 1


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_an_operation_declares_what_it_may_refuse(operation: Operation) -> None:
    statuses = {int(status) for status in operation.about["responses"]}

    assert statuses & {200, 201, 202, 204}
    assert 500 in statuses
    assert (operation.body is None) or {413, 415, 422} <= statuses
    assert not operation.parameters("path") or 404 in statuses or operation.method == "PUT"
    assert operation.method == "GET" or operation.about["operationId"] in WITHOUT_A_KEY or {401, 403} <= statuses
    needed = [header["required"] for header in operation.parameters("header") if header["name"] == "If-Match"]
    assert not needed or 412 in statuses
    assert (428 in statuses) == any(needed)


@pytest.mark.parametrize("route", [route for route in routes() if route.methods != {"GET"}], ids=lambda route: route.name)
def test_permission_is_asked_before_a_transaction_opens(route: APIRoute) -> None:
    """A stranger must not be able to hold the writers' lock, nor learn from a time-out that there is one."""
    calls = list(in_order(route.dependant))

    if route.name in OPENS_ITS_OWN:
        assert guards.find_caller in calls
        assert not SESSIONS.intersection(calls)
        return
    assert WRITERS.intersection(calls) == {http.get_repeatable_writer if route.methods == {"POST"} else http.get_writer}
    asked = max(calls.index(guard) for guard in (guards.find_caller, find_participant, find_visitor) if guard in calls)
    assert asked < min(place for place, call in enumerate(calls) if call in SESSIONS)
    assert route.name in WITHOUT_A_KEY or route_demands_a_scope(route)


def route_demands_a_scope(route: APIRoute) -> bool:
    """Whether a guard of `require` or of a `desk` stands before the endpoint, and before its session."""
    calls = list(in_order(route.dependant))
    demanding = tuple(f"{one.__qualname__}.<locals>" for one in (guards.require, desk))
    guarding = [place for place, call in enumerate(calls) if getattr(call, "__qualname__", "").startswith(demanding)]
    return bool(guarding) and guarding[0] < min(place for place, call in enumerate(calls) if call in SESSIONS)


@pytest.mark.parametrize("route", [route for route in routes() if route.methods != {"GET"}], ids=lambda route: route.name)
def test_every_write_can_be_rehearsed_and_every_post_repeated(route: APIRoute) -> None:
    operation = next(each for each in operations() if each.about["operationId"] == route.name)

    assert "dry_run" in {parameter["name"] for parameter in operation.parameters("query")}
    named = {parameter["name"] for parameter in operation.parameters("header")}
    assert ("Idempotency-Key" in named) == (operation.method == "POST")


def test_nothing_before_an_endpoint_is_run_in_a_thread() -> None:
    """FastAPI runs plain functions in a thread, which costs a request more than a statement of SQL."""
    waiting = {
        call for route in routes() for call in (*in_order(route.dependant), route.endpoint)
        if inspect.isfunction(call) and not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))
    }  # fmt: skip

    assert waiting == set()


def test_no_middleware_is_starlettes_base_class() -> None:
    """It costs two thirds of a fast answer."""
    assert not [path for path in APP.rglob("*.py") if "BaseHTTPMiddleware" in path.read_text("utf-8")]


def test_only_the_database_commits() -> None:
    """One request is one transaction; a second commit inside would let half of it stand."""
    committing = {path.relative_to(APP).as_posix() for path in APP.rglob("*.py") if ".commit()" in path.read_text("utf-8")}

    assert committing == {"core/database.py"}


def test_a_file_fits_in_one_sitting() -> None:
    lengths = {path.relative_to(APP).as_posix(): len(path.read_text("utf-8").splitlines()) for path in APP.rglob("*.py")}

    assert len(lengths) > 50
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_name_is_imported_only_for_types_or_inside_a_function() -> None:
    """Local imports are how a folder hides that it looks up."""
    for path in APP.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "TYPE_CHECKING" not in text, path
        indented = [line for line in text.splitlines() if line.startswith(" ") and line.lstrip().startswith(("import ", "from app"))]
        assert indented == [], path


def test_every_kind_of_problem_has_a_code_of_its_own_and_an_explanation() -> None:
    kinds = list(_below(Problem))

    assert len(kinds) > 30
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert Problem.kinds[kind.code] is kind
        assert "__doc__" in vars(kind), kind
        assert kind.explanation() != kind.title
        assert {"status", "title"} <= set(vars(kind)), kind
        assert 400 <= kind.status < 600
        assert not kind.title.endswith(".")


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("app."):
            yield each
            yield from _below(each)
