"""Places in an order that people arrange by hand: a key between any two others, so that a move writes one row.

A key is a whole number and a fraction, both of digits to the base 62, and compares byte by byte. The first character says how long the
number is: keys that are made at either end, which is where most are made, grow with the logarithm of their count (D. Greenspan,
"Implementing fractional indexing").
"""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE = len(_DIGITS)
_MIDDLE = "a0"


def between(before: str | None, after: str | None) -> str:
    """A key behind `before` and in front of `after`; None is the end of the order on that side."""
    if before is None and after is None:
        return _MIDDLE
    if before is None:
        return _in_front_of(after or _MIDDLE)
    if after is None:
        return _behind(before)
    number, other = _number(before), _number(after)
    if number == other:
        return number + _middle(before[len(number) :], after[len(other) :])
    following = _step(number, 1)
    return following if following < after else number + _middle(before[len(number) :], None)


def _in_front_of(key: str) -> str:
    number = _number(key)
    return number if number < key else _step(number, -1)


def _behind(key: str) -> str:
    return _step(_number(key), 1)


def _number(key: str) -> str:
    return key[: _length(key[0])]


def _length(head: str) -> int:
    """How long a number is whose first character is `head`: `a` and `Z` begin two characters, `b` and `Y` three."""
    return ord(head) - ord("a") + 2 if head >= "a" else ord("Z") - ord(head) + 2


def _step(number: str, way: int) -> str:
    """The number that follows on that side; where its digits are used up, one that is a digit longer, or shorter."""
    head, size = number[0], len(number) - 1
    value = sum(_DIGITS.index(digit) * _BASE**place for place, digit in enumerate(reversed(number[1:]))) + way
    if 0 <= value < _BASE**size:
        return head + _written(value, size)
    neighbour = {"Z": "a", "a": "Z"}.get(head) if (head, way) in {("Z", 1), ("a", -1)} else None
    head = neighbour or chr(ord(head) + way)
    if not ("A" <= head <= "Z" or "a" <= head <= "z"):
        raise OverflowError("No order is this long.")
    size = _length(head) - 1
    return head + (_DIGITS[0] * size if way > 0 else _DIGITS[-1] * size)


def _written(value: int, size: int) -> str:
    digits = ""
    for _ in range(size):
        value, digit = divmod(value, _BASE)
        digits = _DIGITS[digit] + digits
    return digits


def _middle(low: str, high: str | None) -> str:
    """A fraction between two others; it never ends in the digit zero, so that there is always one below it."""
    shared = 0
    while high is not None and shared < len(high) and (low[shared : shared + 1] or _DIGITS[0]) == high[shared]:
        shared += 1
    if shared and high is not None:
        return high[:shared] + _middle(low[shared:], high[shared:])
    least = _DIGITS.index(low[0]) if low else 0
    most = _BASE if high is None else _DIGITS.index(high[0])
    if most - least > 1:
        return _DIGITS[(least + most) // 2]
    if high is not None and len(high) > 1:
        return high[0]
    return _DIGITS[least] + _middle(low[1:], None)
