"""From 150 simulated incidents and three groups of judges to a printed card; and the mistakes of simpler tools, refused."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.elicit.bars_item_bank import Selection
from rankkit.errors import DataError
from rankkit.kernels.behaviours.effectiveness_scaling import on_scale

MADE = rk.simulate.retranslation(seed=2026)
DOUBLES = {"s032": "duplicate of s031", "s064": "duplicate of s055"}


def built(keep=None, made=MADE, **selection):
    """Build a scale from the incidents for which ``keep`` holds."""
    builder = rk.BARSBuilder.start(title="Service desk")
    builder.add_dimensions(made.dimensions, judges=made.definers)
    incidents = made.incidents if keep is None else made.incidents[keep]
    builder.add_incidents(incidents)
    names = set(incidents["incident"])
    builder.edit(drop={k: v for k, v in DOUBLES.items() if k in names})
    left = names - set(DOUBLES)
    builder.add_retranslation(made.retranslation[made.retranslation["incident"].isin(left)])
    builder.add_scaling(made.scaling[made.scaling["incident"].isin(left)])
    if selection:
        builder.select(**selection)
    return builder


@pytest.fixture(scope="module")
def builder():
    return built()


@pytest.fixture(scope="module")
def card(builder):
    return builder.card()


def test_duplicates_are_found_in_both_languages():
    for lang in ("en", "zh"):
        made = rk.simulate.retranslation(lang=lang)
        start = rk.BARSBuilder.start()
        start.add_dimensions(made.dimensions)
        start.add_incidents(made.incidents)
        found = start.editing()
        pairs = set(found.loc[found["what"] == "duplicate", ["incident", "other"]].itertuples(index=False, name=None))
        assert pairs == {("s032", "s031"), ("s064", "s055")}


def test_a_card_comes_out(builder, card, tmp_path):
    assert card.names == ("knowledge", "attitude", "problem_solving", "communication")
    assert card.anchors.groupby("dimension").size().min() >= 4
    truth = MADE.truth.loc[card.anchors["incident"]]
    assert (truth["dimension"].to_numpy() == card.anchors["dimension"].to_numpy()).all()
    assert np.abs(truth["effectiveness"].to_numpy() - card.anchors["value"]).max() < 1.0
    assert not set(card.anchors["incident"]) & set(DOUBLES)
    path = card.to_html(tmp_path / "card.html")
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert builder.step == "pilot"
    assert card.draft


def test_the_funnel_narrows(card):
    wide = card.funnel.pivot_table(index="stage", values="n", aggfunc="sum", sort=False)["n"]
    assert wide["written"] == 150
    assert wide["edited"] == wide["retranslated"] == 148
    assert (np.diff(wide.to_numpy()) <= 0).all()
    assert wide["anchor"] == len(card.anchors)


def test_ambiguous_incidents_go(card):
    items = card.items.set_index("incident")
    two = MADE.truth["second"] != ""
    assert items.loc[two[two].index, "kept"].mean() < 0.4
    assert items.loc[two[~two].index.difference(list(DOUBLES)), "kept"].mean() > 0.95
    assert card.confusion.to_numpy().sum(axis=1) == pytest.approx(np.ones(4))


def test_shifted_incidents_are_found(card):
    apart = card.differences[card.differences["q"] < 0.05]
    assert (MADE.truth.loc[apart["incident"], "shift"] > 0).all()
    assert len(apart) >= 2


def test_a_missing_middle_is_named():
    average = MADE.truth["effectiveness"].between(2.8, 5.2).to_numpy()
    builder = built(~average)
    found = [n for n in builder.notes if n.code == "W-GAP"]
    assert {n.details["dimension"] for n in found} >= {"Knowledge", "Problem solving"}
    text = next(n for n in found if n.details["dimension"] == "Problem solving").text("en")
    assert re.search(r"no surviving incident between \d\.\d and \d\.\d on 'Problem solving'. Write at least 5 incidents", text)
    assert "average" in text
    assert "一般" in found[0].text("zh")
    assert {n.code for n in builder.notes} >= {"W-ALLGOOD"}  # before anybody judged: nobody wrote average ones
    more = MADE.incidents[average].assign(author="b99")  # they are asked for, judged, and the gap closes
    builder.add_incidents(more)
    assert set(builder.form("c01")["incident"]) == set(more["incident"])
    builder.add_retranslation(MADE.retranslation[MADE.retranslation["incident"].isin(more["incident"])])
    builder.add_scaling(MADE.scaling[MADE.scaling["incident"].isin(more["incident"])])
    assert len([n for n in builder.notes if n.code == "W-GAP"]) < len(found)
    assert set(builder.card().anchors["incident"]) & set(more["incident"])


# --- mistakes of simpler tools -----------------------------------------------------------------------------------------


def test_anchors_typed_by_one_author_at_whole_points_are_refused(card):
    typed = card.of("attitude").assign(
        value=lambda f: np.arange(1, len(f) + 1.0), point=lambda f: np.arange(1, len(f) + 1.0), n_scaled=1, sd=0.0
    )
    with pytest.raises(DataError) as caught:
        rk.ScaleCard.from_anchors(card.dimensions, typed)
    assert caught.value.codes == ("E-ONEAUTHOR",)
    with pytest.raises(DataError) as caught:
        rk.ScaleCard.from_anchors(card.dimensions, typed.drop(columns=["sd", "n_scaled"]))
    assert caught.value.code == "E-COLS"
    assert not np.allclose(card.anchors["value"], card.anchors["value"].round())  # ours stand where judges put them


def test_a_threshold_comes_with_its_interval():
    few = rk.simulate.retranslation(seed=5, n_judges=8)
    builder = built(made=few)
    items = builder.items[builder.items["kept"]]
    toy = items["agreement"] >= 0.6  # all that a bare threshold says
    assert toy.all()
    assert items["uncertain"].any()
    assert (items["agreement_high"] - items["agreement_low"]).min() > 0.25
    codes = {n.code for n in builder.notes}
    assert {"I-AGREEMENTUNSURE", "W-FEWSTEPJUDGES"} <= codes
    strict = built(made=few, threshold_on="lower").items
    assert strict["kept"].sum() < len(items)
    assert (strict.loc[strict["kept"], "agreement_low"] >= 0.6).all()


def test_the_most_agreed_on_cluster_at_the_ends():
    """Bad and good behaviour is clearer than average behaviour: choosing by agreement leaves the middle empty."""
    clearer = MADE.truth["effectiveness"].sub(4).abs().gt(1.4) & (MADE.truth["second"] == "")
    rng = np.random.default_rng(0)
    own = MADE.truth["dimension"]
    choices = MADE.retranslation.assign(dimension_chosen=lambda f: own.loc[f["incident"]].to_numpy())
    unsure = ~clearer.loc[choices["incident"]].to_numpy() & (rng.random(len(choices)) < 0.3)
    choices.loc[unsure, "dimension_chosen"] = "attitude"
    builder = rk.BARSBuilder.start()
    builder.add_dimensions(MADE.dimensions)
    builder.add_incidents(MADE.incidents)
    builder.add_retranslation(choices)
    builder.add_scaling(MADE.scaling)
    card = builder.card()
    for name in ("knowledge", "communication"):
        kept = card.items[card.items["kept"] & (card.items["dimension"] == name)]
        toy = kept.sort_values(["agreement", "sd"], ascending=[False, True]).head(7)["value"]
        assert not toy.between(3, 5).any()  # the toy's scale has two ends and no middle
        assert card.of(name)["value"].between(3, 5).any()


def test_the_cut_off_of_spread_follows_the_scale():
    assert [Selection().cut(s) for s in ((1, 7), (1, 5), (1, 9))] == [1.5, 1.0, 2.0]
    five = MADE.scaling.assign(effectiveness=lambda f: 1 + np.rint((f["effectiveness"] - 1) * 4 / 6))
    builder = rk.BARSBuilder.start(scale=(1, 5))
    builder.add_dimensions(MADE.dimensions)
    builder.add_incidents(MADE.incidents.assign(effectiveness=3))
    builder.add_retranslation(MADE.retranslation)
    builder.add_scaling(five)
    sd = builder.items["sd"]
    assert (sd <= 1.5).all()  # the cut-off of seven points keeps everything
    assert builder.items.loc[sd > on_scale(1.5, (1, 5)), "kept"].sum() == 0
    assert (sd > 1.0).any()


def test_anchors_are_no_radio_buttons(card, tmp_path):
    page = card.to_html(tmp_path / "card.html").read_text(encoding="utf-8")
    assert "<input" not in page
    assert "not the only answers" in page
    marks = pd.DataFrame(
        {"rater": ["r1", "r1", "r2", "r2"], "ratee": ["a", "b"] * 2, "dimension": "attitude", "score": [3.3, 5.15, 3.4, 5.25]}
    )
    scores = rk.BARS(scale=card).fit(marks).scores["score"]
    values = card.of("attitude")["value"].to_numpy()
    snapped = [values[np.abs(values - v).argmin()] for v in marks["score"]]
    assert scores.to_list() == pytest.approx([3.35, 5.2])  # where the rater put the mark, not the nearest anchor
    assert np.abs(np.array(snapped) - marks["score"]).max() > 0.3
