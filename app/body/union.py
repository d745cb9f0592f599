"""How a body comes in: which block is which, and what is said when it is none of ours."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    TypeAdapter,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from typing_extensions import TypeAliasType

from app.body.blocks import SIMPLE_BLOCKS, LiveUpdateFields, Part
from app.core.text import prose

MAX_BLOCKS = 2_000
MAX_INNER_BLOCKS = 200


def type_of(model: type[BaseModel]) -> str:
    """The value of `type` that names this block."""
    return str(get_args(model.model_fields["type"].annotation)[0])


def kind_of(value: object) -> str | None:
    """The `type` a block claims, where it claims one in words."""
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if isinstance(kind, str) else None


@dataclass(frozen=True)
class OneOf:
    """Annotates a model: one of these blocks, told apart by `type`.

    Tags stand in angle brackets so that they can be left out of pointers. A stand-in takes what has no known type, so that the
    fault is found at its `type`; the JSON Schema does not show it, and has the `discriminator` of OpenAPI.
    """

    models: tuple[type[BaseModel], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What `type` may be."""
        return tuple(type_of(model) for model in self.models)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        names = self.names

        def tag_of(value: object) -> str:
            kind = kind_of(value)
            return f"<{kind}>" if kind in names else "<unknown>"

        choices = {f"<{name}>": handler.generate_schema(model) for name, model in zip(names, self.models, strict=True)}
        return core_schema.tagged_union_schema({**choices, "<unknown>": _stand_in(names)}, tag_of)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        choices = handler(schema)["oneOf"][: len(self.names)]
        mapping = {name: choice["$ref"] for name, choice in zip(self.names, choices, strict=True)}
        return {"oneOf": choices, "discriminator": {"propertyName": "type", "mapping": mapping}}


def _stand_in(names: tuple[str, ...]) -> CoreSchema:
    """A block whose `type` is always at fault."""

    def refuse(kind: str) -> str:
        near = get_close_matches(kind[:64], names, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        context = {"hint": hint, "known": ", ".join(names), "suggestion": near[0] if near else None}
        raise PydanticCustomError("unknown_block_type", "There is no such block here.{hint} Known are: {known}.", context)

    kind = core_schema.no_info_after_validator_function(refuse, core_schema.str_schema())
    return core_schema.typed_dict_schema({"type": core_schema.typed_dict_field(kind)}, extra_behavior="ignore")


InnerBlockInput = TypeAliasType("InnerBlockInput", Annotated[BaseModel, OneOf(SIMPLE_BLOCKS)])


class LiveUpdateBlock(LiveUpdateFields):
    """One post of live coverage: blocks under a time, never another live update."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "live_update",
                    "at": "2026-02-28T16:15:00Z",
                    "title": "Talks begin",
                    "blocks": [{"type": "paragraph", "html": "Both sides are here."}],
                }
            ]
        }
    )

    blocks: list[InnerBlockInput] = Field(max_length=MAX_INNER_BLOCKS)


BlockInput = TypeAliasType("BlockInput", Annotated[BaseModel, OneOf((*SIMPLE_BLOCKS, LiveUpdateBlock))])


class Markup(Part):
    """A body as one text, to be turned into blocks; the original is kept."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"format": "markdown", "content": "## Talks in Belarus\n\nThey began **today**."}]}
    )

    format: Literal["markdown", "html", "text"]
    content: Annotated[str, prose(1_000_000, 0)]


def _form_of(value: object) -> str | None:
    if isinstance(value, dict | Markup):
        return "<markup>"
    return "<blocks>" if isinstance(value, list) else None


_BY_FORM = Discriminator(
    _form_of,
    custom_error_type="body_type",
    custom_error_message="Give a list of blocks, or an object with `format` (markdown, html or text) and `content`.",
)


BodyInput = TypeAliasType(
    "BodyInput",
    Annotated[
        Annotated[list[BlockInput], Field(max_length=MAX_BLOCKS), Tag("<blocks>")] | Annotated[Markup, Tag("<markup>")],
        _BY_FORM,
    ],
)

InnerBodyInput = TypeAliasType(
    "InnerBodyInput",
    Annotated[
        Annotated[list[InnerBlockInput], Field(max_length=MAX_INNER_BLOCKS), Tag("<blocks>")] | Annotated[Markup, Tag("<markup>")],
        _BY_FORM,
    ],
)

Block = dict[str, Any]
_door = TypeAdapter[BaseModel](BlockInput)


def read_block(value: object) -> Block:
    """A block as it is stored, with every field present; raises pydantic.ValidationError."""
    return stored(_door.validate_python(value))


def stored(block: BaseModel) -> Block:
    """The stored form of a block that came in: plain JSON, every field present, its id null until it is identified."""
    return block.model_dump(mode="json")
