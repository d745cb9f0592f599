"""What readers may not see occurs in no public answer of any operation, whatever was done and whenever it is asked."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core import clock
from app.core.schemas import wire_instant
from tests.newsroom import Newsroom, OpenNewsroom, Wire, by_chance, made, names
from tests.operations import Operation, reading, small_world

T = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STATES = ("draft", "scheduled", "ending", "unpublished", "deleted", "edited", "restored", "rescheduled", "taken_down", "returned")


def _canary(article: str, version: str = "") -> str:
    """A word that occurs nowhere else; search finds it as one token."""
    return f"canary{article}{version}x"


def _content(word: str) -> Wire:
    """An article with the word in every field that readers could meet."""
    return {
        "headline": f"Headline {word}", "kicker": word, "dek": word, "standfirst": word, "byline": word, "location": word,
        "notes": word, "rights": word, "seo": {"title": word, "description": word}, "source": {"name": word},
        "body": [{"type": "heading", "level": 2, "text": word}, {"type": "paragraph", "html": word}],
        "lead_image": {"url": f"https://images.example.org/{word}.jpg", "caption": word},
    }  # fmt: skip


async def _bring_into(newsroom: Newsroom, state: str, number: int, **fields: Any) -> Wire:
    """An article in one of the states, an hour before T; its secret is `canary…x`, what was once public is `canary…oldx`."""
    secret = _content(_canary(str(number)))
    if state in {"draft", "scheduled"}:
        article = await newsroom.draft(**secret, **fields)
        return await newsroom.publish(article, at=wire_instant(T)) if state == "scheduled" else article
    if state == "ending":
        return await newsroom.publish(await newsroom.draft(**secret, **fields), until=wire_instant(T))
    if state == "rescheduled":
        article = await newsroom.article(**_content(_canary(str(number), "old")), **fields)
        return await newsroom.publish(await newsroom.edit(article, slug=f"secret-{number}", **secret), at=wire_instant(T))
    if state == "edited":
        article = await newsroom.article(**_content(_canary(str(number), "old")), **fields)
        return await newsroom.edit(article, slug=f"secret-{number}", **secret)
    article = await newsroom.article(**secret, **fields)
    if state == "unpublished":
        return made(await newsroom.desk.post(f"/v1/articles/{article['id']}/unpublish", {}, If_Match="*"))
    if state in {"taken_down", "returned"}:
        made(await newsroom.desk.post(f"/v1/articles/{article['id']}/takedown", {"reason": "privacy"}, If_Match="*"))
    else:
        assert (await newsroom.desk.delete(f"/v1/articles/{article['id']}", If_Match="*")).status_code == 204
    if state in {"restored", "returned"}:
        made(await newsroom.desk.post(f"/v1/articles/{article['id']}/restore", {}, If_Match="*"))
    return article


def _without_echo(text: str, url: str) -> str:
    """What an answer tells beyond the slug that it was asked for."""
    for part in url.partition("?")[0].split("/") + url.split("=/"):
        text = text.replace(part, "…") if part.startswith("headline-") else text
    return text


def _is_public(state: str, moment: datetime) -> bool:
    """Whether readers may know the secret at `moment`."""
    return state == "returned" or (state in {"scheduled", "rescheduled"} and moment >= T) or (state == "ending" and moment < T)


def _addresses(operation: Operation, world: dict[str, str], articles: list[Wire]) -> list[str]:
    """The operation's own address in the small world, and one with each article and with each way of asking for more."""
    urls = [operation.url(world)]
    if "{ref}" in operation.template and operation.template.startswith("/v1/articles/"):
        for article in articles:
            urls += [
                operation.url({**world, "/v1/articles/ref": ref, "part": "b1", "block": "b1"}) for ref in (article["id"], article["slug"])
            ]
    if operation.template == "/v1/articles":
        found = [_canary(str(number))[:8] for number in range(3)]
        urls += [
            f"/v1/articles?limit=100&include=body,body_html,body_text,comments&count=exact&sort={sort}"
            for sort in ("updated_at", "-published_at")
        ]
        urls += [f"/v1/articles?limit=100&q={word}&highlight=true" for word in ("headline", *found)]
        urls += ["/v1/articles?include=related", f"/v1/articles/{world['article']}?include=related,translations"]
    if operation.template == "/v1/changes":
        urls.append("/v1/changes?limit=1000")
    if operation.template == "/v1/resolve":
        urls += [f"/v1/resolve?path=/{article['slug']}" for article in articles]
    if operation.template == "/v1/comments/counts":
        urls.append("/v1/comments/counts?article=" + ",".join(article["id"] for article in articles))
    return urls


@by_chance(examples=3)
async def test_a_secret_occurs_in_no_public_answer(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    async with open_newsroom() as newsroom:
        reader = newsroom.client(None)
        states = [*STATES, *chance.choices(STATES, k=4)]
        chance.shuffle(states)
        with clock.stopped_at(T - timedelta(hours=2)):
            world = await small_world(newsroom)
        with clock.stopped_at(T - timedelta(hours=1)):
            section = world["/v1/sections/ref"]
            articles = [
                await _bring_into(
                    newsroom, state, number, section=section, translation_of=world["article"], language=f"a{chr(97 + number)}"
                )
                for number, state in enumerate(states)
            ]
            pointing = made(await newsroom.desk.get(f"/v1/articles/{world['article']}?view=draft"))
            await newsroom.publish(await newsroom.edit(pointing, related=[article["id"] for article in articles]))
            front = {"items": [article["id"] for article in articles], "length": 100, "backfill": {}}
            made(await newsroom.desk.patch(f"/v1/lists/{world['/v1/lists/ref']}", front, If_Match="*"))
            made(await newsroom.desk.post(f"/v1/lists/{world['/v1/lists/ref']}/publish", {}, If_Match="*"))

        for moment in (T - SECOND, T, T + SECOND):
            with clock.stopped_at(moment):
                secrets = {_canary(str(number)) for number, state in enumerate(states) if not _is_public(state, moment)}
                seen_before = {_canary(str(number)) for number, state in enumerate(states) if state in _SEEN_BEFORE}
                everything = ""
                for operation in reading():
                    for url in _addresses(operation, world, articles):
                        answer = await reader.get(url)
                        assert answer.status_code < 500
                        told = _without_echo(answer.text, url)
                        # Where readers once found an article the log may say; what they do not find now, nobody else.
                        known = seen_before if operation.template == "/v1/changes" else set()
                        leaked = [word for word in secrets - known if word in told]
                        assert not leaked, (url, moment, [states[int(word[6:-1])] for word in leaked])
                        everything += told if answer.status_code == 200 and not known else ""
                for number, state in enumerate(states):
                    assert (_canary(str(number)) in everything) is _is_public(state, moment), (state, moment)


@by_chance(examples=3)
async def test_the_filter_by_status_says_what_the_record_says(open_newsroom: OpenNewsroom, chance: random.Random) -> None:
    async with open_newsroom() as newsroom:
        editor = newsroom.desk
        with clock.stopped_at(T - timedelta(hours=1)):
            articles = [await _bring_into(newsroom, state, number) for number, state in enumerate([*STATES, *chance.choices(STATES, k=3)])]

        for moment in (T - SECOND, T, T + SECOND):
            with clock.stopped_at(moment):
                listed = {status: await editor.all_pages(f"/v1/articles?view=draft&limit=100&status={status}") for status in _STATUSES}
                for status, found in listed.items():
                    assert {article["status"] for article in found} <= {status}
                assert sorted(ident for found in listed.values() for ident in names(found)) == sorted(names(articles))
                for article in articles:
                    seen = await newsroom.working(article)
                    assert article["id"] in names(listed[seen["status"]])


_SEEN_BEFORE = ("deleted", "restored", "unpublished", "ending")
_STATUSES = ("draft", "scheduled", "published", "unpublished", "taken_down", "deleted")
