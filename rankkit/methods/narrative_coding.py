"""How well coders agree on codes of texts: kappa family, alpha, AC1, category by category, boundaries apart, models apart."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit import agreement
from rankkit.errors import InsufficientDataError, Problem
from rankkit.kernels.reliability.segment_boundaries import boundary_similarity
from rankkit.tables.codes import Codes

_COLUMNS = (
    "coefficient", "what", "rater_1", "rater_2", "value", "se", "ci_low", "ci_high", "observed", "expected", "n", "left_out", "reason",
    "note",
)  # fmt: skip
_FEW_LEVELS = 12


def coding_agreement(codes: Codes, level: float, seed: int, among: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Agreement of coders (people by default): every pair's κ, quadratic κ of values, α, AC1; ``left_out`` = segments only one coded."""
    chosen = codes.people if among is None else among
    frames = []
    for what in ("code", "value"):
        if what not in codes.entries:
            continue
        long = codes.as_ratings(what)
        long = long[long["rater"].isin(chosen)].dropna(subset="score")
        if long["rater"].nunique() < 2:
            continue
        frames.append(_of_codes(long, level, seed) if what == "code" else _of_values(long, level, seed))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(_COLUMNS))


def _of_codes(long: pd.DataFrame, level: float, seed: int) -> pd.DataFrame:
    words = long.assign(score="c:" + long["score"].astype(str))  # codes are names even where they look like numbers
    out = [
        _tried(lambda: agreement.cohen_kappa(words, level=level), long, "code"),
        _tried(lambda: agreement.krippendorff_alpha(words, "nominal", level=level, seed=seed), long, "code"),
        _tried(lambda: agreement.gwet_ac(words, level=level), long, "code"),
        _tried(lambda: _first(agreement.fleiss_kappa(words, level=level)), long, "code"),
    ]
    return pd.concat([o for o in out if len(o)], ignore_index=True)


def _of_values(long: pd.DataFrame, level: float, seed: int) -> pd.DataFrame:
    whole = len(set(long["score"])) <= _FEW_LEVELS
    out = [
        _tried(lambda: agreement.cohen_kappa(long, weights="quadratic", level=level), long, "value") if whole else pd.DataFrame(),
        _tried(lambda: agreement.krippendorff_alpha(long, "ordinal", level=level, seed=seed), long, "value"),
        _tried(lambda: agreement.krippendorff_alpha(long, "interval", level=level, seed=seed), long, "value"),
        _tried(lambda: agreement.gwet_ac(long, weights="quadratic", level=level), long, "value") if whole else pd.DataFrame(),
    ]
    return pd.concat([o for o in out if len(o)], ignore_index=True)


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["category"] == "") & frame["coefficient"].str.startswith("Fleiss")]


def _tried(compute: Any, long: pd.DataFrame, what: str) -> pd.DataFrame:
    """Lay a coefficient's rows out under our columns; nothing where coders share no segment."""
    try:
        found: pd.DataFrame = compute()
    except InsufficientDataError:
        return pd.DataFrame()
    out: pd.DataFrame = found.reindex(columns=list(_COLUMNS)).assign(what=what)
    for name in ("rater_1", "rater_2", "reason", "note"):
        out[name] = out[name].astype(object).where(out[name].notna(), "")
    of = {r: set(part) for r, part in long.groupby("rater")["ratee"]}
    alone = int((long.groupby("ratee")["rater"].nunique() < 2).sum())
    out["left_out"] = [len(of[a] ^ of[b]) if a in of and b in of else alone for a, b in zip(out["rater_1"], out["rater_2"], strict=True)]
    return out


def specific_agreement(codes: Codes, level: float) -> pd.DataFrame:
    """Agreement on each category: if one coder uses it, how often does another one (Spitzer & Fleiss 1974; Cicchetti & Feinstein 1990).

    By ``category``: ``value`` = Σ agreeing pairs / Σ pairs in which one used it, over all pairs of coders who are people, with an interval
    that resamples segments by linearisation on the logit scale; ``uses``, ``segments``, ``kappa`` (Fleiss, this category against the rest),
    ``reason``.
    """
    entries = codes.entries[codes.entries["coder"].isin(codes.people)].dropna(subset="code")
    unit = pd.factorize(entries["narrative"] + "|" + entries["segment"], sort=True)[0]
    code = pd.Categorical(entries["code"], categories=list(codes.categories)).codes
    q, n = len(codes.categories), int(unit.max(initial=-1)) + 1
    counts = np.bincount(unit * q + code, minlength=n * q).reshape(n, q).astype(np.float64)
    m = counts.sum(axis=1)
    counts, m = counts[m >= 2], m[m >= 2]
    agree, pairs = counts * (counts - 1), counts * (m[:, None] - 1)
    z = float(stats.norm.ppf((1 + level) / 2))
    rows = []
    fleiss = {k: _one_against_rest(counts, k) for k in range(q)}
    for k, name in enumerate(codes.categories):
        total, units = float(pairs[:, k].sum()), int((counts[:, k] > 0).sum())
        value = float(agree[:, k].sum() / total) if total else np.nan
        low = high = np.nan
        reason = "" if total else Problem("S-NOBODYUSED").note()
        if total and 0 < value < 1 and units >= 3:
            r = agree[:, k] - value * pairs[:, k]
            se = float(np.sqrt(len(r) / (len(r) - 1) * (r**2).sum())) / total
            centre, half = np.log(value / (1 - value)), z * se / (value * (1 - value))
            low, high = (float(1 / (1 + np.exp(-(centre + s * half)))) for s in (-1, 1))
        elif total:
            reason = Problem("S-FEWUSES").note()
        rows.append((name, int(counts[:, k].sum()), units, value, low, high, fleiss[k], reason))
    return pd.DataFrame(rows, columns=["category", "uses", "segments", "value", "ci_low", "ci_high", "kappa", "reason"]).set_index(
        "category"
    )


def _one_against_rest(counts: np.ndarray[Any, Any], k: int) -> float:
    """Fleiss' κ of one category against all others, any number of coders a segment."""
    m = counts.sum(axis=1)
    x = counts[:, k]
    p = x.sum() / m.sum() if m.sum() else np.nan
    if not 0 < p < 1:
        return float("nan")
    observed = (x * (m - x) / (m - 1)).sum() / m.sum() * 2
    return float(1 - observed / (2 * p * (1 - p)))


def confusion(codes: Codes) -> pd.DataFrame:
    """How often one coder's category met another's, both orders of every pair of coders who are people: square, by category."""
    entries = codes.entries[codes.entries["coder"].isin(codes.people)].dropna(subset="code")
    both = entries.merge(entries, on=["narrative", "segment"], suffixes=("", "_2"))
    both = both[both["coder"] != both["coder_2"]]
    names = list(codes.categories)
    out = pd.crosstab(both["code"], both["code_2"]).reindex(index=names, columns=names, fill_value=0)
    return out.rename_axis(index="category", columns=None).astype("int64")


def boundaries(codes: Codes, reach: int, level: float) -> pd.DataFrame:
    """Where coders cut the texts, apart from what they called the pieces: mean boundary similarity by pair of coders."""
    columns = ["rater_1", "rater_2", "texts", "value", "ci_low", "ci_high", "matched", "near", "missed", "reason"]
    if not {"start", "end"} <= set(codes.entries):
        return pd.DataFrame(columns=columns)
    entries = codes.entries[codes.entries["coder"].isin(codes.people)].dropna(subset=["start", "end"])
    cuts = {
        (str(n), str(c)): np.unique(part[["start", "end"]].to_numpy(dtype=np.int64))
        for (n, c), part in entries.groupby(["narrative", "coder"])
    }
    rows = []
    for a, b in combinations(codes.people, 2):
        found = []
        for narrative in sorted({n for n, c in cuts if c == a} & {n for n, c in cuts if c == b}):
            x, y = cuts[narrative, a], cuts[narrative, b]
            ends = {int(min(x.min(), y.min())), int(max(x.max(), y.max()))}  # the ends of what was coded are no cuts
            found.append(boundary_similarity(np.setdiff1d(x, list(ends)), np.setdiff1d(y, list(ends)), reach))
        values = np.array([f.value for f in found if not np.isnan(f.value)])
        mean = float(values.mean()) if len(values) else np.nan
        half = (
            float(stats.t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
        )
        reason = "" if len(values) > 1 else Problem("S-NOTSHARED", None, None, None, {"needed": 2}).note()
        sums = tuple(sum(getattr(f, k) for f in found) for k in ("matched", "near", "missed"))
        rows.append((a, b, len(values), mean, max(mean - half, 0.0), min(mean + half, 1.0), *sums, reason))
    return pd.DataFrame(rows, columns=columns)


def models(codes: Codes, level: float) -> pd.DataFrame:
    """Each model's agreement with each person who coded, beside that of people with each other (``rater_1`` a person); κ of codes."""
    columns = ["rater_1", "rater_2", "kind", "value", "ci_low", "ci_high", "observed", "n", "reason"]
    if not codes.models:
        return pd.DataFrame(columns=columns)
    long = codes.as_ratings().dropna(subset="score")
    words = long.assign(score="c:" + long["score"].astype(str))
    try:
        found = agreement.cohen_kappa(words, level=level)
    except InsufficientDataError:
        return pd.DataFrame(columns=columns)
    is_model = {c: c in codes.models for c in codes.coders}
    kind = [is_model[str(a)] + is_model[str(b)] for a, b in zip(found["rater_1"], found["rater_2"], strict=True)]
    out = found.assign(kind=np.array(["two people", "model and person", "models"], dtype=object)[kind])
    return out[out["kind"] != "models"][columns].sort_values(["kind", "rater_1", "rater_2"], kind="stable", ignore_index=True)
