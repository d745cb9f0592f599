"""Loads the invented newsroom through the same actions that the API uses, so that its log, search and counters are real."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.articles.models import Article
from app.articles.publications import publishing
from app.articles.publications.orders import PublishOrder
from app.articles.schemas import ArticleCreate, ArticleUpdate
from app.articles.working_copy.actions import create_article, edit_article
from app.authors.kind import AUTHORS
from app.authors.schemas import AuthorCreate
from app.catalogue.actions import create_term
from app.comments.actions import moderate
from app.comments.posting import HELD, UNCHECKED, post_comment
from app.comments.schemas import CommentCreate, comment_id
from app.core import clock
from app.core.database import Database, WriteSession
from app.curation import publishing as lists
from app.curation.actions import create_list
from app.curation.schemas import ListCreate, ListPublishOrder
from app.demo.stories import Content, Remark, Story, Update, Written
from app.events.models import Actor
from app.live.actions import add_update
from app.live.schemas import LiveUpdateCreate
from app.sections.actions import create_section
from app.sections.models import Section
from app.sections.schemas import SectionCreate
from app.tags.kind import TAGS
from app.tags.schemas import TagCreate

DEMO = Actor("import", name="demo")

_FOUNDED = timedelta(days=2)
_WRITING = timedelta(hours=3)
_IN_FRONT_OF_READERS = timedelta(hours=48)
_TO_MODERATE = timedelta(minutes=5)
_SINCE_THE_EDIT = timedelta(minutes=40)

Report = Callable[[int, int], object]


class DemoStandsAlreadyError(Exception):
    """The database has the demo's sections, or others of the same names."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing that happened in the newsroom, and when: one transaction."""

    at: datetime
    happen: Callable[[WriteSession], Awaitable[None]]


async def load_demo(database: Database, *, if_empty: bool, report: Report) -> int:
    """Load the invented newsroom and say how many articles it has; its history ends now.

    The clock is set back for each step, so nothing else may run in this process meanwhile. `report` is told how many steps are done,
    and of how many. With `if_empty` nothing is done where a section or an article stands already; without it the demo is refused where
    its own sections do.
    """
    content = Content()
    taken, filled = await _find_what_stands(database, content)
    if if_empty and filled:
        return 0
    if taken:
        raise DemoStandsAlreadyError(f"The section {taken} stands already. The demo is loaded once, into a database of its own.")
    steps = sorted(_History(content, clock.now()).steps(), key=lambda step: step.at)
    for done, step in enumerate(steps):
        report(done, len(steps))
        with clock.stopped_at(step.at):
            async with database.writing() as session:
                await step.happen(session)
    report(len(steps), len(steps))
    return len(content.stories)


async def _find_what_stands(database: Database, content: Content) -> tuple[str | None, bool]:
    """One of the demo's sections, where it exists; and whether there is anything at all."""
    slugs = [section["slug"] for section in content.newsroom["sections"]]
    async with database.reading() as session:
        taken = await session.scalar(select(Section.path).where(Section.slug.in_(slugs)).order_by(Section.path).limit(1))
        any_section = await session.scalar(select(Section.id).limit(1))
        any_article = await session.scalar(select(Article.id).limit(1))
    return taken, any_section is not None or any_article is not None


class _History:
    """What happened in the newsroom until `now`, step by step."""

    def __init__(self, content: Content, now: datetime) -> None:
        self.content = content
        self.now = now
        self._articles: dict[str, UUID] = {}
        self._comments: dict[int, UUID] = {}

    def steps(self) -> Iterator[_Step]:
        """Every step, not yet in order; of two at the same moment the first comes first."""
        oldest = max(story.about["age_hours"] for story in self.content.stories)
        yield _Step(self._hours_ago(oldest) - _FOUNDED, self._found)
        for story in self.content.stories:
            yield from self._story(story)
        yield _Step(self.now, self._arrange)

    async def _arrange(self, session: WriteSession) -> None:
        """The front page, as it is at the end."""
        front = await create_list(session, ListCreate.model_validate(self.content.newsroom["front_page"]), by=DEMO)
        await lists.publish(session, front, ListPublishOrder(), by=DEMO, if_match=None)

    async def _found(self, session: WriteSession) -> None:
        """The sections, the authors and the tags."""
        for place, section in enumerate(self.content.newsroom["sections"]):
            await create_section(session, SectionCreate(**section, position=place), by=DEMO)
        for author in self.content.newsroom["authors"]:
            await create_term(session, AUTHORS, AuthorCreate.model_validate(_author(author)).model_dump(), by=DEMO)
        for tag in self.content.newsroom["tags"]:
            await create_term(session, TAGS, TagCreate.model_validate(tag).model_dump(), by=DEMO)

    def _story(self, story: Story) -> Iterator[_Step]:
        state, moment = story.about["state"], self._hours_ago(story.about["age_hours"])

        async def create(session: WriteSession) -> None:
            order = ArticleCreate.model_validate(story.order())
            self._articles[story.slug] = (await create_article(session, order, by=DEMO))[0].id

        async def publish(session: WriteSession) -> None:
            order = PublishOrder(at=moment if state == "scheduled" else None)
            await publishing.publish(session, await self._article(session, story), order, by=DEMO, if_match=None)

        async def unpublish(session: WriteSession) -> None:
            await publishing.unpublish(session, await self._article(session, story), at=None, by=DEMO, if_match=None)

        async def edit(session: WriteSession) -> None:
            patch = ArticleUpdate.model_validate(story.edits())
            await edit_article(session, await self._article(session, story), patch, by=DEMO, if_match=None)

        public = self.now if state == "scheduled" else moment
        yield _Step(moment if state == "draft" else public - _WRITING, create)
        if state == "draft":
            return
        yield _Step(public, publish)
        if state == "unpublished":
            yield _Step(moment + _IN_FRONT_OF_READERS, unpublish)
        if state == "edited":
            yield _Step(self.now - _SINCE_THE_EDIT, edit)
        for update in story.updates:
            yield self._update(story, update, moment)
        for remark in self.content.remarks.get(story.slug, []):
            yield from self._remark(story, remark, moment + timedelta(hours=remark.words["hours_after"]))

    def _update(self, story: Story, update: Update, published: datetime) -> _Step:
        async def post(session: WriteSession) -> None:
            order = LiveUpdateCreate.model_validate(update.order)
            await add_update(session, await self._article(session, story), order, by=DEMO, publish=update.seen)

        return _Step(published + timedelta(hours=update.hours_after), post)

    def _remark(self, story: Story, remark: Remark, at: datetime) -> Iterator[_Step]:
        before = story.about.get("comments", {}).get("moderation") == "pre"

        async def post(session: WriteSession) -> None:
            parent = None if remark.parent is None else comment_id(self._comments[id(remark.parent)])
            order = CommentCreate.model_validate(
                {"author": {"name": remark.words["author"]}, "body": remark.words["body"], "parent": parent}
            )
            origin = HELD if remark.status == "pending" else UNCHECKED
            comment, _ = await post_comment(session, self._articles[story.slug], order, by=DEMO, origin=origin)
            self._comments[id(remark)] = comment.id

        async def judge(session: WriteSession) -> None:
            await moderate(session, self._comments[id(remark)], remark.words["status"], by=DEMO, if_match=None)

        yield _Step(at, post)
        if remark.status in {"rejected", "spam"} or (before and remark.status == "approved"):
            yield _Step(at + _TO_MODERATE, judge)

    async def _article(self, session: WriteSession, story: Story) -> Article:
        return await session.get_one(Article, self._articles[story.slug])

    def _hours_ago(self, hours: float) -> datetime:
        return self.now - timedelta(hours=hours)


def _author(written: Written) -> Written:
    """The demo's words for what the API calls `title` and `description`."""
    renamed = {"role_title": "title", "bio": "description"}
    return {renamed.get(name, name): value for name, value in written.items()}
