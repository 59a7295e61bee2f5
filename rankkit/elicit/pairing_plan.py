"""What to ask next on one dimension: a function of the settings, the lot drawn from the seed, and the answers so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

import numpy as np

from rankkit.elicit.pairing_settings import DYNAMIC, PairingSettings, pair_codes
from rankkit.elicit.pairing_state import Answer, Kind, Question
from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.designs.adaptive_pairs import next_pair, random_rounds, slots, standing, swiss_round
from rankkit.kernels.designs.cyclic_designs import cyclic
from rankkit.kernels.designs.pair_designs import PairDesign, complete
from rankkit.kernels.designs.pair_schedules import Schedule, schedule
from rankkit.kernels.designs.regular_designs import random_regular

_RESULT = {"left": 1, "right": -1, "tie": 0}
_STREAM = 5301  # keeps the lot apart from whatever else is drawn from the same seed
_LAG = 5  # questions between a pair and its repetition, where that many are left
_SPARE = 0.25  # share by which a person may exceed the usual number of comparisons under adaptive pairing

Shown = tuple[int, int]  # codes of two people


@dataclass(frozen=True)
class History:
    """Answers on one dimension, coded; what the next question depends on."""

    answers: Sequence[Answer]
    pairs: Sequence[Shown]  # left and right of each answer
    gone: frozenset[int]  # people withdrawn
    last: frozenset[int]  # the two people shown last, on any dimension

    def fresh(self, pair: Iterable[int]) -> bool:
        """Whether neither person was shown last."""
        return not self.last & {*pair}

    @cached_property
    def asked(self) -> tuple[int, ...]:
        """Answers that are not repetitions, by position."""
        return tuple(t for t, a in enumerate(self.answers) if a.kind != "repeat")

    def of(self, *kinds: Kind) -> list[int]:
        """Answers of these kinds, by position."""
        return [t for t in self.asked if self.answers[t].kind in kinds]


class DimensionPlan:
    """Everything about one dimension that is fixed by the settings and the seed, and the rule for the next question."""

    def __init__(self, settings: PairingSettings, number: int) -> None:
        self.settings = settings
        self.dimension = settings.dimensions[number]
        self.n = len(settings.items)
        self.permitted = settings.permitted
        rng = np.random.default_rng([settings.seed, _STREAM, number])
        self.lot = np.triu(rng.random((self.n, self.n)), 1)
        self.lot += self.lot.T
        none = PairDesign(self.n, np.zeros(0, np.int64), np.zeros(0, np.int64))
        self.held, self.begun, self.rounds = none, none, 0
        self.slot = np.zeros(0, dtype=np.bool_)
        if settings.design in DYNAMIC:
            self._draw(rng)
        else:
            chosen = self._design(rng)
            self.schedule = schedule(chosen.first, chosen.second, self.n, rng)
            self.total = len(self.schedule.left)

    def _design(self, rng: np.random.Generator) -> PairDesign:
        """Pairs of a design that does not depend on answers."""
        s = self.settings
        if s.design == "given":
            pairs = pair_codes(s.given[self.dimension], s.code)
            return PairDesign(self.n, pairs.min(axis=1, initial=self.n), pairs.max(axis=1, initial=-1))
        if s.design == "complete":
            return complete(self.n, s.forbidden)
        draw = random_regular if s.design == "random_regular" else cyclic
        return draw(self.n, s.k, rng, s.forbidden)

    def _draw(self, rng: np.random.Generator) -> None:
        """Draw the hold-out before anything is asked, then the random beginning."""
        s, n = self.settings, self.n
        most = int(np.triu(self.permitted, 1).sum())
        wanted = n * s.k // 2
        held = min(round(s.holdout * wanted), most)
        if s.design == "swiss":
            self.rounds = max(1, round(s.k * (1 - s.holdout)))
            wanted = self.rounds * (n // 2) + held
        self.total = min(wanted, held + (most - held) * s.max_repeats)
        self.held = random_rounds(n, held, self.permitted, rng)
        self.slot = slots(self.total, len(self.held.first), rng)
        free = self.permitted & ~_matrix(n, self.held.first, self.held.second)
        if s.design == "adaptive":
            self.begun = random_rounds(n, min(s.start_rounds * n // 2, self.total - len(self.held.first)), free, rng)
        self.order_lot = rng.random((self.rounds + 1, n))
        self.free = free

    def questions(self, done: History) -> int:
        """Questions of this dimension in all, repetitions included, as far as can be foreseen."""
        base = self._base_total(done)
        return base + min(self._repeats_in_all, ceil(self.settings.repeats * base))

    @property
    def _repeats_in_all(self) -> int:
        return ceil(self.settings.repeats * self.total - 1e-9)

    def _base_total(self, done: History) -> int:
        """Questions that are not repetitions, fewer after a withdrawal."""
        if self.settings.design not in DYNAMIC:
            lost = sum(not done.gone.isdisjoint(pair) for pair in self._open_places(done, gone_too=True))
            return self.total - lost
        load = self._load(done)
        return max(self.total - sum(max(0, self.settings.k - int(load[w])) for w in done.gone), len(done.asked))

    def next(self, done: History) -> Question | None:
        """Choose the next question; None when the dimension is finished."""
        base = self._next_base(done)
        again = self._next_repeat(done, base)
        return again or base

    def _question(self, pair: Shown, kind: Kind, place: int | None = None, number: int | None = None) -> Question:
        left, right = (self.settings.items[p] for p in pair)
        return Question(left, right, self.dimension, kind, place=place, round=number)

    # repetitions

    def _next_repeat(self, done: History, base: Question | None) -> Question | None:
        """Choose a pair to be asked again, sides exchanged, when one is due."""
        asked = len(done.asked)
        given = len(done.answers) - asked
        if base is None:
            due = min(self._repeats_in_all, ceil(self.settings.repeats * asked - 1e-9))
        else:
            due = floor(self._repeats_in_all * asked / max(self.total, 1))
        if given >= due:
            return None
        again = {done.answers[t].pair for t in range(len(done.answers)) if done.answers[t].kind == "repeat"}
        latest = {done.answers[t].pair: t for t in done.asked}
        candidates = [
            (t, done.pairs[t])
            for pair, t in latest.items()
            if pair not in again and done.answers[t].outcome != "skip" and done.gone.isdisjoint(done.pairs[t])
        ]
        code = self.settings.code
        coming = {code[base.left], code[base.right]} if base else set()
        ways = [(_LAG, True)] if base else [(_LAG, True), (1, True), (1, False)]
        for lag, fresh in ways:
            fit = [
                pair
                for t, pair in candidates
                if len(done.answers) - 1 - t >= lag and (not fresh or (done.fresh(pair) and coming.isdisjoint(pair)))
            ]
            if fit:
                surplus, times = (
                    self._surplus(done),
                    Counter(p for t, a in enumerate(done.answers) if a.kind == "repeat" for p in done.pairs[t]),
                )
                left, right = min(
                    fit, key=lambda p: (max(abs(surplus[p[0]] - 1), abs(surplus[p[1]] + 1)), max(times[p[0]], times[p[1]]), self.lot[p])
                )
                return self._question((right, left), "repeat")
        return None

    # designs fixed beforehand

    def _open_places(self, done: History, *, gone_too: bool = False) -> dict[Shown, int]:
        """Pairs of the schedule not asked yet, with their places, in order."""
        used = {done.answers[t].place for t in done.asked}
        sides = zip(self.schedule.left.tolist(), self.schedule.right.tolist(), strict=True)
        return {pair: t for t, pair in enumerate(sides) if t not in used and (gone_too or done.gone.isdisjoint(pair))}

    def _next_base(self, done: History) -> Question | None:
        if self.settings.design in DYNAMIC:
            return self._next_drawn(done)
        open_ = self._open_places(done)
        pair = _first_fresh(open_, done)
        return None if pair is None else self._question(pair, "random", place=open_[pair])

    # designs that follow the answers

    def _next_drawn(self, done: History) -> Question | None:
        if len(done.asked) >= self._base_total(done):
            return None
        found = self._next_swiss(done) if self.settings.design == "swiss" else self._next_adaptive(done)
        held = self._open_held(done)
        if held:
            apart = [p for p in held if done.fresh(p) and (found is None or not {*found[0]} & {*p})]
            holdout = apart[0] if apart else _first_fresh(held, done) or held[0]
            due = int(self.slot[: len(done.asked) + 1].sum()) > len(done.of("holdout"))
            last_chance = self._base_total(done) - len(done.asked) <= len(held)
            if found is None or last_chance or (due and done.fresh(holdout)) or not done.fresh(found[0]):
                return self._question(self._sides(holdout, done), "holdout")
        if found is None:
            return None
        pair, kind, number = found
        return self._question(self._sides(pair, done), kind, number=number)

    def _open_held(self, done: History) -> list[Shown]:
        """Pairs of the hold-out still to be asked, in the order of the lot."""
        used = {frozenset(done.pairs[t]) for t in done.of("holdout")}
        pairs = zip(self.held.first.tolist(), self.held.second.tolist(), strict=True)
        return [p for p in pairs if frozenset(p) not in used and done.gone.isdisjoint(p)]

    def _next_adaptive(self, done: History) -> tuple[Shown, Kind, None] | None:
        """Choose a pair of the random beginning, then the permitted pair that tells most."""
        used = {frozenset(done.pairs[t]) for t in done.of("random", "adaptive")}
        begun = zip(self.begun.first.tolist(), self.begun.second.tolist(), strict=True)
        first = _first_fresh([p for p in begun if frozenset(p) not in used and done.gone.isdisjoint(p)], done)
        if first is not None:
            return first, "random", None
        open_ = self._open(done)
        if len(done.last) == 2:
            open_[np.ix_(sorted(done.last), sorted(done.last))] = False  # never the same pair twice running
        if not open_.any():
            return None
        known = standing(*self._decided(done), self.n)
        rested = np.array([i not in done.last for i in range(self.n)])
        below = self._load(done) < self.settings.k + max(1, ceil(_SPARE * self.settings.k))
        for who, gap in ((rested & below, self.settings.max_gap), (rested & below, np.inf), (rested, np.inf), (rested | True, np.inf)):
            pair = next_pair(known, open_ & who & who[:, None], self.lot, gap)
            if pair is not None:
                return pair, "adaptive", None
        return None

    def _next_swiss(self, done: History) -> tuple[Shown, Kind, int] | None:
        """Choose a pair of the current Swiss round, or of the next one."""
        played = done.of("random", "adaptive")
        number = max((done.answers[t].round or 1 for t in played), default=1)
        while number <= self.rounds:
            earlier = [t for t in played if (done.answers[t].round or 1) < number]
            now = {p for t in played if done.answers[t].round == number for p in done.pairs[t]}
            present = np.array([i not in now and i not in done.gone for i in range(self.n)])
            score, met = np.zeros(self.n), np.zeros(self.n, dtype=np.int64)
            for t in earlier:
                left, right = done.pairs[t]
                met[[left, right]] += 1
                if done.answers[t].outcome != "skip":
                    won = _RESULT[done.answers[t].outcome]
                    score[left] += (1 + won) / 2
                    score[right] += (1 - won) / 2
            byes = number - 1 - met
            pairs = swiss_round(score, self.order_lot[number], self._open(done, once=True), present, byes)
            if not pairs and self.settings.max_repeats > 1:
                pairs = swiss_round(score, self.order_lot[number], self._open(done), present, byes)
            pair = _first_fresh(pairs, done)
            if pair is not None:
                return pair, "random" if number == 1 else "adaptive", number
            number += 1
        return None

    def _open(self, done: History, *, once: bool = False) -> Bools:
        """Pairs that may be asked: permitted, not held out, not yet asked too often, nobody withdrawn."""
        times = np.zeros((self.n, self.n), dtype=np.int64)
        for t in done.of("random", "adaptive"):
            left, right = done.pairs[t]
            most = self.settings.max_repeats if done.answers[t].outcome == "skip" else 1
            times[left, right] += most
            times[right, left] += most
        open_ = self.free & (times < (1 if once else self.settings.max_repeats))
        gone = sorted(done.gone)
        open_[gone] = open_[:, gone] = False
        return np.asarray(open_, dtype=np.bool_)

    def _decided(self, done: History) -> tuple[Ints, Ints, Ints]:
        """Answers that pairing may use: never the hold-out."""
        use = [t for t in done.of("random", "adaptive") if done.answers[t].outcome != "skip"]
        sides = np.array([done.pairs[t] for t in use], dtype=np.int64).reshape(-1, 2)
        result = np.array([_RESULT[done.answers[t].outcome] for t in use], dtype=np.int64)
        return sides[:, 0], sides[:, 1], result

    def _load(self, done: History) -> Ints:
        """Questions about each person so far, repetitions aside."""
        return np.bincount([p for t in done.asked for p in done.pairs[t]], minlength=self.n).astype(np.int64)

    def _surplus(self, done: History) -> Ints:
        """Times on the left minus times on the right, those of a fixed design that are still to come included, shape (n,)."""
        fixed = self.settings.design not in DYNAMIC
        shown = [p for a, p in zip(done.answers, done.pairs, strict=True) if a.kind == "repeat" or not fixed]
        sides = np.array(shown, dtype=np.int64).reshape(-1, 2)
        so_far = Schedule(self.n, sides[:, 0], sides[:, 1]).surplus
        return so_far + self.schedule.surplus if fixed else so_far

    def _sides(self, pair: Shown, done: History) -> Shown:
        """Put on the left who has stood there less often; the lot decides between equals."""
        surplus = self._surplus(done)
        a, b = pair
        if surplus[a] == surplus[b]:
            return pair if self.lot[pair] < np.median(self.lot[pair[0]]) else (b, a)
        return pair if surplus[a] < surplus[b] else (b, a)


def _first_fresh(pairs: Iterable[Shown], done: History) -> Shown | None:
    """Take the first pair without the people shown last; failing that the first."""
    listed = list(pairs)
    return next((p for p in listed if done.fresh(p)), listed[0] if listed else None)


def _matrix(n: int, first: Ints, second: Ints) -> Bools:
    """Symmetric matrix that is true for the pairs."""
    found = np.zeros((n, n), dtype=np.bool_)
    found[first, second] = found[second, first] = True
    return found
