"""Which partition a tenant lives in: computed here, because every client library hashes differently."""

from __future__ import annotations

from functools import lru_cache

DEFAULT_PARTITIONS = 16

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """MurmurHash2 as Kafka's Java client computes it, as an unsigned 32-bit number (Appleby, 2008)."""
    length = len(data)
    hashed = _SEED ^ length
    whole = length - length % 4
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _M & _MASK
        word = (word ^ (word >> 24)) * _M & _MASK
        hashed = (hashed * _M & _MASK) ^ word
    if whole < length:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    hashed = (hashed ^ (hashed >> 13)) * _M & _MASK
    return hashed ^ (hashed >> 15)


@lru_cache(maxsize=65_536)
def partition_of(tenant: str, partitions: int) -> int:
    """The tenant's partition, from 0 to `partitions` - 1."""
    return (murmur2(tenant.encode()) & 0x7FFFFFFF) % partitions
