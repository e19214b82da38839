-- When answers became worse than before, and which labels showed it.

CREATE TABLE IF NOT EXISTS facts_model_drifted (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    model String,
    accuracy_before Float64,
    accuracy_after Float64,
    labels_before Int64,
    labels_after Int64,
    missed Array(String),
    people Int64,
    event_ids Array(String),
    event_id String,
    drifted_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW model_drifts AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.model AS model, f.accuracy_before AS accuracy_before, f.accuracy_after AS accuracy_after,
    f.labels_before AS labels_before, f.labels_after AS labels_after, f.missed AS missed, f.people AS people,
    f.event_ids AS event_ids, f.event_id AS event_id, f.drifted_at AS drifted_at
FROM facts_model_drifted AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_model_drifted WHERE retracted
    );
