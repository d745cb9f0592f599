"""The reference pages that are made from the code. `python -m tests.references` (or `make docs`) writes them anew; a test compares."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.access.bounds import CONFINED
from app.access.scopes import EVERYTHING, SCOPES
from app.articles.working_copy.stages import MOVES
from app.core.errors import Problem
from app.core.settings import DEVELOPMENT_SECRET, Settings
from app.main import create_app

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
_NOTE = "<!-- Made from the code by `make docs`. -->"


def settings() -> str:
    """Every setting: its variable, what it takes, its default and what it does."""
    rows = [
        f"| `DATELINE_{name.upper()}` | {_takes(field)} | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join([
        "# Settings", "", _NOTE, "",
        "Dateline reads them from the environment, and from a file `.env` in the folder that it is started in. The environment wins.",
        "`dateline doctor` says which one is wrong.", "",
        "| variable | takes | default | what it does |", "|---|---|---|---|", *rows, "",
        "How to choose them for production: [operations](../guides/operations.md).", "",
    ])  # fmt: skip


def _takes(field: FieldInfo) -> str:
    named: dict[Any, str] = {
        bool: "`true` or `false`", int: "a whole number", float: "a number", str: "text", str | None: "text", SecretStr: "text",
    }  # fmt: skip
    schema: dict[str, Any] = Settings.model_json_schema()["properties"]
    own = next(found for name, found in schema.items() if Settings.model_fields[name] is field)
    if "enum" in own:
        return ", ".join(f"`{value}`" for value in own["enum"])
    if "minimum" in own:
        return f"{own['minimum']:,} to {own['maximum']:,}"
    return named.get(field.annotation, "a list")


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr) and value:
        assert value.get_secret_value() == DEVELOPMENT_SECRET
        return "one for development only"
    if value in (None, "", [], SecretStr("")):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def problems() -> str:
    """Every kind of problem, by status."""
    create_app(Settings(_env_file=None))
    kinds = sorted(
        (kind for kind in Problem.kinds.values() if kind.__module__.startswith("app.")), key=lambda kind: (kind.status, kind.code)
    )
    index = [f"| [`{kind.code}`](#{kind.code}) | {kind.status} | {kind.title} |" for kind in kinds]
    pages = [line for kind in kinds for line in (f"## {kind.code}", "", f"**{kind.status}** {kind.title}", "", kind.explanation(), "")]
    return "\n".join([
        "# Problems", "", _NOTE, "",
        "Every refusal is `application/problem+json` (RFC 9457). `type` leads to a page that the server itself serves, `/problems/{code}`;",
        "`code` is for programs, `detail` for people. `errors` names every fault at once: in a body by JSON pointer, elsewhere by",
        "parameter. `request_id` stands in the server's log, and in the header `X-Request-ID`.", "",
        "| code | status | |", "|---|---|---|", *index, "", *pages,
    ]).rstrip() + "\n"  # fmt: skip


def scopes() -> str:
    """Every scope a key can have."""
    rows = [f"| `{name}` | {what} |" for name, what in SCOPES.items()]
    return "\n".join([
        "# Scopes", "", _NOTE, "",
        "A key may do what its scopes say, and nothing else. Reading what is public needs no key. Make one with",
        "`dateline keys create NAME --scopes articles:read,articles:write`, or with `POST /v1/keys`; `GET /v1/me` says what a key may do.",
        "Without a key the answer is 401 [`unauthorized`](problems.md#unauthorized), without the scope 403",
        "[`forbidden`](problems.md#forbidden).", "",
        "A key may also keep to sections of the site: `--sections world,/sport`, or `sections` in `POST /v1/keys`. It then works on the",
        "articles of these sections and of everything below them, as the tree is at that moment, and on their comments. Elsewhere it sees",
        "what readers see and changes nothing (403 [`outside-sections`](problems.md#outside-sections)). It hears of public changes only.",
        "It can have these scopes only: " + ", ".join(f"`{name}`" for name in SCOPES if name in CONFINED) + ".", "",
        "| scope | what a key with it may do |", "|---|---|", *rows, f"| `{EVERYTHING}` | Everything, also what is added later. |", "",
    ])  # fmt: skip


def workflow() -> str:
    """Every move of an article, with the scope that it takes."""
    rows = [
        f"| {move.start} | {move.to} | `{move.scope}` | {'' if move.strict is None else 'on' if move.strict else 'off'} | {move.meaning} |"
        for move in MOVES
    ]
    return "\n".join([
        "# Workflow", "", _NOTE, "",
        "Who may move an article from which stage to which. `POST /v1/articles/{ref}/stage` moves it between the stages; a move that is",
        "not here is refused with 409 [`stage-move-impossible`](problems.md#stage-move-impossible), which lists those that are.",
        "Publishing is `POST /v1/articles/{ref}/publish`, and takes `articles:publish` in any case. `approval` says how",
        "`DATELINE_PUBLISH_NEEDS_APPROVAL` must stand for the row; where it is on, the answer without approval is 409",
        "[`approval-needed`](problems.md#approval-needed).", "",
        "| from | to | scope | approval | |", "|---|---|---|---|---|", *rows, "",
        "How it is used: [the way to publication](../guides/workflow.md).", "",
    ])  # fmt: skip


PAGES: dict[str, Callable[[], str]] = {"settings.md": settings, "problems.md": problems, "scopes.md": scopes, "workflow.md": workflow}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
