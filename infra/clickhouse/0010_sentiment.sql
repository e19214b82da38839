-- How customers sound on their tickets.

CREATE TABLE IF NOT EXISTS facts_ticket_sentiment (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    language String,
    measured Bool,
    percent Nullable(Int64),
    trend Nullable(Int64),
    messages Array(String),
    percents Array(Int64),
    n Int64,
    version Int64,
    logit Float64,
    terms String,
    event_id String,
    heard_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW sentiment AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.language AS language,
    f.measured AS measured, f.percent AS percent, f.trend AS trend, f.messages AS messages,
    f.percents AS percents, f.n AS n, f.version AS version, f.logit AS logit, f.terms AS terms,
    f.event_id AS event_id, f.heard_at AS heard_at
FROM facts_ticket_sentiment AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
