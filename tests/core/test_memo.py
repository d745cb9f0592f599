"""What is kept of a pure function's answers."""

from app.core.memo import Memo


def test_an_answer_is_made_once_and_a_long_text_is_not_kept() -> None:
    asked: list[str] = []

    def measure(text: str) -> int:
        asked.append(text)
        return len(text)

    memo = Memo(measure, most=10, longest=5)

    assert [memo["sound"], memo["sound"], memo["hearing"], memo["hearing"]] == [5, 5, 7, 7]
    assert asked == ["sound", "hearing", "hearing"]


def test_no_more_than_was_said_is_kept_and_answers_stay_right() -> None:
    memo = Memo(len, most=10, longest=5)

    for number in range(1000):
        assert memo[str(number)] == len(str(number))
        assert len(memo) <= 10
