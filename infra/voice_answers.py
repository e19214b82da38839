"""What people ask about feedback: what is it about, who says so, and how was each scale answered?"""

from __future__ import annotations

from infra.view_rows import Read, Row

LATELY_DAYS = 30
MOST_SEVERE = 20

_THEMES = """
SELECT topic, currency, accounts, answers, severe, recurring_minor FROM feedback_themes
WHERE tenant = {tenant:String} ORDER BY topic, recurring_minor DESC, currency
"""
# Counted from the latest answer, which is today in a tenant that lives and the end of a history that was imported.
_LATELY = """
WITH (SELECT max(given_at) FROM feedback_read WHERE tenant = {tenant:String}) AS latest
SELECT coalesce(topic, 'unknown') AS topic,
    countIf(given_at > latest - toIntervalDay({days:UInt32})) AS lately,
    countIf(given_at <= latest - toIntervalDay({days:UInt32})) AS before
FROM feedback_read
WHERE tenant = {tenant:String} AND given_at > latest - toIntervalDay(2 * {days:UInt32}) GROUP BY topic
"""
_SAID = """
SELECT r.feedback AS feedback, coalesce(r.topic, 'unknown') AS topic, r.topic_by AS topic_by, r.severity AS severity,
    r.account AS account, a.name AS name, f.scale AS scale, f.score AS score, substringUTF8(f.text, 1, 600) AS text,
    f.ticket AS ticket,
    r.given_at AS given_at
FROM feedback_read AS r
JOIN feedback AS f ON f.tenant = r.tenant AND f.feedback = r.feedback
LEFT JOIN accounts AS a ON a.tenant = r.tenant AND a.account = r.account
WHERE r.tenant = {tenant:String}
"""
_EXAMPLES = f"""{_SAID}
ORDER BY topic, multiIf(severity = 'severe', 0, severity = 'mild', 1, 2), given_at DESC, feedback LIMIT 3 BY topic
"""
_SEVERE = f"""{_SAID} AND r.severity = 'severe' ORDER BY given_at DESC, feedback LIMIT {MOST_SEVERE}
"""
_SCALES = """
SELECT scale, month, sum(answers) AS given, sum(low) AS low, sum(middle) AS middle, sum(high) AS high
FROM feedback_scores WHERE tenant = {tenant:String} GROUP BY scale, month ORDER BY scale, month
"""


def spoken_of(read: Read, tenant: str) -> Row:
    """Themes (each with its revenue by currency, the last 30 days beside the 30 before, and its worst texts), the
    latest severe texts, and each scale's answers by month. The themes come most lately spoken of first.
    """
    themes: dict[str, Row] = {}
    for row in read(_THEMES, {"tenant": tenant}):
        theme = themes.setdefault(row["topic"], {"topic": row["topic"], "answers": 0, "accounts": 0, "severe": 0})
        for name in ("answers", "accounts", "severe"):
            theme[name] += row[name]
        revenue = {name: row[name] for name in ("currency", "recurring_minor", "accounts")}
        theme.setdefault("revenue", []).append(revenue)
    for theme in themes.values():
        theme |= {"lately": 0, "before": 0, "examples": []}
    for row in read(_LATELY, {"tenant": tenant, "days": LATELY_DAYS}):
        themes.get(row["topic"], {}).update(row)
    for row in read(_EXAMPLES, {"tenant": tenant}):
        themes.get(row["topic"], {"examples": []})["examples"].append(row)
    order = sorted(themes.values(), key=lambda theme: (theme["topic"] == "unknown", -theme["lately"], theme["topic"]))
    return {
        "themes": order,
        "severe": read(_SEVERE, {"tenant": tenant}),
        "scales": read(_SCALES, {"tenant": tenant}),
        "lately_days": LATELY_DAYS,
    }
