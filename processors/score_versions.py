"""Which rules did each score have, and since when?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.contract import Context, Output, Processor
from processors.health_drivers import GROUPS
from processors.score_rule import DEFAULT_BANDS
from schemas.event import Event
from schemas.health import ScoreVersion
from schemas.settings import SettingsScoreChanged, SettingsWeightsChanged


class ScoreRulesSaid(msgspec.Struct, array_like=True, gc=False):
    """How many rules were said for a score."""

    said: int = 0


class ScoreVersions(Processor[ScoreRulesSaid]):
    """States every rule of every score as it is said, so that a course of scores can be read beside them."""

    name = "health.versions"
    consumes = (SettingsScoreChanged, SettingsWeightsChanged)
    facts = (ScoreVersion,)
    state = ScoreRulesSaid

    def key(self, event: Event) -> str:
        return event.data.name if isinstance(event.data, SettingsScoreChanged) else "health"

    def step(self, state: ScoreRulesSaid, event: Event, context: Context) -> Sequence[Output]:
        state.said += 1
        match event.data:
            case SettingsScoreChanged() as said:
                weights = said.weights.model_dump()
                version = ScoreVersion(
                    score=said.name,
                    event_id=event.id,
                    holds_from_at=event.occurred_at,
                    weights=tuple([(group, weights[group]) for group in GROUPS]),
                    bands=tuple([(band.name, band.from_points) for band in said.bands]),
                    missing=tuple([(group, said.missing[group]) for group in GROUPS if group in said.missing]),
                    fresh_days=tuple([(group, said.fresh_days[group]) for group in GROUPS if group in said.fresh_days]),
                    fade_days=said.fade_days,
                    retired=said.retired,
                )
            case SettingsWeightsChanged() as said_weights:
                version = ScoreVersion(
                    score="health",
                    event_id=event.id,
                    holds_from_at=event.occurred_at,
                    weights=tuple([(group, getattr(said_weights, group)) for group in GROUPS]),
                    bands=tuple([(band.name, band.from_points) for band in DEFAULT_BANDS]),
                )
            case _:
                return ()
        return (version,)


SCORE_VERSIONS = ScoreVersions()
