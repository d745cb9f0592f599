"""What Schemathesis cannot know from a schema: that a key for repeating belongs to one request, and what hangs on what is stored."""

import json
import re
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

Case = schemathesis.Case[Any]
_REPEATABLE = re.compile(r'"?[\x21\x23-\x7e]{1,255}"?')

NOT_IN_A_SCHEMA = {
    "version-mismatch": "Which version is the present one only the server knows.",
    "replay-too-long": "How many events a range of the log holds for one webhook only the server knows.",
    "article-taken-down": "What a chain of requests took down only the server knows.",
    "changes-gone": "How far back a discussion can be followed hangs on what became of it.",
    "cursor-mismatch": "A cursor is signed and bound to its list, so none that was made up is good.",
}
"""Kinds of problem that valid data may meet, and why."""

NOT_IN_A_FIELD = {
    "unknown_reference": "Which sections, authors and tags there are only the server knows.",
    "address": "Where a host's name or number leads no pattern can say.",
    "heading_rank": "How deep a heading may stand in a part depends on the part's own level.",
    "mismatch": "`source_ref` repeats the address, and a body's schema cannot see that.",
    "period": "`until` comes behind `at`, and JSON Schema compares no two values.",
    "view": "Some filters go with `view=draft` only, and one parameter's schema cannot name another.",
    "sort": "What a list can be sorted by depends on `view` and `q`.",
    "status": "`status` is a list of names, held against those that there are.",
    "empty": "`q` needs a word, and what a word is only the search knows; hours end at another time than they begin.",
    "duplicate_id": "JSON Schema cannot ask that a field of each item be unique.",
    "unknown": "`fields` and `include` are lists of names, held against those that there are.",
    "correction": "`correction` goes with one value of `significance`, and nothing else.",
    "scope_without_sections": "Some scopes do not go with `sections`.",
    "slot": "How many places a list has stands in the list.",
    "kind": "Which blocks an article may have depends on its `kind`.",
    "place": "Of `before` and `after` there is one at most.",
    "together": "Which parameters do not stand beside one another no parameter's schema can say.",
    "number": "Inside a free `body` any number fits its schema; ours have 64 bits.",
    "unsigned": "Whether a comment needs a name depends on whether a member's token comes with it.",
    "empty_term": "A term of a word list needs a letter or a digit, and which characters are letters Unicode says.",
    "unknown_seq": "How far the log has come no schema knows.",
    "time_zone": "Which time zones there are the IANA database says.",
    "no_bound": "A condition needs a bound where its `field` is measured, and one field's schema cannot look at another.",
    "no_choice": "A condition needs `any_of` where its `field` is not measured.",
    "past": "`until` lies ahead, and what time it is no schema knows.",
    "one_of": "Of `member`, `email` and `comment` there is exactly one that is not null.",
    "notice": "`notice` goes with one value of `code`, and that with it.",
    "character": "NUL is refused wherever it stands, inside the free `data` of a `custom` block too.",
}
"""Kinds of fault that a valid value may have, and why."""

NOT_IN_A_BODY = {
    ("create_sanction", "missing"): "A suspension needs `until`.",
    ("create_sanction", "forbidden"): "A ban has no `until`.",
}
"""Kinds of fault that elsewhere a schema foretells, by operation, and why it does not there."""


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: Case, _kwargs: dict[str, Any]) -> None:
    """Give each request an `Idempotency-Key` of its own in place of a valid one, and let what a chain of requests makes be kept.

    Keys are revoked as a rehearsal: the first to go would be the one that all this is asked with.
    """
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and _REPEATABLE.fullmatch(key):
        case.headers["Idempotency-Key"] = str(uuid4())
    if case.operation.definition.raw["operationId"] == "revoke_key":
        case.query["dry_run"] = "true"
    elif case.meta is not None and "stateful" in str(case.meta.phase.name).lower():
        case.query.pop("dry_run", None)


@schemathesis.hook
def filter_failure(_context: schemathesis.HookContext, failure: Exception, case: Case, response: schemathesis.Response) -> bool:
    """Drop 'valid data was refused' where the problem says a reason that stands in no schema; keep everything else."""
    if response.status_code == 431:  # The server's, before any operation is asked: an address longer than any line takes.
        return False
    if not isinstance(failure, RejectedPositiveData):
        return True
    if case.headers.get("X-Claim-Token") == "0":  # A header named like a credential is filled with it, whatever its pattern says.
        return False
    problem = json.loads(response.content)
    operation = case.operation.definition.raw["operationId"]
    faults = {fault["code"] for fault in problem["errors"] if (operation, fault["code"]) not in NOT_IN_A_BODY}
    return not (problem["code"] in NOT_IN_A_SCHEMA or (problem["errors"] and faults <= set(NOT_IN_A_FIELD)))
