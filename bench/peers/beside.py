"""Two peers measured in the same run: a tutorial-style FastAPI with SQLAlchemy, and Wagtail. Each has an environment of its own."""

import hashlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text

from app.articles.models import Article as OurArticle
from app.articles.models import ArticleAuthor, ArticleTag
from app.authors.models import Author as OurAuthor
from app.core import revisions
from app.sections.models import Section as OurSection
from app.tags.models import Tag as OurTag
from bench import servers, world, wrk
from bench.asking import reader
from bench.databases import Databases, keep_off_the_servers_core
from bench.peers.plain import models as plain
from bench.report import Row
from bench.servers import HOST, Server

_HERE = Path(__file__).parent
_PACKAGES = {
    "plain": ("fastapi==0.165.0", "sqlalchemy==2.1.9", "uvicorn[standard]==0.54.0", "psycopg[binary]==3.3.9"),
    "wagtail": ("wagtail==8.0.1", "gunicorn==27.0.1"),
}
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_LEAST_SECONDS = 5
"""A round of a peer lasts at least so long: 32 connections wait up to four seconds for one list."""
WAGTAIL_ARTICLES = 1_000


def environment(cache: Path, peer: str) -> Path:
    """The folder of the peer's programs; the first time it is installed from the package index that pip knows."""
    home = cache / "peers" / peer
    wanted = "\n".join(_PACKAGES[peer])
    note = home / "installed"
    if not note.exists() or note.read_text() != wanted:
        print(f"Installing {peer} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check", *_PACKAGES[peer]], check=True)
        note.write_text(wanted)
    return home / "bin"


# --- The tutorial-style application ------------------------------------------------------------------------------------


def measure_plain(kept: Databases, kind: str, size: int, *, rounds: int, seconds: int) -> list[Row]:
    """One article, a list, and the last page that its offset reaches."""
    programs = environment(kept.cache, "plain")
    digest = hashlib.sha256(b"".join(Path(found).read_bytes() for found in (world.__file__, plain.__file__, __file__))).hexdigest()[:8]
    with getattr(kept, kind)(f"plain_{size}_{digest}", lambda url: _build_plain(url, size)) as url:
        if kind == "postgresql":
            keep_off_the_servers_core(url)
        with servers.on_core(servers.LOAD_CORE), _plain(programs, url) as server:
            with reader(server.port) as one:
                listed = json.loads(one.insist(200, "/articles?limit=100")[1])
            deep = min(10_000, size // 20 - 1) * 20
            targets = {
                "one article": [f"/articles/{article['slug']}" for article in listed],
                "list of 20": ["/articles"],
                f"deep page of the list (page {deep // 20:,})": [f"/articles?offset={deep}"],
            }
            rows = [
                _measured(f"peer, plain FastAPI + SQLAlchemy: {name}", server, asked, rounds, seconds) for name, asked in targets.items()
            ]
    return _placed(rows, _NAMES[kind], size)


@contextmanager
def _plain(programs: Path, url: str) -> Iterator[Server]:
    port = servers.free_port()
    command = [str(programs / "python"), "-m", "uvicorn", "bench.peers.plain.main:app", "--host", HOST, "--port", str(port)]
    address = revisions.sync_url(url)
    with servers.running([*command, "--no-access-log"], port, {"PLAIN_DATABASE_URL": address}, path="/articles") as server:
        yield server


def _build_plain(url: str, size: int) -> None:
    engine = create_engine(revisions.sync_url(url))
    plain.Base.metadata.create_all(engine)
    writer = world.Writer(size)
    base = writer.room.base_rows()
    numbers = {row["id"]: number for rows in base.values() for number, row in enumerate(rows, 1)}
    with engine.begin() as connection:
        for table, ours in ((plain.Section, OurSection), (plain.Author, OurAuthor), (plain.Tag, OurTag)):
            columns = table.__table__.columns.keys()
            connection.execute(insert(table), [{**row, "id": numbers[row["id"]]} | {} for row in _only(base[ours], columns)])
        for first in range(0, size, world.BATCH):
            rows = writer.batch(first)
            ids = {row["id"]: number for number, row in enumerate(rows[OurArticle], first + 1)}
            articles = [_plain_article(row, ids[row["id"]], numbers) for row in rows[OurArticle]]
            connection.execute(insert(plain.Article), articles)
            for table, ours, key in ((plain.article_authors, ArticleAuthor, "author_id"), (plain.article_tags, ArticleTag, "tag_id")):
                links = [{"article_id": ids[row["owner_id"]], "other_id": numbers[row[key]]} for row in rows[ours]]
                connection.execute(insert(table), links)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))
    engine.dispose()


def _only(rows: list[dict[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in columns} for row in rows]


def _plain_article(row: dict[str, Any], number: int, numbers: dict[Any, int]) -> dict[str, Any]:
    same = _only([row], ("slug", "headline", "dek", "standfirst", "word_count"))[0]
    body = "".join(_html(block) for block in json.loads(row["body"]))
    when = row["created_at"].replace(tzinfo=None)
    return same | {"id": number, "body": body, "published_at": when, "section_id": numbers[row["section_id"]]}


def _html(block: dict[str, Any]) -> str:
    return f"<p>{block['html']}</p>" if block["type"] == "paragraph" else f"<h2>{block['text']}</h2>"


# --- Wagtail -----------------------------------------------------------------------------------------------------------


def measure_wagtail(kept: Databases, *, rounds: int, seconds: int) -> list[Row]:
    """One page and a list of 20 from Wagtail's own API, one gunicorn worker, SQLite."""
    programs = environment(kept.cache, "wagtail")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted((_HERE / "wagtail").rglob("*.py")))).hexdigest()[:8]
    database = kept.cache / f"wagtail_{digest}.db"
    if not database.exists():
        _build_wagtail(programs, database)
    port = servers.free_port()
    command = [str(programs / "gunicorn"), "--workers", "1", "--threads", "4", "--bind", f"{HOST}:{port}", "--keep-alive", "60"]
    command += ["django.core.wsgi:get_wsgi_application()"]
    listing = "/api/v2/pages/?type=newsroom.ArticlePage&fields=dek,standfirst,authors,tags&limit=20&order=-first_published_at"
    with servers.on_core(servers.LOAD_CORE), servers.running(
        command, port, _django(database), path="/api/v2/pages/", cwd=_HERE / "wagtail"
    ) as server:  # fmt: skip
        with reader(server.port) as one:
            listed = json.loads(one.insist(200, listing)[1])["items"]
        pages = [f"/api/v2/pages/{page['id']}/" for page in listed]
        found = (("one article", pages), ("list of 20", [listing]))
        rows = [_measured(f"peer, Wagtail 8.0.1: {name}", server, targets, rounds, seconds) for name, targets in found]
    return _placed(rows, _NAMES["sqlite"], WAGTAIL_ARTICLES)


def _build_wagtail(programs: Path, database: Path) -> None:
    unfinished = database.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    articles = database.with_suffix(".jsonl")
    articles.write_text("".join(_wagtail_articles()))
    fill = [str(programs / "python"), "fill.py", str(articles)]
    subprocess.run(fill, cwd=_HERE / "wagtail", env={**os.environ, **_django(unfinished)}, check=True)
    articles.unlink()
    unfinished.rename(database)


def _wagtail_articles() -> Iterator[str]:
    writer = world.Writer(WAGTAIL_ARTICLES)
    base = writer.room.base_rows()
    terms = {row["id"]: row for rows in base.values() for row in rows}
    for first in range(0, WAGTAIL_ARTICLES, world.BATCH):
        rows = writer.batch(first)
        for row in rows[OurArticle]:
            authors = [terms[link["author_id"]] for link in rows[ArticleAuthor] if link["owner_id"] == row["id"]]
            tags = [terms[link["tag_id"]]["slug"] for link in rows[ArticleTag] if link["owner_id"] == row["id"]]
            blocks = [
                {"type": block["type"], "value": _html(block) if block["type"] == "paragraph" else block["text"]}
                for block in json.loads(row["body"])
            ]
            yield json.dumps({
                **_only([row], ("slug", "headline", "dek", "standfirst"))[0], "published_at": row["created_at"].isoformat(), "body": blocks,
                "authors": _only(authors, ("name", "slug")), "tags": tags,
            }) + "\n"  # fmt: skip


def _django(database: Path) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "settings", "WAGTAIL_DATABASE": str(database)}


# --- Both --------------------------------------------------------------------------------------------------------------


def _placed(rows: list[Row], database: str, size: int) -> list[Row]:
    for row in rows:
        row.database, row.size = database, size
    return rows


def _measured(name: str, server: Server, targets: list[str], rounds: int, seconds: int) -> Row:
    with reader(server.port) as one:
        kilobytes = statistics.mean(len(one.insist(200, target)[1]) for target in targets) / 1000
        alone = one.alone(targets, {})
    before = server.cpu_seconds()
    seen = [wrk.drive(server.port, targets, {}, max(seconds, _LEAST_SECONDS)) for _ in range(rounds)]
    requests = sum(each.requests for each in seen)
    middle: Callable[[str], float] = lambda what: statistics.median(getattr(each, what) for each in seen)  # noqa: E731
    return Row(
        name, per_second=middle("per_second"), p50=middle("p50"), p99=middle("p99"), alone=alone, kilobytes=kilobytes,
        cpu=(server.cpu_seconds() - before) / requests * 1000 if requests else None,
    ).shown()  # fmt: skip
