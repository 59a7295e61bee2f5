"""Scales built from Chinese frames, small panels and scales of other lengths; kernels against plain oracles."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import rankkit as rk
from rankkit.errors import DataError
from rankkit.kernels.behaviours.anchor_assignment import assign_anchors
from rankkit.kernels.behaviours.mixed_standard import logical_errors, mixed_standard_scores
from rankkit.kernels.behaviours.retranslation import category_kappa, wilson
from rankkit.report import html

ROOT = 1e-8  # of a root found by bisection
EXACT = 1e-9
LABELS = {"dimension": "维度", "definition": "定义", "high": "高", "acceptable": "合格", "low": "低"}
PEOPLE = {"incident": "编号", "judge": "评委", "judge_role": "角色"}


def _card(
    n: int = 12, scale: tuple[float, float] = (1, 7), *, shuffled: bool = False, name: Callable[[int], str] = "i{:02d}".format
) -> rk.ScaleCard:
    """Build a card of one dimension from frames with Chinese headings."""
    rng = np.random.default_rng(3)
    ids = [name(k) for k in range(n)]
    builder = rk.BARSBuilder.start(None, title="量表", scale=scale, seed=1)
    dims = pd.DataFrame([("态度", "怎样待人", "友善", "得体", "粗鲁")], columns=list(LABELS.values()))
    builder.add_dimensions(dims, judges=["d1"], columns=LABELS)
    texts = [f"第{k}位客户来电：预期会在{k * 7}分钟内回电" for k in range(n)]
    written = pd.DataFrame({"编号": ids, "维度": "态度", "文字": texts, "作者": "w1"})
    builder.add_incidents(written, columns={"incident": "编号", "dimension": "维度", "text": "文字", "author": "作者"})
    chosen = pd.DataFrame([(i, f"c{j}", "incumbent", "态度") for j in range(12) for i in ids], columns=[*PEOPLE.values(), "归入"])
    value = np.linspace(*scale, n)
    seen = np.clip(np.round(value + rng.normal(0, 0.4, (10, n))), *scale)
    placed = pd.DataFrame(
        [(ids[k], f"s{j}", "supervisor", seen[j, k]) for j in range(10) for k in range(n)], columns=[*PEOPLE.values(), "有效性"]
    )
    if shuffled:
        chosen, placed = chosen.sample(frac=1, random_state=1), placed.sample(frac=1, random_state=2)
    builder.add_retranslation(chosen, columns={**PEOPLE, "dimension_chosen": "归入"})
    builder.add_scaling(placed, columns={**PEOPLE, "effectiveness": "有效性"})
    return builder.card()


def test_chinese_headings_can_be_named_in_every_step() -> None:
    assert len(_card().anchors) == 7
    with pytest.raises(DataError, match="columns="):
        rk.BARSBuilder.start(None, title="t").add_dimensions(pd.DataFrame({"维度": ["a"]}))


def test_order_of_rows_and_names_decide_nothing() -> None:
    assert _card().digest == _card(shuffled=True).digest
    renamed = _card(name=lambda k: f"z{99 - k}")
    np.testing.assert_allclose(_card().anchors["value"], renamed.anchors["value"], rtol=EXACT)


@pytest.mark.parametrize(("n", "scale"), [(3, (1, 7)), (14, (1, 9)), (12, (0, 100))])
def test_small_panels_and_other_scales(n: int, scale: tuple[float, float]) -> None:
    card = _card(n, scale)
    anchors = card.anchors["value"]
    assert anchors.is_monotonic_increasing
    assert anchors.between(*scale).all()
    if n == 3:
        assert {"W-FEWSURVIVORS", "W-GAP"} <= {p.code for p in card.notes}


def test_the_card_in_a_notebook_and_in_settings_is_said_in_words() -> None:
    card = _card()
    marks = pd.DataFrame(
        [(r, p, "态度", s, None) for r in "ab" for p, s in (("x", 4.5), ("y", 6.25), ("z", 2))],
        columns=["rater", "ratee", "dimension", "score", "incident_ids"],
    )
    page = html.page(rk.BARS(scale=card).fit(marks), audience="hr", lang="zh")
    assert "ScaleCard" not in page
    assert card.digest in page
    assert "<table" in card._repr_html_()


def _score(p: float, k: int, n: int, z: float) -> float:
    return (k / n - p) ** 2 - z * z * p * (1 - p) / n


def test_wilson_solves_the_score_equation() -> None:
    z = stats.norm.ppf(0.975)
    for k, n in ((6, 10), (17, 24), (1, 2), (20, 30)):
        low, high = wilson([k], [n])
        assert low[0] == pytest.approx(optimize.brentq(_score, EXACT, k / n, args=(k, n, z)), abs=ROOT)
        assert high[0] == pytest.approx(optimize.brentq(_score, k / n, 1 - EXACT, args=(k, n, z)), abs=ROOT)
    low, high = wilson([0, 8], [8, 8])
    assert (low[0], high[1]) == (0.0, 1.0)


def test_anchors_against_every_choice() -> None:
    rng = np.random.default_rng(5)
    for _ in range(40):
        c = float(rng.choice([5, 7, 9]))
        j, k = int(rng.integers(1, 6)), int(rng.integers(2, 5))
        mean, sd, agreement = np.round(rng.uniform(1, c, j), 1), rng.uniform(0, 1.5, j), rng.uniform(0.6, 1, j)
        at, unit = np.linspace(1, c, k), (c - 1) / 6
        cost = ((mean - at[:, None]) / unit) ** 2 + 0.25 * (sd / unit) ** 2 + 0.5 * (1 - agreement)
        near = np.abs(mean - at[:, None]) <= 0.5 * unit + EXACT
        best = (1, 0.0)
        for pick in itertools.product(range(-1, j), repeat=k):
            used = [(a, p) for a, p in enumerate(pick) if p >= 0]
            if len({p for _, p in used}) == len(used) and all(near[a, p] for a, p in used):
                best = min(best, (-len(used), sum(cost[a, p] for a, p in used)))
        found = assign_anchors(mean, sd, agreement, at, (1, c))
        assert (found.incident >= 0).sum() == -best[0] if best[0] <= 0 else not (found.incident >= 0).any()
        if best[0] < 0:
            assert np.nansum(found.cost) == pytest.approx(best[1], abs=EXACT)


def test_all_27_patterns_of_a_mixed_standard_scale() -> None:
    seven = {(1, 1, 1): 7, (0, 1, 1): 6, (-1, 1, 1): 5, (-1, 0, 1): 4, (-1, -1, 1): 3, (-1, -1, 0): 2, (-1, -1, -1): 1}
    answers = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    for pattern, score, wrong in zip(answers.tolist(), mixed_standard_scores(answers), logical_errors(answers), strict=True):
        assert score == seven.get(tuple(pattern), 4 + sum(pattern))
        assert wrong == (tuple(pattern) not in seven)


def test_kappa_of_each_category() -> None:
    counts = np.random.default_rng(2).multinomial(12, [0.2, 0.3, 0.5], size=30)
    p = counts.sum(0) / counts.sum()
    plain = 1 - (counts * (12 - counts)).sum(0) / (30 * 12 * 11 * p * (1 - p))
    np.testing.assert_allclose(category_kappa(counts).value[:3], plain, rtol=EXACT)
