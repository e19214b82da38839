"""Every event type there is: one line each. Adding a type is adding its class and its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas import (
    accounts,
    emitted,
    experts,
    feedback,
    feedback_steps,
    incidents,
    lessons,
    settings,
    settings_escalation,
    settings_feedback,
    settings_routing,
    sources,
    system,
    tickets,
    usage,
)
from schemas.event import Data

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
Origin = Literal["door", "system", "emitted"]


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type: its data, the intake topic it arrives on, who may say it, and the way up from old versions.

    `door` types come from outside, `system` types are written by Millrace into the journal, `emitted` types pass
    between processors and are never journaled. `upcasters[v]` turns data of version v into version v + 1.
    """

    data: type[Data]
    topic: str
    origin: Origin = "door"
    upcasters: Mapping[int, Upcaster] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.data.type

    @property
    def dataschema(self) -> str:
        return dataschema(self.data.type, self.data.version)


def dataschema(name: str, version: int) -> str:
    """The `dataschema` attribute that names one version of one type."""
    return f"urn:millrace:{name}:{version}"


EVENT_TYPES: tuple[EventType, ...] = (
    EventType(tickets.TicketOpened, "tickets", upcasters={1: tickets.upcast_ticket_opened_1}),
    EventType(tickets.TicketMessageAdded, "tickets"),
    EventType(tickets.TicketStatusChanged, "tickets"),
    EventType(tickets.TicketPriorityChanged, "tickets"),
    EventType(tickets.TicketAssigned, "tickets"),
    EventType(tickets.TicketTagged, "tickets"),
    EventType(tickets.TicketResolved, "tickets"),
    EventType(tickets.TicketReopened, "tickets"),
    EventType(tickets.TicketClosed, "tickets"),
    EventType(tickets.TicketMerged, "tickets"),
    EventType(tickets.TicketCsatAnswered, "tickets"),
    EventType(tickets.TicketSnapshot, "tickets"),
    EventType(feedback.FeedbackGiven, "feedback"),
    EventType(feedback_steps.FeedbackRouted, "feedback"),
    EventType(feedback_steps.FeedbackAcknowledged, "feedback"),
    EventType(feedback_steps.FeedbackActedOn, "feedback"),
    EventType(feedback_steps.FeedbackToldBack, "feedback"),
    EventType(usage.UsageRecorded, "usage"),
    EventType(usage.UsageSessionEnded, "usage"),
    EventType(usage.UsageSeatsCounted, "usage"),
    EventType(experts.ExpertReplied, "experts"),
    EventType(experts.ExpertCorrected, "experts"),
    EventType(experts.ExpertAvailabilityChanged, "experts"),
    EventType(experts.ExpertNoted, "experts"),
    EventType(accounts.AccountCreated, "accounts"),
    EventType(accounts.AccountUpdated, "accounts"),
    EventType(accounts.AccountRenewed, "accounts"),
    EventType(accounts.AccountExpanded, "accounts"),
    EventType(accounts.AccountContracted, "accounts"),
    EventType(accounts.AccountChurned, "accounts"),
    EventType(accounts.AccountCreditClaimed, "accounts"),
    EventType(incidents.IncidentStarted, "incidents"),
    EventType(incidents.IncidentUpdated, "incidents"),
    EventType(incidents.IncidentEnded, "incidents"),
    EventType(settings.SettingsSlaChanged, "settings"),
    EventType(settings.SettingsCalendarChanged, "settings"),
    EventType(settings.SettingsWeightsChanged, "settings"),
    EventType(settings.SettingsScoreChanged, "settings"),
    EventType(settings.SettingsPeersChanged, "settings"),
    EventType(settings.SettingsTaxonomyChanged, "settings"),
    EventType(settings.SettingsLimitsChanged, "settings"),
    EventType(settings.SettingsCreditsChanged, "settings"),
    EventType(settings_routing.SettingsRoutingChanged, "settings"),
    EventType(settings_escalation.SettingsEscalationChanged, "settings"),
    EventType(settings_feedback.SettingsFeedbackChanged, "settings"),
    EventType(lessons.LessonsWithdrawn, "settings"),
    EventType(sources.SourceUnmapped, "system"),
    EventType(sources.SourcePulled, "system", "system"),
    EventType(system.Tick, "system", "system"),
    EventType(system.BackfillStarted, "system", "system"),
    EventType(system.BackfillEnded, "system", "system"),
    EventType(system.RecordRefused, "system", "system"),
    EventType(system.RecordRedriven, "system", "system"),
    EventType(system.GenerationSwitched, "system", "system"),
    EventType(system.AdminActed, "system", "system"),
    EventType(emitted.LabelMatured, "", "emitted"),
    EventType(emitted.TicketClassified, "", "emitted"),
    EventType(emitted.FeedbackHeard, "", "emitted"),
    EventType(emitted.TeamAdvised, "", "emitted"),
    EventType(emitted.QualityMeasured, "", "emitted"),
    EventType(emitted.SlaBreachHappened, "", "emitted"),
    EventType(emitted.SlaClockMoved, "", "emitted"),
    EventType(emitted.TicketChanged, "", "emitted"),
    EventType(emitted.UsageMeasured, "", "emitted"),
    EventType(emitted.AccountObserved, "", "emitted"),
    EventType(emitted.HealthDriven, "", "emitted"),
    EventType(emitted.ScoreMoved, "", "emitted"),
    EventType(emitted.PeerMoved, "", "emitted"),
    EventType(emitted.CourseObserved, "", "emitted"),
    EventType(emitted.HandlingForetold, "", "emitted"),
    EventType(emitted.HandlingObserved, "", "emitted"),
    EventType(emitted.TimerFired, "", "emitted"),
)

BY_NAME: Mapping[str, EventType] = {row.name: row for row in EVENT_TYPES}
