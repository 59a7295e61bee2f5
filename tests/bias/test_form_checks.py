"""Proximity and logical error: closeness on the form, similarity of meaning, and what cannot be asked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from rankkit import bias
from rankkit.errors import RatingsError, SettingsError

EXACT = 1e-9  # sums taken in another order


def carried(seed=0, n=60, m=4, D=6, carry=0.6, orders=1, keep=None):
    """Each answer takes over part of the error of the one before it on the form."""
    rng = np.random.default_rng(seed)
    truth = np.sqrt(0.5) * rng.normal(size=(n, 1)) + np.sqrt(0.5) * rng.normal(size=(n, D))
    places = [rng.permutation(D) for _ in range(orders)]
    rows = []
    for r in range(m):
        place = places[r % orders]
        e = rng.normal(size=(n, D))
        for before, d in pairwise(np.argsort(place)):
            e[:, d] = carry * e[:, before] + np.sqrt(1 - carry**2) * e[:, d]
        who = np.arange(n) if keep is None else np.flatnonzero(keep(np.arange(n), r))
        i, d = np.meshgrid(who, np.arange(D), indexing="ij")
        rows.append(pd.DataFrame({"rater": f"r{r}", "ratee": [f"p{k:03}" for k in i.ravel()], "dimension": [f"d{k}" for k in d.ravel()],
                                  "score": (truth + e)[i, d].ravel(), "position": place[d].ravel() + 1}))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def declared(data):
    return data.drop_duplicates("dimension").sort_values("position")["dimension"].tolist()


def test_neighbours_on_the_form():
    data = carried()
    found = bias.proximity(data)
    row = found.of("proximity").loc["order"]
    assert row["level"] == "review"
    assert row["estimate"] > 0.4
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert [p.code for p in found.patterns] == ["F-PROXIMITY"]
    plain = bias.proximity(data.drop(columns="position"), positions=declared(data)).of("proximity")
    assert plain.loc["order", "estimate"] == pytest.approx(row["estimate"], abs=EXACT)
    numbered = {d: 10.0 * k for k, d in enumerate(declared(data))}
    assert bias.proximity(data, positions=numbered).of("proximity").loc["order", "p"] == pytest.approx(row["p"])
    assert len(found.of("proximity_pairs")) == 15


def test_two_orders_test_the_change():
    found = bias.proximity(carried(seed=1, orders=2))
    assert found.of("proximity").loc["change", "level"] == "review"
    assert len(found.patterns) == 1


def test_without_second_raters_closeness_is_a_remark():
    found = bias.proximity(carried(seed=2, n=160, keep=lambda i, r: i % 4 == r))
    assert "E-PROXIMITYREF" in set(found.refusals["code"])
    assert set(found.of("proximity")["level"]) <= {"", "info"}
    changed = bias.proximity(carried(seed=2, n=160, orders=2, keep=lambda i, r: i % 4 == r))
    assert changed.of("proximity").loc["change", "design_ok"]


def test_four_dimensions_in_one_order_can_never_be_significant():
    row = bias.proximity(carried(D=4)).of("proximity").loc["order"]
    assert row["p_smallest"] == pytest.approx(1 / 12)
    assert (row["level"], np.isnan(row["mde"])) == ("", True)
    assert row["reason"]


@pytest.mark.parametrize(("code", "change"), [
    ("E-DIMENSIONS", lambda f: f[f["dimension"].isin(["d0", "d1", "d2"])]),
    ("E-NOPOSITION", lambda f: f.drop(columns="position")),
    ("E-NOPOSITION", lambda f: f[f["ratee"] == "p000"]),
    ("E-FLATPAIRS", lambda f: f.assign(score=np.where(f["dimension"] == "d0", 3.0, f["score"]))),
])  # fmt: skip
def test_what_cannot_be_asked(code, change):
    found = bias.proximity(change(carried(n=20)))
    assert code in set(found.refusals["code"])
    assert not found.tables


def test_positions_must_hold_each_dimension_once():
    data = carried(n=10)
    for wrong in (["d0"], ["d0"] * 6, {f"d{k}": 1 for k in range(6)}, {f"d{k}": "x" for k in range(6)}):
        with pytest.raises(SettingsError):
            bias.proximity(data, positions=wrong)
    with pytest.raises(RatingsError):
        bias.proximity(data.assign(position="first"))


def test_blank_answers_keep_their_place():
    data = carried(seed=3)
    gaps = data[np.random.default_rng(0).random(len(data)) > 0.3]
    assert bias.proximity(gaps).of("proximity").loc["order", "n"] == 6


def meant_alike(seed=0, n=60, m=5, strength=0.8, keep=None):
    """Raters' errors go together for dimensions of one meaning (d0–d2, d3–d5), which in the people are unrelated."""
    rng = np.random.default_rng(seed)
    i, r, d = np.indices((n, m, 6)).reshape(3, -1)
    group = d // 3
    truth, view, noise = rng.normal(size=(n, 6)), rng.normal(size=(n, m, 2)), rng.normal(size=len(i))
    data = pd.DataFrame({"rater": [f"r{k}" for k in r], "ratee": [f"p{k:03}" for k in i], "dimension": [f"d{k}" for k in d]})
    data["score"] = truth[i, d] + strength * view[i, r, group] + 0.4 * noise
    data["position"] = np.array([1, 3, 5, 2, 4, 6])[d]
    return data if keep is None else data[keep(i, r)]


def alike():
    same = np.equal.outer(np.arange(6) // 3, np.arange(6) // 3).astype(float)
    names = [f"d{k}" for k in range(6)]
    return pd.DataFrame(same, index=names, columns=names)


def test_similar_in_meaning():
    # groups of three: 10 distinct exchanges, so .1 is the smallest p there is
    found = bias.logical_error(meant_alike(), similarity=alike())
    row = found.of("logical_error").loc["similarity"]
    assert row["p"] == pytest.approx(row["p_smallest"]) == pytest.approx(0.1)
    assert row["reason"]
    graded = alike() + 0.1 * np.add.outer(np.arange(6), np.arange(6)) / 10
    row = bias.logical_error(meant_alike(), similarity=graded).of("logical_error").loc["similarity_given_position"]
    assert row["p"] < 0.05
    assert row["level"] == "review"
    nested = bias.logical_error(meant_alike(n=150, keep=lambda i, r: i % 5 == r), similarity=graded)
    assert "E-LOGICALREF" in set(nested.refusals["code"])
    assert {p.level for p in nested.patterns} <= {"info"}


def test_similarity_must_be_a_table_of_the_dimensions():
    data = meant_alike(n=12)
    assert bias.logical_error(data).refusals["code"].tolist() == ["E-NOSIMILARITY"]
    lopsided = alike()
    lopsided.iloc[0, 1] = 5
    for wrong in (alike().iloc[:3], lopsided, alike() * 0, alike().astype(object).replace(1.0, "x"), [1]):
        with pytest.raises(SettingsError):
            bias.logical_error(data, similarity=wrong)


def test_order_of_rows_and_dimensions_decides_nothing():
    data = carried(seed=4)
    one = bias.proximity(data).of("proximity").loc["order"]
    names = dict(zip([f"d{k}" for k in range(6)], "zbyaxm", strict=True))
    mixed = data.assign(dimension=data["dimension"].map(names)).sample(frac=1, random_state=2)
    again = bias.proximity(mixed).of("proximity").loc["order"]
    for column in ("estimate", "p", "se"):
        assert again[column] == pytest.approx(one[column], abs=EXACT)
