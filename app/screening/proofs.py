"""Proofs of work are asked for, and taken once."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete

from app.core.database import WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.rows import enter_unless_taken
from app.readers.kind import Commenter
from app.screening import forms
from app.screening.bounds import Bounds
from app.screening.models import SpentProof

_TOLD = {
    "missing": "Solve the challenge of /v1/comments/form first.",
    "wrong": "This is not the solution of a challenge that was given here.",
    "expired": "The challenge has expired; take a new one.",
    "spent": "This solution was used before; take a new challenge.",
}


async def spend(session: WriteSession, form: Any, author: Commenter, bounds: Bounds, at: datetime) -> None:
    """Take the proof that comes with a comment, where one is asked of its author; raises ValidationFailed."""
    if bounds.proof == "off" or author.kind == "staff" or (bounds.proof == "guests" and author.kind != "guest"):
        return
    proof = forms.read_proof(bounds.key, form.get("proof"), at)
    if not isinstance(proof, forms.Proof):
        raise _refusal(proof)
    if not await enter_unless_taken(session, SpentProof(challenge=proof.challenge, expires_at=proof.expires_at)):
        raise _refusal("spent")


def _refusal(fault: str) -> ValidationFailed:
    return ValidationFailed(errors=[Fault(f"proof_{fault}", _TOLD[fault], "#/form/proof")])


async def forget(session: WriteSession, before: datetime) -> None:
    """Let go of those that have expired: they are refused for that."""
    await session.execute(delete(SpentProof).where(SpentProof.expires_at < before))
