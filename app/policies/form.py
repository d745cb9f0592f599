"""What the form of a comment has to send to show that a person filled it in: each check that wants something registers here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Want:
    """What a check wants: of what kind, of whom, and the address at which the form gets what it needs for it."""

    kind: str
    asked_of: Literal["nobody", "guests", "everyone"]
    address: str | None = None


_wants: dict[str, Want] = {}


def register(wants: Mapping[str, Want]) -> None:
    """Let a form be told what is wanted, by the name under which it is sent; what was registered before is forgotten.

    It goes into a public answer that caches keep: nothing in it is for one reader, or runs out.
    """
    _wants.clear()
    _wants.update(wants)


def wanted() -> dict[str, Any]:
    """What the form sends, in wire form."""
    return {name: asdict(want) for name, want in _wants.items()}
