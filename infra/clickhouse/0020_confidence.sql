-- How far a category may be relied on: by how often answers this sure were right.

ALTER TABLE facts_ticket_classified ADD COLUMN IF NOT EXISTS confidence String DEFAULT 'unmeasured';
ALTER TABLE facts_ticket_classified ADD COLUMN IF NOT EXISTS right_share Nullable(Float64);

-- A ticket as it stands, and what triage says of it (null where it has said nothing).
CREATE OR REPLACE VIEW tickets AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.status AS status, f.priority AS priority,
    f.channel AS channel, f.title AS title, f.requester AS requester, f.`group` AS group_name,
    f.assignee AS assignee, f.category AS category, f.language AS language, f.tags AS tags,
    f.opened_at AS opened_at, f.first_replied_at AS first_replied_at, f.solved_at AS solved_at,
    f.closed_at AS closed_at, f.updated_at AS updated_at, f.reopened AS reopened,
    f.customer_messages AS customer_messages, f.expert_messages AS expert_messages, f.csat_percent AS csat_percent,
    f.merged_into AS merged_into, t.triage_category AS triage_category, t.triage_probability AS triage_probability,
    t.triage_confidence AS triage_confidence,
    t.triage_priority AS triage_priority, t.triage_urgency AS triage_urgency, t.triage_model AS triage_model,
    t.triage_version AS triage_version, t.triage_n AS triage_n, t.triaged_at AS triaged_at
FROM (
    SELECT * FROM facts_ticket_state AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
) AS f
LEFT JOIN (
    SELECT
        f.tenant AS tenant,
        f.ticket AS ticket,
        toNullable(f.category) AS triage_category,
        toNullable(f.probability) AS triage_probability,
        toNullable(f.confidence) AS triage_confidence,
        toNullable(f.priority) AS triage_priority,
        toNullable(f.urgency) AS triage_urgency,
        toNullable(f.model) AS triage_model,
        toNullable(f.version) AS triage_version,
        toNullable(f.n) AS triage_n,
        toNullable(f.classified_at) AS triaged_at
    FROM facts_ticket_classified AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
) AS t ON f.tenant = t.tenant AND f.ticket = t.ticket;

CREATE OR REPLACE VIEW triage AS
SELECT
    f.tenant AS tenant, lower(hex(f.fact_id)) AS fact_id, bitShiftRight(f.revision, 20) AS position,
    f.said_at AS said_at, f.ticket AS ticket, f.account AS account, f.category AS category,
    f.probability AS probability, f.candidates AS candidates, f.language AS language, f.priority AS priority,
    f.priority_reasons AS priority_reasons, f.urgency AS urgency, f.model AS model, f.version AS version, f.n AS n,
    f.logit AS logit, f.terms AS terms, f.event_id AS event_id, f.classified_at AS classified_at,
    f.confidence AS confidence, f.right_share AS right_share
FROM facts_ticket_classified AS f FINAL
WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
    AND NOT f.retracted;
