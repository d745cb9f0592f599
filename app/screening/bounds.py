"""What an operator has set for the checks. Pure: no rows, no requests."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Self

import limits

from app.core.settings import Settings
from app.screening.services import services_of


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many in so long."""

    most: int
    within: timedelta

    @classmethod
    def read(cls, text: str) -> Self | None:
        """A limit as the library `limits` writes it; None for none."""
        if not text:
            return None
        limit = limits.parse(text)
        return cls(limit.amount, timedelta(seconds=limit.get_expiry()))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What checks hold a comment against, beside the policy of its discussion."""

    key: bytes = b""
    off: frozenset[str] = frozenset()
    """The checks that are left out."""
    account: Rate | None = None
    address: Rate | None = None
    network: Rate | None = None
    thread: Rate | None = None
    form_asked: bool = False
    """Whether a comment without the token of a form waits."""
    proof: Literal["off", "guests", "everyone"] = "off"
    """Of whom a proof of work is asked."""
    proof_cost: int = 50_000
    services: tuple[str, ...] = ()
    """The outside services that a comment waits for."""
    patience: timedelta = timedelta(minutes=10)
    """For how long it waits."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What the settings say."""
        rates = (settings.comment_rate_account, settings.comment_rate_address, settings.comment_rate_network, settings.comment_rate_thread)
        account, address, network, thread = map(Rate.read, rates)
        return cls(
            settings.signing_key, frozenset(settings.comment_checks_off), account, address, network, thread,
            form_asked=settings.comment_form == "asked", proof=settings.comment_proof, proof_cost=settings.comment_proof_cost,
            services=tuple(services_of(settings)), patience=timedelta(minutes=settings.comment_service_minutes),
        )  # fmt: skip
