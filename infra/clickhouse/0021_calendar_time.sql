-- Beside the business time of a promise, the time that passed on the wall.

CREATE OR REPLACE VIEW sla AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.clock AS clock, f.cycle AS cycle,
    f.state AS state, f.policy AS policy, f.calendar AS calendar, f.target_seconds AS target_seconds,
    f.started_at AS started_at, f.due_at AS due_at, f.elapsed_seconds AS elapsed_seconds,
    f.remaining_seconds AS remaining_seconds, f.fulfilled_at AS fulfilled_at, f.breached_at AS breached_at,
    f.evaluated_at AS evaluated_at, f.terms AS terms,
    (toUnixTimestamp64Micro(ifNull(f.fulfilled_at, f.evaluated_at)) - toUnixTimestamp64Micro(f.started_at)) / 1000000
        AS calendar_seconds
FROM facts_sla_clock AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
