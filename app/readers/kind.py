"""What is known of somebody who comments, votes or reports. Pure: no rows, no requests."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Kind = Literal["guest", "member", "staff"]


@dataclass(frozen=True, slots=True)
class Commenter:
    """Somebody who takes part in a discussion, as far as was proved.

    A guest is known by nothing but digests: of the address and its network (keyed, with a key that changes and is
    forgotten) and of an e-mail address, where they gave one. Nobody is a member by what they say of themselves.
    """

    kind: Kind = "guest"
    member_id: UUID | None = None
    """The row of a member, or of staff who is a member; none for guests."""
    issuer: str | None = None
    subject: str | None = None
    """How the identity provider names a member."""
    name: str | None = None
    badge: str | None = None
    email_digest: str | None = None
    email_domain: str | None = None
    sealed_email: bytes | None = field(default=None, repr=False)
    address_digest: str | None = None
    network_digest: str | None = None
    earlier_digests: tuple[str, ...] = ()
    """Of the same address and network, by the key before: by these what was noted under that key is found until it is forgotten."""

    @property
    def voter(self) -> str | None:
        """Whose vote or report it is: one each, however often it is sent; None where nothing tells one from another."""
        if self.member_id is not None:
            return f"member:{self.member_id}"
        return None if self.address_digest is None else f"address:{self.address_digest}"


NOBODY = Commenter()
"""A guest of whom nothing is known, as an import has them."""
