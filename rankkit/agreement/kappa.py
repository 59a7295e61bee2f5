"""Cohen's kappa for pairs of raters, and its relatives for many: Fleiss', Conger's, Light's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from rankkit.agreement.codings import Codings, Weights, codings
from rankkit.agreement.kappa_notes import prevalence, say, why
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.reliability.gwet_agreement import Chance, chance_corrected, light_kappa
from rankkit.kernels.reliability.nominal_agreement import Kappa, fleiss_test, largest_kappa, pair_tables
from rankkit.kernels.reliability.nominal_agreement import cohen_kappa as kappa
from rankkit.tables.ratings import Ratings

PAIR_COLUMNS = (
    "coefficient", "dimension", "rater_1", "rater_2", "value", "se", "ci_low", "ci_high", "z", "p", "observed", "expected", "largest",
    "n", "reason", "note", "assumes",
)  # fmt: skip
COLUMNS = (
    "coefficient", "dimension", "category", "value", "se", "ci_low", "ci_high", "z", "p", "observed", "expected", "n", "raters",
    "reason", "note", "assumes",
)  # fmt: skip
_FEW = 2  # raters of one unit
_CAPPED = 0.8  # largest possible kappa below which totals are worth a word
_ENOUGH = 20  # people from which totals say something
_NUMBERS = ("value", "se", "ci_low", "ci_high", "z", "p", "observed", "expected")


def cohen_kappa(
    ratings: Ratings | pd.DataFrame,
    dimension: str | None = None,
    *,
    weights: Weights = None,
    raters: tuple[str, str] | None = None,
    categories: Sequence[Any] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Cohen's kappa, plain or weighted, of two raters or of all pairs.

    :math:`\kappa = (p_o - p_e)/(1 - p_e)`, where p_o is the (weighted) share of people both raters put into the same category and
    p_e what two raters with the same totals would reach by chance.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension``; in a DataFrame the scores may be words (or be called ``value``). Self
        ratings are left out where there are others.
    dimension : str, optional
        One dimension; by default each has its own rows.
    weights : str or (q, q) array or DataFrame, optional
        None counts full agreement only; "linear" and "quadratic" let neighbouring categories agree in part; also "ordinal",
        "radical", "ratio", "circular", "bipolar", or your own table (1 on the diagonal).
    raters : (str, str), optional
        The two; by default all pairs that share people.
    categories : sequence, optional
        All categories in order; needed for weights of words.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        One row a pair (and dimension): ``coefficient, dimension, rater_1, rater_2, value, se, ci_low, ci_high, z, p, observed,
        expected, largest, n, reason, note, assumes``. ``se`` is Fleiss, Cohen & Everitt's for intervals, z and p test κ = 0 with
        their standard error under independence; ``largest`` is the largest κ the raters' totals allow (unweighted). ``reason``
        says why a number is missing, ``note`` where κ misleads.

    Raises
    ------
    RatingsError
        If the table has problems, or lacks the dimension or a rater.
    SettingsError
        If the weights are impossible.
    InsufficientDataError
        If no two raters share anybody.

    Notes
    -----
    Where nearly everybody is in one category, chance agreement is high and κ low however well raters agree (Feinstein & Cicchetti
    1990); ``note`` says so and :func:`gwet_ac` is then easier to read. Quadratic weights give nearly the intraclass correlation.

    References
    ----------
    Cohen (1960, 1968); Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72, 323-327. Feinstein & Cicchetti (1990), Journal of
    Clinical Epidemiology 43, 543-549.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> a, b = [1, 1, 2, 2, 3, 3, 1, 2, 3, 1], [1, 2, 2, 2, 3, 3, 1, 1, 3, 1]
    >>> table = pd.DataFrame([(r, f"p{k}", s) for r, x in (("a", a), ("b", b)) for k, s in enumerate(x)],
    ...                      columns=["rater", "ratee", "score"])
    >>> [rk.agreement.cohen_kappa(table, weights=w)["value"].round(3).item() for w in (None, "quadratic")]
    [0.697, 0.855]
    """
    data = _read(ratings, dimension, categories, level, "Cohen's kappa")
    w, name = data.weight_matrix(weights)
    wanted = _codes(raters, data) if raters is not None else None
    label = f"Cohen weighted kappa, {name} weights" if name else "Cohen kappa"
    frames = []
    for part_name, whole in data.by_dimension():
        part = whole if wanted is None else whole.where(np.isin(whole.rater, wanted))
        pairs = pair_tables(part.unit, part.rater, part.category, len(w))
        found = kappa(pairs.counts, w, level=level)
        names = np.array(data.raters, dtype=object)
        two = [names[pairs.first], names[pairs.second]]
        if wanted is not None and not len(pairs.counts):
            blank = {c: [np.nan] for c in _NUMBERS} | {
                "largest": [np.nan],
                "n": [0],
                "reason": [say("S-NOTSHARED", needed=1)],
                "note": [""],
            }
            shown: dict[str, Any] = {"rater_1": [raters[0]], "rater_2": [raters[1]], **blank} if raters else {}
        else:
            if wanted is not None and wanted[0] > wanted[1]:
                two.reverse()
            cap = largest_kappa(pairs.counts)
            shown = {"rater_1": two[0], "rater_2": two[1]}
            shown |= dict(zip(_NUMBERS, _columns(found), strict=True))
            shown |= {"largest": cap, "n": found.n, "reason": _reasons(found)}
            shown["note"] = _notes(found, cap, pairs.counts, data.categories, plain=not name)
        assumes = f"two raters, {len(w)} categories; each rater's own totals are chance"
        frames.append(pd.DataFrame({"coefficient": label, "dimension": part_name, **shown, "assumes": assumes}))
    return pd.concat(frames, ignore_index=True)[list(PAIR_COLUMNS)]


def fleiss_kappa(
    ratings: Ratings | pd.DataFrame,
    dimension: str | None = None,
    *,
    weights: Weights = None,
    categories: Sequence[Any] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Agreement of several raters on categories: Fleiss' kappa, whole and category by category, Conger's and Light's.

    :math:`\kappa = (\bar P - \bar P_e)/(1 - \bar P_e)`; chance is the shares of the categories over all raters (Fleiss), each rater's
    own (Conger), or κ is the mean over pairs of raters (Light). Units may lack raters.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension``; in a DataFrame the scores may be words (or be called ``value``).
    dimension : str, optional
        One dimension; by default each has its own rows.
    weights : str or (q, q) array or DataFrame, optional
        As for :func:`cohen_kappa`.
    categories : sequence, optional
        All categories in order.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        ``coefficient, dimension, category, value, se, ci_low, ci_high, z, p, observed, expected, n, raters, reason, note, assumes``.
        First the coefficients (``category`` blank), then Fleiss' κ of each category against the rest with, in ``observed``, the
        chance that a second rater agrees on it. ``se`` holds for units drawn from many (Gwet 2014); z and p test κ = 0: with the
        standard error under chance (Fleiss, Nee & Landis 1979) where all units have the same number of raters, else value/se.

    Raises
    ------
    RatingsError, SettingsError, InsufficientDataError
        As :func:`cohen_kappa`.

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76, 378-382. Light (1971), Psychological Bulletin 76, 365-377. Conger (1980),
    Psychological Bulletin 88, 322-328. Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed.

    Examples
    --------
    >>> import rankkit as rk
    >>> table = rk.agreement.fleiss_kappa(rk.datasets.load("krippendorff_canonical"))
    >>> table.set_index("coefficient")["value"].iloc[:2].round(5).to_dict()
    {'Fleiss kappa': 0.76117, 'Conger kappa': 0.76282}
    """
    data = _read(ratings, dimension, categories, level, "Fleiss' kappa")
    w, name = data.weight_matrix(weights)
    tail = f", {name} weights" if name else ""
    rows: list[tuple[Any, ...]] = []
    for part_name, part in data.by_dimension():
        counts, n_raters = _counts(part), len(np.unique(part.rater))
        several = counts[counts.sum(axis=1) >= _FEW]
        same = len(several) == len(counts) > 0 and len(np.unique(several.sum(axis=1))) == 1
        test = fleiss_test(several) if same and not name else None
        chances: tuple[tuple[str, Chance, str], ...] = (
            ("Fleiss kappa", "fleiss", "raters exchangeable: the shares over all raters are chance"),
            ("Conger kappa", "conger", "these raters: each rater's own shares are chance"),
        )
        for label, chance, assumes in chances:
            found = chance_corrected(part.unit, part.rater, part.category, w, chance, level=level)
            z, p = (test.z, test.p) if test and chance == "fleiss" else (_ratio(found.value, found.se), found.p)
            size = (found.observed, found.expected, found.n_shared, n_raters, why(found.value, found.se, found.observed, found.n_shared))
            note = prevalence(found.value, found.observed, found.expected, counts.sum(axis=0), data.categories) if not name else ""
            rows.append((label + tail, part_name, "", found.value, found.se, found.low, found.high, z, p, *size, note, assumes))
        pairs = pair_tables(part.unit, part.rater, part.category, len(w))
        each = kappa(pairs.counts, w)
        value, usable = light_kappa(each.value, each.observed), int(np.isfinite(each.value).sum())
        lost = f"; {len(each.n) - usable} pairs without a kappa left out" if usable < len(each.n) else ""
        blank = (np.nan,) * 7
        reason = say("S-MEANOFPAIRS") if usable else say("S-ONECATEGORY" if len(several) else "S-NOTSHARED", needed=_FEW)
        assumes = f"mean of Cohen's kappa over {usable} pairs of raters{lost}"
        rows.append(("Light kappa" + tail, part_name, "", value, *blank, len(several), n_raters, reason, "", assumes))
        if test is not None:
            for k, category in enumerate(data.categories):
                numbers = (test.category_value[k], np.nan, np.nan, np.nan, test.category_z[k], test.category_p[k], test.specific[k], np.nan)
                reason = say("S-ONLYCHANCE") if np.isfinite(test.category_value[k]) else _unused(counts, k)
                assumes = "this category against all others"
                rows.append(("Fleiss kappa", part_name, category, *numbers, len(several), n_raters, reason, "", assumes))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _read(ratings: Ratings | pd.DataFrame, dimension: str | None, categories: Sequence[Any] | None, level: float, what: str) -> Codings:
    """Check the level and read the codings."""
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    data = codings(ratings, dimension, categories)
    data.need(what)
    return data


def _codes(raters: tuple[str, str], data: Codings) -> list[int]:
    """Codes of the two raters that were named."""
    if isinstance(raters, str) or len(raters) != 2 or raters[0] == raters[1]:
        raise SettingsError("E-SETTING", name="raters", value=raters, allowed="two different raters")
    missing = [str(r) for r in raters if str(r) not in data.raters]
    if missing:
        raise RatingsError("E-NORATER", missing=missing, found=list(data.raters))
    two = [data.raters.index(str(r)) for r in raters]
    if not len(np.intersect1d(*(data.unit[data.rater == r] for r in two))):
        raise InsufficientDataError("E-FEW", what="Cohen's kappa", needed=1, unit="people both raters rated", found=0)
    return two


def _counts(part: Codings) -> np.ndarray[Any, Any]:
    """Raters who put each unit into each category, units with any coding only."""
    q = len(part.categories)
    units = np.unique(part.unit, return_inverse=True)[1]
    return np.bincount(units * q + part.category, minlength=(int(units.max(initial=-1)) + 1) * q).reshape(-1, q)


def _columns(found: Kappa) -> tuple[Floats, ...]:
    """The numbers of each pair, in the order of the columns."""
    return (found.value, found.se, found.low, found.high, found.z, found.p, found.observed, found.expected)


def _reasons(found: Kappa) -> list[str]:
    """Why a number of a pair is missing."""
    out = [""] * len(found.n)
    for k in np.flatnonzero(~np.isfinite(found.low)):
        out[k] = why(float(found.value[k]), float(found.se[k]), float(found.observed[k]), int(found.n[k]))
    return out


def _notes(found: Kappa, cap: Floats, counts: Ints, categories: tuple[str, ...], *, plain: bool) -> list[str]:
    """What may mislead about each pair: prevalence, or different totals."""
    out = [""] * len(found.n)
    if not plain:
        return out
    use = counts.sum(axis=1) + counts.sum(axis=2)
    capped = (np.nan_to_num(cap, nan=1.0) < _CAPPED) & (found.n >= _ENOUGH)
    gap = np.nan_to_num(found.observed - found.value) > 0
    for k in np.flatnonzero(gap | capped):
        said = [prevalence(float(found.value[k]), float(found.observed[k]), float(found.expected[k]), use[k], categories)]
        said += [say("I-MARGINALS", largest=f"{cap[k]:.2f}")] if capped[k] else []
        out[k] = "; ".join(s for s in said if s)
    return out


def _ratio(value: float, se: float) -> float:
    return value / se if se > 0 else np.nan


def _unused(counts: np.ndarray[Any, Any], category: int) -> str:
    """Why a category has no kappa: nobody used it, or everybody always did."""
    return say("S-ONECATEGORY" if counts[:, category].any() else "S-NOBODYUSED")
