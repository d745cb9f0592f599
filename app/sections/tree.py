"""The site's tree, as keys that keep to sections ask for it."""

from collections.abc import Collection, Mapping

from app.access import bounds
from app.core import ids
from app.core.database import ReadSession
from app.sections.queries import find_sections


class Sections:
    """Sections by their references."""

    async def find(self, session: ReadSession, refs: Collection[str]) -> Mapping[str, str]:
        """The ids on the wire behind `refs`; what is unknown is missing."""
        return {ref: ids.encode("sec", section.id) for ref, section in (await find_sections(session, refs)).items()}


def install() -> None:
    """Let keys be made for sections."""
    bounds.install(Sections())
