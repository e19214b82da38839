"""Invented support texts and account profiles for the learners' tests."""

from __future__ import annotations

import random

from processors.learners.columns import Profile
from processors.learners.directions import direction
from processors.learners.passage import Passage
from schemas.meaning import Meaning
from tests.sentences import DigestEmbedder

WORDS = {
    "billing": ["invoice", "charged twice", "refund", "credit card", "receipt for March"],
    "login": ["password", "locked out", "two-factor code", "sign in page", "reset link"],
    "export": ["csv download", "report is empty", "export stuck", "spreadsheet columns", "missing rows"],
    "outage": ["site is down", "error 502", "everything is slow", "timeouts since noon", "Störung seit heute"],
}
OPENINGS = ["hello, ", "", "since yesterday: ", "please help, ", "urgent! "]
ENDINGS = ["", " again", " for our team", ", can you check?", " and nobody answers"]


def tickets(count: int, seed: int) -> list[tuple[str, str]]:
    """(text, label) pairs in a seeded order."""
    chance = random.Random(seed)
    drawn = []
    for _ in range(count):
        label = chance.choice(sorted(WORDS))
        parts = chance.sample(WORDS[label], 2)
        drawn.append(
            (f"{chance.choice(OPENINGS)}{parts[0]} {parts[1]}{chance.choice(ENDINGS)} {chance.randrange(99)}", label)
        )
    return drawn


def meant(text: str) -> Meaning | None:
    """What an invented model of sentences says of a text."""
    (vector,) = DigestEmbedder().embed_documents([text])
    return direction(DigestEmbedder.name, vector)


def passages(count: int, seed: int) -> list[tuple[Passage, str]]:
    """`tickets` with what they mean."""
    return [(Passage(text, meant(text)), label) for text, label in tickets(count, seed)]


def accounts(count: int, seed: int) -> list[tuple[Profile, bool]]:
    """(profile, left) pairs: who has few seats, no contract and many tickets tends to leave."""
    chance = random.Random(seed)
    drawn: list[tuple[Profile, bool]] = []
    for _ in range(count):
        seats, tickets_, plan = chance.randrange(1, 80), chance.expovariate(0.4), chance.choice(["free", "pro", "team"])
        tendency = 1.5 * (plan == "free") + 0.5 * tickets_ - 0.05 * seats
        revenue = None if chance.random() < 0.1 else seats * 9.0
        drawn.append(
            (
                {"seats": seats, "tickets": tickets_, "plan": plan, "revenue": revenue},
                tendency + chance.gauss(0, 1) > 0.5,
            )
        )
    return drawn
