"""Plots of a scale card draw its numbers, in both languages."""

from __future__ import annotations

import numpy as np
import pytest

import rankkit as rk
from rankkit import plot
from tests.contract.test_behavioural_scales import card

KINDS = ("anchor_scale", "retranslation", "survival_funnel", "judge_groups")


@pytest.fixture(scope="module")
def built():
    made = rk.simulate.retranslation(seed=4, n_judges=12, n_scalers=12)
    builder = rk.BARSBuilder.start()
    builder.add_dimensions(made.dimensions)
    builder.add_incidents(made.incidents)
    builder.add_retranslation(made.retranslation)
    builder.add_scaling(made.scaling)
    return builder.card()


def test_kinds_follow_from_what_the_card_has(built):
    assert plot.kinds(built) == KINDS
    assert plot.kinds(card()) == ("anchor_scale",)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_plots_are_drawn(built, kind, lang):
    ax = built.plot(kind, lang=lang)
    assert ax.get_title(loc="left")
    assert plot.svg(built, kind, lang=lang).startswith("<svg")


def test_numbers_drawn(built):
    data = built.plot_data("anchor_scale")
    assert data.table["anchor"].sum() == len(built.anchors)
    assert len(data.table) == built.items["kept"].sum()
    one = built.plot_data("anchor_scale", dimension="attitude").table
    np.testing.assert_array_equal(one.loc[one["anchor"], "value"], built.of("attitude")["value"])
    shares = built.plot_data("retranslation", named=200).more["shares"]
    assert len(shares) == 150
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert len(built.plot_data("retranslation", dimension="attitude").table) == 38
    funnel = built.plot_data("survival_funnel").table
    assert funnel["total"].iloc[0] == 150
    groups = built.plot_data("judge_groups").table
    np.testing.assert_array_equal(groups["apart"], built.differences["q"] < 0.05)
