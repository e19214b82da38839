-- Health beyond the default score: the drivers over time, scores of a tenant's own, and the rules of all of them.

CREATE TABLE IF NOT EXISTS facts_health_drivers (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    event_id String,
    drivers String,
    changed_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_health_named (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    score String,
    value Float64,
    band String,
    settings_id String,
    terms String
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_health_named_changed (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    score String,
    event_id String,
    before Float64,
    after Float64,
    settings_id String,
    terms String,
    changed_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_health_version (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    score String,
    event_id String,
    holds_from_at DateTime64(6, 'UTC'),
    weights String,
    bands String,
    missing String,
    fresh_days String,
    fade_days Int64,
    retired Bool
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW health_drivers AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.event_id AS event_id, f.drivers AS drivers,
    f.changed_at AS changed_at
FROM facts_health_drivers AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_health_drivers WHERE retracted
    );

CREATE OR REPLACE VIEW scores AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.score AS score, f.value AS value, f.band AS band,
    f.settings_id AS settings_id, f.terms AS terms
FROM facts_health_named AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW score_history AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.score AS score, f.event_id AS event_id, f.before AS before,
    f.after AS after, f.settings_id AS settings_id, f.terms AS terms, f.changed_at AS changed_at
FROM facts_health_named_changed AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_health_named_changed WHERE retracted
    );

CREATE OR REPLACE VIEW health_versions AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.score AS score, f.event_id AS event_id, f.holds_from_at AS holds_from_at,
    f.weights AS weights, f.bands AS bands, f.missing AS missing, f.fresh_days AS fresh_days,
    f.fade_days AS fade_days, f.retired AS retired
FROM facts_health_version AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
