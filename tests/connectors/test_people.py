"""Nobody's address is an id, and attributes of a company tell of no person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.connectors.personal_names import WITHHELD, is_personal
from streams.connectors.saying import Saying
from streams.connectors.wording import attributes_of
from tests.connectors.asking import body_request
from tests.connectors.test_mappings import Change, both, set_, with_

ADDRESS = "Ada.Weaver@mill.example"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("segment/track.json", set_("userId", ADDRESS)),
        ("posthog/destination_event.json", set_("event", "distinct_id", ADDRESS)),
        ("amplitude/export_event.json", set_("user_id", ADDRESS)),
        ("typeform/form_response_nps.json", set_("form_response", "hidden", {"user_id": ADDRESS})),
    ],
)
def test_an_address_that_is_an_id_is_a_person_known_by_address(name: str, change: Change) -> None:
    made = with_(name, change)
    assert made
    people = {one.data["person"] for one in made if "person" in one.data}
    assert people == {Saying("any", body_request("segment", b"{}")).person(email=ADDRESS.lower())}
    assert ADDRESS.lower() not in json.dumps([(one.id, one.account, one.data) for one in made]).lower()


def test_a_customer_known_by_address_is_that_person_unless_the_operator_says_who() -> None:
    (made,) = with_("segment/track.json", set_("properties", {"account_id": ADDRESS}))
    assert made.account is not None
    assert made.account.startswith("email:")
    listed = body_request("segment", b"{}", accounts={ADDRESS: "acct_7"})
    assert Saying("segment", listed).account(ours=ADDRESS) == "acct_7"


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
def test_what_is_personal_is_withheld(name: str, value: Any) -> None:
    assert attributes_of({name: value}) == {name[:128]: WITHHELD}


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
        ("handle", "@mill"),
    ],
)
def test_what_is_not_stays(name: str, value: Any) -> None:
    assert attributes_of({name: value}) == {name: value}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (
            "posthog/destination_event.json",
            both(
                set_("event", "event", "$groupidentify"),
                set_("event", "properties", {"$group_key": "a", "$group_set": {"size": 3, "contact": ADDRESS}}),
            ),
        ),
        ("segment/group.json", set_("traits", {"size": 3, "contact": ADDRESS})),
    ],
)
def test_connectors_withhold(name: str, change: Change) -> None:
    assert with_(name, change)[0].data["attributes"] == {"size": 3, "contact": WITHHELD}


@given(st.text(max_size=300), st.text(max_size=300) | st.integers() | st.floats() | st.booleans())
def test_any_name_and_value_is_judged(name: str, value: Any) -> None:
    is_personal(name, value)
