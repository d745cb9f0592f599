"""Places where addresses stand: below a section, or at the top of the site.

What stands there is kept in more tables than one, so that no unique index holds one address apart from another. Who enters a place
shares its lock with everybody who does; who must know of all that is in it, and have nothing come meanwhile, closes it. Both hold to the
end of the transaction, and look at what is there afterwards. On SQLite writers take turns anyhow.
"""

from uuid import UUID

from sqlalchemy import Integer, Text, bindparam, func, select

from app.core.database import WriteSession
from app.core.lookups import Lookup

_OURS = 0x706C6163
"""Apart from other advisory locks of the database."""
_PLACE = bindparam("place", type_=Integer())


_SHARED = Lookup(select(func.pg_advisory_xact_lock_shared(_OURS, _PLACE, type_=Text())))
_ALONE = Lookup(select(func.pg_advisory_xact_lock(_OURS, _PLACE, type_=Text())))


def enter(session: WriteSession, section: UUID | None) -> None:
    """Wait while somebody closes the place below `section`; it goes with what is asked next."""
    _lock(session, _SHARED, section)


def close(session: WriteSession, section: UUID | None) -> None:
    """Wait for all who entered the place below `section`, and let nobody in."""
    _lock(session, _ALONE, section)


def _lock(session: WriteSession, lookup: Lookup, section: UUID | None) -> None:
    if session.get_bind().dialect.name == "postgresql":
        place = 0 if section is None else int.from_bytes(section.bytes[-4:], signed=True)
        session.tell(lookup, {"place": place})
