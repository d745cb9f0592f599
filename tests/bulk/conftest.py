"""How much is sent."""

import os

import pytest


@pytest.fixture
def items() -> int:
    """Items of a source; `DATELINE_TEST_ITEMS=10000` is the long form."""
    return int(os.environ.get("DATELINE_TEST_ITEMS", "300"))
