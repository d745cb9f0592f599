"""One analyser, two databases: what is found and what is shown."""

import html
import re
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.fulltext import MAX_TERMS, Query, highlight, indexable, parse_query, tokens

queries = st.lists(st.one_of(st.sampled_from(['"', "-", " ", "OR", "NEAR", "AND", "*", "^", ":", "(", "'", "peace"]), st.text(max_size=6)))
TSQUERY = re.compile(r"!|[^\W_]+(:[ABCD]+)?|<->|[&|()]|\s+")


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("""CREATE VIRTUAL TABLE words USING fts5(title, lead, text, tokenize="unicode61 remove_diacritics 0")""")
    row = [indexable(text) for text in ("Peace talks", "Delegations met", "The Red Cross in Minsk’s Straße, café 漢字")]
    connection.execute("INSERT INTO words VALUES (?, ?, ?)", row)
    yield connection
    connection.close()


def finds(index: sqlite3.Connection, q: str, *columns: str) -> bool:
    match = parse_query(q).to_fts5(columns)
    return bool(index.execute("SELECT count(*) FROM words WHERE words MATCH ?", [match]).fetchone()[0])


@pytest.mark.parametrize(
    "q",
    [
        "peace",
        "TALKING",
        "delegation met",
        '"red cross"',
        "minsk",
        "strasse",
        "cafe",
        "字",
        "x OR peace",
        "peace -war",
        "minsk's",
        '"peace',
        "red-cross",
    ],
)
def test_a_reader_finds_it(index: sqlite3.Connection, q: str) -> None:
    assert finds(index, q)


@pytest.mark.parametrize("q", ["war", "peace war", '"cross red"', "peace -talks", 'peace -"red cross"', "x OR y", "NEAR OR peaceful-not"])
def test_a_reader_does_not_find_it(index: sqlite3.Connection, q: str) -> None:
    assert not finds(index, q)


def test_a_search_can_be_kept_to_a_column(index: sqlite3.Connection) -> None:
    assert finds(index, "peace OR x", "title", "lead")
    assert not finds(index, "minsk", "title", "lead")
    assert not finds(index, "peace -minsk", "title")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=queries)
def test_no_query_is_a_syntax_error(index: sqlite3.Connection, parts: list[str]) -> None:
    query = parse_query("".join(parts))

    if query:
        finds(index, "".join(parts))
        finds(index, "".join(parts), "title", "lead")
        well_formed(query.to_tsquery())
        well_formed(query.to_tsquery("AB"))
    else:
        assert (query.to_fts5(), query.to_tsquery()) == ("", "")


def well_formed(tsquery: str) -> None:
    """Python's own grammar judges: operands and operators alternate, and parentheses match."""
    assert TSQUERY.sub("", tsquery) == ""
    python = re.sub(r"[^\W_]+(:[ABCD]+)?", "x", tsquery.replace("<->", "@")).replace("!", "~")
    compile(python, "tsquery", "eval")


@pytest.mark.parametrize(
    ("q", "tsquery"),
    [
        ("peace talks", "peac & talk"),
        ('"red cross"', "(red <-> cross)"),
        ("a OR b c", "(a | b) & c"),
        ('a -"b c" -d', "a & !((b <-> c) | d)"),
        ("-only", ""),
        ("OR", ""),
        ("", ""),
    ],
)
def test_a_query_in_postgres_words(q: str, tsquery: str) -> None:
    assert parse_query(q).to_tsquery() == tsquery


def test_weights_bind_what_is_wanted_not_what_is_excluded() -> None:
    assert parse_query("peace -war").to_tsquery("A") == "peac:A & !war"


def test_a_query_has_an_end() -> None:
    assert len(parse_query("word " * 1000).phrases) == MAX_TERMS


@given(st.text())
def test_tokens_are_letters_and_digits_only(text: str) -> None:
    assert all(token.isalnum() for token in tokens(text))


def test_what_is_the_same_word_to_a_reader_is_the_same_token() -> None:
    assert tokens("Café CAFÉ cafe\u0301 cafe’s") == ["cafe"] * 4
    assert tokens("talk talks talked talking") == ["talk"] * 4
    assert tokens("漢字") == ["漢", "字"]


def test_matches_are_marked_and_the_rest_is_escaped() -> None:
    shown = highlight("<b> Peace & the Red Cross", parse_query('peaceful peace "red cross"'))

    assert shown == "&lt;b&gt; <mark>Peace</mark> &amp; the <mark>Red Cross</mark>"


def test_a_snippet_shows_the_first_match_between_whole_words() -> None:
    shown = highlight("word " * 50 + "peace " + "word " * 50, parse_query("peace"), around=40)

    assert re.fullmatch(r"…(word )+<mark>peace</mark>( word)+…", shown)
    assert len(shown) < 60


@given(st.text(), queries.map("".join), st.one_of(st.none(), st.integers(1, 30)))
def test_a_highlight_shows_only_what_the_text_says(text: str, q: str, around: int | None) -> None:
    shown = html.unescape(re.sub("</?mark>", "", highlight(text, parse_query(q), around)))

    assert shown.removeprefix("…").removesuffix("…") in text or shown in text


def test_an_empty_query_marks_nothing() -> None:
    assert highlight("peace", Query()) == "peace"
