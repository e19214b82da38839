"""Which parts of the input spoke for an answer, and by how much?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One signed contribution to a logit. `words` are the words of the text it lies in; none for other features."""

    name: str
    contribution: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogitExplanation:
    """A label's logit as a sum: `bias` and then each term, added in this order, give `logit` to the last bit."""

    label: str | int | bool
    bias: float
    terms: tuple[Term, ...]
    logit: float

    def total(self) -> float:
        """The terms added up again, in order."""
        total = self.bias
        for term in self.terms:
            total += term.contribution
        return total

    def by_word(self) -> dict[str, float]:
        """For display: terms shared evenly among the words they lie in (or under their name), strongest first."""
        shares: dict[str, float] = {}
        for term in self.terms:
            for word in term.words or (term.name,):
                shares[word] = shares.get(word, 0.0) + term.contribution / max(len(term.words), 1)
        return dict(sorted(shares.items(), key=lambda item: (-abs(item[1]), item[0])))
