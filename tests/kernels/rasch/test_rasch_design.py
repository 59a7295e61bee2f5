"""Categories, threshold groups, linked subsets, elements at one end."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.errors import IdentificationError
from rankkit.kernels.rasch.rasch_design import rasch_design
from rankkit.kernels.rasch.rasch_subsets import finite_elements, subsets
from tests.oracles_rasch import linked_by_rank


def test_unused_categories_are_closed_up_or_refused():
    facets, sizes = [[0, 0, 1, 1], [0, 1, 0, 1]], [2, 2]
    design = rasch_design(facets, sizes, [1, 2, 4, 5])
    assert design.categories.tolist() == [1, 2, 4, 5]
    assert design.unused.tolist() == [3]
    assert design.x.tolist() == [0, 1, 2, 3]
    assert design.observed.tolist() == [1, 2, 4, 5]
    with pytest.raises(IdentificationError, match="nobody used 3") as caught:
        rasch_design(facets, sizes, [1, 2, 4, 5], gaps="refuse")
    assert caught.value.code == "E-RASCHGAP"
    with pytest.raises(IdentificationError) as caught:
        rasch_design(facets, sizes, [3, 3, 3, 3])
    assert caught.value.code == "E-RASCHONE"


def test_a_group_keeps_the_numbers_of_categories_it_does_not_use():
    design = rasch_design([[0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1]], [3, 2], [1, 2, 3, 1, 3, 3], threshold_facet=1)
    assert design.n_slots.tolist() == [3, 2]
    assert design.score[1, :2].tolist() == [0, 2]
    assert np.isnan(design.score[1, 2])
    assert design.value[1, :2].tolist() == [1, 3]
    part = design.where(np.array([True, True, False, True, True, True]))
    assert part.n_slots.tolist() == [2, 2]
    assert part.x.tolist() == [0, 1, 0, 2, 2]


def test_subsets_of_two_facets_are_the_components_of_the_graph():
    found = subsets([np.array([0, 1, 2, 3, 3, 5]), np.array([0, 0, 1, 1, 2, 0])], [6, 4])
    assert found.label[0].tolist() == [0, 0, 1, 1, -1, 0]
    assert found.label[1].tolist() == [1, 0, 0, -1]  # more raters first
    assert not found.linked
    assert found.null[0].shape == (6, 2)


def test_raters_who_each_keep_to_one_dimension_are_not_linked_to_each_other():
    ratee, rater = np.repeat(np.arange(4), 2), np.tile(np.arange(2), 4)
    found = subsets([ratee, rater, rater], [4, 2, 2])  # rater 0 rates dimension 0 only, rater 1 dimension 1 only
    assert set(found.label[0]) == {0}  # people are compared all the same
    assert sorted(found.label[1]) == sorted(found.label[2]) == [0, 1]


def test_a_longer_cycle_ties_together_what_no_two_neighbours_do():
    """Linking one element at a time ends with several groups here; the null space of the table decides."""
    settled = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        sizes = [4, 3, 3]
        facets = [rng.integers(0, s, 9) for s in sizes]
        if any(len(np.unique(f)) < s for f, s in zip(facets, sizes, strict=True)):
            continue
        found = subsets(facets, sizes)
        rank, table = linked_by_rank(facets, sizes)
        assert found.linked == (rank == sum(sizes) - len(sizes) + 1), seed
        assert found.null[0].shape[1] == sum(sizes) - rank
        assert np.abs(table @ np.vstack(found.null)).max() < 1e-9
        one_by_one = all(len(np.unique(g)) == 1 for g in found.group)
        settled += found.linked and not one_by_one
    assert settled > 0


def test_hundreds_of_pieces_are_refused_by_name():
    each = np.arange(1000)
    found = subsets([each, each], [1000, 1000])
    assert int(found.label[0].max()) == 999
    with pytest.raises(IdentificationError) as caught:
        _ = found.null
    assert caught.value.code == "E-RASCHSPARSE"


def test_extreme_elements_are_set_aside_again_and_again():
    # person 2 has only top ratings; without them rater 0 has given nothing but the lowest
    people = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    raters = np.array([0, 1, 0, 1, 0, 1, 0, 1])
    design = rasch_design([people, raters], [4, 2], [1, 2, 1, 1, 3, 3, 1, 3])
    found = finite_elements(design)
    assert found.extreme[0][2] == 1
    assert found.extreme[1][0] == -1
    assert not found.active[[0, 2, 4, 5, 6]].any()


def test_a_group_with_one_category_says_nothing():
    people, raters = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    ratings = np.array([[1, 2, 3], [2, 1, 3], [3, 2, 3], [2, 3, 3]]).ravel()
    found = finite_elements(rasch_design([people, raters], [4, 3], ratings, threshold_facet=1))
    assert found.uninformative[1].tolist() == [False, False, True]
