"""Tables of the check of careless responding: the signs of each rater, kind by kind, and scores without those flagged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.dimension_correlations import scaled
from rankkit.bias.form_positions import observed_positions
from rankkit.bias.halo_tables import because
from rankkit.bias.panel import Panel
from rankkit.bias.rating_columns import has, number_column
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects import careless_indices
from rankkit.kernels.rater_effects.exchange_test import exchange_test
from rankkit.kernels.rater_effects.halo_indices import covariances, pair_inflation, same_rater
from rankkit.kernels.rater_effects.profile_dispersion import team_comparison
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.kernels.rater_effects.rating_profiles import Profiles
from rankkit.tables.text import encode

KINDS = ("sameness", "oddness", "inconsistency", "speed")
_RATIO = 0.67  # of spreads, below which forms are alike
_ODD = 0.5  # of the other raters' mean distance, in standard deviations of it
_HALF = 0.5  # of the others' correlation, below which halves disagree
_REPEAT = 1.5  # of the others' differences between repeated answers
_SYNONYMS = 0.60  # correlation that makes two dimensions say the same (Curran 2016)


@dataclass(frozen=True)
class CarelessSettings:
    """Settings of the check.

    Attributes
    ----------
    seconds : float
        Seconds an item that are too few to have read it.
    fewest : int
        Fewest forms of a rater.
    review_q : float
        False discovery rate.
    """

    seconds: float
    fewest: int
    review_q: float


@dataclass(frozen=True, eq=False)
class Sign:
    """One kind of sign: p-value, whether it is large enough, and its columns; one value a rater."""

    p: Floats
    large: Bools
    columns: dict[str, Floats]


def rater_table(panel: Panel, data: Profiles, settings: CarelessSettings) -> pd.DataFrame:
    """One row a rater: every sign with what other raters have, and how many kinds speak."""
    place = observed_positions(panel, data) if has(panel.table, "position") else None
    if place is not None and not np.isfinite(place).all(axis=1).all():
        place = None
    forms = np.bincount(data.rater, minlength=data.m)
    same = _sameness(data, settings)
    signs = {
        "sameness": same,
        "oddness": _oddness(data),
        "inconsistency": _inconsistency(panel, data, place, settings, same.large),
        "speed": _speed(panel, data, settings),
    }
    few = forms < settings.fewest
    p = np.stack([np.where(few, np.nan, signs[kind].p) for kind in KINDS], axis=1)
    q = np.stack([benjamini_hochberg(column) for column in p.T], axis=1)
    large = np.stack([signs[kind].large for kind in KINDS], axis=1)
    speaks = (np.nan_to_num(q, nan=1.0) < settings.review_q) & large
    count = speaks.sum(axis=1)
    both = careless_indices.at_least_two(p)
    both_q = benjamini_hochberg(both)
    found = np.nan_to_num(both_q, nan=1.0) < settings.review_q
    level = np.where(found & (count >= 2), "review", np.where(found, "info", ""))
    columns: dict[str, object] = {"n": forms, "items": data.to_raters(data.seen.astype(float)).sum(axis=1).astype(np.int64)}
    columns |= {"estimate": count, "p": both, "q": both_q, "level": level}
    columns["signs"] = ["; ".join(k for k, s in zip(KINDS, row, strict=True) if s) for row in speaks]
    columns |= _runs(data, place)
    for c, kind in enumerate(KINDS):
        columns |= signs[kind].columns | {f"{kind}_p": p[:, c], f"{kind}_q": q[:, c]}
    reasons = ["S-FEWPEOPLE" if f else "S-ONEKIND" if np.isnan(v) else "" for f, v in zip(few, both, strict=True)]
    table = pd.DataFrame(columns | {"reason": because(reasons)}, index=panel.rater_index())
    unknown = [c for c in table.columns if c not in ("p", "q") and table[c].isna().all()]
    return table.drop(columns=unknown)  # signs that could not be looked for at all


def _mean(rows: Floats, data: Profiles) -> Floats:
    """Mean over each rater's forms; NaN without any."""
    held = ~np.isnan(rows)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(data.rater[held], rows[held], data.m) / np.bincount(data.rater[held], minlength=data.m))


def _runs(data: Profiles, place: Floats | None) -> dict[str, Floats]:
    """Longest run within a form, in the order of presentation, and the share of straight lines."""
    straight = careless_indices.response_variability(data.x)
    line = np.where(np.isnan(straight), np.nan, (straight <= 1e-12).astype(float))
    longest = np.full(data.m, np.nan)
    if place is not None:
        run = careless_indices.longest_run(np.take_along_axis(data.x, np.argsort(place, axis=1), axis=1)).astype(float)
        longest = np.full(data.m, -np.inf)
        np.maximum.at(longest, data.rater, run)
        longest[~np.isfinite(longest)] = np.nan
    return {"longest_run": longest, "straight_lines": _mean(line, data)}


def _sameness(data: Profiles, settings: CarelessSettings) -> Sign:
    """Little variation over the items *and* over the people; flat forms of a rater who tells people apart are halo."""
    within = careless_indices.response_variability(data.x)
    centre = np.where(data.seen, data.x, 0.0).sum(axis=0) / np.maximum(data.seen.sum(axis=0), 1)
    level = np.where(data.seen, data.x - centre, 0.0).sum(axis=1) / np.maximum(data.seen.sum(axis=1), 1)
    over = careless_indices.spread_over_people(level, data.rater, data.m)
    p, ratio = np.zeros(data.m), np.zeros(data.m)
    columns: dict[str, Floats] = {}
    for name, rows in (("variability", within), ("spread", over)):
        mean, others, low, _ = _compare(rows, data, settings.fewest)
        columns |= {name: mean, f"{name}_others": others}
        p = np.maximum(p, low)  # both must hold (intersection-union)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.maximum(ratio, mean / others)
    return Sign(p, np.nan_to_num(ratio, nan=np.inf) <= _RATIO, columns)


def _compare(rows: Floats, data: Profiles, fewest: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean, others' mean and both tails: raters of the same people exchanged, or else Welch's t over different people."""
    own = exchange_test(rows, data.ratee, data.rater, data.m)
    team = team_comparison(rows, data.rater, data.m)
    n = np.bincount(data.rater[~np.isnan(rows)], minlength=data.m)
    linked = (own.n > 0) & (own.n >= np.minimum(fewest, n))
    pick = [
        np.where(linked, a, b)
        for a, b in ((own.mean, team.mean), (own.others, team.others), (own.p_low, team.p_low), (own.p_high, team.p_high))
    ]
    return pick[0], pick[1], pick[2], pick[3]


def _oddness(data: Profiles) -> Sign:
    """Profiles unlike those of other raters (Mahalanobis distance)."""
    distance = careless_indices.profile_distance(data)
    mean, others, _, high = _compare(distance, data, 1)
    return Sign(high, np.nan_to_num(mean - others, nan=-np.inf) >= _ODD, {"profile_distance": mean, "profile_distance_others": others})


def _inconsistency(panel: Panel, data: Profiles, place: Floats | None, settings: CarelessSettings, alike: Bools) -> Sign:
    """Halves, dimensions of one meaning, or repeated answers that do not agree."""
    columns: dict[str, Floats] = {}
    p, large = [], []
    for name, found in (("even_odd", _halves(data, place, settings)), ("synonyms", _synonyms(data, settings))):
        columns |= {name: np.full(data.m, np.nan), f"{name}_others": np.full(data.m, np.nan)}
        if found is not None:
            columns |= {name: found.r, f"{name}_others": found.others}
            p.append(found.p_low)
            large.append(np.nan_to_num(found.r, nan=np.inf) <= _HALF * found.others)
    difference, others, high = _repeated(panel, data.m)
    columns |= {"repeated": difference, "repeated_others": others}
    p.append(high)
    with np.errstate(divide="ignore", invalid="ignore"):
        large.append(np.nan_to_num(difference / others, nan=0.0) >= _REPEAT)
    table, known = np.stack(p), ~np.isnan(np.stack(p))
    smallest = np.where(known, table, np.inf).min(axis=0)
    counts = known.any(axis=0) & ~alike  # little variation leaves nothing to correlate: that is no sign of its own
    joint = np.full(data.m, np.nan)
    joint[counts] = np.minimum(smallest[counts] * known.sum(axis=0)[counts], 1.0)
    return Sign(joint, np.asarray((np.stack(large) & (table <= smallest)).any(axis=0)), columns)


def _halves(data: Profiles, place: Floats | None, settings: CarelessSettings) -> careless_indices.Consistency | None:
    """Correlation of the means of items at odd and even places, over the forms of a rater."""
    if place is None or data.x.shape[1] < 4:
        return None
    odd = (np.argsort(np.argsort(place, axis=1), axis=1) % 2).astype(bool)
    with np.errstate(invalid="ignore"):
        parts = [np.where(data.seen & side, data.x, 0.0).sum(axis=1) / (data.seen & side).sum(axis=1) for side in (odd, ~odd)]
    halves = scaled(Profiles(data.ratee, data.rater, np.stack(parts, axis=1), data.n, data.m))
    return careless_indices.consistency(halves, same_rater(halves, fewest=settings.fewest))


def _synonyms(data: Profiles, settings: CarelessSettings) -> careless_indices.Consistency | None:
    """Correlation of dimensions that go together in all raters' forms at .60 or more; of all dimensions if there are none."""
    if data.x.shape[1] < 2:
        return None
    data = scaled(data)
    pooled = pair_inflation(covariances(data)).same_rater
    strong = np.nan_to_num(pooled) >= _SYNONYMS
    only = strong if strong.any() else np.ones(len(pooled), dtype=bool)
    return careless_indices.consistency(data, same_rater(data, fewest=settings.fewest, only=only))


def _repeated(panel: Panel, m: int) -> tuple[Floats, Floats, Floats]:
    """Distance between answers to the same item about the same person, where it was asked again."""
    table = panel.table
    rated = np.flatnonzero(~np.isnan(table.score))
    cycle = encode(table.extras["cycle"]).codes + 1 if has(table, "cycle") else np.zeros(len(table), dtype=np.int64)
    key = table._key()  # noqa: SLF001 - cells
    again = cycle * (int(key.max(initial=0)) + 1) + key  # a person may change from one cycle to the next
    frame = pd.DataFrame({"rater": table.rater[rated], "key": again[rated], "score": table.score[rated]})
    groups = frame.groupby("key")
    size = groups["score"].size()
    repeated = size.index[size > 1]
    if not len(repeated):
        return np.full(m, np.nan), np.full(m, np.nan), np.full(m, np.nan)
    span = (groups["score"].max() - groups["score"].min()).loc[repeated].to_numpy(dtype=float)
    found = team_comparison(span, groups["rater"].first().loc[repeated].to_numpy(dtype=np.int64), m)
    return found.mean, found.others, found.p_high


def _speed(panel: Panel, data: Profiles, settings: CarelessSettings) -> Sign:
    """Forms filled in at less than two seconds an item (Huang et al. 2012): a sign test over forms."""
    nothing = np.full(data.m, np.nan)
    if not has(panel.table, "response_ms"):
        return Sign(nothing, np.zeros(data.m, dtype=bool), {"item_seconds": nothing, "fast_forms": nothing})
    table = panel.table
    seconds = number_column(table, "response_ms") / 1000
    timed = np.flatnonzero(np.isfinite(seconds) & ~np.isnan(table.score))
    frame = pd.DataFrame({"rater": table.rater[timed], "ratee": table.ratee[timed], "seconds": seconds[timed]})
    form = frame.groupby(["rater", "ratee"])["seconds"].median().reset_index()
    n = np.bincount(form["rater"], minlength=data.m)
    fast = np.bincount(form["rater"], form["seconds"] < settings.seconds, data.m)
    median = frame.groupby("rater")["seconds"].median().reindex(range(data.m)).to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        share = fast / n
    p = np.where(n > 0, stats.binom.sf(fast - 1, n, 0.5), np.nan)
    return Sign(p, np.nan_to_num(median, nan=np.inf) < settings.seconds, {"item_seconds": median, "fast_forms": share})


def sensitivity(panel: Panel, flagged: Bools) -> pd.DataFrame:
    """Scores of all people with and without the raters flagged; nobody is deleted."""
    c, table = panel.cells, panel.table
    keep = ~flagged[c.rater]
    k = len(table.dimensions)
    shape = (len(table.people), len(table.raters))
    less = composite(c.ratee[keep], c.rater[keep], c.dimension[keep], c.score[keep], np.full(k, 1 / k), *shape)
    whole = panel.composites
    frame = pd.DataFrame(
        {
            "score": whole.score,
            "score_without": less.score,
            "difference": less.score - whole.score,
            "rank": pd.Series(-whole.score.round(9)).rank(method="min").to_numpy(),
            "rank_without": pd.Series(-less.score.round(9)).rank(method="min").to_numpy(),
            "n_raters": whole.n_raters,
            "n_raters_without": less.n_raters,
        },
        index=pd.Index(list(table.people), name="ratee"),
    )
    frame["reason"] = because(["" if np.isfinite(s) else "S-ONLYFLAGGED" if np.isfinite(w) else "S-NOSCORE"
                               for s, w in zip(less.score, whole.score, strict=True)])  # fmt: skip
    return frame


def nonresponse(panel: Panel) -> pd.DataFrame:
    """Share of blank answers by source."""
    table = panel.table
    names = [*table.sources, ""]  # code −1: no source given
    frame = pd.DataFrame({"source": np.array(names, dtype=object)[table.source], "blank": np.isnan(table.score)})
    groups = frame.groupby("source")["blank"]
    return pd.DataFrame({"ratings": groups.size(), "blank": groups.sum(), "share": groups.mean()})
