"""Every tool that can be pulled from. Adding one is adding its file and its line."""

from __future__ import annotations

from collections.abc import Mapping

from streams.connectors import pull_zendesk
from streams.connectors.pulling import Puller

PULLERS: tuple[Puller, ...] = (pull_zendesk.PULL,)

PULLER_OF: Mapping[str, Puller] = {puller.source: puller for puller in PULLERS}
