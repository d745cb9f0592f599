"""The invented newsroom as it was written: what the files in `content/` say."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

CONTENT = Path(__file__).parent / "content"

Written = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """One article file: the JSON between its `---` lines, and the Markdown below.

    `age_hours` counts back from now to its publication, or to the last edit of a draft; one that is scheduled has a negative age. The
    `updates` of a live blog come so many `hours_after` it.
    """

    about: Written
    text: str

    @property
    def slug(self) -> str:
        """Its part of the address."""
        return str(self.about["slug"])

    def order(self) -> Written:
        """The article as an integrator would send it."""
        own = {name: value for name, value in self.about.items() if name not in {"age_hours", "state", "edits", "updates"}}
        return {**own, "body": _markdown(self.text)}

    def edits(self) -> Written:
        """What was changed after it was published, and not published since."""
        edits = dict(self.about["edits"])
        return {"body": _markdown(f"{self.text}\n\n{edits.pop('append')}"), **edits}

    @property
    def updates(self) -> Iterator["Update"]:
        """What was posted to it, where it is a live blog."""
        for words in self.about.get("updates", []):
            post = {name: value for name, value in words.items() if name not in {"hours_after", "state", "text"}}
            yield Update(words["hours_after"], {**post, "blocks": _markdown(words["text"])}, seen=words.get("state") != "draft")


class Update(NamedTuple):
    """One post to a live blog: how long after its publication, the post as a reporter would send it, and whether readers see it."""

    hours_after: float
    order: Written
    seen: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment of the demo; `parent` is another remark. `hours_after` counts from the publication of the article."""

    words: Written
    parent: "Remark | None"

    @property
    def status(self) -> str:
        """What became of it."""
        return str(self.words["status"])


class Content:
    """Everything that was written."""

    @cached_property
    def newsroom(self) -> dict[str, list[Written]]:
        """Sections (parents first), authors and tags."""
        found: dict[str, list[Written]] = json.loads(_read("newsroom.json"))
        return found

    @cached_property
    def stories(self) -> list[Story]:
        """Every article, by file name."""
        return [_story(path.read_text(encoding="utf-8")) for path in sorted((CONTENT / "articles").glob("*.md"))]

    @cached_property
    def remarks(self) -> dict[str, list[Remark]]:
        """The comments under each article, by its slug; an answer stands behind what it answers."""
        return {thread["article"]: list(_flat(thread["comments"], None)) for thread in json.loads(_read("comments.json"))}


def _read(name: str) -> str:
    return (CONTENT / name).read_text(encoding="utf-8")


def _story(file: str) -> Story:
    _, about, text = file.split("---\n", 2)
    return Story(json.loads(about), text.strip())


def _flat(comments: list[Written], parent: Remark | None) -> Iterator[Remark]:
    for words in comments:
        remark = Remark(words, parent)
        yield remark
        yield from _flat(words["replies"], remark)


def _markdown(text: str) -> Written:
    return {"format": "markdown", "content": text}
