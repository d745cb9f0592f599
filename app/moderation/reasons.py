"""The reasons for which comments are kept from readers, and what whoever wrote one is told where nobody writes more. Pure."""

from typing import Literal, get_args

Code = Literal[
    "off_topic", "insult", "harassment", "hate", "violence", "sexual", "privacy", "impersonation", "misinformation", "copyright", "illegal",
    "spam", "duplicate", "other",
]  # fmt: skip

REASONS: dict[Code, str] = {
    "off_topic": "It has nothing to do with the article.",
    "insult": "It insults somebody.",
    "harassment": "It harasses somebody.",
    "hate": "It attacks people for what they are.",
    "violence": "It threatens with violence, or calls for it.",
    "sexual": "It is sexually explicit.",
    "privacy": "It tells private things of somebody.",
    "impersonation": "It is written under the name of somebody else.",
    "misinformation": "It claims what is known to be false.",
    "copyright": "It copies what belongs to somebody else.",
    "illegal": "It breaks the law.",
    "spam": "It is advertising.",
    "duplicate": "It says again what was posted before.",
    "other": "It breaks the rules of this discussion.",
}
CODES: tuple[Code, ...] = get_args(Code)


def told(code: str | None, statement: str | None) -> str | None:
    """What whoever wrote it is told: the moderator's own words, else the sentence that belongs to the code."""
    return statement or next((text for known, text in REASONS.items() if known == code), None)
