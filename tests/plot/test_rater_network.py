"""The plot of who rates whom: the numbers and names drawn, groups, cuts, languages."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import bias, datasets, plot, simulate
from rankkit.errors import SettingsError


@pytest.fixture(scope="module")
def found():
    return bias.cliques(datasets.load("service_team_feedback"), times=199)


def test_it_draws_the_residuals_of_the_network_with_the_clearest_group(found):
    data = plot.data(found, "rater_network", lang="zh")
    assert data.title == "谁评价谁：2026 同事"
    dyads = found.tables["network_dyads"].query("cycle == '2026' and source == 'peer'")
    links = data.more["links"].merge(dyads, on=["rater", "ratee"], suffixes=("", "_source"))
    assert len(links) == len(dyads) == len(data.more["links"])
    assert links["residual"].to_numpy() == pytest.approx(links["residual_source"].to_numpy())
    assert ((links["standard"] >= 1) == (links["shade"] == "above")).all()
    members = found.of("cliques").query("level == 'review'")["members"].iloc[0].split(", ")
    assert sorted(data.table.index[data.table["member"]]) == sorted(members)
    assert data.table["label"].is_unique  # two people called 王伟 stay two
    assert "王伟 (A06)" in set(data.table["label"])
    assert len(data.more["parts"]) == 9


def test_people_stand_on_circles_that_do_not_touch(found):
    data = plot.data(found, "rater_network")
    middle = data.more["parts"].set_index("part").loc[data.table["part"], ["x", "y"]].to_numpy()
    away = np.hypot(*(data.table[["x", "y"]].to_numpy() - middle).T)
    assert away == pytest.approx(np.ones(len(away)))
    centres = data.more["parts"][["x", "y"]].to_numpy()
    apart = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    assert apart[np.triu_indices(len(centres), 1)].min() > 3


def test_a_network_can_be_asked_for(found):
    assert "2025" in plot.data(found, cycle="2025").title
    assert len(plot.data(found, most=2).more["parts"]) == 2
    with pytest.raises(SettingsError, match="2026 peer"):
        plot.data(found, cycle="1999")


def test_of_a_large_part_those_near_the_group_are_drawn():
    made = simulate.feedback(60, 1, peers=9, nominated=4, cliques=1, clique_size=5, clique_lift=2, sd_residual=0.3, sd_halo=0.3, seed=2)
    data = plot.data(bias.cliques(made.table, times=99))
    assert len(data.table) == 20
    assert set(made.planted["rater"]) <= set(data.table.index)
    assert "20" in data.subtitle


def test_it_needs_no_groups_and_draws_in_both_languages(found, tmp_path):
    alone = bias.reciprocity(simulate.feedback(16, 2, seed=1).table, times=99)
    assert plot.kinds(alone)[-1] == "rater_network"
    for lang in ("en", "zh"):
        assert plot.save(alone, "rater_network", tmp_path / f"{lang}.png", lang=lang, dpi=50).stat().st_size > 5000
    assert plot.svg(found, "rater_network", lang="zh") == plot.svg(found, "rater_network", lang="zh")
    assert plot.kinds(bias.bombing(simulate.feedback(16, 2, seed=1).table)) == ()
