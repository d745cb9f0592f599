"""A text comes down to one form, whatever disguise it wears."""

import time

import pytest

from app.screening.texts import likeness, plain, sketch, unmasked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Well,\nSAID!! ", "well said"),
        ("Ｃａｓｉｎｏ", "casino"),
        ("cаsіnо", "casino"),
        ("ca\u200bsi\u00adno", "casino"),
        ("cas\U000e0061i\U000e0100no", "casino"),
        ("ca\u20ddsi\u0345no", "casino"),
        ("Càsíñö", "casino"),
        ("казино", "казино"),
        ("STRASSE straße", "strasse strasse"),
        ("東京 カジノ", "東京 カシノ"),
        ("", ""),
    ],
)
def test_words_in_one_form(text: str, words: str) -> None:
    assert plain(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("c4s1n0", "casino"),
        ("c a s i n o", "casino"),
        ("c.a.s.i.n.o now", "casino now"),
        ("c4s!no!! No", "casino no"),
        ("2024 is 10", "2024 is 10"),
        ("c.4.s.1.n.0", "casino casin"),
        ("1 of c a s i n o 2", "1 of casino 2"),
        ("cas_ino", "casino"),
        ("cas__i_n_o", "casino no"),
        ("v 1 . 0 . 5 and 3 4 5 7", "v 1 0 5 and 3 4 5 7"),
        ("a s i n gle", "asin gle"),
        ("J. R. R. Tolkien, J.R.R. Tolkien", "j r r tolkien j r r tolkien"),
        ("U.S.A. and C. A. S. I. N. O.", "usa and casino"),
    ],
)
def test_words_behind_signs(text: str, words: str) -> None:
    assert unmasked(text) == words


@pytest.mark.parametrize("sign", ["1", "!", "€", "_", "a!", "a_", "a 1 ", "A. ", "a 12 ", "a*", "a**"])
def test_a_long_run_of_signs_takes_no_longer_than_words(sign: str) -> None:
    """It comes from anybody, and everybody waits for it."""
    began = time.perf_counter()

    unmasked(sign * 10_000)

    assert time.perf_counter() - began < 0.5  # It takes a few milliseconds; with a pattern that looks back, seconds.


def test_texts_that_are_alike_have_sketches_that_are() -> None:
    words = [f"word{number}" for number in range(60)]
    other = [f"other{number}" for number in range(60)]

    one, bands = sketch(words)
    near, near_bands = sketch([*words[:30], "changed", *words[31:]])

    assert likeness(one, one) == 1
    assert likeness(one, near) > 0.7
    assert set(bands) & set(near_bands)
    assert likeness(one, sketch(other)[0]) < 0.4
