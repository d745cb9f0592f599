"""What the form of a comment has to send to show that a person filled it in: each check that wants something registers here."""

from collections.abc import Callable, Mapping
from typing import Any

from app.policies.kind import Policy

Wants = Callable[[Policy], Any | None]
_wants: dict[str, Wants] = {}


def register(name: str, wants: Wants) -> None:
    """Let a form be told under `name` what a check wants of it; nothing where `wants` says None.

    It is a public answer that caches keep: nothing in it is for one reader, or runs out.
    """
    _wants[name] = wants


def checks(policy: Policy) -> Mapping[str, Any]:
    """What the form sends under which names."""
    asked = {name: wants(policy) for name, wants in _wants.items()}
    return {name: wanted for name, wanted in asked.items() if wanted is not None}
