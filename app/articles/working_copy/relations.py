"""What an article says of other articles: which it points to, and which it translates. Rules of the working copy."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import or_, select

from app.articles.errors import HasTranslations, TranslationTaken
from app.articles.models import Article
from app.articles.shown.stubs import Target, find_articles
from app.core import ids
from app.core.database import ReadSession, WriteSession
from app.core.errors import Fault, ValidationFailed
from app.core.pagination import Statement
from app.events.versions import Content

_ITSELF = "itself"


async def resolve(session: ReadSession, found: Content, faults: list[Fault]) -> None:
    """Turn the references in `found` into ids, those that lead nowhere into faults; no statement where it has none."""
    if "related" in found:
        found["related"] = [one if isinstance(one, dict) else {"article": one, "kind": "related"} for one in found["related"]]
    named = {f"#/related/{place}": one["article"] for place, one in enumerate(found.get("related", []))}
    if found.get("translation_of"):
        named["#/translation_of"] = found["translation_of"]
    known = await find_articles(session, named.values())
    faults += [Fault("unknown_reference", f"There is no article {ref}.", pointer) for pointer, ref in named.items() if ref not in known]
    if "related" in found:
        found["related"] = _once(found["related"], known)
    if found.get("translation_of"):
        target = known.get(found["translation_of"])
        found["translation_of"] = None if target is None else ids.encode("art", target.translation_of or target.id)


def _once(relations: list[Any], known: Mapping[str, Target]) -> list[Content]:
    """Each article once, where it stands first and with the kind that it has there."""
    kinds: dict[str, str] = {}
    for one in relations:
        if one["article"] in known:
            kinds.setdefault(ids.encode("art", known[one["article"]].id), one["kind"])
    return [{"article": article, "kind": kind} for article, kind in kinds.items()]


async def check(session: WriteSession, article: Article, changed: Collection[str]) -> None:
    """Raise where what was changed of an article may not be said of it; nobody is asked where that says nothing of others."""
    if not {"related", "translation_of"}.isdisjoint(changed):
        refuse_itself(article)
    if not {"language", "translation_of"}.isdisjoint(changed):
        await refuse_second(session, article)


def refuse_itself(article: Article) -> None:
    """Raise where the article points to itself, or translates itself."""
    own = ids.encode("art", article.id)
    faults = [
        Fault(_ITSELF, "An article cannot point to itself.", f"#/related/{place}")
        for place, one in enumerate(article.related or [])
        if one["article"] == own
    ]
    if article.translation_of == article.id:
        faults.append(Fault(_ITSELF, "It is the article itself, or a translation of it.", "#/translation_of"))
    if faults:
        raise ValidationFailed(errors=faults)


async def refuse_second(session: WriteSession, article: Article) -> None:
    """Raise where the group of translations has another article in the same language.

    The original's row is locked first, so that of two who bring the same language one sees the other.
    """
    original = article.translation_of
    if original is not None:
        await session.execute(select(Article.id).where(Article.id == original).with_for_update(key_share=True))
    for row in await session.execute(_group(article)):
        if original is not None and row.translation_of == article.id:
            raise HasTranslations(f"{ids.encode('art', row.id)} translates it.", article=ids.encode("art", row.id))
        if row.language == article.language:
            other = ids.encode("art", row.id)
            fault = Fault("taken", f"{other} has it.", "#/language")
            raise TranslationTaken(f"{other} is the group's article in {row.language}.", errors=[fault], article=other)


def _group(article: Article) -> Statement:
    """The others in the group of an article, and whatever translates the article itself."""
    original = article.translation_of or article.id
    mine = or_(Article.id == original, Article.translation_of.in_({original, article.id}))
    statement = select(Article.id, Article.language, Article.translation_of)
    return statement.where(mine, Article.id != article.id, Article.deleted_at.is_(None))
