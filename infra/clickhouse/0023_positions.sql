-- Which record of the journal an account's health and risk were last said at.

CREATE OR REPLACE VIEW accounts AS
SELECT
    p.tenant AS tenant, p.account AS account, any(p.name) AS name, any(p.plan) AS plan, any(p.tier) AS tier,
    any(p.contract) AS contract,
    any(p.recurring_minor) AS recurring_minor, any(p.currency) AS currency, any(p.renewal_at) AS renewal_at,
    any(p.seats) AS seats, any(p.owner) AS owner, any(p.parent) AS parent, any(p.region) AS region,
    any(p.created_at) AS created_at, any(p.churned_at) AS churned_at, any(p.churn_reason) AS churn_reason,
    any(p.updated_at) AS updated_at, any(p.health) AS health, any(p.health_band) AS health_band,
    any(p.health_terms) AS health_terms, any(p.health_scored_at) AS health_scored_at,
    any(p.health_position) AS health_position,
    any(p.churn_probability_30) AS churn_probability_30, any(p.churn_probability_60) AS churn_probability_60,
    any(p.churn_probability_90) AS churn_probability_90, any(p.churn_model) AS churn_model,
    any(p.churn_version) AS churn_version, any(p.churn_n) AS churn_n, any(p.churn_logit) AS churn_logit,
    any(p.churn_terms) AS churn_terms, any(p.churn_predicted_at) AS churn_predicted_at,
    any(p.churn_position) AS churn_position
FROM (
    SELECT
        f.tenant AS tenant, f.account AS account, toNullable(f.name) AS name, toNullable(f.plan) AS plan,
        toNullable(f.tier) AS tier, toNullable(f.contract) AS contract,
        toNullable(f.recurring_minor) AS recurring_minor,
        toNullable(f.currency) AS currency, toNullable(f.renewal_at) AS renewal_at, toNullable(f.seats) AS seats,
        toNullable(f.owner) AS owner, toNullable(f.parent) AS parent, toNullable(f.region) AS region,
        toNullable(f.created_at) AS created_at, toNullable(f.churned_at) AS churned_at,
        toNullable(f.churn_reason) AS churn_reason, toNullable(f.updated_at) AS updated_at, NULL AS health,
        NULL AS health_band, NULL AS health_terms, NULL AS health_scored_at, NULL AS health_position,
        NULL AS churn_probability_30,
        NULL AS churn_probability_60, NULL AS churn_probability_90, NULL AS churn_model, NULL AS churn_version,
        NULL AS churn_n, NULL AS churn_logit, NULL AS churn_terms, NULL AS churn_predicted_at, NULL AS churn_position
    FROM facts_account_state AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
    UNION ALL
    SELECT
        f.tenant AS tenant, f.account AS account, NULL AS name, NULL AS plan, NULL AS tier, NULL AS contract,
        NULL AS recurring_minor,
        NULL AS currency, NULL AS renewal_at, NULL AS seats, NULL AS owner, NULL AS parent, NULL AS region,
        NULL AS created_at, NULL AS churned_at, NULL AS churn_reason, NULL AS updated_at,
        toNullable(f.score) AS health, toNullable(f.band) AS health_band, toNullable(f.terms) AS health_terms,
        toNullable(f.scored_at) AS health_scored_at,
        toNullable(bitShiftRight(f.revision, 20)) AS health_position,
        NULL AS churn_probability_30, NULL AS churn_probability_60, NULL AS churn_probability_90,
        NULL AS churn_model, NULL AS churn_version, NULL AS churn_n, NULL AS churn_logit, NULL AS churn_terms,
        NULL AS churn_predicted_at, NULL AS churn_position
    FROM facts_health_score AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
    UNION ALL
    SELECT
        f.tenant AS tenant, f.account AS account, NULL AS name, NULL AS plan, NULL AS tier, NULL AS contract,
        NULL AS recurring_minor,
        NULL AS currency, NULL AS renewal_at, NULL AS seats, NULL AS owner, NULL AS parent, NULL AS region,
        NULL AS created_at, NULL AS churned_at, NULL AS churn_reason, NULL AS updated_at, NULL AS health,
        NULL AS health_band, NULL AS health_terms, NULL AS health_scored_at, NULL AS health_position,
        toNullable(f.probability_30) AS churn_probability_30, toNullable(f.probability_60) AS churn_probability_60,
        toNullable(f.probability_90) AS churn_probability_90, toNullable(f.model) AS churn_model,
        toNullable(f.version) AS churn_version, toNullable(f.n) AS churn_n, toNullable(f.logit) AS churn_logit,
        toNullable(f.terms) AS churn_terms, toNullable(f.predicted_at) AS churn_predicted_at,
        toNullable(bitShiftRight(f.revision, 20)) AS churn_position
    FROM facts_churn_risk AS f FINAL
    WHERE (f.tenant, f.generation) IN (SELECT tenant, generation FROM generations FINAL)
        AND NOT f.retracted
) AS p
GROUP BY p.tenant, p.account;
