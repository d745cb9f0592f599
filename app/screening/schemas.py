"""What word lists look like on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from app.core import ids
from app.core.fields import Flag
from app.core.schemas import Input, Instant, Output, PageInfo, wire_instant
from app.core.text import line
from app.screening.models import WordList

MOST_TERMS = 5_000
_LIST = ids.encode("wdl", ids.EXAMPLE)

Place = Literal["text", "links", "email", "attacks"]
ListLeaning = Literal["hold", "spam", "reject"]
Name = Annotated[str, line(120)]
Terms = Annotated[list[Annotated[str, line(100)]], Field(max_length=MOST_TERMS)]
_ABOUT_PLACE = (
    "Where to look: `text`, the words of a comment and its author's name; `links`, the hosts it leads to; `email`, the domain of its "
    "author's address; `attacks`, in a text that names one of the newsroom's authors, where the policy holds attacks. A domain takes in "
    "what is below it."
)
_ABOUT_LEANING = "What a comment that has one leans to: `hold`, `spam` or `reject`."
_ABOUT_TERMS = (
    "Words and phrases, or domains. Case, accents, invisible characters, look-alike letters and spaced-out letters make no difference; "
    "`*` at an end lets the word go on there."
)
_ABOUT_ENABLED = "Whether it is looked at."


class _Wanted(Input):
    @field_validator("terms", check_fields=False)
    @classmethod
    def _say_something(cls, terms: list[str]) -> list[str]:
        for term in terms:
            if not any(letter.isalnum() for letter in term):
                raise PydanticCustomError("empty_term", "A term needs a letter or a digit; {term} has none.", {"term": term[:100]})
        return list(dict.fromkeys(terms))


class WordListCreate(_Wanted):
    """A word list to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Casinos", "leaning": "spam", "terms": ["casino*", "free spins"]}]})

    name: Name = Field(description="What it is for; moderators see it.", examples=["Casinos"])
    applies_to: Place = Field(default="text", description=_ABOUT_PLACE, examples=["text"])
    leaning: ListLeaning = Field(default="hold", description=_ABOUT_LEANING, examples=["spam"])
    terms: Terms = Field(description=_ABOUT_TERMS, examples=[["casino*", "free spins"]])
    enabled: Flag = Field(default=True, description=_ABOUT_ENABLED)


class WordListUpdate(_Wanted):
    """What shall be different about a word list: what is left out stays, terms are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"leaning": "hold"}]})

    name: Name = Field(default="", description="What it is for; moderators see it.", examples=["Casinos"])
    applies_to: Place = Field(default="text", description=_ABOUT_PLACE, examples=["text"])
    leaning: ListLeaning = Field(default="hold", description=_ABOUT_LEANING, examples=["hold"])
    terms: Terms = Field(default=[], description=_ABOUT_TERMS, examples=[["casino*"]])
    enabled: Flag = Field(default=True, description=_ABOUT_ENABLED)


class Challenge(Output):
    """A challenge as ALTCHA's widget takes it: which number, put behind `salt`, has this SHA-256?"""

    algorithm: str = Field(examples=["SHA-256"])
    challenge: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    maxnumber: int = Field(examples=[50_000])
    salt: str = Field(examples=["5b1a0c4d2e3f4a5b6c7d8e9f?expires=1774000000"])
    signature: str = Field(examples=["60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"])


class FormOut(Output):
    """What a form needs before a comment can be sent."""

    token: str = Field(description="Send it as `form.token`: it says when the form was opened.", examples=["AAABnP5…"])
    asked: bool = Field(description="Whether a comment without it waits for a moderator.", examples=[True])
    honeypot: str = Field(description="The field of `form` that must stay empty; hide it from people.", examples=["website"])
    proof: str = Field(description="Of whom a proof of work is asked: `off`, `guests` or `everyone`.", examples=["guests"])
    challenge: Challenge | None = Field(description="To be solved for `form.proof`; null where none is asked.")
    expires_at: Instant


class WordListOut(Output):
    """A word list."""

    id: str = Field(examples=[_LIST])
    type: str = Field(default="word_list")
    version: int = Field(description="Its version: what `If-Match` names.", examples=[1])
    name: str = Field(examples=["Casinos"])
    applies_to: str = Field(description=_ABOUT_PLACE, examples=["text"])
    leaning: str = Field(description=_ABOUT_LEANING, examples=["spam"])
    terms: list[str] = Field(description=_ABOUT_TERMS, examples=[["casino*", "free spins"]])
    enabled: bool = Field(description=_ABOUT_ENABLED, examples=[True])
    created_at: Instant
    revised_at: Instant


class WordListPage(Output):
    """Word lists, the oldest first."""

    data: list[WordListOut]
    page: PageInfo


def word_list_id(value: UUID) -> str:
    """A list's id on the wire."""
    return ids.encode("wdl", value)


def word_list_out(row: WordList) -> dict[str, Any]:
    """A list on the wire."""
    return {
        "id": word_list_id(row.id), "type": "word_list", "version": row.version, "name": row.name, "applies_to": row.applies_to,
        "leaning": row.leaning, "terms": row.terms, "enabled": row.enabled, "created_at": wire_instant(row.created_at),
        "revised_at": wire_instant(row.revised_at),
    }  # fmt: skip
