"""Topics are made where they are missing and compared where they are there; nothing is ever taken away."""

from __future__ import annotations

import dataclasses

import pytest
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]
from typer.testing import CliRunner

from infra.cli.main import app
from schemas.topics import BY_NAME, TOPICS
from streams.kafka.address import Address, parse_address
from streams.kafka.client import admin, partitions_of
from streams.kafka.failures import AddressInvalid, BrokerUnreachable, TopicsDiffer
from streams.kafka.topics import apply_topics, require_topics, settings_of


def make(address: Address, name: str, partitions: int, **settings: str) -> None:
    """A topic as somebody else made it."""
    topic = address.topic(name)
    named = {setting.replace("_", "."): value for setting, value in settings.items()}
    asked = admin(address)
    asked.create_topics([NewTopic(topic, partitions, 1, config=named)])[topic].result()


def outcomes(address: Address) -> dict[str, str]:
    return {report.topic.removeprefix(address.prefix): report.outcome for report in apply_topics(address)}


def test_every_topic_is_made_once(address: Address) -> None:
    with pytest.raises(TopicsDiffer, match=r"no topic .*journal.*millrace topics apply"):
        require_topics(address)
    assert outcomes(address) == {topic.name: "made" for topic in TOPICS}
    assert outcomes(address) == {topic.name: "as it should be" for topic in TOPICS}
    assert require_topics(address) == 4


def test_the_journal_decides_the_partitions(address: Address) -> None:
    """An address that asks for another number does not split a log that is there."""
    make(address, "journal", 3)
    assert outcomes(dataclasses.replace(address, partitions=8))["journal"] == "changed"
    assert require_topics(address) == 3


@pytest.mark.parametrize(
    ("name", "partitions", "settings", "outcome", "said"),
    [
        ("facts", 5, {}, "differs", "5 partitions instead of 4"),
        ("journal", 4, {"cleanup_policy": "compact"}, "differs", "cleanup.policy is compact instead of delete"),
        ("waits", 4, {"cleanup_policy": "delete"}, "differs", "cleanup.policy is delete instead of compact"),
        ("tickets", 4, {"retention_ms": "-1"}, "differs", "retention.ms is -1 instead of 604800000"),
        ("tickets", 4, {"retention_ms": "60000"}, "changed", "retention.ms: 60000 -> 604800000"),
        ("journal", 4, {"retention_ms": "604800000"}, "changed", "retention.ms: 604800000 -> -1"),
        ("usage", 4, {"message_timestamp_type": "CreateTime"}, "changed", "CreateTime -> LogAppendTime"),
        ("alerts", 4, {"max_message_bytes": "1000"}, "changed", "max.message.bytes: 1000 -> 4194304"),
    ],
)
def test_a_difference_is_set_right_only_where_nothing_is_lost(
    address: Address, name: str, partitions: int, settings: dict[str, str], outcome: str, said: str
) -> None:
    right = {setting.replace(".", "_"): value for setting, value in settings_of(BY_NAME[name]).items()}
    make(address, name, partitions, **right | settings)
    first = {report.topic: report for report in apply_topics(address)}[address.topic(name)]
    assert first.outcome == outcome
    assert said in first.detail
    again = {report.topic: report for report in apply_topics(address)}[address.topic(name)]
    assert again.outcome == ("as it should be" if outcome == "changed" else "differs")
    assert partitions_of(admin(address), address.topic(name)) == partitions


def test_the_verb_exits_with_1_for_what_it_will_not_change(address: Address) -> None:
    make(address, "facts", 5)
    ran = CliRunner().invoke(app, ["topics", "apply", "--log", str(address), "--json"])
    assert ran.exit_code == 1
    assert "5 partitions instead of 4" in ran.stdout
    with pytest.raises(TopicsDiffer, match="has 5 partitions and the journal 4"):
        require_topics(address)


def test_a_broker_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.kafka.topics.ASK_SECONDS", 0.3)
    with pytest.raises(BrokerUnreachable, match="is it up"):
        apply_topics(parse_address("kafka://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("http://b:9092", "no address of a log on Kafka"),
        ("kafka://", "is no broker"),
        ("kafka://b", "is no broker"),
        ("kafka://b:0", "is no broker"),
        ("kafka://b:70000", "is no broker"),
        ("kafka://b:9092,", "is no broker"),
        ("kafka://user@b:9092", "is no broker"),
        ("kafka://b:9092/a/b", "cannot begin with"),
        ("kafka://b:9092/ä", "cannot begin with"),
        ("kafka://b:9092?partitions=0", "partitions=0"),
        ("kafka://b:9092?partitions=1025", "partitions=1025"),
        ("kafka://b:9092?shards=3", "shards=3"),
    ],
)
def test_an_address_that_cannot_be_is_refused(dsn: str, said: str) -> None:
    with pytest.raises(AddressInvalid, match=said):
        parse_address(dsn)


@pytest.mark.parametrize("dsn", ["kafka://a:1,b:2", "kafka://[::1]:9092/x.?partitions=3", "kafka://a:9092/acme-"])
def test_an_address_is_written_as_it_is_read(dsn: str) -> None:
    assert str(parse_address(dsn)) == dsn
