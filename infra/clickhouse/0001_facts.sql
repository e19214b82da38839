-- One table per kind of fact. A row is one statement of a fact: the engine keeps the highest revision of an id, and of a
-- kind that keeps its history every revision. `retracted` rows stay, so that an older statement that comes again loses.
-- Inserts are flushed to disk, so that a saved position never outlives the rows before it.

CREATE TABLE IF NOT EXISTS facts_ticket_state (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    status String,
    priority Nullable(String),
    channel String,
    title String,
    requester Nullable(String),
    `group` Nullable(String),
    assignee Nullable(String),
    category Nullable(String),
    language Nullable(String),
    tags Array(String),
    opened_at Nullable(DateTime64(6, 'UTC')),
    first_replied_at Nullable(DateTime64(6, 'UTC')),
    solved_at Nullable(DateTime64(6, 'UTC')),
    closed_at Nullable(DateTime64(6, 'UTC')),
    updated_at DateTime64(6, 'UTC'),
    reopened Int64,
    customer_messages Int64,
    expert_messages Int64,
    csat_percent Nullable(Int64),
    merged_into Nullable(String)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_ticket_classified (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    category Nullable(String),
    probability Float64,
    candidates String,
    language Nullable(String),
    priority String,
    priority_reasons String,
    urgency Float64,
    model String,
    version Int64,
    n Int64,
    logit Float64,
    terms String,
    event_id String,
    classified_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_prediction_made (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    model String,
    version Int64,
    n Int64,
    entity String,
    event_id String,
    answer String,
    probability Float64,
    abstained Bool,
    made_at DateTime64(6, 'UTC'),
    label Nullable(String),
    correct Nullable(Bool),
    labelled_at Nullable(DateTime64(6, 'UTC'))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_sla_clock (
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
    state String,
    policy String,
    calendar String,
    target_seconds Int64,
    started_at DateTime64(6, 'UTC'),
    due_at Nullable(DateTime64(6, 'UTC')),
    elapsed_seconds Float64,
    remaining_seconds Float64,
    fulfilled_at Nullable(DateTime64(6, 'UTC')),
    breached_at Nullable(DateTime64(6, 'UTC')),
    evaluated_at DateTime64(6, 'UTC'),
    terms String
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_sla_breached (
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
    policy String,
    target_seconds Int64,
    breached_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_sla_warned (
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
    percent Int64,
    warned_at DateTime64(6, 'UTC'),
    due_at Nullable(DateTime64(6, 'UTC'))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_health_score (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    score Float64,
    band String,
    terms String,
    scored_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_health_changed (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    event_id String,
    before Float64,
    after Float64,
    terms String,
    changed_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_churn_risk (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    probability_30 Float64,
    probability_60 Float64,
    probability_90 Float64,
    recurring_minor Nullable(Int64),
    model String,
    version Int64,
    n Int64,
    logit Float64,
    terms String,
    predicted_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_account_state (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    name Nullable(String),
    plan Nullable(String),
    tier Nullable(String),
    recurring_minor Nullable(Int64),
    currency Nullable(String),
    renewal_at Nullable(DateTime64(6, 'UTC')),
    seats Nullable(Int64),
    owner Nullable(String),
    parent Nullable(String),
    region Nullable(String),
    created_at Nullable(DateTime64(6, 'UTC')),
    churned_at Nullable(DateTime64(6, 'UTC')),
    churn_reason Nullable(String),
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_feedback_item (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    feedback String,
    account Nullable(String),
    ticket Nullable(String),
    person Nullable(String),
    form String,
    scale Nullable(String),
    score Nullable(Float64),
    topic Nullable(String),
    language Nullable(String),
    text String,
    given_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_usage_day (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    name String,
    day Int64,
    quantity Int64,
    events Int64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_event_late (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    processor String,
    entity String,
    event_id String,
    event_type String,
    occurred_at DateTime64(6, 'UTC'),
    late_by_seconds Int64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_alert_raised (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    alert String,
    about_id String,
    occasion String,
    subject String,
    account Nullable(String),
    summary String,
    happened_at DateTime64(6, 'UTC'),
    withdrawn Bool
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_dead_letter (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    letter String,
    reason String,
    detail String,
    `where` String,
    origin String,
    event_id Nullable(String),
    kept_at DateTime64(6, 'UTC'),
    redriven_at Nullable(DateTime64(6, 'UTC'))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Which generation of a tenant's facts readers see: the row of the highest version.
CREATE TABLE IF NOT EXISTS generations (
    tenant LowCardinality(String),
    generation UInt32,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY tenant
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Up to which token of its source everything is written.
CREATE TABLE IF NOT EXISTS sink_positions (
    source String,
    position Int64
)
ENGINE = ReplacingMergeTree(position)
ORDER BY source
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
