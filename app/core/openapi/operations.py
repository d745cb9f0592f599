"""What is true of every operation, and is therefore said here and not in each router."""

import re
from typing import Any

from app.core.asgi.guard import ADDRESS_TEXT
from app.core.errors import (
    BodyTooLarge,
    Conflict,
    CursorMismatch,
    DuplicateParameter,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InternalError,
    InvalidParameter,
    MalformedBody,
    PreconditionRequired,
    Problem,
    TooManyRequests,
    Unavailable,
    UnknownParameter,
    UnsupportedMediaType,
    ValidationFailed,
    VersionMismatch,
)
from app.core.http import A_MEMBER, ANY_KEY, MAY_BE_MISSING, problems
from app.core.openapi.examples import Examples
from app.core.openapi.headers import headers_of
from app.core.openapi.schemas import tidy

_JSON, _MERGE_PATCH, _PROBLEM = "application/json", "application/merge-patch+json", "application/problem+json"
_NO_MODEL = "HTTPValidationError"
_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_IF_MATCH = r'^(\*|"?[0-9]{1,18}(-[0-9a-f]+)?"?)$'
_FIRST_REFUSAL = 400
_BROUGHT: dict[str, tuple[type[Problem], ...]] = {
    "If-Match": (VersionMismatch,),
    "Idempotency-Key": (IdempotencyKeyInUse, IdempotencyKeyReused),
    "cursor": (CursorMismatch,),
}
"""The refusals that come with a parameter."""
Operation = dict[str, Any]


def complete(method: str, path: str, operation: Operation, schemas: dict[str, Any]) -> None:
    """Add to `operation` what FastAPI does not know of it."""
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    for parameter in operation.get("parameters", []):
        _tidy_parameter(parameter)
    operation.get("parameters", []).sort(key=_common_first)
    _add_problems(method, path, operation, _secure(operation))
    _describe_body(method, operation, Examples(schemas))
    _describe_answers(method, operation, schemas)


def _tidy_parameter(parameter: dict[str, Any]) -> None:
    """A parameter that is not sent is not null, and its schema need not say again what it is for."""
    schema = parameter["schema"]
    choices = [choice for choice in schema.pop("anyOf", []) if choice.get("type") != "null"]
    schema |= choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}
    schema.pop("description", None)
    tidy(schema)
    if parameter["in"] == "header":
        parameter["name"] = "-".join(word if word.isupper() else word.capitalize() for word in parameter["name"].split("-"))
    if parameter["in"] == "query" and schema.get("type") == "string" and not {"pattern", "enum", "format"} & set(schema):
        schema["pattern"] = ADDRESS_TEXT
    if parameter["name"] == "If-Match":
        parameter["required"] = not schema.pop(MAY_BE_MISSING, False)
        schema["pattern"] = _IF_MATCH
    for example in schema.pop("examples", [])[:1]:
        _show(parameter, example)


def _common_first(parameter: dict[str, Any]) -> tuple[int, bool]:
    """Where it stands in the list: the address, then the headers that are needed, the query, its operators, the other headers."""
    place = {"path": 0, "query": 2, "header": 3}[parameter["in"]]
    return (1 if place and parameter["required"] else place, "[" in parameter["name"])


def _show(parameter: dict[str, Any], example: Any) -> None:
    """An example stands ready to be sent where a value is needed; elsewhere in words, since `/docs` would send every filter at once."""
    if parameter["required"]:
        parameter["example"] = example
    elif f"`{example}`" not in parameter["description"]:
        parameter["description"] += f" For example `{example}`."


def _secure(operation: Operation) -> list[type[Problem]]:
    """Guards name the scopes that they ask for; where a key is looked at and no scope is named, it may be left out. How they refuse."""
    declared = operation.get("security")
    if declared is None:
        operation["security"] = []
        return []
    schemes = {name: scopes for each in declared for name, scopes in each.items()}
    scopes = schemes.pop("key")
    others: list[dict[str, list[str]]] = [{name: []} for name in schemes]
    operation["security"] = [{"key": []}] if scopes else [{}, {"key": []}, *others]
    if scopes == [A_MEMBER]:
        operation["security"] = others
        operation["description"] += "\n\nNeeds a member's token."
    elif scopes == [ANY_KEY]:
        operation["description"] += "\n\nNeeds a key; any will do."
    elif scopes:
        operation["description"] += f"\n\nNeeds a key with the scope {' or '.join(f'`{scope}`' for scope in scopes)}."
    names_a_scope = bool(scopes) and scopes not in ([A_MEMBER], [ANY_KEY])
    return [Problem.kinds["unauthorized"], *([Problem.kinds["forbidden"]] if names_a_scope else [])]


def _add_problems(method: str, path: str, operation: Operation, guarded: list[type[Problem]]) -> None:
    """Merge what every operation of this sort can answer into what its router declares, which is what its own rules refuse."""
    parameters = operation.get("parameters", [])
    names = {parameter["name"] for parameter in parameters}
    kinds: list[type[Problem]] = [UnknownParameter, InvalidParameter, InternalError]
    kinds += [DuplicateParameter] if any(parameter["in"] == "query" for parameter in parameters) else []
    kinds += [TooManyRequests, Unavailable] if path.startswith("/v1/") else []
    kinds += [MalformedBody, BodyTooLarge, UnsupportedMediaType, ValidationFailed] if "requestBody" in operation else []
    kinds += [Conflict] if method != "get" else []
    kinds += [PreconditionRequired for parameter in parameters if parameter["name"] == "If-Match" and parameter["required"]]
    kinds += [kind for name, brought in _BROUGHT.items() if name in names for kind in brought]
    kinds += guarded
    responses = operation["responses"]
    if _NO_MODEL in str(responses.get("422", "")):
        del responses["422"]
    for status, added in problems(*kinds).items():
        entry = responses.setdefault(str(status), {"content": {_PROBLEM: {"examples": {}}}})
        entry["content"][_PROBLEM]["examples"] |= added["content"][_PROBLEM]["examples"]
    for status, entry in responses.items():
        if int(status) >= _FIRST_REFUSAL:
            codes = entry["content"][_PROBLEM]["examples"]
            examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
            entry["content"] = {_PROBLEM: {"schema": _PROBLEM_SCHEMA, "examples": examples}}
            entry["description"] = ". ".join(Problem.kinds[code].title for code in codes) + "."


def _describe_body(method: str, operation: Operation, examples: Examples) -> None:
    """A body has an example; what changes an object may be sent as a merge patch, which it is."""
    content = operation.get("requestBody", {}).get("content")
    if content is None:
        return
    if "examples" not in content[_JSON]:
        content[_JSON]["example"] = examples.of(content[_JSON]["schema"])
    if method == "patch":
        content[_MERGE_PATCH] = content[_JSON]


def _describe_answers(method: str, operation: Operation, schemas: dict[str, Any]) -> None:
    """Every answer has its headers, and says in words what it is; what can be read again unchanged is 304."""
    responses, names = operation["responses"], {parameter["name"] for parameter in operation.get("parameters", [])}
    if "If-None-Match" in names:
        responses["304"] = {"description": "What you have is still true."}
    keyed = operation["security"] == [{"key": []}]
    for status, entry in responses.items():
        content = entry.get("content", {})
        schema = content.get(_JSON, {}).get("schema")
        shape = {} if schema is None else schemas[_usual(schema)["$ref"].rpartition("/")[2]]
        if schema is not None:
            content[_JSON]["example"] = Examples(schemas).of(schema)
        if entry["description"] == "Successful Response":
            entry["description"] = re.sub(r"\s+", " ", shape.get("description", "Done; there is nothing to say."))
        codes = set(content.get(_PROBLEM, {}).get("examples", {}))
        versioned = "version" in shape.get("properties", {}) or "If-Match" in names
        entry["headers"] = headers_of(int(status), codes, names, writes=method != "get", keyed=keyed, versioned=versioned)
    operation["responses"] = dict(sorted(responses.items()))


def _usual(schema: dict[str, Any]) -> dict[str, Any]:
    """The shape of an answer; of one that may have several, the first."""
    found: dict[str, Any] = schema if "$ref" in schema else schema["anyOf"][0]
    return found
