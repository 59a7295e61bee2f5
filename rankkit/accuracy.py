"""Accuracy of raters where true scores are known: vignettes, expert consensus, simulations; and what rater training gained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit import show
from rankkit.errors import InsufficientDataError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects import accuracy_components as cronbach
from rankkit.kernels.rater_effects.signal_detection import signal_detection
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import encode
from rankkit.tables.true_scores import TrueScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_YES_NO = {
    "true": 1.0, "1": 1.0, "1.0": 1.0, "yes": 1.0, "y": 1.0, "是": 1.0,
    "false": 0.0, "0": 0.0, "0.0": 0.0, "no": 0.0, "n": 0.0, "否": 0.0,
}  # fmt: skip
_FEW = 5  # ratees up to which raters are not to be ranked by accuracy
_FEWEST_FOR_INTERVAL = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Accuracy:
    """Accuracy of each rater; smaller components are more accurate.

    Attributes
    ----------
    raters : DataFrame
        By ``rater``: ``n`` ratees, ``dimensions``; the roots of Cronbach's components in score units with intervals
        (``elevation, differential_elevation, stereotype_accuracy, differential_accuracy``, each with ``_low, _high`` and, where
        the true scores have standard errors, ``_corrected``); ``distance`` (root mean square), ``absolute`` (mean absolute),
        ``bias`` with interval (mean rating less truth), ``borman`` (differential accuracy as a correlation), ``reason``.
        Which one matters: differential elevation for pay and promotion, differential accuracy for development,
        stereotype accuracy for training needs (Murphy, Garcia, Kerkar, Martin & Balzer 1982). They are only weakly related:
        do not average them.
    spread : DataFrame
        By (``rater``, ``of``): where differential elevation and stereotype accuracy come from: standard deviations given and
        true, and their correlation; ``DE² = s_y² + s_t² − 2 r s_y s_t``.
    dimensions : DataFrame
        By (``rater``, ``dimension``): mean difference, positive = rated above the truth.
    notes : tuple of Problem
        What to know, and who was left out.
    """

    raters: pd.DataFrame
    spread: pd.DataFrame
    dimensions: pd.DataFrame
    squared: pd.DataFrame
    notes: tuple[Problem, ...] = field(default=())
    level: float = 0.95

    @property
    def messages(self) -> pd.DataFrame:
        """Notes: ``code, text, fix``."""
        return pd.DataFrame([(p.code, p.note(), p.fix()) for p in self.notes], columns=["code", "text", "fix"])

    def plot(self, kind: str | None = None, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw over- and under-rating by dimension."""
        return show.plot(self, kind, ax, **options)

    def plot_data(self, kind: str | None = None, **options: Any) -> Any:
        """Return the exact numbers and labels a plot shows."""
        return show.plot_data(self, kind, **options)

    def __repr__(self) -> str:
        shown = self.raters[["n", *cronbach.NAMES, "borman"]].round(2)
        return "\n".join([f"<Accuracy of {len(self.raters)} raters>", shown.to_string(), *("  " + p.text() for p in self.notes)])

    def _repr_html_(self) -> str:
        table: str = self.raters.round(2).to_html(escape=True)
        return table


def components(ratings: Ratings | pd.DataFrame, truth: TrueScores | pd.DataFrame, level: float = 0.95) -> Accuracy:
    """Cronbach's components, Borman's correlation and distance of each rater from the true scores.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension``; several occasions are averaged.
    truth : TrueScores or DataFrame
        ``ratee, score`` and perhaps ``dimension, se``, on the same scale.
    level : float
        Confidence level; the rater and the dimensions are fixed, ratees are a sample.

    Returns
    -------
    Accuracy
        Each rater's ratees are those rated on every dimension the truth has; a note says who was left out.

    Raises
    ------
    RatingsError
        If a table has problems, or the truth lacks a dimension of the ratings.
    InsufficientDataError
        If nobody with a true score was rated.

    References
    ----------
    Cronbach (1955), Psychological Bulletin 52, 177-193. Borman (1977), Organizational Behavior and Human Performance 20,
    238-252.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> truth = pd.DataFrame({"ratee": list("aabb"), "dimension": ["x", "y"] * 2, "score": [3.0, 4, 2, 5]})
    >>> given = truth.assign(rater="r", score=[4.0, 4, 3, 5])
    >>> rk.accuracy.components(given, truth).squared.round(3).to_dict("records")[0]
    {'elevation': 0.25, 'differential_elevation': 0.0, 'stereotype_accuracy': 0.25, 'differential_accuracy': 0.0, 'distance': 0.5}
    """
    _check_level(level)
    table, true = _both(ratings, truth)
    y, t, se, kept = _aligned(table, true)
    rows: dict[str, dict[str, Any]] = {}
    squares: dict[str, dict[str, float]] = {}
    spreads: list[tuple[Any, ...]] = []
    dimensions: list[tuple[str, str, float]] = []
    notes: list[Problem] = []
    partial: list[str] = []
    perfect: list[str] = []
    few: list[str] = []
    for r, rater in enumerate(table.raters):
        name = table.rater_labels[rater]
        whole = ~np.isnan(y[r]).any(axis=1)
        if (~np.isnan(y[r]).all(axis=1) & ~whole).any():
            partial.append(name)
        if not whole.any():
            rows[rater] = {"n": 0, "dimensions": len(true.dimensions), "reason": Problem("S-NOWHOLE").message()}
            continue
        found = cronbach.accuracy_components(y[r][whole], t[whole], None if se is None else se[whole])
        rows[rater] = _row(found, y[r][whole] - t[whole], level, corrected=se is not None)
        squares[rater] = dict(zip((*cronbach.NAMES, "distance"), (*found.squared, found.distance_squared), strict=True))
        for k, of in enumerate(("ratees", "dimensions")):
            spreads.append((rater, of, *found.spread[k], found.correlation[k]))
        dimensions += [(rater, d, v) for d, v in zip(true.dimensions, found.by_dimension, strict=True)]
        perfect += [name] if found.perfect else []
        few += [name] if whole.sum() <= _FEW else []
    if not squares:
        raise InsufficientDataError("E-FEW", what="accuracy", needed=1, unit="people with true scores on every dimension", found=0)
    for code, who in (("I-PARTRATED", partial), ("I-PERFECTR", perfect), ("W-FEWTRUE", few)):
        if who:
            notes.append(Problem(code, None, None, None, {"who": who, "n": _FEW}))
    if len(kept) < len(table.people):
        notes.append(Problem("I-NOTRUTH", None, None, None, {"n": len(table.people) - len(kept)}))
    notes += true.notes_on_error(kept)
    rows = {rater: {**row, "reason": row.get("reason", "")} for rater, row in rows.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("rater")
    columns = ["n", "dimensions", *(c for c in frame.columns if c not in ("n", "dimensions", "reason")), "reason"]
    return Accuracy(
        raters=frame.reindex(columns=columns),
        spread=pd.DataFrame(spreads, columns=["rater", "of", "sd_given", "sd_true", "correlation"]).set_index(["rater", "of"]),
        dimensions=pd.DataFrame(dimensions, columns=["rater", "dimension", "difference"]).set_index(["rater", "dimension"]),
        squared=pd.DataFrame.from_dict(squares, orient="index").rename_axis("rater"),
        notes=tuple(notes),
        level=level,
    )


def _row(found: cronbach.AccuracyComponents, d: Floats, level: float, *, corrected: bool) -> dict[str, Any]:
    """One rater's line of the table."""
    n, k = d.shape
    out: dict[str, Any] = {"n": n, "dimensions": k}
    low, high = cronbach.component_intervals(d, level=level) if n >= _FEWEST_FOR_INTERVAL else (np.full(4, np.nan), np.full(4, np.nan))
    for j, name in enumerate(cronbach.NAMES):
        out |= {name: np.sqrt(found.squared[j]), f"{name}_low": np.sqrt(low[j]), f"{name}_high": np.sqrt(high[j])}
        if corrected:
            out[f"{name}_corrected"] = np.sqrt(found.corrected[j])
    mean = d.mean(axis=1)
    half = stats.t.ppf(0.5 + level / 2, n - 1) * mean.std(ddof=1) / np.sqrt(n) if n >= _FEWEST_FOR_INTERVAL else np.nan
    out |= {"distance": np.sqrt(found.distance_squared), "absolute": found.absolute}
    out |= {"bias": found.bias, "bias_low": found.bias - half, "bias_high": found.bias + half, "borman": found.borman}
    if n < cronbach.FEWEST_FOR_BORMAN:
        out["reason"] = Problem("S-FEWRATEES", None, None, None, {"n": n, "least": cronbach.FEWEST_FOR_BORMAN}).message()
    elif np.isnan(found.borman):
        out["reason"] = Problem("S-NOSPREADTRUE").message()
    return out


def training(
    before: Ratings | pd.DataFrame,
    after: Ratings | pd.DataFrame,
    truth: TrueScores | pd.DataFrame,
    trained: Collection[str] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """What training (such as frame-of-reference training) gained: accuracy before less after, over raters.

    Parameters
    ----------
    before, after : Ratings or DataFrame
        Ratings of ratees with true scores; the ratees may be others after.
    truth : TrueScores or DataFrame
        True scores of all of them.
    trained : collection of str, optional
        Raters who were trained; the others are the comparison group, whose gain (practice, other ratees) is taken off. By
        default all were, and the gain contains both.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        By ``component`` (the roots of Cronbach's four, score units, and Borman's correlation): ``n_trained, n_others,
        before, after`` (means of the trained), ``gain`` (positive = more accurate after), ``ci_low, ci_high, df, p, q, assumes``.
        Student's t over raters (Welch's against the comparison group), Benjamini–Hochberg over the components.

    Raises
    ------
    InsufficientDataError
        With fewer than three raters in a group both times.
    SettingsError
        If somebody trained did not rate.

    References
    ----------
    Roch, Woehr, Mishra & Kieszczynska (2012), Journal of Occupational and Organizational Psychology 85, 370-395.

    Examples
    --------
    >>> import numpy as np, pandas as pd, rankkit as rk
    >>> rng = np.random.default_rng(1)
    >>> truth = pd.DataFrame({"ratee": list("abcdef"), "score": [1.0, 2, 3, 4, 5, 6]})
    >>> def rated(error):
    ...     return pd.concat([truth.assign(rater=r, score=truth["score"] + error * rng.normal(size=6)) for r in "wxyz"])
    >>> rk.accuracy.training(rated(1.0), rated(0.3), truth)["gain"].round(2).to_dict()["differential_elevation"]
    0.32
    """
    _check_level(level)
    first, second = (components(x, truth, level).raters for x in (before, after))
    both = [r for r in first.index if r in second.index and first.loc[r, "n"] > 0 and second.loc[r, "n"] > 0]
    trained = (trained,) if isinstance(trained, str) else trained
    unknown = sorted(set(trained or ()) - set(first.index))
    if unknown:
        raise SettingsError("E-PERSON", name=", ".join(unknown))
    group = [r for r in both if trained is None or r in trained]
    others = [r for r in both if r not in group]
    for who, needed in ((group, True), (others, trained is not None)):
        if needed and len(who) < _FEWEST_FOR_INTERVAL:
            raise InsufficientDataError(
                "E-FEW", what="the gain of training", needed=_FEWEST_FOR_INTERVAL, unit="raters both times", found=len(who)
            )
    rows = {}
    for name in (*cronbach.NAMES, "borman"):
        x, y = (frame[name].astype("float64") for frame in (first, second))
        gain = x - y if name != "borman" else y - x  # a correlation is better the larger it is
        one, two = (np.asarray(gain[who].dropna(), dtype=np.float64) for who in (group, others))
        found = _gain(one, two, level)
        rows[name] = {"n_trained": found[0], "n_others": found[1], "before": x[group].mean(), "after": y[group].mean()}
        rows[name] |= dict(zip(("gain", "ci_low", "ci_high", "df", "p"), found[2:], strict=True))
    out = pd.DataFrame.from_dict(rows, orient="index").rename_axis("component")
    out["q"] = benjamini_hochberg(out["p"].to_numpy())
    out["assumes"] = "raters are a sample; " + (
        "gain over the comparison group" if others else "no comparison group: practice is in the gain"
    )
    return out


def _gain(trained: Floats, others: Floats, level: float) -> tuple[int, int, float, float, float, float, float]:
    """Mean gain with t interval, against the others where there are any."""
    a, b = len(trained), len(others)
    nothing = float("nan")
    if a < 2 or b == 1:
        return a, b, float(trained.mean()) if a else nothing, nothing, nothing, nothing, nothing
    va, vb = trained.var(ddof=1) / a, others.var(ddof=1) / b if b else 0.0
    gain = float(trained.mean() - (others.mean() if b else 0.0))
    if va + vb <= 0:
        return a, b, gain, gain, gain, nothing, nothing
    df = (va + vb) ** 2 / (va**2 / (a - 1) + (vb**2 / (b - 1) if b else 0.0))
    half = stats.t.ppf(0.5 + level / 2, df) * np.sqrt(va + vb)
    return a, b, gain, gain - half, gain + half, float(df), float(2 * stats.t.sf(abs(gain) / np.sqrt(va + vb), df))


def observation(reports: pd.DataFrame, level: float = 0.95, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Accuracy of observing: which behaviours a rater reported, and which occurred.

    Parameters
    ----------
    reports : DataFrame
        One row a rater and behaviour: ``rater, reported, occurred`` (true or false).
    level : float
        Confidence level.
    columns : mapping, optional
        Our name to the frame's own name.

    Returns
    -------
    DataFrame
        By ``rater``: ``occurred, absent, hit_rate, false_alarm_rate, d_prime`` (sensitivity) and ``criterion`` (positive =
        reports too little), each with ``_low, _high``; ``reason`` where it cannot be computed.

    Raises
    ------
    RatingsError
        If a column is missing, or a cell is neither true nor false.

    References
    ----------
    Lord (1985), Journal of Applied Psychology 70, 66-71.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> reports = pd.DataFrame({"rater": "r", "reported": [1, 1, 1, 0, 0, 0, 1, 0], "occurred": [1, 1, 1, 1, 0, 0, 0, 0]})
    >>> rk.accuracy.observation(reports)[["hit_rate", "false_alarm_rate", "d_prime"]].round(2)
           hit_rate  false_alarm_rate  d_prime
    rater
    r          0.75              0.25     1.05
    """
    _check_level(level)
    frame = reports.rename(columns={v: k for k, v in (columns or {}).items()})
    missing = [c for c in ("rater", "reported", "occurred") if c not in frame]
    if missing:
        raise RatingsError(
            "E-COLS", missing=missing, found=list(map(str, reports.columns)), example=", ".join(f"'{c}': '…'" for c in missing)
        )
    rater = encode(frame["rater"])
    said, true = (_yes(frame, c) for c in ("reported", "occurred"))
    problems = [Problem("E-BLANK", int(k) + 2, "rater") for k in np.flatnonzero(rater.codes < 0)]
    for name, values in (("reported", said), ("occurred", true)):
        problems += [Problem("E-YESNO", int(k) + 2, name, frame[name].iloc[k]) for k in np.flatnonzero(np.isnan(values))]
    if problems:
        raise RatingsError(problems, n_rows=len(frame))
    m = len(rater.values)
    each = (said * true, true, said * (1 - true), 1 - true)
    hits, occurred, alarms, absent = (np.bincount(rater.codes, w, m).astype(np.float64) for w in each)
    found = signal_detection(hits, occurred, alarms, absent)
    z = stats.norm.ppf(0.5 + level / 2)
    out = pd.DataFrame(
        {
            "occurred": occurred.astype(int),
            "absent": absent.astype(int),
            "hit_rate": found.hit_rate,
            "false_alarm_rate": found.false_alarm_rate,
        },
        index=pd.Index(list(rater.values), name="rater"),
    )
    for name, value, se in (("d_prime", found.d_prime, found.d_prime_se), ("criterion", found.criterion, found.criterion_se)):
        out[name], out[f"{name}_low"], out[f"{name}_high"] = value, value - z * se, value + z * se
    out["reason"] = np.where(
        occurred == 0, Problem("S-NOTHINGOCCURRED").message(), np.where(absent == 0, Problem("S-NOTHINGABSENT").message(), "")
    )
    return out


def _yes(frame: pd.DataFrame, column: str) -> Floats:
    """1 for true, 0 for false, NaN for anything else."""
    text = frame[column].astype("str").str.strip().str.lower()
    return np.asarray(text.map(_YES_NO).to_numpy(dtype=np.float64), dtype=np.float64)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)


def _both(ratings: Ratings | pd.DataFrame, truth: TrueScores | pd.DataFrame) -> tuple[Ratings, TrueScores]:
    table = ratings if isinstance(ratings, Ratings) else Ratings.from_frame(ratings)
    true = truth if isinstance(truth, TrueScores) else TrueScores.from_frame(truth)
    if table.averaged_over:
        raise InsufficientDataError("E-FEW", what="accuracy", needed=1, unit="raters", found="–")
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    missing = [d for d in table.dimensions if d not in true.dimensions]
    if missing:
        raise RatingsError("E-TRUEDIMENSION", missing=missing, found=list(true.dimensions))
    return table, true


def _aligned(table: Ratings, true: TrueScores) -> tuple[Floats, Floats, Floats | None, tuple[str, ...]]:
    """Ratings (raters × ratees × dimensions), truth and its errors (ratees × dimensions) of the ratees with a whole truth."""
    wide = true.entries.pivot_table("score", "ratee", "dimension", dropna=False).reindex(columns=list(true.dimensions)).dropna()
    kept = tuple(p for p in table.people if p in wide.index)
    if not kept:
        raise InsufficientDataError("E-FEW", what="accuracy", needed=1, unit="people with true scores on every dimension", found=0)
    t = wide.loc[list(kept)].to_numpy(dtype=np.float64)
    error = true.entries["se"]
    se = None
    if error.notna().any():
        errors = true.entries.assign(se=error.fillna(0.0)).pivot_table("se", "ratee", "dimension", dropna=False)
        se = errors.reindex(index=list(kept), columns=list(true.dimensions)).to_numpy(dtype=np.float64)
    y = np.full((len(table.raters), len(kept), len(true.dimensions)), np.nan)
    place = {p: k for k, p in enumerate(kept)}
    cells = table.cells
    row = np.array([place.get(p, -1) for p in table.people])[cells.ratee]
    column = np.array([true.dimensions.index(d) for d in table.dimensions])[cells.dimension]
    use = row >= 0
    y[cells.rater[use], row[use], column[use]] = cells.score[use]
    return y, t, se, kept
