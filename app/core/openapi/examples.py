"""Examples for the OpenAPI description: what an answer looks like, put together from the examples of its fields."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_PREFIX = "#/components/schemas/"
UNSAID = "…"
"""Stands where a field of text gives no example; a test sees to it that none does."""

_PLAIN: dict[str, Any] = {"string": UNSAID, "boolean": False, "integer": 0, "number": 0, "null": None, "object": {}, "array": []}


class Examples:
    """Makes examples of the schemas of one description, from what each field says of itself."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self.schemas = schemas

    def of(self, schema: Schema, inside: frozenset[str] = frozenset()) -> Any:
        """An example of `schema`; `inside` names the schemas around it, since a list of a thing inside the same thing stays empty."""
        reference = schema.get("$ref")
        if reference is not None:
            name = reference.removeprefix(_PREFIX)
            return self.of(self.schemas[name], inside | {name})
        said = list(_said(schema))
        return said[0] if said else self._made(schema, inside)

    def _made(self, schema: Schema, inside: frozenset[str]) -> Any:
        if "properties" in schema:
            required = schema.get("required", [])
            return {name: self.of(field, inside) for name, field in schema["properties"].items() if name in required}
        if "items" in schema:
            return [] if self._names(schema["items"]) & inside else [self.of(schema["items"], inside)]
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return self._chosen(choices, inside)
        return schema.get("minimum", _PLAIN[schema.get("type", "object")])

    def _chosen(self, choices: list[Schema], inside: frozenset[str]) -> Any:
        """The first of several that can be shown; null only where nothing else can."""
        for choice in choices:
            if choice.get("type") != "null" and not self._names(choice) & inside:
                return self.of(choice, inside) if "$ref" in choice or list(_said(choice)) else None
        return None

    def _names(self, schema: Schema) -> frozenset[str]:
        """The schemas that `schema` refers to at once."""
        name = str(schema.get("$ref", "")).removeprefix(_PREFIX)
        return frozenset({name} if name else set())


def _said(schema: Schema) -> Iterator[Any]:
    """What a schema offers as an example, the best first."""
    yield from schema.get("examples", [])
    if "const" in schema:
        yield schema["const"]
    if schema.get("default") is not None:
        yield schema["default"]
    yield from schema.get("enum", [])
