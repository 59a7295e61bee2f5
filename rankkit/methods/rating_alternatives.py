"""Every adjustment side by side: who would stand where, and which adjustments these data cannot carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd

from rankkit.errors import RankkitError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.ranking import competition_ranks
from rankkit.methods.rating_adjustments import Adjust, may_adjust
from rankkit.methods.rating_scoring import Scored, Scoring


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Scores under each adjustment, computed when asked for.

    Attributes
    ----------
    scoring : Scoring
        The ratings and the settings.
    raw : Scored
        Their raw scores.
    """

    scoring: Scoring
    raw: Scored

    @cached_property
    def _outcomes(self) -> dict[str, Scored | RankkitError]:
        out: dict[str, Scored | RankkitError] = {"none": self.raw}
        scoring = replace(self.scoring, settings=replace(self.scoring.settings, ordinal=False))
        for how in get_args(Adjust)[1:]:
            if (how == "anchor" and not self.scoring.anchors.any()) or (how == "objective" and self.scoring.settings.objective is None):
                continue  # nobody offered what these need
            try:
                may_adjust(how, self.scoring.settings.assume, self.scoring.design, self.scoring.table)
                out[how] = scoring.adjusted(self.raw, how)
            except RankkitError as error:
                out[how] = error
        return out

    def table(self) -> pd.DataFrame:
        """Score, rank and places gained against the raw scores, by (``ratee``, ``adjust``)."""
        table = self.scoring.table
        before = _ranks(self.raw)
        frames = []
        for how, found in self._outcomes.items():
            if isinstance(found, Scored):
                rank = _ranks(found)
                data = {
                    "adjust": how,
                    "ratee": list(table.people),
                    "label": [table.labels[p] for p in table.people],
                    "score": np.where(found.evidence.scored, found.evidence.parts.score, np.nan),
                    "rank": pd.Series(rank).astype("Int64"),
                    "rank_change": pd.Series(before - rank).astype("Int64"),
                    "unit": found.unit,
                }
                frames.append(pd.DataFrame(data))
        return pd.concat(frames, ignore_index=True).set_index(["ratee", "adjust"])

    def refused(self) -> pd.DataFrame:
        """Adjustments that cannot be made, by ``adjust``: ``text, fix``."""
        last = {how: e.items[-1] for how, e in self._outcomes.items() if isinstance(e, RankkitError)}
        frame = pd.DataFrame({"text": [p.message() for p in last.values()], "fix": [p.fix() for p in last.values()]}, dtype=object)
        return frame.set_axis(pd.Index(list(last), name="adjust", dtype=object))


def _ranks(found: Scored) -> Floats:
    """Rank of everyone who has a score, else NaN."""
    scored = found.evidence.scored
    ranks = competition_ranks(np.where(scored, found.evidence.parts.score, np.nan)).astype(np.float64)
    ranks[~scored] = np.nan
    return ranks
