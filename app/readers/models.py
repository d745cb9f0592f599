"""What is kept of those who take part, as rows."""

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.models import Base, Record, short_text


class Member(Record):
    """Somebody whom the publisher's identity provider vouches for, as their last token that was used here described them.

    The id is made of issuer and subject, so a token alone says whose row it is; the row is written with the first thing that they do.
    """

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    issuer: Mapped[str]
    subject: Mapped[str]
    kind: Mapped[str] = mapped_column(short_text())
    name: Mapped[str | None]
    badge: Mapped[str | None]
    skeleton: Mapped[str | None] = mapped_column(index=True)
    """What the name looks like; of staff nobody may take one that looks the same."""


class DigestKey(Base):
    """A random key with which network addresses were digested for some time.

    It is sealed, and at `purge_at` it is gone, with every digest that was made with it: from then on nobody can find out, with whatever
    secret, to which address one belonged.
    """

    __tablename__ = "digest_keys"

    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    purge_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
