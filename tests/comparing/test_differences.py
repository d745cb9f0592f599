"""The changes from one document to another make the one into the other, whatever they hold, and at a bounded cost."""

import random
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.comparing.differences import applied, differences
from app.comparing.paths import same
from app.comparing.words import STEPS, Budget, rewritten, words_of

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, 1.0]), st.text(alphabet="ab <>&/~#\u00e9", max_size=6)
)
names = st.sampled_from(["id", "type", "html", "a/b", "~", "", "0"])
documents = st.recursive(
    scalars, lambda inside: st.one_of(st.lists(inside, max_size=4), st.dictionaries(names, inside, max_size=4)), max_leaves=14
)
blocks = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from("abcdefgh"), "type": st.sampled_from(["paragraph", "list"]),
         "html": st.sampled_from(["one two", "one three"]),
         "items": st.lists(st.sampled_from(["x", "y"]), max_size=2)}
    ),
    max_size=6, unique_by=lambda block: block["id"],
)  # fmt: skip


@settings(max_examples=250, deadline=None, derandomize=True)
@given(before=st.one_of(documents, blocks), after=st.one_of(documents, blocks))
def test_the_changes_from_one_document_to_another_make_it_exactly(before: Any, after: Any) -> None:
    changes = differences(before, after)

    assert same(applied(before, changes), after)
    assert bool(changes) is not same(before, after)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(before=blocks, after=blocks)
def test_a_change_of_blocks_names_only_what_changed(before: list[Any], after: list[Any]) -> None:
    old, new = ({block["id"]: block for block in side} for side in (before, after))

    changes = differences(before, after)

    touched = {change["pointer"].split("/")[1] for change in changes if change["op"] != "move"}
    assert touched == {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def test_a_block_that_moved_is_named_alone() -> None:
    before = [{"id": name} for name in "abcde"]

    changes = differences(before, [before[4], *before[:4]])

    assert changes == [{"op": "move", "pointer": "#/e", "behind": None}]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    before=st.text(alphabet="ab <>&;\n\u00e9", max_size=40),
    after=st.text(alphabet="ab <>&;\n\u00e9", max_size=40),
    left=st.sampled_from([0, 20, STEPS]),
)
def test_words_hold_both_texts_whole(before: str, after: str, left: int) -> None:
    words = words_of(before, after, Budget(left))

    assert rewritten(before, words) == after
    assert "".join(word["text"] for word in words if word["op"] != "add") == before
    assert all(one["op"] != other["op"] for one, other in pairwise(words))


def test_only_the_words_that_changed_are_told() -> None:
    words = words_of("They met <em>today</em> at noon.", "They met <em>yesterday</em> at noon.", Budget())

    assert words == [
        {"op": "keep", "text": "They met <em>"}, {"op": "remove", "text": "today"}, {"op": "add", "text": "yesterday"},
        {"op": "keep", "text": "</em> at noon."},
    ]  # fmt: skip


def test_another_text_is_not_rewritten() -> None:
    words = words_of("one two", "one three", Budget())

    with pytest.raises(ValueError, match="not what"):
        rewritten("one four", words)


@pytest.mark.parametrize("kind", ["different", "repeating", "shuffled", "markup"])
def test_huge_texts_take_a_bounded_time(kind: str) -> None:
    """A thousand words more or less must not make a server stand still; what is too far apart is replaced whole."""
    chance = random.Random(7)
    words = [str(chance.randrange(10_000)) for _ in range(60_000)]
    before, after = {
        "different": (" ".join(words), " ".join(word + "x" for word in words)),
        "repeating": ("a b " * 40_000, "b a a " * 30_000),
        "shuffled": (" ".join(words), " ".join(chance.sample(words, len(words)))),
        "markup": ("<" * 100_000, "<" * 60_000 + ">" * 40_000),
    }[kind]

    began = time.perf_counter()
    found = words_of(before, after, Budget())

    assert rewritten(before, found) == after
    assert time.perf_counter() - began < 5
