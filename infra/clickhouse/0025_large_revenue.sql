-- Revenue of more than 9,000,000,000,000 minor units, as some currencies write it, times millionths needs 128 bits.

CREATE OR REPLACE VIEW at_risk AS
SELECT
    r.tenant AS tenant, r.account AS account, a.name AS name, a.tier AS tier, a.plan AS plan, a.owner AS owner,
    a.renewal_at AS renewal_at, a.currency AS currency, a.recurring_minor AS recurring_minor,
    r.probability_30 AS probability_30, r.probability_60 AS probability_60, r.probability_90 AS probability_90,
    toInt64(intDiv(
        toInt128(coalesce(a.recurring_minor, 0)) * toInt64(round(r.probability_90 * 1000000)), 1000000
    )) AS at_risk_minor,
    r.cause AS cause, r.winnable_percent AS winnable_percent,
    toInt64(intDiv(toInt128(at_risk_minor) * coalesce(r.winnable_percent, 0), 100)) AS winnable_minor,
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
