"""What is shown is true, is the same in any order, and is about nobody's small group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.sources.disclosure import exposed_sets
from rankkit.privacy import Composite, DisclosurePolicy, GroupMean, RollUp, disclose

SOURCES = ("supervisor", "peer", "subordinate", "customer")
NEAR = 1e-9  # floats of exact fractions

panels = st.fixed_dictionaries(
    {
        "sizes": st.tuples(*(st.integers(0, 6) for _ in SOURCES)),
        "dimensions": st.integers(1, 2),
        "seed": st.integers(0, 10**6),
        "top": st.sampled_from([4, 5, 7]),
        "policy": st.sampled_from(["standard", "strict"]),
    }
)


def cells_of(panel):
    rng = np.random.default_rng(panel["seed"])
    rows = [
        (f"{s}{j}", s, d, int(rng.integers(1, panel["top"] + 1)))
        for s, n in zip(SOURCES, panel["sizes"], strict=True)
        for j in range(n)
        for d in "AB"[: panel["dimensions"]]
        if rng.random() < 0.9
    ]
    return pd.DataFrame(rows, columns=["rater", "source", "dimension", "score"])


def wanted(panel):
    dimensions = "AB"[: panel["dimensions"]]
    return [
        Composite("total", {(s, d): k + 1 for k, s in enumerate(SOURCES) for d in dimensions}),
        *(GroupMean(s, d) for s in SOURCES for d in dimensions),
        RollUp("all", SOURCES, "A"),
    ]


@settings(max_examples=60, deadline=None)
@given(panels)
def test_means_of_groups_are_true_and_no_small_set_is_exposed(panel):
    cells = cells_of(panel)
    policy = DisclosurePolicy(policy=panel["policy"])
    shown = disclose(cells, wanted(panel), policy, scale=(1, panel["top"]))
    assert ((shown.table["low"] <= shown.table["high"]) | shown.table["low"].isna()).all()
    for (source, dimension), part in cells.groupby(["source", "dimension"]):
        row = shown.table.loc[f"{source} · {dimension}"]
        if row["shown"] != "suppressed":
            assert row["low"] - NEAR <= part["score"].mean() <= row["high"] + NEAR
            assert row["n"] == len(part)
            assert row["n"] >= policy.k(source)
    raters = sorted(cells["rater"].unique())
    place = {cell: k for k, cell in enumerate(zip(cells["rater"], cells["dimension"], strict=True))}
    A = np.zeros((len(shown.blocks), len(cells)), dtype=int)
    for i, block in enumerate(shown.blocks):
        for r in block.members:
            A[i, place[r, block.dimension]] = 1
    assert (A.sum(axis=0) <= 1).all()  # groups share no answer
    exempt = ~cells["source"].map(policy.protects).to_numpy(dtype=bool) if len(cells) else np.zeros(0, dtype=bool)
    source_of = dict(zip(cells["rater"], cells["source"], strict=True))
    k = np.array([policy.k(source_of[r]) for r in raters], dtype=int)
    assert exposed_sets(A, np.array([raters.index(r) for r in cells["rater"]], dtype=int), k, exempt).safe


@settings(max_examples=25, deadline=None)
@given(panels, st.integers(0, 1000))
def test_order_and_names_decide_nothing(panel, seed):
    cells = cells_of(panel)
    first = disclose(cells, wanted(panel), scale=(1, panel["top"]))
    names = {r: f"{seed}{r[::-1]}" for r in cells["rater"]}
    other = cells.sample(frac=1, random_state=seed).assign(rater=lambda f: f["rater"].map(names)) if len(cells) else cells
    pd.testing.assert_frame_equal(disclose(other, wanted(panel), scale=(1, panel["top"])).table, first.table)
