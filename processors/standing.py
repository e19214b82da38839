"""Where does each account stand among its peers?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.accounts import profile_of
from processors.contract import Context, Emit, Everyone, Open, Output, Processor, Retract, Timer
from processors.peer_groups import PEER_GROUPS, PeerGroup, group_key
from processors.score_rule import QUARTERS
from processors.settings import PeerRule, peers_at
from schemas import accounts as said
from schemas.emitted import PeerMoved, ScoreMoved, TimerFired
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.health import HealthStanding
from schemas.instant import DAY, MINUTE, day_of
from schemas.settings import SettingsPeersChanged

_EVERYONE = "everyone"
# Midnight moves scores everywhere: standings are looked at again when that is over.
_AFTER_MIDNIGHT = MINUTE


class Placed(msgspec.Struct, array_like=True, gc=False):
    """A score in quarter points, where it is counted (group and place), and the group and numbers last told."""

    quarters: int
    peers: str = ""
    counted: int = -1
    told: tuple[str, tuple[int, ...]] | None = None


class AccountStanding(msgspec.Struct, array_like=True, gc=False):
    """An account's scores among its peers. One that left has none."""

    account: str = ""
    left: bool = False
    scores: dict[str, Placed] = msgspec.field(default_factory=dict)


class Standing(Processor[AccountStanding]):
    """Tells where each score stands in the account's peer group: at each of its moves, and once a day.

    A move is counted in its group on the next record, and the standing is read from the group on the one after.
    """

    name = "health.standing"
    consumes = (
        ScoreMoved,
        said.AccountCreated,
        said.AccountUpdated,
        said.AccountChurned,
        SettingsPeersChanged,
    )
    facts = (HealthStanding,)
    state = AccountStanding

    def key(self, event: Event) -> str | Everyone | None:
        return Everyone("tenant") if isinstance(event.data, SettingsPeersChanged) else event.account

    def step(self, state: AccountStanding, event: Event, context: Context) -> Sequence[Output]:
        outputs: list[Output] = []
        if not state.account and not isinstance(event.data, TimerFired):
            state.account = event.account or ""
            outputs.append(Open(state.account))
        match event.data:
            case TimerFired():
                return _stand(state, context)
            case ScoreMoved(score=score, quarters=None):
                return (*outputs, *_leave(state, score))
            case ScoreMoved(score=score, quarters=quarters) if quarters is not None and not state.left:
                state.scores.setdefault(score, Placed(quarters)).quarters = quarters
            case said.AccountChurned():
                state.left = True
                return (*outputs, *[output for score in list(state.scores) for output in _leave(state, score)])
        return (*outputs, Timer("stand", context.clock))


def _leave(state: AccountStanding, score: str) -> list[Output]:
    """The score is counted and told no more."""
    placed = state.scores.pop(score, None)
    if placed is None or not placed.peers:
        return []
    left = unchecked(PeerMoved, score=score, peers=placed.peers, left=placed.counted)
    return [Emit(left, state.account), Retract(HealthStanding, (state.account, score))]


def _stand(state: AccountStanding, context: Context) -> list[Output]:
    """Counts what has moved; what has not is read from its group and told."""
    if not state.scores:
        return []
    rule = peers_at(context, context.clock)
    peers = _peers(state.account, rule, context)
    moves = [output for score, placed in state.scores.items() for output in _count(state, score, placed, peers)]
    if moves:
        return [*moves, Timer("stand", context.clock)]
    outputs: list[Output] = []
    for score, placed in state.scores.items():
        group = context.read(PEER_GROUPS, group_key(score, peers))
        if group is not None:
            outputs += _tell(state, score, placed, rule, group)
    return [*outputs, Timer("stand", (day_of(context.clock) + 1) * DAY + _AFTER_MIDNIGHT)]


def _peers(account: str, rule: PeerRule, context: Context) -> str:
    if rule.by == _EVERYONE:
        return _EVERYONE
    profile = profile_of(context, account)
    value = profile.field_at(rule.by, context.clock) if profile is not None else None
    return f"{rule.by} {value if isinstance(value, str) else 'unknown'}"


def _count(state: AccountStanding, score: str, placed: Placed, peers: str) -> list[Output]:
    before, place = (placed.peers, placed.counted), placed.quarters
    if before == (peers, place):
        return []
    placed.peers, placed.counted = peers, place
    if before[0] == peers:
        return [Emit(unchecked(PeerMoved, score=score, peers=peers, left=before[1], came=place), state.account)]
    came: Output = Emit(unchecked(PeerMoved, score=score, peers=peers, came=place), state.account)
    if not before[0]:
        return [came]
    return [Emit(unchecked(PeerMoved, score=score, peers=before[0], left=before[1]), state.account), came]


def _tell(state: AccountStanding, score: str, placed: Placed, rule: PeerRule, group: PeerGroup) -> list[Output]:
    size, place = group.size, placed.counted
    if size < rule.smallest:
        was_told, placed.told = placed.told is not None, None
        return [Retract(HealthStanding, (state.account, score))] if was_told else []
    below, level, median = group.below(place), group.accounts.get(place, 1) - 1, group.median()
    told = placed.peers, (place, size, below, level, median)
    if placed.told == told:
        return []
    placed.told = told
    fact = HealthStanding(
        account=state.account,
        score=score,
        value=place / QUARTERS,
        peers=placed.peers,
        peers_by=rule.by,
        size=size,
        below=below,
        level=level,
        percentile=(200 * below + 100 * level) // (2 * (size - 1)),
        median=median / QUARTERS,
        difference=(place - median) / QUARTERS,
        terms=(Term(score, place / QUARTERS), Term(f"median of {size} peers", -median / QUARTERS)),
    )
    return [fact]


STANDING = Standing()
