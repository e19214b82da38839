"""What is said of a text's category, and by whom: the rule, the tenant's model, or a correction of a ticket like it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processors.category_rule import Taxonomy, guess
from processors.contract import Context
from processors.learners.passage import Passage
from processors.learners.text_softmax import TextSoftmax
from processors.learners.word_shares import word_shares
from processors.meant import meaning_terms
from processors.probability import log_odds, logistic, shown_amounts
from processors.settings import limits_at, taxonomy_at
from schemas.confidence import confidence_of
from schemas.event import Event
from schemas.explanation import Term

if TYPE_CHECKING:
    from processors.category_knowledge import CategoryKnowledge
    from processors.category_memory import Likeness

MOST_TERMS = 8
MOST_CANDIDATES = 3
CORRECTION = "category.correction"
# What is assumed of a label that neither model nor rule has an opinion of.
_UNHEARD_OF = 0.01
_LEAST = 0.001
_SURE = 16.0  # log-odds of what a person said of this very ticket


class Verdict(NamedTuple):
    """What is said of a text's category, and by whom. Terms sum to the logit."""

    category: str
    probability: float
    abstained: bool
    candidates: tuple[tuple[str, float], ...]
    model: str
    version: int
    n: int
    terms: tuple[Term, ...]
    right_share: float | None = None

    @property
    def confidence(self) -> str:
        """A word for how far the category may be relied on."""
        return "told" if self.model == CORRECTION else confidence_of(self.right_share)


def verdict(asked: Passage, event: Event, context: Context, knowledge: CategoryKnowledge | None) -> Verdict:
    """The answer for a passage after an event, with its reasons; `knowledge` is what the tenant has taught."""
    if knowledge is None:
        return _by_rule(asked, event, context, None)
    near, taxonomy = knowledge.like(asked.text), taxonomy_at(context, event.occurred_at)
    if near is not None and _is_in(taxonomy, near.correction.label):
        return _by_likeness(asked, event, context, knowledge, near)
    if knowledge.answers:
        return _by_model(asked, event, context, knowledge)
    return _by_rule(asked, event, context, knowledge)


def corrected(category: str, person: str, event_id: str, n: int) -> Verdict:
    """The answer for a ticket that a person has corrected."""
    terms = (Term(f"corrected by {person}", _SURE, (event_id,)),)
    return Verdict(category, 1.0, False, ((category, 1.0),), CORRECTION, 1, n, terms)


def _by_rule(asked: Passage, event: Event, context: Context, knowledge: CategoryKnowledge | None) -> Verdict:
    guessed = guess(asked.text, taxonomy_at(context, event.occurred_at))
    terms = tuple(Term(term.label, term.amount, (event.id,)) for term in guessed.terms)
    abstained = 100 * guessed.probability < limits_at(context, event.occurred_at).abstain_below_percent
    n, share = (0, None) if knowledge is None else (knowledge.learner.n, knowledge.record.rule_share)
    said = (guessed.category, guessed.probability, abstained, guessed.candidates)
    return Verdict(*said, "category.rule", 1, n, terms, share)


def _is_in(taxonomy: Taxonomy, label: str) -> bool:
    """Whether a ticket can have this category; it can have any where the tenant named none."""
    return not taxonomy or label in taxonomy


def _candidates(asked: Passage, taxonomy: Taxonomy, learner: TextSoftmax) -> tuple[tuple[str, float], ...]:
    """The model's likeliest categories among those that a ticket can have."""
    found = learner.likeliest(asked, MOST_CANDIDATES)
    if any(not _is_in(taxonomy, str(label)) for label, _ in found):
        every = learner.likeliest(asked, len(learner.state.labels))
        found = [one for one in every if _is_in(taxonomy, str(one[0]))][:MOST_CANDIDATES]
    return tuple([(str(label), chance) for label, chance in found])


def _by_model(asked: Passage, event: Event, context: Context, knowledge: CategoryKnowledge) -> Verdict:
    learner = knowledge.answerer
    candidates = _candidates(asked, taxonomy_at(context, event.occurred_at), learner)
    if not candidates:
        return _by_rule(asked, event, context, knowledge)
    best, probability = candidates[0]
    # An answer is held back where answers of this confidence have been right less often than the setting asks.
    # So is one that stands out less than nearly all that were ever judged: it is about something nobody has taught.
    limits, record = limits_at(context, event.occurred_at), knowledge.record
    abstained = 100 * record.precision_at(probability) < limits.abstain_below_percent
    abstained = abstained or record.is_unfamiliar(learner.lead(asked), limits.unfamiliar(asked.meaning is not None))
    terms = _model_terms(asked, event, knowledge, best)
    said = (best, probability, abstained, candidates)
    share = record.right_share_at(probability)
    return Verdict(*said, "category.model", learner.version, learner.n, terms, share)


def _model_terms(asked: Passage, event: Event, knowledge: CategoryKnowledge, label: str) -> tuple[Term, ...]:
    shares = word_shares(knowledge.answerer, asked, label)
    words = shown_amounts(shares.words, shares.amounts, (event.id,), MOST_TERMS)
    return (Term("how common the category is", shares.bias), *meaning_terms(shares.meaning, event.id), *words)


def _by_likeness(
    asked: Passage, event: Event, context: Context, knowledge: CategoryKnowledge, near: Likeness
) -> Verdict:
    """A correction speaks for its label: log-odds are added to what model or rule give it."""
    label = near.correction.label
    if knowledge.answers:
        base = _by_model(asked, event, context, knowledge)
        chances = knowledge.answerer.predict_proba_one(asked)
    else:
        base = _by_rule(asked, event, context, knowledge)
        chances = dict(base.candidates)
    own = min(max(chances.get(label, _UNHEARD_OF), _LEAST), 1.0 - _LEAST)
    raised = logistic(log_odds(own) + near.log_odds)
    others = [(name, chance * (1.0 - raised) / (1.0 - own)) for name, chance in base.candidates if name != label]
    candidates = tuple(sorted([(label, raised), *others], key=lambda one: (-one[1], one[0]))[:MOST_CANDIDATES])
    if candidates[0][0] != label:
        return base
    enough = limits_at(context, event.occurred_at).abstain_below_percent
    said = f"{near.correction.person} corrected {near.correction.ticket}, {near.share:.0%} alike"
    return base._replace(
        category=label,
        probability=raised,
        abstained=100 * raised < enough,
        candidates=candidates,
        model="category.like",
        right_share=None,
        terms=(Term(said, near.log_odds, (near.correction.event_id,)), *_terms(asked, event, knowledge, base, label)),
    )


def _terms(asked: Passage, event: Event, knowledge: CategoryKnowledge, base: Verdict, label: str) -> tuple[Term, ...]:
    """What model or rule say for a label, as far as they know it."""
    if base.category == label:
        return base.terms
    known = knowledge.answers and label in knowledge.answerer.state.labels
    return _model_terms(asked, event, knowledge, label) if known else ()
