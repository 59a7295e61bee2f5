"""Ratings from a table of names, validation included: ``python benchmarks/ratings.py [--quick] [--growth]``.

CPU seconds of one thread, against peers run turn by turn in this process, or timed inside R. Peers that are not installed,
or take minutes, are compared with stored figures of an earlier run of both, and the row says so. ``--quick`` leaves out tables
of a million ratings; ``--growth`` draws time against the number of ratings.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import rating_peers as peers
from timing import in_turns, shown

import rankkit as rk
from rankkit.kernels.components import crossed_reml
from rankkit.kernels.reliability.krippendorff import disagreement
from rankkit.kernels.reliability.krippendorff_bootstrap import alpha_interval
from rankkit.tables.ratings import Ratings

Row = tuple[str, str, str, str]
STORED = {  # seconds of peers that are not installed or take minutes, on another machine
    "statsmodels MixedLM, 10k": 62.0,
    "RaschPy": 94.0,
    "mfrmr": 66.0,
    "TAM": 176.0,
    "gtheory": 9.1,
}


def cpu(function: Callable[[], object], repeats: int) -> float:
    """CPU seconds of the fastest of some runs."""
    return in_turns({"it": function}, repeats, time.process_time)["it"]


def at_least(ratio: float, bar: float | None) -> str:
    """Ratio, and whether it clears its bar."""
    return f"{ratio:.1f}×" + ("" if bar is None else f"; bar {bar:g}×: {'met' if ratio >= bar else 'MISSED'}")


def at_most(value: float, bar: float) -> str:
    """Whether seconds stay under a bar."""
    return f"bar {shown(bar)}: {'met' if value <= bar else 'MISSED'}"


def components(data: pd.DataFrame) -> tuple[crossed_reml.CrossedComponents, Ratings]:
    """Components, criterion and effects of everybody, from the table of names."""
    table = Ratings.from_frame(data)
    return crossed_reml.fit(table.score, table.ratee, table.rater, len(table.people), len(table.raters)), table


def closeness(data: pd.DataFrame, theirs: dict[str, float], effects: pd.Series) -> str:
    """Largest differences from lme4; ours are better where the criterion is lower."""
    found, table = components(data)
    variances = np.array([theirs["variance:ratee"], theirs["variance:rater"], theirs["variance:Residual"]])
    by_name = pd.Series(found.blup_row, index=list(table.people))
    effect = float((by_name - effects.reindex(by_name.index)).abs().max())
    part = float(np.abs(found.variances / variances - 1).max())
    return f"criterion {found.deviance - theirs['criterion']:+.0e}, components {part:.0e}, ratees {effect:.0e} apart"


def mixed(*, quick: bool) -> list[Row]:
    """Crossed random intercepts by REML, against lme4 and statsmodels."""
    rows, study = [], partial(rk.agreement.generalizability, design="ratee x rater", method="reml")
    cases = [("lecturer evaluations 73k", None, 3, 2), ("100k", 100_000, 3, 5), *([] if quick else [("1M", 1_000_000, 1, 7)])]
    if peers.r_has("lme4"):
        for name, size, repeats, bar in cases:
            given = None if size is None else peers.crossed(size)
            theirs, effects, data = peers.lme4(given, "score ~ 1 + (1 | ratee) + (1 | rater)", repeats)
            mine = cpu(partial(components, data), 3)
            apart = f"lme4 {shown(theirs['seconds'])} ({closeness(data, theirs, effects)})"
            rows.append((f"crossed REML, {name}: components and effects", shown(mine), apart, at_least(theirs["seconds"] / mine, bar)))
            if size != 1_000_000:
                whole = cpu(partial(study, data), 1)
                against = f"lme4 without intervals {shown(theirs['seconds'])}"
                ratio = at_least(theirs["seconds"] / whole, None)
                rows.append((f"crossed REML, {name}: the study with intervals", shown(whole), against, ratio))
    small, medium = peers.crossed(1_000, 50, 10), peers.crossed(10_000)
    if find_spec("statsmodels"):
        seconds = in_turns({"rankkit": partial(components, small), "peer": partial(peers.mixed_lm, small)}, 3, time.process_time)
        ratio = at_least(seconds["peer"] / seconds["rankkit"], None)
        rows.append(("crossed REML, 1k", shown(seconds["rankkit"]), f"statsmodels MixedLM {shown(seconds['peer'])}", ratio))
    mine, theirs_stored = cpu(partial(components, medium), 5), STORED["statsmodels MixedLM, 10k"]
    rows.append(
        ("crossed REML, 10k", shown(mine), f"statsmodels MixedLM {theirs_stored:.0f} s (stored)", at_least(theirs_stored / mine, 1000))
    )
    return rows


def rasch_whole(data: pd.DataFrame) -> None:
    """Joint ML, persons, and fit statistics of persons, raters and dimensions."""
    result = rk.ManyFacetRasch(estimation="joint").fit(data)
    for name in ("measures", "person_fit", "rater_measures", "dimension_measures"):
        result.evidence[name]


def rasch(*, quick: bool) -> list[Row]:
    """Many-facet Rasch models, against RaschPy where it is installed and small enough, and stored figures."""
    rows = []
    data = peers.graded(200_000)
    joint, whole = cpu(partial(rk.ManyFacetRasch(estimation="joint").fit, data), 3), cpu(partial(rasch_whole, data), 3)
    what = "many-facet Rasch, 200k, joint ML, persons and fit"
    for name, bar in (("RaschPy", 80), ("mfrmr", 60)):
        rows.append((what, shown(whole), f"{name} {STORED[name]:.0f} s (stored)", at_least(STORED[name] / whole, bar)))
    if find_spec("raschpy"):
        small = peers.graded(20_000, raters=20)
        theirs = peers.raschpy(small)
        mine = cpu(partial(rasch_whole, small), 3)
        note = f"RaschPy {shown(theirs['whole'])} (calibration alone {shown(theirs['calibration'])})"
        rows.append(("many-facet Rasch, 20k, joint ML, persons and fit", shown(mine), note, at_least(theirs["whole"] / mine, None)))
    marginal = cpu(partial(rk.ManyFacetRasch(dependence="none").fit, data), 2)
    against = f"TAM {STORED['TAM']:.0f} s (stored)"
    rows.append(("many-facet Rasch, 200k, marginal ML", shown(marginal), against, at_least(STORED["TAM"] / marginal, 40)))
    if not quick:
        million = cpu(partial(rk.ManyFacetRasch(estimation="joint").fit, peers.graded(1_000_000)), 1)
        note = f"{million / joint / 5:.1f}× in proportion; bar 2×: {'met' if million <= 10 * joint else 'MISSED'}"
        rows.append(("many-facet Rasch, 1M, joint ML", shown(million), f"200k {shown(joint)}", note))
    return rows


def incomplete() -> list[Row]:
    """Six coefficients where each ratee has three of eight raters, against psych by lmer."""
    if not peers.r_has("psych"):
        return []
    rng = np.random.default_rng(6)
    y = rng.normal(size=(200, 1)) + 0.5 * rng.normal(size=8) + rng.normal(size=(200, 8))
    y[rng.random(y.shape).argsort(axis=1) >= 3] = np.nan
    wide = pd.DataFrame(y, columns=[f"r{r}" for r in range(8)])
    tidy = wide.assign(ratee=[f"e{i:03d}" for i in range(200)]).melt("ratee", var_name="rater", value_name="score").dropna()
    theirs, mine = peers.psych(wide), cpu(partial(rk.agreement.icc, tidy), 3)
    found = rk.agreement.icc(tidy)
    ours = found.set_index("coefficient")["value"] if "coefficient" in found else found["value"]
    pairs = {"ICC1": "ICC(1,1)", "ICC2": "ICC(A,1)", "ICC3": "ICC(C,1)"}
    gap = max(abs(theirs[t] - ours[o]) for t, o in pairs.items())
    against = f"psych by lmer {shown(theirs['seconds'])} (at most {gap:.0e} apart)"
    verdict = f"{theirs['seconds'] / mine:.0f}×; bar 1e-4 apart: {'met' if gap <= 1e-4 else 'MISSED'}"
    return [("six ICCs, 200 people, 3 of 8 raters each", shown(mine), against, verdict)]


def alpha() -> list[Row]:
    """Krippendorff's alpha: a million distinct values, and a thousand replicates."""
    rng = np.random.default_rng(7)
    unit, value = np.repeat(np.arange(100_000), 10), rng.normal(size=1_000_000)
    mine = cpu(lambda: disagreement(unit, value).alpha(), 5)
    rows = [("Krippendorff α, 1M distinct interval values, kernel", shown(mine), "–", at_most(mine, 0.1))]
    y = np.round(rng.normal(size=(1000, 1)) + rng.normal(size=(1000, 10)))
    unit = np.repeat(np.arange(1000), 10)
    run: dict[str, Callable[[], object]] = {"rankkit": lambda: alpha_interval(disagreement(unit, y.ravel()), draws=1000)}
    few, against, ratio = 50, "–", ""
    if find_spec("krippendorff"):
        import krippendorff

        def loop() -> None:
            for draw in np.random.default_rng(8).integers(0, 1000, (few, 1000)):
                krippendorff.alpha(reliability_data=y[draw].T, level_of_measurement="interval")

        run["peer"] = loop
    seconds = in_turns(run, 3, time.process_time)
    if "peer" in seconds:
        theirs = seconds["peer"] * 1000 / few
        against, ratio = f"krippendorff looped {shown(theirs)}", f"{theirs / seconds['rankkit']:.0f}×; "
    verdict = ratio + at_most(seconds["rankkit"], 0.1)
    return [*rows, ("Krippendorff α, 1000 bootstrap replicates of 1k × 10", shown(seconds["rankkit"]), against, verdict)]


def studies() -> list[Row]:
    """Generalizability of people × raters × items, complete and with a tenth lost."""
    complete, gaps = peers.study(), peers.study(keep=0.9)
    table = Ratings.from_frame(complete)
    study, crossed = rk.agreement.generalizability, "p x r x d"
    seconds = in_turns({"frame": lambda: study(complete, crossed), "table": lambda: study(table, crossed)}, 3, time.process_time)
    rows = [
        (f"p × r × i study, 50k, complete, from a {name}", shown(seconds[key]), "–", at_most(seconds[key], 0.05))
        for name, key in (("table of names", "frame"), ("validated table", "table"))
    ]
    mine, stored = cpu(lambda: study(gaps, crossed), 2), STORED["gtheory"]
    what = "p × r × i study, 45k, a tenth lost, REML with intervals"
    rows.append((what, shown(mine), f"gtheory {stored} s (stored)", at_least(stored / mine, 3)))
    if peers.r_has("lme4"):
        pairs = ("ratee", "rater", "dimension", "ratee:rater", "ratee:dimension", "rater:dimension")
        theirs = peers.lme4(gaps, "score ~ 1 + " + " + ".join(f"(1 | {p})" for p in pairs), 1)[0]["seconds"]
        rows.append((what, shown(mine), f"lme4, which gtheory calls, {shown(theirs)}", at_least(theirs / mine, None)))
    return rows


def growth(path: Path | None = None, *, most: int = 1_000_000) -> list[Row]:
    """Time from 10k to 1M ratings by 200 raters, as rows; drawn if there is a path."""
    sizes = [n for n in (10_000, 30_000, 100_000, 300_000, 1_000_000) if n <= most]
    lines: dict[str, list[float]] = {"crossed REML": [], "many-facet Rasch, joint ML": [], "many-facet Rasch, marginal ML": []}
    for size in sizes:
        plain, steps = peers.crossed(size), peers.graded(size)
        run: dict[str, Callable[[], object]] = {
            "crossed REML": partial(components, plain),
            "many-facet Rasch, joint ML": partial(rk.ManyFacetRasch(estimation="joint").fit, steps),
            "many-facet Rasch, marginal ML": partial(rk.ManyFacetRasch(dependence="none").fit, steps),
        }
        for name, seconds in in_turns(run, 3 if size <= 30_000 else 1, time.process_time).items():
            lines[name].append(seconds)
    if path is not None:
        draw(path, sizes, lines)
    rows = []
    for name, seconds in lines.items():
        power = float(np.log(seconds[-1] / seconds[0]) / np.log(sizes[-1] / sizes[0]))
        verdict = f"grows as n^{power:.2f}; bar n^1: {'met' if power <= 1.0 else 'MISSED'}"
        each = ", ".join(f"{n // 1000}k {shown(s)}" for n, s in zip(sizes, seconds, strict=True))
        rows.append((f"{name}, 200 raters", each, "–", verdict))
    return rows


def draw(path: Path, sizes: list[int], lines: dict[str, list[float]]) -> None:
    """Time against ratings, both logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
    ratings = np.array(sizes)
    for (name, seconds), colour, style in zip(lines.items(), ("#0072B2", "#D55E00", "#009E73"), ("o-", "s-", "^-"), strict=True):
        ax.plot(ratings, seconds, style, color=colour, label=name, markersize=4, linewidth=1.5)
        ax.plot(ratings, seconds[0] / sizes[0] * ratings, ":", color=colour, linewidth=1)
    ax.plot([], [], ":", color="#666666", label="in proportion to ratings")
    ax.set(xscale="log", yscale="log", xlabel="ratings, by 200 raters", ylabel="CPU seconds, one thread")
    ax.set_title("From a table of names to estimates", loc="left")
    ax.grid(which="major", color="#e5e5e5", linewidth=0.7)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    figure.savefig(path, dpi=150)


def run(*, quick: bool = False) -> list[Row]:
    """Rows of the table; peers that are not installed are named in the last one."""
    rows = [*mixed(quick=quick), *rasch(quick=quick), *incomplete(), *alpha(), *studies()]
    rows += growth(most=100_000 if quick else 1_000_000)
    if left := peers.missing():
        rows.append(("left out", "–", ", ".join(left), "not installed"))
    return rows


def main() -> None:
    """Print the table."""
    for row in run(quick="--quick" in sys.argv):
        print(" | ".join(row), flush=True)
    if "--growth" in sys.argv:
        growth(Path(__file__).with_name("ratings_growth.png"))


if __name__ == "__main__":
    main()
