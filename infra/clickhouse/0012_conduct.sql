-- How tickets were handled, how an expert's work develops, and what looks like playing for figures.

CREATE TABLE IF NOT EXISTS facts_quality_checked (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    expert Nullable(String),
    `group` Nullable(String),
    passed Int64,
    applicable Int64,
    failed Array(String),
    terms String,
    checked_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_quality_trend (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    expert String,
    tickets Int64,
    passed Int64,
    applicable Int64,
    tickets_before Int64,
    passed_before Int64,
    applicable_before Int64,
    dropped Bool,
    measured_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_gaming_suspected (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    pattern String,
    event_id String,
    account Nullable(String),
    expert Nullable(String),
    detail String,
    evidence Array(String),
    happened_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW quality AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.expert AS expert,
    f.`group` AS group_name, f.passed AS passed, f.applicable AS applicable, f.failed AS failed,
    f.terms AS terms, f.checked_at AS checked_at
FROM facts_quality_checked AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW quality_trends AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.expert AS expert, f.tickets AS tickets, f.passed AS passed,
    f.applicable AS applicable, f.tickets_before AS tickets_before, f.passed_before AS passed_before,
    f.applicable_before AS applicable_before, f.dropped AS dropped, f.measured_at AS measured_at
FROM facts_quality_trend AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW gaming AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.pattern AS pattern, f.event_id AS event_id,
    f.account AS account, f.expert AS expert, f.detail AS detail, f.evidence AS evidence,
    f.happened_at AS happened_at
FROM facts_gaming_suspected AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
