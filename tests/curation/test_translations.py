"""The same article in several languages: one of each in a group, and only what readers see."""

import asyncio

from tests.newsroom import Client, Newsroom, Statements, Wire, made, names


async def translations(client: Client, article: Wire, query: str = "") -> list[Wire]:
    found: list[Wire] = made(await client.get(f"/v1/articles/{article['id']}/translations{query}"))["data"]
    return found


async def test_a_group_shows_what_readers_see_of_it_from_each_of_its_articles(newsroom: Newsroom, reader: Client) -> None:
    world = await newsroom.section()
    english = await newsroom.article(section=world["id"], slug="the-talks")
    german = await newsroom.article(language="de", translation_of="the-talks", canonical_url="https://zeitung.example.org/gespraeche")
    french = await newsroom.draft(language="fr", translation_of=german["id"])

    seen = [await translations(reader, article) for article in (english, german)]
    hidden = await reader.get(f"/v1/articles/{french['id']}/translations")
    working = await translations(newsroom.desk, french, "?view=draft")
    await newsroom.publish(french)

    assert seen[0] == seen[1]
    assert [(one["language"], one["href"], one["original"]) for one in seen[0]] == [
        ("de", "https://zeitung.example.org/gespraeche", False), ("en", "/world/the-talks", True),
    ]  # fmt: skip
    assert hidden.status_code == 404
    assert [(one["language"], one["status"]) for one in working] == [("de", "published"), ("en", "published"), ("fr", "draft")]
    assert [one["language"] for one in await translations(reader, english)] == ["de", "en", "fr"]
    page = made(await reader.get(f"/v1/articles/{german['id']}?include=translations"))
    assert page["translations"] == await translations(reader, english)
    assert (await newsroom.working(german))["translation_of"]["id"] == english["id"]
    assert names(made(await reader.get("/v1/articles?language=de,fr"))["data"]) == [french["id"], german["id"]]


async def test_a_group_has_one_article_for_each_language(newsroom: Newsroom) -> None:
    english = await newsroom.article()
    german = await newsroom.article(language="de", translation_of=english["id"])
    body = {"headline": "Noch einmal", "language": "de", "translation_of": english["id"]}

    second = await newsroom.desk.post("/v1/articles", body)
    changed = await newsroom.desk.patch(f"/v1/articles/{english['id']}", {"language": "de"}, If_Match="*")
    await newsroom.desk.delete(f"/v1/articles/{german['id']}", If_Match="*")
    heir = made(await newsroom.desk.post("/v1/articles", body))
    restored = await newsroom.desk.post(f"/v1/articles/{german['id']}/restore", If_Match="*")

    for refused, other in ((second, german), (changed, german), (restored, heir)):
        assert (refused.status_code, refused.json()["code"], refused.json()["article"]) == (409, "translation-taken", other["id"])


async def test_an_original_becomes_no_translation_and_nothing_translates_itself(newsroom: Newsroom) -> None:
    english, other = await newsroom.article(), await newsroom.article(language="it")
    german = await newsroom.article(language="de", translation_of=english["id"])

    original = await newsroom.desk.patch(f"/v1/articles/{english['id']}", {"translation_of": other["id"]}, If_Match="*")
    itself = await newsroom.desk.patch(f"/v1/articles/{english['id']}", {"translation_of": german["id"]}, If_Match="*")
    left = await newsroom.edit(german, translation_of=None)

    assert (original.status_code, original.json()["code"], original.json()["article"]) == (409, "has-translations", german["id"])
    assert itself.status_code == 422
    assert left["translation_of"] is None


async def test_of_two_who_bring_the_same_language_at_once_one_is_refused(newsroom: Newsroom) -> None:
    english = await newsroom.article()
    bodies = [{"headline": f"Deutsch {number}", "language": "de", "translation_of": english["id"]} for number in range(4)]

    answers = await asyncio.gather(*(newsroom.desk.post("/v1/articles", body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_language_changed_but_not_published_is_not_shown(newsroom: Newsroom, reader: Client) -> None:
    english = await newsroom.article()
    german = await newsroom.article(language="de", translation_of=english["id"])
    other = await newsroom.article()

    moved = await newsroom.edit(german, translation_of=other["id"])
    before = [names(await translations(reader, one)) for one in (english, other)]
    await newsroom.publish(moved)
    after = [names(await translations(reader, one)) for one in (english, other)]

    assert before == [[german["id"], english["id"]], [other["id"]]]
    assert after == [[english["id"]], [german["id"], other["id"]]]


async def test_statements_do_not_grow_with_the_group(newsroom: Newsroom, reader: Client, statements: Statements) -> None:
    english = await newsroom.article()
    for language in ("de", "fr", "it", "es", "pl"):
        await newsroom.article(language=language, translation_of=english["id"])

    with statements.counted(4):
        assert len(await translations(reader, english)) == 6
    with statements.counted(4):
        await reader.get(f"/v1/articles/{english['id']}?include=translations")
    with statements.counted(4):
        await newsroom.desk.get(f"/v1/articles/{english['id']}/translations?view=draft")
