"""Every connector there is. Adding one is adding its file and its line."""

from __future__ import annotations

from collections.abc import Mapping

from streams.connectors.amplitude import AMPLITUDE
from streams.connectors.chatwoot import CHATWOOT
from streams.connectors.cloudevents import CLOUDEVENTS
from streams.connectors.contract import Connector
from streams.connectors.delighted import DELIGHTED
from streams.connectors.freshdesk import FRESHDESK
from streams.connectors.github import GITHUB
from streams.connectors.helpscout import HELP_SCOUT
from streams.connectors.hubspot import HUBSPOT
from streams.connectors.intercom import INTERCOM
from streams.connectors.jira import JIRA
from streams.connectors.posthog import POSTHOG
from streams.connectors.salesforce import SALESFORCE
from streams.connectors.segment import SEGMENT
from streams.connectors.slack import SLACK
from streams.connectors.standard import STANDARD
from streams.connectors.stripe import STRIPE
from streams.connectors.typeform import TYPEFORM
from streams.connectors.zammad import ZAMMAD
from streams.connectors.zendesk import ZENDESK

CONNECTORS: tuple[Connector, ...] = (
    ZENDESK,
    INTERCOM,
    FRESHDESK,
    HELP_SCOUT,
    CHATWOOT,
    ZAMMAD,
    JIRA,
    HUBSPOT,
    SALESFORCE,
    SEGMENT,
    POSTHOG,
    AMPLITUDE,
    STRIPE,
    DELIGHTED,
    TYPEFORM,
    SLACK,
    GITHUB,
    CLOUDEVENTS,
    STANDARD,
)

BY_NAME: Mapping[str, Connector] = {connector.name: connector for connector in CONNECTORS}
