"""The documentation is true: the tutorial runs, the references equal the code, and every link leads somewhere."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.access import actions as access
from app.articles.publications import transitions
from app.comments.models import Comment
from app.comments.people import erasing
from app.comments.recounting import check
from app.core import clock, ids
from app.core.observability.figures import FAMILIES
from app.core.schemas import wire_instant
from app.curation import transitions as list_transitions
from app.events.models import Event
from app.events.types import TYPES
from app.webhooks import outbox
from app.webhooks.models import Webhook
from tests.command import Command
from tests.newsroom import Newsroom, made
from tests.references import PAGES, REFERENCE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES_WITH_LINKS = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
SECONDS_FOR_THE_TUTORIAL = 120
BASH = shutil.which("bash") or "bash"


@dataclass(frozen=True, slots=True)
class Step:
    """A block of commands, and what the page says that it prints; None where it says nothing."""

    commands: str
    expected: str | None


def steps(page: Path) -> Iterator[Step]:
    """The ```sh blocks of a page. A ```text block behind one is its output."""
    blocks = [(match[1], match[2]) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]
    for (kind, text), (next_kind, next_text) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            yield Step(text, next_text if next_kind == "text" else None)


def says(expected: str, printed: str) -> bool:
    """Whether the lines of `expected` occur in `printed`, in order; `…` is any text within a line, alone on a line any lines."""
    lines = iter(printed.splitlines())
    wanted = [line for line in expected.splitlines() if line.strip() != "…"]
    patterns = [re.compile(r".*?".join(map(re.escape, line.rstrip().rstrip(",").split("…"))) + ",?") for line in wanted]
    return all(any(pattern.fullmatch(line.rstrip()) for line in lines) for pattern in patterns)


@pytest.fixture(scope="module")
def loaded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database with the demo in it."""
    folder = tmp_path_factory.mktemp("demo")
    file = folder / "dateline.db"
    file.write_bytes(sqlite_template.read_bytes())
    Command(folder, {"log_level": "error"}).must("demo")
    return file.read_bytes()


@pytest.fixture
def demo(loaded: bytes, tmp_path: Path) -> Command:
    """The command on a database with the demo in it, as `make run` leaves it."""
    (tmp_path / "dateline.db").write_bytes(loaded)
    return Command(tmp_path, {"log_level": "error"})


@pytest.mark.parametrize(
    ("page", "least"),
    [
        ("tutorial.md", 15),
        ("guides/changes.md", 3),
        ("guides/curation.md", 5),
        ("guides/live.md", 5),
        ("guides/workflow.md", 3),
        ("guides/bulk.md", 1),
        ("guides/scheduling.md", 0),
        ("guides/corrections.md", 0),
        ("guides/comments.md", 1),
        ("guides/life-of-an-article.md", 6),
    ],
)
def test_every_command_of_a_page_does_what_the_page_says(demo: Command, tmp_path: Path, page: str, least: int) -> None:
    found = list(steps(DOCS / page))
    assert len(found) > least
    key = demo.must("keys", "create", "admin", "--scopes", "*").strip()
    script = tmp_path / "tutorial.sh"
    numbered = [f"{{\n{step.commands}}} > {tmp_path}/{number}.out 2>&1" for number, step in enumerate(found)]
    script.write_text("set -euo pipefail\n" + "\n".join(numbered))

    with demo.serving() as server:
        surroundings = {**os.environ, "URL": server.url, "KEY": key, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        ran = subprocess.run(
            [BASH, str(script)], cwd=tmp_path, env=surroundings, check=False, capture_output=True, text=True,
            timeout=SECONDS_FOR_THE_TUTORIAL,
        )  # fmt: skip

    printed = [path.read_text() if (path := tmp_path / f"{number}.out").exists() else "(not reached)" for number in range(len(found))]
    for step, output in zip(found, printed, strict=True):
        assert step.expected is None or says(step.expected, output), (
            f"{step.commands}\nshould print\n{step.expected}\nbut printed\n{output}"
        )
    assert ran.returncode == 0, ran.stderr + "\n".join(printed)


@pytest.mark.parametrize(
    ("expected", "printed", "true"),
    [
        ('a "…" b\n', 'x\na "anything" b\ny\n', True),
        ("one\n…\nthree\n", "one\ntwo\nthree\n", True),
        ("three\none\n", "one\ntwo\nthree\n", False),
        ("2\n", "12\n", False),
    ],
)
def test_what_the_page_says_is_held_against_what_is_printed(expected: str, printed: str, true: bool) -> None:
    assert says(expected, printed) is true


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_equals_the_code(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), "`make docs` writes it anew."


@pytest.mark.parametrize("page", PAGES_WITH_LINKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{link} leads out of the repository"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        links = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link]

    assert set(DOCS.rglob("*.md")) <= reached


def test_the_guide_names_every_figure() -> None:
    told = set(re.findall(r"`(dateline_\w+)", (DOCS / "guides" / "observability.md").read_text(encoding="utf-8")))

    assert told == set(FAMILIES)


def test_the_architecture_names_every_floor() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    floors = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")

    for folder in " | ".join(floors).split(" | "):
        assert re.search(rf"^\| .*`{folder}`.* \|", text, re.MULTILINE), folder


@dataclass(slots=True)
class Kind:
    """What is known of one type of event."""

    scopes: set[str] = field(default_factory=set)
    data: set[str] = field(default_factory=set)


def documented() -> dict[str, Kind]:
    """The types that the reference describes."""
    text = (REFERENCE / "events.md").read_text(encoding="utf-8")
    found = {}
    for heading, body in re.findall(r"^### (\w+\.\w+)$(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL):
        scopes = re.search(r"^- Known to: (.+)$", body, re.MULTILINE)
        data = re.search(r"^- Data: (.+)$", body, re.MULTILINE)
        assert scopes is not None, heading
        assert data is not None, heading
        found[heading] = Kind(set(scopes[1].replace("`", "").split(", ")), set(re.findall("`([^`]+)`", data[1])))
    return found


async def test_the_reference_of_events_says_what_the_log_holds(newsroom: Newsroom) -> None:
    """Everything that can happen does, once; the log then has exactly what the page says."""
    await everything_happens(newsroom)

    seen: dict[str, Kind] = {}
    async with newsroom.database.reading() as session:
        for event in await session.scalars(select(Event)):
            kind = seen.setdefault(event.type, Kind())
            kind.scopes.add(event.scope or "everybody")
            kind.data |= set(event.data)
    assert seen == documented()


def test_every_type_is_registered_and_documented() -> None:
    assert set(TYPES) == set(documented())


async def test_no_event_is_recorded_that_the_reference_does_not_name() -> None:
    """Types that stand in the code as one word are compared too, so that a new one cannot be forgotten above."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py"))
    objects = "|".join({name.partition(".")[0] for name in documented()})

    written = set(re.findall(rf'"((?:{objects})\.[a-z_]+)"', code))

    assert written - {"section.name", "webhook.test", "comment.check"} <= set(documented())
    assert len(written) > 10


async def everything_happens(newsroom: Newsroom) -> None:
    desk = newsroom.desk
    section, heir = await newsroom.section("World"), await newsroom.section("Elsewhere")
    await desk.patch(f"/v1/sections/{section['id']}", {"slug": "globe"}, If_Match="*")
    await desk.delete(f"/v1/sections/{section['id']}?move_to={heir['id']}", If_Match="*")
    for plural, one, other in (
        ("authors", await newsroom.author("Ana"), await newsroom.author("Ben")),
        ("tags", await newsroom.tag("Rail"), await newsroom.tag("Sea")),
    ):
        await desk.patch(f"/v1/{plural}/{one['id']}", {"name": "Cleo"}, If_Match="*")
        await desk.delete(f"/v1/{plural}/{one['id']}?move_to={other['id']}", If_Match="*")
    await articles_happen(newsroom)
    await live_coverage_happens(newsroom)
    await comments_happen(newsroom)
    await moderation_happens(newsroom)
    await votes_happen(newsroom)
    await lists_happen(newsroom)
    await workflow_happens(newsroom)
    await what_happens_by_itself(newsroom)
    words = made(await desk.post("/v1/moderation/word-lists", {"name": "Casinos", "terms": ["casino*"]}))
    await desk.patch(f"/v1/moderation/word-lists/{words['id']}", {"leaning": "spam"}, If_Match="*")
    await desk.delete(f"/v1/moderation/word-lists/{words['id']}", If_Match="*")
    hook = made(await desk.post("/v1/webhooks", {"name": "front end", "url": "https://front.example.org/in"}))
    await desk.patch(f"/v1/webhooks/{hook['id']}", {"name": "back end"}, If_Match="*")
    await desk.delete(f"/v1/webhooks/{hook['id']}", If_Match="*")
    key = made(await desk.post("/v1/keys", {"name": "short-lived", "scopes": ["articles:read"]}))
    await desk.delete(f"/v1/keys/{key['id']}")


async def what_happens_by_itself(newsroom: Newsroom) -> None:
    """A publication begins and ends on schedule; a webhook's key, no longer good, is forgotten in the end."""
    article, now = await newsroom.draft(), clock.now()
    await newsroom.publish(article, at=wire_instant(now + timedelta(hours=1)), until=wire_instant(now + timedelta(hours=2)))
    with clock.stopped_at(now + timedelta(hours=3)):
        async with newsroom.database.writing() as session:
            await transitions.settle_due(session, ids.decode("art", article["id"]) or ids.EXAMPLE)
    manager = await newsroom.key("webhooks:manage")
    made(await manager.post("/v1/webhooks", {"name": "front end", "url": "https://front.example.org/in"}))
    await newsroom.desk.delete(f"/v1/keys/{(await manager.get('/v1/me')).json()['key']['id']}")
    async with newsroom.database.writing() as session:
        await outbox.fan_out(session)
    async with newsroom.database.writing() as session:
        await session.execute(delete(Webhook))
        await access.forget_keys(session, before=now + timedelta(days=1), but_for=())


async def articles_happen(newsroom: Newsroom) -> None:
    desk = newsroom.desk
    shown, hidden = await newsroom.article(), await newsroom.draft()
    for article in (shown, hidden):
        address = f"/v1/articles/{article['id']}"
        await desk.post(f"{address}/stage", {"to": "in_review"}, If_Match="*")
        note = made(await desk.post(f"{address}/notes", {"text": "Call the ministry."}))
        await desk.delete(f"{address}/notes/{note['id']}")
        await desk.patch(address, {"headline": "Another"}, If_Match="*")
        await desk.post(f"{address}/publish", {"at": "2999-01-01T00:00:00Z"}, If_Match="*")
        (coming,) = (await desk.get(f"{address}/schedule")).json()["data"]
        await desk.patch(f"{address}/schedule/{coming['id']}", {"at": "2999-01-02T00:00:00Z"}, If_Match="*")
        await desk.delete(f"{address}/schedule/{coming['id']}", If_Match="*")
        await desk.post(f"{address}/publish", {"at": "2999-01-01T00:00:00Z"}, If_Match="*")
        await desk.post(f"{address}/unpublish", {"at": None}, If_Match="*")
        await desk.post(f"{address}/takedown", {"reason": "other"}, If_Match="*")
        await desk.post(f"{address}/restore", {}, If_Match="*")
        await desk.delete(address, If_Match="*")
        await desk.post(f"{address}/restore", {}, If_Match="*")
        await desk.post(f"{address}/revisions/1/restore", {}, If_Match="*")
    link = made(await desk.post(f"/v1/articles/{hidden['id']}/preview-links"))
    await desk.delete(f"/v1/articles/{hidden['id']}/preview-links/{link['id']}")
    article = await newsroom.article()
    await desk.post(f"/v1/articles/{article['id']}/takedown", {"reason": "other"}, If_Match="*")
    await desk.post(f"/v1/articles/{article['id']}/restore", {}, If_Match="*")
    await desk.patch(f"/v1/articles/{article['id']}", {"comments": {"status": "closed"}}, If_Match="*")
    await desk.delete(f"/v1/articles/{article['id']}", If_Match="*")
    for article in (shown, hidden):
        await desk.delete(f"/v1/articles/{article['id']}", If_Match="*")
        await desk.post(f"/v1/articles/{article['id']}/purge", If_Match="*")


async def workflow_happens(newsroom: Newsroom) -> None:
    desk, address = newsroom.desk, f"/v1/articles/{(await newsroom.draft())['id']}"
    note = made(await desk.post(f"{address}/notes", {"text": "Words."}))
    await desk.delete(f"{address}/notes/{note['id']}")
    made(await desk.post(f"{address}/stage", {"to": "in_review"}, If_Match="*"))


async def lists_happen(newsroom: Newsroom) -> None:
    desk, now = newsroom.desk, clock.now()
    for name in ("shown", "hidden"):
        made(await desk.post("/v1/lists", {"name": name}))
        address = f"/v1/lists/{name}"
        await desk.patch(address, {"length": 3}, If_Match="*")
        soon = {} if name == "shown" else {"at": wire_instant(now + timedelta(days=1)), "until": wire_instant(now + timedelta(days=2))}
        made(await desk.post(f"{address}/publish", soon, If_Match="*"))
    made(await desk.post("/v1/lists/shown/unpublish", {"at": wire_instant(now + timedelta(hours=1))}, If_Match="*"))
    made(await desk.post("/v1/lists/hidden/unpublish", {}, If_Match="*"))
    made(await desk.post("/v1/lists/hidden/publish", {"at": wire_instant(now + timedelta(minutes=1))}, If_Match="*"))
    with clock.stopped_at(now + timedelta(hours=3)):
        async with newsroom.database.reading() as session:
            due = await list_transitions.due(session, 10)
        for one in due:
            async with newsroom.database.writing() as session:
                await list_transitions.settle_due(session, one)
        await desk.delete("/v1/lists/hidden", If_Match="*")
    await desk.delete("/v1/lists/shown", If_Match="*")
    made(await desk.post("/v1/lists", {"name": "never seen"}))
    await desk.delete("/v1/lists/never-seen", If_Match="*")


async def live_coverage_happens(newsroom: Newsroom) -> None:
    desk, address = newsroom.desk, f"/v1/articles/{(await newsroom.article(kind='live_blog'))['id']}/blocks"
    for asked in ("", "?publish=true"):
        first = made(await desk.post(address + asked, {"title": "First"}))["id"]
        second = made(await desk.post(address + asked, {"title": "Second"}))["id"]
        await desk.post(f"{address}/{first}/move{asked}", {}, If_Match="*")
        await desk.patch(f"{address}/{second}{asked}", {"title": "Again"}, If_Match="*")
        await desk.patch(f"{address}/{second}", {"title": "Once more"}, If_Match="*")
        await desk.patch(f"{address}/{second}{asked}", {}, If_Match="*")
        await desk.delete(f"{address}/{first}{asked}", If_Match="*")
    hidden = f"/v1/articles/{(await newsroom.draft(kind='live_blog'))['id']}/blocks"
    unseen = made(await desk.post(hidden, {"title": "Unseen"}))["id"]
    await desk.patch(f"{hidden}/{unseen}?publish=true", {}, If_Match="*")


async def comments_happen(newsroom: Newsroom) -> None:
    made(await newsroom.desk.patch("/v1/comment-policies/site", {"edit_minutes": 5}, If_Match="*"))
    for moderation in ("post", "pre"):
        article = await newsroom.article(comments={"status": "open", "moderation": moderation})
        for verdicts in ((), ("spam", "hold", "reject"), ("approve", "hold", "approve", "reject", "approve", "spam")):
            comment = await comment_on(article["id"], newsroom)
            await newsroom.desk.patch(f"/v1/comments/{comment}", {"body": "Something else."}, If_Match="*")
            await newsroom.desk.patch(f"/v1/moderation/comments/{comment}", {"picked": True}, If_Match="*")
            for verdict in verdicts:
                await newsroom.desk.post(f"/v1/moderation/comments/{comment}/{verdict}", {}, If_Match="*")
            await newsroom.desk.delete(f"/v1/comments/{comment}", If_Match="*")
        above = await comment_on(article["id"], newsroom)
        await newsroom.desk.post(f"/v1/moderation/comments/{above}/approve", {}, If_Match="*")
        below = await comment_on(article["id"], newsroom, above)
        await newsroom.desk.post(f"/v1/moderation/comments/{below}/approve", {}, If_Match="*")
        for verdict in ("reject", "approve"):
            await newsroom.desk.post(f"/v1/moderation/comments/{above}/{verdict}", {}, If_Match="*")
        await erasures_happen(newsroom, article["id"])
        held = await comment_on(article["id"], newsroom)
        await newsroom.desk.delete(f"/v1/articles/{article['id']}", If_Match="*")
        await newsroom.desk.post(f"/v1/moderation/comments/{held}/approve", {}, If_Match="*")
        for comment, verdict in ((held, "reject"), (above, "reject"), (above, "approve")):
            await newsroom.desk.post(f"/v1/moderation/comments/{comment}/{verdict}", {}, If_Match="*")


async def moderation_happens(newsroom: Newsroom) -> None:
    article, reader, desk = await newsroom.article(), newsroom.client(None), newsroom.desk
    order = {"author": {"name": "A reader", "email": "reader@example.org"}, "body": "Something."}
    comment = made(await reader.post(f"/v1/articles/{article['id']}/comments", order))
    made(await reader.put(f"/v1/comments/{comment['id']}/report", {"code": "insult"}))
    await desk.post(f"/v1/moderation/comments/{comment['id']}/reject", If_Match="*")
    made(await reader.post(f"/v1/me/comments/{comment['id']}/appeal", {"text": "No."}, X_Claim_Token=comment["claim_token"]))
    made(await desk.post(f"/v1/moderation/appeals/{comment['id']}/decide", {"outcome": "upheld"}))
    sanction = made(await desk.post("/v1/moderation/sanctions", {"comment": comment["id"], "kind": "premod"}))
    await desk.delete(f"/v1/moderation/sanctions/{sanction['id']}")
    rule = made(await desk.post("/v1/moderation/rules", {"name": "Links", "conditions": [{"field": "links", "at_least": 3}]}))
    await desk.patch(f"/v1/moderation/rules/{rule['id']}", {"enabled": True}, If_Match="*")
    await desk.delete(f"/v1/moderation/rules/{rule['id']}", If_Match="*")


async def erasures_happen(newsroom: Newsroom, article: str) -> None:
    """Of a comment that readers see, and of one that they do not."""
    for verdict in ("approve", "reject"):
        comment = await comment_on(article, newsroom)
        await newsroom.desk.post(f"/v1/moderation/comments/{comment}/{verdict}", {}, If_Match="*")
        made(await newsroom.desk.post("/v1/people/erasures", {"comment": comment}))
    await erasing.carry_on(newsroom.database, newsroom.app.state.settings.signing_key)


async def votes_happen(newsroom: Newsroom) -> None:
    """A vote; and counters that were wrong, of what readers see and what they do not."""
    article = await newsroom.article()
    comments = [await comment_on(article["id"], newsroom) for _ in range(2)]
    made(await newsroom.client(None).put(f"/v1/comments/{comments[0]}/vote", {"vote": "up"}))
    await newsroom.desk.post(f"/v1/moderation/comments/{comments[1]}/reject", {}, If_Match="*")
    async with newsroom.database.writing() as session:
        await session.execute(update(Comment).values(reply_count=7))
    async for _ in check(newsroom.database, mend=True):
        pass


async def comment_on(article: str, newsroom: Newsroom, parent: str | None = None) -> Any:
    order = {"author": {"name": "A reader"}, "body": "Something.", "parent": parent}
    return made(await newsroom.client(None).post(f"/v1/articles/{article}/comments", order))["id"]
