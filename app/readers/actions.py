"""What is noted of those who take part."""

from sqlalchemy import update

from app.core import clock
from app.core.database import WriteSession
from app.core.rows import enter_unless_taken
from app.readers.kind import Commenter
from app.readers.models import Member
from app.readers.names import skeleton


async def remember(session: WriteSession, who: Commenter) -> None:
    """Note a member as their token describes them, with the first thing that they do and whenever that has changed."""
    if who.member_id is None or who.issuer is None or who.subject is None:
        return
    said = {"kind": who.kind, "name": who.name, "badge": who.badge, "skeleton": skeleton(who.name or "") or None}
    now = clock.now()
    known = await session.get(Member, who.member_id)
    if known is None:
        row = Member(id=who.member_id, issuer=who.issuer, subject=who.subject, created_at=now, revised_at=now, **said)
        await enter_unless_taken(session, row)
    elif {name: getattr(known, name) for name in said} != said:
        await session.execute(update(Member).where(Member.id == who.member_id).values(**said, revised_at=now))
