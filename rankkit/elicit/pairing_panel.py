"""Several raters share the comparisons: who judges which pairs, planned before anybody starts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.elicit.pairing import PairingSession
from rankkit.elicit.pairing_settings import (
    FEWEST,
    check_choice,
    check_number,
    choose_degree,
    pair_codes,
    read_dimensions,
    read_pairs,
    read_people,
    refuse_lonely,
    refuse_split,
)
from rankkit.errors import IdentificationError, PeopleError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.designs.cyclic_designs import cyclic
from rankkit.kernels.designs.judge_shares import JudgeShares, share_pairs
from rankkit.kernels.designs.pair_designs import PairDesign, complete, components
from rankkit.kernels.designs.regular_designs import random_regular
from rankkit.tables.text import as_text

_STREAM = 5302  # keeps the lot apart from whatever else is drawn from the same seed
_SECONDS = 6.0
FixedDesign = Literal["complete", "random_regular", "cyclic"]


@dataclass(frozen=True, eq=False)
class PairingPanel:
    """A plan of who judges which pairs; make it with :func:`assign`.

    Attributes
    ----------
    items, raters, dimensions : tuple of str
        Who is compared, who judges (both sorted), and on what.
    labels : mapping
        Display names.
    shares : tuple of JudgeShares
        What each rater judges, one a dimension.
    left_out : mapping
        People each rater does not judge.
    repeats : float
        Share of pairs each rater is asked twice.
    seed : int
        Of the lot.
    notes : tuple of Problem
        What could not be planned as asked.
    """

    items: tuple[str, ...]
    raters: tuple[str, ...]
    dimensions: tuple[str, ...]
    labels: Mapping[str, str]
    shares: tuple[JudgeShares, ...]
    left_out: Mapping[str, tuple[str, ...]]
    repeats: float
    seed: int
    notes: tuple[Problem, ...]

    @property
    def loads(self) -> pd.DataFrame:
        """Work of each rater: ``comparisons, repeats, people, parts, hours``.

        ``parts`` above 1 means that the rater's own comparisons do not link everybody the rater meets (the largest number
        over dimensions).
        """
        comparisons = np.sum([s.load for s in self.shares], axis=0)
        repeats = np.sum([[ceil(self.repeats * v - 1e-9) for v in s.load] for s in self.shares], axis=0)
        return pd.DataFrame(
            {
                "comparisons": comparisons,
                "repeats": repeats,
                "people": np.max([s.people for s in self.shares], axis=0),
                "parts": np.max([s.parts for s in self.shares], axis=0),
                "hours": (comparisons + repeats) * _SECONDS / 3600,
            },
            index=pd.Index(self.raters, name="rater"),
        )

    @property
    def pairs(self) -> pd.DataFrame:
        """Every planned comparison: ``rater, dimension, first, second``; sides and order are drawn by each session."""
        ids, raters = np.array(self.items, dtype=object), np.array(self.raters, dtype=object)
        frames = [
            pd.DataFrame({"rater": raters[s.judge], "dimension": d, "first": ids[s.first], "second": ids[s.second]})
            for d, s in zip(self.dimensions, self.shares, strict=True)
        ]
        return pd.concat(frames, ignore_index=True)

    def sessions(self, folder: str | os.PathLike[str] | None = None) -> dict[str, PairingSession]:
        """Start a session for every rater who has something to judge.

        Parameters
        ----------
        folder : path-like, optional
            Where the logs are written, one file a rater; in memory by default.

        Returns
        -------
        dict
            Rater to session.

        Raises
        ------
        SessionError
            ``E-STARTED`` if a rater's file already holds another session.
        """
        started = {}
        table = self.pairs
        for number, rater in enumerate(self.raters):
            mine = table[table["rater"] == rater]
            if not len(mine):
                continue
            plain = re.sub(r"[^\w.-]+", "_", rater)
            name = f"{number + 1:02d}_{plain}.jsonl"
            started[rater] = PairingSession.start(
                self.items,
                rater=rater,
                design="given",
                repeats=self.repeats,
                dimensions=self.dimensions,
                conflicts=self.left_out[rater],
                pairs={
                    d: list(mine.loc[mine["dimension"] == d, ["first", "second"]].itertuples(index=False, name=None))
                    for d in self.dimensions
                },
                seed=self.seed + number,
                path=None if folder is None else Path(folder) / name,
                labels=self.labels,
            )
        return started


def assign(
    items: Any,
    raters: Iterable[str],
    *,
    design: FixedDesign = "complete",
    k: int | None = None,
    judges_per_pair: float = 1.2,
    conflicts: Mapping[str, Iterable[str]] | None = None,
    exclude_pairs: Iterable[tuple[str, str]] = (),
    repeats: float = 0.1,
    dimensions: Sequence[str] | str = (),
    seed: int = 0,
    labels: Mapping[str, str] | None = None,
) -> PairingPanel:
    """Plan which rater judges which pairs.

    The pairs of one design are shared out: raters get equally many, ``judges_per_pair`` raters judge each pair on average
    (so that they can be compared with each other), nobody judges themself or people they are not to judge, and the people
    a rater meets are linked by the rater's own comparisons where that can be done.

    Parameters
    ----------
    items
        Who is compared, as in :meth:`rankkit.elicit.pairing.PairingSession.start`.
    raters : iterable of str
        Who judges.
    design : {"complete", "random_regular", "cyclic"}
        Pairs to be shared out.
    k : int, optional
        Partners of each person; 12 by default, or as many as there are.
    judges_per_pair : float
        From 1 (no pair is judged twice) to the number of raters (everybody judges everything).
    conflicts : mapping of rater to people, optional
        Whom a rater does not judge, besides themself.
    exclude_pairs : iterable of pairs of ids
        Pairs never to be compared.
    repeats : float
        Share of pairs each rater is asked twice.
    dimensions : sequence of str
        What people are compared on; pairs are shared out anew for each.
    seed : int
        Of the lot.
    labels : mapping, optional
        Display names.

    Returns
    -------
    PairingPanel
        Its notes say which pairs nobody may judge (``W-NOJUDGE``), which got fewer raters than asked (``W-FEWJUDGES``)
        and whose share is not linked (``W-PARTS``).

    Raises
    ------
    PeopleError
        For blank or doubled ids.
    SettingsError
        As :meth:`rankkit.elicit.pairing.PairingSession.start`.
    IdentificationError
        ``E-EXCLUDED`` if exclusions, ``E-NOJUDGE`` if conflicts of interest leave groups that nobody can compare.

    Examples
    --------
    >>> panel = assign(["e1", "e2", "e3", "e4", "e5", "e6"], ["r1", "r2", "r3"])
    >>> panel.loads["comparisons"].to_dict(), panel.loads["parts"].to_dict()
    ({'r1': 6, 'r2': 6, 'r3': 6}, {'r1': 1, 'r2': 1, 'r3': 1})
    """
    people, names = read_people(items, labels)
    judges = read_people(list(raters), None)[0]
    if len(people) < FEWEST:
        raise SettingsError("E-SHORTPAIRS", n=len(people), least=FEWEST)
    check_choice("design", design, ("complete", "random_regular", "cyclic"))
    judges_per_pair = 1.0 if len(judges) == 1 else judges_per_pair
    check_number("judges_per_pair", judges_per_pair, 1, max(len(judges), 1))
    check_number("repeats", repeats, 0, 1)
    check_number("seed", seed, 0, None, whole=True)
    named = read_dimensions(dimensions)
    excluded = read_pairs("exclude_pairs", exclude_pairs, set(people))
    refuse_split(people, excluded, names)
    k = choose_degree(len(people), k, design)
    if design == "random_regular":
        refuse_lonely(people, excluded, k, names)
    barred = _barred(people, judges, conflicts or {}, names)
    permitted = np.array([[p not in barred[r] for p in people] for r in judges], dtype=np.bool_)
    forbidden = pair_codes(excluded, {p: i for i, p in enumerate(people)})
    shares = []
    for number in range(len(named)):
        rng = np.random.default_rng([seed, _STREAM, number])
        pairs = _design(design, len(people), k, rng, forbidden)
        shares.append(_share(pairs, permitted, judges_per_pair, rng, [names[p] for p in people]))
    notes = _notes(shares, judges)
    return PairingPanel(people, judges, named, names, tuple(shares), barred, float(repeats), int(seed), notes)


def _barred(
    people: tuple[str, ...], raters: tuple[str, ...], conflicts: Mapping[str, Iterable[str]], names: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """People of the list each rater does not judge, given by id or by display name."""
    given = {str(as_text(r)): {str(as_text(p)) for p in listed} for r, listed in conflicts.items()}
    unknown = [r for r in given if r not in raters]
    if unknown:
        raise PeopleError([Problem("E-NOTITEM", details={"name": "conflicts", "who": unknown})])
    return {r: tuple(p for p in people if {p, names.get(p, p)} & {r, *given.get(r, set())}) for r in raters}


def _design(design: str, n: int, k: int, rng: np.random.Generator, forbidden: Ints) -> PairDesign:
    if design == "complete":
        return complete(n, forbidden)
    return (random_regular if design == "random_regular" else cyclic)(n, k, rng, forbidden)


def _share(pairs: PairDesign, permitted: Bools, per_pair: float, rng: np.random.Generator, names: Sequence[str]) -> JudgeShares:
    """Share the pairs of one dimension out; refuse if what can be judged does not link everybody."""
    count = len(pairs.first)
    copies = np.full(count, int(per_pair), dtype=np.int64)
    extra = round((per_pair - int(per_pair)) * count)
    copies[rng.choice(count, extra, replace=False)] += 1
    found = share_pairs(pairs.first, pairs.second, pairs.n, permitted, copies, rng)
    part = components(found.first, found.second, pairs.n)
    if part.max() > 0:
        groups = [", ".join(names[int(i)] for i in np.flatnonzero(part == g)) for g in range(int(part.max()) + 1)]
        raise IdentificationError("E-NOJUDGE", groups=" | ".join(groups))
    return found


def _notes(shares: Sequence[JudgeShares], raters: tuple[str, ...]) -> tuple[Problem, ...]:
    """What could not be planned as asked."""
    notes = []
    withheld = sum(len(s.withheld) for s in shares)
    short = sum(len(s.short) for s in shares)
    if withheld:
        notes.append(Problem("W-NOJUDGE", details={"n": withheld}))
    if short:
        notes.append(Problem("W-FEWJUDGES", details={"n": short}))
    apart = [raters[r] for r in np.flatnonzero(np.max([s.parts for s in shares], axis=0) > 1)]
    if apart:
        notes.append(Problem("W-PARTS", details={"who": apart}))
    idle = [raters[r] for r in np.flatnonzero(np.sum([s.load for s in shares], axis=0) == 0)]
    if idle:
        notes.append(Problem("W-IDLE", details={"who": idle}))
    return tuple(notes)
