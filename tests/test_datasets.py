"""Every data set is there, described, loads as its kind, and holds the numbers it was published for."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit import datasets
from rankkit.errors import DataError, SettingsError
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.incidents import Incidents
from rankkit.tables.narratives import Narratives
from rankkit.tables.people import People
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings

PUBLISHED = {  # name: (kind, rows)
    "shrout_fleiss": ("ratings", 24),
    "guilford_creativity": ("ratings", 105),
    "gleser_symptom_ratings": ("ratings", 144),
    "us_judge_ratings": ("averaged_ratings", 473),
    "supervisor_attitude": ("averaged_ratings", 210),
    "instructor_gender_ratings": ("ratings", 705),
    "teaching_ratings_beauty": ("table", 463),
    "guilford_vegetables": ("comparisons", 72),
    "journal_citations": ("comparisons", 12),
    "baseball_1987": ("comparisons", 80),
    "bradley_terry_pork": ("comparisons", 30),
    "rosen_jerdee_promotion": ("table", 4),
    "adverse_impact_cases": ("table", 16),
    "ricci_pass_counts": ("table", 6),
    "uk_maff_box_marks_1998": ("table", 90),
    "uk_dti_box_marks_1998": ("table", 70),
    "public_rating_distributions": ("table", 23),
    "krippendorff_canonical": ("ratings", 41),
    "incident_text_labels": ("table", 140),
}
SIMULATED = {
    "service_team": ("ratings", 2864),
    "service_team_feedback": ("ratings", 5812),
    "service_team_incident_statements": ("table", 150),
    "service_team_pairs": ("comparisons", 480),
    "service_team_people": ("people", 69),
    "service_team_rankings": ("rankings", 160),
    "service_team_incidents": ("incidents", 457),
    "service_team_narratives": ("narratives", 144),
    "service_team_codes": ("table", 490),
    "service_team_text_pairs": ("table", 370),
    "service_team_retranslation": ("table", 6600),
}
ALL = PUBLISHED | SIMULATED
TYPES = {
    "ratings": Ratings,
    "averaged_ratings": Ratings,
    "comparisons": Comparisons,
    "rankings": Rankings,
    "incidents": Incidents,
    "narratives": Narratives,
    "people": People,
    "table": pd.DataFrame,
}
PRINTED_2 = 0.005 + 1e-9  # half a unit of the last printed digit
PRINTED_4 = 0.00005 + 1e-9
PRINTED_5 = 0.000005 + 1e-9
PRINTED_6 = 0.0000005 + 1e-9


def test_the_names_are_those_and_no_others():
    assert datasets.names() == sorted(ALL)
    by_kind = [n for kind in TYPES for n in datasets.names(kind)]
    assert sorted(by_kind) == sorted(ALL)


@pytest.mark.parametrize("name", ALL)
def test_the_card_is_complete_and_true(name):
    card = datasets.describe(name)
    kind, rows = ALL[name]
    assert (card.name, card.kind, card.rows, card.simulated) == (name, kind, rows, name in SIMULATED)
    assert all([card.title, card.source, card.licence, card.reproduces])
    parts = {"**Columns.**", "**Simulated.**" if card.simulated else "**Caveats.**"}
    assert all(part in card.text for part in parts)
    data = datasets.frame(name)
    assert len(data) == rows
    assert not [c for c in data.columns if f"`{c}`" not in card.text]  # every column is explained
    assert set(card.protected) <= set(data.columns)


@pytest.mark.parametrize("name", ALL)
def test_it_loads_as_its_kind(name):
    card, table = datasets.describe(name), datasets.load(name)
    assert isinstance(table, TYPES[card.kind])
    assert len(table) == card.rows
    if isinstance(table, (Ratings, Comparisons, Rankings)):
        assert len(table.people) == card.people
        assert table.source_name.startswith(name)
        assert ("simulated" in table.source_name) == card.simulated
    if isinstance(table, Ratings):
        assert table.averaged_over == (card.kind == "averaged_ratings")
        assert table.scale == card.scale


@pytest.mark.parametrize("name", [n for n, (kind, _) in ALL.items() if kind != "table"])
def test_no_protected_attribute_reaches_a_scoring_table(name):
    words = re.compile("gender|minority|ethnic|age$|disab|race")
    assert not [c for c in datasets.load(name).frame.columns if words.search(c)]


def test_the_files_are_plain_utf8_with_unix_lines():
    for path in sorted(datasets._folder().iterdir()):
        raw = path.read_bytes()
        assert b"\r" not in raw
        assert raw.endswith(b"\n")
        assert not re.search(r"/(work|home|tmp|usr)/|\.\./", raw.decode("utf-8"))


def test_an_unknown_name_lists_the_available_ones():
    for ask in (datasets.load, datasets.describe, datasets.frame):
        with pytest.raises(DataError, match="guilford_creativity") as caught:
            ask("nonesuch")
        assert caught.value.code == "E-DATASET"
    with pytest.raises(DataError):
        datasets.load("../datasets/shrout_fleiss")
    with pytest.raises(SettingsError):
        datasets.names("nonesuch")


def test_cards_show_well_and_are_escaped():
    card = datasets.describe("service_team")
    assert "SIMULATED" in repr(card)
    assert "SIMULATED" in card._repr_html_()
    html = datasets.Card(**{**card.__dict__, "text": "<script>x</script>", "source": "a & b"})._repr_html_()
    assert "<script>" not in html
    assert "a &amp; b" in html


def test_an_installed_copy_comes_before_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "rankkit"
    (package / "_datasets").mkdir(parents=True)
    monkeypatch.setattr(datasets, "__file__", str(package / "datasets.py"))
    assert datasets._folder() == (package / "_datasets").resolve()
    (package / "_datasets").rmdir()
    assert datasets._folder() == (tmp_path / "datasets").resolve()


# ---- the published numbers, from the data alone


def wide(name, rows="ratee", columns="dimension"):
    return datasets.frame(name).pivot_table(index=rows, columns=columns, values="score", sort=False)


def test_shrout_fleiss_mean_squares():
    y = wide("shrout_fleiss", columns="rater").to_numpy()
    n, k = y.shape
    targets = k * y.mean(1).var(ddof=1)
    judges = n * y.mean(0).var(ddof=1)
    residual = (((y - y.mean(1)[:, None] - y.mean(0) + y.mean()) ** 2).sum()) / ((n - 1) * (k - 1))
    assert [targets, judges, residual] == pytest.approx([11.24, 32.49, 1.02], abs=PRINTED_2)
    single = (targets - residual) / (targets + (k - 1) * residual + k * (judges - residual) / n)
    assert single == pytest.approx(0.2898, abs=PRINTED_4)


def test_guilford_creativity_strongest_interaction():
    data = datasets.frame("guilford_creativity")
    assert data.groupby(["ratee", "rater", "dimension"]).size().eq(1).all()
    assert data.query("rater == 'Brahe' and ratee == 'Edward'")["score"].sum() == 14
    severest = data.groupby("rater")["score"].mean()
    assert list(severest.sort_values().index) == ["Brahe", "Avogadro", "Cavendish"]


def test_gleser_variance_components():
    d = datasets.frame("gleser_symptom_ratings")
    y = d.sort_values(["ratee", "dimension", "rater"])["score"].to_numpy(dtype=float).reshape(12, 6, 2)
    n = np.array(y.shape)
    means = {
        axes: y.mean(axis=tuple(a for a in range(3) if a not in axes), keepdims=True)
        for axes in [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    }

    def effect(axes):
        return sum((-1) ** (len(axes) - len(sub)) * m for sub, m in means.items() if set(sub) <= set(axes))

    ms = {a: (effect(a) ** 2).sum() * y.size / np.prod(n[list(a)]) / np.prod(n[list(a)] - 1) for a in means if a}
    res = ms[(0, 1, 2)]
    pi, pr, ir = (ms[(0, 1)] - res) / n[2], (ms[(0, 2)] - res) / n[1], (ms[(1, 2)] - res) / n[0]
    p = (ms[(0,)] - ms[(0, 1)] - ms[(0, 2)] + res) / (n[1] * n[2])
    i = (ms[(1,)] - ms[(0, 1)] - ms[(1, 2)] + res) / (n[0] * n[2])
    r = (ms[(2,)] - ms[(0, 2)] - ms[(1, 2)] + res) / (n[0] * n[1])
    assert [p, i, r, pi, pr, ir, res] == pytest.approx([0.41869, 0.46717, -0.01414, 0.42727, 0.19192, 0.02045, 0.62121], abs=PRINTED_5)


def test_us_judge_ratings_one_factor():
    values = np.linalg.eigvalsh(wide("us_judge_ratings").corr())[::-1]
    published = [10.1334, 0.4246, 0.2553, 0.0913, 0.0373, 0.0198, 0.0185, 0.0083, 0.0061, 0.0034, 0.0021]
    assert values == pytest.approx(published, abs=PRINTED_4)


def test_supervisor_attitude_regression():
    y = wide("supervisor_attitude")
    x = np.column_stack([np.ones(len(y)), y.drop(columns="rating")])
    b, rss, *_ = np.linalg.lstsq(x, y["rating"], rcond=None)
    assert b == pytest.approx([10.787076, 0.613188, -0.073050, 0.320332, 0.081732, 0.038381, -0.217057], abs=PRINTED_6)
    assert 1 - rss[0] / ((y["rating"] - y["rating"].mean()) ** 2).sum() == pytest.approx(0.732602, abs=PRINTED_6)


def test_instructor_gender_differences():
    data = datasets.frame("instructor_gender_ratings")
    means = data.pivot_table(index="dimension", columns="instructor_perceived_gender", values="score")
    gap = means["male"] - means["female"]
    published = {
        "overall": 0.47, "professional": 0.61, "respect": 0.61, "caring": 0.52, "enthusiastic": 0.57, "communicate": 0.57, "helpful": 0.46,
        "feedback": 0.47, "prompt": 0.80, "consistent": 0.46, "fair": 0.76, "responsive": 0.22, "praised": 0.67,
        "knowledgeable": 0.35, "clear": 0.41,
    }  # fmt: skip
    assert gap.to_dict() == pytest.approx(published, abs=PRINTED_2)
    silent = data[data["score"].isna()]
    assert silent["rater"].nunique() == 4
    assert silent["student_gender"].isna().all()


def test_teaching_ratings_weighted_regression():
    d = datasets.frame("teaching_ratings_beauty")
    binary = [
        d["gender"] == "male",
        d["minority"] == "yes",
        d["native_english"] == "yes",
        d["tenure"] == "yes",
        d["division"] == "upper",
        d["credits"] == "single",
    ]
    x = np.column_stack([np.ones(len(d)), d["beauty"], *binary]).astype(float)
    w = np.sqrt(d["n_respondents"].to_numpy(dtype=float))
    b = np.linalg.lstsq(x * w[:, None], d["score"] * w, rcond=None)[0]
    assert b[1:] == pytest.approx([0.27481, 0.23899, -0.24894, 0.25271, -0.13592, 0.04589, 0.68651], abs=PRINTED_5)
    assert d["ratee"].nunique() == 94


def test_vegetables_counts_and_thurstone_case_five():
    d = datasets.frame("guilford_vegetables")
    assert np.round(d["count"].to_numpy() / 148, 3) == pytest.approx(d["proportion"].to_numpy(), abs=1e-12)
    p = d.pivot_table(index="loser", columns="winner", values="proportion")
    table = d.pivot_table(index="loser", columns="winner", values="count")
    assert (table + table.T).to_numpy()[~np.eye(9, dtype=bool)] == pytest.approx(148)
    scale = pd.DataFrame(stats.norm.ppf(p.fillna(0.5)), p.index, p.columns).mean()
    scale -= scale.min()
    assert scale.sort_values().to_numpy() == pytest.approx([0, 0.52, 0.65, 0.98, 1.12, 1.14, 1.40, 1.44, 1.63], abs=PRINTED_2)


def bradley_terry_deviance(wins):
    """Deviance of Bradley and Terry by Zermelo's iteration; wins[i, j] = how often i beat j."""
    n = wins + wins.T
    worth = np.ones(len(wins))
    for _ in range(5000):
        worth = wins.sum(1) / (n / (worth[:, None] + worth)).sum(1)
        worth /= worth.sum()
    p = worth[:, None] / (worth[:, None] + worth)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * np.nansum(wins * np.log(wins / (n * p))), worth


def wins_of(name):
    d = datasets.frame(name)
    if "outcome" in d:
        left = d["outcome"] == "left"
        d = d.assign(winner=d["left"].where(left, d["right"]), loser=d["right"].where(left, d["left"]))
    weight = d["count"] if "count" in d else pd.Series(1, d.index)
    table = pd.crosstab(d["winner"], d["loser"], values=weight, aggfunc="sum")
    people = sorted(set(d["winner"]) | set(d["loser"]))
    return people, table.reindex(index=people, columns=people).fillna(0).to_numpy(dtype=float)


def test_journal_citations_bradley_terry():
    people, wins = wins_of("journal_citations")
    deviance, worth = bradley_terry_deviance(wins)
    logs = dict(zip(people, np.log(worth / worth[people.index("Biometrika")]), strict=True))
    assert logs == pytest.approx({"Biometrika": 0, "Comm Statist": -2.949072, "JASA": -0.479570, "JRSS-B": 0.268954}, abs=PRINTED_6)
    assert deviance == pytest.approx(4.293384, abs=PRINTED_6)


def test_baseball_schedule_and_bradley_terry():
    people, wins = wins_of("baseball_1987")
    assert set((wins + wins.T)[np.triu_indices(7, 1)]) == {13}
    games = datasets.frame("baseball_1987").groupby(["left", "right"])["count"].sum()
    assert len(games) == 42
    assert set(games) == {6, 7}
    _, worth = bradley_terry_deviance(wins)
    logs = dict(zip(people, np.log(worth / worth[people.index("Baltimore")]), strict=True))
    published = {
        "Baltimore": 0,
        "Milwaukee": 1.58136,
        "Detroit": 1.43641,
        "Toronto": 1.29449,
        "New York": 1.24762,
        "Boston": 1.10770,
        "Cleveland": 0.68385,
    }
    assert logs == pytest.approx(published, abs=PRINTED_5)


def test_pork_worths():
    people, wins = wins_of("bradley_terry_pork")
    assert people == ["C", "CP", "Cp"]
    assert bradley_terry_deviance(wins)[1] == pytest.approx([0.2479, 0.3253, 0.4268], abs=PRINTED_4)


def test_rosen_jerdee_chi_squared():
    table = datasets.frame("rosen_jerdee_promotion").pivot_table(index="file_gender", columns="decision", values="n_managers")
    assert stats.chi2_contingency(table, correction=False).statistic == pytest.approx(5.1692, abs=PRINTED_4)
    assert stats.fisher_exact(table).pvalue == pytest.approx(0.04899, abs=PRINTED_5)


def test_adverse_impact_rates():
    d = datasets.frame("adverse_impact_cases").set_index(["case", "group"])
    counted = d.dropna(subset="n_selected")
    assert (counted["n_selected"] / counted["n_considered"]).to_numpy() == pytest.approx(
        counted["selection_rate"].to_numpy(), abs=PRINTED_6
    )
    qa = d.loc["ugesp_qa_11", "selection_rate"]
    assert [qa[g] / qa["white"] for g in ("american_indian", "hispanic", "black")] == pytest.approx([0.75, 0.80, 0.85])
    test, promoted = (d.loc[f"connecticut_v_teal_1982_{step}", "selection_rate"] for step in ("test", "promoted"))
    assert [test["black"], test["white"]] == pytest.approx([0.5417, 0.7954], abs=PRINTED_4)
    assert [promoted["black"], promoted["white"]] == pytest.approx([0.2292, 0.1351], abs=PRINTED_4)


def test_ricci_counts():
    d = datasets.frame("ricci_pass_counts")
    assert list(zip(d["n_selected"], d["n_considered"], strict=True)) == [(25, 43), (6, 19), (3, 15), (16, 25), (3, 8), (3, 8)]
    for position, p in (("lieutenant", 0.006333), ("captain", 0.119740)):
        part = d[d["position"] == position].set_index("group")
        passed = [part.loc["white", "n_selected"], part.drop("white")["n_selected"].sum()]
        seen = [part.loc["white", "n_considered"], part.drop("white")["n_considered"].sum()]
        table = [passed, [n - k for n, k in zip(seen, passed, strict=True)]]
        assert stats.fisher_exact(table).pvalue == pytest.approx(p, abs=PRINTED_6)


def test_maff_margins_agree_and_ratio():
    d = datasets.frame("uk_maff_box_marks_1998")
    margins = d.pivot_table(index="characteristic", columns="box_mark", values="n_staff", aggfunc="sum")
    assert (margins == [188, 2788, 1809, 381, 17, 0]).all(axis=None)
    groups = d[d["characteristic"] == "ethnic_group"].pivot_table(index="group", columns="box_mark", values="n_staff")
    rate = groups[["1", "2"]].sum(axis=1) / groups.sum(axis=1)
    assert rate["minority"] / rate["white"] == pytest.approx(0.7968799, abs=PRINTED_6)


def test_dti_ratio_and_percentages():
    d = datasets.frame("uk_dti_box_marks_1998")
    sums = d.groupby(["characteristic", "group"])["pct_staff"].sum()
    assert sums.to_numpy() == pytest.approx(100, abs=0.05 + 1e-9)  # five printed figures of two decimals
    top = d[d["box_rank"] <= 2].groupby("group")["pct_staff"].sum()
    assert top["ethnic_minority"] / top["white"] == pytest.approx(0.577, abs=0.0005)


def test_public_distributions_totals():
    d = datasets.frame("public_rating_distributions")
    assert (d["n"].notna() ^ d["pct"].notna()).all()
    totals = d.groupby(["publication", "measure"])[["n", "pct"]].sum()
    assert set(totals["n"]) == {0, 4119}
    assert totals.loc[totals["n"] == 0, "pct"].to_numpy() == pytest.approx(100)


def test_krippendorff_alpha_interval():
    d = datasets.frame("krippendorff_canonical")
    pairable = d[d.groupby("ratee")["score"].transform("size") > 1]
    within = sum(
        ((v[:, None] - v) ** 2).sum() / (len(v) - 1) for v in (g.to_numpy(dtype=float) for _, g in pairable.groupby("ratee")["score"])
    )
    v = pairable["score"].to_numpy(dtype=float)
    alpha = 1 - within * (len(v) - 1) / ((v[:, None] - v) ** 2).sum()
    assert alpha == pytest.approx(0.8491071428571, abs=1e-12)


def test_the_cards_path_is_not_a_machine_path():
    assert Path(datasets._folder()).name in {"datasets", "_datasets"}
