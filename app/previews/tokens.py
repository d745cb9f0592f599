"""The text of a preview's token: random, and signed, so that a made-up one is refused without asking the database."""

import base64
import hashlib
import hmac
import secrets

PATTERN = r"^preview_[A-Za-z0-9_-]{48}$"
EXAMPLE = "preview_" + "3fGh" * 12
_PREFIX = "preview_"
_RANDOM, _SIGNATURE = 24, 12
_PURPOSE = b"dateline: preview\0"


def new_token(key: bytes) -> str:
    """A fresh token, 192 bits of it random."""
    body = secrets.token_bytes(_RANDOM)
    return _PREFIX + base64.urlsafe_b64encode(body + _sign(key, body)).decode()


def is_ours(key: bytes, token: str) -> bool:
    """Whether `token`, which has the form of one, was signed with `key`."""
    raw = base64.urlsafe_b64decode(token.removeprefix(_PREFIX))
    return hmac.compare_digest(raw[_RANDOM:], _sign(key, raw[:_RANDOM]))


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + body, hashlib.sha256)[:_SIGNATURE]
