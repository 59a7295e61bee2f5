"""What a walk through the checks with Chinese data found: words, counts, headings, and draws that the alphabet decided."""

import re

import numpy as np
import pandas as pd
import pytest

from rankkit import GraphicRatingScale, bias, read_ratings, simulate
from rankkit.errors import Problem
from rankkit.kernels.components.slope_variance import restricted_lrt
from rankkit.report import findings_page, numbers, terms

ROUNDING = 1e-9  # of sums in another order


@pytest.fixture(scope="module")
def made():
    return simulate.biased_ratings(
        30, 6, raters_per_ratee=4, dimensions=4, occasions=3, anchors=3, sd_rater=0.4, haloed=1, careless=1, central=1,
        contrast=-0.25, serial=0.4, drift=0.8, seed=5,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(made):
    return bias.check(made.table, attributes=made.attributes)


def test_the_header_counts_what_is_listed_as_not_answerable(found):
    shown = findings_page.view(found, "hr", "en")
    assert dict(shown.facts)[findings_page.phrase("n_refused", "en")] == str(len(found.refusals)) == str(len(shown.refused))
    assert f"{findings_page.phrase('n_refused', 'en').lower()} {len(found.refusals)}" in repr(found).lower()


@pytest.mark.parametrize("code", ["E-SIM-GROUPS", "E-SIM-NESTED", "E-SIM-APART", "E-SIM-CELLS", "E-SIM-MISSING"])
def test_a_refused_attribute_is_called_an_attribute(code):
    problem = Problem(code, None, None, None, {"name": "level", "n": 8, "needed": 10, "found": 2})
    assert problem.message("en").startswith("attribute 'level'")
    assert problem.message("zh").startswith("属性“level”")


OURS = {
    "severity", "elevation", "range_restriction", "range_restriction_global", "category_use", "central_tendency", "halo", "halo_indices",
    "proximity", "contrast", "contrast_orders", "serial_position", "drift", "drift_global", "drift_cusum", "careless", "power",
}  # fmt: skip


def test_no_word_of_a_chinese_page_stays_english(found):
    shown = findings_page.view(found, "hr", "zh")
    raw = []
    for name, frame in shown.tables.items():
        if name not in OURS:
            continue
        for column in frame.columns:
            heading = terms.column(str(column), "zh")
            raw += [(name, heading)] if re.search("[a-z]{3}", heading) else []
            for value in frame[column].dropna():
                if isinstance(value, str) and column not in ("rater", "ratee", "dimension", "first", "second"):
                    text = numbers.cell(value, str(column), "none", "zh")
                    raw += [(name, column, text)] if re.search("[a-z]{3}", text) and not re.search("[\u4e00-\u9fff]", text) else []
    assert not raw


def test_headings_say_what_is_counted(found):
    tables = findings_page.view(found, "hr", "zh").tables
    assert "n_ratings" in tables["contrast"]
    assert terms.column("n_ratings", "zh") == "评分数"
    assert "n_forms" in tables["careless"]
    assert terms.column("n_forms", "zh") == "表单数"
    assert "share_at_bottom" in tables["elevation"]
    assert "floor" not in tables["elevation"]  # which is the threshold of an effect everywhere else
    assert terms.column("repeated_difference", "zh") == "重复作答差异"
    assert "repeated_difference" in tables["careless"]
    assert tables["power"].index[0] == "宽严"


def test_findings_of_a_result_are_told_in_the_language_of_the_report(made, tmp_path):
    one = made.table.frame
    one = one[one["occasion"] == one["occasion"].min()].drop(columns=["occasion", "anchor"])
    result = GraphicRatingScale().fit(read_ratings(one, scale=(1, 5)))
    assert len(result.findings)
    for _, row in result.findings.iterrows():
        for column in ("message", "what_it_could_also_be", "suggested_action"):
            assert re.search("[\u4e00-\u9fff]", numbers.cell(row[column], column, "none", "zh")), row[column]
    written = result.to_report(tmp_path / "r.html", audience="hr", lang="zh").read_text(encoding="utf-8")
    assert "the scale" not in written
    assert "other raters of the same people" not in written


def test_raters_names_decide_no_draw_of_the_drift_test(made):
    table = made.table.frame
    renamed = table.assign(rater=table["rater"].map({r: f"z{9 - k}" for k, r in enumerate(sorted(table["rater"].unique()))}))
    first, second = (bias.drift(t).of("drift_global") for t in (table, renamed))
    pd.testing.assert_frame_equal(first, second, rtol=ROUNDING)


def test_equal_eigenvalues_are_told_apart_by_the_numbers_alone():
    rng = np.random.default_rng(3)
    q = 6
    gram = 12.0 * (np.eye(q) - 1 / q)  # every eigenvalue but one the same
    product = rng.normal(size=q)
    product = 9 * (product - product.mean())
    noise = rng.normal(size=(q, q))
    centre = np.eye(q) - 1 / q
    covariance = centre @ (np.diag(rng.uniform(5, 20, q)) + noise @ noise.T) @ centre
    order = rng.permutation(q)
    one = restricted_lrt(gram, product, 160.0, 40, (covariance, 160.0), seed=1)
    two = restricted_lrt(gram[np.ix_(order, order)], product[order], 160.0, 40, (covariance[np.ix_(order, order)], 160.0), seed=1)
    assert (one.p, one.p_unequal) == (two.p, two.p_unequal)
    assert 0 < one.p_unequal < 1


def test_every_halo_index_says_why_it_has_no_interval(found):
    table = found.of("halo_indices")
    assert (table.loc[table["ci_low"].isna(), "reason"] != "").all()


def test_severity_does_not_change_with_scale_origin_or_direction(made):
    table = made.table.frame
    base = bias.severity(table).of("severity")
    shifted = bias.severity(table.assign(score=table["score"] + 10)).of("severity")
    turned = bias.severity(table.assign(score=6 - table["score"])).of("severity")
    for column in ("estimate", "se", "effect", "p", "mde"):
        np.testing.assert_allclose(base[column], shifted[column], rtol=1e-7, atol=ROUNDING)
    np.testing.assert_allclose(base["estimate"], -turned["estimate"], rtol=1e-7, atol=ROUNDING)
    np.testing.assert_allclose(base["p"], turned["p"], rtol=1e-7, atol=ROUNDING)


@pytest.mark.parametrize("n_ratees", [1, 2, 20])
@pytest.mark.parametrize("n_raters", [1, 3])
def test_small_and_exact_tables_end_in_findings_or_refusals(n_ratees, n_raters):
    people, raters = [f"p{i}" for i in range(n_ratees)], [f"r{j}" for j in range(n_raters)]
    rows = [(p, r, d, 1.0 + k % 3 + (r == "r1")) for k, p in enumerate(people) for r in raters for d in ("a", "b", "c", "d")]
    found = bias.check(pd.DataFrame(rows, columns=["ratee", "rater", "dimension", "score"]))
    for name, table in found.tables.items():
        if "reason" in table and "estimate" in table:
            assert not (table["estimate"].isna() & (table["reason"].fillna("") == "")).any(), name
