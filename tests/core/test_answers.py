"""The cache of answers keeps what it may, lets go of what it must, and stays within its bytes."""

import gzip
import random
import tracemalloc
from datetime import UTC, datetime, timedelta

import brotli
import pytest
import zstandard

from app.core.asgi.answers import Answer, Answers
from app.core.asgi.encodings import preferred

T = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def answer(key: str, *tags: str, body: bytes = b"{}") -> Answer:
    return Answer(key, [(b"etag", b'"7-abc"'), (b"content-length", b"2")], body, b'"7-abc"', frozenset(tags), T, T + MINUTE)


def keep(answers: Answers, made: Answer) -> None:
    answers.end(answers.begin(made.key), made)


def test_an_answer_is_true_from_when_it_was_made_until_its_time_is_over() -> None:
    answers = Answers(1_000_000)
    keep(answers, answer("/a", "x"))

    known = [answers.get("/a", at) is not None for at in (T - MINUTE, T, T + MINUTE / 2, T + MINUTE)]

    assert known == [False, True, True, False]


def test_dropping_a_tag_takes_what_stands_under_it_and_nothing_else() -> None:
    answers = Answers(1_000_000)
    for key, tags in {"/a": ("x", "y"), "/b": ("y",), "/c": ("z",)}.items():
        keep(answers, answer(key, *tags))

    answers.drop(["y", "unknown"])

    assert [kept.key for kept in answers] == ["/c"]
    assert answers.size == sum(kept.size for kept in answers)


def test_what_was_overtaken_by_a_change_is_not_kept() -> None:
    answers = Answers(1_000_000)
    touched, untouched = answers.begin("/a"), answers.begin("/b")

    answers.drop(["x"])
    answers.end(touched, answer("/a", "x"))
    answers.end(untouched, answer("/b", "y"))
    after = answers.begin("/a")
    answers.end(after, answer("/a", "x"))

    assert not touched.is_current
    assert after.is_current
    assert {kept.key for kept in answers} == {"/a", "/b"}
    assert answers.counts.overtaken == 1


def test_what_was_under_way_when_all_was_let_go_is_not_kept() -> None:
    answers = Answers(1_000_000)
    fill = answers.begin("/a")

    answers.clear()
    answers.end(fill, answer("/a", "x"))

    assert list(answers) == []


def test_a_crawler_does_not_push_out_what_is_asked_for_again() -> None:
    answers = Answers(100 * 2_850)
    for number in range(50):
        keep(answers, answer(f"/hot/{number}", "x", body=b"h" * 1_000))
    for number in range(1_000):
        assert answers.get(f"/hot/{number % 50}", T)
        keep(answers, answer(f"/once/{number}", "x", body=b"o" * 1_000))

    assert answers.size <= answers.limit
    assert sum(kept.key.startswith("/hot/") for kept in answers) == 50
    assert answers.counts.evicted > 900


def test_it_stays_within_its_bytes_whatever_is_done() -> None:
    chance, answers = random.Random(7), Answers(200_000)
    for _ in range(3_000):
        key = f"/{chance.randrange(200)}"
        match chance.randrange(4):
            case 0:
                keep(answers, answer(key, f"tag{chance.randrange(20)}", body=chance.randbytes(chance.randrange(9_000))))
            case 1:
                answers.drop([f"tag{chance.randrange(20)}"])
            case _:
                found = answers.get(key, T)
                if found is not None:
                    answers.variant(found, chance.choice(["gzip", "br", "zstd"]))
        assert answers.size == sum(kept.size for kept in answers)
        assert answers.size <= answers.limit


def test_each_encoding_has_a_validator_of_its_own_and_the_same_content() -> None:
    body = b'{"words":"' + b"the ferry sails again " * 100 + b'"}'
    made = answer("/a", "x", body=body)

    variants = {name: made.variant(name) for name in ("identity", "gzip", "br", "zstd")}

    assert gzip.decompress(variants["gzip"].body) == brotli.decompress(variants["br"].body) == body
    assert zstandard.ZstdDecompressor().decompress(variants["zstd"].body) == variants["identity"].body == body
    assert [each.etag for each in variants.values()] == [b'"7-abc"', b'"7-abc-gzip"', b'"7-abc-br"', b'"7-abc-zstd"']
    for name, each in variants.items():
        headers = dict(each.head.headers)
        assert int(headers[b"content-length"]) == len(each.body)
        assert headers.get(b"content-encoding", b"identity").decode() == name


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "identity"), (b"", "identity"), (b"gzip", "gzip"), (b"gzip, deflate, br", "br"), (b"gzip, br, zstd", "zstd"),
        (b"br;q=0.5, gzip;q=0.9", "gzip"), (b"br;q=0, gzip", "gzip"), (b"*", "zstd"), (b"*;q=0", "identity"), (b"identity", "identity"),
        (b"gzip;q=0", "identity"), (b"compress", "identity"), (b"GZIP", "gzip"), (b"br;q=nonsense", "br"),
        (b"identity;q=1, gzip;q=0.2", "identity"),
    ],
)  # fmt: skip
def test_the_client_chooses_the_encoding(accept: bytes | None, expected: str) -> None:
    assert preferred(accept) == expected


@pytest.mark.parametrize(("tags", "length"), [(8, 8_000), (110, 60_000)], ids=["article", "list"])
def test_its_bytes_are_about_those_that_it_takes_from_the_machine(tags: int, length: int) -> None:
    """Headers and tags of a long list are as much as its text compressed: what the operator allows is for them, too."""
    answers, chance = Answers(100_000_000), random.Random(1)

    tracemalloc.start()
    for number in range(10):
        named = [f"article:art_{chance.getrandbits(100):026x}" for _ in range(tags)]
        body = " ".join(str(chance.randrange(10_000)) for _ in range(length // 5)).encode()
        listed = [(b"cache-tag", ",".join(named).encode()), (b"surrogate-key", " ".join(named).encode()), (b"content-length", b"0")]
        made = Answer(f"/{number}", listed, body, b'"7"', frozenset(named), T, T + MINUTE)
        keep(answers, made)
        for encoding in ("identity", "gzip", "br", "zstd"):
            variant = answers.variant(made, encoding)
            assert variant.head.lines
            assert variant.unchanged.lines
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 0.75 < taken / answers.size < 1.25
