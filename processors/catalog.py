"""Every processor there is, in the order in which a record is stepped. Adding one is adding its file and its line."""

from __future__ import annotations

from typing import Any

from processors.accounts import ACCOUNTS
from processors.contract import Processor
from processors.documents import DOCUMENTS
from processors.feedback import FEEDBACK
from processors.health import HEALTH
from processors.settings import SETTINGS
from processors.tickets import TICKETS
from processors.usage import USAGE

PROCESSORS: tuple[Processor[Any], ...] = (
    TICKETS,
    DOCUMENTS,
    USAGE,
    FEEDBACK,
    HEALTH,
    # Those that provide context are stepped after everything else, wherever they stand.
    SETTINGS,
    ACCOUNTS,
)
