"""Where a log on Kafka is: `kafka://HOST:PORT[,HOST:PORT][/PREFIX][?partitions=16]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from schemas.topics import BY_NAME
from streams.kafka.failures import AddressInvalid
from streams.partition import DEFAULT_PARTITIONS

SCHEME = "kafka"
MOST_PARTITIONS = 1024

_BROKER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
# What Kafka allows in a topic's name, short enough that every name of ours fits behind it.
_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,128}")


@dataclass(frozen=True, slots=True)
class Address:
    """Brokers to ask first, what every topic's name begins with, and the partitions a new log gets.

    The prefix is taken as it is written: `kafka://b:9092/acme.` makes `acme.journal`.
    """

    brokers: tuple[str, ...]
    prefix: str = ""
    partitions: int = DEFAULT_PARTITIONS

    @property
    def bootstrap(self) -> str:
        """The brokers as clients want to hear them."""
        return ",".join(self.brokers)

    def topic(self, name: str) -> str:
        """The topic that holds one of `schemas.topics`. Raises KeyError for a name that is not there."""
        return self.prefix + BY_NAME[name].name

    def __str__(self) -> str:
        prefix = f"/{self.prefix}" if self.prefix else ""
        asked = f"?partitions={self.partitions}" if self.partitions != DEFAULT_PARTITIONS else ""
        return f"{SCHEME}://{self.bootstrap}{prefix}{asked}"


def is_kafka(dsn: str) -> bool:
    """Whether an address is meant for Kafka."""
    return dsn.startswith(f"{SCHEME}:")


def parse_address(dsn: str) -> Address:
    """Reads an address. Raises AddressInvalid with what is wrong in it.

    >>> str(parse_address("kafka://127.0.0.1:9092/acme.?partitions=4"))
    'kafka://127.0.0.1:9092/acme.?partitions=4'
    """
    parts = urlsplit(dsn)
    if parts.scheme != SCHEME or parts.fragment:
        raise AddressInvalid(f"{dsn!r} is no address of a log on Kafka: kafka://HOST:PORT[/PREFIX][?partitions=16]")
    brokers = tuple(parts.netloc.split(","))
    for broker in brokers:
        found = _BROKER.fullmatch(broker)
        if found is None or not 0 < int(found[2]) <= 65_535:
            raise AddressInvalid(f"{dsn!r}: {broker!r} is no broker: write HOST:PORT")
    prefix = parts.path.removeprefix("/")
    if not _PREFIX.fullmatch(prefix):
        raise AddressInvalid(f"{dsn!r}: a topic's name cannot begin with {prefix!r}: letters, digits, '.', '_', '-'")
    return Address(brokers, prefix, _partitions(dsn, parts.query))


def _partitions(dsn: str, query: str) -> int:
    partitions = DEFAULT_PARTITIONS
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "partitions" or not value.isdecimal() or not 0 < int(value) <= MOST_PARTITIONS:
            raise AddressInvalid(f"{dsn!r}: only ?partitions=1..{MOST_PARTITIONS} can be said, not {name}={value}")
        partitions = int(value)
    return partitions
