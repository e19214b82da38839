"""`python -m infra.bench_kafka.plain_flink HOST PORT BROKER TOPIC MODE`: the keyed count that a user of PyFlink writes.

Reads the topic to its present end, keys by tenant, counts in keyed state. Prints the job's id, and waits for its end.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from pyflink.common import Configuration, SimpleStringSchema, WatermarkStrategy
from pyflink.common.typeinfo import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource
from pyflink.datastream.state import ValueState, ValueStateDescriptor
from pyflink.java_gateway import get_gateway

_TENANT = '"tenant":"'
_TOLD_EVERY = 1_000_000


def tenant_of(line: str) -> str:
    """The tenant in a record, without reading the rest of it."""
    begin = line.find(_TENANT) + len(_TENANT)
    return line[begin : line.find('"', begin)]


class Count(KeyedProcessFunction):  # type: ignore[misc]  # PyFlink says nothing of its types
    """Counts each key's records."""

    def __init__(self) -> None:
        self._count: ValueState

    def open(self, runtime_context: RuntimeContext) -> None:
        self._count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: str, ctx: Any) -> Iterator[str]:
        count = (self._count.value() or 0) + 1
        self._count.update(count)
        if count % _TOLD_EVERY == 0:
            yield f"{tenant_of(value)} {count}"


def main() -> None:
    """Runs the job to its end."""
    host, port, broker, topic, mode = sys.argv[1:]
    environment = _environment(host, int(port), mode)
    source = (
        KafkaSource.builder()
        .set_bootstrap_servers(broker)
        .set_topics(topic)
        .set_group_id("plain")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    lines = environment.from_source(source, WatermarkStrategy.no_watermarks(), "journal", Types.STRING())
    lines.key_by(tenant_of, Types.STRING()).process(Count(), Types.STRING()).print()
    result = environment.execute("plain count")
    sys.stdout.write(f"{result.get_net_runtime() / 1_000}\n")


def _environment(host: str, port: int, mode: str) -> StreamExecutionEnvironment:
    configuration, gateway = Configuration(), get_gateway()
    for name, value in {
        "python.execution-mode": mode,
        "state.backend.type": "rocksdb",
        "execution.checkpointing.interval": "10 s",
        "pipeline.object-reuse": "true",
    }.items():
        configuration.set_string(name, value)
    remote = gateway.jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment.createRemoteEnvironment(
        host,
        port,
        configuration._j_configuration,  # noqa: SLF001 - PyFlink has no other way to a cluster that runs
        gateway.new_array(gateway.jvm.String, 0),
    )
    environment = StreamExecutionEnvironment(remote)
    environment.set_parallelism(1)
    return environment


if __name__ == "__main__":
    main()
