"""Where a comment stands, as text: six base-36 digits a level, so that byte order is the order of arrival."""

from app.comments.models import STEP

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def step(number: int) -> str:
    """The `number`th place below a comment, or at the top of a thread."""
    digits = ""
    for _ in range(STEP):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def above(path: str) -> list[str]:
    """The paths of all ancestors, from the top down."""
    return [path[:end] for end in range(STEP, len(path), STEP)]
