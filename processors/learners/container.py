"""How are named arrays and plain values written down so that one changed byte is noticed?

Layout: `MLRN`, the SHA-256 of all that follows it, four bytes of header length, a JSON header, then the arrays' bytes
in the header's order, little-endian and C-contiguous. Nothing in it is executed on load.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"MLRN"
_DIGEST_BYTES = 32
_START = len(_MAGIC) + _DIGEST_BYTES + 4
_KINDS = frozenset({"<f8", "<f4", "<i8", "<i4", "<u4", "<u2", "|u1"})


class DamagedModel(ValueError):
    """The bytes are not what was once written: load another copy, or rebuild the model from the journal."""


def pack(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """One byte string out of JSON-able values and arrays; equal content gives equal bytes."""
    stored = {name: _little_endian(array) for name, array in arrays.items()}
    layout = [[name, array.dtype.str, list(array.shape)] for name, array in stored.items()]
    header = json.dumps({"values": dict(values), "arrays": layout}, sort_keys=True, allow_nan=False).encode()
    body = b"".join([len(header).to_bytes(4, "little"), header, *(array.tobytes() for array in stored.values())])
    return _MAGIC + hashlib.sha256(body).digest() + body


def digest_of(data: bytes) -> str:
    """The digest that `pack` wrote into these bytes: `unpack` checks that the content has it."""
    return data[len(_MAGIC) : len(_MAGIC) + _DIGEST_BYTES].hex()


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The values and (writable) arrays of `pack`; raises DamagedModel on anything else."""
    if len(data) < _START or data[: len(_MAGIC)] != _MAGIC:
        raise DamagedModel(f"not a saved model: {len(data)} bytes that do not begin with {_MAGIC!r}")
    body = data[len(_MAGIC) + _DIGEST_BYTES :]
    if hashlib.sha256(body).digest() != data[len(_MAGIC) : len(_MAGIC) + _DIGEST_BYTES]:
        raise DamagedModel("the saved model's checksum does not match its content: bytes were changed or lost")
    end = 4 + int.from_bytes(body[:4], "little")
    try:
        header = json.loads(body[4:end])
        return header["values"], _arrays(header["arrays"], body, end)
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DamagedModel(f"the saved model's header cannot be read: {error}") from error


def _arrays(layout: list[Any], body: bytes, offset: int) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind, shape in layout:
        if kind not in _KINDS:
            raise DamagedModel(f"array {name!r} has the unknown kind {kind!r}")
        count = math.prod(shape)
        if count < 0 or offset + count * np.dtype(kind).itemsize > len(body):
            raise DamagedModel(f"array {name!r} is longer than the saved model")
        arrays[name] = np.frombuffer(body, dtype=kind, count=count, offset=offset).reshape(shape).copy()
        offset += arrays[name].nbytes
    if offset != len(body):
        raise DamagedModel(f"{len(body) - offset} bytes follow the last array")
    return arrays


def _little_endian(array: NDArray[Any]) -> NDArray[Any]:
    stored = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    if stored.dtype.str not in _KINDS:
        raise TypeError(f"arrays of {array.dtype} are not stored")
    return stored
