"""What is written down is read back, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from processors.learners.container import DamagedModel, pack, unpack

DATA = pack({"a": 1, "b": ["x", True]}, {"f": np.arange(6.0).reshape(2, 3), "u": np.array([1, 2], dtype=np.uint16)})


def test_values_and_arrays_come_back() -> None:
    values, arrays = unpack(DATA)
    assert values == {"a": 1, "b": ["x", True]}
    assert arrays["f"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert arrays["u"].tolist() == [1, 2]
    assert arrays["u"].dtype == np.uint16
    arrays["f"][0, 0] = 9.0  # what was loaded can be learned on


@pytest.mark.parametrize("position", range(len(DATA)))
def test_every_changed_byte_is_noticed(position: int) -> None:
    damaged = DATA[:position] + bytes([DATA[position] ^ 1]) + DATA[position + 1 :]
    with pytest.raises(DamagedModel):
        unpack(damaged)


@pytest.mark.parametrize("damaged", [b"", b"MLRN", DATA[:-1], DATA + b"x", b"\x80\x04" + DATA])
def test_cut_or_lengthened_bytes_are_refused(damaged: bytes) -> None:
    with pytest.raises(DamagedModel):
        unpack(damaged)


def test_objects_are_not_stored() -> None:
    with pytest.raises(TypeError, match="not stored"):
        pack({}, {"o": np.array([object()])})
