"""Where does each account stand among its peers?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.account_day import BEGUN_WITHIN, account_day, day_begins_at
from processors.accounts import presence_of, profile_of
from processors.contract import Context, Emit, Everyone, Open, Output, Processor, Retract, Timer
from processors.peer_groups import PEER_GROUPS, PeerGroup, group_key
from processors.score_rule import QUARTERS
from processors.settings import PeerRule, peers_at
from schemas import accounts as said
from schemas.emitted import PeerMoved, ScoreMoved, TimerFired
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.health import HealthStanding
from schemas.instant import MINUTE
from schemas.settings import SettingsPeersChanged

_EVERYONE = "everyone"
# A new day moves scores everywhere: standings are looked at again when every account's has begun.
_LATER = BEGUN_WITHIN + MINUTE


class Placed(msgspec.Struct, array_like=True, gc=False):
    """Where a score is counted (group, and place in quarter points), and the group and numbers last told.

    `before` is where it was counted before the record at `position`, which is where its group still shows it then.
    """

    peers: str = ""
    place: int = -1
    position: int = 0
    before: tuple[str, int] = ("", -1)
    told: tuple[str, tuple[int, ...]] | None = None


class AccountStanding(msgspec.Struct, array_like=True, gc=False):
    """An account's scores among its peers, and what makes its peers. One that left has none."""

    account: str = ""
    left: bool = False
    scores: dict[str, Placed] = msgspec.field(default_factory=dict)
    # Tier, plan and region as last said, with the instant and the event that said each.
    said: dict[str, tuple[int, str, str]] = msgspec.field(default_factory=dict)
    # While it is away: where its scores are, so that they are counted again when it comes back.
    away: dict[str, int] = msgspec.field(default_factory=dict)


class Standing(Processor[AccountStanding]):
    """Tells where each score stands in the account's peer group: at each of its moves, and once a day."""

    name = "health.standing"
    version = 3  # since an account that left may come back
    consumes = (
        ScoreMoved,
        said.AccountCreated,
        said.AccountUpdated,
        said.AccountRenewed,
        said.AccountChurned,
        SettingsPeersChanged,
    )
    facts = (HealthStanding,)
    state = AccountStanding

    def key(self, event: Event) -> str | Everyone | None:
        return Everyone("tenant") if isinstance(event.data, SettingsPeersChanged) else event.account

    def step(self, state: AccountStanding, event: Event, context: Context) -> Sequence[Output]:
        rule = peers_at(context, context.clock)
        outputs: list[Output] = []
        if not state.account and not isinstance(event.data, TimerFired):
            state.account = event.account or ""
            outputs += [Open(state.account), _next_look(state, context)]
        match event.data:
            case TimerFired():
                return _look(state, rule, context) if state.scores else ()
            case SettingsPeersChanged():
                # Context shows the rule as it was before this record.
                return (Timer("stand", context.clock),)
            case ScoreMoved(score=score, quarters=None):
                state.away.pop(score, None)
                return (*outputs, *_leave(state, score))
            case ScoreMoved(score=score, quarters=int() as quarters) if state.left:
                state.away[score] = quarters
            case ScoreMoved(score=score, quarters=int() as quarters):
                placed = state.scores.setdefault(score, Placed())
                return (
                    *outputs,
                    *_place(state, score, _peers(state, rule), quarters, context),
                    *_tell(state, score, placed, rule, context),
                )
            case said.AccountUpdated():
                _note(state, event, context)
                return (*outputs, *_regroup(state, _peers(state, rule), rule, context))
            case said.AccountCreated() | said.AccountRenewed() | said.AccountChurned():
                _note(state, event, context)
                outputs += _regroup(state, _peers(state, rule), rule, context)
                return (*outputs, *_pass(state, rule, event, context))
        return outputs


def _pass(state: AccountStanding, rule: PeerRule, event: Event, context: Context) -> list[Output]:
    """Who leaves is counted no more, and who comes back is again."""
    was_away, state.left = state.left, presence_of(context, event).gone_since is not None
    if state.left:
        state.away |= {score: placed.place for score, placed in state.scores.items()}
        return [output for score in list(state.scores) for output in _leave(state, score)]
    if not was_away:
        return []
    outputs: list[Output] = [_next_look(state, context)]
    for score, quarters in state.away.items():
        placed = state.scores[score] = Placed()
        outputs += _place(state, score, _peers(state, rule), quarters, context)
        outputs += _tell(state, score, placed, rule, context)
    state.away = {}
    return outputs


def _next_look(state: AccountStanding, context: Context) -> Timer:
    day = account_day(state.account, context.clock - _LATER) + 1
    return Timer("stand", day_begins_at(state.account, day) + _LATER)


def _note(state: AccountStanding, event: Event, context: Context) -> None:
    """What an event says of the account's tier, plan and region, unless it is older or ahead of its time."""
    at = event.occurred_at
    for name in ("tier", "plan", "region"):
        value = getattr(event.data, name, None)
        if value is not None and at <= context.clock and (at, event.id) >= state.said.get(name, (at, "", ""))[:2]:
            state.said[name] = (at, event.id, value)


def _peers(state: AccountStanding, rule: PeerRule) -> str:
    return _EVERYONE if rule.by == _EVERYONE else f"{rule.by} {state.said.get(rule.by, (0, '', 'unknown'))[2]}"


def _look(state: AccountStanding, rule: PeerRule, context: Context) -> list[Output]:
    """Looks at everything again: at the profile, which knows what was said ahead or late, and at the others."""
    profile = profile_of(context, state.account)
    for name in ("tier", "plan", "region") if profile is not None else ():
        value = profile.field_at(name, context.clock) if profile is not None else None
        if isinstance(value, str) and value != state.said.get(name, (0, "", ""))[2]:
            state.said[name] = (context.clock, "", value)
    peers = _peers(state, rule)
    if any(placed.peers != peers for placed in state.scores.values()):
        # Others may change groups with it, so where it stands is read on the next record.
        return [*_regroup(state, peers, rule, context), Timer("stand", context.clock)]
    told = [output for score, placed in state.scores.items() for output in _tell(state, score, placed, rule, context)]
    return [*told, _next_look(state, context)]


def _regroup(state: AccountStanding, peers: str, rule: PeerRule, context: Context) -> list[Output]:
    outputs: list[Output] = []
    for score, placed in state.scores.items():
        if placed.peers != peers:
            outputs += _place(state, score, peers, placed.place, context)
            outputs += _tell(state, score, placed, rule, context)
    return outputs


def _leave(state: AccountStanding, score: str) -> list[Output]:
    """The score is counted and told no more."""
    placed = state.scores.pop(score, None)
    if placed is None:
        return []
    left = unchecked(PeerMoved, score=score, peers=placed.peers, left=placed.place)
    return [Emit(left, state.account), Retract(HealthStanding, (state.account, score))]


def _place(state: AccountStanding, score: str, peers: str, place: int, context: Context) -> list[Output]:
    """Counts a score at its place, and no more at the place it had."""
    placed = state.scores[score]
    had = placed.peers, placed.place
    if placed.position != context.position:
        placed.position, placed.before = context.position, had
    placed.peers, placed.place = peers, place
    if had[0] == peers:
        return [Emit(unchecked(PeerMoved, score=score, peers=peers, left=had[1], came=place), state.account)]
    came: Output = Emit(unchecked(PeerMoved, score=score, peers=peers, came=place), state.account)
    if not had[0]:
        return [came]
    return [Emit(unchecked(PeerMoved, score=score, peers=had[0], left=had[1]), state.account), came]


def _tell(state: AccountStanding, score: str, placed: Placed, rule: PeerRule, context: Context) -> list[Output]:
    """Where the score stands among the others as they were before the record."""
    place = placed.place
    shown = placed.before if placed.position == context.position else (placed.peers, place)
    others = context.read(PEER_GROUPS, group_key(score, placed.peers)) or PeerGroup()
    group = others.with_one(shown[1] if shown[0] == placed.peers else None, place)
    size = group.size
    if size < rule.smallest:
        was_told, placed.told = placed.told is not None, None
        return [Retract(HealthStanding, (state.account, score))] if was_told else []
    below, level, median = group.below(place), group.accounts[place] - 1, group.median()
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
