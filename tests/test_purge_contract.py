"""Every address whose answer a change alters carried a tag that the change's events list: whoever purges by tags shows nothing stale.

`DATELINE_TEST_PURGES` lets more newsrooms be tried than the few that a gate has time for.
"""

import os
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from httpx2 import Response

from app.comments.people import erasing
from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Client, Newsroom, OpenNewsroom, Wire, by_chance, made
from tests.operations import reading, small_world

Change = Callable[[], Awaitable[Any]]
_UNTAGGED = (
    "/v1/changes", "/healthz", "/readyz", "/v1/me", "/v1/keys", "/v1/moderation", "/v1/comment-policies", "/v1/comments/form", "/v1/people",
)  # fmt: skip


class World:
    """A small newsroom in which everything can be changed."""

    def __init__(self, newsroom: Newsroom, chance: random.Random) -> None:
        self.newsroom, self.chance, self.desk = newsroom, chance, newsroom.desk
        self.places: dict[str, str] = {}
        self.sections: list[Wire] = []
        self.authors: list[Wire] = []
        self.tags: list[Wire] = []
        self.articles: list[str] = []
        self.drafts: list[str] = []
        self.lists: list[str] = []
        self.comments: list[str] = []
        self.live, self.updates = "", list[str]()
        self.taken: list[str] = []
        self.deleted: list[str] = []
        self.number = 0

    async def open(self) -> None:
        """Two trees of sections, authors, tags, and articles that stand in them."""
        self.places = await small_world(self.newsroom)
        for name, parent in (("Europe", "world"), ("Baltic", "europe"), ("Sport", None)):
            self.sections.append(await self.newsroom.section(name, parent=parent))
        self.authors = [await self.newsroom.author(name) for name in ("Ben Holm", "Cem Aydin")]
        self.tags = [await self.newsroom.tag(name) for name in ("Ferries", "Strikes", "Harbours")]
        for _ in range(4):
            await self.publish_new()
        for rule in ({"sections": ["/world"]}, {"tags": [self.tags[0]["id"]], "kinds": ["article"]}):
            self.lists.append(made(await self.desk.post("/v1/lists", {"name": self._name(), "length": 3, "backfill": rule}))["id"])
        self.live = (await self.newsroom.article(**self._fields(), kind="live_blog"))["id"]
        self.articles.append(self.live)
        for _ in range(2):
            await self.post_update()
        self.opened = clock.now()

    def _name(self) -> str:
        self.number += 1
        return f"Ferry {self.number}"

    def _fields(self) -> Wire:
        pick = self.chance.sample
        return {
            "headline": self._name(), "section": self.chance.choice([None, *(one["id"] for one in self.sections)]),
            "authors": [one["id"] for one in pick(self.authors, min(1, len(self.authors)))],
            "tags": [one["id"] for one in pick(self.tags, min(2, len(self.tags)))],
        }  # fmt: skip

    async def publish_new(self) -> None:
        self.articles.append((await self.newsroom.article(**self._fields()))["id"])

    async def republish(self) -> None:
        article = await self._article()
        if article["status"] != "taken_down":
            await self.newsroom.publish(await self.newsroom.edit(article, **self._fields()))

    async def draft(self) -> None:
        self.drafts.append((await self.newsroom.draft(**self._fields()))["id"])

    async def publish_draft(self) -> None:
        if self.drafts:
            made(await self.desk.post(f"/v1/articles/{self.drafts[0]}/publish", {}, If_Match="*"))
            self.articles.append(self.drafts.pop(0))

    async def relate(self) -> None:
        article = await self._article()
        others = [one for one in (*self.articles, *self.drafts) if one != article["id"]]
        await self.newsroom.publish(await self.newsroom.edit(article, related=self.chance.sample(others, min(3, len(others)))))

    async def translate(self) -> None:
        """Move an article into the group of another, where that is possible, in a language of its own."""
        self.number += 1
        said = {"translation_of": self.chance.choice([None, *self.articles]), "language": f"q{chr(97 + self.number % 26)}"}
        article = self.chance.choice([each for each in self.articles if each not in self.taken] or self.articles)
        answer = await self.desk.patch(f"/v1/articles/{article}", said, If_Match="*")
        assert answer.status_code in {200, 409, 422}
        if answer.status_code == 200 and article not in self.taken:
            await self.newsroom.publish(answer.json())

    async def restore_revision(self) -> None:
        """An older revision becomes the working copy, and perhaps what readers see."""
        article = await self._article()
        path, only = f"/v1/articles/{article['id']}", {"fields": ["headline", "body"]}
        number = self.chance.randint(1, article["version"])
        restored = await self.desk.post(f"{path}/revisions/{number}/restore", only, If_Match="*")
        if restored.status_code == 200 and self.chance.random() < 0.5:
            await self.desk.post(f"{path}/publish", {}, If_Match="*")

    async def merge_edits(self) -> None:
        """A change of an older version is put upon what others changed."""
        article = await self._article()
        path, stale = f"/v1/articles/{article['id']}", f'"{article["version"]}"'
        if (await self.desk.patch(path, {"dek": self._name()}, If_Match=stale)).status_code == 200:
            made(await self.desk.patch(f"{path}?merge=auto", {"kicker": self._name()}, If_Match=stale))

    async def arrange(self) -> None:
        """Put an article into a list, or take one out, and publish it, or take it back."""
        address = f"/v1/lists/{self.chance.choice(self.lists)}"
        item = f"{address}/items/{self.chance.choice([*self.articles, *self.drafts])}"
        if self.chance.random() < 0.7:
            made(await self.desk.put(item, {"position": 1, "kicker": self.chance.choice([None, self._name()])}, If_Match="*"))
        else:
            assert (await self.desk.delete(item, If_Match="*")).status_code in {200, 404}
        made(await self.desk.post(f"{address}/{self.chance.choice(['publish', 'publish', 'unpublish'])}", {}, If_Match="*"))

    async def edit_only(self) -> None:
        await self.newsroom.edit(await self._article(), dek=self._name())

    async def unpublish(self) -> None:
        await self.desk.post(f"/v1/articles/{self.chance.choice(self.articles)}/unpublish", {}, If_Match="*")

    async def correct(self) -> None:
        """What nobody sees cannot be corrected; that it is refused is no news."""
        order = {"significance": "correction", "correction": {"text": self._name()}}
        await self.desk.post(f"/v1/articles/{self.chance.choice(self.articles)}/publish", order, If_Match="*")

    async def schedule(self) -> None:
        """What is to come is no news yet, and neither is that it is called off."""
        article = await self._article()
        if article["status"] == "taken_down":
            return
        at = wire_instant(clock.now() + timedelta(days=self.chance.randint(1, 3)))
        path = f"/v1/articles/{article['id']}"
        await self.newsroom.publish(await self.newsroom.edit(article, **self._fields()), at=at)
        coming = made(await self.desk.get(f"{path}/schedule"))["data"]
        await self.desk.delete(f"{path}/schedule/{self.chance.choice(coming)['id']}", If_Match="*")

    async def delete(self) -> None:
        article = self.chance.choice([each for each in self.articles if each != self.live])
        self.articles.remove(article)
        self.taken = [each for each in self.taken if each != article]
        await self.desk.delete(f"/v1/articles/{article}", If_Match="*")
        self.deleted.append(article)

    async def purge(self) -> None:
        assert (await self.desk.post(f"/v1/articles/{self.deleted.pop()}/purge", If_Match="*")).status_code == 200

    async def take_down(self) -> None:
        article = self.chance.choice(self.articles)
        made(await self.desk.post(f"/v1/articles/{article}/takedown", {"reason": "other"}, If_Match="*"))
        self.taken.append(article)

    async def bring_back(self) -> None:
        article = self.taken.pop()
        made(await self.desk.post(f"/v1/articles/{article}/restore", {}, If_Match="*"))

    async def close_discussion(self) -> None:
        await self.newsroom.edit(await self._article(), comments={"status": self.chance.choice(["open", "closed", "disabled"])})

    async def say(self) -> None:
        """Something of discussions on the site, in a section, or under an article."""
        places = ["site", *(f"sections/{one['id']}" for one in self.sections)]
        states = [{"state": state} for state in ("disabled", "closed", None)]
        said = self.chance.choice([*states, {"max_length": 500}, {"close_after_days": 3}])
        made(await self.desk.patch(f"/v1/comment-policies/{self.chance.choice(places)}", said, If_Match="*"))

    async def comment(self) -> None:
        letter = {"author": {"name": "A reader"}, "body": self._name()}
        answer = await self.desk.post(f"/v1/articles/{self.chance.choice(self.articles)}/comments", letter)
        if answer.status_code == 201:
            self.comments.append(answer.json()["id"])

    async def moderate(self) -> None:
        if self.comments:
            verdict = self.chance.choice(["approve", "reject"])
            await self.desk.post(f"/v1/moderation/comments/{self.chance.choice(self.comments)}/{verdict}", If_Match="*")

    async def vote(self) -> None:
        """Somebody else's comment may be gone by now; that a vote for it is refused is no news."""
        if self.comments:
            path, guest = f"/v1/comments/{self.chance.choice(self.comments)}/vote", self.newsroom.client(None)
            choice = self.chance.choice(["up", "down", None])
            await (guest.delete(path) if choice is None else guest.put(path, {"vote": choice}))

    async def mark(self) -> None:
        if self.comments:
            marks = {self.chance.choice(["picked", "pinned", "locked"]): self.chance.random() < 0.7}
            await self.desk.patch(f"/v1/moderation/comments/{self.chance.choice(self.comments)}", marks, If_Match="*")

    async def erase(self) -> None:
        """Somebody wants what they wrote to be gone."""
        if self.comments:
            made(await self.desk.post("/v1/people/erasures", {"comment": self.chance.choice(self.comments)}))
            await erasing.carry_on(self.newsroom.database, self.newsroom.app.state.settings.signing_key)

    async def post_update(self) -> None:
        order = {"title": self._name(), "key_event": True, "authors": [one["id"] for one in self.authors[:1]]}
        self.updates.append(made(await self.desk.post(f"/v1/articles/{self.live}/blocks?publish=true", order))["id"])

    async def change_update(self) -> None:
        address, publish = f"/v1/articles/{self.live}/blocks", self.chance.choice(["?publish=true", ""])
        one = self.chance.choice(self.updates)
        how = self.chance.choice(["edit", "move", "delete"])
        if how == "edit":
            made(await self.desk.patch(f"{address}/{one}{publish}", {"title": self._name()}, If_Match="*"))
        elif how == "move":
            made(await self.desk.post(f"{address}/{one}/move{publish}", {}, If_Match="*"))
        elif len(self.updates) > 1:
            self.updates.remove(one)
            await self.desk.delete(f"{address}/{one}{publish}", If_Match="*")

    async def rename(self) -> None:
        kind = self.chance.choice(["sections", "authors", "tags"])
        one = self.chance.choice(getattr(self, kind))
        field = self.chance.choice(["name", "slug", "description"])
        value = self._name() if field != "slug" else self._name().lower().replace(" ", "-")
        made(await self.desk.patch(f"/v1/{kind}/{one['id']}", {field: value}, If_Match="*"))

    async def move_section(self) -> None:
        one = self.chance.choice(self.sections)
        parent = self.chance.choice([None, *(other["id"] for other in self.sections)])
        answer = await self.desk.patch(f"/v1/sections/{one['id']}", {"parent": parent}, If_Match="*")
        assert answer.status_code in {200, 409}

    async def merge(self) -> None:
        kind = self.chance.choice(["authors", "tags"])
        known = getattr(self, kind)
        if len(known) > 1:
            gone, heir = known.pop(), known[0]
            assert (await self.desk.delete(f"/v1/{kind}/{gone['id']}?move_to={heir['id']}", If_Match="*")).status_code == 204

    async def make_term(self) -> None:
        self.tags.append(await self.newsroom.tag(self._name()))

    async def _article(self) -> Wire:
        return made(await self.desk.get(f"/v1/articles/{self.chance.choice(self.articles)}?view=draft"))

    def changes(self) -> list[Change]:
        """Everything that a newsroom and its readers do; what happens most stands more than once."""
        often = [self.publish_new, self.republish, self.comment, self.relate, self.publish_draft if self.drafts else self.draft]
        rarely = [self.edit_only, self.unpublish, self.close_discussion, self.moderate, self.rename, self.move_section, self.merge]
        rarely += [self.mark, self.vote, self.say, self.say, self.translate, self.arrange, self.arrange, self.schedule, self.correct]
        rarely += [self.erase]
        rarely += [] if self.live in self.taken else [self.post_update, self.change_update]
        rarely += [self.take_down, *([self.bring_back] * 3 if self.taken else []), *([self.purge] * 2 if self.deleted else [])]
        rarely += [self.restore_revision, self.merge_edits]
        return [*often * 2, *rarely, self.make_term, *([self.delete] if len(self.articles) > 2 else [])]

    def addresses(self) -> list[str]:
        """Every public address, and lists in many forms."""
        found = {operation.url(self.places) for operation in reading() if not operation.template.startswith(_UNTAGGED)}
        for article in self.articles:
            rests = ("", "/comments", "/comments/featured", "/comment-policy", "/sections", "?include=comments,body_text")
            found |= {f"/v1/articles/{article}{rest}" for rest in rests}
            found.add(f"/v1/articles/{article}?include=related,translations")
        found |= {f"/v1/articles/{self.live}/blocks{rest}" for rest in ("", "?since=0", "?filter=key_events", "?limit=1")}
        found |= {f"/v1/articles/{self.live}/blocks/{one}" for one in self.updates} | {f"/v1/articles/{self.articles[0]}/blocks"}
        found.add(f"/v1/comments/counts?article={','.join(self.articles)}")
        filters = [
            "include=body_text&limit=100",
            "",
            "count=exact&fields=headline",
            "section=world",
            "section=europe",
            "section=sport",
            "section=world&descendants=false",
            "q=ferry",
            "sort=updated_at",
        ]
        filters += [f"{kind}={one['slug']}" for kind, known in (("author", self.authors), ("tag", self.tags)) for one in known]
        filters += [
            "section[ne]=sport",
            "kind=article",
            f"tag={self.tags[0]['id']}&section=world",
            "limit=1",
            "include=related",
            "count=exact&fields=headline",
        ]
        found |= {f"/v1/articles?{asked}" for asked in filters}
        found |= {f"/v1/{kind}/{one['id']}" for kind in ("sections", "authors", "tags") for one in getattr(self, kind)}
        found |= {f"/v1/comments/{one}{rest}" for one in self.comments for rest in ("", "/replies?sort=best", "/ancestors")}
        found |= {f"/v1/articles/{article}/comments?{shape}" for article in self.articles for shape in ("sort=best", "mode=flat")}
        found |= {f"/v1/articles/{article}/comments/changes{since}" for article in self.articles for since in ("", "?since=0")}
        found |= {"/v1/sections?tree=true", "/v1/resolve?path=/world"}
        found |= {f"/v1/lists/{one}{rest}" for one in self.lists for rest in ("", "/items")} | {"/v1/lists"}
        return sorted(found | {f"{address}{'&' if '?' in address else '?'}as_of={wire_instant(self.opened)}" for address in self.of_then()})

    def of_then(self) -> list[str]:
        """Addresses that are asked as of the beginning too."""
        first, live = self.articles[0], f"/v1/articles/{self.live}"
        of_one = [f"/v1/articles/{first}{rest}" for rest in ("", "/related", "/translations", "/sections")] + [live, f"{live}/blocks"]
        return [
            *of_one,
            "/v1/articles",
            "/v1/articles?section=world",
            "/v1/articles?q=ferry",
            "/v1/sections?tree=true",
            *(f"/v1/lists/{one}/items" for one in self.lists),
        ]


async def crawl(reader: Client, addresses: list[str]) -> dict[str, Response]:
    return {address: await reader.get(address) for address in addresses}


def tags_of(answer: Response) -> set[str]:
    return set(answer.headers.get("cache-tag", "").split(","))


@by_chance(examples=int(os.environ.get("DATELINE_TEST_PURGES", "1")), long=True)
async def test_what_changed_carried_a_tag_that_its_events_list(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    purged = needless = 0
    async with open_newsroom() as newsroom:
        reader, answers, world = newsroom.client(None), newsroom.app.state.answers, World(newsroom, chance)
        await world.open()
        for _ in range(12):
            addresses = world.addresses()
            answers.clear()
            before = await crawl(reader, addresses)
            seq = (await newsroom.desk.get("/v1/changes?limit=1000")).json()["next_since"]

            await chance.choice(world.changes())()

            events = (await newsroom.desk.get(f"/v1/changes?since={seq}&limit=1000")).json()["data"]
            dirty = {tag for event in events for tag in event["tags"]}
            held = await crawl(reader, addresses)
            answers.clear()
            after = await crawl(reader, addresses)
            for address, old in before.items():
                fresh = after[address]
                assert (held[address].status_code, held[address].status_code != 200 or held[address].content) == (
                    fresh.status_code, fresh.status_code != 200 or fresh.content,
                ), address  # fmt: skip
                if old.status_code != 200 or "no-store" in old.headers["cache-control"]:
                    continue  # What nobody may keep, as a preview, nobody has to purge.
                changed = fresh.status_code != 200 or fresh.content != old.content
                touched = not tags_of(old).isdisjoint(dirty)
                assert touched or not changed, (address, tags_of(old), dirty, [event["type"] for event in events])
                purged, needless = purged + touched, needless + (touched and not changed)
    assert purged > 50
    assert needless < purged, f"{needless} of {purged} purges were needless"
