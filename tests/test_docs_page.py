"""The pages that people read: whole, from our own files alone, and under a strict policy."""

import re

import pytest
from httpx2 import AsyncClient

from app.core.errors import Problem
from app.core.pages.docs import STATIC
from tests.newsroom import Newsroom

DOCS = STATIC / "docs"
OWN = ("index.html", "init.js", "docs.css", "favicon.svg")
SCRIPT_OR_STYLE = re.compile(r"<(script|style)[^>]*>[^<]+</|\son\w+=|\sstyle=|javascript:", re.IGNORECASE)


@pytest.fixture
def dialect() -> str:
    """No page asks the database."""
    return "sqlite"


@pytest.fixture
def http(newsroom: Newsroom) -> AsyncClient:
    return newsroom.http


async def test_the_page_comes_with_a_policy_that_lets_in_nothing_from_elsewhere(http: AsyncClient) -> None:
    answer = await http.get("/docs")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "connect-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_whoever_has_the_page_is_told_so(http: AsyncClient) -> None:
    first = await http.get("/docs")
    again = await http.get("/docs", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


async def test_everything_that_the_page_refers_to_is_there(http: AsyncClient) -> None:
    page = (await http.get("/docs")).text
    found = set(re.findall(r'(?:src|href)="(/[^"]*)"', page))

    assert {"/static/docs/swagger-ui.css", "/static/docs/swagger-ui-bundle.js", "/static/docs/init.js", "/openapi.json"} <= found
    statuses = {address: (await http.get(address)).status_code for address in found}
    assert set(statuses.values()) == {200}, statuses


async def test_files_have_the_types_that_a_browser_insists_on(http: AsyncClient) -> None:
    types = {name: (await http.get(f"/static/docs/{name}")).headers["content-type"].partition(";")[0] for name in OWN[1:]}

    assert types == {"init.js": "text/javascript", "docs.css": "text/css", "favicon.svg": "image/svg+xml"}


@pytest.mark.parametrize("name", OWN)
def test_nothing_of_ours_asks_anybody_else(name: str) -> None:
    text = (DOCS / name).read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert not re.search(r"(https?:)?//[a-z0-9]", text)
    assert "@import" not in text


def test_the_page_has_no_script_and_no_style_of_its_own() -> None:
    """The policy would stop them, and the page would stay blank."""
    assert not SCRIPT_OR_STYLE.search((DOCS / "index.html").read_text("utf-8"))


async def test_the_links_of_the_page_lead_to_operations_that_exist(newsroom: Newsroom) -> None:
    page = (DOCS / "index.html").read_text("utf-8")
    wanted = set(re.findall(r'href="#/([^/"]+)/([^"]+)"', page))
    there = {
        (operation["tags"][0], operation["operationId"]) for item in newsroom.app.openapi()["paths"].values() for operation in item.values()
    }

    assert wanted
    assert wanted <= there


def test_no_badge_is_asked_for_and_no_key_is_kept() -> None:
    settings = (DOCS / "init.js").read_text("utf-8")

    assert "validatorUrl: null" in settings
    assert "persistAuthorization: false" in settings


def test_what_was_taken_over_says_from_where_and_under_which_licence() -> None:
    assert re.match(r"swagger-ui-dist \d+\.\d+\.\d+ \(Apache-2\.0\)", (DOCS / "VERSION.txt").read_text("utf-8"))
    assert "Apache License" in (DOCS / "swagger-ui.LICENSE.txt").read_text("utf-8")
    assert "SmartBear" in (DOCS / "swagger-ui.NOTICE.txt").read_text("utf-8")


async def test_every_kind_of_problem_has_a_page(http: AsyncClient) -> None:
    overview = (await http.get("/problems")).text

    for code, kind in Problem.kinds.items():
        page = await http.get(f"/problems/{code}")
        assert page.status_code == 200
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert f'href="/problems/{code}"' in overview
        assert kind.__doc__, code
        assert not SCRIPT_OR_STYLE.search(page.text), code


async def test_an_unknown_kind_of_problem_is_a_problem(http: AsyncClient) -> None:
    answer = await http.get("/problems/no-such-<script>")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
