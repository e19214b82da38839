"""What each payload of a CRM, product, billing or survey tool must say, written from the tools' documents."""

from __future__ import annotations

from tests.connectors.expected_helpdesks import UNTIMED, Expected

_SF_T = {"ticket": "salesforce:500RM00000AbCdEYAV"}
_SF_ACCOUNT = "salesforce:001RM00000XyZaBYAV"
_SF_OWNER = {"owner": "salesforce:005RM000001abcEYAQ"}
_FAILED = {
    "attributes": {
        "billing_state": "payment_failed",
        "invoice_status": "open",
        "payment_attempts": 2,
        "payment_next_attempt": True,
    }
}
_NPS = {
    "feedback": "delighted:88120044",
    "form": "survey",
    "scale": "nps",
    "score": 6.0,
    "person": "delighted:66104402",
    "attributes": {"survey_type": "nps"},
}
_CE = {"connector": "cloudevents", "kind": "com.larkspur.cs.ticket.status_changed.v1"}

OTHERS: dict[str, Expected] = {
    "hubspot/ticket_property_change_batch.json": [
        # What stage 4 means, only the portal knows.
        ("ticket.snapshot", "2026-03-02T10:10:00.123000Z", None, {"ticket": "hubspot:9920011", "status_raw": "4"}),
        (
            "ticket.priority_changed",
            "2026-03-02T10:10:00.090000Z",
            None,
            {"ticket": "hubspot:9920011", "priority": "high", "priority_raw": "HIGH"},
        ),
        ("ticket.opened", "2026-03-02T10:09:50Z", None, {"ticket": "hubspot:9920012", "channel": "email"}),
    ],
    "hubspot/object_property_change_batch.json": [
        ("ticket.snapshot", "2026-03-02T11:15:00Z", None, {"ticket": "hubspot:9920011", "status_raw": "3"}),
        ("source.unmapped", "2026-03-02T11:15:00.400000Z", None, {"connector": "hubspot", "kind": "object.creation"}),
    ],
    "hubspot/crm_mixed_batch.json": [
        (
            "source.unmapped",
            "2026-03-02T11:13:20.500000Z",
            None,
            {"connector": "hubspot", "kind": "deal.propertyChange"},
        ),
        (
            "source.unmapped",
            "2026-03-02T11:13:20.900000Z",
            None,
            {"connector": "hubspot", "kind": "contact.propertyChange", "person": "hubspot:contact:3307715"},
        ),
        ("source.unmapped", "2026-03-02T11:13:21.200000Z", None, {"connector": "hubspot", "kind": "company.merge"}),
    ],
    "salesforce/case_change_event_create.json": [
        (
            "ticket.opened",
            "2026-03-02T11:30:00Z",
            _SF_ACCOUNT,
            {
                **_SF_T,
                "title": "Cannot add second warehouse",
                "channel": "email",
                "requester": "salesforce:003RM00000QwErTYAV",
            },
        ),
        (
            "ticket.snapshot",
            "2026-03-02T11:30:00Z",
            _SF_ACCOUNT,
            {
                **_SF_T,
                "status": "new",
                "status_raw": "New",
                "priority": "normal",
                "priority_raw": "Medium",
                "assigned": True,
                "group": "00GRM000000ZzZz2AK",
            },
        ),
    ],
    "salesforce/case_change_event_update.json": [
        (
            "ticket.status_changed",
            "2026-03-02T12:00:00Z",
            None,
            {**_SF_T, "status": "open", "status_raw": "Escalated"},
        ),
        (
            "ticket.priority_changed",
            "2026-03-02T12:00:00Z",
            None,
            {**_SF_T, "priority": "high", "priority_raw": "High"},
        ),
    ],
    "salesforce/case_gap_update.json": [
        ("source.unmapped", "2026-03-02T13:05:00Z", None, {"connector": "salesforce", "kind": "Case GAP_UPDATE"}),
    ],
    "salesforce/account_change_event_update_merged.json": [
        ("account.updated", "2026-03-02T12:10:00Z", "salesforce:001RM00000XyZaBYAV", _SF_OWNER),
        ("account.updated", "2026-03-02T12:10:00Z", "salesforce:001RM00000XyZaCYAV", _SF_OWNER),
    ],
    "salesforce/opportunity_change_event_update.json": [
        ("source.unmapped", "2026-03-02T13:00:00Z", None, {"connector": "salesforce", "kind": "Opportunity UPDATE"}),
    ],
    "salesforce/platform_event_usage_alert.json": [
        (
            "source.unmapped",
            "2026-03-02T13:10:00Z",
            None,
            {"connector": "salesforce", "kind": "/event/Usage_Alert__e"},
        ),
    ],
    "salesforce/outbound_message_case.xml": [
        (
            "ticket.snapshot",
            "2026-03-02T12:00:00Z",
            None,
            {**_SF_T, "status": "open", "status_raw": "Escalated"},
        ),
    ],
    "segment/track.json": [
        (
            "usage.recorded",
            "2026-03-02T10:00:01.921000Z",
            "acct_1007",
            {"name": "Report Exported", "person": "usr_4411"},
        ),
    ],
    "segment/batch.json": [
        ("usage.recorded", "2026-03-02T10:00:04.921000Z", "acct_1007", {"name": "Signed In", "person": "usr_4411"}),
        (
            "usage.recorded",
            "2026-03-02T10:00:05.921000Z",
            "acct_1007",
            {"name": "Pallet Scanned", "person": "usr_4411"},
        ),
    ],
    "segment/group.json": [
        (
            "account.updated",
            "2026-03-02T10:00:03.921000Z",
            "acct_1007",
            {
                "name": "Tidewater Logistics",
                "plan": "gold",
                "attributes": {"industry": "Logistics", "employees": 329, "website": "https://tidewater.example"},
            },
        ),
    ],
    "segment/identify.json": [
        (
            "source.unmapped",
            "2026-03-02T10:00:02.921000Z",
            "acct_1007",
            {"connector": "segment", "kind": "identify", "person": "usr_4411"},
        ),
    ],
    "segment/delete.json": [
        (
            "source.unmapped",
            "2026-03-02T10:05:00Z",
            None,
            {"connector": "segment", "kind": "delete", "person": "usr_4411"},
        ),
    ],
    "posthog/destination_event.json": [
        (
            "usage.recorded",
            "2026-03-02T10:00:01.921000Z",
            "acct_1007",
            {"name": "report_exported", "person": "usr_4411"},
        ),
    ],
    "amplitude/export_event.json": [
        (
            "usage.recorded",
            "2026-03-02T10:00:01.921000Z",
            "acct_1007",
            {"name": "report_exported", "person": "usr_4411"},
        ),
    ],
    "stripe/invoice_payment_failed.json": [("account.updated", "2026-03-02T10:11:00Z", "acct_1007", _FAILED)],
    "stripe/invoice_payment_failed_pre_basil.json": [
        ("account.updated", "2026-03-02T10:11:00Z", "stripe:cus_Tidewater0001", _FAILED),
    ],
    "stripe/customer_subscription_updated.json": [
        (
            "account.updated",
            "2026-03-02T10:11:02Z",
            "acct_1007",
            {
                "plan": "gold_monthly",
                "seats": 40,
                "recurring_minor": 12 * 40 * 1_200,
                "currency": "EUR",
                "renewal_at": "2026-03-30T00:00:00Z",
                "attributes": {"subscription_status": "past_due", "cancels_at_period_end": False},
            },
        ),
    ],
    "stripe/customer_subscription_deleted.json": [
        ("account.churned", "2026-03-09T23:46:41Z", "acct_1007", {"reason": "missing_features"}),
    ],
    "delighted/survey_response_created.json": [("feedback.given", "2026-03-02T10:23:20Z", "acct_1007", _NPS)],
    "delighted/survey_response_updated.json": [
        (
            "feedback.given",
            "2026-03-02T10:26:20Z",
            "acct_1007",
            {**_NPS, "text": "Exports fail at month end. Otherwise fine."},
        ),
    ],
    "delighted/unsubscribe_created.json": [
        (
            "source.unmapped",
            UNTIMED,
            None,
            {"connector": "delighted", "kind": "unsubscribe.created", "person": "delighted:66104402"},
        ),
    ],
    "typeform/form_response_nps.json": [
        (
            "feedback.given",
            "2026-03-02T16:21:13Z",
            "acct_2042",
            {
                "feedback": "typeform:larkspurformtoken0000000000001",
                "form": "survey",
                "scale": "nps",
                "score": 9.0,
                "person": "usr_9001",
                "topic": "NPS",
                "text": "Fast onboarding",
            },
        ),
    ],
    "envelope/cloudevent_structured.json": [("source.unmapped", "2026-03-02T11:02:33.090114Z", "acct_1007", _CE)],
    "envelope/http_binary_mode.json": [("source.unmapped", "2026-03-02T11:02:33.090114Z", "acct_1007", _CE)],
    "envelope/cloudevents_batch.json": [
        ("source.unmapped", "2026-03-02T11:02:33.090114Z", "acct_1007", _CE),
        (
            "source.unmapped",
            "2026-03-02T10:26:20Z",
            "acct_1007",
            {"connector": "cloudevents", "kind": "com.larkspur.cs.feedback.nps.v1"},
        ),
    ],
}
