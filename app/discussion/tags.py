"""The tags of answers that depend on what is said of discussions."""

from uuid import UUID

from app.core import ids
from app.discussion.models import SITE
from app.sections.actions import POLICIES

__all__ = ["POLICIES", "POLICY_OF_THE_SITE", "dirtied"]
POLICY_OF_THE_SITE = "comment-policy"
"""Every answer that shows how the discussion of an article stands."""


def dirtied(policy: UUID) -> tuple[str, ...]:
    """What a change of the policy with this id makes untrue: what names a section bears the tag of each on the way to it."""
    own = POLICY_OF_THE_SITE if policy == SITE else f"section:{ids.encode('sec', policy)}"
    return own, POLICIES, "taxonomy"
