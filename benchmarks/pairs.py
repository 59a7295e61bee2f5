"""Bradley–Terry from a table of names to worths, validation and verdict included: ``python benchmarks/pairs.py [--quick]``.

Ratios to peers run in the same process, turn by turn, as CPU seconds of one thread; largest errors against the maximum of
the likelihood, whose own error is bounded by solving the score equation that is left over. ``--quick`` stops at 200 000
comparisons; ``--growth`` draws fit time from 500 to 10 million comparisons.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from pair_peers import choix_dense, evalica, installed, missing, table
from timing import in_turns, shown

import rankkit as rk
from rankkit.kernels.pairs import bradley_terry
from rankkit.kernels.pairs.pair_bootstrap import bootstrap
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.pair_laplacian import PairSystem
from rankkit.tables.comparisons import Comparisons

SIZES = (
    (20, 500, False),
    (200, 20_000, False),
    (2_000, 200_000, False),
    (2_000, 200_000, True),
    (20_000, 2_000_000, False),
    (20_000, 2_000_000, True),
    (100_000, 10_000_000, False),
)
BARS = {  # least ratio, by people, near or not, and peer
    (200, False, "evalica"): 3,
    (2_000, False, "evalica"): 7,
    (2_000, True, "choix dense"): 28,
    (20_000, False, "evalica"): 100,
    (20_000, False, "arena-rank"): 30,
}
STORED = {  # runs too long to repeat: people, near or not, peer -> seconds of the peer, ours in that run, memory, date
    (20_000, False, "evalica"): (178.0, 0.38, "6.1 GB", "2026-11-22"),
    (20_000, False, "arena-rank"): (17.25, 0.37, "error 5e-3", "2026-11-22"),
}
Row = tuple[str, str, str, str]


def left_over(data: pd.DataFrame, result: rk.Result) -> float:
    """Bound on the largest error of our worths: the score in extended precision, through the inverse information."""
    rows = Comparisons.from_frame(data)
    counts = aggregate(rows.left, rows.right, rows.result, None, len(rows.people))
    gap = (result.estimate[counts.first] - result.estimate[counts.second]).astype(np.longdouble)
    chance = 1 / (1 + np.exp(-gap))
    surprise = counts.wins_first - counts.total * chance
    score = np.zeros(counts.n, dtype=np.longdouble)
    np.add.at(score, counts.first, surprise)
    np.add.at(score, counts.second, -surprise)
    system = PairSystem(counts)
    system.set_weights((counts.total * chance * (1 - chance)).astype(np.float64))
    return float(np.abs(system.solve(score.astype(np.float64), 1e-3)).max())


def error_of(worths: pd.Series, result: rk.Result) -> float:
    """Largest difference of centred worths."""
    theirs = worths.reindex(list(result.people)).to_numpy(dtype=float)
    return float(np.abs(theirs - theirs.mean() - result.estimate).max())


def factorized(data: pd.DataFrame) -> None:
    """What pandas needs to code the two columns."""
    for column in data:
        pd.factorize(data[column])


def against_peers(n: int, m: int, *, near: bool) -> list[Row]:
    """Ratios of whole calls, from the table of names to the worths."""
    data = table(n, m, near=near)
    method = rk.PairedComparison()
    ours = method.fit(data)
    if ours.penalty != "none":
        msg = "the benchmark needs data with a finite maximum"
        raise RuntimeError(msg)
    what = f"Bradley–Terry {n} / {len(data)} {'near' if near else 'random'} (error < {left_over(data, ours):.0e})"
    peers = {name: peer for name, (peer, most) in installed().items() if len(data) <= most}
    errors = {name: error_of(peer(data), ours) for name, peer in peers.items()}
    run = {"rankkit": partial(method.fit, data), "pandas factorize": partial(factorized, data)}
    run |= {name: partial(peer, data) for name, peer in peers.items()}
    seconds = in_turns(run, 15 if m < 1_000 else 7 if m < 100_000 else 3, time.process_time)
    mine = seconds["rankkit"]
    rows = []
    for name in peers:
        ratio = seconds[name] / mine
        bar = BARS.get((n, near, name))
        rows.append((what, shown(mine), f"{name} {shown(seconds[name])} (error {errors[name]:.0e})", verdict(ratio, bar)))
    for (people, thin, name), (theirs, then, memory, date) in STORED.items():
        if (people, thin) == (n, near):
            note = f"{name} {shown(theirs)}, {memory}, against {shown(then)}, stored {date}"
            rows.append((what, shown(mine), note, verdict(theirs / then, BARS.get((n, near, name)))))
    times = mine / seconds["pandas factorize"]
    factor = f"{times:.1f}× its time" + (f"; bar ≤ 4×: {'met' if times <= 4 else 'MISSED'}" if m >= 10_000_000 else "")
    rows.append((what, shown(mine), f"pandas factorize of both columns {shown(seconds['pandas factorize'])}", factor))
    if n == 2_000:
        rows.append(standard_errors(what, data, mine))
    return rows


def verdict(ratio: float, bar: float | None) -> str:
    """Ratio, and whether it clears its bar."""
    return f"{ratio:.1f}×" + ("" if bar is None else f"; bar {bar}×: {'met' if ratio >= bar else 'MISSED'}")


def standard_errors(what: str, data: pd.DataFrame, fit: float) -> Row:
    """Exact standard errors of everybody, beyond the fit; and how wrong the shortcut 1 / information would be."""
    result = rk.PairedComparison().fit(data)
    seconds = in_turns({"se": partial(all_errors, data)}, 2, time.process_time)["se"] - fit
    rows = Comparisons.from_frame(data)
    fitted = bradley_terry.fit(aggregate(rows.left, rows.right, rows.result, None, len(rows.people)))
    shortcut = 1 / np.sqrt(fitted.information.diagonal())
    off = float(np.median(1 - shortcut / np.sqrt(result.covariance.diagonal())))
    ratio = seconds / fit
    note = f"{ratio:.1f}× the fit; bar ≤ 40×: {'met' if ratio <= 40 else 'MISSED'}"
    return (f"exact standard errors, {what.partition(' (')[0]}", shown(seconds), f"1/information would be {off:.0%} too small", note)


def all_errors(data: pd.DataFrame) -> np.ndarray:
    """Fit, and the exact variance of everybody."""
    return rk.PairedComparison().fit(data).covariance.diagonal()


def assessment_alone(n: int = 20, m: int = 500) -> Row:
    """What the Assessment object adds to a small fit: audit, result, settings, origin."""
    rows = Comparisons.from_frame(table(n, m, near=False))
    method = rk.PairedComparison()
    run = {
        "whole": partial(method.fit, rows),
        "kernel": lambda: bradley_terry.fit(aggregate(rows.left, rows.right, rows.result, None, n)),
    }
    seconds = in_turns(run, 50, time.process_time)
    added = seconds["whole"] - seconds["kernel"]
    return (
        f"the Assessment object, {n} / {m}",
        shown(added),
        f"kernel {shown(seconds['kernel'])}",
        f"bar 1 ms: {'met' if added <= 1e-3 else 'MISSED'}",
    )


def again_and_again(replicates: int = 200, n: int = 200, m: int = 20_000) -> list[Row]:
    """Bootstrap: comparisons drawn again; peers are looped over fewer replicates and scaled up."""
    data = table(n, m, near=False)
    rows = Comparisons.from_frame(data)
    fitted = bradley_terry.fit(aggregate(rows.left, rows.right, rows.result, None, n))
    few = 10

    def loop(peer: object) -> None:
        rng = np.random.default_rng(1)
        for _ in range(few):
            peer(data.iloc[rng.integers(0, m, m)].reset_index(drop=True))

    run = {"rankkit": lambda: bootstrap(fitted, replicates, np.random.default_rng(1), np.arange(n))}
    known = {"choix dense": (choix_dense, 3.5), "evalica": (evalica, 8)}
    run |= {name: partial(loop, known[name][0]) for name in known if name in installed()}
    seconds = in_turns(run, 3, time.process_time)
    what = f"bootstrap {replicates} × ({n}, {m})"
    return [
        (
            what,
            shown(seconds["rankkit"]),
            f"{name} looped {shown(t * replicates / few)}",
            verdict(t * replicates / few / seconds["rankkit"], known[name][1]),
        )
        for name, t in seconds.items()
        if name != "rankkit"
    ]


def growth(path: Path) -> None:
    """Draw CPU time of a whole call against the number of comparisons."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    sizes = [(20, 500), (65, 2_500), (200, 20_000), (650, 65_000), (2_000, 200_000), (6_500, 650_000), (20_000, 2_000_000)]
    sizes += [(45_000, 4_500_000), (100_000, 10_000_000)]
    method, comparisons = rk.PairedComparison(), np.array([m for _, m in sizes])
    lines: dict[str, list[float]] = {"rankkit, random pairs": [], "rankkit, near neighbours": [], "pandas factorize of both columns": []}
    for n, m in sizes:
        random, near = table(n, m, near=False), table(n, m, near=True)
        run = {"rankkit, random pairs": lambda d=random: method.fit(d), "rankkit, near neighbours": lambda d=near: method.fit(d)}
        run["pandas factorize of both columns"] = lambda d=random: factorized(d)
        for name, seconds in in_turns(run, 5 if m < 1_000_000 else 2, time.process_time).items():
            lines[name].append(seconds)
    figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for (name, seconds), colour, style in zip(lines.items(), ("#0072B2", "#D55E00", "#666666"), ("o-", "s-", "--"), strict=True):
        ax.plot(comparisons, seconds, style, color=colour, label=name, markersize=4, linewidth=1.5)
    least = lines["rankkit, random pairs"][2] / comparisons[2]
    ax.plot(comparisons, least * comparisons, ":", color="#999999", linewidth=1, label="in proportion to comparisons")
    ax.set(xscale="log", yscale="log", xlabel="comparisons (100 a person; 25 to 40 at the left end)", ylabel="seconds, one thread")
    ax.set_title("From a table of names to worths", loc="left")
    ax.grid(which="major", color="#e5e5e5", linewidth=0.7)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    figure.savefig(path, dpi=150)


def run(*, quick: bool = False) -> list[Row]:
    """Rows of the table; peers that are not installed are named in the last one."""
    rows = [row for n, m, near in SIZES if not (quick and m > 200_000) for row in against_peers(n, m, near=near)]
    rows += [assessment_alone(), *again_and_again()]
    if missing():
        rows.append(("left out", "–", ", ".join(missing()), "not installed"))
    return rows


def main() -> None:
    """Print the table."""
    for row in run(quick="--quick" in sys.argv):
        print(" | ".join(row), flush=True)
    print(f"largest memory of this process, peers included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
    if "--growth" in sys.argv:
        growth(Path(__file__).with_name("pairs_growth.png"))


if __name__ == "__main__":
    main()
