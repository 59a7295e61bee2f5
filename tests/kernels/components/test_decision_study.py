"""Decision studies against covariance matrices of replicated means, published figures and exact numbers of raters."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from rankkit.errors import IdentificationError, SettingsError
from rankkit.kernels.components.decision_study import (
    Decision,
    conditions_needed,
    decide,
    ill_structured,
    phi_lambda,
    raters_needed,
    shares,
)
from rankkit.kernels.components.design_notation import parse
from rankkit.kernels.components.variance_components import two_way
from rankkit.kernels.rater_effects.rating_graph import rating_graph
from tests.oracles_designs import decision

EXACT = 1e-10
WORKED = {"ratee": 0.592594, "rater": 0.289808, "dimension": 0.019572, "ir": 0.292617, "id": 0.108985, "rd": 0.051246, "e": 0.235880}
COMPONENTS = np.array(list(WORKED.values()))  # golden 9
CROSSED = parse("ratee x rater x dimension")


@pytest.mark.parametrize(
    ("text", "used", "fixed"),
    [
        ("p x i", "p x i", ()),
        ("p x i", "i:p", ()),
        ("p x r x d", "p x r x d", ()),
        ("p x r x d", "p x r x d", ("d",)),
        ("p x r x d", "p x r x d", ("r", "d")),
        ("p x r x d", "(r:p) x d", ("d",)),
        ("p x r x d", "p x (r:d)", ()),
        ("p x r x d", "p x (r:d)", ("d",)),
        ("p x r x d", "r:(p x d)", ("d",)),
        ("p x r x d", "d:r:p", ()),
        ("(r:p) x d", "(r:p) x d", ("d",)),
        ("p x (i:o)", "p x (i:o)", ("o",)),
        ("p x i x o x h", "p x (i:o) x h", ("h",)),
    ],
)
def test_shares_are_what_replicated_means_have(text, used, fixed):
    design = parse(text)
    design = design.reordered(sorted(design.facets, key=lambda f: f != "p"))
    used = parse(used).reordered(design.facets)
    sigma = np.linspace(0.3, 1.7, len(design.effects))
    numbers = dict(zip(design.facets[1:], (3, 2, 4), strict=False))
    sizes = [2, *numbers.values()]
    found = decide(sigma, shares(design, numbers, fixed=fixed, alternative=used))
    expected = decision(design, used, {design.position(f) for f in fixed}, sizes, sigma)
    np.testing.assert_allclose([found.universe, found.relative, found.absolute], expected, atol=EXACT)


def test_worked_example_of_three_raters_and_four_dimensions():
    """Correction 5: random dimensions .380, fixed dimensions .342."""
    numbers = {"rater": 3, "dimension": 4}
    random = decide(COMPONENTS, shares(CROSSED, numbers))
    fixed = decide(COMPONENTS, shares(CROSSED, numbers, fixed=("dimension",)))
    assert float(random.sem[0]) == pytest.approx(0.380, abs=5e-4)
    assert float(fixed.sem[0]) == pytest.approx(0.342, abs=5e-4)
    i, r, d, ir, id_, rd, e = COMPONENTS
    assert float(fixed.absolute) == pytest.approx((r + ir) / 3 + (rd + e) / 12)
    assert float(random.absolute) == pytest.approx((r + ir) / 3 + (d + id_) / 4 + (rd + e) / 12)
    assert float(fixed.universe) == pytest.approx(i + id_ / 4)


def test_a_toy_that_counts_dimensions_as_replicates_claims_far_too_much():
    """Twelve ratings by three raters are not twelve independent ratings: .24 for .38."""
    toy = np.sqrt((WORKED["ir"] + WORKED["id"] + WORKED["rd"] + WORKED["e"]) / 12)
    ours = float(decide(COMPONENTS, shares(CROSSED, {"rater": 3, "dimension": 4})).sem[0])
    assert toy == pytest.approx(0.240, abs=5e-4)
    assert ours > 1.5 * toy


def test_a_toy_that_builds_the_standard_error_on_alpha_claims_too_much():
    """α of one rater's four dimensions describes that rater's consistency, mostly halo."""
    i, _, _, ir, id_, _, e = COMPONENTS
    between, within = i + ir, id_ + e  # one rater's ratings: people, and people × dimensions
    alpha = between / (between + within / 4)
    total = i + ir + (id_ + e) / 4
    toy = np.sqrt(total * (1 - alpha))
    honest = float(decide(COMPONENTS, shares(CROSSED, {"rater": 1, "dimension": 4}, fixed=("dimension",))).sem[0])
    assert alpha > 0.85
    assert toy < 0.55 * honest


def test_nested_needs_nested():
    with pytest.raises(IdentificationError) as caught:
        shares(parse("r:p"), {"r": 3}, alternative=parse("p x r"))
    assert caught.value.code == "E-DSTUDY"
    with pytest.raises(SettingsError):
        shares(parse("p x r"), {"r": 3}, alternative=parse("p x i"))
    with pytest.raises(SettingsError):
        shares(parse("p x r"), {"d": 3})


def test_objects_inside_classes():
    """Pupils in classes: what classes share is neither a pupil's error nor a pupil's own."""
    design = parse("(p:c) x i")
    found = shares(design, {"i": 5}, objects="p")
    at = dict(zip(design.names, found.universe, strict=True))
    assert at == {"c": 0, "i": 0, "p:c": 1, "c:i": 0, "residual": 0}
    assert dict(zip(design.names, found.relative, strict=True))["residual"] == pytest.approx(0.2)


def test_components_may_be_many_draws():
    draws = np.abs(np.random.default_rng(0).normal(size=(50, 7)))
    part = shares(CROSSED, {"rater": 2, "dimension": 3})
    many = decide(draws, part)
    one = decide(draws[7], part)
    assert many.phi[7] == pytest.approx(float(one.phi))
    assert np.all(many.phi <= many.erho2)


def test_spearman_brown_is_the_relative_coefficient_of_a_crossed_study():
    y = np.random.default_rng(1).normal(size=(30, 4)) + np.random.default_rng(2).normal(size=(30, 1))
    sigma = two_way(y).estimates
    one, ten = (float(decide(sigma, shares(parse("p x r"), {"r": n})).erho2) for n in (1, 10))
    assert ten == pytest.approx(10 * one / (1 + 9 * one))


class TestPartlySharedRaters:
    def test_the_ends_are_crossed_and_nested(self):
        design, sigma = parse("p x r"), np.array([1.0, 0.4, 0.6])
        crossed = decide(sigma, ill_structured(design, {}, q=0.0, k=3, raters="r"))
        nested = decide(sigma, ill_structured(design, {}, q=1 / 3, k=3, raters="r"))
        assert float(crossed.erho2) == pytest.approx(1 / 1.2)
        assert float(nested.erho2) == pytest.approx(float(nested.phi)) == pytest.approx(1 / (1 + 1 / 3))

    def test_it_is_the_mean_error_variance_of_differences(self):
        """Half the mean variance of a difference of two ratees' means, with exactly balanced numbers of raters."""
        rng = np.random.default_rng(3)
        n, m, k = 12, 6, 3
        row = np.repeat(np.arange(n), k)
        col = np.concatenate([rng.choice(m, k, replace=False) for _ in range(n)])
        graph = rating_graph(row, col, n, m)
        table = np.zeros((n, m))
        table[row, col] = 1 / k
        sigma = np.array([1.0, 0.5, 0.7])
        v = sigma[1] * table @ table.T + sigma[2] * np.diag((table**2).sum(axis=1))
        i, j = np.triu_indices(n, 1)
        expected = (v[i, i] + v[j, j] - 2 * v[i, j]).mean() / 2
        found = decide(sigma, ill_structured(parse("p x r"), {}, q=graph.q, k=graph.k_harmonic, raters="r"))
        assert float(found.relative) == pytest.approx(expected)

    def test_one_manager_for_each_team(self):
        """Correction 6: twenty teams of eight have q = .956, not 1/k̂."""
        row, col = np.arange(160), np.repeat(np.arange(20), 8)
        assert rating_graph(row, col, 160, 20).q == pytest.approx(0.956, abs=5e-4)

    def test_dimensions_of_shared_raters(self):
        found = ill_structured(CROSSED, {"dimension": 4}, q=0.2, k=2, raters="rater")
        at = dict(zip(CROSSED.names, found.relative, strict=True))
        assert at["rater"] == pytest.approx(0.2)
        assert at["rater:dimension"] == pytest.approx(0.05)
        assert at["ratee:rater"] == pytest.approx(0.5)
        assert at["residual"] == pytest.approx(0.125)
        assert at["dimension"] == 0


PRINTED = {0.20: (10, 16, 36), 0.30: (6, 10, 21), 0.40: (4, 6, 14), 0.52: (3, 4, 9)}  # spec 5.6.7


@pytest.mark.parametrize("single", PRINTED)
def test_raters_needed_exactly(single):
    assert tuple(raters_needed(single, target) for target in (0.7, 0.8, 0.9)) == PRINTED[single]


def test_a_toy_in_floats_asks_for_a_rater_too_many():
    toy = [int(np.ceil(t * (1 - r) / (r * (1 - t)))) for r, t in ((0.2, 0.8), (0.2, 0.9), (0.3, 0.9), (0.4, 0.8))]
    ours = [raters_needed(r, t) for r, t in ((0.2, 0.8), (0.2, 0.9), (0.3, 0.9), (0.4, 0.8))]
    assert ours == [16, 36, 21, 6]
    assert all(t >= o for t, o in zip(toy, ours, strict=True))
    assert toy != ours


@pytest.mark.parametrize("target", [0.55, 0.7, 0.8, 0.95])
def test_conditions_needed_by_search(target):
    rng = np.random.default_rng(int(100 * target))
    for u, c, v in rng.uniform(0.01, 1, size=(50, 3)) * [1, 0.2, 1]:
        reached = [n for n in range(1, 5000) if u / (u + c + v / n) >= target]
        needed = conditions_needed(u, c, v, target)
        if reached or u / (u + c) <= target:
            assert needed == (reached[0] if reached else None)
        else:  # more than were searched
            assert u / (u + c + v / needed) >= target > u / (u + c + v / (needed - 1))


def test_what_no_number_reaches():
    assert raters_needed(0.0, 0.8) is None
    assert raters_needed(-0.2, 0.8) is None
    assert raters_needed(1.0, 0.8) == 1
    assert conditions_needed(0.8, 0.2, 0.5, 0.8) is None  # reached only in the limit
    assert conditions_needed(0.8, 0.2, 0.0, 0.8) == 1
    assert conditions_needed(1.0, 0.0, Fraction(4), 0.8) == 16
    with pytest.raises(SettingsError):
        raters_needed(0.5, 1.0)


def test_dependability_at_a_cut_is_least_at_the_mean():
    part = Decision(np.array(0.5), np.array(0.3), np.array(0.4))
    assert phi_lambda(part, 0.01, 3.0, 3.0) == pytest.approx(0.5 / 0.9)
    assert phi_lambda(part, 0.01, 3.0, 4.0) == pytest.approx((0.5 + 0.99) / (0.5 + 0.99 + 0.4))


def test_no_variance_has_no_coefficient():
    found = decide(np.zeros(3), shares(parse("p x r"), {"r": 3}))
    assert np.isnan(found.erho2)
    assert np.isnan(found.phi)
    perfect = decide(np.array([1.0, 0, 0]), shares(parse("p x r"), {"r": 3}))
    assert perfect.signal_noise[0] == np.inf
    assert float(perfect.erho2) == 1
