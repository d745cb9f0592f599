"""Schemas of what is sent: what a field is when it is left out is said in words, for generators misread a `default`.

One makes such a field required, another sends the value along: in a patch that would set what nobody meant to touch.
"""

import json
from collections.abc import Iterable
from typing import Any

_PREFIX = "#/components/schemas/"


def tell_defaults(operations: Iterable[tuple[str, str, dict[str, Any]]], schemas: dict[str, Any]) -> None:
    """Take `default` away from every schema that a body is made of, and tell it in the description; in a patch there is none."""
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
    inside = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("oneOf", [])]
    inside += [schema["items"]] if lists and "items" in schema else []
    for each in inside:
        _reach(each, schemas, found, lists=lists)
