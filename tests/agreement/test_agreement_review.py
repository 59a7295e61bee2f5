"""Agreement where rounding once stood for an error, and true scores taken as exact without a word."""

import numpy as np
import pandas as pd
import pytest

from rankkit import accuracy
from rankkit.agreement import cohen_kappa, fleiss_kappa, rwg
from rankkit.kernels.reliability.nominal_agreement import cohen_kappa as kappa

EXACT = 1e-12  # rounding of a ratio of sums


def long(**columns):
    rows = [(r, f"p{k:02}", s) for r, values in columns.items() for k, s in enumerate(values)]
    return pd.DataFrame(rows, columns=["rater", "ratee", "score"])


VARIED = [1, 2, 3, 5, 4, 3, 2, 2, 3, 4, 5, 3, 3, 2, 1, 4, 3, 3, 2, 5]


def test_a_constant_rater_has_a_kappa_of_zero_and_no_interval_of_rounding():
    row = cohen_kappa(long(a=[3] * 20, b=VARIED)).iloc[0]
    assert row["value"] == pytest.approx(0, abs=EXACT)
    assert row["se"] == 0  # once 5e-9, with an interval of that width
    assert np.isnan(row["ci_low"])
    assert "single category" in row["reason"]


def test_full_agreement_has_no_error_of_rounding():
    table = cohen_kappa(long(a=VARIED, b=VARIED, c=VARIED))
    np.testing.assert_allclose(table["value"], 1, rtol=EXACT)
    assert (table["se"] == 0).all()
    assert (table["reason"] != "").all()


@pytest.mark.parametrize("n", [50, 10_000, 1_000_000])
def test_one_disagreement_among_very_many_keeps_its_error(n):
    found = kappa(np.array([[n - 3, 1], [0, 2]]))
    po, pe = 1 - 1 / n, ((n - 2) * (n - 3) + 3 * 2) / n**2  # by the formula of Fleiss, Cohen & Everitt, term by term
    p = np.array([[n - 3, 1], [0, 2]]) / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    pe = float(row @ column)
    mean = column[:, None] + row[None, :]
    left = (p * (np.eye(2) * (1 - pe) - mean * (1 - po)) ** 2).sum() - (po * pe - 2 * pe + po) ** 2
    assert found.se == pytest.approx(np.sqrt(left / n) / (1 - pe) ** 2, rel=1e-3)
    assert found.se > 0


def test_no_blank_of_fleiss_is_without_a_reason():
    table = fleiss_kappa(long(a=VARIED, b=VARIED[::-1], c=VARIED[3:] + VARIED[:3]))
    blank = table[["value", "se", "ci_low", "p"]].isna().any(axis=1)
    assert blank.any()
    assert (table.loc[blank, "reason"] != "").all()


@pytest.mark.parametrize("top", [6, 7, 11])
def test_a_null_of_which_only_the_variance_is_known_says_so(top):
    rng = np.random.default_rng(top)
    table = rwg(long(**{r: rng.integers(2, 5, 8) for r in "abcd"}), scale=(1, top))
    assert table["p_slight_skew"].isna().all()
    assert table["reason"].str.contains("slight_skew").all()
    assert table["p_uniform"].notna().all()


@pytest.mark.parametrize(("se", "code"), [(None, "I-TRUEEXACT"), ([0.1, np.nan, 0.2, 0.1], "W-TRUEPARTLY"), ([0.1, 0.2, 0.2, 0.1], None)])
def test_true_scores_taken_as_exact_are_said_to_be(se, code):
    truth = pd.DataFrame({"ratee": list("abcd"), "score": [3.0, 4, 2, 5]})
    given = truth.assign(rater="r", score=[4.0, 4, 3, 5])
    found = accuracy.components(given, truth if se is None else truth.assign(se=se))
    said = [p.code for p in found.notes if p.code in ("I-TRUEEXACT", "W-TRUEPARTLY")]
    assert said == ([] if code is None else [code])
    if code == "W-TRUEPARTLY":
        assert "1 of 4" in next(p.message("en") for p in found.notes if p.code == code)
