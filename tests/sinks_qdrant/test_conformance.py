"""What every search index promises, whatever it runs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks.qdrant.contract import FilterValue, IndexClosed, SearchIndex
from sinks.qdrant.document import DocumentRefused, Hit, Key, Kind
from tests.sinks_qdrant.invented import ticket

# The server's client says at every index it makes in memory that indexes do nothing there.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


SPOKEN: list[tuple[str | None, str, str]] = [
    ("en", "The invoices were duplicated", "duplicate invoice"),
    ("de", "Die Rechnungen für München sind falsch", "rechnung munchen"),
    ("fr", "Les factures sont erronées", "facture"),
    ("es", "No puedo iniciar sesión en la aplicación", "aplicaciones"),
    ("es", "No puedo iniciar sesión en la aplicación", "aplicacion"),
    ("de", "Sie haben mein Häuschen gestrichen", "hauschen"),
    ("fr", "le cafe est froid", "café"),
    ("ru", "Система не отвечает", "системы"),
    ("ja", "ログインできません", "ログイン"),
    ("zh", "发票金额错误,无法登录", "登录"),
    ("th", "สวัสดีครับ เข้าสู่ระบบไม่ได้", "สวัสดี"),
    ("ko", "로그인 문제 입니다", "로그인"),
    ("zh", "订单 20240117 没有到", "20240117"),
    (None, "Kontomme ei toimi, error ERR-4711", "err-4711"),
    ("en", "Order 20240117 never arrived 🙂", "20240117"),
    ("en", "e\u0301clair at the café", "ÉCLAIR cafe"),
    ("en", "ＦＵＬＬ width ﬁle", "full file"),
    ("en", "nul\x00byte and\ttabs", "tabs"),
]

NARROWED: list[tuple[dict[str, FilterValue], tuple[Kind, ...], int | None, list[str]]] = [
    ({}, (), None, ["F-1", "T-1", "T-2", "T-3"]),
    ({"status": "open"}, (), None, ["T-1"]),
    ({"status": ("open", "solved")}, (), None, ["T-1", "T-2"]),
    ({"status": ()}, (), None, []),
    ({"status": "open", "category": "billing"}, (), None, ["T-1"]),
    ({"status": "open", "category": "login"}, (), None, []),
    ({"account": "A-2"}, (), None, ["T-2", "T-3"]),
    ({"language": "de"}, (), None, ["T-3"]),
    ({}, ("feedback",), None, ["F-1"]),
    ({}, ("feedback", "ticket"), None, ["F-1", "T-1", "T-2", "T-3"]),
    ({}, ("answer",), None, []),
    ({}, (), 1_750_000_000_000_002, ["T-1", "T-2"]),
    ({}, (), 1_750_000_000_000_001, ["T-1"]),
    ({}, (), 0, []),
]

# Wrong types on purpose: what a caller without a type checker may send.
SENSELESS: list[tuple[Callable[[Any], object], str]] = [
    (lambda index: index.search("", "x"), "tenant"),
    (lambda index: index.search(["acme", "bolt"], "x"), "tenant"),
    (lambda index: index.search("acme", "\ud800"), "surrogate"),
    (lambda index: index.search("acme", 7), "text"),
    (lambda index: index.search("acme", "x", limit=0), "limit"),
    (lambda index: index.search("acme", "x", limit=1_001), "limit"),
    (lambda index: index.search("acme", "x", limit=True), "limit"),
    (lambda index: index.search("acme", "x", kinds=("secret",)), "kinds"),
    (lambda index: index.search("acme", "x", kinds="ticket"), "kinds"),
    (lambda index: index.search("acme", "x", filters={"tenant": "bolt"}), "tenant"),
    (lambda index: index.search("acme", "x", filters={"fields.status": "open"}), "filtered by"),
    (lambda index: index.search("acme", "x", filters={"status": 7}), "status"),
    (lambda index: index.search("acme", "x", filters={"status": ["open"]}), "status"),
    (lambda index: index.search("acme", "x", filters={"status": "\udfff"}), "surrogate"),
    (lambda index: index.search("acme", "x", before_us=2**60), "before_us"),
    (lambda index: index.search("acme", "x", before_us=1.5), "before_us"),
    (lambda index: index.similar("acme", Key("bolt", "ticket", "T-1")), "another tenant"),
    (lambda index: index.delete("acme", [Key("bolt", "ticket", "T-1")]), "another tenant"),
    (lambda index: index.revisions("acme", [Key("bolt", "ticket", "T-1")]), "another tenant"),
    (lambda index: index.delete_subject("", "P-1"), "tenant"),
    (lambda index: index.delete_subject("acme", ""), "subject"),
    (lambda index: index.delete_subject("acme", ["P-1", "P-2"]), "subject"),
    (lambda index: index.count(""), "tenant"),
]


def entities(hits: list[Hit]) -> list[str]:
    return [hit.document.key.entity for hit in hits]


def test_what_was_indexed_is_found_as_it_was(index: SearchIndex) -> None:
    document = ticket(
        "T-1",
        "The invoice of March shows the wrong amount",
        account="A-1",
        subject="P-1",
        status="open",
        category="billing",
        score=4,
        share=0.25,
        vip=True,
        nothing=None,
    )
    index.upsert([document])
    (hit,) = index.search("acme", "invoices wrong")
    assert hit.document == document
    assert hit.score > 0


def test_each_language_is_found_by_its_own_words(index: SearchIndex) -> None:
    found = []
    for row, (language, text, query) in enumerate(SPOKEN):
        tenant = f"speaker-{row}"
        other = ticket("T-2", "something else entirely", tenant=tenant)
        index.upsert([ticket("T-1", text, tenant=tenant, language=language), other])
        found.append((language, query, entities(index.search(tenant, query, limit=1))))
    assert found == [(language, query, ["T-1"]) for language, _, query in SPOKEN]


def test_a_document_without_words_is_kept_and_never_in_the_way(index: SearchIndex) -> None:
    for text in ("", "   ", "!!! ??? 🙂"):
        index.upsert([ticket("T-1", text, revision=2), ticket("T-2", "printer is on fire")])
        assert index.count("acme") == 2
        assert index.search("acme", text) == []
        assert entities(index.search("acme", "printer"))[0] == "T-2"
        assert index.similar("acme", Key("acme", "ticket", "T-1"), only_solved=False) == []


def test_a_text_of_a_hundred_thousand_characters_is_found_by_its_last_word(index: SearchIndex) -> None:
    long = " ".join(f"word{number}" for number in range(12_000))
    assert len(long) > 100_000
    index.upsert([ticket("T-1", f"{long} needle"), ticket("T-2", "short")])
    (hit, *_) = index.search("acme", "needle")
    assert hit.document.text.endswith(" needle")
    assert entities(index.search("acme", long, limit=1)) == ["T-1"]
    assert index.similar("acme", hit.document.key) == []


def test_equal_ids_of_two_tenants_are_two_documents(index: SearchIndex) -> None:
    index.upsert([ticket("T-1", "printer broken", tenant="acme"), ticket("T-1", "printer stolen", tenant="bolt")])
    assert [hit.document.text for hit in index.search("acme", "printer")] == ["printer broken"]
    assert [hit.document.text for hit in index.search("bolt", "printer")] == ["printer stolen"]
    index.delete("acme", [Key("acme", "ticket", "T-1")])
    assert (index.count("acme"), index.count("bolt"), index.count()) == (0, 1, 1)


def test_an_older_revision_never_replaces_a_newer_one(index: SearchIndex) -> None:
    key = Key("acme", "ticket", "T-1")
    newest = 41 << 20 | 3
    index.upsert([ticket("T-1", "second", revision=newest), ticket("T-1", "first", revision=newest - 1)])
    index.upsert([ticket("T-1", "zeroth", revision=7)])
    assert index.revisions("acme", [key, Key("acme", "ticket", "T-2")]) == {key: newest}
    assert index.search("acme", "zeroth first", filters={"status": "none"}) == []
    assert entities(index.search("acme", "second")) == ["T-1"]
    index.upsert([ticket("T-1", "third", revision=newest + 1)])
    assert index.search("acme", "third")[0].document.revision == newest + 1
    assert index.count() == 1


def test_writing_again_changes_nothing(index: SearchIndex) -> None:
    documents = [ticket(f"T-{number}", f"printer number {number}") for number in range(600)]
    index.upsert(documents)
    (before,) = index.search("acme", "printer 77", limit=1)
    index.upsert(documents)
    assert index.search("acme", "printer 77", limit=1) == [before]
    assert before.document == documents[77]
    assert index.count() == 600


def test_a_person_is_forgotten_in_one_tenant_only(index: SearchIndex) -> None:
    index.upsert([ticket(f"T-{number}", "call me", subject=f"P-{number % 2}") for number in range(6)])
    index.upsert([ticket("T-1", "call me", tenant="bolt", subject="P-1")])
    assert index.delete_subject("acme", "P-1") == 3
    assert index.delete_subject("acme", "P-1") == 0
    assert sorted(entities(index.search("acme", "call"))) == ["T-0", "T-2", "T-4"]
    assert index.count("bolt") == 1


def test_filters_narrow(index: SearchIndex) -> None:
    start = 1_750_000_000_000_000
    index.upsert(
        [
            ticket("T-1", "printer", status="open", category="billing", account="A-1", happened_at=start),
            ticket("T-2", "printer", status="solved", category="login", account="A-2", happened_at=start + 1),
            ticket("T-3", "printer", status="closed", account="A-2", language="de", happened_at=start + 2),
            ticket("F-1", "printer", kind="feedback", happened_at=start + 3),
        ]
    )
    for filters, kinds, before_us, expected in NARROWED:
        hits = index.search("acme", "printer", kinds=kinds, filters=filters, before_us=before_us)
        assert sorted(entities(hits)) == expected, (filters, kinds, before_us)


def test_similar_tickets_are_solved_ones_one_per_customer_with_their_outcome(index: SearchIndex) -> None:
    printer = "the office printer prints blank pages after the update"
    index.upsert(
        [
            ticket("T-1", printer, account="A-1", status="open"),
            ticket("T-2", printer, account="A-2", status="solved", outcome="driver rolled back"),
            ticket("T-3", f"{printer} again", account="A-2", status="closed", outcome="toner replaced"),
            ticket("T-4", "printer prints blank pages", subject="P-4", status="closed", outcome="toner replaced"),
            ticket("T-5", printer, account="A-5", status="open"),
            ticket("T-6", "cannot sign in with my password", account="A-6", status="solved", outcome="reset"),
            ticket("F-7", printer, kind="feedback", account="A-7", status="solved"),
            ticket("T-8", printer, tenant="bolt", account="A-8", status="solved", outcome="not yours"),
        ]
    )
    key = Key("acme", "ticket", "T-1")
    hits = index.similar("acme", key, limit=2)
    assert entities(hits) == ["T-2", "T-4"]
    assert [hit.document.payload["outcome"] for hit in hits] == ["driver rolled back", "toner replaced"]
    assert entities(index.similar("acme", key, limit=1)) == ["T-2"]
    assert "T-5" in entities(index.similar("acme", key, only_solved=False))
    assert index.similar("acme", Key("acme", "ticket", "T-404")) == []
    assert index.similar("bolt", Key("bolt", "ticket", "T-1")) == []


def test_similar_looks_past_one_customer_with_many_tickets(index: SearchIndex) -> None:
    many = [ticket(f"B-{number}", "printer blank pages", account="A-1", status="solved") for number in range(120)]
    few = [ticket(f"C-{number}", "printer", account=f"A-{number + 2}", status="solved") for number in range(3)]
    index.upsert([ticket("T-1", "printer blank pages", account="A-0", status="open"), *many, *few])
    hits = index.similar("acme", Key("acme", "ticket", "T-1"), limit=4)
    assert sorted(hit.document.account or "" for hit in hits) == ["A-1", "A-2", "A-3", "A-4"]


def test_a_request_without_sense_is_refused_by_name(index: SearchIndex) -> None:
    index.upsert([ticket("T-1", "x", tenant="bolt")])
    for ask, reason in SENSELESS:
        with pytest.raises(DocumentRefused, match=reason):
            ask(index)
    assert index.count("bolt") == 1


def test_a_closed_index_says_so(index: SearchIndex) -> None:
    index.close()
    index.close()
    with pytest.raises(IndexClosed):
        index.count()
    with pytest.raises(IndexClosed):
        index.upsert([ticket("T-1", "x")])


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(index: SearchIndex, texts: list[str]) -> None:
    documents = {f"T-{number}": ticket(f"T-{number}", text, tenant="any") for number, text in enumerate(texts)}
    index.delete("any", [Key("any", "ticket", f"T-{number}") for number in range(5)])
    index.upsert(list(documents.values()))
    assert index.count("any") == len(documents)
    for text in texts:
        for hit in index.search("any", text, limit=10):
            assert hit.document == documents[hit.document.key.entity]
