"""Which categories does triage take for each other, and which holds two things? What merging or splitting would gain.

Out of what was last predicted of each ticket and the label that came. More often than by chance: than if what is missed
were answered with the other categories as often as these are answered anyway. Worked out when asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import exp
from typing import Final

from infra.service import Service
from infra.ticket_words import own_words_on
from infra.view_rows import Row, rows_of
from processors.learners.text_groups import groups_of

JUDGED: Final = 5_000  # tickets, the latest
# How likely the counts would come by chance, over all that are looked at.
_BY_CHANCE: Final = 0.01
_LEAST_TAKEN: Final = 5
_BOTH_WAYS: Final = 4  # the rarer way is at least one in so many of both
_MERGED: Final = 5  # they are at least one in so many of the smaller category
_EXAMPLES: Final = 3
_MOST_SPLIT: Final = 5  # categories whose tickets are read
_READ: Final = 200  # tickets of each
_TIMES_WORSE: Final = 2  # what a part misses of its tickets, beside the rest of its category

_PREDICTED = """
SELECT p.entity AS ticket, any(t.title) AS title, argMax(p.answer, (p.made_at, p.event_id)) AS answer,
    argMax(p.label, (p.made_at, p.event_id)) AS label, max(p.made_at) AS at
FROM predictions AS p LEFT JOIN tickets AS t ON t.tenant = p.tenant AND t.ticket = p.entity
WHERE p.tenant = {tenant:String} AND p.model = 'category' AND p.label IS NOT NULL
GROUP BY p.entity ORDER BY at DESC, ticket LIMIT {limit:UInt32}
"""


def advice(service: Service, tenant: str, limit: int) -> Row:
    """How often triage was right, pairs of categories to merge or to tell apart, and categories to split."""
    rows = rows_of(service, _PREDICTED, {"tenant": tenant, "limit": JUDGED})
    right = sum(row["answer"] == row["label"] for row in rows)
    pairs = confused(rows)[:limit]
    return {"judged": len(rows), "right": right, "pairs": pairs, "splits": _splits(service, tenant, rows)[:limit]}


def confused(rows: Sequence[Row]) -> list[Row]:
    """Pairs taken for each other more often than by chance, those first that would gain most."""
    labels, answers = Counter(row["label"] for row in rows), Counter(row["answer"] for row in rows)
    wrong = [row for row in rows if row["answer"] != row["label"]]
    missed = Counter(row["label"] for row in wrong)
    taken = Counter((row["label"], row["answer"]) for row in wrong)
    names = sorted({**labels, **answers})
    found = []
    for first, second in combinations(names, 2):
        one, other = taken[first, second], taken[second, first]
        if one + other < _LEAST_TAKEN:
            continue
        chance = _chance(first, second, missed, answers) + _chance(second, first, missed, answers)
        if at_least(one + other, chance) * len(names) * (len(names) - 1) / 2 > _BY_CHANCE:
            continue
        own = [row for row in wrong if {row["label"], row["answer"]} == {first, second}]
        found.append(
            {
                "categories": [first, second],
                "advice": "merge" if _belong_together(one, other, labels[first], labels[second]) else "tell apart",
                "taken": one + other,
                "by_chance": chance,
                "first_for_second": one,
                "second_for_first": other,
                "labels": [labels[first], labels[second]],
                "gain": (one + other) / len(rows),
                "examples": [
                    {name: row[name] for name in ("ticket", "title", "label", "answer")} for row in own[:_EXAMPLES]
                ],
            }
        )
    return sorted(found, key=lambda row: (-row["taken"], row["categories"]))


def _belong_together(one: int, other: int, first: int, second: int) -> bool:
    """Whether what is taken goes both ways, and is much of the smaller category."""
    return _BOTH_WAYS * min(one, other) >= one + other and _MERGED * (one + other) >= min(first, second)


def _chance(label: str, answer: str, missed: Counter[str], answers: Counter[str]) -> float:
    """How many of a label's misses would be answered so if its misses were like all other answers."""
    others = answers.total() - answers[label]
    return missed[label] * answers[answer] / others if others else 0.0


def at_least(count: int, expected: float) -> float:
    """How likely so many or more come by chance where so many are expected (Poisson)."""
    if expected <= 0.0:
        return 0.0 if count else 1.0
    term, below = exp(-expected), 0.0
    for number in range(count):
        below += term
        term *= expected / (number + 1)
    return max(1.0 - below, 0.0)


def _splits(service: Service, tenant: str, rows: Sequence[Row]) -> list[Row]:
    """Categories missed more often than others, of which one part is missed far more often than the rest."""
    of_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_label[row["label"]].append(row)
    rate = sum(map(_is_missed, rows)) / len(rows) if rows else 0.0
    worst = [
        (sum(map(_is_missed, own)), label)
        for label, own in of_label.items()
        if at_least(sum(map(_is_missed, own)), rate * len(own)) * len(of_label) <= _BY_CHANCE
    ]
    found = []
    for _, label in sorted(worst, key=lambda one: (-one[0], one[1]))[:_MOST_SPLIT]:
        own = of_label[label][:_READ]
        found += [
            part | {"gain": part["missed"] / len(rows)}
            for part in parts_of(label, own, own_words_on(service, tenant, own))
        ]
    return sorted(found, key=lambda row: (-row["missed"], row["category"], row["words"]))


def parts_of(label: str, rows: Sequence[Row], texts: Sequence[str]) -> Iterator[Row]:
    """Groups of a category's tickets that are missed at least twice as often as its other tickets."""
    missed = sum(map(_is_missed, rows))
    for group in groups_of(texts):
        own = [rows[place] for place in group.places]
        wrong = [row for row in own if _is_missed(row)]
        rest, rest_missed = len(rows) - len(own), missed - len(wrong)
        if len(wrong) < _LEAST_TAKEN or len(wrong) * rest < _TIMES_WORSE * rest_missed * len(own) or not rest:
            continue
        yield {
            "category": label,
            "words": list(group.words),
            "tickets": len(own),
            "missed": len(wrong),
            "rest": rest,
            "rest_missed": rest_missed,
            "taken_for": Counter(row["answer"] for row in wrong).most_common(1)[0][0],
            "examples": [
                {name: row[name] for name in ("ticket", "title", "label", "answer")} for row in wrong[:_EXAMPLES]
            ],
        }


def _is_missed(row: Row) -> bool:
    return bool(row["answer"] != row["label"])
