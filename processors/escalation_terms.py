"""What escalates a ticket: the points of a tenant, and the words of leaving and of office in four languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from processors.word_beginnings import Beginnings

# What the beginning of a word, or of several, says of leaving: English, German, Spanish, French.
_LEAVING: Final = (
    *("cancel our", "cancel my subscription", "cancel the contract", "cancellation of our", "terminate our"),
    *("terminate the contract", "switch to another", "switching to", "switch provider", "move to a competitor"),
    *("evaluating alternatives", "looking for alternatives", "leave you", "not renew", "won't renew"),
    *("kündig", "kuendig", "anbieterwechsel", "wechseln zu", "anbieter wechseln", "zur konkurrenz", "nicht verlängern"),
    *("cancelar la suscrip", "cancelar el contrato", "cancelaremos", "darnos de baja", "dar de baja"),
    *("cambiar de proveedor", "cambiarnos a", "rescindir", "no renovar"),
    *("résilier", "résiliation", "changer de fournisseur", "changer de prestataire", "ne pas renouveler"),
)
_EXECUTIVE: Final = (
    *("ceo", "cto", "cfo", "coo", "cio", "chief executive", "chief technology", "chief financial", "chief operating"),
    *("vice president", "managing director", "board member", "our board"),
    *("geschäftsführ", "geschaeftsfuehr", "vorstand", "prokurist"),
    *("director general", "directora general", "director ejecutivo", "consejero delegado"),
    *("directeur général", "directrice générale", "pdg"),
)
_SHORT: Final = 3  # of an office's letters; a word that only begins so is another


class Heard(NamedTuple):
    """What a text says of leaving and of the writer's office; empty where nothing."""

    leaving: str
    executive: str


@dataclass(frozen=True, slots=True)
class EscalationTerms:
    """Points, and the edge at which a ticket is escalated."""

    matrix: Mapping[str, Mapping[str, int]] = field(
        default_factory=lambda: MappingProxyType(
            {
                "enterprise": {"urgent": 50, "high": 30, "normal": 10},
                "premium": {"urgent": 40, "high": 20},
                "*": {"urgent": 30, "high": 10},
            }
        )
    )
    leaving: int = 50
    executive: int = 30
    breach: int = 25
    reopened: int = 20
    unanswered: int = 15
    edge_points: int = 60
    executives: tuple[str, ...] = ()
    leaving_words: tuple[str, ...] = ()

    def of(self, tier: str | None, priority: str) -> int:
        """The points of a tier and a priority."""
        row = self.matrix.get(tier or "*")
        return (self.matrix.get("*", {}) if row is None else row).get(priority, 0)


DEFAULT_ESCALATION = EscalationTerms()


def heard_in(text: str, leaving_words: tuple[str, ...]) -> Heard:
    """The first words of leaving and of office that a text has."""
    leaving = (*_LEAVING, *[word.lower() for word in leaving_words])
    words = [word.strip(".,;:!?()\"'«»„“”") for word in text.lower().split()]
    left = _beginnings(leaving).found_in(words)
    places = [place for place in _beginnings(_EXECUTIVE).found_in(words) if _is_whole(_EXECUTIVE[place], words)]
    return Heard(leaving[left[0]] if left else "", _EXECUTIVE[places[0]] if places else "")


def _is_whole(office: str, words: list[str]) -> bool:
    return len(office) > _SHORT or office in words


@lru_cache(maxsize=64)
def _beginnings(texts: tuple[str, ...]) -> Beginnings:
    return Beginnings(texts)
