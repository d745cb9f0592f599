"""The decision is one pure function of signals and policy."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.policies.kind import Policy
from app.screening.deciding import decide
from app.screening.kind import Signal

MILDEST_FIRST = ("approved", "pending", "spam", "rejected")
SIGNALS = st.lists(
    st.builds(
        Signal, check=st.sampled_from(["links", "words", "copies", "bayes"]), version=st.just(1),
        leaning=st.sampled_from(["pass", "hold", "spam", "reject"]), score=st.floats(0, 1),
    ),
    max_size=6,
)  # fmt: skip
POLICIES = st.builds(Policy, moderation=st.sampled_from(["pre", "post"]))
often = settings(max_examples=200, deadline=None, derandomize=True)


def strictness(signals: Sequence[Signal], policy: Policy) -> int:
    return MILDEST_FIRST.index(decide(signals, policy).outcome)


@often
@given(SIGNALS, POLICIES, st.randoms(use_true_random=False))
def test_the_order_in_which_checks_speak_decides_nothing(signals: list[Signal], policy: Policy, chance: Any) -> None:
    mixed = list(signals)
    chance.shuffle(mixed)

    assert decide(mixed, policy) == decide(signals, policy)


@often
@given(SIGNALS, SIGNALS, POLICIES)
def test_another_signal_never_makes_it_milder(some: list[Signal], others: list[Signal], policy: Policy) -> None:
    assert strictness(some + others, policy) >= strictness(some, policy)


@often
@given(SIGNALS, POLICIES)
def test_moderation_beforehand_lets_nothing_through_and_is_never_milder(signals: list[Signal], policy: Policy) -> None:
    beforehand = dataclasses.replace(policy, moderation="pre")

    assert decide(signals, beforehand).outcome != "approved"
    assert strictness(signals, beforehand) >= strictness(signals, policy)


@often
@given(SIGNALS, POLICIES)
def test_whatever_does_not_show_says_because_of_what(signals: list[Signal], policy: Policy) -> None:
    decision = decide(signals, policy)

    assert bool(decision.because) == (decision.outcome != "approved")
    assert set(decision.because) <= {signal.check for signal in signals if signal.leaning != "pass"} | {"policy"}
