"""The decision: one pure function of what checks say and of what the policy wants."""

from collections.abc import Iterable

from app.policies.kind import Policy
from app.screening.kind import Decision, Leaning, Outcome, Signal

_STRONGEST_FIRST: tuple[tuple[Leaning, Outcome], ...] = (("reject", "rejected"), ("spam", "spam"), ("hold", "pending"))
BY_POLICY = "policy"
"""What a decision names where the policy holds every comment."""


def decide(signals: Iterable[Signal], policy: Policy) -> Decision:
    """What becomes of a comment: what the strongest signal leans to; the same for the same, in whatever order they come.

    Where moderation comes before, nothing shows that was not seen by somebody, whatever the checks say.
    """
    said = sorted(signals, key=lambda signal: signal.check)
    for leaning, outcome in _STRONGEST_FIRST:
        because = tuple(dict.fromkeys(signal.check for signal in said if signal.leaning == leaning))
        if because:
            return Decision(outcome, because)
    return Decision("pending", (BY_POLICY,)) if policy.moderation == "pre" else Decision("approved")
