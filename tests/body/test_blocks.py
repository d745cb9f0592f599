"""What may stand in a body, and how a fault in one is told."""

from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.body.blocks import SIMPLE_BLOCKS, CustomBlock
from app.body.outline import DuplicateBlockIds, identify, read_body
from app.body.union import BlockInput, BodyInput, LiveUpdateBlock, Markup, read_block
from app.body.views import BlockOutput

BODY = TypeAdapter[Any](BodyInput)
OUTPUT = TypeAdapter[Any](BlockOutput)
ALL_BLOCKS: tuple[type[BaseModel], ...] = (*SIMPLE_BLOCKS, LiveUpdateBlock)
EXAMPLES = [example for model in ALL_BLOCKS for example in model.model_json_schema()["examples"]]
SCHEMA = jsonschema_rs.validator_for(TypeAdapter[Any](BlockInput).json_schema(), validate_formats=True)

words = st.text(st.one_of(st.sampled_from(" \n\t\r\x00\u2028<>&é"), st.characters(codec="utf-8")), max_size=8)
values = st.one_of(
    words,
    st.integers(-1, 7),
    st.booleans(),
    st.none(),
    st.lists(words, max_size=2),
    st.just("https://e.org/"),
    st.just(3.0),
)
changed = st.tuples(st.sampled_from(EXAMPLES), st.integers(0, 5), values)


def faults(value: object) -> list[tuple[str, str]]:
    """Pointers and codes, the pointer made as the API makes it: tags in angle brackets left out."""
    with pytest.raises(ValidationError) as refusal:
        BODY.validate_python(value)
    told = refusal.value.errors()
    return [("".join(f"/{part}" for part in e["loc"] if not str(part).startswith("<")), e["type"]) for e in told]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["type"])
def test_every_example_is_taken_and_shown_whole(example: dict[str, Any]) -> None:
    [shown] = identify([read_block(example)])

    assert OUTPUT.dump_python(OUTPUT.validate_python(shown)) == shown
    assert identify([read_block(shown)]) == [shown]


@pytest.mark.parametrize("model", ALL_BLOCKS, ids=lambda m: m.__name__)
def test_readers_get_the_fields_that_writers_send(model: type[BaseModel]) -> None:
    kind = get_args(model.model_fields["type"].annotation)[0]
    views = {get_args(view.model_fields["type"].annotation)[0]: view for view in _views()}

    assert set(views[kind].model_fields) == set(model.model_fields)
    assert all(field.is_required() for field in views[kind].model_fields.values())


def _views() -> tuple[type[BaseModel], ...]:
    union = get_args(BlockOutput.__value__)[0]
    return get_args(union)


@given(changed)
def test_the_schema_promises_exactly_what_is_accepted(change: tuple[dict[str, Any], int, object]) -> None:
    example, position, value = change
    field = list(example)[position % len(example)]
    block = {**example, field: value}

    assert SCHEMA.is_valid(block) == _is_accepted(block)


def _is_accepted(block: object) -> bool:
    try:
        read_block(block)
    except ValidationError:
        return False
    return True


def test_an_unknown_type_is_found_at_its_place_and_a_known_one_is_suggested() -> None:
    body = [{"type": "divider"}, {"type": "paragraf", "html": "x"}]

    assert faults(body) == [("/1/type", "unknown_block_type")]
    with pytest.raises(ValidationError, match="Did you mean paragraph"):
        BODY.validate_python(body)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ([{"html": "x"}], ("/0/type", "missing")),
        ([{"type": ["x"]}], ("/0/type", "string_type")),
        (["x"], ("/0", "dict_type")),
        ([{"type": "divider", "colour": "red"}], ("/0/colour", "extra_forbidden")),
        ([{"type": "heading", "level": 7, "text": "x"}], ("/0/level", "less_than_equal")),
        ([{"type": "heading", "level": True, "text": "x"}], ("/0/level", "int_type")),
        ([{"type": "heading", "level": 2, "text": " "}], ("/0/text", "blank")),
        ([{"type": "paragraph", "html": "a\x00"}], ("/0/html", "control_character")),
        ([{"type": "image", "url": "javascript:x"}], ("/0/url", "url")),
        ([{"type": "divider", "id": "a b"}], ("/0/id", "string_pattern_mismatch")),
        ([{"type": "custom", "name": "x", "data": {"n": 2**63}}], ("/0/data", "data")),
        ([{"type": "live_update", "at": 5, "blocks": []}], ("/0/at", "datetime")),
        ({"format": "rtf", "content": ""}, ("/format", "literal_error")),
    ],
)
def test_a_fault_is_told_where_it_stands(body: object, fault: tuple[str, str]) -> None:
    assert faults(body) == [fault]


def test_the_stand_in_for_unknown_types_is_not_in_the_documentation() -> None:
    schema = BODY.json_schema()

    assert len(schema["$defs"]["BlockInput"]["oneOf"]) == len(ALL_BLOCKS)
    assert set(schema["$defs"]["BlockInput"]["discriminator"]["mapping"]) == {example["type"] for example in EXAMPLES}


def test_a_live_update_holds_no_live_update() -> None:
    inner = {"type": "live_update", "at": "2026-02-28T16:15:00Z", "blocks": []}

    assert faults([{**inner, "blocks": [inner]}]) == [("/0/blocks/0/type", "unknown_block_type")]


def test_a_moment_is_kept_in_utc() -> None:
    block = read_block({"type": "live_update", "at": "2026-02-28T18:15:00+02:00", "blocks": []})

    assert block["at"] == "2026-02-28T16:15:00Z"


def test_text_is_sanitised_on_its_way_in() -> None:
    block = read_block({"type": "list", "items": ["<b onclick=x>a</b><script>b</script>", "“c”"]})

    assert block["items"] == ["<b>a</b>", "“c”"]


def test_data_of_another_system_may_not_nest_without_end() -> None:
    data: dict[str, Any] = {}
    for _ in range(20):
        data = {"in": data}

    with pytest.raises(ValidationError, match="8 levels"):
        CustomBlock(type="custom", name="x", data=data)


def test_code_keeps_its_first_indent() -> None:
    assert read_block({"type": "code", "text": "  a\r\n"})["text"] == "  a\n"


def test_a_body_is_blocks_or_markup() -> None:
    assert isinstance(BODY.validate_python({"format": "text", "content": "x"}), Markup)
    assert read_body(BODY.validate_python([{"type": "divider"}])) == [{"id": None, "type": "divider"}]


def test_an_id_used_twice_is_told_with_its_place() -> None:
    inner = {"type": "live_update", "at": "2026-02-28T16:15:00Z", "blocks": [{"type": "divider", "id": "x"}]}

    with pytest.raises(DuplicateBlockIds) as refusal:
        identify([read_block({"type": "divider", "id": "x"}), read_block(inner)])

    assert [(fault.pointer, fault.id) for fault in refusal.value.duplicates] == [("/1/blocks/0/id", "x")]
