"""Compressed forms of an answer: which one a client wants, and how it is made."""

import gzip
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import brotli
import zstandard

IDENTITY = "identity"
_SHORTEST = 500
"""Bytes below which no answer is compressed: its headers outweigh it."""
_WEIGHT = re.compile(rb"^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$")
_MAKERS: Mapping[str, Callable[[bytes], bytes]] = {
    # Best first, where a client takes several: zstd costs a fifth of what brotli does, and is as small as gzip.
    "zstd": lambda body: zstandard.ZstdCompressor(level=3).compress(body),
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
ENCODINGS = tuple(_MAKERS)


@lru_cache(maxsize=500)
def preferred(accept: bytes | None) -> str:
    """The encoding to answer with (RFC 9110, 12.5.3): the one of greatest weight, of equal ones the best."""
    weights = dict(_weighed(part) for part in (accept or b"").lower().split(b",") if part.strip())
    others = weights.get("*", 0.0)
    known = {name: weights.get(name, others) for name in ENCODINGS}
    known[IDENTITY] = weights.get(IDENTITY, others if "*" in weights else 0.001)
    best = max(known, key=lambda name: known[name])
    return best if known[best] > 0 else IDENTITY


def _weighed(part: bytes) -> tuple[str, float]:
    name, _, rest = part.partition(b";")
    weight = _WEIGHT.match(rest.strip())
    return name.strip().decode("latin-1"), float(weight[1]) if weight else 1.0


def encoded(body: bytes, encoding: str) -> bytes | None:
    """The body in this encoding; None where that would not make it smaller."""
    if encoding == IDENTITY or len(body) < _SHORTEST:
        return None
    made = _MAKERS[encoding](body)
    return made if len(made) < len(body) else None
