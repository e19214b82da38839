"""What each helpdesk's payload must say: by type, instant, account and data, written from the tools' documents."""

from __future__ import annotations

from typing import Any

Expected = list[tuple[str, str, str | None, dict[str, Any]]]

UNTIMED = "2026-03-02T18:30:00Z"  # when it came, for the tool tells no instant

_ZD = "zendesk:7304000000401"
_ZD_T = {"ticket": "zendesk:88213"}
_ZD_MINA, _ZD_INES, _ZD_OTHER = "zendesk:7304000000501", "zendesk:7304000000021", "zendesk:7304000000022"
_ZD_GROUP = {"assigned": True, "group": "7304000000301"}
_ZD_TAGS = {"tags": ["printer", "dock_4", "tier_gold"]}
_ZD_OPEN = {"status": "open", "status_raw": "OPEN"}
_ZD_HIGH = {"priority": "high", "priority_raw": "HIGH"}
_ZD_OPENED = {
    **_ZD_T,
    "title": "Label printer offline at dock 4",
    "text": "Pallet labels stopped printing after last night's firmware update.",
    "channel": "email",
    "requester": _ZD_MINA,
}

_IC_T = {"ticket": "intercom:215480000112233"}
_FD_T = {"ticket": "freshdesk:4417"}
_FD_TOMAS = "email:3bf8d53d6191f06c8bc5ab24"
_FD_HIGH = {"priority": "high", "priority_raw": "High"}
_HS_T = {"ticket": "helpscout:918273645"}
_HS_PICTURE = {**_HS_T, "assigned": True, "group": "3301", "assignee": "helpscout:2560", "tags": ["billing"]}
_CW_T = {"ticket": "chatwoot:57"}
_ZM_T = {"ticket": "zammad:417"}
_ZM_PICTURE = {
    **_ZM_T,
    "priority": "normal",
    "priority_raw": "2 normal",
    "assigned": True,
    "group": "Service Desk",
    "assignee": "zammad:5",
}
_JR_T = {"ticket": "jira:10457"}
_JR_INES = "jira:712020:11111111-2222-4333-8444-555555555555"
_JR_HIGH = {"priority": "high", "priority_raw": "High"}
_GH_T = {"ticket": "github:larkspur-labs:scanner-app:42"}

HELPDESKS: dict[str, Expected] = {
    "zendesk/ticket_created.json": [
        ("ticket.opened", "2026-03-02T08:14:51Z", _ZD, _ZD_OPENED),
        (
            "ticket.snapshot",
            "2026-03-02T08:14:51.204918Z",
            _ZD,
            {**_ZD_T, "status": "new", "status_raw": "NEW", **_ZD_GROUP, **_ZD_TAGS},
        ),
    ],
    "zendesk/ticket_comment_added.json": [
        (
            "expert.replied",
            "2026-03-02T08:20:05Z",
            _ZD,
            {
                **_ZD_T,
                "expert": _ZD_INES,
                "requester": _ZD_MINA,
                "text": "Reset the print server — please try a test label.\n\nThanks, Ines",
            },
        ),
        (
            "ticket.snapshot",
            "2026-03-02T08:20:05.511020Z",
            _ZD,
            {**_ZD_T, **_ZD_OPEN, **_ZD_HIGH, **_ZD_GROUP, "assignee": _ZD_INES, **_ZD_TAGS},
        ),
    ],
    "zendesk/ticket_agent_assignment_changed.json": [
        (
            "ticket.assigned",
            "2026-03-02T09:41:09.118470Z",
            _ZD,
            {**_ZD_T, "group": "7304000000301", "assignee": _ZD_OTHER},
        ),
        ("ticket.snapshot", "2026-03-02T09:41:09.118470Z", _ZD, {**_ZD_T, **_ZD_OPEN, **_ZD_HIGH, **_ZD_TAGS}),
    ],
    "zendesk/ticket_priority_changed.json": [
        (
            "ticket.priority_changed",
            "2026-03-02T09:41:10.730001Z",
            _ZD,
            {**_ZD_T, "priority": "urgent", "priority_raw": "URGENT", "by": _ZD_INES},
        ),
        (
            "ticket.snapshot",
            "2026-03-02T09:41:10.730001Z",
            _ZD,
            {**_ZD_T, **_ZD_OPEN, **_ZD_GROUP, "assignee": _ZD_INES, **_ZD_TAGS},
        ),
    ],
    "zendesk/ticket_status_changed.json": [
        (
            "ticket.status_changed",
            "2026-03-02T11:02:33.090114Z",
            _ZD,
            {**_ZD_T, "status": "solved", "status_raw": "SOLVED", "by": _ZD_INES},
        ),
        (
            "ticket.snapshot",
            "2026-03-02T11:02:33.090114Z",
            _ZD,
            {**_ZD_T, **_ZD_HIGH, **_ZD_GROUP, "assignee": _ZD_INES, **_ZD_TAGS},
        ),
    ],
    "zendesk/trigger_ticket_updated.json": [
        (
            "ticket.snapshot",
            "2026-03-02T08:20:05Z",
            "acct_1007",
            {**_ZD_T, "status": "open", "status_raw": "Open", "priority": "high", "priority_raw": "High", **_ZD_TAGS},
        ),
    ],
    "zendesk/incremental_tickets_cursor_page.json": [
        ("ticket.opened", "2026-03-02T08:14:51Z", _ZD, _ZD_OPENED),
        (
            "ticket.snapshot",
            "2026-03-02T11:02:33Z",
            _ZD,
            {
                **_ZD_T,
                "status": "solved",
                "status_raw": "solved",
                "priority": "urgent",
                "priority_raw": "urgent",
                **_ZD_GROUP,
                "assignee": _ZD_OTHER,
                "tags": ["dock_4", "printer", "tier_gold"],
            },
        ),
    ],
    "intercom/ping.json": [],
    "intercom/conversation_user_created.json": [
        (
            "ticket.opened",
            "2026-03-02T08:30:00Z",
            None,
            {
                **_IC_T,
                "title": "Exports time out when I pick more than 30 days",
                "text": "Exports time out when I pick more than 30 days",
                "channel": "chat",
                "requester": "usr_4411",
            },
        ),
    ],
    "intercom/conversation_user_replied.json": [
        (
            "ticket.message_added",
            "2026-03-02T08:43:00Z",
            None,
            {**_IC_T, "author": "customer", "person": "usr_4411", "text": "Any update? Our month-end is today 😬"},
        ),
    ],
    "intercom/conversation_admin_closed.json": [
        (
            "ticket.status_changed",
            "2026-03-02T10:00:00Z",
            None,
            {**_IC_T, "status": "closed", "status_raw": "closed", "by": "intercom:9700011"},
        ),
    ],
    "intercom/conversation_rating_added.json": [
        (
            "ticket.csat_answered",
            "2026-03-02T10:08:20Z",
            None,
            {**_IC_T, "score": 2, "scale": 5, "person": "usr_4411", "comment": "Slow to get a real answer"},
        ),
    ],
    "intercom/ticket_state_updated.json": [
        (
            "ticket.status_changed",
            "2026-03-02T09:16:40Z",
            None,
            {
                "ticket": "intercom:215480000778899",
                "status": "pending",
                "status_raw": "waiting_on_customer",
                "by": "intercom:9700011",
            },
        ),
    ],
    "freshdesk/ticket_created.json": [
        (
            "ticket.opened",
            UNTIMED,
            None,
            {
                **_FD_T,
                "title": "VPN drops every hour",
                "text": "The tunnel drops at :05 past each hour.",
                "requester": _FD_TOMAS,
            },
        ),
        ("ticket.snapshot", UNTIMED, None, {**_FD_T, "status": "open", "status_raw": "Open", **_FD_HIGH}),
    ],
    "freshdesk/ticket_public_note.json": [
        ("ticket.message_added", UNTIMED, None, {**_FD_T, "author": "expert", "public": True}),
        ("ticket.snapshot", UNTIMED, None, {**_FD_T, "status": "open", "status_raw": "Open", **_FD_HIGH}),
    ],
    "freshdesk/ticket_status_changed.json": [
        (
            "ticket.status_changed",
            UNTIMED,
            None,
            {**_FD_T, "status": "pending", "status_raw": "Waiting on Customer"},
        ),
        ("ticket.snapshot", UNTIMED, None, {**_FD_T, **_FD_HIGH}),
    ],
    "freshdesk/api_ticket.json": [
        (
            "ticket.opened",
            "2026-03-02T12:05:11Z",
            "freshdesk:43000777003",
            {
                **_FD_T,
                "title": "VPN drops every hour",
                "channel": "email",
                "requester": "freshdesk:43000999001",
            },
        ),
        (
            "ticket.snapshot",
            "2026-03-02T12:40:00Z",
            "freshdesk:43000777003",
            {
                **_FD_T,
                "status": "pending",
                "status_raw": "3",
                "priority": "high",
                "priority_raw": "3",
                "assigned": True,
                "group": "43000111",
                "assignee": "freshdesk:43000888002",
                "tags": ["vpn"],
            },
        ),
    ],
    "helpscout/convo_created.json": [
        (
            "ticket.opened",
            "2026-03-02T14:39:56Z",
            "acct_2042",
            {
                **_HS_T,
                "title": "Invoice shows the wrong VAT number",
                "text": "Hi,\nour invoice from February shows an old VAT number.",
                "channel": "email",
                "requester": "helpscout:customer:238604001",
            },
        ),
        (
            "ticket.snapshot",
            "2026-03-02T14:39:56Z",
            "acct_2042",
            {**_HS_PICTURE, "status": "open", "status_raw": "active"},
        ),
    ],
    "helpscout/convo_status.json": [
        (
            "ticket.snapshot",
            "2026-03-02T15:10:02Z",
            "acct_2042",
            {**_HS_PICTURE, "status": "closed", "status_raw": "closed"},
        ),
    ],
    "helpscout/convo_deleted.json": [
        (
            "ticket.status_changed",
            UNTIMED,
            None,
            {"ticket": "helpscout:918273645", "status": "closed", "status_raw": "deleted"},
        ),
    ],
    "helpscout/satisfaction_ratings.json": [
        (
            "ticket.csat_answered",
            "2026-03-02T16:00:00Z",
            None,
            {
                **_HS_T,
                "score": 1,
                "scale": 3,
                "person": "helpscout:customer:238604001",
                "comment": "Took three replies to read my question",
            },
        ),
    ],
    "chatwoot/conversation_created.json": [
        (
            "ticket.opened",
            "2026-03-02T17:00:00Z",
            "acct_2042",
            {**_CW_T, "title": "Appointments page is blank", "channel": "chat", "requester": "usr_9001"},
        ),
        (
            "ticket.snapshot",
            "2026-03-02T17:00:01.310000Z",
            "acct_2042",
            {**_CW_T, "status": "open", "status_raw": "open", "assigned": True, "tags": ["ui"]},
        ),
    ],
    "chatwoot/conversation_status_changed.json": [
        (
            "ticket.status_changed",
            "2026-03-02T18:00:00.512349Z",
            "acct_2042",
            {**_CW_T, "status": "solved", "status_raw": "resolved"},
        ),
        ("ticket.snapshot", "2026-03-02T18:00:00.512349Z", "acct_2042", {**_CW_T, "assigned": True, "tags": ["ui"]}),
    ],
    "chatwoot/message_created.json": [
        (
            "ticket.message_added",
            "2026-03-02T17:00:01Z",
            "acct_2042",
            {**_CW_T, "author": "customer", "person": "usr_9001", "text": "Appointments page is blank"},
        ),
    ],
    "chatwoot/message_updated_csat.json": [
        (
            "ticket.csat_answered",
            "2026-03-02T18:00:01Z",
            "acct_2042",
            {**_CW_T, "score": 4, "scale": 5, "person": "usr_9001", "comment": "Quick fix, thanks"},
        ),
    ],
    "chatwoot/contact_updated.json": [
        ("account.updated", UNTIMED, "acct_2042", {"name": "Brightfern Clinic"}),
    ],
    "zammad/ticket_created.json": [
        (
            "ticket.opened",
            "2026-03-02T14:34:35.282000Z",
            "zammad:3",
            {
                **_ZM_T,
                "title": "Cannot open referral PDF",
                "text": "Hello,\nthe PDF opens blank since Monday.",
                "channel": "email",
                "requester": "zammad:8",
            },
        ),
        (
            "ticket.snapshot",
            "2026-03-02T14:34:35.333000Z",
            "zammad:3",
            {**_ZM_PICTURE, "status": "new", "status_raw": "new"},
        ),
    ],
    "zammad/ticket_updated_closed.json": [
        (
            "expert.replied",
            "2026-03-02T16:01:02Z",
            "zammad:3",
            {
                **_ZM_T,
                "expert": "zammad:5",
                "requester": "zammad:8",
                "text": "Fixed in 4.2.1 — please clear the cache.",
            },
        ),
        (
            "ticket.snapshot",
            "2026-03-02T16:01:02.015000Z",
            "zammad:3",
            {**_ZM_PICTURE, "status": "closed", "status_raw": "closed"},
        ),
    ],
    "jira/issue_created.json": [
        (
            "ticket.opened",
            "2026-03-02T09:00:10.412000Z",
            None,
            {
                **_JR_T,
                "title": "SUP-412 Handheld scanner shows stale stock",
                "text": "Counts lag ~20 min behind the ERP.",
                "channel": "web",
                "requester": "jira:qm:6a1c0b2e-1f7a-4a0e-9b5b-aa11bb22cc33:0f",
            },
        ),
        (
            "ticket.snapshot",
            "2026-03-02T09:00:10.455000Z",
            None,
            {**_JR_T, "status": "open", "status_raw": "Open", **_JR_HIGH, "assigned": True, "tags": ["scanner"]},
        ),
    ],
    "jira/issue_updated_status.json": [
        (
            "ticket.status_changed",
            "2026-03-02T09:21:40.120000Z",
            None,
            {**_JR_T, "status": "open", "status_raw": "In Progress", "by": _JR_INES},
        ),
        ("ticket.assigned", "2026-03-02T09:21:40.120000Z", None, {**_JR_T, "assignee": _JR_INES}),
        ("ticket.snapshot", "2026-03-02T09:21:40.120000Z", None, {**_JR_T, **_JR_HIGH, "tags": ["scanner"]}),
    ],
    "jira/comment_created.json": [
        (
            "expert.replied",
            "2026-03-02T09:25:00.001000Z",
            None,
            {**_JR_T, "expert": _JR_INES, "text": "Synced the cache, please rescan one pallet."},
        ),
    ],
    "github/issues_opened.json": [
        (
            "ticket.opened",
            "2026-03-02T18:00:00Z",
            None,
            {
                **_GH_T,
                "title": "Stale stock counts after resume",
                "text": "Steps:\n1. suspend\n2. resume",
                "channel": "web",
                "requester": "github:mina-ok",
            },
        ),
    ],
    "github/issues_labeled.json": [
        ("ticket.snapshot", "2026-03-02T18:04:00Z", None, {**_GH_T, "tags": ["bug"]}),
    ],
    "github/issues_closed.json": [
        (
            "ticket.status_changed",
            "2026-03-03T09:00:00Z",
            None,
            {**_GH_T, "status": "closed", "status_raw": "closed", "by": "github:ines-p"},
        ),
    ],
    "github/issue_comment_created.json": [
        (
            "expert.replied",
            "2026-03-02T19:00:00Z",
            None,
            {**_GH_T, "expert": "github:ines-p", "requester": "github:mina-ok", "text": "Reproduced on 4.2.0."},
        ),
    ],
    "slack/url_verification.json": [],
    "slack/event_message.json": [
        (
            "ticket.opened",
            "2026-03-02T10:40:00.000200Z",
            "slack:T0TIDEWATER",
            {
                "ticket": "slack:C0TIDEWATER:1772448000.000200",
                "title": "exports are down again :fire:",
                "text": "exports are down again :fire:",
                "channel": "chat",
                "requester": "slack:U0MINA0001",
            },
        ),
    ],
}
