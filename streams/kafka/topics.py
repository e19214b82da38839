"""The topics of a log: made where they are missing, compared where they are there, never deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Literal, NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from schemas.topics import BY_NAME, TOPICS, Topic
from streams.kafka.address import Address
from streams.kafka.client import ASK_SECONDS, LARGEST_MESSAGE_BYTES, admin, unreachable
from streams.kafka.failures import TopicsDiffer

_JOURNAL = BY_NAME["journal"]
_LOOK_SECONDS = 0.02
_DAY_MILLISECONDS = 86_400_000
_FOR_EVER = -1
# Of copies asked for at creation: as many as the cluster's own default says.
_BROKERS_DEFAULT = -1

Outcome = Literal["made", "as it should be", "changed", "differs"]


class TopicReport(NamedTuple):
    """What was found of one topic, and what was done. `differs` is what nobody but a person may change."""

    topic: str
    outcome: Outcome
    detail: str = ""


def settings_of(topic: Topic) -> dict[str, str]:
    """The settings a topic must have, as Kafka names and writes them."""
    retention = _FOR_EVER if topic.retention_days is None else topic.retention_days * _DAY_MILLISECONDS
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(retention),
        "retention.bytes": str(_FOR_EVER),
        # The broker's clock, so that no producer decides when a record was taken, or how long it is kept.
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(LARGEST_MESSAGE_BYTES),
    }


def apply_topics(address: Address) -> list[TopicReport]:
    """Makes the topics that are missing, sets what can be set without loss, and reports each. Raises KafkaFailed.

    A number of partitions that differs is reported and left: changing it is an export and an import. So is whatever
    would take records away, or already has: the operator decides on it.
    """
    asked = admin(address)
    # The journal first: where it is there already, its number of partitions is the others'.
    made = _made(asked, address, [_JOURNAL], address.partitions)
    partitions = _visible(asked, address, [_JOURNAL])[address.topic(_JOURNAL.name)]
    made |= _made(asked, address, TOPICS, partitions)
    found = _visible(asked, address, TOPICS)
    there = [topic for topic in TOPICS if topic.name not in made]
    configured = _configured(asked, [address.topic(topic.name) for topic in there])
    compared = {
        topic.name: _compared(asked, topic, name, found[name], partitions, configured[name])
        for topic in there
        for name in (address.topic(topic.name),)
    }
    return [(made | compared)[topic.name] for topic in TOPICS]


def require_topics(address: Address) -> int:
    """The number of partitions of the log. Raises TopicsDiffer where a topic is missing or is partitioned otherwise."""
    found = _partitions(admin(address))
    names = [address.topic(topic.name) for topic in TOPICS]
    missing = [name for name in names if name not in found]
    if missing:
        raise TopicsDiffer(f"{address} has no topic {', '.join(missing)}: run `millrace topics apply --log {address}`")
    partitions = found[address.topic("journal")]
    for name in names:
        if found[name] != partitions:
            raise TopicsDiffer(
                f"{name} has {found[name]} partitions and the journal {partitions}: every topic of a log needs as many"
            )
    return partitions


def _partitions(asked: AdminClient) -> Mapping[str, int]:
    try:
        listed = asked.list_topics(timeout=ASK_SECONDS).topics
    except KafkaException as error:
        raise unreachable(error) from error
    return {name: len(topic.partitions) for name, topic in listed.items()}


def _visible(asked: AdminClient, address: Address, topics: Sequence[Topic]) -> Mapping[str, int]:
    """Every topic's partitions, once the broker asked knows the topics: right after they were made it may not."""
    names = [address.topic(topic.name) for topic in topics]
    found: Mapping[str, int] = {}

    def known() -> bool:
        nonlocal found
        found = _partitions(asked)
        return all(name in found for name in names)

    _await(known, f"{', '.join(names)}: made, but not known to the broker")
    return found


def _made(asked: AdminClient, address: Address, topics: Sequence[Topic], partitions: int) -> dict[str, TopicReport]:
    """Makes those topics that are missing. Raises TopicsDiffer where one cannot be made."""
    found = _partitions(asked)
    new = {
        topic.name: NewTopic(address.topic(topic.name), partitions, _BROKERS_DEFAULT, config=settings_of(topic))
        for topic in topics
        if address.topic(topic.name) not in found
    }
    if not new:
        return {}
    futures = asked.create_topics(list(new.values()), operation_timeout=ASK_SECONDS, request_timeout=ASK_SECONDS)
    return {
        name: TopicReport(topic.topic, "made", f"{partitions} partitions")
        for name, topic in new.items()
        if _was_made(topic.topic, futures[topic.topic])
    }


def _was_made(name: str, future: Future[None]) -> bool:
    """Whether this call made the topic: somebody else may have, a moment ago."""
    try:
        future.result()
    except KafkaException as error:
        code = error.args[0].code()
        if code == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        if code in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):  # noqa: SLF001 - the library's own names for it
            raise unreachable(error) from error
        raise TopicsDiffer(f"{name} could not be made: {error.args[0].str()}") from error
    return True


def _configured(asked: AdminClient, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    resources = {name: ConfigResource(ResourceType.TOPIC, name) for name in names}
    if not resources:
        return {}
    try:
        futures = asked.describe_configs(list(resources.values()), request_timeout=ASK_SECONDS)
        return {
            name: {entry.name: entry.value or "" for entry in futures[resource].result().values()}
            for name, resource in resources.items()
        }
    except KafkaException as error:
        raise unreachable(error) from error


def _compared(
    asked: AdminClient, topic: Topic, name: str, found: int, wanted: int, configured: Mapping[str, str]
) -> TopicReport:
    differs: list[str] = []
    change: dict[str, str] = {}
    if found != wanted:
        differs.append(f"{found} partitions instead of {wanted}: export the log and import it into a new one")
    for setting, value in settings_of(topic).items():
        is_now = configured.get(setting, "")
        if is_now == value:
            continue
        if _keeps_everything(setting, is_now, value):
            change[setting] = value
        else:
            differs.append(f"{setting} is {is_now} instead of {value}")
    if change:
        _set(asked, name, change)
    changes = [f"{setting}: {configured.get(setting, '')} -> {value}" for setting, value in change.items()]
    if differs:
        return TopicReport(name, "differs", "; ".join([*differs, *changes]))
    return TopicReport(name, "changed" if changes else "as it should be", "; ".join(changes))


def _keeps_everything(setting: str, is_now: str, value: str) -> bool:
    """Whether a setting can be set right with no record lost or said otherwise by it."""
    if setting in ("retention.ms", "retention.bytes", "max.message.bytes"):
        return int(value) == _FOR_EVER or _FOR_EVER < int(is_now) < int(value)
    # Compaction would take records away; that it was on where it must not be has taken them already.
    return setting == "message.timestamp.type"


def _set(asked: AdminClient, name: str, change: Mapping[str, str]) -> None:
    entries = [
        ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET) for setting, value in change.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
    try:
        asked.incremental_alter_configs([resource], request_timeout=ASK_SECONDS)[resource].result()
    except KafkaException as error:
        raise TopicsDiffer(f"{name} could not be changed: {error.args[0].str()}") from error
    _await(lambda: change.items() <= _configured(asked, [name])[name].items(), f"{name}: changed, but not to be seen")


def _await(holds: Callable[[], bool], otherwise: str) -> None:
    """Brokers answer from what they have heard: what was just done may come to them a little later."""
    until = time.monotonic() + ASK_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise TopicsDiffer(f"{otherwise} {ASK_SECONDS:.0f} s later")
        time.sleep(_LOOK_SECONDS)
