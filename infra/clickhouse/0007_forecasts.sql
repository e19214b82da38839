-- What is likely to come of promises that still run.

CREATE TABLE IF NOT EXISTS facts_sla_forecast (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    clock String,
    cycle Int64,
    probability Float64,
    due_at Nullable(DateTime64(6, 'UTC')),
    model String,
    version Int64,
    n Int64,
    logit Float64,
    terms String,
    event_id String,
    predicted_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW sla_forecasts AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.clock AS clock, f.cycle AS cycle,
    f.probability AS probability, f.due_at AS due_at, f.model AS model, f.version AS version, f.n AS n,
    f.logit AS logit, f.terms AS terms, f.event_id AS event_id, f.predicted_at AS predicted_at
FROM facts_sla_forecast AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
