"""Makes the tables and the pages: `python fill.py articles.jsonl`; prints the id of the first of them."""

import json
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up first
from django.db import transaction  # noqa: E402
from newsroom.models import ArticlePage, Author  # noqa: E402
from wagtail.models import Page  # noqa: E402


def main() -> None:
    """One page after the other, by Wagtail's own means."""
    _make_tables()
    home = Page.objects.get(depth=2)
    authors: dict[str, Author] = {}
    with transaction.atomic(), Path(sys.argv[1]).open() as lines:
        for line in lines:
            article = json.loads(line)
            for author in article["authors"]:
                authors.setdefault(author["slug"], Author.objects.get_or_create(slug=author["slug"], defaults={"name": author["name"]})[0])
            page = home.add_child(instance=_page(article))
            page.authors.set([authors[author["slug"]] for author in article["authors"]])
            page.tags.add(*article["tags"])
            page.save()


def _make_tables() -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "newsroom_migrations"
        package.mkdir()
        (package / "__init__.py").touch()
        sys.path.insert(0, folder)
        call_command("makemigrations", "newsroom", verbosity=0)
        call_command("migrate", verbosity=0)


def _page(article: dict) -> ArticlePage:
    published = datetime.fromisoformat(article["published_at"])
    return ArticlePage(
        title=article["headline"], slug=article["slug"], dek=article["dek"], standfirst=article["standfirst"],
        body=[(block["type"], block["value"]) for block in article["body"]], first_published_at=published, last_published_at=published,
    )  # fmt: skip


main()
