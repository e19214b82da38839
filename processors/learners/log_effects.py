"""How long, in logarithms, does something take of which some values are known? One addend a value, one by one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

MOST_VALUES = 256
_CAUTION = 8  # a value moves by a ninth of what its first example missed by, then by less
_FOLLOWED = 400  # examples over which the middle follows what is so now
_FURTHEST = 1_500.0  # thousandths: an example further out counts as this far, so that few long ones move little


class Effect(msgspec.Struct, array_like=True, gc=False):
    """What a value adds, in thousandths of a natural logarithm, and how many examples had it."""

    amount: float = 0.0
    n: int = 0


class LogEffects(msgspec.Struct, array_like=True, gc=False):
    """A middle and an addend for each of at most 256 values; of more, the one seen least makes room.

    All amounts are thousandths of a natural logarithm. Only + - x / are used, so its bits are the same everywhere.

    Examples
    --------
    >>> from processors.learners.log_effects import LogEffects
    >>> model = LogEffects()
    >>> for _ in range(50):
    ...     model.learn(("category=login",), 1_000)
    ...     model.learn(("category=invoice",), 3_000)
    >>> 900 < model.told(("category=login",))[0] < 1_200, model.told(("category=never seen",))[1]
    (True, (0,))
    """

    middle: float = 0.0
    n: int = 0
    effects: dict[str, Effect] = msgspec.field(default_factory=dict)

    def told(self, values: Sequence[str]) -> tuple[int, tuple[int, ...]]:
        """What an example with these values is expected at, and what each of them adds to the middle."""
        effects = self.effects
        added = tuple([0 if (one := effects.get(value)) is None else round(one.amount) for value in values])
        return round(self.middle) + sum(added), added

    def learn(self, values: Sequence[str], target: int) -> None:
        """Moves the middle and each value's addend towards one example."""
        if not self.n:
            self.middle = float(target)
        self.n += 1
        missed = target - self.told(values)[0]
        step = min(_FURTHEST, max(-_FURTHEST, float(missed)))
        self.middle += step / (1 + min(self.n, _FOLLOWED))
        for value in values:
            effect = self.effects.get(value) or self._room(value)
            effect.n += 1
            effect.amount += step / (_CAUTION + effect.n)

    def _room(self, value: str) -> Effect:
        effects = self.effects
        if len(effects) >= MOST_VALUES:
            # Of those seen as seldom, the one that came first.
            del effects[min(effects, key=lambda name: effects[name].n)]
        effect = effects[value] = Effect()
        return effect
