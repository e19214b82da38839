-- Tickets that somebody senior should see.

CREATE TABLE IF NOT EXISTS facts_ticket_escalated (
    tenant LowCardinality(String),
    fact_id FixedString(16),
    generation UInt32,
    revision UInt64,
    said_at DateTime64(6, 'UTC'),
    retracted Bool,
    ticket String,
    account Nullable(String),
    points Int64,
    edge_points Int64,
    tier Nullable(String),
    priority String,
    terms String,
    event_id String,
    escalated_at DateTime64(6, 'UTC'),
    over_at Nullable(DateTime64(6, 'UTC'))
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (tenant, generation, fact_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE OR REPLACE VIEW escalations AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.points AS points,
    f.edge_points AS edge_points, f.tier AS tier, f.priority AS priority, f.terms AS terms,
    f.event_id AS event_id, f.escalated_at AS escalated_at, f.over_at AS over_at
FROM facts_ticket_escalated AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
