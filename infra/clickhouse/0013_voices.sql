-- What customers say: read, counted by scale, and weighed by revenue.

CREATE TABLE IF NOT EXISTS facts_feedback_read (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    feedback String,
    account Nullable(String),
    topic Nullable(String),
    topic_probability Float64,
    topic_by String,
    severity Nullable(String),
    severity_probability Float64,
    severity_by String,
    n Int64,
    logit Float64,
    terms String,
    event_id String,
    given_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW feedback_read AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.feedback AS feedback, f.account AS account, f.topic AS topic,
    f.topic_probability AS topic_probability, f.topic_by AS topic_by, f.severity AS severity,
    f.severity_probability AS severity_probability, f.severity_by AS severity_by, f.n AS n, f.logit AS logit,
    f.terms AS terms, f.event_id AS event_id, f.given_at AS given_at
FROM facts_feedback_read AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;

-- Answers by scale, which are never mixed: `low`, `middle` and `high` sum to `answers`. Of nps they are detractors (to 6),
-- passives and promoters (from 9), and `value` is the score from -100 to 100; of csat and stars 1 to 2, 3 and 4 to 5, of ces
-- 1 to 3, 4 and 5 to 7, of criticality below, at and above 0, and `value` is the share of high ones in percent.
CREATE OR REPLACE VIEW feedback_scores AS
SELECT
    f.tenant AS tenant, coalesce(f.account, 'unknown') AS account, coalesce(f.scale, '') AS scale,
    toStartOfMonth(toDate(f.given_at)) AS month, count() AS answers,
    countIf(f.score < multiIf(f.scale = 'nps', 7, f.scale = 'ces', 4, f.scale = 'criticality', 0, 3)) AS low,
    toUInt64(answers - low - high) AS middle,
    countIf(f.score > multiIf(f.scale = 'nps', 8, f.scale = 'ces', 4, f.scale = 'criticality', 0, 3)) AS high,
    100 * (high - if(scale = 'nps', toInt64(low), 0)) / answers AS value
FROM facts_feedback_item AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted AND f.scale IS NOT NULL
GROUP BY tenant, account, scale, month;

-- What is spoken of, by the revenue of the accounts that speak of it: each account counts once a topic.
CREATE OR REPLACE VIEW feedback_themes AS
SELECT
    t.tenant AS tenant, t.topic AS topic, t.currency AS currency, count() AS accounts, sum(t.answers) AS answers,
    sum(t.severe) AS severe, sum(t.recurring_minor) AS recurring_minor
FROM (
    SELECT
        r.tenant AS tenant, r.topic AS topic, r.account AS account, any(coalesce(a.currency, 'unknown')) AS currency,
        count() AS answers, countIf(r.severity = 'severe') AS severe,
        any(greatest(coalesce(a.recurring_minor, 0), 0)) AS recurring_minor
    FROM (
        SELECT
            f.tenant AS tenant, coalesce(f.topic, 'unknown') AS topic, coalesce(f.account, 'unknown') AS account,
            coalesce(f.severity, '') AS severity
        FROM facts_feedback_read AS f FINAL
        WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
            AND NOT f.retracted
    ) AS r
    LEFT JOIN (
        SELECT
            f.tenant AS tenant, f.account AS account, f.currency AS currency, f.recurring_minor AS recurring_minor
        FROM facts_account_state AS f FINAL
        WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
            AND NOT f.retracted
    ) AS a ON r.tenant = a.tenant AND r.account = a.account
    GROUP BY r.tenant, r.topic, r.account
) AS t
GROUP BY t.tenant, t.topic, t.currency;
