from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.components.variance_components import three_way
from rankkit.kernels.sources.source_components import EFFECTS, source_components
from rankkit.kernels.sources.source_composite import SourceCells

TRUE = {"general": 0.5, "source": 0.2, "dimension": 0.15, "source × dimension": 0.1, "rater": 0.4, "residual": 0.3}
BIAS = 4.0  # standard errors of the mean over samples
ROUNDING = 1e-8


def cells(rng, n=40, S=3, D=3, raters=(1, 4), true=TRUE):
    sd = {k: np.sqrt(v) for k, v in true.items()}
    g, gd = sd["general"] * rng.normal(size=n), sd["dimension"] * rng.normal(size=(n, D))
    gs, gsd = sd["source"] * rng.normal(size=(n, S)), sd["source × dimension"] * rng.normal(size=(n, S, D))
    level = rng.normal(size=(S, D))
    rows, m = [], 0
    for i in range(n):
        for s in range(S):
            for _ in range(int(rng.integers(raters[0], raters[1] + 1))):
                halo = sd["rater"] * rng.normal()
                for d in range(D):
                    y = level[s, d] + g[i] + gd[i, d] + gs[i, s] + gsd[i, s, d] + halo + sd["residual"] * rng.normal()
                    rows.append((i, m, d, s, y))
                m += 1
    i, r, d, s, y = (np.array(x) for x in zip(*rows, strict=True))
    return SourceCells(i, r, d, s, y, (n, m, D, S))


def test_unbiased_with_unequal_groups():
    found = np.array([source_components(cells(np.random.default_rng(k)), draws=2).estimate for k in range(120)])
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    for k, effect in enumerate(EFFECTS):
        assert abs(found[:, k].mean() - TRUE[effect]) < BIAS * error[k] + 0.02 * TRUE[effect], effect


def test_balanced_data_give_the_analysis_of_variance():
    """One source, raters of their own: what is left of the three-way analysis when raters are nested in people."""
    rng = np.random.default_rng(2)
    n, k, D = 25, 4, 3
    y = rng.normal(size=(n, 1, 1)) + rng.normal(size=(n, k, 1)) + rng.normal(size=(n, 1, D)) + rng.normal(size=(n, k, D))
    i, r, d = (x.ravel() for x in np.indices(y.shape))
    found = source_components(SourceCells(i, i * k + r, d, np.zeros(len(i), int), y.ravel(), (n, n * k, D, 1)), draws=2)
    mean = y - y.mean(axis=(0, 1))
    of = {a: mean.mean(axis=a, keepdims=True) for a in ((1, 2), (2,), (1,))}
    ms_i = k * D * (of[(1, 2)] ** 2).sum() / (n - 1)
    ms_r = D * ((of[(2,)] - of[(1, 2)]) ** 2).sum() / (n * (k - 1))
    ms_d = k * ((of[(1,)] - of[(1, 2)]) ** 2).sum() / ((n - 1) * (D - 1))
    ms_e = ((mean - of[(2,)] - of[(1,)] + of[(1, 2)]) ** 2).sum() / (n * (k - 1) * (D - 1))
    expected = [(ms_i - ms_r - ms_d + ms_e) / (k * D), (ms_d - ms_e) / k, (ms_r - ms_e) / D, ms_e]
    assert found.effects == ("general", "dimension", "rater", "residual")
    assert found.estimate == pytest.approx(expected, rel=1e-6)
    assert three_way(y).names  # the crossed analysis exists beside


def test_order_of_people_and_raters_decides_nothing():
    c = cells(np.random.default_rng(3), n=15)
    there = np.random.default_rng(1).permutation(15)
    other = SourceCells(there[c.ratee], c.rater[::-1].max() - c.rater, c.dimension, c.source, c.score, c.shape)
    a, b = (source_components(x, draws=50, seed=4) for x in (c, other))
    assert a.estimate == pytest.approx(b.estimate, abs=ROUNDING)
    assert a.draws == pytest.approx(b.draws, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({"raters": (1, 1)}, {"rater": "source"}),
        ({"S": 1}, {"source": "general", "source × dimension": "dimension"}),
        ({"D": 1}, {"dimension": "general", "source × dimension": "source", "rater": "residual"}),
        ({"S": 1, "raters": (1, 1)}, {"source": "general", "rater": "general", "dimension": "residual"}),
    ],
)
def test_what_cannot_be_told_apart_is_said(change, gone):
    found = source_components(cells(np.random.default_rng(5), **change), draws=20)
    held = dict(found.confounded)
    for effect, holder in gone.items():
        assert effect not in found.effects
        assert held[effect] == holder
    assert np.isfinite(found.estimate).all()


def test_nothing_to_say():
    c = cells(np.random.default_rng(6), n=2)
    assert source_components(c) is None
    even = SourceCells(c.ratee, c.rater, c.dimension, c.source, np.full(len(c.score), 3.0), c.shape)
    assert source_components(even) is None


def test_shares_sum_to_one_and_count_negative_components_as_zero():
    found = source_components(cells(np.random.default_rng(7), n=20), draws=40)
    share, drawn = found.shares([(e,) for e in found.effects])
    assert share.sum() == pytest.approx(1.0)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(len(drawn)))
    assert (drawn >= 0).all()
