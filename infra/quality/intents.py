"""How well are several intents of one text told, learning from each text once?

Data: `nlupp` (requests to a bank and to a hotel, two intents each on average). Its first 18 folds are one pass, each
text answered before it is learned; the last two are asked after it. An intent is told from where on telling it would
have served best so far (F1 of what has been judged). Two ways: a model an intent, and one model that is taught each of
a text's intents in turn. Third, what a ticket's "also about" is worth: taught one intent of each text, as a helpdesk
gives a ticket one category, with the runners-up told that are likely enough.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from infra.further_intents import enough_of
from infra.quality.batch import fitted_each
from infra.quality.row import Row
from processors.learners.calibration import Reliability
from processors.learners.text_softmax import TextSoftmax
from processors.probability import log_odds

DOMAINS = ("banking", "hotels")
EACH = "hotels"
_FOLDS, _TEST = range(18), range(18, 20)
_SMALL = 1 << 20  # bytes of a model of one intent
_BANDS, _A_LOGIT = 96, 4
_LEAST, _MOST = 1e-9, 1.0 - 1e-9

Texts = list[tuple[str, tuple[str, ...]]]


@dataclass
class Told:
    """Intents told rightly and wrongly, and those that were not told."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, told: list[str], truth: tuple[str, ...]) -> None:
        """Takes in what was told of a text."""
        right = sum(name in truth for name in told)
        self.right, self.wrong, self.missed = (
            self.right + right,
            self.wrong + len(told) - right,
            self.missed + len(truth) - right,
        )

    def with_(self, other: Told) -> Told:
        """Both together."""
        return Told(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def f1(self) -> float:
        """Micro-F1."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)


@dataclass
class Enough:
    """How likely is enough to be told: the band of log-odds from which on what was judged has the best F1."""

    asked: list[int] = field(default_factory=lambda: [0] * _BANDS)
    right: list[int] = field(default_factory=lambda: [0] * _BANDS)
    band: int = _BANDS // 2

    def is_told(self, probability: float) -> bool:
        """Whether it is likely enough."""
        return _band(probability) >= self.band

    def judge(self, chances: dict[str, float], truth: tuple[str, ...]) -> None:
        """Takes in what was true of a text."""
        for name, chance in chances.items():
            self.asked[_band(chance)] += 1
            self.right[_band(chance)] += name in truth
        told = right = 0
        best, everything = -1.0, sum(self.right)
        for band in range(_BANDS - 1, -1, -1):
            told, right = told + self.asked[band], right + self.right[band]
            f1 = 2 * right / max(told + everything, 1)
            if self.asked[band] and f1 > best:
                best, self.band = f1, band


def _band(probability: float) -> int:
    odds = log_odds(min(max(probability, _LEAST), _MOST))
    return min(max(int(odds * _A_LOGIT) + _BANDS // 2, 0), _BANDS - 1)


class OneEach:
    """A model an intent, which says yes or no."""

    def __init__(self, names: list[str]) -> None:
        self._models = {name: TextSoftmax(_SMALL) for name in names}

    def chances(self, text: str) -> dict[str, float]:
        """Of each intent, that the text has it."""
        return {name: model.predict_proba_one(text).get("yes", 0.0) for name, model in self._models.items()}

    def learn(self, text: str, truth: tuple[str, ...]) -> None:
        """Teaches each model whether the text has its intent."""
        for name, model in self._models.items():
            model.learn_one(text, "yes" if name in truth else "no")


class OneForAll:
    """One model that is taught a text once for each of its intents."""

    def __init__(self) -> None:
        self._model = TextSoftmax()

    def chances(self, text: str) -> dict[str, float]:
        """The share of each intent known."""
        return {str(name): chance for name, chance in self._model.predict_proba_one(text).items()}

    def learn(self, text: str, truth: tuple[str, ...]) -> None:
        """Teaches each intent in turn."""
        for name in truth:
            self._model.learn_one(text, name)


def measure(datasets: Path) -> list[Row]:
    """Micro-F1 of both ways, before learning and after the pass, beside a batch model an intent; and "also about"."""
    first, then, batch = Told(), Told(), Told()
    each_first, each_then, hotels_first, hotels_batch = (Told() for _ in range(4))
    also = Counter[str]()
    for domain in DOMAINS:
        train, test = _texts(datasets, domain, _FOLDS, 0), _texts(datasets, domain, _TEST, None)
        names = sorted({name for _, truth in train + test for name in truth})
        own_first, own_batch = Told(), Told()
        _one_pass(OneForAll(), train, test, own_first, then)
        model = fitted_each(train)
        for (_, truth), told in zip(test, model.told([text for text, _ in test]), strict=True):
            own_batch.add(told, truth)
        first, batch = first.with_(own_first), batch.with_(own_batch)
        also += _also_about(train, 0)
        if domain == EACH:
            # A model an intent takes as many times as long, so the smaller domain has to do.
            _one_pass(OneEach(names), train, test, each_first, each_then)
            hotels_first, hotels_batch = own_first, own_batch
    name = "one batch logistic regression an intent"
    right, always = also["right"] / also["told"], also["always right"] / also["always"]
    return [
        Row("nlupp micro-F1 after one pass, one model for all", then.f1, "F1", 0.7, batch.f1, name),
        Row("nlupp micro-F1 before learning, one model for all", first.f1, "F1"),
        Row(
            f"nlupp {EACH} micro-F1 after one pass, a model an intent", each_then.f1, "F1", None, hotels_batch.f1, name
        ),
        Row(
            f"nlupp {EACH} micro-F1 before learning, a model an intent",
            each_first.f1,
            "F1",
            None,
            hotels_first.f1,
            "one model for all",
        ),
        Row("nlupp also about: right, taught one intent a text", right, "share", 0.7, always, "every runner-up"),
        Row("nlupp also about: told of texts with several intents", also["right"] / also["several"], "share"),
    ]


def _texts(datasets: Path, domain: str, folds: range, seed: int | None) -> Texts:
    rows: Iterator[dict[str, list[str]]] = (
        row for fold in folds for row in orjson.loads((datasets / "nlupp" / domain / f"fold{fold}.json").read_bytes())
    )
    found = [(str(row["text"]), tuple(row.get("intents", ()))) for row in rows]
    return found if seed is None else random.Random(seed).sample(found, len(found))  # noqa: S311 (an order to repeat)


def _one_pass(model: OneEach | OneForAll, train: Texts, test: Texts, first: Told, then: Told) -> None:
    enough = Enough()
    for text, truth in train:
        chances = model.chances(text)
        first.add([name for name, chance in chances.items() if enough.is_told(chance)], truth)
        enough.judge(chances, truth)
        model.learn(text, truth)
    for text, truth in test:
        then.add([name for name, chance in model.chances(text).items() if enough.is_told(chance)], truth)


def _also_about(train: Texts, seed: int) -> Counter[str]:
    """Runners-up told and those right, both for every runner-up, and texts with several intents."""
    chance = random.Random(seed)  # noqa: S311 (the same choice again, no secret)
    model, known, found = TextSoftmax(), Reliability(), Counter[str]()
    for text, truth in train:
        if not truth:
            continue
        label = chance.choice(truth)
        _, *further = model.likeliest(text, 3) or [("", 0.0)]
        enough = enough_of(known)
        if enough is not None and further:
            likely = [name for name, share in further if share >= enough]
            found.update({"told": len(likely), "right": sum(name in truth for name in likely)})
            found.update({"always": 1, "always right": int(further[0][0] in truth), "several": int(len(truth) > 1)})
        if further:
            known.update(further[0][1], further[0][0] == label)
        model.learn_one(text, label)
    return found
