-- Who should take a ticket: advised teams, decisions and how they turned out, who waits, and experts' load.

CREATE TABLE IF NOT EXISTS facts_team_advised (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    `group` String,
    given Nullable(String),
    probability Float64,
    candidates String,
    n Int64,
    version Int64,
    logit Float64,
    terms String,
    event_id String,
    advised_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_ticket_routed (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    number Int64,
    account Nullable(String),
    expert String,
    `group` Nullable(String),
    score Int64,
    terms String,
    candidates String,
    exclusions Array(String),
    excluded Int64,
    waited_seconds Int64,
    due_at Nullable(DateTime64(6, 'UTC')),
    event_id String,
    routed_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_ticket_queued (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    `group` Nullable(String),
    category Nullable(String),
    priority String,
    channel String,
    language Nullable(String),
    reason String,
    exclusions Array(String),
    due_at Nullable(DateTime64(6, 'UTC')),
    queued_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_route_judged (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    number Int64,
    account Nullable(String),
    expert String,
    `group` Nullable(String),
    verdict String,
    given_to Nullable(String),
    given_group Nullable(String),
    event_id String,
    judged_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_expert_load (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    expert String,
    `group` Nullable(String),
    status String,
    tickets Int64,
    capacity Int64,
    handled_minutes Int64,
    fatigue_percent Int64,
    terms String,
    usual_seconds Nullable(Int64),
    usual_answer_seconds Nullable(Int64),
    measured_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW team_advice AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.`group` AS group_name, f.given AS given,
    f.probability AS probability, f.candidates AS candidates, f.n AS n, f.version AS version,
    f.logit AS logit, f.terms AS terms, f.event_id AS event_id, f.advised_at AS advised_at
FROM facts_team_advised AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW routes AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.number AS number, f.account AS account, f.expert AS expert,
    f.`group` AS group_name, f.score AS score, f.terms AS terms, f.candidates AS candidates,
    f.exclusions AS exclusions, f.excluded AS excluded, f.waited_seconds AS waited_seconds,
    f.due_at AS due_at, f.event_id AS event_id, f.routed_at AS routed_at
FROM facts_ticket_routed AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW queue AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.`group` AS group_name,
    f.category AS category, f.priority AS priority, f.channel AS channel, f.language AS language,
    f.reason AS reason, f.exclusions AS exclusions, f.due_at AS due_at, f.queued_at AS queued_at
FROM facts_ticket_queued AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW route_verdicts AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.number AS number, f.account AS account, f.expert AS expert,
    f.`group` AS group_name, f.verdict AS verdict, f.given_to AS given_to, f.given_group AS given_group,
    f.event_id AS event_id, f.judged_at AS judged_at
FROM facts_route_judged AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW experts AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.expert AS expert, f.`group` AS group_name, f.status AS status,
    f.tickets AS tickets, f.capacity AS capacity, f.handled_minutes AS handled_minutes,
    f.fatigue_percent AS fatigue_percent, f.terms AS terms, f.usual_seconds AS usual_seconds,
    f.usual_answer_seconds AS usual_answer_seconds,
    f.measured_at AS measured_at
FROM facts_expert_load AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
