"""What is all that a text model knows, and how is it written down, whole or in the parts that changed?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processors.learners.container import DamagedModel, digest_of, pack, unpack
from processors.learners.meaning_head import MeaningHead
from processors.learners.sparse_rows import CHUNK_ROWS, CHUNK_SIGHTS, PER_LABEL, PER_ROW, SparseRows

Label = str | int | bool
FORMAT = 1
HEAD = "head"
MEANING = "meaning"


@dataclass
class TextState:
    """Plain values and arrays, nothing else. `label_units` holds per column the sixteenths of labels learned."""

    rows: SparseRows
    prior_digest: str | None = None
    labels: list[Label] = field(default_factory=list)
    label_units: NDArray[np.int64] = field(default_factory=lambda: np.zeros(8, dtype=np.int64))
    examples: int = 0
    temperature_log: float = 0.0  # logits are multiplied by its exponential
    trust: float = 1.0  # what the shared prior's logits are multiplied by
    trust_square: float = 1.0
    meaning: MeaningHead | None = None  # None before the first text whose meaning was known
    meaning_trust: float = 1.5  # what its logits are multiplied by
    meaning_trust_square: float = 1.0
    saved_digests: dict[str, str] = field(default_factory=dict)  # of chunks as last encoded; not part of the content

    @property
    def size_bytes(self) -> int:
        meaning = 0 if self.meaning is None else self.meaning.size_bytes
        return self.rows.size_bytes + self.label_units.nbytes + meaning

    def values(self) -> dict[str, Any]:
        """Everything that is not an array of features."""
        said = {
            "format": FORMAT,
            "max_bytes": self.rows.max_bytes,
            "prior": self.prior_digest,
            "labels": self.labels,
            "label_units": self.label_units[: len(self.labels)].tolist(),
            "examples": self.examples,
            "temperature_log": self.temperature_log.hex(),
            "trust": self.trust.hex(),
            "trust_square": self.trust_square.hex(),
        }
        if self.meaning is not None:
            trust, square = self.meaning_trust.hex(), self.meaning_trust_square.hex()
            said["meaning"] = {**self.meaning.values(), "trust": trust, "trust_square": square}
        return said

    def digest(self) -> str:
        """SHA-256 over the content alone: equal for models that learned the same, however often they were saved."""
        rows = self.rows
        digest = hashlib.sha256(json.dumps(self.values(), sort_keys=True).encode())
        for name, (kind, _) in PER_LABEL.items():
            digest.update(np.ascontiguousarray(getattr(rows, name)[: rows.rows, : len(self.labels)], kind).tobytes())
        for name, (kind, _) in PER_ROW.items():
            digest.update(np.ascontiguousarray(getattr(rows, name)[: rows.rows], kind).tobytes())
        digest.update(rows.sight_ids[: rows.sights].astype("<u4").tobytes())
        digest.update(rows.sight_codes[: rows.sights].astype("<i4").tobytes())
        if self.meaning is not None:
            for array in self.meaning.arrays(len(self.labels)).values():
                digest.update(array.astype("<f8").tobytes())
        return digest.hexdigest()


def encode_chunks(state: TextState, touched_only: bool) -> dict[str, bytes]:
    """The chunks by name; with `touched_only` the head and those changed since the last call that had it.

    Store each under its name over what was there. Chunks the head does not list are left-overs and may be deleted.
    """
    rows = state.rows
    if not touched_only or not state.saved_digests:
        wanted_rows, wanted_sights = None, None
    else:
        wanted_rows, wanted_sights = rows.touched_rows, rows.touched_sights
    chunks: dict[str, bytes] = {}
    digests: dict[str, str] = {}
    for number in range(-(-rows.rows // CHUNK_ROWS)):
        name = f"rows-{number:05d}"
        if wanted_rows is None or wanted_rows[number] or name not in state.saved_digests:
            part = slice(number * CHUNK_ROWS, min((number + 1) * CHUNK_ROWS, rows.rows))
            chunks[name] = pack({"first": part.start}, _row_arrays(state, part))
        digests[name] = digest_of(chunks[name]) if name in chunks else state.saved_digests[name]
    for number in range(-(-rows.sights // CHUNK_SIGHTS)):
        name = f"sights-{number:05d}"
        if wanted_sights is None or number in wanted_sights or name not in state.saved_digests:
            part = slice(number * CHUNK_SIGHTS, min((number + 1) * CHUNK_SIGHTS, rows.sights))
            chunks[name] = pack({}, {"ids": rows.sight_ids[part], "codes": rows.sight_codes[part]})
        digests[name] = digest_of(chunks[name]) if name in chunks else state.saved_digests[name]
    if state.meaning is not None:
        if not touched_only or state.meaning.touched or MEANING not in state.saved_digests:
            chunks[MEANING] = pack({}, state.meaning.arrays(len(state.labels)))
        digests[MEANING] = digest_of(chunks[MEANING]) if MEANING in chunks else state.saved_digests[MEANING]
    chunks[HEAD] = pack({**state.values(), "rows": rows.rows, "sights": rows.sights, "chunks": digests}, {})
    if touched_only:
        state.saved_digests = digests
        rows.touched_rows[:] = False
        rows.touched_sights = set()
        if state.meaning is not None:
            state.meaning.touched = False
    return chunks


def decode_chunks(chunks: Mapping[str, bytes]) -> TextState:
    """The state out of its head and the chunks it lists; DamagedModel if one is missing, changed or of another save."""
    if HEAD not in chunks:
        raise DamagedModel(f"the model's chunk {HEAD!r} is missing")
    head, _ = unpack(chunks[HEAD])
    if head.get("format") != FORMAT:
        raise DamagedModel(f"the model is written in format {head.get('format')!r}, this version reads {FORMAT}")
    for name, digest in head["chunks"].items():
        if name not in chunks:
            raise DamagedModel(f"the model's chunk {name!r} is missing")
        if digest_of(chunks[name]) != digest:
            raise DamagedModel(f"the model's chunk {name!r} is not the one its head was saved with")
    labels = head["labels"]
    rows = SparseRows(head["max_bytes"], max(len(labels), 1), max(head["rows"], 1), max(head["sights"], 1))
    rows.rows, rows.sights = head["rows"], head["sights"]
    for name in head["chunks"]:
        if name != MEANING:
            _fill(rows, name, chunks[name])
    rows.rebuild_table()
    units = np.zeros(rows.columns, dtype=np.int64)
    units[: len(labels)] = head["label_units"]
    state = TextState(
        rows=rows,
        prior_digest=head["prior"],
        labels=labels,
        label_units=units,
        examples=head["examples"],
        temperature_log=float.fromhex(head["temperature_log"]),
        trust=float.fromhex(head["trust"]),
        trust_square=float.fromhex(head["trust_square"]),
        saved_digests=dict(head["chunks"]),
    )
    if MEANING in head["chunks"]:
        known = head["meaning"]
        state.meaning = MeaningHead.of(known, unpack(chunks[MEANING])[1])
        state.meaning_trust = float.fromhex(known["trust"])
        state.meaning_trust_square = float.fromhex(known["trust_square"])
    return state


def _row_arrays(state: TextState, part: slice) -> dict[str, NDArray[Any]]:
    arrays = {name: getattr(state.rows, name)[part, : len(state.labels)] for name in PER_LABEL}
    return arrays | {name: getattr(state.rows, name)[part] for name in PER_ROW}


def _fill(rows: SparseRows, name: str, data: bytes) -> None:
    values, arrays = unpack(data)
    if name.startswith("sights-"):
        first = int(name.removeprefix("sights-")) * CHUNK_SIGHTS
        rows.sight_ids[first : first + len(arrays["ids"])] = arrays["ids"]
        rows.sight_codes[first : first + len(arrays["codes"])] = arrays["codes"]
        return
    part = slice(values["first"], values["first"] + len(arrays["ids"]))
    for column in PER_LABEL:
        stored = arrays[column]
        getattr(rows, column)[part, : stored.shape[1]] = stored
    for column in PER_ROW:
        getattr(rows, column)[part] = arrays[column]


def join_chunks(chunks: Mapping[str, bytes]) -> bytes:
    """All chunks in one byte string."""
    return pack({}, {name: np.frombuffer(data, dtype=np.uint8) for name, data in sorted(chunks.items())})


def split_chunks(data: bytes) -> dict[str, bytes]:
    """The chunks out of `join_chunks`; raises DamagedModel."""
    return {name: array.tobytes() for name, array in unpack(data)[1].items()}
