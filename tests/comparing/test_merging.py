"""Two people's changes go together where they do not overlap; nothing that one of them did not see is lost by the other."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.comparing.merging import merge
from app.comparing.paths import ids_in, same

Json = Any
_GONE = object()


def flat(document: Json, name: str = "", pointer: str = "#") -> dict[str, Json]:
    """Every value that holds no other by its pointer, items by their ids: what an author can have set."""
    if isinstance(document, dict):
        found = {"": document.get("type")} if "type" in document else {}
        pairs = list(document.items())
    elif isinstance(document, list) and ids_in(document) is not None:
        found, pairs = {}, [(item["id"], item) for item in document]
    elif isinstance(document, list) and name == "tags":
        found, pairs = {}, [(item, item) for item in document]
    else:
        return {pointer: document}
    whole = {pointer: found[""]} if found else {}
    for step, value in pairs:
        whole |= flat(value, str(step), f"{pointer}/{step}")
    return whole


blocks = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from("abcdefg"), "type": st.sampled_from(["paragraph", "heading"]), "html": st.sampled_from(["1", "2", "3"]),
         "cite": st.sampled_from([None, "x", "y"])}
    ),
    max_size=5, unique_by=lambda block: block["id"],
)  # fmt: skip
seo = st.one_of(st.none(), st.fixed_dictionaries({"title": st.sampled_from("tu"), "text": st.sampled_from("tu")}))
articles = st.fixed_dictionaries(
    {"headline": st.sampled_from("ABC"), "seo": seo,
     "tags": st.lists(st.sampled_from("rstu"), max_size=3, unique=True), "body": blocks}
)  # fmt: skip


@st.composite
def edited(draw: Any, base: Json) -> Json:
    """What somebody makes of `base`: some of it another's, the order of blocks perhaps too."""
    other = draw(articles)
    result = {name: draw(st.sampled_from([value, value, other[name]])) for name, value in base.items()}
    if draw(st.booleans()):
        kept = [block for block in base["body"] if draw(st.integers(0, 4))]
        changed = [{**block, **draw(st.sampled_from([{}, {}, {"html": "9"}, {"cite": "z"}]))} for block in kept]
        added = [block for block in other["body"] if block["id"] not in {each["id"] for each in base["body"]}]
        result["body"] = draw(st.permutations(changed)) if draw(st.integers(0, 3)) == 0 else changed
        result["body"] = [*result["body"], *added]
    return result


@settings(max_examples=250, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_merge_keeps_all_that_either_side_changed(data: st.DataObject) -> None:
    base = data.draw(articles)
    theirs, yours = data.draw(edited(base)), data.draw(edited(base))

    found = merge(base, theirs, yours)

    was, they, you, together = (flat(each) for each in (base, theirs, yours, found.merged))
    for pointer in was.keys() | they.keys() | you.keys():
        values = [each.get(pointer, _GONE) for each in (was, they, you, together)]
        changed_by = [not same(values[0], value) for value in values[1:3]]
        if not found.conflicts:
            expected = values[1] if changed_by[0] else values[2]
            assert same(values[3], expected), (pointer, base, theirs, yours, found)
        if changed_by[0]:
            assert same(values[3], values[1]), "What you had not seen is never removed, whatever overlaps."
    assert bool(found.conflicts) or ids_in(found.merged["body"]) is not None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_whoever_is_alone_gets_exactly_their_own(data: st.DataObject) -> None:
    base = data.draw(articles)
    edit = data.draw(edited(base))

    assert same(merge(base, base, edit).merged["body"], edit["body"])
    assert merge(base, base, edit).merged == edit
    assert merge(base, edit, base).merged == edit
    assert merge(base, edit, edit).merged == edit
    assert merge(base, base, edit).conflicts == merge(base, edit, base).conflicts == merge(base, edit, edit).conflicts == []


def test_different_blocks_and_different_fields_of_one_do_not_overlap() -> None:
    def body(*blocks: tuple[str, str, str]) -> Json:
        return {"body": [{"id": name, "type": "quote", "html": html, "cite": cite} for name, html, cite in blocks]}

    base = body(("b1", "one", "A"), ("b2", "two", "B"), ("b3", "three", "C"))
    theirs = body(("b1", "ONE", "A"), ("b2", "two", "BB"), ("b4", "four", "D"), ("b3", "three", "C"))
    yours = body(("b3", "three", "C"), ("b1", "one", "A"), ("b2", "TWO", "B"), ("b5", "five", "E"))

    found = merge(base, theirs, yours)

    assert found.conflicts == []
    assert found.merged == body(("b3", "three", "C"), ("b1", "ONE", "A"), ("b2", "TWO", "BB"), ("b4", "four", "D"), ("b5", "five", "E"))
    assert [told["pointer"] for told in found.mergeable] == ["#/body/b2/html", "#/body/b5", "#/body"]


def test_an_overlap_is_told_exactly() -> None:
    def article(headline: str, html: str | None, order: str = "ab") -> Json:
        blocks = {"a": {"id": "a", "type": "paragraph", "html": html}, "b": {"id": "b", "type": "divider"}}
        return {"headline": headline, "body": [blocks[name] for name in order if name != "a" or html]}

    changed = merge(article("H", "x"), article("H2", "y"), article("H", "z"))
    removed = merge(article("H", "x"), article("H", "y"), article("H", None))

    assert changed.conflicts == [{"pointer": "#/body/a/html", "base": "x", "theirs": "y", "yours": "z"}]
    assert [(told["pointer"], told["yours"]) for told in removed.conflicts] == [("#/body/a", None)]
