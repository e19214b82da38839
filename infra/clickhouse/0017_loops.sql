-- How far the answer to feedback that asks for something has come, and which of its steps came too late.

CREATE TABLE IF NOT EXISTS facts_feedback_loop (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    feedback String,
    account Nullable(String),
    reason String,
    severity Nullable(String),
    topic Nullable(String),
    owner Nullable(String),
    ticket Nullable(String),
    step String,
    due_at Nullable(DateTime64(6, 'UTC')),
    missed Array(String),
    kept Int64,
    started_at DateTime64(6, 'UTC'),
    routed_due_at Nullable(DateTime64(6, 'UTC')),
    routed_at Nullable(DateTime64(6, 'UTC')),
    acknowledged_due_at Nullable(DateTime64(6, 'UTC')),
    acknowledged_at Nullable(DateTime64(6, 'UTC')),
    acted_on_due_at Nullable(DateTime64(6, 'UTC')),
    acted_on_at Nullable(DateTime64(6, 'UTC')),
    told_back_due_at Nullable(DateTime64(6, 'UTC')),
    told_back_at Nullable(DateTime64(6, 'UTC')),
    calendar String,
    settings_id String,
    terms String,
    event_id String
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_feedback_step_missed (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    feedback String,
    step String,
    account Nullable(String),
    severity Nullable(String),
    owner Nullable(String),
    missed_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW feedback_loops AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.feedback AS feedback, f.account AS account, f.reason AS reason,
    f.severity AS severity, f.topic AS topic, f.owner AS owner, f.ticket AS ticket, f.step AS step,
    f.due_at AS due_at, f.missed AS missed, f.kept AS kept, f.started_at AS started_at,
    f.routed_due_at AS routed_due_at, f.routed_at AS routed_at, f.acknowledged_due_at AS acknowledged_due_at,
    f.acknowledged_at AS acknowledged_at, f.acted_on_due_at AS acted_on_due_at, f.acted_on_at AS acted_on_at,
    f.told_back_due_at AS told_back_due_at, f.told_back_at AS told_back_at, f.calendar AS calendar,
    f.settings_id AS settings_id, f.terms AS terms, f.event_id AS event_id
FROM facts_feedback_loop AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW feedback_missed AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.feedback AS feedback, f.step AS step, f.account AS account, f.severity AS severity,
    f.owner AS owner, f.missed_at AS missed_at
FROM facts_feedback_step_missed AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
