"""Every tool that can be pulled from. Adding one is adding its file and its line."""

from __future__ import annotations

from collections.abc import Mapping

from streams.connectors import (
    pull_chatwoot,
    pull_freshdesk,
    pull_hubspot,
    pull_intercom,
    pull_stripe,
    pull_zammad,
    pull_zendesk,
)
from streams.connectors.pulling import Puller

PULLERS: tuple[Puller, ...] = (
    pull_zendesk.PULL,
    pull_intercom.PULL,
    pull_freshdesk.PULL,
    pull_chatwoot.PULL,
    pull_zammad.PULL,
    pull_hubspot.PULL,
    pull_stripe.PULL,
)

PULLER_OF: Mapping[str, Puller] = {puller.source: puller for puller in PULLERS}
