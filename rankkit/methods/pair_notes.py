"""What to say about a fit of comparisons, naming the people it concerns."""

from __future__ import annotations

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.pairs.separation import Separation
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import PairFit
from rankkit.tables.comparisons import SKIP, TIE, Comparisons

_NAMED = 6  # numbers of comparisons written out
_TIES = {"davidson": "Davidson 1970", "rao_kupper": "Rao & Kupper 1967", "half": "half a win for each, an approximation"}


def who_is_extreme(pairs: Pairs) -> str:
    """Name those because of whom no finite estimate exists."""
    return "; ".join(p.message() for p in extremes(pairs))


def extremes(pairs: Pairs) -> list[Problem]:
    """Undefeated and winless people, or the groups between which all results go one way."""
    found = pairs.existence
    names, often = pairs.names, pairs.counts.comparisons
    out = []
    for code, who in (("W-UNDEFEATED", found.undefeated), ("W-WINLESS", found.winless)):
        if len(who):
            times = ", ".join(f"{often[i]:.10g}" for i in who[:_NAMED]) + (", …" if len(who) > _NAMED else "")
            out.append(Problem(code, None, None, None, {"who": [names[i] for i in who], "n": times}))
    if not out and found.n_strong > 1:
        for group in np.flatnonzero(found.unbeaten_group):
            members = [names[i] for i in np.flatnonzero(found.strong == group)]
            others = [names[i] for i in np.flatnonzero(found.strong != group)]
            out.append(Problem("W-SPLIT", None, None, None, {"upper": members, "lower": others}))
    return out


def not_finite(why: Separation, pairs: Pairs, parameters: tuple[str, ...]) -> Problem:
    """Say which people or parameters have no finite estimate."""
    moving = [parameters[k] for k in why.running]
    if why.kind == "one_sided":
        return Problem("E-UNBEATEN", None, None, None, {"who": who_is_extreme(pairs)})
    if why.kind == "aliased":
        return Problem("E-ALIASED", None, None, None, {"what": moving})
    if why.kind == "no_ties":
        return Problem("E-NOTIES")
    if moving == ["order_effect"]:
        side = "left" if why.effects[list(parameters).index("order_effect")] > 0 else "right"
        return Problem("E-ORDERALWAYS", None, None, None, {"side": side})
    names = pairs.names
    who = [names[i] for i in why.rising]
    return Problem("E-SEPARATED", None, None, None, {"what": [*moving, *who] or ["log_nu"]})


def notes(fitted: PairFit, pairs: Pairs, chosen: str) -> list[Problem]:
    """Say how the worths were come by; ``chosen`` is the penalty that was asked for."""
    out = []
    sd = {"sd": f"{fitted.prior[0]:.2f}", "how": fitted.prior[1]}
    if not fitted.finite:
        how = "I-JEFFREYS" if fitted.penalty == "jeffreys" else "W-PRIORONLY" if chosen == "gaussian" else "I-GAUSSIAN"
        out.append(Problem(how) if how == "I-JEFFREYS" else Problem(how, None, None, None, sd))
        out += extremes(pairs)
        if fitted.running:
            out.append(Problem("W-RUNAWAY", None, None, None, {"what": list(fitted.running)}))
    elif fitted.penalty == "jeffreys":
        out.append(Problem("I-JEFFREYSCHOSEN"))
    elif fitted.penalty == "gaussian":
        out.append(Problem("I-GAUSSIANCHOSEN", None, None, None, sd))
    if fitted.tie_model != "none":
        n_ties = float(pairs.counts.ties.sum())
        out.append(Problem("I-TIES", None, None, None, {"n": n_ties, "how": _TIES[fitted.tie_model]}))
    out += [note for note in (fitted.clusters.note, fitted.aside) if note is not None]
    return out


def why_undecided(table: Comparisons, rows: Bools) -> list[Problem]:
    """Reason for each person, should no comparison of theirs in these rows count."""
    some = rows & (table.count > 0)

    def number(which: Bools) -> Ints:
        return np.bincount(np.concatenate([table.left[which], table.right[which]]), minlength=len(table.people))

    every, skipped, tied = number(some), number(some & (table.result == SKIP)), number(some & (table.result == TIE))
    codes = np.select([every == 0, skipped == every, tied == every], ["S-NODECISION", "S-NOTCOMPARED", "S-ONLYTIES"], "S-NODECISION")
    return [Problem(str(code)) for code in codes]
