"""Slow and plain composites: loops for the scores, explicit M Var(y) M' for their errors, rankings by counting."""

from __future__ import annotations

import numpy as np
import pandas as pd


def composite_scores(cells, weights, people):
    """Σ_d w_d (mean over raters) / Σ_d w_d over the dimensions observed; cells: {(rater, ratee, dimension): score}."""
    out = {}
    for person in people:
        total = weight = 0.0
        for dimension, w in weights.items():
            given = [s for (_, p, d), s in cells.items() if p == person and d == dimension]
            if given:
                total += w * sum(given) / len(given)
                weight += w
        out[person] = total / weight if weight else float("nan")
    return out


def cell_map(cells, weights, people):
    """M: the matrix that makes composites of the cells."""
    keys = list(cells)
    m = np.zeros((len(people), len(keys)))
    for i, person in enumerate(people):
        seen = {d for (_, p, d) in keys if p == person}
        whole = sum(weights[d] for d in seen)
        for k, (_, p, d) in enumerate(keys):
            if p == person:
                n = sum(1 for (_, q, e) in keys if q == person and e == d)
                m[i, k] = weights[d] / (whole * n)
    return m


def cell_errors(cells, *, r=0.0, ir=0.0, id_=0.0, rd=0.0, e=0.0):
    """Var(y) of the cells from the components of severity, rater × ratee, ratee × dimension, rater × dimension, residual."""
    keys = list(cells)
    v = np.zeros((len(keys), len(keys)))
    for a, (rater, ratee, dimension) in enumerate(keys):
        for b, (rater2, ratee2, dimension2) in enumerate(keys):
            v[a, b] += r * (rater == rater2)
            v[a, b] += ir * (rater == rater2 and ratee == ratee2)
            v[a, b] += id_ * (ratee == ratee2 and dimension == dimension2)
            v[a, b] += rd * (rater == rater2 and dimension == dimension2)
            v[a, b] += e * (a == b)
    return v


def error_covariance(cells, weights, people, **components):
    """Σ = M Var(y) M'."""
    m = cell_map(cells, weights, people)
    return m @ cell_errors(cells, **components) @ m.T


def ranks(scores):
    """1 + number of better people."""
    return {p: 1 + sum(1 for x in scores.values() if x > s + 1e-9) for p, s in scores.items()}


def centre_by_rater(cells):
    """Score − mean of the rater on the dimension + mean of the dimension."""
    out = {}
    for (r, p, d), s in cells.items():
        own = [x for (r2, _, d2), x in cells.items() if r2 == r and d2 == d]
        all_ = [x for (_, _, d2), x in cells.items() if d2 == d]
        out[r, p, d] = s - sum(own) / len(own) + sum(all_) / len(all_)
    return out


def frame(cells):
    return pd.DataFrame([(*k, s) for k, s in cells.items()], columns=["rater", "ratee", "dimension", "score"])


def panel(n=6, m=4, dimensions="kqs", seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    merit, lenient = rng.normal(size=n), spread * rng.normal(size=m)
    return {
        (f"r{b}", f"p{a}", d): float(np.round(5 + merit[a] + lenient[b] + rng.normal(), 1))
        for a in range(n)
        for b in range(m)
        for d in dimensions
    }


def drop(cells, *keys):
    return {k: v for k, v in cells.items() if k not in keys}
