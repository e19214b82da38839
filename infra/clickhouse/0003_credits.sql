-- What broken promises cost: what accounts are owed by month, and the ledger that it follows from.

CREATE TABLE IF NOT EXISTS facts_credit_owed (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    month String,
    currency String,
    owed_minor Int64,
    breaches Int64,
    cap_minor Nullable(Int64),
    minimum_minor Int64,
    broken_at DateTime64(6, 'UTC'),
    terms String
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS facts_credit_entry (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    month String,
    number Int64,
    ledger String,
    amount_minor Int64,
    currency String,
    ticket String,
    clock String,
    cycle Int64,
    rule String,
    reverses Nullable(Int64),
    booked_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW credits AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.month AS month, f.currency AS currency,
    f.owed_minor AS owed_minor, f.breaches AS breaches, f.cap_minor AS cap_minor,
    f.minimum_minor AS minimum_minor, f.broken_at AS broken_at, f.terms AS terms
FROM facts_credit_owed AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

CREATE OR REPLACE VIEW credit_ledger AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.month AS month, f.number AS number, f.ledger AS ledger,
    f.amount_minor AS amount_minor, f.currency AS currency, f.ticket AS ticket, f.clock AS clock,
    f.cycle AS cycle, f.rule AS rule, f.reverses AS reverses, f.booked_at AS booked_at
FROM facts_credit_entry AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_credit_entry WHERE retracted
    );
