"""A result as others may see it: estimates are the released values, and everything else is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from operator import getitem
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.privacy.audience import Audience
from rankkit.privacy.confidential import Confidential, ConfidentialLater, guarded
from rankkit.privacy.policy import DisclosurePolicy

if TYPE_CHECKING:
    from rankkit.privacy.ledger import Ledger

R = TypeVar("R")
_ESTIMATED = ("scored", "provisional")
_OPEN_KINDS = ("dimension", "source", "group", "form", "cycle")  # patterns that concern nobody in particular
_TELLING = frozenset({"rater", "raters", "judge", "who", "left", "right", "value", "values", "pairs", "names", "groups"})
_ALWAYS = ("reliability",)  # made of all ratees together
_DENSE_LIMIT = 2000  # people up to whom the width of a range is added to the covariance


class Guarded:
    """Something that may hold scores made of protected ratings, and knows the form in which others may see them."""

    confidential: Confidential | ConfidentialLater | None

    def for_audience(self, audience: Audience, /) -> Self:
        """Return the result with released values only (:func:`redacted`); itself if nothing in it is protected."""
        return redacted(self, audience)

    def recorded(self, ledger: Ledger, cycle: str = "") -> Self:
        """Return the result as it may be released after everything in a ledger, and write down what it releases.

        Parameters
        ----------
        ledger : Ledger
            Earlier releases about the same people, of this method or others.
        cycle : str
            Ratings of different cycles are different ratings.

        Returns
        -------
        Result
            Its ``release``, ``to_report`` and ``to_excel`` show what was recorded.

        Raises
        ------
        DisclosureError
            ``E-NOTJOINED`` if the ratings are not at hand (a result read from an archive).
        """
        if self.confidential is None:
            return self
        held: Any = self
        told = self.confidential.joined(ledger, cycle)
        joined: Self = replace(held, confidential=told, parts=guarded(held.parts, told))
        return joined

    @property
    def purpose(self) -> str | None:
        """What protected data were collected for."""
        return None if self.confidential is None else self.confidential.finished.purpose


def redacted(result: R, audience: Audience) -> R:
    """Return the form of a result that an audience may see; one without protected ratings is returned as it is.

    Scores, ranks, intervals and pictures are all made of the released values, and a range shown in place of a number widens the
    interval by its variance (width²/12). Tables that were not declared safe are left out, as are notes that name raters, the
    fingerprint of the data (it would confirm a guess) and, except for human resources, patterns of raters.

    Parameters
    ----------
    result : Result
    audience : str

    Returns
    -------
    Result
    """
    subject: Any = result
    if subject.confidential is None:
        return result
    told: Confidential = subject.confidential.finished
    kept: R = _with_values(subject, told.scores, told)
    parts = {d: redacted(replace(subject.parts[d], confidential=told.of_part(d)), audience) for d in subject.parts if d in told.dimensions}
    evidence: dict[str, Any] = {name: partial(getitem, subject.evidence, name) for name in told.tables if name in subject.evidence}
    evidence |= {n: partial(_coarse, subject.evidence, n) for n in _ALWAYS if told.keep_se and n in subject.evidence}
    evidence |= {name: partial(getitem, told.released, name) for name in told.released}
    design = subject.design
    if design is not None and audience != "hr":
        nobody: dict[str, Any] = {
            "tables": {},
            "labels": {},
            "rater_labels": {},
            "components": (),
            "rater_components": (),
            "articulation": (),
        }
        design = replace(design, **nobody, notes=_harmless(design.notes))
    shown: Any = kept
    patterns = tuple(p for p in subject.patterns if p.unit_kind in _OPEN_KINDS or (audience == "hr" and p.unit_kind == "rater"))
    return replace(  # type: ignore[no-any-return]
        shown,
        parts=parts,
        evidence=_lazy(subject.evidence, evidence),
        design=design,
        patterns=patterns,
        notes=(*told.notes, *_harmless(subject.notes)),
        provenance={k: subject.provenance[k] for k in subject.provenance if k != "data"},
    )


def _coarse(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """A table over all people with two decimals: all digits of a number over whole-number answers would say much about them."""
    table = tables[name]
    return table.assign(**{c: table[c].round(2) for c in table.select_dtypes("float").columns})


def _lazy(like: Mapping[str, pd.DataFrame], makers: Mapping[str, Any]) -> Mapping[str, pd.DataFrame]:
    """Keep tables unmade until somebody asks, where they were."""
    if isinstance(like, dict):
        return {name: make() for name, make in makers.items()}
    kind: Any = type(like)
    tables: Mapping[str, pd.DataFrame] = kind(makers)
    return tables


def _harmless(notes: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Notes that name no rater and repeat no answer."""
    return tuple(n for n in notes if n.value is None and not _TELLING.intersection(n.details))


def _with_values(part: Any, told: pd.DataFrame, confidential: Confidential) -> Any:
    """Put released values in the place of estimates."""
    people = list(part.people)
    frame = told.reindex(people)
    listed = np.array([p in told.index for p in people], dtype=bool)
    value, low, high = (frame[c].to_numpy(dtype=np.float64) for c in ("value", "low", "high"))
    was = np.array([s in _ESTIMATED for s in part.status], dtype=bool)
    now = was & ~np.isnan(value)
    hidden = was & ~now
    lacking = frame["code"].isin(("W-GROUPSLACKING", "W-LATEANSWER")).to_numpy()
    estimate = np.where(now, value, np.nan)
    status = tuple("suppressed" if h else s for h, s in zip(hidden, part.status, strict=True))
    reasons = tuple(
        Problem("S-SUPPRESSED" if known else "S-UNDISCLOSED")
        if h
        else Problem("I-SHOWNASRANGE", None, None, None, {"low": round(a, 2), "high": round(b, 2)})
        if n and b > a
        else Problem("I-WITHOUTSMALL")
        if n and left and r is None
        else r
        for h, n, known, left, a, b, r in zip(hidden, now, listed, lacking, low, high, part.reasons, strict=True)
    )
    width = (high - low)[now]
    counted, behind = np.asarray(part.n_raters, dtype=np.float64)[now], np.nan_to_num(frame["n"].to_numpy(dtype=np.float64)[now])
    fewer = np.where(lacking[now] & (behind > 0) & (counted > behind), counted / np.maximum(behind, 1), 1.0)
    index = np.flatnonzero(now[was])
    changes: dict[str, Any] = {
        c: _covariance(getattr(part, c), index, width, fewer) if confidential.keep_se else None for c in ("covariance", "joint_covariance")
    }
    if not confidential.keep_se:
        changes["se_basis"] = "none"
    changes["df"] = np.maximum(np.floor(part.df), 1.0)
    changes["df_difference"] = max(float(np.floor(part.df_difference)), 1.0)
    changes["df_joint"] = None if part.df_joint is None else max(float(np.floor(part.df_joint)), 1.0)
    n_raters = np.array(part.n_raters)
    n_raters[now] = np.where(lacking[now] & (behind > 0), np.minimum(behind, counted), counted).astype(n_raters.dtype)
    return replace(part, estimate=estimate, status=status, reasons=reasons, n_raters=n_raters, **changes, confidential=None)


def _covariance(covariance: Covariance | None, index: Any, width: Floats, fewer: Floats) -> Any:
    """Covariance of the people still shown; fewer raters are less certain, and a range shown for a number adds width²/12.

    Standard errors are rounded up to two digits: all digits of a spread over whole-number answers would say much about them.
    """
    if covariance is None:
        return None
    kept = covariance.take(index)
    if len(index) > _DENSE_LIMIT:
        return kept
    dense = kept.dense() * np.sqrt(np.outer(fewer, fewer)) + np.diag(width**2 / 12)
    se = np.sqrt(np.diag(dense))
    up = np.divide(_rounded_up(se), se, out=np.ones_like(se), where=se > 0)
    return Dense(dense * np.outer(up, up))


def _rounded_up(values: Floats) -> Floats:
    """The next number of two significant digits."""
    unit = 10.0 ** (np.floor(np.log10(np.maximum(values, 1e-12))) - 1)
    return np.asarray(np.ceil(values / unit - 1e-9) * unit)


def without_single_answers(frame: pd.DataFrame, policy: DisclosurePolicy | None = None) -> pd.DataFrame:
    """Leave out rows about what one protected rater answered about one named person.

    Parameters
    ----------
    frame : DataFrame
        Only one with ``rater``, ``ratee`` and ``source`` (columns or index) can have such rows.
    policy : DisclosurePolicy, optional

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> frame = pd.DataFrame({"rater": ["m", "p"], "ratee": ["a", "a"], "source": ["supervisor", "peer"], "residual": [0.1, -2.9]})
    >>> without_single_answers(frame)["rater"].tolist()
    ['m']
    """
    policy = DisclosurePolicy() if policy is None else policy
    columns = {str(name): frame.index.get_level_values(k) for k, name in enumerate(frame.index.names) if name is not None}
    columns |= {str(c): pd.Index(frame[c]) for c in frame.columns if c in ("rater", "ratee", "source")}
    if not {"rater", "ratee", "source"} <= set(columns):
        return frame
    return frame.loc[[not policy.protects(str(s)) for s in columns["source"]]]
