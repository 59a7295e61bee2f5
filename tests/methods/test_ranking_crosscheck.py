from __future__ import annotations

import numpy as np
import pytest

from rankkit.errors import ConvergenceError, SettingsError
from rankkit.kernels.rankings.plackett_luce import fit
from rankkit.kernels.rankings.ranking_lists import from_matrix
from rankkit.methods.ranking_crosscheck import worths_by_choix
from tests.oracles_rankings import drawn

PEER = 1e-7  # choix stops when all worths together change by less than 1e-10


@pytest.mark.parametrize("top", [2, 5])
def test_two_programs_agree(top: int) -> None:
    rng = np.random.default_rng(top)
    ranks = drawn(rng, rng.normal(size=9), 80, 5)
    lists = from_matrix(np.where(ranks > top, np.inf, ranks))
    np.testing.assert_allclose(worths_by_choix(lists), fit(lists).worth, atol=PEER)


def test_what_choix_does_not_know() -> None:
    for lists in (from_matrix(np.array([[1.0, 1, 2]])), from_matrix(np.array([[1.0, 2]]), weight=np.array([2.0]))):
        with pytest.raises(SettingsError, match="newton"):
            worths_by_choix(lists)
    with pytest.raises(ConvergenceError):
        worths_by_choix(from_matrix(np.array([[1.0, 2, 3]])))
    assert worths_by_choix(from_matrix(np.ones((1, 1)))).tolist() == [0.0]
