"""The page of the desk: from our own files alone, under a strict policy, readable by day and by night."""

import re

import pytest

from app.core.pages.docs import STATIC
from app.moderation.reasons import REASONS
from tests.newsroom import Client

DESK = STATIC / "desk"
FILES = ("index.html", "desk.js", "thread.js", "measures.js", "keeping.js", "desk.css")
SCRIPT_OR_STYLE = re.compile(r"<(script|style)[^>]*>[^<]+</|\son\w+=|\sstyle=|javascript:", re.IGNORECASE)
PAIRS = [(ink, ground) for ink in ("ink", "soft", "red", "green", "blue", "amber") for ground in ("paper", "sheet")]
PAIRS += [("on", "red"), ("paper", "ink"), ("ink", "tint"), ("soft", "tint"), ("ink", "mark"), ("soft", "mark")]


@pytest.fixture
def dialect() -> str:
    """The page asks no database."""
    return "sqlite"


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 between two colours, `#rrggbb` or `#rgb`."""

    def light(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted([light(one), light(other)])
    return (bright + 0.05) / (dark + 0.05)


async def test_the_desk_comes_with_a_policy_that_lets_in_nothing_from_elsewhere(reader: Client) -> None:
    page = await reader.get("/desk")

    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'none'", "frame-ancestors 'none'"} <= {
        *policy.split("; ")
    }
    assert "unsafe" not in policy
    assert not SCRIPT_OR_STYLE.search(page.text)


async def test_everything_that_the_desk_refers_to_is_there_and_every_reason_is_in_it(reader: Client) -> None:
    page = (await reader.get("/desk")).text
    found = set(re.findall(r'(?:src|href)="(/[^"#]*)"', page))

    assert {address.partition("?")[0] for address in found} >= {"/static/desk/desk.css", "/static/desk/desk.js", "/static/desk/thread.js"}
    assert {(await reader.get(address)).status_code for address in found} == {200}
    assert set(re.findall(r'name="code" value="(\w+)"', page)) == set(REASONS)
    assert "<!--" not in page
    assert len(known := re.findall(r' id="([^"]+)"', page)) == len(set(known)), "No two parts are called alike."


async def test_whoever_has_the_desk_is_told_so(reader: Client) -> None:
    page = await reader.get("/desk")

    assert (await reader.get("/desk", If_None_Match=page.headers["etag"])).status_code == 304


@pytest.mark.parametrize("name", FILES)
def test_nothing_of_the_desk_asks_anybody_else(name: str) -> None:
    text = (DESK / name).read_text("utf-8")

    assert not re.search(r"(https?:)?//[a-z0-9]", text)
    assert "@import" not in text
    assert "innerHTML" not in text
    assert "document.cookie" not in text


@pytest.mark.parametrize("place", [0, 1, 2], ids=["light", "dark", "dark by preference"])
def test_text_can_be_read_by_day_and_by_night(place: int) -> None:
    blocks = re.findall(r"color-scheme: (?:light|dark);(.*?)\}", (DESK / "desk.css").read_text("utf-8"), re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", blocks[place]))

    faint = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}
    assert len(blocks) == 3
