"""What a text comes down to, once disguises are taken off it. Pure."""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

from app.core.text import normal

_INVISIBLE = re.compile(
    "[\u00ad\u0345\u034f\u0488\u0489\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1abe\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20dd-\u20e0\u20e2-\u20e4"
    "\u3164\ua670-\ua672\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What nobody sees (Unicode's `Default_Ignorable_Code_Point`), and signs that are drawn around a letter."""
_LONGEST_LABEL = 63
_LATIN, _VOWELS = re.compile("[A-Za-z]"), {"Mn", "Mc"}
_WORD = re.compile(r"[^\W_]+")
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕԁһкмтвнгзпԛԝᴀьαοικνρτυχηεβ",
    "aeopcyxijsdhkmtbhr3nqwabaoikvptuxneb",
)
"""Letters of other alphabets that pass for Latin ones."""
_DIGIT_FOR_LETTER = str.maketrans("013457@$!|", "oieastasil")
_EXCLAIMED = re.compile(r"!(?!\w)")
"""An exclamation mark behind a word stands for itself."""
_RUN, _LETTER = re.compile(r"\S+"), re.compile(r"[^\W\d_]")
_SPACED_OUT = re.compile(r"(?<![^\W_])(?:[^\W\d_]|[013457])(?:[\W_]+(?:[^\W\d_]|[013457])(?![^\W_])){2,}")
_INITIALS = re.compile(r"(\w)\.(\s*)(\w)\.\s*(\w)")
_RUNS_ON, _NAME_FOLLOWS, _DIGITS = re.compile(r"\s[^\W_]"), re.compile(r"\.\s+[^\W\d_]"), "0123456789"
_FEWEST, _FEWEST_BEHIND_A_WORD = 3, 5
_SPLICED = re.compile(r"(?<=[^\W_])[_*~^\u2022\u00b7]+(?=[^\W_])")
"""Signs that are written within no word. In a name such as `snake_case` they stand between words, which are found as such."""
_LONGEST = 300
"""Of a longer text so many words are sketched: what was copied begins alike."""
_SKETCHES = 15
_BANDS = 4
_MASK = 0xFFFFFFFF
_TURNS = [((0x9E3779B1 * (2 * number + 1)) & _MASK | 1, (0x85EBCA77 * (number + 3)) & _MASK) for number in range(_SKETCHES)]


def plain(text: str) -> str:
    """The words of a text in one form: no case, accent, invisible character or letter of another alphabet that passes for a Latin one."""
    folded = normal("NFKD", _INVISIBLE.sub("", normal("NFKC", text)).casefold())
    if folded.isascii():
        return " ".join(_WORD.findall(folded))
    bare = (letter for letter in folded if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() or _is_vowel(letter) else " " for letter in bare).split()
    return " ".join(map(_undisguised, words))


def _is_vowel(letter: str) -> bool:
    """Whether it is a sign for a vowel, as words of India and beyond are written with: no letter, and no accent either."""
    return not letter.isascii() and unicodedata.category(letter) in _VOWELS and not unicodedata.combining(letter)


def domain(host: str) -> str:
    """A host in the form in which browsers ask for it: no case, invisible character or wide letter, other alphabets in Punycode."""
    if host.isascii():
        return host.lower()
    labels = normal("NFKC", _INVISIBLE.sub("", host)).lower().replace("\u3002", ".").split(".")
    return ".".join(_label(label) for label in labels)


def _label(label: str) -> str:
    return label if label.isascii() or len(label) > _LONGEST_LABEL else f"xn--{label.encode('punycode').decode()}"


def unmasked(text: str) -> str:
    """The same, with digits and signs read as the letters that they stand for, and with what was set apart in a word put together."""
    joined = _SPLICED.sub("", _EXCLAIMED.sub("", _SPACED_OUT.sub(_together, text)))
    return plain(_RUN.sub(lambda run: run[0].translate(_DIGIT_FOR_LETTER) if _LETTER.search(run[0]) else run[0], joined))


def _together(found: re.Match[str]) -> str:
    """Letters that stood apart, as a word: with the digits at its ends, which may be numbers, and without.

    Letters between which signs for vowels stand are words already. Initials are no word, and what is more digits than letters is none.
    """
    apart = found[0]
    if (not _LATIN.search(apart) and any(map(_is_vowel, apart))) or _are_initials(found):
        return apart
    whole = "".join(_WORD.findall(apart))
    runs_on = _RUNS_ON.match(found.string, found.end()) is not None
    words = [word for word in dict.fromkeys((whole, whole.strip(_DIGITS))) if _is_a_word(word)]
    return " ".join(reading for word in words for reading in _readings(word, runs_on=runs_on)) or apart


def _is_a_word(letters: str) -> bool:
    return len(letters) >= _FEWEST and 2 * sum(map(str.isdigit, letters)) <= len(letters)


def _are_initials(found: re.Match[str]) -> bool:
    """Whether it is three capitals with points, apart from each other or before a name."""
    letters = _INITIALS.fullmatch(found[0])
    if letters is None or not (letters[1] + letters[3] + letters[4]).isupper():
        return False
    name = _NAME_FOLLOWS.match(found.string, found.end())
    return bool(letters[2]) or (name is not None and name[0][-1].isupper())


def _readings(word: str, *, runs_on: bool) -> list[str]:
    """What a word may be whose letters stood apart; `a` and `i` before it may have been words of their own.

    A few letters behind those that run on into others are rather the beginning of another word: "a s i n gle".
    """
    behind_a_word = word[0] in "aAiI" and not (runs_on and len(word) < _FEWEST_BEHIND_A_WORD)
    return [word, word[1:]] if behind_a_word else [word]


def _undisguised(word: str) -> str:
    """A word that mixes alphabets, in one of them; one that is wholly of another stays as it is."""
    if word.isascii() or not _LATIN.search(word):
        return word
    return "".join(letter for letter in word.translate(_LOOK_ALIKE) if not _is_vowel(letter))


def sketch(words: Sequence[str]) -> tuple[int, list[tuple[int, int]]]:
    """A short form of a text that is alike for texts that are alike (b-bit MinHash of pairs of words), and the bands to find it by."""
    taken = words[:_LONGEST]
    hashed = {zlib.crc32(f"{one} {other}".encode()) for one, other in pairwise(taken)}
    least = [min((turn * each + shift) & _MASK for each in hashed) for turn, shift in _TURNS]
    value = 0
    for each in least:
        value = value << 4 | each & 15
    return value, [(least[2 * band], least[2 * band + 1]) for band in range(_BANDS)]


def likeness(one: int, other: int) -> float:
    """How alike two texts are, by their sketches: 0 for texts with nothing in common, 1 for the same."""
    same = sum(not (one ^ other) >> (4 * place) & 15 for place in range(_SKETCHES)) / _SKETCHES
    return max(0.0, (same - 1 / 16) / (1 - 1 / 16))


def most_alike(one: int, others: Iterable[int]) -> float:
    """The likeness of the one that is most alike."""
    return max((likeness(one, other) for other in others), default=0.0)
