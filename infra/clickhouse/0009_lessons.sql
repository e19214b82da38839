-- What models were taught, by whom, what was taken back, and which of them answers.

CREATE TABLE IF NOT EXISTS facts_model_state (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    model String,
    version Int64,
    serving String,
    n Int64,
    labels Int64,
    judged Float64,
    accuracy_rule Float64,
    accuracy_model Float64,
    accuracy_settled Nullable(Float64),
    calibration_error Float64,
    held Int64,
    remembered Int64,
    withdrawn Int64,
    features Int64,
    event_id String,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_model_promoted (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    model String,
    before String,
    after String,
    accuracy_before Float64,
    accuracy_after Float64,
    judged Float64,
    n Int64,
    event_id String,
    promoted_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_lesson_taken (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    model String,
    event_id String,
    entity String,
    person String,
    label String,
    how String,
    outcome String,
    remembered Bool,
    moved Nullable(Float64),
    withdrawn_by Nullable(String),
    n Int64,
    taken_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_lessons_unlearned (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    model String,
    event_id String,
    person String,
    reason String,
    lessons Int64,
    remembered Int64,
    beyond_reach Bool,
    asked Int64,
    answers_changed Int64,
    largest_move Float64,
    unlearned_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW models AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.model AS model, f.version AS version, f.serving AS serving, f.n AS n, f.labels
    AS labels, f.judged AS judged, f.accuracy_rule AS accuracy_rule, f.accuracy_model AS accuracy_model,
    f.accuracy_settled AS accuracy_settled, f.calibration_error AS calibration_error, f.held AS held,
    f.remembered AS remembered, f.withdrawn AS withdrawn, f.features AS features, f.event_id AS event_id,
    f.updated_at AS updated_at
FROM facts_model_state AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW model_promotions AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.model AS model, f.before AS before, f.after AS after, f.accuracy_before AS
    accuracy_before, f.accuracy_after AS accuracy_after, f.judged AS judged, f.n AS n, f.event_id AS
    event_id, f.promoted_at AS promoted_at
FROM facts_model_promoted AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_model_promoted WHERE retracted
    );

CREATE OR REPLACE VIEW lessons AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.model AS model, f.event_id AS event_id, f.entity AS entity, f.person AS person,
    f.label AS label, f.how AS how, f.outcome AS outcome, f.remembered AS remembered, f.moved AS moved,
    f.withdrawn_by AS withdrawn_by, f.n AS n, f.taken_at AS taken_at
FROM facts_lesson_taken AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW lessons_unlearned AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.model AS model, f.event_id AS event_id, f.person AS person, f.reason AS reason,
    f.lessons AS lessons, f.remembered AS remembered, f.beyond_reach AS beyond_reach, f.asked AS asked,
    f.answers_changed AS answers_changed, f.largest_move AS largest_move, f.unlearned_at AS unlearned_at
FROM facts_lessons_unlearned AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_lessons_unlearned WHERE retracted
    );
