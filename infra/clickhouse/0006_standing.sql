-- Where scores stand among peers, and what they come to by parent, product and region, weighted by recurring revenue.

CREATE TABLE IF NOT EXISTS facts_health_standing (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    score String,
    value Float64,
    peers String,
    peers_by String,
    size Int64,
    below Int64,
    level Int64,
    percentile Int64,
    median Float64,
    difference Float64,
    terms String
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW health_standing AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.score AS score, f.value AS value, f.peers AS peers,
    f.peers_by AS peers_by, f.size AS size, f.below AS below, f.level AS level, f.percentile AS percentile,
    f.median AS median, f.difference AS difference, f.terms AS terms
FROM facts_health_standing AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

-- One line for each score of an account that has not left. Revenue that is not known (or below nothing) weighs nothing.
-- Everything summed is a whole number: quarter points times minor units of one currency. So sums of sums are the sum.
CREATE OR REPLACE VIEW health_weights AS
SELECT
    s.tenant AS tenant, s.account AS account, s.score AS score, coalesce(a.parent, s.account) AS parent,
    coalesce(a.region, 'unknown') AS region, coalesce(a.plan, 'unknown') AS product,
    coalesce(a.currency, 'unknown') AS currency, greatest(coalesce(a.recurring_minor, 0), 0) AS recurring_minor,
    s.quarters AS quarters, greatest(coalesce(a.recurring_minor, 0), 0) * s.quarters AS weighted_quarters
FROM (
    SELECT f.tenant AS tenant, f.account AS account, 'health' AS score, toInt64(f.score * 4) AS quarters
    FROM facts_health_score AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
    UNION ALL
    SELECT f.tenant AS tenant, f.account AS account, f.score AS score, toInt64(f.value * 4) AS quarters
    FROM facts_health_named AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
) AS s
LEFT JOIN (
    SELECT
        f.tenant AS tenant, f.account AS account, f.parent AS parent, f.region AS region, f.plan AS plan,
        f.currency AS currency, f.recurring_minor AS recurring_minor, f.churned_at AS churned_at
    FROM facts_account_state AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
) AS a ON s.tenant = a.tenant AND s.account = a.account
WHERE a.churned_at IS NULL;

CREATE OR REPLACE VIEW health_by_parent AS
SELECT
    w.tenant AS tenant, w.parent AS parent, w.score AS score, w.currency AS currency, count() AS accounts,
    countIf(w.recurring_minor = 0) AS without_revenue, sum(w.recurring_minor) AS recurring_minor,
    sum(w.weighted_quarters) AS weighted_quarters,
    if(sum(w.recurring_minor) = 0, NULL, sum(w.weighted_quarters) / (4 * sum(w.recurring_minor))) AS value
FROM health_weights AS w
GROUP BY w.tenant, w.parent, w.score, w.currency;

CREATE OR REPLACE VIEW health_by_product AS
SELECT
    w.tenant AS tenant, w.product AS product, w.score AS score, w.currency AS currency, count() AS accounts,
    countIf(w.recurring_minor = 0) AS without_revenue, sum(w.recurring_minor) AS recurring_minor,
    sum(w.weighted_quarters) AS weighted_quarters,
    if(sum(w.recurring_minor) = 0, NULL, sum(w.weighted_quarters) / (4 * sum(w.recurring_minor))) AS value
FROM health_weights AS w
GROUP BY w.tenant, w.product, w.score, w.currency;

CREATE OR REPLACE VIEW health_by_region AS
SELECT
    w.tenant AS tenant, w.region AS region, w.score AS score, w.currency AS currency, count() AS accounts,
    countIf(w.recurring_minor = 0) AS without_revenue, sum(w.recurring_minor) AS recurring_minor,
    sum(w.weighted_quarters) AS weighted_quarters,
    if(sum(w.recurring_minor) = 0, NULL, sum(w.weighted_quarters) / (4 * sum(w.recurring_minor))) AS value
FROM health_weights AS w
GROUP BY w.tenant, w.region, w.score, w.currency;
