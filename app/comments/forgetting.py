"""What comments let go of in time: by which network address they came."""

from sqlalchemy import select, update

from app.comments.models import Comment
from app.core.database import WriteSession
from app.readers import forgetting


def install() -> None:
    """Let digests of comments be forgotten with the key that made them."""
    forgetting.register("comments", _forget)


async def _forget(session: WriteSession, first: str, behind: str, most: int) -> int:
    within = (Comment.address_digest >= first, Comment.address_digest < behind)
    found = (await session.scalars(select(Comment.id).where(*within).limit(most))).all()
    without = update(Comment).where(Comment.id.in_(found)).values(address_digest=None, network_digest=None)
    await session.execute(without, execution_options={"synchronize_session": False})
    return len(found)
