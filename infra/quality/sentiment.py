"""Are the messages of people who will be sorry told from those of people who will be glad, each before its rating?

Data: `nhs_feedback` (10,334 comments of patients, each with how critical it is from -4 to 4, in English). Each comment
is a ticket that is rated a day later, well where it is above 0 and badly below; what is neither is left out. One pass
over a seeded shuffle, nothing warmed up. Not measured are the first comments, until there are ratings enough.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

from infra.quality.foresight import area
from infra.quality.row import Row
from processors.sentiment import SENTIMENT
from processors.sentiment_model import GLAD, MODEL, SENTIMENT_MODEL
from schemas.facts import PredictionMade
from schemas.instant import DAY, MINUTE
from schemas.tickets import TicketCsatAnswered, TicketOpened
from streams.driver import Driver

_START = 1_772_438_400_000_000
_SEED = 0


def measure(datasets: Path) -> list[Row]:
    """Ranking and calibration over one pass; FileNotFoundError without the data set."""
    comments = read_comments(datasets / "nhs_feedback" / "phase1_text_data.csv")
    answers, asked = heard(comments)
    rate = sum([glad for _, glad in answers]) / len(answers)
    brier = sum([(chance - glad) ** 2 for chance, glad in answers]) / len(answers)
    constant = "constant rate"
    return [
        Row("nhs_feedback glad or sorry, area under ROC", area(answers), "AUC", None, 0.5, constant),
        Row("nhs_feedback glad or sorry, Brier score", brier, "Brier", None, rate * (1.0 - rate), constant),
        Row("nhs_feedback glad or sorry, share measured", len(answers) / asked, "share"),
    ]


def heard(comments: list[tuple[str, bool]]) -> tuple[list[tuple[float, bool]], int]:
    """The chance given to glad and whether it was so, of each comment that was measured; and how many were asked."""
    driver = Driver([SENTIMENT, SENTIMENT_MODEL])
    told = []
    for number, (text, glad) in enumerate(comments):
        at = _START + number * 10 * MINUTE
        ticket, account = f"T-{number}", f"A-{number % 500}"
        opened = TicketOpened(ticket=ticket, text=text)
        rated = TicketCsatAnswered(ticket=ticket, score=1 + glad, scale=2)
        told.append((at, driver.event(opened, at, id=f"o-{number}", account=account, language="en")))
        told.append((at + DAY, driver.event(rated, at + DAY, id=f"r-{number}", account=account)))
    driver.fold([event for _, event in sorted(told, key=lambda one: one[0])])
    made = [one for one in driver.facts(PredictionMade) if one.model == MODEL and one.label is not None]
    chances = [one.probability if one.answer == GLAD else 1.0 - one.probability for one in made]
    return [(chance, one.label == GLAD) for chance, one in zip(chances, made, strict=True)], len(comments)


def read_comments(path: Path) -> list[tuple[str, bool]]:
    """Texts and whether they praise, in a seeded order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["feedback"], row["criticality"]) for row in csv.DictReader(file)]
    told = [(text, int(said) > 0) for text, said in rows if text.strip() and said.lstrip("-").isdigit() and int(said)]
    return random.Random(_SEED).sample(told, len(told))  # noqa: S311 (an order to repeat, no secret)
