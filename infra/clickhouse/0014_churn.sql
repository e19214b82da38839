-- Who is about to leave, by what that costs; who left, and what spoke for it; and how far probabilities can be believed.

ALTER TABLE facts_churn_risk ADD COLUMN IF NOT EXISTS cause Nullable(String);
ALTER TABLE facts_churn_risk ADD COLUMN IF NOT EXISTS winnable_percent Nullable(Int64);

CREATE TABLE IF NOT EXISTS facts_account_lost (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    churned_at DateTime64(6, 'UTC'),
    reason Nullable(String),
    cause Nullable(String),
    winnable_percent Nullable(Int64),
    probability_90 Nullable(Float64),
    recurring_minor Nullable(Int64),
    currency Nullable(String),
    model String,
    version Int64,
    n Int64,
    logit Float64,
    terms String,
    predicted_at Nullable(DateTime64(6, 'UTC'))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW lost_accounts AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.churned_at AS churned_at, f.reason AS reason, f.cause AS cause,
    f.winnable_percent AS winnable_percent, f.probability_90 AS probability_90,
    f.recurring_minor AS recurring_minor, f.currency AS currency, f.model AS model, f.version AS version,
    f.n AS n, f.logit AS logit, f.terms AS terms, f.predicted_at AS predicted_at
FROM facts_account_lost AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

-- Whole minor units: the probability in millionths times what recurs, rounded down. What an account pays is what it is
-- known to pay now; of one whose payments nobody told, nothing is known to be at risk.
CREATE OR REPLACE VIEW at_risk AS
SELECT
    r.tenant AS tenant, r.account AS account, a.name AS name, a.tier AS tier, a.plan AS plan, a.owner AS owner,
    a.renewal_at AS renewal_at, a.currency AS currency, a.recurring_minor AS recurring_minor,
    r.probability_30 AS probability_30, r.probability_60 AS probability_60, r.probability_90 AS probability_90,
    intDiv(coalesce(a.recurring_minor, 0) * toInt64(round(r.probability_90 * 1000000)), 1000000) AS at_risk_minor,
    r.cause AS cause, r.winnable_percent AS winnable_percent,
    intDiv(at_risk_minor * coalesce(r.winnable_percent, 0), 100) AS winnable_minor,
    r.model AS model, r.terms AS terms, r.predicted_at AS predicted_at
FROM (
    SELECT * FROM facts_churn_risk AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
) AS r
LEFT JOIN (
    SELECT
        f.tenant AS tenant, f.account AS account, f.name AS name, f.tier AS tier, f.plan AS plan, f.owner AS owner,
        f.renewal_at AS renewal_at, f.currency AS currency, f.recurring_minor AS recurring_minor
    FROM facts_account_state AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
) AS a ON r.tenant = a.tenant AND r.account = a.account;

-- Of the predictions whose outcome is known, by model and tenth of probability: what was said, and what happened. For
-- churn and breaches the probability is that of leaving and of a broken promise, for the others that of the answer.
CREATE OR REPLACE VIEW calibration AS
SELECT
    f.tenant AS tenant, f.model AS model, toInt64(least(9, floor(10 * f.probability))) AS tenth,
    toInt64(count()) AS predictions, avg(f.probability) AS said,
    avg(multiIf(
        startsWith(f.model, 'churn.'), toFloat64(ifNull(f.label = 'churned', false)),
        startsWith(f.model, 'breach.'), toFloat64(ifNull(f.label = 'broken', false)),
        toFloat64(ifNull(f.correct, false))
    )) AS happened
FROM facts_prediction_made AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted AND f.correct IS NOT NULL
GROUP BY f.tenant, f.model, tenth;
