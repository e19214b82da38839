"""Whose words they are: people are told apart, and nobody speaks for another."""

from __future__ import annotations

from tests.connectors.test_mappings import MESSAGE, both, set_, with_

SENDER = ("conversation", "meta", "sender")


def test_a_contact_and_an_agent_of_chatwoot_may_have_one_number() -> None:
    contact = both(set_(*SENDER, "id", 1), set_(*SENDER, "identifier", None))
    agent = both(set_("message_type", "outgoing"), set_("sender", {"id": 1, "type": "user"}))
    (asked,) = with_(MESSAGE, contact)
    (answered,) = with_(MESSAGE, both(contact, agent))
    assert (asked.data["person"], answered.data["expert"]) == ("chatwoot:contact:1", "chatwoot:1")
    assert answered.data["requester"] == "chatwoot:contact:1"
    (nobody,) = with_(MESSAGE, set_(*SENDER, {"email": "tomas.rey@brightfern.example"}))
    assert nobody.data["person"].startswith("email:")
