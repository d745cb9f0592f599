"""Schemas as generators of clients like them: no title that only repeats a name, no default that is sent along, numbers with a width."""

import json
from collections.abc import Iterable
from typing import Any

_PREFIX = "#/components/schemas/"
_INT32 = 2**31 - 1


def tidy(schema: dict[str, Any]) -> None:
    """Take away titles that are only a field's name again and defaults that are null; say how many bits a whole number may need."""
    schema.pop("title", None)
    if schema.get("default", ...) is None:
        del schema["default"]
    if schema.get("type") == "integer":
        schema["format"] = "int32" if schema.get("maximum", _INT32 + 1) <= _INT32 else "int64"
    for each in _inside(schema):
        tidy(each)


def _inside(schema: dict[str, Any], *, lists: bool = True) -> list[dict[str, Any]]:
    """The schemas directly in this one."""
    named = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("oneOf", [])]
    rest = [schema.get(word) for word in ("items", "additionalProperties") if lists]
    return named + [each for each in rest if isinstance(each, dict)]


def tell_defaults(operations: Iterable[tuple[str, str, dict[str, Any]]], schemas: dict[str, Any]) -> None:
    """Take `default` away from every schema that a body is made of, and tell it in the description; in a patch there is none.

    Generators misread it: one makes such a field required, another sends the value along, which in a patch sets what nobody touched.
    """
    sent: set[str] = set()
    patched: set[str] = set()
    for method, _, operation in operations:
        for media in operation.get("requestBody", {}).get("content", {}).values():
            _reach(media["schema"], schemas, sent, lists=True)
            if method == "patch":
                _reach(media["schema"], schemas, patched, lists=False)
    for name in sent:
        for field in schemas[name].get("properties", {}).values():
            default = field.pop("default", None)
            if name not in patched and isinstance(default, str | int):
                text = default if isinstance(default, str) else json.dumps(default)
                field["description"] = f"{field.get('description', '')} `{text}` when left out.".strip()


def _reach(schema: Any, schemas: dict[str, Any], found: set[str], *, lists: bool) -> None:
    """Enter the names of all schemas inside `schema`; what stands in lists is not patched, but replaced."""
    name = schema.get("$ref", "").removeprefix(_PREFIX)
    if name and name not in found:
        found.add(name)
        _reach(schemas[name], schemas, found, lists=lists)
    for each in _inside(schema, lists=lists):
        _reach(each, schemas, found, lists=lists)
