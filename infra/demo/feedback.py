"""What the demo's customers answer in surveys and reviews: most are content, those in trouble less and less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from infra.demo.accounts import DAYS, Account
from infra.demo.topics import SHARES, TOPICS
from infra.demo.words import feedback_words

_PER_ACCOUNT: Final = 7.5
_LOSS: Final = {"adoption": 2.5, "service": 5.0, "price": 4.0, "champion": 3.0}
_FORMS: Final = (("survey", "nps", 0.62), ("survey", "csat", 0.16), ("survey", "ces", 0.06), ("review", "stars", 0.08))


def feedback(seed: int, accounts: Sequence[Account], start: int) -> Iterator[tuple[int, Account, dict[str, Any]]]:
    """(instant, account, data) of every answer, account by account."""
    for account in accounts:
        draw = Random(f"feedback {seed} {account.id}")
        last = DAYS if account.fate.leaves_on is None else min(DAYS, account.fate.leaves_on - 1.0)
        shown = (last - account.joins_on) / DAYS
        for number in range(round(_PER_ACCOUNT * shown * draw.uniform(0.5, 1.5))):
            day = account.joins_on + 0.2 + draw.random() * max(0.1, last - account.joins_on - 0.4)
            yield account.instant(start, day) // 1_000 * 1_000, account, _answer(account, number, day, draw)


def _answer(account: Account, number: int, day: float, draw: Random) -> dict[str, Any]:
    loss = _LOSS.get(account.fate.cause or "", 0.0) * account.fate.pressure(day)
    points = max(0.0, min(10.0, draw.gauss(8.1, 1.5) - loss))  # out of ten
    mood = "good" if points >= 7.7 else "middle" if points >= 5.5 else "bad"
    cause = account.fate.cause if loss > 0.8 else None
    form, scale = "text", ""
    place = draw.random()
    for one, name, share in _FORMS:
        place -= share
        if place < 0:
            form, scale = one, name
            break
    data: dict[str, Any] = {
        "feedback": f"F-{account.id[5:]}-{number + 1}",
        "form": form,
        "person": draw.choice(account.people),
    }
    if scale:
        data |= {"scale": scale, "score": _score(scale, points)}
    if form != "survey" or draw.random() < 0.62:
        data["text"] = feedback_words(mood, cause, account.language_of(draw), draw)
    if draw.random() < 0.15:
        data["topic"] = draw.choices(TOPICS, [SHARES[topic] for topic in TOPICS])[0]
    return data


def _score(scale: str, points: float) -> float:
    if scale == "nps":
        return float(round(points))
    steps = 7 if scale == "ces" else 5
    return float(round(1 + (steps - 1) * points / 10))
