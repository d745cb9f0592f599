"""What a form sends beside a comment to show that a person filled it in, and how it is made and read. Pure, but for the clock's time.

The proof of work is ALTCHA's (https://altcha.org/docs): find the number that makes a given SHA-256 of a salt. Solving it costs a phone a
moment, and whoever floods a moment for each comment; checking it costs nothing.
"""

import hmac
import json
import secrets
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import parse_qs

VALID = timedelta(hours=24)
QUICKEST = timedelta(seconds=2)
ALGORITHM = "SHA-256"
_SOLVED_WITHIN = timedelta(minutes=30)
_TOKEN, _PROOF = b"dateline: comment form", b"dateline: proof of work"

TokenFault = Literal["missing", "wrong", "quick", "old"]
ProofFault = Literal["missing", "wrong", "expired"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A solution that is right; `challenge` is what may be answered once, until `expires_at`."""

    challenge: str
    expires_at: datetime


def new_token(key: bytes, at: datetime) -> str:
    """Says, signed, when the form was opened."""
    moment = int(at.timestamp() * 1000).to_bytes(8)
    return urlsafe_b64encode(moment + _signed(key, _TOKEN, moment)[:16]).decode().rstrip("=")


def check_token(key: bytes, token: str | None, at: datetime) -> TokenFault | None:
    """What is wrong with a token: a person takes a while to fill a form in, and not a day."""
    if not token:
        return "missing"
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return "wrong"
    if len(raw) != 24 or not hmac.compare_digest(raw[8:], _signed(key, _TOKEN, raw[:8])[:16]):  # noqa: PLR2004 - 8 of time, 16 of signature
        return "wrong"
    open_for = at - datetime.fromtimestamp(int.from_bytes(raw[:8]) / 1000, UTC)
    return "quick" if open_for < QUICKEST else "old" if open_for > VALID else None


def new_challenge(key: bytes, cost: int, at: datetime) -> dict[str, Any]:
    """A challenge as ALTCHA's widget takes it; the number to be found lies between 0 and `cost`.

    The salt ends where its `&` is: else the first digits of the number, put behind the time, would be a later time (CVE-2025-68113).
    """
    salt = f"{secrets.token_hex(12)}?expires={int((at + _SOLVED_WITHIN).timestamp())}&"
    challenge = sha256(f"{salt}{secrets.randbelow(cost + 1)}".encode()).hexdigest()
    signature = _signed(key, _PROOF, challenge.encode()).hex()
    return {"algorithm": ALGORITHM, "challenge": challenge, "maxnumber": cost, "salt": salt, "signature": signature}


def read_proof(key: bytes, sent: str | None, at: datetime) -> Proof | ProofFault:
    """The proof that the widget sent, or what is wrong with it."""
    if not sent:
        return "missing"
    try:
        said = json.loads(b64decode(sent, validate=True))
        found = {name: said[name] for name in ("algorithm", "challenge", "salt", "signature", "number")}
        expires = datetime.fromtimestamp(int(parse_qs(found["salt"].partition("?")[2])["expires"][0]), UTC)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError):
        return "wrong"
    if not _is_right(key, found):
        return "wrong"
    return "expired" if expires <= at else Proof(found["challenge"], expires)


def _is_right(key: bytes, found: Mapping[str, Any]) -> bool:
    texts, number = [found[name] for name in ("challenge", "salt", "signature")], found["number"]
    if found["algorithm"] != ALGORITHM or type(number) is not int or not all(isinstance(text, str) and text.isascii() for text in texts):
        return False
    challenge, salt, signature = texts
    signed = _signed(key, _PROOF, challenge.encode()).hex()
    return hmac.compare_digest(signed, signature) and hmac.compare_digest(sha256(f"{salt}{number}".encode()).hexdigest(), challenge)


def _signed(key: bytes, purpose: bytes, content: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + content, sha256)
