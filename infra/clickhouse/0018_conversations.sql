-- How good the conversation of a ticket was that ended, from 0 to 100.

ALTER TABLE facts_quality_checked ADD COLUMN IF NOT EXISTS score Nullable(Int64);
ALTER TABLE facts_quality_checked ADD COLUMN IF NOT EXISTS score_terms String DEFAULT '[]';

CREATE OR REPLACE VIEW quality AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.expert AS expert,
    f.`group` AS group_name, f.passed AS passed, f.applicable AS applicable, f.failed AS failed,
    f.terms AS terms, f.checked_at AS checked_at, f.score AS score, f.score_terms AS score_terms
FROM facts_quality_checked AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
