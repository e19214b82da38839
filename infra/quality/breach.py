"""How well are broken promises foreseen on a real desk, with labels no earlier than they would have been known?

Data: `uci_incident`, every update of 7,934 incidents opened in April 2016. They are folded as they happened, by the
processors that run in production, under promises of ours to resolve (the file tells of none): five days, less for the
urgent. What the export fills in backwards is not read; the desk's own verdict, `made_sla`, stands on the closing row
and is used to judge only, and to fit what is compared with.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

import infra
from infra.quality.batch_logistic import BatchLogistic
from infra.quality.foresight import Answers, area, brier, calibration_error
from infra.quality.row import Row
from processors.accounts import ACCOUNTS
from processors.breach_features import Features
from processors.breach_forecast import BREACH_FORECAST
from processors.breach_model import BREACH_MODEL, BROKEN
from processors.settings import SETTINGS
from processors.sla import SLA
from schemas.decode import decode
from schemas.event import Event
from schemas.facts import PredictionMade
from schemas.forecasts import SlaForecast
from schemas.instant import DAY, SECOND
from schemas.registry import dataschema
from schemas.settings import ClockTarget, SettingsSlaChanged, SlaPolicy
from schemas.values import Priority
from streams.batch import CellId
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from streams.history.file_roles import GivenFile
from streams.history.mapped import map_history
from streams.history.mapping_file import find_mapping

TENANT = "desk"
FILE = Path("uci_incident") / "dev_cases_opened_2016-04.csv.gz"
LEAST_LABELS = 100  # before that nothing is compared: neither we nor a batch model know anything
_HOURS: tuple[tuple[Priority, int], ...] = (("urgent", 4), ("high", 24), ("normal", 120), ("low", 240))


class Foretold(NamedTuple):
    """One forecast about one incident: when, how likely, and how much of its time was used up."""

    incident: str
    at: int
    probability: float
    share_used: float = 0.0


class Label(NamedTuple):
    """What became of an incident, and when that was known."""

    at: int
    incident: str
    broken: bool


class Course(NamedTuple):
    """What the fold said, in order: first forecasts with what they looked at, later ones, and outcomes when known."""

    first: list[Foretold]
    features: dict[str, Features]
    later: list[Foretold]
    labels: list[Label]


def measure(datasets: Path) -> list[Row]:
    """Ours, forecast before learned, beside a batch model refitted daily with the labels that were known, no others."""
    course = folded(datasets / FILE)
    verdicts = desk_verdicts(datasets / FILE)
    begun = course.labels[LEAST_LABELS].at
    ours = [one for one in course.first if one.at >= begun]
    normal = [one for one in ours if course.features[one.incident]["priority"] == "normal"]
    said, refit = judged(ours, course.labels), judged(refitted(ours, course.features, course.labels), course.labels)
    rate = judged(constant_rates(ours, course.labels), course.labels)
    again = judged([one for one in course.later if one.at >= begun], course.labels)
    by_desk, late = judged(ours, verdicts), judged(refitted(ours, course.features, verdicts), verdicts)
    name, batch, constant = "uci_incident breach forecast", "batch refitted daily, same labels", "constant rate so far"
    return [
        Row(f"{name} at opening, area under ROC", area(said), "AUC", area(refit) - 0.02, area(refit), batch),
        Row(f"{name}, priority normal only", area(judged(normal, course.labels)), "AUC", None, 0.5, constant),
        Row(f"{name} at opening, Brier score", brier(said), "Brier", brier(rate), brier(rate), constant),
        Row(f"{name} at opening, Brier score", brier(said), "Brier", None, brier(refit), batch),
        Row(
            f"{name} at opening, calibration error",
            calibration_error(said),
            "ECE",
            0.05,
            calibration_error(refit),
            batch,
        ),
        Row(f"{name} made again under way, area under ROC", area(again), "AUC", None, 0.5, constant),
        Row(f"{name} made again under way, calibration error", calibration_error(again), "ECE", 0.05),
        Row(
            f"{name} at opening, of the desk's own verdict",
            area(by_desk),
            "AUC",
            area(late) - 0.02,
            area(late),
            "batch refitted daily with the verdicts, which come late",
        ),
    ]


def folded(file: Path) -> Course:
    """Folds the incidents as they happened, record by record, and notes what is said."""
    store = MemoryFoldStore()
    engine = Engine((SETTINGS, ACCOUNTS, SLA, BREACH_FORECAST, BREACH_MODEL), store)
    course = Course([], {}, [], [])
    for position, event in enumerate(_events(file), 1):
        batch = engine.push(TENANT, [event.stamped(position=position, tenant=TENANT)])
        store.save([batch])
        for said in batch.said:
            if isinstance(said.fact, SlaForecast):
                _note(course, said.fact, store)
            elif isinstance(said.fact, PredictionMade):
                course.labels.append(Label(said.fact.labelled_at or 0, said.fact.entity, said.fact.label == BROKEN))
    return course


def _note(course: Course, fact: SlaForecast, store: MemoryFoldStore) -> None:
    cell = store.cell(TENANT, CellId(BREACH_FORECAST.name, fact.ticket)) or {}
    (promise,) = BREACH_FORECAST.decode(cell).watched.values()
    used = promise.standing.share_used(fact.predicted_at)
    foretold = Foretold(fact.ticket, fact.predicted_at, fact.probability, used)
    if fact.ticket in course.features:
        course.later.append(foretold)
        return
    course.first.append(foretold)
    course.features[fact.ticket] = msgspec.msgpack.decode(promise.samples[0].features, type=Features)


def _events(file: Path) -> Iterator[Event]:
    """The promises, then what happened, in order."""
    mapping = find_mapping("servicenow-incidents", Path(infra.__file__).parent / "mappings")
    with TemporaryDirectory() as folder:
        mapped = map_history([GivenFile(file)], mapping, Path(folder))
        for place, (at, raw) in enumerate(mapped.events()):
            if not place:
                yield _promises(at)
            yield decode(raw).stamped(recorded_at=at)


def _promises(at: int) -> Event:
    policies = tuple(
        SlaPolicy(
            name=priority,
            priorities=(priority,),
            targets=(ClockTarget(clock="resolution", target_seconds=hours * 3_600, warn_percent=(50, 90)),),
        )
        for priority, hours in _HOURS
    )
    data = SettingsSlaChanged(policies=policies)
    said = dataschema(data.type, data.version)
    return Event(
        id="promises", source="quality", type=data.type, dataschema=said, occurred_at=at, data=data, recorded_at=at
    )


def desk_verdicts(file: Path) -> list[Label]:
    """The desk's own: of each incident the last row's, known when that row was written."""
    last: dict[str, dict[str, str]] = {}
    with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["number"] not in last or int(row["sys_mod_count"]) > int(last[row["number"]]["sys_mod_count"]):
                last[row["number"]] = row
    labels = [
        Label(_instant(row["sys_updated_at"]), number, row["made_sla"] == "false") for number, row in last.items()
    ]
    return sorted(labels)


def _instant(text: str) -> int:
    return int(datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC).timestamp()) * SECOND


def judged(foretold: Sequence[Foretold], labels: Sequence[Label]) -> Answers:
    """Each forecast's probability with what came of its incident."""
    broken = {label.incident: label.broken for label in labels}
    return [(one.probability, broken[one.incident]) for one in foretold if one.incident in broken]


def constant_rates(foretold: Sequence[Foretold], labels: Sequence[Label]) -> list[Foretold]:
    """What the rate so far says instead, whatever the incident."""
    said: list[Foretold] = []
    seen = broken = 0
    for one in foretold:
        while seen < len(labels) and labels[seen].at < one.at:
            broken += labels[seen].broken
            seen += 1
        said.append(one._replace(probability=(broken + 1) / (seen + 2)))
    return said


def refitted(foretold: Sequence[Foretold], features: Mapping[str, Features], labels: Sequence[Label]) -> list[Foretold]:
    """What a batch model says instead, fitted each day with the labels known when the day began."""
    said: list[Foretold] = []
    for day, one_day in groupby(foretold, key=lambda one: one.at // DAY):
        known = [label for label in labels if label.at < day * DAY and label.incident in features]
        asked = list(one_day)
        if not any(label.broken for label in known):
            said += [one._replace(probability=0.5) for one in asked]
            continue
        model = BatchLogistic([features[label.incident] for label in known], [label.broken for label in known])
        chances = model.probabilities([features[one.incident] for one in asked])
        said += [one._replace(probability=chance) for one, chance in zip(asked, chances, strict=True)]
    return said
