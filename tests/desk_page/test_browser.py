"""The desk in a real browser, as moderators use it: by keyboard, by touch, many at once, and beside others.

With `DESK_SCREENSHOTS=folder` it leaves pictures there, to be looked at.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.command import Command
from tests.newsroom import Wire

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PICTURES = os.environ.get("DESK_SCREENSHOTS")
PATIENCE = 20_000
HOSTILE = '<img src=x onerror="document.title=1">[x](javascript:alert(1)) <script>alert(1)</script>Words **stay**.'

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed here; Debian has it as the package `chromium`")


@dataclass
class Paper:
    """A running service, and what can be done to it from outside the browser."""

    url: str
    secret: str
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    def call(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> Wire:
        sent = {"Content-Type": "application/json", **headers, **({"Authorization": f"Bearer {key}"} if key else {})}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, method=method, data=data, headers=sent)  # noqa: S310 - our own address
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            return dict(json.loads(answer.read() or b"{}"))

    def article(self, **comments: str) -> Wire:
        number = next(self.numbers)
        order = {"headline": f"Story {number}", "comments": {"moderation": "pre", **comments}}
        made = self.call("POST", "/v1/articles", order, self.secret)
        return self.call("POST", f"/v1/articles/{made['id']}/publish", {}, self.secret, **{"If-Match": "*"})

    def comment(self, article: Wire, name: str, body: str = "Well said.", **more: Any) -> Wire:
        order = {"author": {"name": name}, "body": f"{body} {next(self.numbers)}", **more}
        return self.call("POST", f"/v1/articles/{article['id']}/comments", order)

    def shown(self, article: Wire, name: str, body: str = "Well said.") -> Wire:
        """A comment that readers see, whatever the checks say of so many from one address."""
        made = self.comment(article, name, body)
        self.call("POST", f"/v1/moderation/comments/{made['id']}/approve", {}, self.secret, **{"If-Match": "*"})
        return made

    def state(self, comment: Wire) -> Any:
        return self.call("GET", f"/v1/moderation/comments/{comment['id']}", key=self.secret)["status"]


@pytest.fixture(scope="module")
def paper(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A newsroom that listens; the browser talks to it over HTTP."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "dateline.db").write_bytes(sqlite_template.read_bytes())
    command = Command(folder, {"log_level": "error", "rate_limit_storage": "off"})
    secret = command.must("keys", "create", "Ida Moe", "--scopes", "*").strip()
    with command.serving() as server:
        yield Paper(server.url, secret)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, paper: Paper) -> Iterator[Page]:
    """A window of its own, in which nothing may go wrong unseen: no error, and nothing that the policy stopped."""
    yield from window(browser, width=1280, height=860)


@pytest.fixture
def phone(browser: Browser, paper: Paper) -> Iterator[Page]:
    """The same in a hand."""
    yield from window(browser, width=390, height=800, is_mobile=True, has_touch=True, color_scheme="dark")


def window(browser: Browser, *, width: int, height: int, **more: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": height}, **more)
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    opened, wrong = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    yield opened
    context.close()
    assert [line for line in wrong if "Failed to load resource" not in line] == []


def sign_in(page: Page, paper: Paper, article: Wire, secret: str | None = None) -> None:
    page.goto(f"{paper.url}/desk#article={article['id']}")
    page.get_by_label("Key", exact=True).fill(secret or paper.secret)
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_have_attribute("aria-busy", "false")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


def test_whoever_has_no_key_gets_no_further_and_a_key_is_forgotten(page: Page, paper: Paper) -> None:
    article = paper.article()
    paper.comment(article, "Bo")

    page.goto(f"{paper.url}/desk")
    page.get_by_label("Key", exact=True).fill("dl_nonsense")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.locator("#desk")).to_be_hidden()
    sign_in(page, paper, article)
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("article")).to_have_count(0)
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie, document.querySelector('#secret').value]") == [
        0, 0, "", "",
    ]  # fmt: skip


def test_a_queue_is_worked_through_by_keyboard_and_a_decision_taken_back(page: Page, paper: Paper) -> None:
    article = paper.article()
    first, second = paper.comment(article, "Bo"), paper.comment(article, "Ana")
    sign_in(page, paper, article)
    expect(page.get_by_role("article", name="Bo")).to_be_focused()

    page.keyboard.press("j")
    expect(page.get_by_role("article", name="Ana")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("Approved: the comment by Bo.")
    expect(page.get_by_role("article", name="Ana")).to_be_focused()
    assert (paper.state(first), paper.state(second)) == ("approved", "pending")
    picture(page, "desk")
    page.keyboard.press("z")

    expect(page.get_by_role("article", name="Bo")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert paper.state(first) == "pending"


def test_what_the_keyboard_does_is_told_from_its_beginning_where_little_room_is(page: Page, paper: Paper) -> None:
    sign_in(page, paper, paper.article())
    page.set_viewport_size({"width": 640, "height": 430})

    page.keyboard.press("?")

    expect(page.get_by_role("heading", name="By keyboard")).to_be_in_viewport()


def test_a_rejection_says_why(page: Page, paper: Paper) -> None:
    article = paper.article()
    comment = paper.comment(article, "Bo")
    sign_in(page, paper, article)

    page.keyboard.press("r")
    page.get_by_label("Insult").check()
    expect(page.get_by_role("textbox", name="Told to whoever wrote it")).to_have_attribute("placeholder", "It insults somebody.")
    picture(page, "reasons")
    page.get_by_role("textbox", name="For the newsroom only").fill("Third time.")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()

    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    (decision,) = paper.call("GET", f"/v1/moderation/comments/{comment['id']}/decisions", key=paper.secret)["data"]
    assert (decision["to_status"], decision["code"], decision["reason"]) == ("rejected", "insult", "Third time.")


def test_a_queue_is_narrowed_to_any_section_however_many_there_are(page: Page, paper: Paper) -> None:
    for number in range(3):
        paper.call("POST", "/v1/sections", {"name": f"Desk {number}"}, paper.secret)
    full = re.compile("v1/sections[?]limit=100")
    page.route(full, lambda route: route.continue_(url=route.request.url.replace("limit=100", "limit=2")))

    sign_in(page, paper, paper.article())

    expect(page.get_by_label("Section").get_by_role("option", name="desk-2")).to_be_attached()


def test_what_comes_late_from_another_queue_or_for_who_has_left_is_not_shown(page: Page, paper: Paper) -> None:
    article = paper.article()
    for number in range(27):
        paper.comment(article, f"Reader {number}")
    sign_in(page, paper, article)
    late: list[Route] = []
    page.route(re.compile("moderation/comments[?].*cursor="), lambda route: late.append(route))  # noqa: PLW0108 - playwright takes no method of a list

    page.get_by_role("button", name="More").click()
    page.keyboard.press("[")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    with page.expect_response(re.compile("cursor=")):
        late.pop().continue_()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("article")).to_have_count(0)

    page.keyboard.press("]")
    expect(page.get_by_role("article")).to_have_count(25)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Sign out").click()
    with page.expect_response(re.compile("cursor=")):
        late.pop().continue_()
    page.wait_for_load_state("networkidle")
    assert page.locator(".card").count() == 0


def test_many_are_decided_at_once_and_taken_back_at_once(page: Page, paper: Paper) -> None:
    article = paper.article()
    comments = [paper.comment(article, f"Reader {number}") for number in range(4)]
    sign_in(page, paper, article)

    page.get_by_role("button", name="Choose all").click()
    page.get_by_label("Choose the comment by Reader 2").uncheck()
    picture(page, "chosen")
    page.get_by_role("toolbar").get_by_role("button", name="Spam").click()
    expect(page.get_by_role("status")).to_contain_text("Spam: 3 comments.")
    assert [paper.state(one) for one in comments] == ["spam", "spam", "pending", "spam"]
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("article")).to_have_count(4)
    assert {paper.state(one) for one in comments} == {"pending"}


def test_two_people_at_one_comment_hear_of_each_other(page: Page, paper: Paper) -> None:
    article = paper.article()
    comment = paper.comment(article, "Bo")
    sign_in(page, paper, article)
    expect(page.get_by_role("article")).to_have_count(1)

    paper.call("POST", f"/v1/moderation/comments/{comment['id']}/approve", {}, paper.secret, **{"If-Match": "*"})
    page.keyboard.press("s")

    expect(page.get_by_text("Somebody else was quicker: it is approved.")).to_be_visible()
    assert paper.state(comment) == "approved"


def test_a_reply_shows_in_its_thread(page: Page, paper: Paper) -> None:
    article = paper.article(moderation="post")
    above = paper.shown(article, "Bo", "What stands above.")
    paper.call("PATCH", f"/v1/articles/{article['id']}", {"comments": {"moderation": "pre"}}, paper.secret, **{"If-Match": "*"})
    paper.comment(article, "Ana", "An answer.", parent=above["id"])

    sign_in(page, paper, article)

    here = page.get_by_label("About the comment").locator("[aria-current=true]")
    expect(here).to_contain_text("An answer.")
    expect(page.locator(".thread > li", has=page.locator("[aria-current=true]"))).to_contain_text("What stands above.")
    picture(page, "thread")


def test_what_a_comment_holds_is_never_run(page: Page, paper: Paper) -> None:
    article = paper.article()
    paper.comment(article, "<b>Bo</b>", HOSTILE)

    sign_in(page, paper, article)

    card = page.get_by_role("article")
    expect(card.locator("strong.name")).to_have_text("<b>Bo</b>")
    expect(card.locator(".words strong")).to_have_text("stay")
    assert card.locator(".words").evaluate("one => one.querySelectorAll('img, script, a').length") == 0
    expect(page).to_have_title(re.compile("Desk"))


def test_a_key_that_only_looks_has_nothing_to_decide_with(page: Page, paper: Paper) -> None:
    article = paper.article()
    comment = paper.comment(article, "Bo")
    order = {"name": "Trainee", "scopes": ["comments:read"]}
    looking = paper.call("POST", "/v1/keys", order, paper.secret)["secret"]

    sign_in(page, paper, article, looking)
    expect(page.get_by_role("article")).to_have_count(1)
    page.keyboard.press("a")

    expect(page.get_by_role("article").get_by_role("button")).to_have_count(1)
    assert paper.state(comment) == "pending"


def test_it_fits_a_phone(phone: Page, paper: Paper) -> None:
    article = paper.article()
    comment = paper.comment(article, "Bo", "A" * 400)
    sign_in(phone, paper, article)
    card = phone.get_by_role("article")
    expect(card).to_be_visible()
    picture(phone, "phone")

    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = [button.bounding_box() for button in card.get_by_role("button").all()]
    assert all(box is not None and box["height"] >= 44 for box in sizes)
    card.get_by_role("button", name="Thread").tap()
    expect(phone.get_by_label("About the comment")).to_be_focused()
    expect(phone.get_by_label("About the comment")).to_contain_text("Story")
    picture(phone, "phone-thread")
    phone.get_by_role("button", name="Close").tap()
    card.get_by_role("button", name="Approve").tap()

    expect(phone.get_by_role("status")).to_contain_text("Approved: the comment by Bo.")
    assert paper.state(comment) == "approved"


def test_what_readers_report_is_settled(page: Page, paper: Paper) -> None:
    article = paper.article(moderation="post")
    comment = paper.shown(article, "Bo")
    paper.call("PUT", f"/v1/comments/{comment['id']}/report", {"code": "insult", "note": "He shouts."})

    sign_in(page, paper, article)
    page.goto(f"{paper.url}/desk#queue=reported&article={article['id']}")
    expect(page.get_by_label("What checks say").get_by_text("reported: insult × 1")).to_be_visible()
    expect(page.get_by_label("About the comment")).to_contain_text("He shouts.")
    page.get_by_role("button", name="Let it stand").click()

    expect(page.get_by_role("status")).to_contain_text("Approved: the comment by Bo.")
    expect(page.get_by_role("article")).to_have_count(0)
    assert paper.call("GET", f"/v1/moderation/comments/{comment['id']}", key=paper.secret)["reports"]["open"] == 0


def test_an_appeal_is_read_and_answered(page: Page, paper: Paper) -> None:
    article = paper.article()
    comment = paper.comment(article, "Bo")
    paper.call("POST", f"/v1/moderation/comments/{comment['id']}/reject", {"code": "insult"}, paper.secret, **{"If-Match": "*"})
    token = {"X-Claim-Token": comment["claim_token"]}
    paper.call("POST", f"/v1/me/comments/{comment['id']}/appeal", {"text": "It is a quotation."}, **token)

    sign_in(page, paper, article)
    page.goto(f"{paper.url}/desk#queue=appeals")
    expect(page.get_by_role("article")).to_contain_text("It is a quotation.")
    page.get_by_role("button", name="Answer…").click()
    page.get_by_label("Show the comment").check()
    page.get_by_role("textbox", name="Told to whoever wrote it").fill("You are right.")
    picture(page, "appeal")
    page.get_by_role("dialog").get_by_role("button", name="Answer").click()

    expect(page.get_by_role("status")).to_contain_text("The comment shows again.")
    assert paper.state(comment) == "approved"


def test_a_comment_is_picked_and_whoever_wrote_it_sanctioned(page: Page, paper: Paper) -> None:
    article = paper.article()
    comment = paper.comment(article, "Bo", author={"name": "Bo", "email": "bo@reader.example.org"})
    sign_in(page, paper, article)
    about = page.get_by_label("About the comment")

    about.get_by_role("button", name="Pick").click()
    expect(about.get_by_role("button", name="Picked")).to_have_attribute("aria-pressed", "true")
    about.get_by_role("button", name="Sanction…").click()
    page.get_by_label("What they write waits for a moderator").check()
    picture(page, "sanction")
    page.get_by_role("dialog").get_by_role("button", name="Sanction").click()

    expect(about).to_contain_text("In force against whoever wrote it")
    (sanction,) = paper.call("GET", f"/v1/moderation/sanctions?author_of={comment['id']}", key=paper.secret)["data"]
    assert (sanction["kind"], sanction["comment"]) == ("premod", comment["id"])
    about.get_by_role("button", name="Lift").click()
    expect(about).not_to_contain_text("In force against whoever wrote it")


def test_a_rule_is_tried_on_what_was_written_before_it_bites(page: Page, paper: Paper) -> None:
    article = paper.article()
    paper.shown(article, "Bo", "Zeppelins are back.")
    sign_in(page, paper, article)

    page.get_by_role("link", name="Rules").click()
    page.get_by_role("button", name="New rule…").click()
    rule = page.get_by_role("dialog")
    rule.get_by_role("button", name="Try on history").click()
    expect(rule).to_contain_text("links needs `at_least` or `at_most`.")
    rule.get_by_label("What it is for").fill("Airships")
    rule.get_by_label("What of it").select_option("words")
    rule.get_by_label("One of these, separated by commas").fill("zeppelin*, blimp")
    rule.get_by_role("button", name="And another condition").click()
    rule.get_by_label("What of it").last.select_option("author")
    rule.get_by_role("checkbox", name="guest").check()
    rule.get_by_role("button", name="Try on history").click()
    expect(rule).to_contain_text("It would have held 1 of the last")
    expect(rule).to_contain_text("Moderators had approved 1 of these, and refused 0.")
    expect(rule).to_contain_text("Zeppelins are back.")
    picture(page, "rule")
    rule.get_by_role("button", name="Save").click()
    card = page.get_by_role("article", name="Airships")
    expect(card).to_contain_text("says zeppelin* or blimp")
    expect(card).to_contain_text("Rests")
    card.get_by_role("button", name="Switch on").click()

    expect(card).to_contain_text("Bites")
    (kept,) = paper.call("GET", "/v1/moderation/rules", key=paper.secret)["data"]
    assert kept["conditions"] == [{"field": "words", "any_of": ["zeppelin*", "blimp"]}, {"field": "author", "any_of": ["guest"]}]
    assert kept["enabled"]
    card.get_by_role("button", name="Delete").click()
    card.get_by_role("button", name="Delete for good?").click()
    expect(page.get_by_text("No rules yet.")).to_be_visible()


def test_word_lists_are_kept_on_a_phone_and_by_those_who_run_comments(phone: Page, page: Page, paper: Paper) -> None:
    article = paper.article()
    sign_in(phone, paper, article)

    phone.get_by_role("link", name="Word lists").tap()
    phone.get_by_role("button", name="New list…").tap()
    form = phone.get_by_role("dialog")
    form.get_by_label("What it is for").fill("Casinos")
    form.get_by_label("Terms, one a line").fill("casino*\nfree spins\n")
    form.get_by_label("A comment that has one").select_option("spam")
    form.get_by_role("button", name="Save").tap()
    card = phone.get_by_role("article", name="Casinos")
    expect(card).to_contain_text("2 terms, in the text and the name")
    picture(phone, "phone-words")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    card.get_by_role("button", name="Change…").tap()
    form.get_by_label("Terms, one a line").fill("casino*")
    form.get_by_role("button", name="Save").tap()

    expect(card).to_contain_text("1 term,")
    (kept,) = paper.call("GET", "/v1/moderation/word-lists", key=paper.secret)["data"]
    assert (kept["terms"], kept["leaning"], kept["version"]) == (["casino*"], "spam", 2)
    looking = paper.call("POST", "/v1/keys", {"name": "Moderator", "scopes": ["comments:moderate"]}, paper.secret)
    sign_in(page, paper, article, looking["secret"])
    expect(page.get_by_role("link", name="Word lists")).to_have_count(0)
    paper.call("DELETE", f"/v1/keys/{looking['id']}", key=paper.secret)


def test_everything_that_can_be_pressed_has_a_name(page: Page, paper: Paper) -> None:
    article = paper.article()
    paper.comment(article, "Bo")
    sign_in(page, paper, article)
    expect(page.get_by_role("article")).to_have_count(1)

    nameless = page.evaluate(
        """[...document.querySelectorAll('button, a, input:not([hidden]), select, textarea')]
             .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.[0]?.textContent.trim()))
             .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    assert page.evaluate("document.querySelectorAll('h1').length") == 2


def test_a_problem_is_explained_on_the_smallest_phone(page: Page, paper: Paper) -> None:
    page.set_viewport_size({"width": 320, "height": 600})

    page.goto(f"{paper.url}/problems/version-mismatch")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
