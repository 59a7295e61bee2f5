"""A model of comparisons, asked for and fitted: what was to be fitted, and the worths that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Covariance
from rankkit.kernels.pairs.bradley_terry import BradleyTerryFit
from rankkit.kernels.pairs.pair_model_fit import PairModelFit
from rankkit.methods.pair_clusters import Clustered
from rankkit.methods.pair_data import Pairs
from rankkit.result import SeBasis

Ties = Literal["auto", "davidson", "rao_kupper", "half", "drop"]
Penalty = Literal["auto", "none", "jeffreys", "gaussian"]
Used = Literal["none", "jeffreys", "gaussian"]
TieModel = Literal["none", "davidson", "rao_kupper", "half"]
Link = Literal["logit", "probit"]
Judges = Literal["auto", "model"]
Solver = Literal["newton", "choix"]


@dataclass(frozen=True, kw_only=True)
class PairModel:
    """What is to be fitted: the settings of :class:`~rankkit.PairedComparison` that say so."""

    ties: Ties = "auto"
    penalty: Penalty = "auto"
    link: Link = "logit"
    judges: Judges = "auto"
    solver: Solver = "newton"
    prior_sd: float | None = None


@dataclass(frozen=True, eq=False)
class PairFit:
    """Worths with their covariance, and how they were come by."""

    source: BradleyTerryFit | PairModelFit
    worth: Floats
    clusters: Clustered
    penalty: Used
    tie_model: TieModel
    link: Link
    finite: bool
    names: tuple[str, ...] = ()
    parameters: Floats | None = None
    parameter_covariance: Floats | None = None
    prior: tuple[float, str] = (float("inf"), "none")
    explained: bool = False  # whether worths are what covariates of people say, and nothing else
    sided: bool = False  # whether the model tells left from right
    running: tuple[str, ...] = ()  # parameters that only the penalty keeps finite
    aside: Problem | None = None  # about a bootstrap that was left out

    @property
    def covariance(self) -> Covariance | None:
        """Covariance of single scores; None where they say what covariates explain, not what people are."""
        return None if self.explained else self.clusters.single

    @property
    def se_basis(self) -> SeBasis:
        """Where standard errors come from."""
        if self.explained:
            return "none"
        return "model" if self.clusters.basis == "model" else "bootstrap" if self.clusters.basis == "bootstrap" else "judge_cluster"

    @property
    def reason(self) -> Problem | None:
        """Why the scores are provisional, if they are."""
        if self.finite:
            return Problem("S-EXPLAINED") if self.explained else self.clusters.reason
        return Problem("S-PRIOR" if self.penalty == "gaussian" else "S-PENALTY")

    @property
    def threshold(self) -> float:
        """Rao and Kupper's threshold of ties, ``log theta``; 0 without one."""
        return float(self.parameters[-1]) if self.tie_model == "rao_kupper" and self.parameters is not None else 0.0

    def chances(self, pairs: Pairs) -> tuple[Floats, Floats | None]:
        """Chance that left wins, and of a tie where ties are an outcome of their own, in each row."""
        if isinstance(self.source, BradleyTerryFit):
            return 1 / (1 + np.exp(self.worth[pairs.right] - self.worth[pairs.left])), None
        left, right, tie = self.source.probabilities()
        of_row = self.source.contests.of_row
        win = left[of_row] if self.sided else np.where(pairs.left > pairs.right, right[of_row], left[of_row])
        return win, tie[of_row] if self.source.model.has_tie_parameter else None
