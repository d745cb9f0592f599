"""Who signs a comment: a member as their token names them, a guest as they say."""

from dataclasses import replace

from app.comments.schemas import Guest
from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.readers import emails
from app.readers.kind import Commenter
from app.readers.staff import Claim, StaffNames


def signed(who: Commenter, said: Guest | None, key: bytes) -> Commenter:
    """`who`, with the name that stands above the comment, and an e-mail address sealed with `key`.

    Raises ValidationFailed where a guest gives no name, and where a member gives one although the token does.
    """
    if who.member_id is not None and who.name is not None:
        if said is not None:
            raise ValidationFailed(errors=[Fault("forbidden", "Your token says who you are; leave this out.", "#/author")])
        return who
    signer = named(who, said)
    email = None if said is None or who.member_id is not None else said.email
    if email is None:
        return signer
    sealed, digest = emails.sealed(key, email), emails.digested(key, email)
    return replace(signer, sealed_email=sealed, email_digest=digest, email_domain=email.rpartition("@")[2].lower())


def ask_for_staff(session: WriteSession, names: StaffNames, who: Commenter, author: Commenter) -> Claim | None:
    """Put the question whether somebody in the newsroom is called as `author` is.

    A name that stands in the token of `who` is the provider's word, and so is that somebody is on staff.
    """
    vouched_for = who.name is not None or author.kind == "staff"
    return None if vouched_for or author.name is None else names.ahead(session, author.name)


async def refuse_staff_names(session: WriteSession, names: StaffNames, claim: Claim | None) -> None:
    """Raise ValidationFailed where a name passes for one of the newsroom's."""
    if await names.are_claimed(session, claim):
        detail = "Somebody in the newsroom is called so, or much alike; sign with another name."
        raise ValidationFailed(errors=[Fault("reserved", detail, "#/author/name")])


def named(who: Commenter, said: Guest | None) -> Commenter:
    """`who`, with the name that is given where none is known."""
    if who.name is not None:
        return who
    if said is None:
        lacking = "a name, or a member's token." if who.member_id is None else "your token holds no name, so give one."
        raise ValidationFailed(errors=[Fault("unsigned", f"A comment needs somebody who signs it: {lacking}", "#/author")])
    return replace(who, name=said.name)
