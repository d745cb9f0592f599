"""What a bulk looks like on the wire."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.core.fields import Flag
from app.core.schemas import Input, Output

MOST_OPERATIONS = 100
_EXAMPLE: dict[str, Any] = {
    "atomic": True,
    "operations": [
        {"method": "POST", "path": "/v1/articles", "body": {"headline": "Ferry returns"}, "idempotency_key": "ferry-1"},
        {"method": "PUT", "path": "/v1/articles/by-source/wire/NSA-2026-1234", "body": {"headline": "Storm warning"}},
    ],
}


class BulkOperation(Input):
    """One write, as it would be sent alone."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field(description="Its method.", examples=["POST"])
    path: Annotated[str, Field(max_length=2000, pattern=r"^/v1/[!-~]+$")] = Field(
        description="Its address, with its parameters; not that of a bulk.", examples=["/v1/articles"]
    )
    if_match: Annotated[str, Field(max_length=200, pattern=r"^[ -~]*$")] | None = Field(
        default=None, description="Its `If-Match`.", examples=['"7"']
    )
    idempotency_key: Annotated[str, Field(max_length=257, pattern=r"^[ -~]*$")] | None = Field(
        default=None, description="Its `Idempotency-Key`; here it goes with every method.", examples=["ferry-1"]
    )
    body: Any = Field(default=None, description="Its body; null for none.", examples=[{"headline": "Ferry returns"}])


class BulkOrder(Input):
    """Writes to be done in this order."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    atomic: Flag = Field(default=True, description="Whether all are kept or none; else each stands for itself.")
    operations: list[BulkOperation] = Field(
        min_length=1, max_length=MOST_OPERATIONS, description="The writes.", examples=[_EXAMPLE["operations"]]
    )


class BulkAnswer(Output):
    """What one operation was answered."""

    status: int = Field(description="Its status.", examples=[201])
    headers: dict[str, str] = Field(description="`ETag`, `Location` and others that matter.", examples=[{"ETag": '"1"'}])
    body: Any = Field(description="Its body; null where it has none.", examples=[{"id": "art_01m82536fhesjaqzv7y0v141hx"}])
    omitted: bool = Field(description="Whether the body was left out, since the answers before it are too long.", examples=[False])


class BulkAnswers(Output):
    """What every operation was answered, in order."""

    atomic: bool = Field(examples=[True])
    succeeded: int = Field(description="How many were answered 2xx.", examples=[2])
    failed: int = Field(description="How many were not.", examples=[0])
    answers: list[BulkAnswer]
