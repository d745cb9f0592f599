"""The id of a request: the client's own, where it sent a sound one, or the next of ours."""

import itertools
import re
import secrets

_SOUND = re.compile(rb"^[A-Za-z0-9._-]{8,64}$")
_OURS = f"req_{secrets.token_hex(8)}".encode()
_numbers = itertools.count(1)


def request_id(sent: bytes | None) -> bytes:
    """An id that no other request of any process has, unless a client repeats one: this process's part, made by chance, and a number."""
    if sent is not None and _SOUND.match(sent):
        return sent
    return b"%b%08x" % (_OURS, next(_numbers))
