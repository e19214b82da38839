"""The job: the journal in, (partition) records gathered, (tenant) folded, what is said out to Kafka.

Source and sink are SQL's, for they alone tell a record's partition and take its topic; what runs in between is the
DataStream API's. A record crosses between Java and Python twice: once alone, once in a chunk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from pyflink.common import Configuration
from pyflink.common.typeinfo import Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.data_stream import KeyedStream
from pyflink.java_gateway import get_gateway
from pyflink.table import DataTypes, Schema, StreamTableEnvironment

from streams.kafka.address import Address, parse_address
from streams.kafka.client import LARGEST_MESSAGE_BYTES
from streams.kafka.state_topic import prepare_cells_topic
from streams.runtimes.flink.fold import Fold
from streams.runtimes.flink.gather import Gather
from streams.runtimes.flink.settings import (
    ALERTS,
    CELLS,
    FACTS,
    LETTERS,
    RESULT,
    STATE_PARAMETER,
    SYSTEM,
    WAITS,
    JobSettings,
    Result,
    job_group,
    job_name,
)
from streams.runtimes.flink.state import BYTES

_JOURNAL = """
CREATE TABLE journal (`partition` INT NOT NULL METADATA VIRTUAL, `value` BYTES NOT NULL)
WITH ('connector' = 'kafka', 'format' = 'raw', {options})
"""
# Without a partitioner the Java client takes murmur2 of the key: what `streams.partition` computes for the others.
_SAID = """
CREATE TABLE said (
    `topic` STRING NOT NULL METADATA, `tenant` BYTES NOT NULL, `value` BYTES NOT NULL
) WITH (
    'connector' = 'kafka', 'key.format' = 'raw', 'key.fields' = 'tenant', 'value.format' = 'raw',
    'value.fields-include' = 'EXCEPT_KEY', 'sink.delivery-guarantee' = 'at-least-once', {options}
)
"""
_SAYING = Types.ROW_NAMED(["topic", "tenant", "values"], [Types.STRING(), BYTES, Types.OBJECT_ARRAY(BYTES)])
# What is said of one tenant leaves Python many at once, and is taken apart in Java.
_TOLD = "saying CROSS JOIN UNNEST(saying.`values`) AS told (`value`) WHERE saying.`topic`"


def submit(settings: JobSettings, job_manager: str, port: int) -> tuple[str, Iterator[Result]]:
    """Gives the job to a cluster: its id, and (of a bounded job) its results, which end when it does."""
    environment = _environment(settings, job_manager, port)
    tables = StreamTableEnvironment.create(environment)
    address = parse_address(settings.address)
    said = _folded(tables, settings, address)
    tables.create_temporary_view("saying", said, _saying_schema())
    if settings.generation is not None or not settings.bounded:
        written = {name: address.topic(name) for name in (FACTS, ALERTS, WAITS, LETTERS, SYSTEM)}
        written[CELLS] = prepare_cells_topic(address)
        tables.execute_sql(_SAID.format(options=_options(_sink_options(address, written.values()))))
        topics = "CASE `topic` " + " ".join(f"WHEN '{name}' THEN '{topic}'" for name, topic in written.items()) + " END"
        statements = tables.create_statement_set()
        statements.add_insert_sql(
            f"INSERT INTO said SELECT {topics}, `tenant`, told.`value` FROM {_TOLD} <> '{RESULT}'"  # noqa: S608
        )
        statements.attach_as_datastream()
    if not settings.bounded:
        return str(environment.execute_async(job_name(settings.address, bounded=settings.bounded)).get_job_id()), iter(
            ()
        )
    query = f"SELECT CAST(told.`value` AS STRING) AS `result` FROM {_TOLD} = '{RESULT}'"  # noqa: S608
    results = tables.to_data_stream(tables.sql_query(query))
    client = results.execute_and_collect(job_name(settings.address, bounded=settings.bounded))
    return "", (msgspec.json.decode(row[0], type=Result) for row in client)


def _folded(tables: StreamTableEnvironment, settings: JobSettings, address: Address) -> DataStream:
    tables.execute_sql(_JOURNAL.format(options=_options(_source_options(settings, address))))
    journal = tables.to_data_stream(tables.sql_query("SELECT `partition`, `value` FROM journal"))
    # The same rows under the type by which PyFlink knows a key and its value: keyed in Java, and not in Python.
    row = Types.ROW_NAMED(["f0", "f1"], [Types.INT(), BYTES])
    journal._j_data_stream.getTransformation().setOutputType(row.get_java_type_info())  # noqa: SLF001
    chunk = Types.ROW_NAMED(["f0", "f1"], [Types.STRING(), BYTES])
    gathered = _keyed(journal, Types.INT()).process(Gather(settings.mode), chunk).uid("gather").name("gather")
    return _keyed(gathered, Types.STRING()).process(Fold(settings), _SAYING).uid("fold").name("fold")


def _keyed(stream: DataStream, key: Any) -> KeyedStream:
    """The stream of rows (key, value), keyed by what they begin with."""
    gateway = get_gateway()
    keyed = stream._j_data_stream.keyBy(  # noqa: SLF001 - PyFlink's own way of keying asks Python for each key
        gateway.jvm.KeyByKeySelector(), Types.ROW([key]).get_java_type_info()
    )
    return KeyedStream(keyed, BYTES, stream)


def _environment(settings: JobSettings, job_manager: str, port: int) -> StreamExecutionEnvironment:
    configuration = Configuration()
    for name, value in {**_configuration(settings), **settings.options}.items():
        configuration.set_string(name, value)
    gateway = get_gateway()
    remote = gateway.jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment.createRemoteEnvironment(
        job_manager,
        port,
        configuration._j_configuration,  # noqa: SLF001
        gateway.new_array(gateway.jvm.String, 0),
    )
    environment = StreamExecutionEnvironment(remote)
    environment.set_parallelism(settings.parallelism)
    return environment


def _configuration(settings: JobSettings) -> dict[str, str]:
    said = {
        "python.execution-mode": settings.mode,
        # Nothing here could be chained, and of a job that is collected from, chaining drops every other sink.
        "python.operator-chaining.enabled": "false",
        "pipeline.object-reuse": "true",
        "pipeline.max-parallelism": "128",
        "state.backend.type": "rocksdb",
        "execution.checkpointing.dir": settings.state,
        "pipeline.global-job-parameters": f"{STATE_PARAMETER}:'{settings.state}'",
        "execution.checkpointing.incremental": "true",
        "execution.checkpointing.interval": f"{settings.checkpoint_milliseconds} ms",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    }
    if settings.bounded:
        said |= {
            "restart-strategy.type": "fixed-delay",
            "restart-strategy.fixed-delay.attempts": "3",
            "restart-strategy.fixed-delay.delay": "1 s",
            "execution.checkpointing.externalized-checkpoint-retention": "NO_EXTERNALIZED_CHECKPOINTS",
        }
    else:
        said |= {
            "restart-strategy.type": "failure-rate",
            "restart-strategy.failure-rate.delay": "1 s",
            "restart-strategy.failure-rate.failure-rate-interval": "10 min",
            "restart-strategy.failure-rate.max-failures-per-interval": "30",
        }
    if settings.restore:
        said["execution.state-recovery.path"] = settings.restore
    return said


def _source_options(settings: JobSettings, address: Address) -> dict[str, str]:
    said = {
        "topic": address.topic("journal"),
        "properties.bootstrap.servers": address.bootstrap,
        "properties.group.id": job_group(address.prefix),
        "properties.max.partition.fetch.bytes": str(LARGEST_MESSAGE_BYTES),
        "scan.startup.mode": "earliest-offset",
        "scan.topic-partition-discovery.interval": "0",
    }
    if settings.ends is not None:
        places = ";".join(f"partition:{partition},offset:{end}" for partition, end in settings.ends.items())
        said |= {"scan.bounded.mode": "specific-offsets", "scan.bounded.specific-offsets": places}
    return said


def _sink_options(address: Address, topics: Iterable[str]) -> dict[str, str]:
    return {
        "topic": ";".join(topics),
        "properties.bootstrap.servers": address.bootstrap,
        "properties.acks": "all",
        "properties.enable.idempotence": "true",
        "properties.compression.type": "lz4",
        "properties.linger.ms": "5",
        "properties.max.request.size": str(LARGEST_MESSAGE_BYTES),
    }


def _options(said: dict[str, str]) -> str:
    return ", ".join(f"'{name}' = '{value}'" for name, value in said.items())


def _saying_schema() -> Schema:
    builder = Schema.new_builder()
    builder.column("topic", DataTypes.STRING().not_null())
    builder.column("tenant", DataTypes.BYTES().not_null())
    builder.column("values", DataTypes.ARRAY(DataTypes.BYTES().not_null()).not_null())
    return builder.build()
