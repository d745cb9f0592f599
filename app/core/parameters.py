"""Which parameters an operation takes, and what the documentation says of each."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo

QUERIES = "dateline_queries"
"""Where an endpoint keeps the models that it reads its query by."""


def queries_of(endpoint: Callable[..., Any]) -> tuple[type[BaseModel], ...]:
    """The models that the endpoint reads its query by itself."""
    found: tuple[type[BaseModel], ...] = vars(endpoint).get(QUERIES, ())
    return found


def of_the_query(route: APIRoute) -> dict[str, FieldInfo]:
    """The query parameters of a route, by name: those of all that it depends on, and those that it reads by itself."""
    found = {name: field for each in _all(route.dependant) for one in each.query_params for name, field in _fields(one)}
    return found | {name: field for model in queries_of(route.endpoint) for name, field in _of_model(model)}


def of_the_rest(route: APIRoute) -> dict[str, FieldInfo]:
    """The parameters of its address, and its headers."""
    return {one.alias: one.field_info for each in _all(route.dependant) for one in (*each.path_params, *each.header_params)}


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for each in dependant.dependencies:
        yield from _all(each)


def _fields(parameter: ModelField) -> Iterator[tuple[str, FieldInfo]]:
    annotation = parameter.field_info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _of_model(annotation)
    else:
        yield parameter.alias, parameter.field_info


def _of_model(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field
