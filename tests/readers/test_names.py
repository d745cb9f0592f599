"""Nobody signs with a name that passes for one of the newsroom's."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from app.core import ids
from app.events.models import Event
from app.readers import staff
from app.readers.names import claims, skeleton
from tests.newsroom import Client, Newsroom, made, pointers
from tests.plans import plan_of
from tests.readers.conftest import Club

ALIKE = [
    "Ana Ruiz", "ana ruiz", "ANA RUIZ", " Ana  Ruiz ", "AnaRuiz", "A.n.a R.u.i.z", "Ana_Ruiz", "Ana Ruíz", "Aña Rüiz", "Ana Ru\u200biz",
    "Ana\u2060 Ru\u00adiz", "Аna Ruiz", "Anа Ruіz", "Αna Ruiz", "Ana Ru1z", "Ana Rulz", "@na Ruiz", "4n4 Ruiz", "Ana Ru!z",
    "𝐀𝐧𝐚 𝐑𝐮𝐢𝐳", "Ａｎａ Ｒｕｉｚ",
    "ᴀɴᴀ ʀᴜɪᴢ", "Ana Ruiz (Editor)", "Editor Ana Ruiz", "Ana Ruiz, Staff Reporter", "Ana Ruiz [official]", "the real Аna Ruiz",
    "Ana Ruiz ✓", "✔ Ana Ruiz", "Ana Ruiz 🗞️", "Ana Ruiz\U000e0061", "🅐🅝🅐 🅁🅄🄸🅉",
    "ᎪNᎪ RUᎥᏃ", "ꭺna Ruiz", "ꓮꓠꓮ ꓣꓴꓲꓜ",
]  # fmt: skip
OTHERS = [
    "Ana",
    "Ruiz",
    "Anna Ruiz",
    "Ana Ruiz Gómez",
    "Mariana Ruiz",
    "Ana Ruiz-Holm",
    "Иван Петров",
    "王小明",
    "Editor",
    "A reader",
    "!!!",
]


@pytest.mark.parametrize("name", ALIKE)
def test_a_name_that_looks_the_same_has_the_same_skeleton(name: str) -> None:
    assert skeleton("Ana Ruiz") in set(claims(name))


@pytest.mark.parametrize("name", OTHERS)
def test_another_name_has_another(name: str) -> None:
    assert skeleton("Ana Ruiz") not in set(claims(name))


def test_names_in_other_alphabets_have_one_too() -> None:
    assert skeleton("Sara Cole") == skeleton("Տara Ϲole") == skeleton("ᏚᎪᎡᎪ ᏟOᏞᎬ")
    assert skeleton("👍") == ""
    assert skeleton("Bernard") == skeleton("Bemard")
    assert skeleton("Иван Петров") == skeleton("иван  ПЕТРОВ") != skeleton("Ivan Petrov")
    assert skeleton("王小明") == skeleton("王 小明") not in {"", skeleton("王小月")}


async def sign(client: Client, address: str, name: str) -> tuple[int, set[str]]:
    answer = await client.post(address, {"author": {"name": name}, "body": f"I am {name}."})
    return answer.status_code, pointers(answer) if answer.status_code == 422 else set()


async def test_guests_may_not_be_called_as_authors_are_called_now(newsroom: Newsroom) -> None:
    address, guest = f"/v1/articles/{(await newsroom.article())['id']}/comments", newsroom.client(None)
    assert await sign(guest, address, "Аna Ruiz") == (201, set())
    author = await newsroom.author("Ana Ruiz")

    assert await sign(guest, address, "Аna Ruiz") == (422, {"#/author/name"})
    assert await sign(newsroom.desk, address, "Ana Ruiz (staff)") == (422, {"#/author/name"})
    assert await sign(guest, address, "Anna Ruiz") == (201, set())
    made(await newsroom.desk.patch(f"/v1/authors/{author['id']}", {"name": "Bo Holm"}, If_Match="*"))
    assert await sign(guest, address, "B0 Holm") == (422, {"#/author/name"})
    assert await sign(guest, address, "Ana Ruiz") == (201, set())
    assert (await newsroom.desk.delete(f"/v1/authors/{author['id']}", If_Match="*")).status_code == 204
    assert await sign(guest, address, "Bo Holm") == (201, set())


async def test_nor_as_members_on_staff_are_whose_own_name_is_theirs(club: Club) -> None:
    guest, staff = club.newsroom.client(None), club.member(badge="Reporter")
    assert await sign(guest, club.address, "lda Holm") == (201, set())
    made(await club.member("u-2", name="Jo Vik").post(club.address, {"body": "I am a reader."}))
    made(await staff.post(club.address, {"body": "I work here."}))

    assert await sign(guest, club.address, "lda Holm") == (422, {"#/author/name"})
    assert await sign(guest, club.address, "Jo Vik") == (201, set())
    made(await staff.post(club.address, {"body": "I still do."}))


async def test_nor_by_members_whose_token_does_not_say_how_they_are_called(club: Club) -> None:
    await club.newsroom.author("Ana Ruiz")

    assert await sign(club.member("u-3", name=None), club.address, "Аna Ruiz") == (422, {"#/author/name"})
    assert await sign(club.member("u-3", name=None), club.address, "Bo Vik") == (201, set())
    assert await sign(club.member("u-4", name=None, badge="Reporter"), club.address, "Ana Ruiz") == (201, set())


async def test_who_is_new_in_the_newsroom_is_not_looked_for_through_the_whole_log(newsroom: Newsroom) -> None:
    """With a log in which one kind of event is frequent, and nearly all others are rare."""
    at = datetime(2031, 5, 1, tzinfo=UTC)
    common = {"at": at, "object_type": "comment", "actor_kind": "system", "request_id": "r", "changed": [], "tags": [], "data": {}}
    rows = [{**common, "seq": 1_000 + n, "id": ids.new(), "object_id": ids.new(), "type": "comment.created"} for n in range(2_000)]
    async with newsroom.database.writing() as session:
        await session.execute(insert(Event), rows)
        await session.execute(text("ANALYZE"))

    plan = await plan_of(newsroom.database, staff._ASKING)

    assert len([step for step in plan if "ix_events_type_seq" in step]) == 3, plan
    assert not [step for step in plan if "Seq Scan on events" in step or "pk_events" in step], plan
