"""How sections refuse."""

from app.core.errors import Problem


class SectionNotFound(Problem):
    """There is no such section. Sections are named by id (`sec_…`), by path (`/world/europe`), or by slug where only one has it."""

    status, title = 404, "There is no such section"


class SectionCycle(Problem):
    """A section cannot stand under itself or under one of its own descendants."""

    status, title = 409, "A section cannot stand under itself"
