"""Partitions as Kafka's Java client computes them."""

from __future__ import annotations

import pytest

from streams.partition import murmur2, partition_of

# Signed results of Kafka's own test of its `Utils.murmur2` (org.apache.kafka.common.utils.UtilsTest).
KAFKA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("data", KAFKA)
def test_hashes_are_kafkas(data: bytes) -> None:
    assert murmur2(data) == KAFKA[data] & 0xFFFFFFFF


@pytest.mark.parametrize("partitions", [1, 3, 16])
def test_partitions_are_kafkas(partitions: int) -> None:
    for data, hashed in KAFKA.items():
        assert partition_of(data.decode(), partitions) == (hashed & 0x7FFFFFFF) % partitions
