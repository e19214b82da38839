"""A sentence model small enough to be written by hand: one ONNX node that looks each word's vector up."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

NAME = "sentence-transformers/all-MiniLM-L6-v2"  # the name fastembed knows; the files are ours

_FLOAT, _INT64 = 1, 7  # element types of ONNX


def write_tiny_model(folder: Path, vectors: Mapping[str, Sequence[float]]) -> None:
    """Writes the files fastembed reads for NAME: a text's vector is the mean of its words' vectors."""
    folder.mkdir()
    words = ["[PAD]", "[UNK]", *vectors]
    dimension = len(next(iter(vectors.values())))
    rows = [[0.01] * dimension, [0.01] * dimension, *vectors.values()]
    (folder / "model.onnx").write_bytes(_lookup_model(rows))
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": {word: row for row, word in enumerate(words)}, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 64, "pad_token": "[PAD]"}))
    (folder / "config.json").write_text(json.dumps({"pad_token_id": 0}))
    (folder / "special_tokens_map.json").write_text(json.dumps({"pad_token": "[PAD]", "unk_token": "[UNK]"}))


def _lookup_model(rows: Sequence[Sequence[float]]) -> bytes:
    """ModelProto of one Gather over the table `rows`; field numbers are those of onnx.proto."""
    dimension = len(rows[0])
    table = (
        _number(1, len(rows))
        + _number(1, dimension)
        + _number(2, _FLOAT)
        + _bytes(8, b"table")
        + _bytes(9, b"".join(struct.pack(f"<{dimension}f", *row) for row in rows))
    )
    node = _bytes(1, b"table") + _bytes(1, b"input_ids") + _bytes(2, b"output") + _bytes(4, b"Gather")
    graph = (
        _bytes(1, node)
        + _bytes(2, b"lookup")
        + _bytes(5, table)
        + _bytes(11, _value(b"input_ids", _INT64, ("batch", "length")))
        + _bytes(11, _value(b"attention_mask", _INT64, ("batch", "length")))
        + _bytes(12, _value(b"output", _FLOAT, ("batch", "length", dimension)))
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 13))


def _value(name: bytes, element: int, shape: Sequence[str | int]) -> bytes:
    sizes = [_number(1, size) if isinstance(size, int) else _bytes(2, size.encode()) for size in shape]
    tensor = _number(1, element) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
