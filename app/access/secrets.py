"""The text of a key: `dl_`, 40 random characters, and a checksum by which a mistyped one is told without asking the database."""

import hashlib
import secrets
import string
import zlib

PREFIX = "dl_"
_ALPHABET = string.digits + string.ascii_letters
_RANDOM, _CHECK = 40, 6
HINT_LENGTH = 9


def new_secret() -> str:
    """A fresh key, 238 bits of it random."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return PREFIX + body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether `text` could be a key: right prefix, length and checksum."""
    body = text.removeprefix(PREFIX)
    return text.startswith(PREFIX) and len(body) == _RANDOM + _CHECK and body[_RANDOM:] == _checksum(body[:_RANDOM])


def digest(text: str) -> str:
    """What is stored. A plain hash is enough: nobody guesses 238 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode("utf-8", "replace"))
    figures = ""
    for _ in range(_CHECK):
        number, figure = divmod(number, len(_ALPHABET))
        figures += _ALPHABET[figure]
    return figures
