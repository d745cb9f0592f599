"""How articles refuse."""

from typing import Any, ClassVar

from app.core.errors import Problem


class ArticleNotFound(Problem):
    """There is no such article, or none that readers may see at this moment: a draft, a scheduled, an unpublished or a deleted one.

    The working copy is asked for with `view=draft`, and a key with the scope `articles:read`.
    """

    status, title = 404, "There is no such article"


class ArticleDeleted(Problem):
    """The article is in the trash. `POST /v1/articles/{ref}/restore` brings it back; until then it can be read, but not changed."""

    status, title = 409, "The article is deleted"


class ApprovalNeeded(Problem):
    """The newsroom publishes what is approved, and this is not. `moves` lists where the article can be moved, each with the scope it takes.

    `POST /v1/articles/{ref}/stage` moves it. An edit makes what was approved a draft again. A key with `articles:publish_unapproved` may
    publish without.
    """

    status, title = 409, "The article is not approved"
    example: ClassVar[dict[str, Any]] = {
        "detail": "It is draft.", "stage": "draft", "moves": [{"to": "in_review", "scope": "articles:write"}],
    }  # fmt: skip


class ArticleTakenDown(Problem):
    """The article was taken down: readers see nothing of it any more, of the past as little as of the present.

    Its address stays its own. The reason is not told here: that there is a dispute, or that somebody asked for it, may itself be what
    must not be told. Keys with `articles:read` find it in `takedown` of the working copy.
    """

    status, title = 410, "The article was taken down"


class ArticleWithheld(Problem):
    """The article is taken down: nothing of it can be published or scheduled, and no schedule of it changed.

    The working copy can be edited meanwhile. `POST /v1/articles/{ref}/restore` ends the take-down.
    """

    status, title = 409, "The article is taken down"


class SourceRefTaken(Problem):
    """Another article was ingested under this `source_ref` already. `article` is its id.

    `PUT /v1/articles/by-source/{source}/{external_id}` brings it up to date, whether it is there or not.
    """

    status, title = 409, "The source reference is taken"


class TranslationTaken(Problem):
    """The group of translations has an article in this language already. `article` is its id.

    A group is an original and all that name it in `translation_of`. It has one article for each language.
    """

    status, title = 409, "There is a translation into this language"


class HasTranslations(Problem):
    """Other articles translate this one, so it cannot become a translation itself. Let them name another original first."""

    status, title = 409, "The article is an original"


class BodySectionNotFound(Problem):
    """The article has no part with this anchor or block id. `outline` in the article lists its parts."""

    status, title = 404, "The article has no such part"


class PublishingPeriodEmpty(Problem):
    """`until` must be later than `at`, and both later than now."""

    status, title = 422, "The period of publication is empty"


class ArticleEmbargoed(Problem):
    """The article is under embargo: nobody may publish it for a moment before its `embargo_until`, which the problem names.

    Publish it `at` that moment or later; or change `embargo_until` first, if it was agreed. An embargo is refused, too, while a publication
    is scheduled for a moment before: `GET /v1/articles/{ref}/schedule` lists what to move.
    """

    status, title = 409, "The article is under embargo"


class NothingToCorrect(Problem):
    """A correction mends what readers have seen, and before that moment they see nothing of the article. Publish it without one."""

    status, title = 409, "There is nothing to correct"


class ScheduleFull(Problem):
    """An article may have 50 publications to come. Cancel one of them first: `GET /v1/articles/{ref}/schedule` lists them."""

    status, title = 409, "Too much is scheduled"


class PublicationNotFound(Problem):
    """The article has no such publication to come. `GET /v1/articles/{ref}/schedule` lists those that it has."""

    status, title = 404, "There is no such publication"


class PublicationBegun(Problem):
    """Readers see this publication already, or have seen it: that cannot be changed any more.

    `POST /v1/articles/{ref}/publish` shows them something else from now on, and `…/unpublish` nothing.
    """

    status, title = 409, "The publication has begun"


class ScheduleTaken(Problem):
    """Another publication of the article begins at that moment. Move or cancel it first, or choose another moment."""

    status, title = 409, "Another publication begins then"
