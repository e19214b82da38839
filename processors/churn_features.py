"""What a churn model may look at: how an account behaved, and what is known of it as of that day."""

from __future__ import annotations

from collections.abc import Mapping

from processors.accounts import ATTRIBUTE, AccountProfile
from processors.lengths import first_of
from schemas.emitted import AccountObserved
from schemas.instant import DAY

Features = dict[str, float | str]

_KNOWN_NUMBERS = ("seats",)
_KNOWN_WORDS = ("plan", "tier", "region")

# A waiting sample keeps its features: with values as long as their names, four samples fit in a cell.
MOST_NAME_BYTES = 1_500

# Attribute values that say "not known" rather than something.
_NOTHING = ("", "?", "null", "none", "n/a")


def account_features(profile: AccountProfile | None, observed: AccountObserved | None, at: int) -> Features:
    """Numbers and words by name. Any attribute that a mapping names is one, as last known at the instant."""
    features: Features = dict(observed.features) if observed is not None else {}
    if profile is None:
        return features
    known = profile.at(at)
    for name in _KNOWN_NUMBERS:
        if name in known:
            features[name] = float(known[name])
    for name in _KNOWN_WORDS:
        if name in known:
            features[name] = str(known[name])
    revenue = known.get("recurring_minor")
    if isinstance(revenue, int):
        features["recurring revenue"] = revenue / 100
    created_at = known.get("created_at")
    if isinstance(created_at, int):
        features["days as customer"] = float(max(0, at - created_at) // DAY)
    return features | _attributes(known)


def _attributes(known: Mapping[str, str | int | float | bool]) -> Features:
    features: Features = {}
    # By name, so that which of too many are looked at does not depend on what came first.
    names = first_of(sorted(name for name in known if name.startswith(ATTRIBUTE)), MOST_NAME_BYTES)
    for name in names:
        value = known[name]
        if isinstance(value, bool):
            features[name] = "yes" if value else "no"
        elif isinstance(value, int | float):
            features[name] = float(value)
        elif value.strip().lower() not in _NOTHING:
            features[name] = value
    return features
