"""Who has been right about categories lately: the rule, the tenant's model, or the model as it was before the latest?

Each is asked about a label before anybody learns it, so labels judge when they come, however late that is. Counts fade:
the latest two hundred labels weigh most. Another one answers only once it has proved better, and no longer than that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from processors.probability import added

if TYPE_CHECKING:
    from processors.learners.passage import Passage
    from processors.learners.text_softmax import TextSoftmax

Answering = Literal["rule", "model", "settled"]

# The tenant's model answers once it has seen this many labels, of several people or at several times: what one person
# says within an hour promotes nothing.
LEAST_LABELS: Final = 30
LEAST_HOURS: Final = 3
# Who answers is replaced when it falls so far behind: in share of the labels judged, and in labels.
MARGIN: Final = 0.02
LEAST_MARGIN: Final = 6.0
LEAST_SETTLED: Final = 200  # labels that the model as it was must have learned before it may answer
_FADE: Final = 0.995
_LEADS_FADE: Final = 0.999  # a share of one in twenty needs more labels to be known

# Bands of how far an answer stands out (`TextSoftmax.lead`), a quarter of a logit each, and labels before they count.
LEADS: Final = 64
LEAST_LEADS: Final = 50.0
_LEADS_A_LOGIT: Final = 4

# Confidence bands of equal width, each with how often answers of that confidence were right.
BANDS: Final = 20
LEAST_ASKED: Final = 10.0  # labels before a share says something


class Record(msgspec.Struct):
    """Right answers of each, and labels judged; faded. `asked`, `right`, `sure` are by band of the model's confidence.

    `leads` counts by how far the model's answers stood out. `teachers` are the first two people who taught, `hours` the
    latest hours in which anybody did.
    """

    answering: Answering = "rule"
    model_right: float = 0.0
    rule_right: float = 0.0
    settled_right: float = 0.0
    judged: float = 0.0
    asked: list[float] = msgspec.field(default_factory=lambda: [0.0] * BANDS)
    right: list[float] = msgspec.field(default_factory=lambda: [0.0] * BANDS)
    sure: list[float] = msgspec.field(default_factory=lambda: [0.0] * BANDS)
    leads: list[float] = msgspec.field(default_factory=lambda: [0.0] * LEADS)
    teachers: list[str] = msgspec.field(default_factory=list)
    hours: list[int] = msgspec.field(default_factory=list)

    def right_share_at(self, probability: float) -> float | None:
        """How often answers this sure were right, or at least this sure where those are few; None while all are."""
        band = _band(probability)
        for until in (band + 1, BANDS):
            asked = added(self.asked[band:until])
            if asked >= LEAST_ASKED:
                return added(self.right[band:until]) / asked
        return None

    def precision_at(self, probability: float) -> float:
        """How often answers at least this sure were right; the probability itself where too few were judged."""
        band = _band(probability)
        asked, right = added(self.asked[band:]), added(self.right[band:])
        if self.asked[band] >= LEAST_ASKED:
            return self.right[band] / self.asked[band]
        return (right + LEAST_ASKED * probability) / (asked + LEAST_ASKED)

    def is_unfamiliar(self, lead: float, percent: int) -> bool:
        """Whether an answer stands out no more than the given share of those do whose label became known."""
        leads = added(self.leads)
        band = _lead_band(lead)
        return leads >= LEAST_LEADS and 100.0 * added(self.leads[: band + 1]) <= percent * leads

    @property
    def calibration_error(self) -> float:
        """The mean distance between how sure the model was and how often it was right; 0 before the first label."""
        apart = added([abs(sure - right) for sure, right in zip(self.sure, self.right, strict=True)])
        asked = added(self.asked)
        return apart / asked if asked else 0.0

    @property
    def rule_share(self) -> float | None:
        """How often the rule was right lately; None while too few labels are known."""
        return self.rule_right / self.judged if self.judged >= LEAST_ASKED else None

    def share(self, who: Answering) -> float:
        """How often this one was right lately; 0 before the first label."""
        right = {"rule": self.rule_right, "model": self.model_right, "settled": self.settled_right}[who]
        return right / self.judged if self.judged else 0.0

    def note(self, person: str, hour: int) -> None:
        """Remembers that this person taught, and in which hour of event time."""
        if person not in self.teachers and len(self.teachers) < 2:
            self.teachers.append(person)
        if hour not in self.hours:
            self.hours = [*self.hours, hour][-LEAST_HOURS:]

    def judge(self, label: str, rule: str, model: TextSoftmax, settled: TextSoftmax, asked: str | Passage) -> None:
        """Asks all three about a label that none of them has learned, and lets who is best answer from now on."""
        # Asked before the model, whose answer is then at hand when it learns.
        said = settled.best(asked) if settled.n >= LEAST_SETTLED else None
        self._judge_model(model.best(asked), label)
        band = _lead_band(model.lead(asked))
        self.leads = [_LEADS_FADE * share for share in self.leads]
        self.leads[band] += 1.0
        self.judged = _FADE * self.judged + 1.0
        self.rule_right = _FADE * self.rule_right + (rule == label)
        self.settled_right = _FADE * self.settled_right + (said is not None and said[0] == label)
        self.answering = self._next(model.n, settled.n)

    def _judge_model(self, best: tuple[str | int | bool, float] | None, label: str) -> None:
        right = best is not None and best[0] == label
        self.model_right = _FADE * self.model_right + right
        if best is not None:
            band = _band(best[1])
            self.asked[band] = _FADE * self.asked[band] + 1.0
            self.right[band] = _FADE * self.right[band] + right
            self.sure[band] = _FADE * self.sure[band] + best[1]

    def _next(self, learned: int, settled: int) -> Answering:
        margin = max(MARGIN * self.judged, LEAST_MARGIN)
        may = learned >= LEAST_LABELS and (len(self.teachers) > 1 or len(self.hours) >= LEAST_HOURS)
        if self.answering == "rule":
            return "model" if may and self.model_right >= self.rule_right else "rule"
        own = self.model_right if self.answering == "model" else self.settled_right
        if self.rule_right > own + margin and self.rule_right > self.model_right:
            return "rule"
        if self.answering == "settled":
            return "model" if self.model_right >= self.settled_right else "settled"
        held_back = settled >= 2 * LEAST_SETTLED and self.settled_right > self.model_right + margin
        return "settled" if held_back else "model"


def _lead_band(lead: float) -> int:
    return min(LEADS - 1, int(max(lead, 0.0) * _LEADS_A_LOGIT))


def _band(probability: float) -> int:
    return min(BANDS - 1, int(probability * BANDS))
