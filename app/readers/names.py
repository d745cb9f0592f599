"""What a name looks like, so that one that passes for another is told. Pure.

After the idea of UTS #39: two names whose skeletons are the same look the same. Letters of other alphabets become the Latin ones they pass
for, or else how they are written in Latin; accents, case, signs, spaces and what cannot be seen are left out.
"""

import re
import unicodedata
from collections.abc import Iterator

from anyascii import anyascii

_CONFUSABLE = str.maketrans(
    "аьвсԁеғһіјкӏмнпорԛгѕтцυѵѡхуӡзαβεγηικνορτυχωւօհոսցզҽѐёїտᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃᎩꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ",
    "abbcdefhijklmhnopqrstuuvwxyzzabeynlkvoptuxwlohnugqeeeisabcdeghijklmprstvwzyabcdefghijklmnoprstuvwxyz",
)
"""Letters of Cyrillic, Greek, Armenian, Cherokee and Lisu that pass for Latin ones, as case folding leaves them."""
_LUNATE = str.maketrans("\u03f9\u03f2", "cc")
"""Sigmas that look like `c`; normalisation would take them for others."""
_AS_LETTERS = str.maketrans("0134578@$!|i", "oleastbaslll")
"""Digits and signs that stand for letters, and `i`, whose capital cannot be told from `l`."""
_ROLES = frozenset(
    """
    admin administrator author columnist correspondent desk editor journalist mod moderator newsroom official real reporter staff team the
    verified
    """.split()
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]"
)
_WORD = re.compile(r"[^\s.,;:()\[\]{}<>/\\_*~\"'’·•-]+")
_LATIN = re.compile("[^a-z0-9]+")
_FEWEST_WORDS = 2


def skeleton(name: str) -> str:
    """What is left of a name once all is taken off it by which two names that look alike may differ; empty where there are no letters."""
    return "".join(_bones(word) for word in _WORD.findall(_folded(name))).replace("rn", "m").replace("vv", "w")


def claims(name: str) -> Iterator[str]:
    """The skeletons of everybody for whom this name may pass: of the whole, and of what is left without words for what somebody is."""
    words = _WORD.findall(_folded(name))
    yield skeleton(name)
    others = [word for word in words if _plain(word) not in _ROLES]
    if len(others) < len(words) and len(others) >= _FEWEST_WORDS:
        yield skeleton(" ".join(others))


def _folded(name: str) -> str:
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", name).translate(_LUNATE)).casefold()
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not _is_ornament(letter))


def _is_ornament(letter: str) -> bool:
    """Whether it is an accent, a tick, a star, an emoji or something that cannot be seen; letters in circles and squares are letters."""
    kind = unicodedata.category(letter)
    drawn = not letter.isascii() and kind[0] in "CS" and not (kind == "So" and " LETTER " in unicodedata.name(letter, ""))
    return drawn or unicodedata.combining(letter) != 0


def _plain(word: str) -> str:
    return _LATIN.sub("", anyascii(word.translate(_CONFUSABLE)).lower())


def _bones(word: str) -> str:
    return _LATIN.sub("", anyascii(word.translate(_CONFUSABLE)).lower().translate(_AS_LETTERS))
