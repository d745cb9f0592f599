"""E-mail addresses as they are kept: sealed, to be read by whoever holds the secret; and a digest, by which they are found again. Pure."""

import hmac
import unicodedata
from hashlib import sha256

from app.core.sealing import seal, unseal

PURPOSE = "e-mail of a commenter"
_FIGURES = 40


def sealed(key: bytes, email: str) -> bytes:
    """The address, encrypted."""
    return seal(key, PURPOSE, email.encode())


def opened(key: bytes, kept: bytes) -> str:
    """The address that was sealed; raises BrokenSealError."""
    return unseal(key, PURPOSE, kept).decode()


def digested(key: bytes, email: str) -> str:
    """A digest that is the same however the address is written: whoever has the database alone cannot try addresses against it."""
    return hmac.digest(hmac.digest(key, b"dateline: e-mail digests", sha256), _usual(email).encode(), sha256).hex()[:_FIGURES]


def _usual(email: str) -> str:
    return unicodedata.normalize("NFKC", email).strip().casefold()
