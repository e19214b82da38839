"""Nobody's address is an id."""

from __future__ import annotations

import json

import pytest

from streams.connectors.saying import Saying
from tests.connectors.asking import body_request
from tests.connectors.test_mappings import Change, set_, with_

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
