"""Who stands where, for decisions that follow grades: promotion "other things equal", and standards missed again and again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import IdentificationError, InsufficientDataError, Problem, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import difference_variance
from rankkit.kernels.ranking import competition_ranks
from rankkit.result import Result

_CLEAR_IN, _OPEN, _CLEAR_OUT = "ahead", "open", "behind"


def cannot_be_told_apart(result: Result, ratee: str, level: float | None = None) -> pd.DataFrame:
    r"""List the people whose scores cannot be told from a person's: |d| ≤ t·SED.

    The standard error of a difference takes the covariance of the two scores in; raters that both share cancel out of it. Whether two
    intervals overlap is another question: with two independent scores of equal standard error, 95 % intervals stop overlapping
    only where the two-sided p of the difference is :math:`2\Phi(-1.96\sqrt{2}) = .0056`, so that people would be called equal who
    are not.

    Parameters
    ----------
    result : Result
        Scores with a covariance.
    ratee : str
        Who the others are compared with.
    level : float, optional
        Confidence level of each comparison (not of all together); the result's own by default.

    Returns
    -------
    DataFrame
        Indexed by ``ratee``, the best first: ``label, score, difference`` (to the person), ``se, ci_low, ci_high``; empty if everybody
        can be told apart.

    Raises
    ------
    SettingsError
        If there is no such person or level.
    IdentificationError
        If the person has no score, or there is no covariance.

    References
    ----------
    Schenker & Gentleman (2001), The American Statistician 55, 182–186 (overlap of intervals).

    Examples
    --------
    >>> import rankkit as rk
    >>> result = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> best = result.scores["rank"].idxmin()
    >>> best, cannot_be_told_apart(result, best).index.tolist()
    ('Betty', ['Edward', 'George', 'Anne', 'Chris'])
    """
    table = _against(result, ratee, _level(result, level))
    alike = table[(table["ci_low"] <= 0) & (table["ci_high"] >= 0) & (table.index != ratee)]
    return alike.sort_values("score", ascending=False, kind="stable")


def promotion_list(result: Result, places: int, level: float | None = None) -> pd.DataFrame:
    """Sort people for a number of places into those ahead, those behind, and those a preference may decide between.

    A preference "other things equal" (years in post, a first promotion) may count only among people who cannot be told apart. With
    k places, whoever is told apart from the best person left out is ``ahead``; whoever is told apart from the last person in is
    ``behind``; everybody else is ``open``. Scores that are equal at the cut are open: no order among them is known.

    Parameters
    ----------
    result : Result
        Scores with a covariance.
    places : int
        People that can be promoted.
    level : float, optional
        Confidence level of each comparison; the result's own by default.

    Returns
    -------
    DataFrame
        Indexed by ``ratee``, by rank: ``label, score, rank, standing, against`` (who decides it), ``difference, se, ci_low, ci_high``.
        ``attrs["open_places"]`` says how many places are left for the open.

    Raises
    ------
    SettingsError
        If there are not 1 to n − 1 places.
    IdentificationError, InsufficientDataError
        If there is no covariance, or no score.

    Examples
    --------
    >>> import rankkit as rk
    >>> from rankkit import simulate
    >>> result = rk.GraphicRatingScale().fit(simulate.ratings(12, 4, seed=3).table)
    >>> listed = promotion_list(result, 3)
    >>> listed["standing"].value_counts().sort_index().to_dict(), listed.attrs["open_places"]
    ({'ahead': 1, 'behind': 3, 'open': 8}, 2)
    """
    level = _level(result, level)
    ids = result.estimated_ids
    if not ids:
        raise InsufficientDataError("E-NOSCORES", method=result.title, reason="")
    if isinstance(places, bool) or not isinstance(places, (int, np.integer)) or not 1 <= places < len(ids):
        raise SettingsError("E-SETTING", name="places", value=places, allowed=f"1 … {len(ids) - 1}")
    score = pd.Series(result.estimate, index=list(result.people)).loc[list(ids)]
    falling = np.sort(score.to_numpy())[::-1]
    last_in, first_out = float(falling[places - 1]), float(falling[places])
    # Several people may share the score at the cut: whoever stands ahead must be told from each of them.
    rivals_in = _hardest(result, [p for p in ids if score[p] == first_out], level, worst=min)
    rivals_out = _hardest(result, [p for p in ids if score[p] == last_in], level, worst=max)
    rows = []
    for p in ids:
        inside, outside = score[p] > first_out, score[p] < last_in  # neither: one of several with the score at the cut
        held = (rivals_in if inside else rivals_out).loc[p]
        standing = _CLEAR_IN if inside and held["ci_low"] > 0 else _CLEAR_OUT if outside and held["ci_high"] < 0 else _OPEN
        rows.append({"ratee": p, "label": result.labels.get(p, p), "score": float(score[p]), "standing": standing, **held.to_dict()})
    frame = pd.DataFrame(rows).set_index("ratee")
    frame.insert(2, "rank", competition_ranks(np.asarray(score, dtype=np.float64)))
    frame = frame.sort_values("score", ascending=False, kind="stable")
    frame.attrs["open_places"] = int(places - (frame["standing"] == _CLEAR_IN).sum())
    return frame


def probability_below(result: Result, cut: float) -> pd.Series:
    r"""Probability that a person is below a standard, :math:`P(\theta < c) = F_t((c - \hat\theta)/se)`.

    Nothing is assumed of people beforehand; with few raters t, not normal.

    Parameters
    ----------
    result : Result
        Scores with standard errors.
    cut : float
        The standard, in the unit of the scores.

    Returns
    -------
    Series
        By ``ratee``; NaN where there is no score or no standard error.

    Raises
    ------
    SettingsError
        If the standard is no number.

    Examples
    --------
    >>> import rankkit as rk
    >>> result = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> bool(probability_below(result, 5.0).between(0, 1).all())
    True
    """
    if isinstance(cut, bool) or not isinstance(cut, (int, float, np.number)) or not np.isfinite(cut):
        raise SettingsError("E-SETTING", name="cut", value=cut, allowed="a number")
    scores = result.scores
    se = scores["se"].to_numpy(dtype=np.float64)
    df = np.broadcast_to(result.df if len(result.df) else np.array(np.inf), se.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (float(cut) - scores["score"].to_numpy(dtype=np.float64)) / se
    return pd.Series(stats.t.cdf(np.where(se > 0, z, np.nan), df), index=scores.index, name="below")


def repeated_failure(
    below: Mapping[str, pd.Series] | pd.DataFrame, *, times: int = 2, last: int = 3, probability: float = 0.9
) -> pd.DataFrame:
    r"""Count in how many of the last cycles a person was surely below the standard.

    A cycle counts where P(below) > ``probability``. Counting point grades instead punishes noise: somebody exactly at the standard
    fails half of all cycles by chance, and two of three with probability .50; this counter gets there with
    :math:`3(.1)^2(.9) + (.1)^3 = .028`. It is a reason to look, to train or to move somebody; no consequence follows by itself.

    Parameters
    ----------
    below : mapping of cycle to Series, or DataFrame
        P(below) of each person in each cycle (:func:`probability_below`, or the sum of the lowest grades' probabilities), oldest
        cycle first; a DataFrame has a column a cycle.
    times, last : int
        k of the last K cycles.
    probability : float
        How sure a cycle must be.

    Returns
    -------
    DataFrame
        Indexed by ``ratee``: ``cycles`` (known of the last K), ``below`` (how many count), ``more_likely_than_not`` (P > .5, what point
        grades would count), ``reached``, ``reason`` (cycles that are not known count neither way, and are named).

    Raises
    ------
    SettingsError
        If k > K, there is no cycle, or the probability is not between .5 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> cycles = {"2024": pd.Series({"a": 0.95, "b": 0.6}), "2025": pd.Series({"a": 0.4, "b": 0.7})}
    >>> cycles["2026"] = pd.Series({"a": 0.99, "b": 0.8})
    >>> repeated_failure(cycles)[["below", "more_likely_than_not", "reached"]]
           below  more_likely_than_not  reached
    ratee
    a          2                     2     True
    b          0                     3    False
    """
    problems = []
    for name, value in (("times", times), ("last", last)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            problems.append(Problem("E-SETTING", None, None, None, {"name": name, "value": value, "allowed": "1, 2, 3, …"}))
    if not problems and times > last:
        problems.append(Problem("E-SETTING", None, None, None, {"name": "times", "value": times, "allowed": f"1 … {last}"}))
    if isinstance(probability, bool) or not isinstance(probability, (int, float)) or not 0.5 <= probability < 1:
        problems.append(Problem("E-SETTING", None, None, None, {"name": "probability", "value": probability, "allowed": "0.5 … 1"}))
    frame = below if isinstance(below, pd.DataFrame) else pd.DataFrame(dict(below))
    if not frame.shape[1]:
        problems.append(Problem("E-SETTING", None, None, None, {"name": "below", "value": "{}", "allowed": "{cycle: P(below), …}"}))
    if problems:
        raise SettingsError(problems)
    kept = frame.iloc[:, -last:].sort_index()
    values = kept.to_numpy(dtype=np.float64)
    unknown = [[str(c) for c, v in zip(kept.columns, row, strict=True) if np.isnan(v)] for row in values]
    counted = (values > probability).sum(axis=1)
    return pd.DataFrame(
        {
            "cycles": (~np.isnan(values)).sum(axis=1),
            "below": counted,
            "more_likely_than_not": (values > 0.5).sum(axis=1),
            "reached": counted >= times,
            "reason": [", ".join(u) for u in unknown],
        },
        index=kept.index.rename("ratee"),
    )


def _level(result: Result, level: float | None) -> float:
    if level is not None and not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    return result.level if level is None else level


def _against(result: Result, ratee: str, level: float) -> pd.DataFrame:
    """Everybody's score less that of one person, with the interval of the difference."""
    result.difference(ratee, ratee)  # says so if the person or the covariance is not there
    ids = result.estimated_ids
    if result.covariance is None:  # difference has refused it; this is for the reader
        raise IdentificationError("E-NOCOV", reason=result.se_basis)
    score: Floats = result.estimate[[result.people.index(p) for p in ids]]
    here = ids.index(ratee)
    n = np.arange(len(ids))
    se = np.sqrt(np.maximum(difference_variance(result.covariance, n, np.full(len(ids), here)), 0.0))
    d = score - score[here]
    half = float(stats.t.ppf(0.5 + level / 2, result.df_difference)) * se
    data = {
        "label": [result.labels.get(p, p) for p in ids],
        "score": score,
        "difference": d,
        "se": se,
        "ci_low": d - half,
        "ci_high": d + half,
    }
    return pd.DataFrame(data, index=pd.Index(list(ids), name="ratee"))


def _hardest(result: Result, rivals: list[str], level: float, *, worst: object) -> pd.DataFrame:
    """Of several rivals of one score, the comparison that separates least."""
    tables = [_against(result, r, level).assign(against=result.labels.get(r, r)) for r in rivals]
    key = "ci_low" if worst is min else "ci_high"
    bounds = np.column_stack([t[key].to_numpy() for t in tables])
    chosen = bounds.argmin(axis=1) if worst is min else bounds.argmax(axis=1)
    columns = ["against", "difference", "se", "ci_low", "ci_high"]
    return pd.DataFrame([tables[c][columns].iloc[k] for k, c in enumerate(chosen)], index=tables[0].index)
