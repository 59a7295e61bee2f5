r"""Whom the scores of a session tell apart: differences with their standard errors, shared raters and all.

The covariance of the scores is kept as one row for each person, on that person's own sheet:
:math:`\Sigma = F F^\top + \mathrm{diag}(d)`. A pair is compared from two sheets, and erasing a person erases the row.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from rankkit.calibration.event_log.chain import number_text, text_number
from rankkit.calibration.sessions.session_state import SessionState
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, Factor
from rankkit.kernels.matrix_forms import full, symmetric_root
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.ranking import TIE_TOLERANCE
from rankkit.methods.forced_distribution import ForcedDistributionResult

ROOT_LIMIT = 1500
"""People up to whom the root of a covariance without factors is kept, n numbers a person."""
_ROUNDING = 1e-9  # of the sum of two variances: what the four bytes of a kept number can leave of nothing


def error_rows(grades: ForcedDistributionResult) -> dict[str, dict[str, Any]]:
    """What each person's sheet holds of the errors of the scores.

    Returns
    -------
    dict
        Id to ``own`` (d, as text) and ``shared`` (row of F, 4-byte numbers in base64; ``at`` names their places where most are zero).
    """
    covariance = _known(grades)
    if covariance is None:
        return {}
    rows, own = _factored(covariance)
    out: dict[str, dict[str, Any]] = {}
    for k, person in enumerate(grades.estimated_ids):
        out[str(person)] = {"own": number_text(own[k])} | ({} if rows is None else _packed(rows[k]))
    return out


def shares_errors(grades: ForcedDistributionResult) -> bool:
    """Whether all of the covariance is kept, or each person's own variance only."""
    known = _known(grades)
    return known is None or isinstance(known, Factor) or known.size <= ROOT_LIMIT


def _known(grades: ForcedDistributionResult) -> Covariance | None:
    """The covariance of the scores, worked out."""
    known = grades.covariance
    return known.resolved if isinstance(known, OnDemand) else known


def _factored(covariance: Covariance) -> tuple[Floats | None, Floats]:
    """F and d."""
    if isinstance(covariance, Factor):
        return full(covariance.rows), np.asarray(covariance.specific, dtype=np.float64)
    if covariance.size <= ROOT_LIMIT:
        return symmetric_root(covariance.dense()), np.zeros(covariance.size)
    return None, covariance.diagonal()


def _packed(row: Floats) -> dict[str, Any]:
    at = np.flatnonzero(row)
    if 2 * len(at) < len(row):
        return {"at": _text(at.astype("<u4").tobytes()), "shared": _text(row[at].astype("<f4").tobytes()), "width": len(row)}
    return {"shared": _text(row.astype("<f4").tobytes()), "width": len(row)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _row(sheet: Mapping[str, Any], width: int) -> Floats:
    """Row of F a sheet holds."""
    row = np.zeros(width)
    if "shared" in sheet:
        values = np.frombuffer(base64.b64decode(sheet["shared"]), dtype="<f4").astype(np.float64)
        at = np.frombuffer(base64.b64decode(sheet["at"]), dtype="<u4") if "at" in sheet else np.arange(len(values))
        row[at] = values
    return row


class Differences:
    """Differences of people's scores and their standard errors.

    Attributes
    ----------
    people : tuple of str
        Tokens of the people with a score whose error is known.
    multiple : float
        Standard errors from which on two people are told apart, :math:`t_{df}` at the level of the grades.
    """

    def __init__(self, state: SessionState) -> None:
        known = {w: s for w in state.before if (s := state.sheets.get(w)) is not None and s.get("own") is not None}
        self.people = tuple(known)
        self.place = {w: k for k, w in enumerate(self.people)}
        width = max((int(s.get("width", 0)) for s in known.values()), default=0)
        self._score = np.array([text_number(s["score"]) for s in known.values()])
        self._own = np.array([text_number(s["own"]) for s in known.values()])
        self._shared = np.array([_row(s, width) for s in known.values()]).reshape(len(known), width)
        source = state.start["source"]
        level, df = text_number(source["level"]), text_number(source.get("df", "inf"))
        self.multiple = float(stats.t.isf((1 - level) / 2, df))

    @classmethod
    def of(cls, state: SessionState) -> Differences:
        """Of a state; worked out once, and again after somebody was erased."""
        kept = state.worked_out.get("differences")
        if kept is None or kept[0] != len(state.erased):
            kept = state.worked_out["differences"] = (len(state.erased), cls(state))
        found: Differences = kept[1]
        return found

    @property
    def score(self) -> Floats:
        """Scores of :attr:`people`."""
        return self._score

    def between(self, i: int, others: Ints) -> tuple[Floats, Floats]:
        """Score of one minus scores of others, and the standard errors."""
        difference = self._score[i] - self._score[others]
        difference[np.abs(difference) <= TIE_TOLERANCE * np.maximum(np.abs(self._score[others]), 1.0)] = 0.0
        own = self._own[i] + self._own[others]
        square = own + ((self._shared[i] - self._shared[others]) ** 2).sum(axis=1)
        square[others == i] = 0.0
        total = own + (self._shared[i] ** 2).sum() + (self._shared[others] ** 2).sum(axis=1)
        return difference, np.sqrt(np.where(square > _ROUNDING * total, square, 0.0))

    def apart(self, i: int, others: Ints) -> Bools:
        r"""Whether one is told apart from others: :math:`|d| \ge t \cdot SED`, and there is a difference."""
        difference, se = self.between(i, others)
        told: Bools = (np.abs(difference) >= self.multiple * se) & (difference != 0)
        return told

    def known(self, people: Sequence[str]) -> list[str]:
        """Those of some people who can be compared."""
        return [w for w in people if w in self.place]

    def not_apart(self, who: str, others: Sequence[str]) -> list[str]:
        """Those of some others somebody cannot be told apart from, nearest first."""
        listed = [w for w in self.known(others) if w != who]
        if who not in self.place or not listed:
            return []
        i, js = self.place[who], np.array([self.place[w] for w in listed], dtype=np.int64)
        difference, _ = self.between(i, js)
        left = ~self.apart(i, js)
        order = np.argsort(np.abs(difference), kind="stable")
        return [listed[k] for k in order if left[k]]
