"""Every processor there is, in the order in which a record is stepped. Adding one is adding its file and its line."""

from __future__ import annotations

from typing import Any

from processors.accounts import ACCOUNTS
from processors.breach_forecast import BREACH_FORECAST
from processors.breach_model import BREACH_MODEL
from processors.category_drift import CATEGORY_DRIFT
from processors.category_model import CATEGORY_MODEL
from processors.churn import CHURN
from processors.churn_model import CHURN_MODEL
from processors.contract import Processor
from processors.course import COURSE
from processors.course_model import COURSE_MODEL
from processors.demand import DEMAND
from processors.documents import DOCUMENTS
from processors.escalation import ESCALATION
from processors.feedback import FEEDBACK
from processors.feedback_loop import FEEDBACK_LOOPS
from processors.gaming import GAMING
from processors.handling import HANDLING
from processors.handling_model import HANDLING_MODEL
from processors.health import HEALTH
from processors.peer_groups import PEER_GROUPS
from processors.quality import QUALITY
from processors.quality_trend import QUALITY_TRENDS
from processors.routing import ROUTING
from processors.score_versions import SCORE_VERSIONS
from processors.scores import SCORES
from processors.sentiment import SENTIMENT
from processors.sentiment_model import SENTIMENT_MODEL
from processors.settings import SETTINGS
from processors.sla import SLA
from processors.sla_credit_claims import CREDIT_CLAIMS
from processors.sla_credits import CREDITS
from processors.snapshots import SNAPSHOTS
from processors.standing import STANDING
from processors.team import TEAM
from processors.team_model import TEAM_MODEL
from processors.tickets import TICKETS
from processors.triage import TRIAGE
from processors.usage import USAGE
from processors.voice import VOICE
from processors.voice_model import VOICE_MODEL

PROCESSORS: tuple[Processor[Any], ...] = (
    SNAPSHOTS,
    TICKETS,
    DOCUMENTS,
    TRIAGE,
    CATEGORY_DRIFT,
    SENTIMENT,
    HANDLING,
    DEMAND,
    TEAM,
    ROUTING,
    SLA,
    BREACH_FORECAST,
    ESCALATION,
    QUALITY,
    QUALITY_TRENDS,
    GAMING,
    CREDITS,
    USAGE,
    FEEDBACK,
    VOICE,
    FEEDBACK_LOOPS,
    HEALTH,
    SCORES,
    SCORE_VERSIONS,
    STANDING,
    COURSE,
    CHURN,
    # Those that provide context are stepped after everything else, wherever they stand.
    SETTINGS,
    ACCOUNTS,
    PEER_GROUPS,
    COURSE_MODEL,
    VOICE_MODEL,
    CREDIT_CLAIMS,
    CATEGORY_MODEL,
    CHURN_MODEL,
    TEAM_MODEL,
    HANDLING_MODEL,
    SENTIMENT_MODEL,
    BREACH_MODEL,
)
