"""What text may hold, how it is counted, how it becomes an address."""

import re
import time
import unicodedata
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.core.fields import URL_PATTERN, is_url
from app.core.text import SLUG_PATTERN, count_words, line, normal, prose, reading_minutes, slugify, tidy

Headline = TypeAdapter[str](Annotated[str, line(20)])
Note = TypeAdapter[str](Annotated[str, prose(20)])
Kicker = TypeAdapter[str](Annotated[str, line(20, 0)])

awkward = st.text(
    st.one_of(st.sampled_from(" \t\n\r\x00\x7f\x85\u2028\u200b\ufeff\ufffe\u0958é"), st.characters(codec="utf-8")),
    max_size=24,
)


def code_of(adapter: TypeAdapter[str], value: str) -> str:
    with pytest.raises(ValidationError) as refusal:
        adapter.validate_python(value)
    return refusal.value.errors()[0]["type"]


def accepts(adapter: TypeAdapter[str], value: str) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def promises(adapter: TypeAdapter[str], value: str) -> bool:
    schema = adapter.json_schema()
    fits = schema["minLength"] <= len(value) <= schema["maxLength"]
    return fits and re.search(schema["pattern"].replace("$", r"\Z"), value) is not None


@pytest.mark.parametrize("adapter", [Headline, Note, Kicker])
@given(text=awkward)
def test_the_schema_promises_exactly_what_is_accepted(adapter: TypeAdapter[str], text: str) -> None:
    assert promises(adapter, text) == accepts(adapter, text)


@given(awkward)
def test_accepted_text_is_accepted_again_and_stays_the_same(text: str) -> None:
    once = tidy(text)

    assert tidy(once) == once


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00b", "control_character"),
        ("a\ufffeb", "control_character"),
        ("a\nb", "line_break"),
        ("a\tb", "line_break"),
        (" \u00a0", "blank"),
        ("", "too_short"),
        ("x" * 21, "too_long"),
        ("a\ud800", "control_character"),
    ],
)
def test_a_refusal_says_why(text: str, code: str) -> None:
    assert code_of(Headline, text) == code


def test_text_is_kept_composed_stripped_and_with_plain_newlines() -> None:
    assert Note.validate_python("  cafe\u0301\r\nbar\u2028 ") == "café\nbar"
    assert Headline.validate_python("one\u2028two") == "one two"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Delegations meet at the border!", "delegations-meet-at-the-border"),
        ("Putin’s pre-condition", "putins-pre-condition"),
        ("Łódź – Åse & Ørsted", "lodz-ase-orsted"),
        ("北京", "beijing"),
        ("…", "untitled"),
        ("art_01j", "art-01j"),
    ],
)
def test_a_slug_reads_like_its_text(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_a_slug_is_cut_between_words() -> None:
    assert slugify("peace talks in belarus", 13) == "peace-talks"
    assert slugify("peace talks in belarus", 11) == "peace-talks"
    assert slugify("antidisestablishmentarianism", 4) == "anti"


@given(st.text(), st.integers(1, 40))
def test_every_text_has_a_slug(text: str, size: int) -> None:
    slug = slugify(text, size)

    assert re.fullmatch(SLUG_PATTERN, slug)
    assert len(slug) <= size


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It’s a mother-in-law, isn't it?", 5),
        ("3.14 or 1,000", 3),
        ("– … !", 0),
        ("漢字", 2),
        ("cafe\u0301 déjà", 2),
        ("", 0),
    ],
)
def test_words_are_counted_as_a_reader_would(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize(("words", "minutes"), [(0, 0), (1, 1), (200, 1), (201, 2), (482, 3)])
def test_reading_time_is_rounded_up(words: int, minutes: int) -> None:
    assert reading_minutes(words) == minutes


@pytest.mark.parametrize("url", ["https://e.org", "http://e.org:80/a?b#c", "/", "/media/é.jpg", "https://e.org?x"])
def test_an_address_is_absolute_or_a_path(url: str) -> None:
    assert is_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//evil.org",
        "javascript:alert(1)",
        "https://",
        "https://u:p@e.org",
        "/a b",
        "/\\evil",
        "data:,x",
        "/a\n",
        "x.jpg",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    assert not is_url(url)
    assert not re.search(URL_PATTERN.replace("$", r"\Z"), url)


MARKS = st.sampled_from("\u0315\u0300\u05ae\u0316\u0344\u0345\u0f71\u0f73\uff9e\u3099\u1161éệか\u1100한aﬁ")


@given(st.text(MARKS, max_size=40), st.text(MARKS, min_size=64, max_size=200))
def test_normal_forms_are_those_of_unicode_however_many_marks_stand_in_a_row(before: str, crowd: str) -> None:
    text = f"{before} {crowd}"

    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normal(form, text) == unicodedata.normalize(form, text)


def test_a_long_row_of_marks_out_of_order_is_normalised_in_one_pass() -> None:
    row = "e" + "\u0315\u0300\u05ae" * 15_000

    began = time.process_time()
    done = normal("NFC", row)

    assert time.process_time() - began < 1  # It takes hundredths of a second; sorted by insertion, five seconds.
    assert done == "è" + "\u05ae" * 15_000 + "\u0300" * 14_999 + "\u0315" * 15_000
