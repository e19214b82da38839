-- Where scores go, and how it came.

CREATE TABLE IF NOT EXISTS facts_health_forecast (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    account String,
    score String,
    made_day Int64,
    due_day Int64,
    value Float64,
    slope_per_week Float64,
    slope_low Float64,
    slope_high Float64,
    expected Float64,
    low Float64,
    high Float64,
    way String,
    n Int64,
    terms String,
    actual Nullable(Float64),
    inside Nullable(Bool)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW health_forecasts AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.account AS account, f.score AS score, f.made_day AS made_day, f.due_day AS due_day,
    f.value AS value, f.slope_per_week AS slope_per_week, f.slope_low AS slope_low, f.slope_high AS slope_high,
    f.expected AS expected, f.low AS low, f.high AS high, f.way AS way, f.n AS n, f.terms AS terms,
    f.actual AS actual, f.inside AS inside
FROM facts_health_forecast AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
