-- Of what one record of the journal said several times, which came first.

CREATE OR REPLACE VIEW health_history AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    toUInt32(bitAnd(f.revision, 1048575)) AS ordinal,
    f.said_at AS said_at, f.account AS account, f.event_id AS event_id, f.before AS before, f.after AS after,
    f.terms AS terms, f.changed_at AS changed_at
FROM facts_health_changed AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_health_changed WHERE retracted
    );

CREATE OR REPLACE VIEW score_history AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    toUInt32(bitAnd(f.revision, 1048575)) AS ordinal,
    f.said_at AS said_at, f.account AS account, f.score AS score, f.event_id AS event_id, f.before AS before,
    f.after AS after, f.settings_id AS settings_id, f.terms AS terms, f.changed_at AS changed_at
FROM facts_health_named_changed AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_health_named_changed WHERE retracted
    );

CREATE OR REPLACE VIEW health_drivers AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    toUInt32(bitAnd(f.revision, 1048575)) AS ordinal,
    f.said_at AS said_at, f.account AS account, f.event_id AS event_id, f.drivers AS drivers,
    f.changed_at AS changed_at
FROM facts_health_drivers AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted
    AND (f.tenant, f.generation, f.fact_id) NOT IN (
        SELECT tenant, generation, fact_id FROM facts_health_drivers WHERE retracted
    );
