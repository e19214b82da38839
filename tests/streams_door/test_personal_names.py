"""Which attributes tell of people, and what the door shows of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.accounts import AccountChurned, AccountCreated, AccountUpdated
from schemas.event import Data, Event
from schemas.incidents import IncidentStarted
from schemas.tickets import TicketOpened
from streams.personal_names import WITHHELD, is_personal, shown_value
from streams.privacy import Privacy
from streams.redaction import Redactor
from streams.subject_keys import SubjectKeys
from tests.streams_door.test_privacy import Stumbling

ADDRESS = "Ada.Weaver@mill.example"
TOKEN = re.compile(r"<([A-Z]+)_[a-p]{12}>")


@pytest.fixture(name="privacy")
def fixture_privacy(tmp_path: Path) -> Privacy:
    return Privacy(SubjectKeys.open(tmp_path))


def taken(privacy: Privacy, data: Data) -> Event:
    event = Event.model_construct(
        id="e-1", source="test", type=data.type, occurred_at=0, tenant="acme", account="a-1", data=data
    )
    privacy.protect("acme", [event])
    return event


def shown(privacy: Privacy, attributes: dict[str, Any]) -> dict[str, Any]:
    data = taken(privacy, AccountUpdated(attributes=attributes)).data
    assert isinstance(data, AccountUpdated)
    return {
        name: TOKEN.sub(r"\1", value) if isinstance(value, str) else value for name, value in data.attributes.items()
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Email", ADDRESS),
        ("notes", f"ask {ADDRESS} first"),
        ("PersonMobilePhone", "+49 151 1234567"),
        ("Phone", 491_511_234_567),
        ("fax_number", "0113 496 0000"),
        ("first_name", "Ada"),
        ("FirstName", "Ada"),
        ("lastname", "Weaver"),
        ("Contact Name", "Ada Weaver"),
        ("BillingStreet", "4 Loom Row"),
        ("mailing_address_1", "4 Loom Row"),
        ("Address", "4 Loom Row"),
        ("DateOfBirth", "1990-02-03"),
        ("PersonBirthdate", "1990-02-03"),
        ("ip_address", "192.0.2.1"),
        ("passport_number", "X1234567"),
    ],
)
def test_what_is_personal_is_withheld_and_sealed(privacy: Privacy, name: str, value: Any) -> None:
    event = taken(privacy, AccountUpdated(attributes={name: value, "industry": "textiles"}))
    assert isinstance(event.data, AccountUpdated)
    assert event.data.attributes == {name: WITHHELD, "industry": "textiles"}
    (original,) = privacy.originals(event).values()
    assert original is not None
    assert json.loads(original) == {name: value}
    assert type(event.data).model_validate_json(event.data.model_dump_json()) == event.data


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("industry", "textiles"),
        ("employees", 240),
        ("product_name", "Loom"),
        ("email_opt_in", True),
        ("email_domain", "mill.example"),
        ("phone_support", "premium"),
        ("mobile_app_version", "1.2.3"),
        ("date_of_purchase", "2026-01-02"),
        ("website_address", "mill.example"),
        ("BillingCity", "Leeds"),
        ("order_number", "612345678"),
        ("order_id", "4155550123"),
        ("orderId", "4155550123"),
        ("handle", "@mill"),
        ("opened_at", "29/2/2016 01:23"),
        ("number", "INC0000045"),
        ("note", ""),
    ],
)
def test_what_is_not_stays(privacy: Privacy, name: str, value: Any) -> None:
    for _ in range(2):
        assert shown(privacy, {name: value}) == {name: value}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("note", "pays with 4111 1111 1111 1111", "pays with CARD"),
        ("how to reach", "call 0171 1234567", "call PHONE"),
        ("bank", "DE89370400440532013000", "IBAN"),
        ("last_seen_from", "8.8.8.8", "IP"),
        ("asked_by", "my name is Ada Weaver", "my name is NAME"),
        ("DE", "89370400440532013000", WITHHELD),
    ],
)
def test_parts_of_other_values_are_replaced(privacy: Privacy, name: str, value: str, expected: str) -> None:
    assert shown(privacy, {name: value}) == {name: expected}


@pytest.mark.parametrize(
    ("data", "field", "expected"),
    [
        (AccountCreated(name=f"{ADDRESS} (trial)"), "name", "EMAIL (trial)"),
        (AccountCreated(name="Hartwell Mills"), "name", "Hartwell Mills"),
        (AccountChurned(reason=f"ask {ADDRESS}"), "reason", "ask EMAIL"),
        (IncidentStarted(incident="I-1", title=f"{ADDRESS} cannot log in"), "title", "EMAIL cannot log in"),
        (TicketOpened(ticket="T-1", attributes={"cc": f"{ADDRESS}"}), "attributes", {"cc": WITHHELD}),
    ],
)
def test_names_reasons_and_titles_are_redacted(privacy: Privacy, data: Data, field: str, expected: object) -> None:
    event = taken(privacy, data)
    value = getattr(event.data, field)
    assert (TOKEN.sub(r"\1", value) if isinstance(value, str) else value) == expected
    assert event.language is None
    assert type(event.data).model_validate_json(event.data.model_dump_json()) == event.data


def test_a_name_that_grows_is_cut_to_what_a_name_may_be(privacy: Privacy) -> None:
    said = " ".join(["a@b.example"] * 10)
    event = taken(privacy, AccountCreated(name=said))
    assert isinstance(event.data, AccountCreated)
    assert event.data.name is not None
    assert "a@b" not in event.data.name
    assert type(event.data).model_validate_json(event.data.model_dump_json()) == event.data
    assert privacy.originals(event) == {"name": said}


def test_an_attribute_that_cannot_be_redacted_is_withheld_and_counted(tmp_path: Path) -> None:
    privacy = Privacy(SubjectKeys.open(tmp_path), Stumbling)
    assert shown(privacy, {"note": "abracadabra", "size": "big"}) == {"note": WITHHELD, "size": "big"}
    assert privacy.withheld == 1


@given(st.text(max_size=300), st.text(max_size=300) | st.integers() | st.floats() | st.booleans())
def test_any_name_and_value_is_judged(name: str, value: Any) -> None:
    is_personal(name, value)


@given(st.sampled_from(["note", "orderId", "phone", "1", "address"]), st.text(max_size=60) | st.integers())
def test_what_is_shown_shows_as_it_is_when_seen_again(name: str, value: Any) -> None:
    redactor = Redactor(b"a tenant's secret, 32 bytes long")
    once = shown_value(name, value, lambda text: redactor.redact(text).text)
    assert shown_value(name, once, lambda text: redactor.redact(text).text) == once
