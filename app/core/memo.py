"""What a pure function says of short texts, kept: for words, which are written again and again."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Memo(dict[str, T]):
    """Answers by text; to ask for one that is kept is a look into a dict, several times as fast as `functools.lru_cache`.

    So many are kept at `most`, then all are forgotten; of texts of more than `longest` characters, none.
    """

    def __init__(self, function: Callable[[str], T], *, most: int, longest: int) -> None:
        self._function, self._most, self._longest = function, most, longest

    def __missing__(self, text: str) -> T:
        answer = self._function(text)
        if len(text) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[text] = answer
        return answer
