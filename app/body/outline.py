"""What a body is and what follows from it. A stored body is a list of plain JSON objects; nothing here changes its arguments."""

import asyncio
import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from pydantic import BaseModel
from typing_extensions import TypedDict

from app.body import render
from app.body.markup import from_markup
from app.body.union import Block, Markup, stored
from app.comparing.words import Budget
from app.core import fulltext, text
from app.core.fulltext import Words

_LONG = 5_000
_LONG_BLOCKS = 50_000
_EACH_TEXT = 20
LIKE_ENOUGH = 0.6
_WORDS_COMPARED = 300
_STEPS = 1_000_000
"""How much comparing all the blocks of a body may take: a fraction of a second, and more than any article needs."""
_GIVEN = frozenset({"id", "anchor"})
_GIVEN_TO_UPDATES = _GIVEN | {"position", "version", "edited_at"}
_OURS = re.compile(r"b([1-9][0-9]{0,8})", re.ASCII)


class OutlineItem(TypedDict):
    """A section of the body: its heading and the blocks under it, those of its sub-sections included."""

    id: str
    heading: str
    anchor: str
    level: int
    block_ids: list[str]


@dataclass(frozen=True, slots=True)
class DuplicateBlockId:
    """A block that bears the id of an earlier one; `pointer` is from the body, such as `/3/id`."""

    pointer: str
    id: str


class DuplicateBlockIds(ValueError):  # noqa: N818
    """Some blocks share an id, so it could not be said which one an edit means."""

    def __init__(self, duplicates: Sequence[DuplicateBlockId]) -> None:
        super().__init__(", ".join(each.id for each in duplicates))
        self.duplicates = tuple(duplicates)


def read_body(body: Sequence[BaseModel] | Markup) -> list[Block]:
    """The blocks of a validated BodyInput in their stored form, still to be identified; raises TooManyBlocks."""
    return from_markup(body) if isinstance(body, Markup) else [stored(block) for block in body]


async def read_aside(body: Sequence[BaseModel] | Markup) -> list[Block]:
    """The same; a long one in a thread, since whoever else asks would wait while it is read: seconds, for a million brackets."""
    long = len(body.content) > _LONG if isinstance(body, Markup) else _is_long(body)
    return await asyncio.to_thread(read_body, body) if long else read_body(body)


def _is_long(blocks: Any) -> bool:
    """Whether reading them may take longer than others should wait; each text takes its time, however short."""
    length, waiting = 0, [blocks]
    while waiting and length <= _LONG_BLOCKS:
        value = waiting.pop()
        if isinstance(value, str):
            length += len(value) + _EACH_TEXT
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict | BaseModel):
            waiting.extend((value if isinstance(value, dict) else vars(value)).values())
    return length > _LONG_BLOCKS


def identify(blocks: Sequence[Block], previous: Sequence[Block] = (), *, reserved: Iterable[str] = ()) -> list[Block]:
    """The blocks with an id and every heading with its anchor; raises DuplicateBlockIds.

    Ids that were given stay. A block sent without one takes over the id of the same block in `previous`, or of one much like it
    at the same place, so that an import repeated every hour keeps links and comments attached. Else it gets a number never used, by
    those that are `reserved` neither.
    """
    body: list[Block] = _copied(blocks)
    slots, before = dict(_walk(body)), dict(_walk(previous))
    taken = _given_ids(slots)
    _take_over_equal(slots, before, taken)
    _take_over_alike(slots, before, taken)
    _number_the_rest(slots, [*taken, *(block["id"] for block in before.values()), *reserved])
    _anchor(body)
    return body


def anchored(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with every heading's anchor made from its text, unique in the body by -2, -3 and so on."""
    body: list[Block] = _copied(blocks)
    _anchor(body)
    return body


def _anchor(body: Sequence[Block]) -> None:
    used, numbers = set[str](), defaultdict[str, int](lambda: 1)
    for _, block in _walk(body):
        if block["type"] == "heading":
            slug = text.slugify(block["text"])
            block["anchor"] = _unused(slug, used, numbers)
            used.add(block["anchor"])


def _copied(value: Any) -> Any:
    """A document of its own. `deepcopy` would look for whatever a document cannot hold."""
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, (list, tuple)) else value


def ids_of(blocks: Iterable[Block]) -> list[str]:
    """The ids of all blocks, of those inside live updates too."""
    return [block["id"] for _, block in _walk(blocks)]


def bare(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without the anchors that follow from them; `anchored` makes these anew."""
    body: list[Block] = _copied(blocks)
    for _, block in _walk(body):
        if block["type"] == "heading":
            block["anchor"] = None
    return body


def outline(blocks: Sequence[Block]) -> list[OutlineItem]:
    """The sections of the body in order, each reaching to the next heading of the same or a higher rank."""
    return [_section_at(blocks, i) for i, block in enumerate(blocks) if block["type"] == "heading"]


def find_section(blocks: Sequence[Block], ref: str) -> OutlineItem | None:
    """The section with this anchor or, failing that, with this block id on its heading."""
    sections = outline(blocks)
    return next((s for s in sections if s["anchor"] == ref), None) or next((s for s in sections if s["id"] == ref), None)


def section_blocks(blocks: Sequence[Block], section: OutlineItem) -> list[Block]:
    """The heading and everything under it."""
    start, end = _range(blocks, section)
    return list(blocks[start:end])


def replace_section(blocks: Sequence[Block], section: OutlineItem, new: Sequence[Block]) -> list[Block]:
    """The body with other blocks, their heading first, in the place of this section."""
    start, end = _range(blocks, section)
    return [*blocks[:start], *new, *blocks[end:]]


def insert_section(blocks: Sequence[Block], new: Sequence[Block], *, after: OutlineItem | None = None) -> list[Block]:
    """The body with these blocks behind a section and all its sub-sections, or at the end."""
    end = _range(blocks, after)[1] if after else len(blocks)
    return [*blocks[:end], *new, *blocks[end:]]


def delete_section(blocks: Sequence[Block], section: OutlineItem) -> list[Block]:
    """The body without the heading and everything under it."""
    return replace_section(blocks, section, [])


def block_ids(blocks: Sequence[Block]) -> set[str]:
    """The ids of all blocks, those inside others too."""
    return {str(block["id"]) for _, block in _walk(blocks)}


def words_of(blocks: Sequence[Block]) -> Words:
    """What the blocks say, as it is counted and found."""
    return fulltext.words_of(render.to_text(blocks))


async def words_aside(blocks: Sequence[Block]) -> Words:
    """The same; of many in a thread, as they are read."""
    return await asyncio.to_thread(words_of, blocks) if _is_long(blocks) else words_of(blocks)


def measure(standfirst: str | None, blocks: Sequence[Block]) -> tuple[int, int]:
    """Words in standfirst and body, and the minutes it takes to read them."""
    return measured(standfirst, words_of(blocks))


def measured(standfirst: str | None, body: Words) -> tuple[int, int]:
    """The same of a body that was read."""
    words = text.count_words(standfirst or "") + body.number
    return words, text.reading_minutes(words)


def _walk(blocks: Iterable[Block], prefix: str = "") -> Iterator[tuple[str, Block]]:
    """Every block with its pointer, those inside live updates too."""
    for i, block in enumerate(blocks):
        pointer = f"{prefix}/{i}"
        yield pointer, block
        if block["type"] == "live_update":
            yield from _walk(block["blocks"], f"{pointer}/blocks")


def _given_ids(slots: dict[str, Block]) -> set[str]:
    taken, duplicates = set[str](), list[DuplicateBlockId]()
    for pointer, block in slots.items():
        if block["id"] in taken:
            duplicates.append(DuplicateBlockId(f"{pointer}/id", block["id"]))
        elif block["id"] is not None:
            taken.add(block["id"])
    if duplicates:
        raise DuplicateBlockIds(duplicates)
    return taken


def _take_over_equal(slots: dict[str, Block], before: dict[str, Block], taken: set[str]) -> None:
    free: dict[str, deque[str]] = defaultdict(deque)
    for block in before.values():
        if block["id"] not in taken:
            free[content_of(block)].append(block["id"])
    for block in slots.values() if free else ():
        if block["id"] is None and (ids := free.get(content_of(block))):
            block["id"] = inherited = ids.popleft()
            taken.add(inherited)


def _take_over_alike(slots: dict[str, Block], before: dict[str, Block], taken: set[str]) -> None:
    budget = Budget(_STEPS)
    for pointer, block in slots.items():
        there = before.get(pointer)
        if block["id"] is None and there is not None and there["id"] not in taken and _alike(block, there, budget):
            block["id"] = inherited = there["id"]
            taken.add(inherited)


def _number_the_rest(slots: dict[str, Block], used: Iterable[str]) -> None:
    names = set(used)
    number = max((int(found[1]) for name in names if (found := _OURS.fullmatch(name))), default=0)
    for block in slots.values():
        if block["id"] is None:
            number += 1
            while f"b{number}" in names:
                number += 1
            block["id"] = f"b{number}"


def _bare(block: Block) -> Block:
    """The block without what we give it ourselves: ids and anchors, and the numbers of live updates."""
    if block["type"] != "live_update":
        return {key: value for key, value in block.items() if key not in _GIVEN}
    said = {key: value for key, value in block.items() if key not in _GIVEN_TO_UPDATES}
    return {**said, "blocks": [_bare(inner) for inner in block["blocks"]]}


def content_of(block: Block) -> str:
    """What a block says, as text by which two can be compared: all of it but what we give it ourselves."""
    return json.dumps(_bare(block), sort_keys=True)


def _alike(one: Block, other: Block, budget: Budget) -> bool:
    """Whether two blocks say much the same in the same order; once nothing is left of the budget, in any order."""
    if one["type"] != other["type"]:
        return False
    mine, theirs = _said(one), _said(other)
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    if matcher.real_quick_ratio() <= LIKE_ENOUGH or matcher.quick_ratio() <= LIKE_ENOUGH:
        return False
    times = Counter(theirs)
    budget.left -= len(mine) + len(theirs) + sum(times[word] for word in mine)
    return budget.left < 0 or matcher.ratio() > LIKE_ENOUGH


def _said(block: Block) -> list[str]:
    """The words of a block, by which it is known again; of one without any, its addresses and numbers."""
    written = render.to_text([block]) or json.dumps(list(_bare_values(block)))
    return re.findall(r"\w+", written)[:_WORDS_COMPARED]


def _bare_values(block: Block) -> Iterator[object]:
    return (value for key, value in block.items() if key not in {"id", "type", "anchor"} and value is not None)


def _unused(slug: str, used: set[str], numbers: dict[str, int]) -> str:
    anchor = slug
    while anchor in used:
        numbers[slug] += 1
        anchor = f"{slug}-{numbers[slug]}"
    return anchor


def _section_at(blocks: Sequence[Block], start: int) -> OutlineItem:
    head, end = blocks[start], start + 1
    while end < len(blocks) and not (blocks[end]["type"] == "heading" and blocks[end]["level"] <= head["level"]):
        end += 1
    under = [block["id"] for block in blocks[start + 1 : end]]
    return {
        "id": head["id"],
        "heading": head["text"],
        "anchor": head["anchor"],
        "level": head["level"],
        "block_ids": under,
    }


def _range(blocks: Sequence[Block], section: OutlineItem) -> tuple[int, int]:
    start = next(i for i, block in enumerate(blocks) if block["id"] == section["id"])
    return start, start + 1 + len(section["block_ids"])
