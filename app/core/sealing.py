"""What must be read again, but not by whoever steals the database: sealed with a key that is made of DATELINE_SECRET_KEY."""

import hmac
import secrets
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class BrokenSealError(Exception):
    """It was sealed with another key, or for something else, or was changed since."""


def seal(key: bytes, purpose: str, plain: bytes) -> bytes:
    """`plain`, encrypted and signed (AES-256-GCM); it can be opened with the same key and for the same purpose only."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plain, purpose.encode())


def unseal(key: bytes, purpose: str, sealed: bytes) -> bytes:
    """What was sealed; raises BrokenSealError."""
    try:
        return _cipher(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError):
        raise BrokenSealError("DATELINE_SECRET_KEY is not the one that this was sealed with.") from None


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"dateline: sealing", sha256))
