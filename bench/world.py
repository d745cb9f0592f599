"""An invented newsroom of any size, the same for the same seed, as rows; `bench.loading` writes them straight into the tables.

Articles are put together from a pool of paragraphs whose words are analysed once, so that a million of them take minutes, not hours.
Each batch has a seed of its own, so that several processes can make up one world. Events are left out: nothing that is measured reads them.
"""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy.orm import DeclarativeBase

from app.articles import models as articles
from app.articles.shown.prepared import Refs, prepare
from app.authors.models import Author
from app.body import outline as bodies
from app.comments.models import Comment
from app.comments.tree import step
from app.core import clock, ids, search_index
from app.core.fulltext import indexable
from app.core.search_index import SearchEntry
from app.core.text import slugify
from app.sections.models import Section
from app.tags.models import Tag

SEED = 20_260_101
RARE, COMMON = "obsidian", "harbour"
"""A word that stands in 1 % of the articles, and one that stands in 25 %; in a twentieth of those in the headline too."""

BUSY_SLUG = "the-article-that-everybody-comments"
_COMMENTS, _COMMENT_ROOTS = 2_000, 1_200
_FIRST_DAY, _LAST_DAY = datetime(2021, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
_NEXT_CENTURY = datetime(2101, 1, 1, tzinfo=UTC)
_AUTHORS, _TAGS, _PARAGRAPHS, _VOCABULARY = 40, 200, 4_000, 8_000
_WORDS_IN_PARAGRAPH = 60
MANY = 500_000
_PARAGRAPHS_IN_ARTICLE, _PARAGRAPHS_OF_MANY = 10, 1
BATCH = 500
_TREE = {
    "world": ("europe", "asia", "americas"),
    "politics": ("elections", "courts"),
    "business": ("markets",),
    "sport": ("football",),
    "culture": (),
}  # fmt: skip

Rows = dict[type[DeclarativeBase], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Passage:
    """Some words in the three forms that an article is made of: as read, as indexed, and counted."""

    text: str
    tokens: str
    words: int

    @classmethod
    def of(cls, written: str) -> "Passage":
        return cls(written, indexable(written), len(written.split()))


def paragraphs(size: int) -> int:
    """How many paragraphs an article has: of so many that a disk would fill, few."""
    return _PARAGRAPHS_OF_MANY if size >= MANY else _PARAGRAPHS_IN_ARTICLE


def words(size: int) -> int:
    """How long an article is."""
    return paragraphs(size) * _WORDS_IN_PARAGRAPH


class Newsroom:
    """Everything that articles refer to and are made of."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = self._vocabulary()
        # As in every language, few words make most of a text.
        self.odds = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        self.pool = [self.passage() for _ in range(_PARAGRAPHS)]
        self.rare = [self.passage(RARE) for _ in range(100)]
        self.common = [self.passage(COMMON) for _ in range(1_000)]
        self.sections = list(self._sections())
        self.authors = [self._term(f"{self.word().title()} {self.word().title()}", number) for number in range(_AUTHORS)]
        self.tags = [self._term(self.word(), number) for number in range(_TAGS)]
        self.tag_odds = list(itertools.accumulate(1 / (rank + 1) for rank in range(_TAGS)))

    def _vocabulary(self) -> list[str]:
        syllables = [onset + vowel for onset in "bdfglmnprstvw" for vowel in ("a", "e", "i", "o", "an", "en", "or")]
        made = {"".join(self.random.choices(syllables, k=self.random.randint(1, 4))) for _ in range(_VOCABULARY)}
        return sorted(made)

    def word(self) -> str:
        return self.some(1)[0]

    def some(self, count: int) -> list[str]:
        return self.random.choices(self.words, cum_weights=self.odds, k=count)

    def passage(self, *including: str) -> Passage:
        words = [*self.some(_WORDS_IN_PARAGRAPH - len(including)), *including]
        self.random.shuffle(words)
        return Passage.of(" ".join(words).capitalize() + ".")

    def id(self, at: datetime) -> UUID:
        """A UUIDv7 that the seed decides."""
        return UUID(
            int=int(at.timestamp() * 1000) << 80 | 7 << 76 | self.random.getrandbits(12) << 64 | 2 << 62 | self.random.getrandbits(62)
        )

    def _record(self) -> dict[str, Any]:
        return {"id": self.id(_FIRST_DAY), "created_at": _FIRST_DAY, "revised_at": _FIRST_DAY, "version": 1, "description": None}

    def _term(self, name: str, number: int) -> dict[str, Any]:
        return {**self._record(), "name": name, "slug": f"{slugify(name)}-{number}"}

    def _sections(self) -> Iterator[dict[str, Any]]:
        for top, below in _TREE.items():
            parent = {**self._record(), "parent_id": None, "name": top.title(), "slug": top, "path": f"/{top}", "position": 0}
            yield parent
            for name in below:
                yield {**parent, **self._record(), "parent_id": parent["id"], "name": name.title(), "slug": name, "path": f"/{top}/{name}"}

    def base_rows(self) -> Rows:
        blank = {"kind": "person", "title": None, "image_url": None, "url": None}
        return {Section: self.sections, Author: [author | blank for author in self.authors], Tag: self.tags}

    def chosen(self, terms: list[dict[str, Any]], odds: list[float] | None, count: int) -> list[dict[str, Any]]:
        picked = self.random.choices(terms, cum_weights=odds, k=count)
        return list({term["id"]: term for term in picked}.values())


class Writer:
    """Writes one article after the other, as rows. Values of JSON columns are text already."""

    def __init__(self, size: int, seed: int = SEED) -> None:
        self.room, self.size, self.seed = Newsroom(seed), size, seed
        self.paragraphs = paragraphs(size)
        self.rows: Rows = {}

    def batch(self, first: int) -> Rows:
        """The articles from number `first` on, the same whoever writes them."""
        self.room.random.seed(f"{self.seed} {first}")
        self.rows = {}
        for number in range(first, min(first + BATCH, self.size)):
            self.write(number)
        return self.rows

    def add(self, table: type[DeclarativeBase], **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def write(self, number: int) -> None:
        """Article `number` of `size`; the last one is the newest, and the one that everybody comments."""
        room, chance = self.room, self.room.random
        at = _FIRST_DAY + (_LAST_DAY - _FIRST_DAY) * (number / self.size) + timedelta(microseconds=chance.randrange(10**9))
        content, tokens = self._content(number)
        article, section = room.id(at), chance.choice(room.sections)
        authors, tags = room.chosen(room.authors, None, chance.choice((1, 1, 2))), room.chosen(room.tags, room.tag_odds, 4)
        content["section_id"] = section["id"]
        self.add(
            articles.Article, **content, version=2, content_version=1, id=article, created_at=at, revised_at=at, published_at=None,
            body_source=None, notes=None, source=None, external_id=None, deleted_at=None,
        )  # fmt: skip
        names = indexable(" ".join(term["name"] for term in (*authors, *tags)))
        links = {articles.ArticleSection: [section], articles.ArticleAuthor: authors, articles.ArticleTag: tags}
        self._link(article, links)
        if self.size < MANY:
            # Of so many, half of the search entries would be of working copies, which no reader searches.
            self._index(number, place_of(at, public=False), article, tokens, names)
        self._open_thread(number, article)
        refs = Refs(
            ids.encode("sec", section["id"]), [], [(ids.encode("aut", author["id"]), "author") for author in authors],
            [ids.encode("tag", tag["id"]) for tag in tags],
        )  # fmt: skip
        shown = {articles.PublicationSection: [section], articles.PublicationAuthor: authors, articles.PublicationTag: tags}
        for place, (start, end) in enumerate(self._periods(number, at), 1):
            publication = self._publication(article, content, at, start, end, refs)
            self._link(publication, shown, published_at=at, article_id=article)
            self._index(number, place_of(at, public=True) + place, publication, tokens, names)
        if number == self.size - 1:
            self._discuss(article, at)

    def _publication(self, article: UUID, content: dict[str, Any], at: datetime, start: datetime, end: datetime, refs: Refs) -> UUID:
        """What readers see of an article first published `at`, from `start` to `end`: the row, and its id."""
        own = self.room.id(start)
        row = {
            **content, "version": 2, "content_version": 1, "id": own, "article_id": article, "visible_from": start,
            "visible_until": end, "published_at": at, "first_published_at": at, "updated_at": start, "significance": "major",
        }  # fmt: skip
        read = SimpleNamespace(**row | {name: json.loads(content[name]) for name in ("body", "lead_image")})
        prepare(read, refs)
        self.add(articles.Publication, **row, item=read.item, outline=read.outline, refs=read.refs)
        return own

    def _open_thread(self, number: int, article: UUID) -> None:
        closes = _NEXT_CENTURY + timedelta(days=number % 1000) if number % 20 == 0 else None
        busy = number == self.size - 1
        counters = {"visible_count": _COMMENTS, "root_count": _COMMENT_ROOTS, "next_root": _COMMENT_ROOTS}
        thread = {"status": "open", "moderation": "post", "closes_at": closes, "version": 1}
        self.add(articles.CommentThread, article_id=article, **thread, **(counters if busy else dict.fromkeys(counters, 0)))

    def _content(self, number: int) -> tuple[dict[str, Any], tuple[str, str, str]]:
        room, chance = self.room, self.room.random
        passages = chance.choices(room.pool, k=self.paragraphs)
        title = room.some(chance.randint(5, 9))
        for word, share, pool in ((RARE, 0.01, room.rare), (COMMON, 0.25, room.common)):
            if chance.random() < share:
                passages[chance.randrange(self.paragraphs)] = chance.choice(pool)
                if chance.random() < 0.05:
                    title[-1] = word
        headline, dek, standfirst = " ".join(title).capitalize(), " ".join(room.some(12)), " ".join(room.some(25))
        heading = Passage.of(" ".join(room.some(3)).title())
        blocks: list[dict[str, Any]] = [
            {"id": f"b{place}", "type": "paragraph", "html": passage.text} for place, passage in enumerate(passages, 1)
        ]
        blocks.insert(
            self.paragraphs // 2, {"id": "b90", "type": "heading", "level": 2, "text": heading.text, "anchor": slugify(heading.text)}
        )
        words = sum(passage.words for passage in passages) + heading.words + 25
        picture = {"url": f"https://images.example.org/{number}.jpg", "alt": dek, "caption": dek, "credit": "Staff"}
        content = {
            "kind": "article", "genre": "news", "language": "en", "headline": headline, "kicker": None, "dek": dek,
            "slug": BUSY_SLUG if number == self.size - 1 else f"{slugify(headline)}-{number}", "standfirst": standfirst,
            "byline": None, "location": None, "canonical_url": None, "rights": None,
            "lead_image": dense({**picture, "width": 1600, "height": 900}), "seo": None,
            "source_name": None, "source_url": None, "source_category": "staff", "body": dense(blocks), "word_count": words,
            "reading_minutes": -(-words // 200),
        }  # fmt: skip
        if number == 0:
            assert bodies.measure(standfirst, blocks) == (words, content["reading_minutes"])
        tokens = " ".join([*(passage.tokens for passage in passages), heading.tokens])
        return content, (indexable(headline), indexable(f"{dek}\n{standfirst}"), tokens)

    def _periods(self, number: int, at: datetime) -> list[tuple[datetime, datetime]]:
        """Of 100 articles 2 are drafts, 1 is scheduled, 2 were taken back, and 5 were published twice."""
        if number == self.size - 1:
            return [(at, clock.FOREVER)]
        later = at + timedelta(hours=3)
        match number % 100:
            case 10 | 60:
                return []
            case 20:
                return [(_NEXT_CENTURY + timedelta(minutes=number), clock.FOREVER)]
            case 30 | 70:
                return [(at, later)]
            case 5 | 25 | 45 | 65 | 85:
                return [(at, later), (later, clock.FOREVER)]
            case _:
                return [(at, clock.FOREVER)]

    def _link(self, owner: UUID, links: dict[Any, list[dict[str, Any]]], **columns: Any) -> None:
        for table, terms in links.items():
            target = table.__tablename__.partition("_")[2].removesuffix("s") + "_id"
            role = {"role": "author"} if target == "author_id" else {}
            for place, term in enumerate(terms):
                self.add(table, **{target: term["id"]}, owner_id=owner, position=place, **role, **columns)

    def _index(self, number: int, place: int, owner: UUID, tokens: tuple[str, str, str], names: str) -> None:
        title, lead, body = tokens
        self.add(SearchEntry, id=place + number * 4 % 2**18, owner_id=owner, title=title, lead=f"{lead} {names}", text=body)

    def _discuss(self, article: UUID, at: datetime) -> None:
        """A thread of 2,000 comments: 1,200 at the top, and 800 replies to the first 400 of them."""
        replies, replied = _COMMENTS - _COMMENT_ROOTS, 400
        each = replies // replied
        roots = [self.room.id(at) for _ in range(_COMMENT_ROOTS)]
        for place, root in enumerate(roots):
            below = each if place < replied else 0
            self._comment(article, at + timedelta(seconds=place), root, None, step(place), below)
            for reply in range(below):
                moment = at + timedelta(seconds=_COMMENT_ROOTS + place + reply * replied)
                self._comment(article, moment, self.room.id(moment), root, step(place) + step(reply), 0)

    def _comment(self, article: UUID, at: datetime, own: UUID, parent: UUID | None, path: str, below: int) -> None:
        body = " ".join(self.room.some(30))
        self.add(
            Comment, id=own, article_id=article, parent_id=parent, root_id=parent or own, reply_to_id=None, path=path,
            depth=0 if parent is None else 1, status="approved", open=True, visible=True, author_kind="guest", author_name="A reader",
            author_email=None, author_url=None, body=body, html=f"<p>{body}</p>", edited_at=None, up_votes=0, down_votes=0,
            reply_count=below, descendant_count=below, next_child=below, claim_digest=None, version=1, created_at=at, revised_at=at,
        )  # fmt: skip


def dense(value: Any) -> str:
    """JSON as the application keeps it."""
    return to_json(value).decode()


def place_of(at: datetime, *, public: bool) -> int:
    """The first place of a search entry within its millisecond."""
    return search_index._place(at, public=public) >> 19 << 19  # noqa: SLF001 - without its part of chance


def order(number: int, room: Newsroom) -> dict[str, Any]:
    """What an integrator posts: an article of the same length as the others, unlike any of them."""
    passages = [room.passage() for _ in range(_PARAGRAPHS_IN_ARTICLE)]
    return {
        "headline": f"{' '.join(room.some(7)).capitalize()} {number}",
        "dek": " ".join(room.some(12)),
        "standfirst": " ".join(room.some(25)),
        "section": room.random.choice(room.sections)["path"],
        "authors": [room.random.choice(room.authors)["slug"]],
        "tags": [tag["slug"] for tag in room.chosen(room.tags, room.tag_odds, 3)],
        "body": [{"type": "paragraph", "html": passage.text} for passage in passages],
    }
