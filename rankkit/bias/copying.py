"""Copying: identical forms of one rater about different people, and of two raters about the same people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import POWER, REVIEW_Q, Panel, check_settings, levels, panel
from rankkit.bias.rating_columns import has
from rankkit.bias.rating_network import called, coded, family_q
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.identical_vectors import FormModel, count_tail, form_model, same_answers
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_DIMENSIONS = 3
_FEWEST_FORMS = 5  # of a rater, to look for repeats
_ONE, _TWO = "one rater, different people", "two raters, same people"


def copying(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    floor: float = 0.25,
    fewest: int = 3,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it; nothing is drawn here
) -> Findings:
    r"""Look for forms with exactly the same answers, more of them than chance would give.

    *One rater, different people*: the answers that occur most often among a rater's forms. *Two raters, same people*: people
    about whom both gave the same answers. The probability of each coincidence follows from a model in which raters are independent,
    but agree because they rate the same person, and answers on one form go together
    (:mod:`rankkit.kernels.rater_effects.identical_vectors`); multiplying the shares of the single
    answers would call ordinary halo a copy. Forms with the same answer throughout do not count.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings on three or more dimensions; forms with blanks are left out; cycles are kept apart.
    people : People, optional
        For names.
    floor : float
        Smallest difference between the share of identical forms and the share expected worth a review.
    fewest : int
        Fewest identical forms for a review; pairs of raters need so many people in common.
    review_q : float
        False discovery rate over raters and pairs.
    level : float
        Of the interval of the share (Clopper & Pearson 1934).
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``copying``, one row a rater and a pair of raters in a cycle: ``kind, cycle, first, second, n`` forms (people),
        ``identical, estimate`` share identical, ``ci_low, ci_high, expected`` share, ``effect`` their difference, ``p, q, mde, level,
        reason``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    ConvergenceError
        If a variance model does not converge.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> from rankkit import simulate
    >>> found = copying(simulate.feedback(40, 4, peers=6, dimensions=5, copies=1, seed=1).table)
    >>> found.of("copying").query("level == 'review'")[["kind", "n", "identical"]]
                                  kind  n  identical
    unit
    ...
    """
    check_settings(level, review_q, floor=(floor, 0), fewest=(fewest, 2))
    start = panel(ratings, people)
    D = len(start.table.dimensions)
    if D < _DIMENSIONS:
        problem = Problem("E-DIMENSIONS", None, "copying", None, {"n": D, "needed": _DIMENSIONS})
        return Findings(refused=(problem,), labels=start.labels)
    forms, answers, cycles = _forms(start)
    if len(forms) < _FEWEST_FORMS or not np.ptp(answers) > 0:
        return Findings(refused=(Problem("E-NOVARIATION", None, "copying"),), labels=start.labels)
    person, rater = (np.unique(forms[c], return_inverse=True)[1] for c in ("person", "role"))
    model = form_model(answers, person, rater)
    code = np.where(model.uneven, same_answers(answers), -1 - np.arange(len(forms)))
    parts = [_repeats(start, forms, model, code, cycles), _coincidences(start, forms, model, code, cycles, fewest)]
    if not sum(map(len, parts)):
        problem = Problem("E-NOFORMS", None, "copying", None, {"forms": _FEWEST_FORMS, "people": fewest})
        return Findings(refused=(problem,), labels=start.labels)
    table = pd.concat([part for part in parts if len(part)]).set_index("unit")
    n, k = (table[c].to_numpy(dtype=np.int64) for c in ("n", "identical"))
    table["ci_low"], table["ci_high"] = _shares(k, n, level)
    p, effect = (table[c].to_numpy(dtype=np.float64) for c in ("p", "effect"))
    table["q"] = family_q(p, table["cycle"].tolist())
    family = table.groupby("cycle")["p"].transform("size").to_numpy()
    table["mde"] = _detectable(table["expected"].to_numpy(), n, table["kind"].to_numpy() == _ONE, family)
    table["level"] = levels(p, table["q"].to_numpy(), np.maximum(effect, 0.0), k, floor=floor, fewest=fewest, review_q=review_q)
    table["reason"] = np.where(np.isnan(table["mde"].to_numpy()), Problem("S-ANYNUMBER").message(), "")
    order = ["kind", "cycle", "first", "second", "n", "identical", "estimate", "ci_low", "ci_high", "expected", "effect", "p", "q"]
    patterns = tuple(_finding(start, str(u), row) for u, row in table[table["level"] != ""].to_dict("index").items())
    return Findings(patterns=patterns, tables={"copying": table[[*order, "mde", "level", "reason"]]}, labels=start.labels)


def _forms(start: Panel) -> tuple[pd.DataFrame, Floats, tuple[str, ...]]:
    """Complete forms: cycle, rater, ratee, the person in the cycle, the rater in a role; and their answers, form × dimension."""
    table = start.table
    cycle, cycles = coded(table.extras["cycle"]) if has(table, "cycle") else (np.zeros(len(table), dtype=np.int64), ("",))
    frame = pd.DataFrame({"cycle": cycle, "rater": table.rater, "ratee": table.ratee, "source": table.source, "d": table.dimension})
    frame["y"] = table.score
    names = dict(enumerate(table.people))
    own = frame["rater"].map(dict(enumerate(table.raters))).to_numpy() == frame["ratee"].map(names).to_numpy()
    wide = frame[~own].pivot_table(index=["cycle", "rater", "ratee", "source"], columns="d", values="y", aggfunc="mean")
    wide = wide.reindex(columns=range(len(table.dimensions))).dropna()
    forms = wide.index.to_frame(index=False)
    forms["person"] = forms["cycle"] * len(table.people) + forms["ratee"]
    forms["role"] = (forms["cycle"] * len(table.raters) + forms["rater"]) * (len(table.sources) + 2) + forms["source"] + 1
    return forms, wide.to_numpy(dtype=np.float64), cycles


def _repeats(start: Panel, forms: pd.DataFrame, model: FormModel, code: Ints, cycles: tuple[str, ...]) -> pd.DataFrame:
    """Each rater's most striking answers: given one form, how many of the others repeat it; times the forms it could be."""
    rows = []
    key = np.unique(forms["cycle"].to_numpy() * len(start.table.raters) + forms["rater"].to_numpy(), return_inverse=True)[1]
    for at in np.split(np.argsort(key, kind="stable"), np.cumsum(np.bincount(key))[:-1]):
        if len(at) < _FEWEST_FORMS:
            continue
        p, best = 1.0, 0
        middle = at[np.lexsort(model.answers[at].T)[len(at) // 2]]  # any form stands for the others where none is repeated
        expected = float(model.probability(at, np.full(len(at), middle)).mean())
        kinds, counts = np.unique(code[at], return_counts=True)
        for kind in kinds[(counts > 1) & (kinds >= 0)]:
            same = code[at] == kind
            chance = model.probability(at, np.full(len(at), at[same][0]))
            given = np.flatnonzero(same)[np.argmin(chance[same])]  # of the identical forms, the one that makes the others least surprising
            tail = min(len(at) * count_tail(np.delete(chance, given), int(same.sum()) - 1), 1.0)
            if best == 0 or tail < p:
                p, best, expected = tail, int(same.sum()), float(chance.mean())
        rows.append((_ONE, forms["cycle"].iloc[at[0]], start.table.raters[forms["rater"].iloc[at[0]]], "", len(at), best, expected, p))
    return _laid_out(rows, cycles)


def _coincidences(start: Panel, forms: pd.DataFrame, model: FormModel, code: Ints, cycles: tuple[str, ...], fewest: int) -> pd.DataFrame:
    """Each pair of raters with people in common: about how many both gave the same answers."""
    person = np.unique(forms["person"].to_numpy(), return_inverse=True)[1]
    of = np.split(np.argsort(person, kind="stable"), np.cumsum(np.bincount(person))[:-1])
    sides = [np.triu_indices(len(at), 1) for at in of]
    a, b = (np.concatenate([at[side[k]] for at, side in zip(of, sides, strict=True)]) for k in (0, 1))
    rater, n = forms["rater"].to_numpy(), len(start.table.raters)
    use = model.uneven[a] & model.uneven[b] & (rater[a] != rater[b])
    a, b = a[use], b[use]
    a, b = np.where(rater[a] < rater[b], a, b), np.where(rater[a] < rater[b], b, a)
    key = (forms["cycle"].to_numpy()[a] * n + rater[a]) * n + rater[b]
    pairs, group, size = np.unique(key, return_inverse=True, return_counts=True)
    same = code[a] == code[b]
    k = np.bincount(group, same, len(pairs)).astype(np.int64)
    usual = float(same.mean()) if len(same) else 0.0
    rows = []
    for g in np.flatnonzero(size >= fewest):
        cycle, first, second = int(pairs[g]) // n // n, start.table.raters[int(pairs[g]) // n % n], start.table.raters[int(pairs[g]) % n]
        p, expected = 1.0, usual
        if k[g]:
            x, y = a[group == g], b[group == g]
            both = [model.probability(x, y), model.probability(y, x)]
            p, expected = max(count_tail(chance, int(k[g])) for chance in both), float(np.mean(both))
        rows.append((_TWO, cycle, first, second, int(size[g]), int(k[g]), expected, p))
    return _laid_out(rows, cycles)


def _laid_out(rows: list[tuple[Any, ...]], cycles: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["kind", "cycle", "first", "second", "n", "identical", "expected", "p"])
    frame["cycle"] = np.array([cycles[c] for c in frame["cycle"]], dtype=object)  # none at all would be numbers
    first, second = frame["first"].astype(object), frame["second"].astype(object)
    who = first + np.where(second == "", "", " = ").astype(object) + second
    frame["unit"] = np.where(frame["cycle"] == "", who, frame["cycle"] + " " + who)
    frame["estimate"] = frame["identical"] / frame["n"]
    frame["effect"] = frame["estimate"] - frame["expected"]
    return frame


def _shares(k: Ints, n: Ints, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Clopper–Pearson interval of a share."""
    half = (1 - level) / 2
    low = np.where(k > 0, stats.beta.ppf(half, np.maximum(k, 1), n - k + 1), 0.0)
    high = np.where(k < n, stats.beta.isf(half, k + 1, np.maximum(n - k, 1)), 1.0)
    return low, high


def _detectable(expected: np.ndarray, n: Ints, one: np.ndarray, family: Ints) -> np.ndarray:
    """Share above the expected one that is found with probability .80 in this family; ``nan`` where nothing could be found."""
    target = REVIEW_Q / family / np.where(one, n, 1)
    least = stats.binom.isf(target, n, np.clip(expected, 1e-12, 1)) + 1  # so many identical forms are significant
    share = stats.beta.isf(1 - POWER, np.minimum(least, n), np.maximum(n - least, 0) + 1)  # reached with probability .80
    return np.asarray(np.where(least <= n, np.minimum(share, 1.0) - expected, np.nan))


def _finding(start: Panel, unit: str, row: Mapping[Any, Any]) -> Finding:
    numbers: dict[str, Any] = {c: float(row[c]) for c in ("estimate", "ci_low", "ci_high", "effect", "p", "q")}
    details = {
        "rater": called(start, row["first"]),
        "n": int(row["n"]),
        "same": int(row["identical"]),
        "expected": f"{row['expected']:.0%}",
    }
    code = "F-PASTED" if row["kind"] == _ONE else "F-COPIED"
    if row["second"]:
        details["other"] = called(start, row["second"])
    numbers |= {"effect_name": "share above chance", "family": "copying × rater or pair", "n": int(row["n"])}
    if row["second"]:
        return pattern(code, row["level"], "pair", unit, details, **numbers)
    return pattern(code, row["level"], "rater", row["first"], details, **numbers)
