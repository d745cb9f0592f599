"""What text may hold, how it is counted and how it becomes part of an address."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from anyascii import anyascii
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

# Character classes, written so that Python, ECMA-262 and Rust read them alike.
BLANK = r" \u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
NONCHARACTERS = r"\ufdd0-\ufdef\ufffe\uffff"
CONTROLS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
LAYOUT = r"\t\n\r"
SURROGATES = r"\ud800-\udfff"
CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
MARKS = r"\u0300-\u036f\u0591-\u05bd\u064b-\u0652\u0670"

SLUG_PATTERN = "^[a-z0-9]+(-[a-z0-9]+)*$"
WORDS_A_MINUTE = 200

_REFUSED = re.compile(f"[{CONTROLS}{NONCHARACTERS}{SURROGATES}]")
_LAYOUT = re.compile(f"[{LAYOUT}]")
_BREAK = re.compile("\r\n?|[\u2028\u2029]")
_EDGES = "".join(re.findall(f"[{BLANK}{LAYOUT}]", "".join(map(chr, [*range(0x3001), 0xFEFF]))))
_CROWD = re.compile(r"[^\x00-\u02ff\u3400-\u9fff\uac00-\ud7a3]{64,}")
"""Where many marks could stand in a row; no Latin, Chinese or Korean letter is one, and no word of others is so long."""
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
_LETTER = rf"(?:[^\W_{CJK}]|[{MARKS}])"
_WORD = re.compile(rf"(?=\w)[{CJK}]|{_LETTER}+(?:(?:['’‐‑-]|(?<=\d)[.,](?=\d)){_LETTER}+)*")


@dataclass(frozen=True, slots=True)
class Text:
    """Annotates a `str` with the house's rule for text; made by `line` and `prose`.

    Length is measured on the text as sent, in code points, because that is what a JSON Schema can say: nobody is refused by a
    rule that the documentation does not show. Only then is the text normalised to NFC and stripped, so a stored text may,
    rarely, be longer than the limit; store it in a column without one.
    """

    max_length: int
    min_length: int
    many_lines: bool
    keep_edges: bool = False

    @property
    def pattern(self) -> str:
        """The rule as an ECMA-262 regular expression; a text that must not be empty must hold more than white space."""
        layout = LAYOUT if self.many_lines else ""
        refused = CONTROLS + NONCHARACTERS + ("" if self.many_lines else LAYOUT)
        if not self.min_length:
            return f"^[^{refused}]*$"
        return f"^[{BLANK}{layout}]*[^{refused}{BLANK}{layout}][^{refused}]*$"

    def accept(self, text: str) -> str:
        """The text as it is stored; raises a PydanticCustomError whose type is the fault's code."""
        self._check_length(text)
        self._check_characters(text)
        clean = _normalised(text) if self.keep_edges else tidy(text)
        clean = clean if self.many_lines else clean.replace("\n", " ")
        if self.min_length and not trim(clean):
            raise PydanticCustomError("blank", "This needs more than white space.")
        return clean

    def _check_length(self, text: str) -> None:
        sizes = {"max_length": self.max_length, "min_length": self.min_length, "length": len(text)}
        if len(text) > self.max_length:
            raise PydanticCustomError("too_long", "At most {max_length} characters are kept; this has {length}.", sizes)
        if len(text) < self.min_length:
            raise PydanticCustomError("too_short", "At least {min_length} characters are needed; this has {length}.", sizes)

    def _check_characters(self, text: str) -> None:
        if _REFUSED.search(text):
            raise PydanticCustomError("control_character", "Control characters and noncharacters are refused.")
        if not self.many_lines and _LAYOUT.search(text):
            raise PydanticCustomError("line_break", "This is one line: line breaks and tabs are refused.")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.accept, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "minLength": self.min_length, "maxLength": self.max_length, "pattern": self.pattern}


def line(max_length: int, min_length: int = 1) -> Text:
    """The rule for one line of text: no line break, no tab, no control character."""
    return Text(max_length, min_length, many_lines=False)


def prose(max_length: int, min_length: int = 1, *, keep_edges: bool = False) -> Text:
    r"""Text of many lines: tab and newline are welcome, `\r\n` becomes `\n`, other control characters are refused.

    With `keep_edges` the white space at both ends stays, because in code the first indent has a meaning.
    """
    return Text(max_length, min_length, many_lines=True, keep_edges=keep_edges)


def tidy(text: str) -> str:
    """The text in NFC, with every line break a newline and no white space around it."""
    return trim(_normalised(text))


def trim(text: str) -> str:
    """The text without white space, line breaks and invisible characters at its ends."""
    return text.strip(_EDGES)


def _normalised(text: str) -> str:
    return text if text.isascii() and "\r" not in text else normal("NFC", _BREAK.sub("\n", text))


def normal(form: Form, text: str) -> str:
    """The text in a normal form of Unicode, in a time that grows with its length alone.

    Python sorts marks that stand in a row by insertion, which takes hours where a row is long and not in order: such are sorted before.
    """
    if text.isascii():
        return text
    apart: Form = "NFKD" if "K" in form else "NFD"
    return unicodedata.normalize(form, _CROWD.sub(lambda crowd: _in_order(apart, crowd[0]), text))


def _in_order(apart: Form, crowd: str) -> str:
    """The letters and marks taken apart, every row of marks in its canonical order (UAX #15)."""
    parts = "".join(unicodedata.normalize(apart, one) for one in crowd)
    return "".join(
        "".join(sorted(row, key=unicodedata.combining)) for _, row in groupby(parts, key=lambda one: unicodedata.combining(one) > 0)
    )


def scrub(text: str) -> str:
    """The text without what the house refuses, for sources that cannot be asked to send it again."""
    return _REFUSED.sub("", text)


def slugify(text: str, max_length: int = 120) -> str:
    """The text as part of an address: lower-case ASCII words joined by hyphens, cut between words where that is possible.

    Never empty: a text without a letter in it is `untitled`.
    """
    words = re.findall("[a-z0-9]+", anyascii(re.sub("['’]", "", text)).lower())
    slug = "-".join(words)
    if len(slug) > max_length:
        slug = slug[: max_length + 1].rpartition("-")[0] or slug[:max_length]
    return slug or "untitled"[:max_length]


def count_words(text: str) -> int:
    """How many words a reader reads; `mother-in-law`, `it’s` and `3.14` are one each, and so is a Chinese character."""
    return len(_WORD.findall(text))


def reading_minutes(words: int) -> int:
    """Whole minutes at 200 words a minute, rounded up: one for any text at all, none for none."""
    return -(-words // WORDS_A_MINUTE)
