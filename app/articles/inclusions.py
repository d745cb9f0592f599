"""What other features add to an article when `include` asks for it: registered by the floors above, asked from here."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.database import ReadSession

Loader = Callable[[ReadSession, Sequence[UUID], datetime], Awaitable[dict[UUID, Any]]]

_loaders: dict[str, Loader] = {}


def register(name: str, loader: Loader) -> None:
    """Let `include=name` fill the field of this name with what `loader` finds for each article."""
    _loaders[name] = loader


async def load(session: ReadSession, names: Sequence[str], articles: Sequence[UUID], at: datetime) -> dict[str, dict[UUID, Any]]:
    """What was asked for, by name and article; one loader runs for all articles at once."""
    return {name: await _loaders[name](session, articles, at) for name in names if name in _loaders}
