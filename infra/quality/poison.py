"""How far does one person's flood of wrong corrections reach, and how soon does an honest correction act?

Data: `banking77`. A bench folds tickets, outcomes and corrections as a tenant's journal would bring them.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from infra.quality.row import Row
from infra.quality.text import Examples, read_examples, shuffled
from processors.accounts import ACCOUNTS
from processors.category_guard import UNRELATED
from processors.category_knowledge import CategoryKnowledge
from processors.category_model import CATEGORY_MODEL
from processors.learners.features import feature_ids
from processors.learners.like_texts import likeness_of, sketch_of
from processors.learners.text_softmax import TextSoftmax
from processors.settings import SETTINGS
from processors.triage import TRIAGE
from schemas.event import Data
from schemas.experts import ExpertCorrected
from schemas.fact import fact_id
from schemas.facts import TicketClassified
from schemas.instant import HOUR, MINUTE, SECOND
from schemas.tickets import TicketOpened, TicketResolved
from streams.driver import Driver

PEOPLE = 9
UNTIL_RESOLVED = 20  # tickets that are opened before one is resolved
_START = 1_780_000_000_000_000


@dataclass(frozen=True)
class Poisoned:
    """What a flood did: the farthest move of an unrelated ticket's probability, guarded and not; like ones taken."""

    unrelated: float
    unguarded: float
    like_right: float


@dataclass
class Bench:
    """Triage on a bench, a ticket every two minutes."""

    driver: Driver = field(default_factory=lambda: Driver((TRIAGE, SETTINGS, ACCOUNTS, CATEGORY_MODEL)))
    at: int = _START

    def open(self, ticket: str, text: str) -> TicketClassified | None:
        """A ticket comes in; what triage says of it."""
        self.say(TicketOpened(ticket=ticket, title="", text=text))
        id_ = fact_id(self.driver.tenant, TicketClassified.kind, (ticket,))
        said = self.driver.store.current[self.driver.tenant].get(id_)
        return said if isinstance(said, TicketClassified) else None

    def correct(self, ticket: str, label: str, person: str) -> None:
        self.say(ExpertCorrected(ticket=ticket, expert=person, field="category", value=label))

    def resolve(self, ticket: str, label: str, person: str) -> None:
        self.say(TicketResolved(ticket=ticket, by=person, category=label))

    def say(self, data: Data) -> None:
        self.driver.send(data, self.at)

    @property
    def knowledge(self) -> CategoryKnowledge:
        return self.driver.engine.fold_of(self.driver.tenant).read(CATEGORY_MODEL, "category") or CategoryKnowledge()


def measure(datasets: Path, seeds: int) -> list[Row]:
    """The farthest reach over seeds, and the median of what a category needs to be known."""
    found = [poisoned(datasets, seed, learned=800, flood=120, asked=100) for seed in range(min(seeds, 3))]
    worst = max(found, key=lambda one: one.unrelated)
    needed = corrections_needed(datasets, 0, tickets=1_000)
    return [
        Row(
            "banking77 farthest move of an unrelated ticket by one person's 120 wrong corrections within an hour",
            worst.unrelated,
            "probability",
            0.05,
            max(one.unguarded for one in found),
            "learning all of them",
        ),
        Row(
            "banking77 tickets like a corrected one answered as corrected",
            median(one.like_right for one in found),
            "share",
            0.9,
        ),
        Row("banking77 corrections until a category is answered right (median)", median(needed), "corrections", 3),
    ]


def poisoned(datasets: Path, seed: int, *, learned: int, flood: int, asked: int) -> Poisoned:
    """Teaches a tenant, lets one person correct a flood of tickets wrongly, and asks about others."""
    train = shuffled(read_examples(datasets / "banking77" / "train.csv"), seed)
    bench = Bench()
    for number, (text, label) in enumerate(train[:learned]):
        bench.at += 2 * MINUTE
        bench.open(f"T-{number}", text)
        bench.resolve(f"T-{number}", label, f"expert-{number % PEOPLE}")
    bench.at = (bench.at // HOUR + 1) * HOUR
    victims, others = train[learned : learned + flood], [text for text, _ in train[-asked:]]
    before = bench.knowledge.answerer.copied()
    others = _unrelated(before, others, [text for text, _ in victims])
    wrong, unguarded = _wrong(victims, seed), before.copied()
    for number, ((text, _), label) in enumerate(zip(victims, wrong, strict=True)):
        bench.at += SECOND
        bench.open(f"V-{number}", text)
        bench.correct(f"V-{number}", label, "mallory")
        unguarded.learn_one(text, label)
    like = [bench.open(f"L-{number}", f"{victims[-number][0]} please") for number in range(1, min(21, flood))]
    taken = [one is not None and one.category == wrong[-number] for number, one in enumerate(like, start=1)]
    moved = _farthest(before, bench.knowledge.answerer, others)
    return Poisoned(moved, _farthest(before, unguarded, others), sum(taken) / len(taken))


def corrections_needed(datasets: Path, seed: int, tickets: int) -> list[int]:
    """Of each category: corrections from its first ticket on until one is answered right; experts correct at once.

    Tickets are resolved twenty tickets later, by somebody else. Categories never answered right count all of theirs.
    """
    order: Examples = shuffled(read_examples(datasets / "banking77" / "train.csv"), seed)[:tickets]
    bench, needed, done = Bench(), dict.fromkeys((label for _, label in order), 0), set[str]()
    waiting: deque[tuple[str, str]] = deque()
    for number, (text, label) in enumerate(order):
        bench.at += 2 * MINUTE
        said = bench.open(f"T-{number}", text)
        if said is not None and said.candidates and said.candidates[0][0] == label:
            done.add(label)
        else:
            bench.correct(f"T-{number}", label, f"expert-{number % PEOPLE}")
            needed[label] += label not in done
        waiting.append((f"T-{number}", label))
        if len(waiting) > UNTIL_RESOLVED:
            bench.resolve(*waiting.popleft(), f"expert-{(number + 1) % PEOPLE}")
    return list(needed.values())


def _wrong(victims: Examples, seed: int) -> list[str]:
    """Another label for each: of the tenant's own, always one and the same, or one nobody has heard of."""
    chance = random.Random(seed)  # noqa: S311 (an order to repeat, no secret)
    labels = sorted({label for _, label in victims})
    aim = ("random", "one", "new")[seed % 3]
    one = chance.choice(labels)
    if aim == "random":
        return [chance.choice([each for each in labels if each != label]) for _, label in victims]
    return [one if aim == "one" and label != one else "nonsense" for _, label in victims]


def _unrelated(model: TextSoftmax, texts: list[str], to: list[str]) -> list[str]:
    sketches = [sketch_of(feature_ids(text)) for text in to]
    return [
        text
        for text in texts
        if all(likeness_of(sketch_of(feature_ids(text)), each, model.rarities) < UNRELATED for each in sketches)
    ]


def _farthest(before: TextSoftmax, after: TextSoftmax, texts: list[str]) -> float:
    farthest = 0.0
    for text in texts:
        old, new = before.predict_proba_one(text), after.predict_proba_one(text)
        farthest = max([farthest, *(abs(chance - old.get(label, 0.0)) for label, chance in new.items())])
    return farthest
