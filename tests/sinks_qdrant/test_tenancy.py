"""No request, whatever its filters, shows a document of another tenant; and what it shows is what an oracle shows."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sinks.qdrant.contract import FilterValue
from sinks.qdrant.document import KINDS, OWN_FILTERS, PAYLOAD_FILTERS, Document, DocumentRefused, Key, Kind
from sinks.qdrant.edge import EdgeIndex
from sinks.qdrant.scope import Scope, written
from tests.sinks_qdrant.conftest import made
from tests.sinks_qdrant.invented import ticket

TENANTS = ("acme", "bolt", "acme ", "ACME", '"acme"', "acme\x00bolt", "*", "a" * 512, "été")
VALUES = ("open", "solved", "acme", "bolt", "", "*", '["acme","bolt"]', "' OR 1=1", "null", "été", "x" * 2_000)
HOSTILE_NAMES = ("tenant", "kind", "text", "fields", "fields.tenant", "tenant[]", "a.b", "", "must", "ténant", '"')
ASKED = [("edge", 2_000), ("edge-hybrid", 300), ("process", 300), ("server", 300)]


def company(dice: random.Random) -> list[Document]:
    """Documents that all hold one word, with every tenant's name also among the other tenants' values."""
    documents = []
    for number in range(180):
        payload = {name: dice.choice(VALUES) for name in PAYLOAD_FILTERS if dice.random() < 0.7}
        documents.append(
            ticket(
                str(number // len(TENANTS)),
                f"printer {dice.choice(VALUES)[:20]}",
                tenant=TENANTS[number % len(TENANTS)],
                kind=dice.choice(("ticket", "feedback", "answer")),
                happened_at=dice.randrange(1_000),
                account=dice.choice((None, "acme", "bolt")),
                subject=dice.choice((None, "P-1", "acme")),
                language=dice.choice((None, "en", "de")),
                **payload,  # type: ignore[arg-type]
            )
        )
    return documents


def value_of(document: Document, name: str) -> object:
    return getattr(document, name) if name in OWN_FILTERS else document.payload.get(name)


def expected(
    documents: list[Document], kinds: tuple[Kind, ...], filters: dict[str, FilterValue], before_us: int | None
) -> list[Key]:
    found = []
    for document in documents:
        wanted = {name: value if isinstance(value, tuple) else (value,) for name, value in filters.items()}
        if (
            (not kinds or document.key.kind in kinds)
            and (before_us is None or document.happened_at < before_us)
            and all(value_of(document, name) in values for name, values in wanted.items())
        ):
            found.append(document.key)
    return sorted(found)


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")
@pytest.mark.parametrize(("kind", "requests"), ASKED)
def test_random_filters_show_one_tenants_documents_and_all_of_them(kind: str, requests: int, tmp_path: Path) -> None:
    dice = random.Random(20_260_117)
    documents = company(dice)
    index = made(kind, tmp_path / "index")
    index.upsert(documents)
    refused = shown = 0
    for _ in range(requests):
        tenant = dice.choice(TENANTS)
        names = [*OWN_FILTERS, *PAYLOAD_FILTERS, *(HOSTILE_NAMES if dice.random() < 0.1 else ())]
        filters: dict[str, FilterValue] = {}
        for name in dice.sample(names, dice.choice((0, 0, 1, 1, 2, 3))):
            some = tuple(dice.choices(VALUES + TENANTS, k=dice.choice((0, 1, 4, 9))))
            filters[name] = dice.choice((some, dice.choice(VALUES)))
        kinds: tuple[Kind, ...] = tuple(dice.sample(("ticket", "feedback", "answer"), dice.choice((0, 0, 1, 2))))
        before_us = dice.choice((None, None, dice.randrange(1_000)))
        ask = {"kinds": kinds, "filters": filters, "limit": 300, "before_us": before_us}
        if any(name in HOSTILE_NAMES for name in filters):
            with pytest.raises(DocumentRefused):
                index.search(tenant, "printer", **ask)  # type: ignore[arg-type]
            refused += 1
            continue
        hits = index.search(tenant, "printer", **ask)  # type: ignore[arg-type]
        own = [document for document in documents if document.key.tenant == tenant]
        assert sorted(hit.document.key for hit in hits) == expected(own, kinds, filters, before_us), (tenant, filters)
        shown += len(hits)
    index.close()
    assert refused > 0
    assert shown > requests


def test_the_past_of_a_tenant_is_searched_as_if_the_index_had_been_made_then(tmp_path: Path) -> None:
    dice = random.Random(7)
    words = [f"word{number}" for number in range(30)]
    documents = []
    for number in range(300):
        text, tenant = " ".join(dice.choices(words, k=8)), dice.choice(("acme", "bolt"))
        documents.append(ticket(str(number), text, tenant=tenant, happened_at=number))
    whole, then = EdgeIndex(tmp_path / "whole"), EdgeIndex(tmp_path / "then")
    whole.upsert(documents)
    then.upsert([each for each in documents if each.happened_at < 150 and each.key.tenant == "acme"])
    for _ in range(50):
        text = " ".join(dice.choices(words, k=3))
        now = {hit.document.key: hit.score for hit in whole.search("acme", text, limit=300, before_us=150)}
        past = {hit.document.key: hit.score for hit in then.search("acme", text, limit=300)}
        assert now == pytest.approx(past, rel=1e-5)  # scores are 32-bit sums, in the order of the words
    whole.close()
    then.close()


class _Spelled:
    """A dialect that spells filters as nested tuples, to see where the tenant stands."""

    def any_of(self, field: str, values: tuple[str, ...]) -> object:
        return ("any", field, values)

    def before(self, field: str, instant_us: int) -> object:
        return ("before", field, instant_us)

    def not_id(self, point_id: str) -> object:
        return ("not", point_id)

    def all_of(self, filters: object) -> object:
        return ("all", *filters)  # type: ignore[misc]


def test_the_tenant_is_the_outermost_condition() -> None:
    scope = Scope("acme", any_of=(("fields.status", ("open",)),), before_us=5, without_id="id")
    assert written(scope, _Spelled()) == (
        "all",
        ("any", "tenant", ("acme",)),
        ("all", ("any", "fields.status", ("open",)), ("before", "happened_at", 5), ("not", "id")),
    )
    assert written(scope.corpus(), _Spelled()) == (
        "all",
        ("any", "tenant", ("acme",)),
        ("all", ("before", "happened_at", 5)),
    )
    assert KINDS == ("ticket", "feedback", "answer")


@pytest.mark.parametrize("tenant", ["", None, ["acme", "bolt"], ("acme",), 7, True, "\ud800", "a" * 513])
def test_only_a_plain_string_is_a_tenant(tenant: object) -> None:
    with pytest.raises(DocumentRefused):
        Scope(tenant)  # type: ignore[arg-type]
    with pytest.raises(DocumentRefused):
        Key(tenant, "ticket", "T-1")  # type: ignore[arg-type]
