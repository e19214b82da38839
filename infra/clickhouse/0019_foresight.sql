-- What is likely to come: how long tickets keep somebody busy, and how many there will be.

CREATE TABLE IF NOT EXISTS facts_ticket_handling (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    minutes Int64,
    low_minutes Int64,
    high_minutes Int64,
    usual_minutes Int64,
    handled_minutes Nullable(Int64),
    model String,
    n Int64,
    log_thousandths Int64,
    terms String,
    event_id String,
    predicted_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW handling AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.minutes AS minutes,
    f.low_minutes AS low_minutes, f.high_minutes AS high_minutes, f.usual_minutes AS usual_minutes,
    f.handled_minutes AS handled_minutes, f.model AS model, f.n AS n, f.log_thousandths AS log_thousandths,
    f.terms AS terms, f.event_id AS event_id, f.predicted_at AS predicted_at
FROM facts_ticket_handling AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE TABLE IF NOT EXISTS facts_demand_forecast (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    topic String,
    from_at DateTime64(6, 'UTC'),
    until_at DateTime64(6, 'UTC'),
    expected_thousandths Int64,
    low Int64,
    high Int64,
    came Int64,
    hours_seen Int64,
    terms String,
    predicted_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW demand AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at,
    f.topic AS topic, f.from_at AS from_at, f.until_at AS until_at,
    f.expected_thousandths AS expected_thousandths, f.low AS low, f.high AS high,
    f.came AS came, f.hours_seen AS hours_seen, f.terms AS terms,
    f.predicted_at AS predicted_at
FROM facts_demand_forecast AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE TABLE IF NOT EXISTS facts_demand_spiked (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    topic String,
    began_at DateTime64(6, 'UTC'),
    over_at Nullable(DateTime64(6, 'UTC')),
    tickets Int64,
    expected_thousandths Int64,
    edge Int64,
    event_ids Array(String)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW demand_spikes AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at,
    f.topic AS topic, f.began_at AS began_at, f.over_at AS over_at,
    f.tickets AS tickets, f.expected_thousandths AS expected_thousandths, f.edge AS edge,
    f.event_ids AS event_ids
FROM facts_demand_spiked AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
