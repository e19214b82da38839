-- What each team has in hand, how tired those of it are who are there, and who waits for it. The team of nobody is ''.

CREATE OR REPLACE VIEW teams AS
SELECT
    tenant, team, sum(is_expert) AS experts, sum(is_online) AS online, sum(in_hand) AS tickets,
    sum(room) AS capacity, if(online = 0, NULL, intDiv(sum(tired), online)) AS fatigue_percent,
    sum(is_waiting) AS waiting, min(due) AS due_at
FROM (
    SELECT
        tenant, coalesce(group_name, '') AS team, 1 AS is_expert, status = 'online' AS is_online,
        tickets AS in_hand, if(is_online, capacity, 0) AS room, if(is_online, fatigue_percent, 0) AS tired,
        0 AS is_waiting, CAST(NULL, 'Nullable(DateTime64(6, \'UTC\'))') AS due
    FROM experts
    UNION ALL
    SELECT tenant, coalesce(group_name, '') AS team, 0, 0, 0, 0, 0, 1, due_at
    FROM queue
)
GROUP BY tenant, team;
