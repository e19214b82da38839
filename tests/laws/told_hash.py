"""Folds the journal that it is given and prints what is known at its end, for processes with other hash seeds."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from itertools import repeat

import msgspec

from schemas.decode import decode
from tests.laws.world import folded, hashed


def main() -> None:
    """Reads records a line, prints the state hash, a hash of all facts, and this process's hash of a word."""
    journal = [decode(line) for line in sys.stdin.buffer.read().splitlines()]
    store = folded(journal, repeat(100))
    facts = sha256()
    tenant = journal[0].tenant
    for id_, fact in (*store.current[tenant].items(), *store.history[tenant]):
        facts.update(id_.encode() + msgspec.msgpack.encode(fact))
    sys.stdout.write(json.dumps({"state": hashed(store), "facts": facts.hexdigest(), "seeded": hash("word")}))


if __name__ == "__main__":
    main()
