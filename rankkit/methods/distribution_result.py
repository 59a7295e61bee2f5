"""Result of a forced distribution: grades, how sure they are, and everything the quota did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.archive import archived
from rankkit.errors import Problem
from rankkit.methods.distribution_release import released
from rankkit.privacy.audience import Audience
from rankkit.result import Result


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ForcedDistributionResult(Result):
    """Result of :class:`ForcedDistribution`: the source's scores, and grades.

    Attributes
    ----------
    grades : DataFrame
        Indexed by ``ratee``: ``label, score, grade`` (NA where a tie awaits the committee or there is no score),
        ``candidates`` (the grades still open); with units ``curve``, with rules about persons ``rule``.
    probabilities : DataFrame or None
        Probability of each grade under the same quota; ``None`` if the source has no covariance.
    boundary : DataFrame
        The people near a cut: whom they are tied with across it, and how sure the grade is. People whose grade is locked
        are not compared.
    quota : DataFrame
        Indexed by ``grade``: share asked, people that would be exactly, seats by the rule, seats used; with ranges the
        ``fewest`` and ``most``.
    cuts : DataFrame
        The score at each cut; NaN where each unit has its own, one side is empty, or rules leave no cut.
    expected_misgraded : float
        Σ(1 − probability of the grade given): how many grades are expected to be wrong; ``nan`` if not known.
    unit_quota : DataFrame
        Indexed by (``curve``, ``grade``): ``n, share, asked, seats, used``; empty where all share one curve.
    unit_cuts : DataFrame
        Indexed by (``curve``, ``cut``): ``score, people_above``; empty where all share one curve.
    curves : DataFrame
        Indexed by ``unit``: the ``curve`` its people are graded on, ``n`` of the unit and ``n_curve`` of the curve, and
        whether it is ``enforced``; empty where all share one curve.
    relaxations : DataFrame
        What gave way where quotas and rules about persons could not both hold: ``curve, grade, rule, asked, given,
        who, why``.
    rules : DataFrame
        Indexed by ``ratee``, the people with floors, caps or locks: ``best, worst`` (the grades these leave open; "" where
        they set no bound), ``locked``, and ``rule`` (their names). As applied: what gave way is in ``relaxations`` and no
        longer here.
    """

    grades: pd.DataFrame = field(default_factory=pd.DataFrame)
    probabilities: pd.DataFrame | None = None
    boundary: pd.DataFrame = field(default_factory=pd.DataFrame)
    quota: pd.DataFrame = field(default_factory=pd.DataFrame)
    cuts: pd.DataFrame = field(default_factory=pd.DataFrame)
    expected_misgraded: float = float("nan")
    unit_quota: pd.DataFrame = field(default_factory=pd.DataFrame)
    unit_cuts: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    relaxations: pd.DataFrame = field(default_factory=pd.DataFrame)
    rules: pd.DataFrame = field(default_factory=pd.DataFrame)

    def for_audience(self, audience: Audience, /) -> Self:
        """Return the form an audience may see: grades as they are, numbers no finer than the released scores."""
        shown = super().for_audience(audience)
        return shown if self.confidential is None else released(shown)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        named = {"grades": self.grades, "boundary": self.boundary, "quota": self.quota, "cuts": self.cuts}
        named |= {} if self.probabilities is None else {"probabilities": self.probabilities}
        more = {"curves": self.curves, "unit_quota": self.unit_quota, "unit_cuts": self.unit_cuts, "relaxations": self.relaxations}
        more |= {"rules": self.rules}
        return named | {name: frame for name, frame in more.items() if len(frame)}

    def shape_check(self) -> pd.DataFrame:
        """Set the quota beside the scores it cuts; a description, and no verdict on normality.

        A curve is a policy, not a fact about performance. What can be looked at is whether scores would fall into such
        shares by themselves, and whether there is a gap where a cut is.

        Returns
        -------
        DataFrame
            Indexed by ``grade``: ``asked`` (share by the quota), ``used`` (share given), ``normal_share`` (share of the
            people whose score lies where a normal distribution of the same mean and standard deviation would have that
            grade), ``score_low, score_high`` of those given it, and ``gap_below``: from the lowest of them to the best
            of the next grade that has any (negative where grades overlap: ties, rules or several curves).

        References
        ----------
        O'Boyle & Aguinis (2012), Personnel Psychology 65, 79–119; Beck, Beatty & Sackett (2014), Personnel Psychology
        67, 531–566.

        Examples
        --------
        >>> import rankkit as rk
        >>> scores = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
        >>> rk.ForcedDistribution().fit(scores).shape_check()["normal_share"].round(2).to_dict()
        {'A': 0.29, 'B': 0.71, 'C': 0.0}
        """
        score = self.grades["score"].dropna()
        share = self.quota["share"].to_numpy(dtype=np.float64)
        edge = stats.norm.isf(np.cumsum(share)[:-1].clip(0.0, 1.0))
        sd = float(score.std()) if len(score) > 1 else 0.0
        z = (score - score.mean()) / sd if sd > 0 else score * 0.0
        lands = np.searchsorted(-edge, -z.to_numpy(dtype=np.float64), side="right")
        graded = self.grades.dropna(subset=["grade", "score"]).groupby("grade")["score"]
        low, high = (getattr(graded, end)().reindex(self.quota.index).astype(float) for end in ("min", "max"))
        following = high.bfill().shift(-1)
        used = self.quota["used"].to_numpy(dtype=np.float64)
        return pd.DataFrame(
            {
                "asked": share,
                "used": used / max(float(len(score)), 1.0),
                "normal_share": np.bincount(lands, minlength=len(share)) / max(len(score), 1),
                "score_low": low,
                "score_high": high,
                "gap_below": low - following,
            },
            index=self.quota.index,
        )

    def completed(self) -> Self:
        """List people nobody judged among the grades, without one."""
        added = [p for p in self.people if p not in self.grades.index]
        if not added:
            return self
        index = pd.Index([*self.grades.index, *added], name="ratee")
        grades = self.grades.reindex(index)
        grades["label"] = [self.labels.get(p, p) for p in index]
        for name in grades.columns.intersection(["candidates", "curve", "rule"]):
            grades[name] = grades[name].fillna("").astype("object")
        who = [self.labels.get(p, p) for p in added]
        note = Problem("W-NOTGRADED", None, None, None, {"n": len(added), "who": who})
        return replace(self, grades=grades, notes=(*self.notes, note))
