"""What a correction looks like on the wire."""

from pydantic import Field

from app.core.schemas import Instant, Output


class CorrectionOut(Output):
    """A dated public note on what was wrong, and which revision mends it."""

    id: str = Field(examples=["cor_01m82536fhesjaqzv7y0v141hx"])
    type: str = Field(default="correction")
    kind: str = Field(description="`correction`, `clarification`, `update`, `editors_note` or `retraction`.", examples=["correction"])
    text: str = Field(examples=["An earlier version named the wrong minister."])
    at: Instant = Field(description="Since when readers are told.")
    corrects: int = Field(description="The revision that was wrong.", examples=[5])
    corrected_by: int = Field(description="The revision that mends it.", examples=[7])
