"""Ids stand on the wire as TypeIDs."""

from uuid import UUID

import pytest

from app.core import ids

VECTORS = {
    "00000000000000000000000000": "00000000-0000-0000-0000-000000000000",
    "0000000000000000000000000g": "00000000-0000-0000-0000-000000000010",
    "7zzzzzzzzzzzzzzzzzzzzzzzzz": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0123456789abcdefghjkmnpqrs": "0110c853-1d09-52d8-d73e-1194e95b5f19",
    "01h455vb4pex5vsknk084sn02q": "01890a5d-ac96-774b-bcce-b302099a8057",
}
"""Of https://github.com/jetify-com/typeid/blob/main/spec/valid.yml."""


@pytest.mark.parametrize(("suffix", "value"), VECTORS.items())
def test_an_id_is_written_and_read_as_the_specification_of_typeids_says(suffix: str, value: str) -> None:
    assert ids.encode("cmt", UUID(value)) == f"cmt_{suffix}"
    assert ids.decode("cmt", f"cmt_{suffix}") == UUID(value)
