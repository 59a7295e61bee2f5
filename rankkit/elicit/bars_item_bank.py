"""The item bank: every incident with what retranslation and scaling made of it, and where it left the procedure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.elicit.bars_state import BarsState, Facts
from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.behaviours.effectiveness_scaling import SD_ON_SEVEN, group_difference, on_scale, scale_incidents
from rankkit.kernels.behaviours.retranslation import category_kappa, retranslate
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.tables.incident_judgements import NONE

THRESHOLD = 0.6
FEW_JUDGES = 10
FEW_SURVIVORS = 4
STAGES = ("dropped", "not_retranslated", "tied", "other_dimension", "agreement", "not_scaled", "spread", "kept")
FUNNEL = ("written", "edited", "retranslated", "dimension", "agreement", "scaled", "spread")
_SURE = 0.05


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which incidents are kept.

    Parameters
    ----------
    threshold : float
        Least share of judges who agree on the dimension; the literature uses .5 to .8.
    threshold_on : {"estimate", "lower"}
        Whether the share itself or the lower end of its Wilson interval must reach it.
    sd_cut : float, optional
        Largest standard deviation of the placings, in points; 1.5 on a scale from 1 to 7, carried over to others.
    allow_reassign : bool
        Keep an incident in the dimension the judges chose where that is another than its writer's.
    level : float
        Confidence level of all intervals.

    Raises
    ------
    SettingsError
        For impossible values.
    """

    threshold: float = THRESHOLD
    threshold_on: Literal["estimate", "lower"] = "estimate"
    sd_cut: float | None = None
    allow_reassign: bool = False
    level: float = 0.95

    def __post_init__(self) -> None:
        allowed = {
            "threshold": (0 < self.threshold <= 1, "above 0, up to 1"),
            "threshold_on": (self.threshold_on in ("estimate", "lower"), "'estimate', 'lower'"),
            "sd_cut": (self.sd_cut is None or self.sd_cut > 0, "above 0"),
            "level": (0 < self.level < 1, "between 0 and 1"),
        }
        for name, (fine, what) in allowed.items():
            if not fine:
                raise SettingsError("E-SETTING", name=name, value=getattr(self, name), allowed=what)

    def cut(self, scale: tuple[float, float]) -> float:
        """Largest standard deviation on a scale, in its points."""
        return on_scale(SD_ON_SEVEN, scale) if self.sd_cut is None else self.sd_cut

    def facts(self) -> dict[str, Any]:
        """Settings as plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class ItemBank:
    """Everything known of the incidents.

    Attributes
    ----------
    items : DataFrame
        One incident a row, see :class:`~rankkit.methods.bars_card.ScaleCard`.
    dimensions : DataFrame
        ``dimension, written, retranslated, kept, kappa, kappa_low, kappa_high``; the last row, ``""``, is over all.
    confusion : DataFrame
        Intended × chosen dimension, ``none`` last: shares of the judgements on incidents meant for the row.
    differences : DataFrame
        Supervisors less incumbents: ``incident, dimension, supervisors, incumbents, n_supervisors, n_incumbents, difference,
        ci_low, ci_high, p, q``.
    placings : ndarray, shape (J, R)
        Effectiveness by incident (rows of ``items``) and judge.
    counts : ndarray of int, shape (J, D + 1)
        Choices by incident and dimension, ``none`` last.
    """

    items: pd.DataFrame
    dimensions: pd.DataFrame
    confusion: pd.DataFrame
    differences: pd.DataFrame
    placings: Floats
    counts: Ints


def item_bank(state: BarsState, selection: Selection) -> ItemBank:
    """Compute the statistics of all incidents and decide which are kept.

    Parameters
    ----------
    state : BarsState
        With whatever has been judged so far.
    selection : Selection
        Thresholds.

    Returns
    -------
    ItemBank

    References
    ----------
    Smith & Kendall (1963), Journal of Applied Psychology 47, 149-155.
    """
    names, incidents = state.names, tuple(sorted(state.incidents))
    counts = _counts(state.choices, incidents, names)
    placings = _matrix(state.placings, incidents, sorted(state.placings))
    found, scaled = retranslate(counts[:, :-1], counts[:, -1], level=selection.level), scale_incidents(placings, level=selection.level)
    where = np.array([*names, ""], dtype=object)
    facts = [state.incidents[i] for i in incidents]
    intended = [str(f.get("dimension") or "") for f in facts]
    items = pd.DataFrame(
        {
            "incident": incidents,
            "intended": intended,
            "chosen": where[found.winner],
            "text": [str(f.get("text") or "") for f in facts],
            "author": [str(f.get("author") or "") for f in facts],
            "author_value": pd.array([f.get("effectiveness") for f in facts], dtype="Float64").to_numpy(dtype=np.float64, na_value=np.nan),
            "n_retranslated": found.n,
            "agreement": found.agreement,
            "agreement_low": found.low,
            "agreement_high": found.high,
            "runner_up": where[found.runner_up],
            "runner_share": found.runner_share,
            "entropy": found.entropy,
            "n_scaled": scaled.n,
            "value": scaled.mean,
            "value_low": scaled.low,
            "value_high": scaled.high,
            "sd": scaled.sd,
            "sd_low": scaled.sd_low,
            "sd_high": scaled.sd_high,
            "median": scaled.median,
            "q1": scaled.q1,
            "q3": scaled.q3,
        }
    )
    with np.errstate(invalid="ignore"):
        shares = counts / found.n[:, None]
    items = items.assign(**{f"share:{d}": shares[:, k] for k, d in enumerate((*names, NONE))})
    items["stage"] = _stages(items, found.tied, state, selection)
    items["kept"] = items["stage"] == "kept"
    items["dimension"] = np.where(selection.allow_reassign & (items["chosen"] != ""), items["chosen"], items["intended"])
    items["uncertain"] = (items["agreement_low"] < selection.threshold) & (items["agreement_high"] > selection.threshold)
    dropped = np.isin(incidents, list(state.dropped))
    return ItemBank(
        items=items,
        dimensions=_by_dimension(items, counts[~dropped], names, selection.level),
        confusion=_confusion(counts[~dropped], np.array(intended, dtype=object)[~dropped], names),
        differences=_differences(state, items, selection.level),
        placings=placings,
        counts=counts,
    )


def _counts(choices: Mapping[str, Facts], incidents: Sequence[str], names: Sequence[str]) -> Ints:
    """Choices by incident and dimension, "none of these" last."""
    row, column = {i: k for k, i in enumerate(incidents)}, {d: k for k, d in enumerate((*names, NONE))}
    out = np.zeros((len(incidents), len(names) + 1), dtype=np.int64)
    for said in choices.values():
        for incident, dimension in said["choices"].items():
            out[row[incident], column[dimension]] += 1
    return out


def _matrix(placings: Mapping[str, Facts], incidents: Sequence[str], judges: Sequence[str]) -> Floats:
    """Effectiveness by incident and judge."""
    row = {i: k for k, i in enumerate(incidents)}
    out = np.full((len(incidents), len(judges)), np.nan)
    for k, judge in enumerate(judges):
        for incident, value in placings[judge]["placings"].items():
            out[row[incident], k] = value
    return out


def _stages(items: pd.DataFrame, tied: Bools, state: BarsState, selection: Selection) -> list[str]:
    """Where each incident left the procedure, or ``kept``."""
    bound = items["agreement" if selection.threshold_on == "estimate" else "agreement_low"].to_numpy(dtype=np.float64)
    chosen, intended = items["chosen"].to_numpy(dtype=object), items["intended"].to_numpy(dtype=object)
    with np.errstate(invalid="ignore"):
        holds = [
            items["incident"].isin(list(state.dropped)).to_numpy(),
            items["n_retranslated"].to_numpy() == 0,
            tied,
            (chosen == "") | ((chosen != intended) & (not selection.allow_reassign)),
            ~(bound >= selection.threshold),
            items["n_scaled"].to_numpy() < 2,
            ~(items["sd"].to_numpy(dtype=np.float64) <= selection.cut(state.scale)),
        ]
    return [str(stage) for stage in np.select(holds, STAGES[:-1], STAGES[-1])]


def _by_dimension(items: pd.DataFrame, counts: Ints, names: Sequence[str], level: float) -> pd.DataFrame:
    """Incidents and kappa of each dimension, then over all (row "")."""
    with_none = counts if counts[:, -1].any() else counts[:, :-1]
    kappa = category_kappa(with_none, level=level)
    at = [*range(len(names)), -1]
    written = [*(int((items["intended"] == d).sum()) for d in names), len(items)]
    judged = items["n_retranslated"] > 0
    return pd.DataFrame(
        {
            "dimension": [*names, ""],
            "written": written,
            "retranslated": [*(int((judged & (items["intended"] == d)).sum()) for d in names), int(judged.sum())],
            "kept": [*(int((items["kept"] & (items["dimension"] == d)).sum()) for d in names), int(items["kept"].sum())],
            "kappa": kappa.value[at],
            "kappa_low": kappa.low[at],
            "kappa_high": kappa.high[at],
        }
    )


def _confusion(counts: Ints, intended: Any, names: Sequence[str]) -> pd.DataFrame:
    """Shares of the judgements on the incidents meant for each dimension."""
    sums = np.array([counts[intended == d].sum(axis=0) for d in names], dtype=np.float64).reshape(len(names), len(names) + 1)
    with np.errstate(invalid="ignore"):
        shares = sums / sums.sum(axis=1, keepdims=True)
    return pd.DataFrame(shares, index=pd.Index(list(names), name="intended"), columns=[*names, NONE])


def _differences(state: BarsState, items: pd.DataFrame, level: float) -> pd.DataFrame:
    """Supervisors against incumbents, one family of tests."""
    incidents = tuple(items["incident"])
    by_role = {role: sorted(j for j, s in state.placings.items() if s.get("role") == role) for role in ("supervisor", "incumbent")}
    first, second = (_matrix(state.placings, incidents, by_role[role]) for role in ("supervisor", "incumbent"))
    found = group_difference(first, second, level=level)
    a, b = scale_incidents(first), scale_incidents(second)
    frame = pd.DataFrame(
        {
            "incident": incidents,
            "dimension": items["dimension"].to_numpy(),
            "supervisors": a.mean,
            "incumbents": b.mean,
            "n_supervisors": found.n_first,
            "n_incumbents": found.n_second,
            "difference": found.difference,
            "ci_low": found.low,
            "ci_high": found.high,
            "p": found.p,
            "q": benjamini_hochberg(found.p),
        }
    )
    return frame.loc[np.isfinite(found.difference)].reset_index(drop=True)


def funnel(items: pd.DataFrame, names: Sequence[str], anchored: Sequence[str]) -> pd.DataFrame:
    """Count how many incidents came how far.

    Parameters
    ----------
    items : DataFrame
        Of an :class:`ItemBank`.
    names : sequence of str
        The dimensions.
    anchored : sequence of str
        Incidents that became anchors.

    Returns
    -------
    DataFrame
        ``dimension, stage, n``: stages ``written, edited, retranslated, dimension, agreement, scaled, spread, anchor``; counted
        under the dimension the writer meant, from ``dimension`` on under the one it came to.
    """
    place = items["stage"].map({stage: k for k, stage in enumerate(STAGES)}).to_numpy()
    passed = {
        "written": place >= 0, "edited": place > 0, "retranslated": place > 1, "dimension": place > 3, "agreement": place > 4,
        "scaled": place > 5, "spread": place > 6, "anchor": items["incident"].isin(list(anchored)).to_numpy(),
    }  # fmt: skip
    rows = []
    for stage, there in passed.items():
        under = items["intended" if stage in ("written", "edited", "retranslated") else "dimension"].to_numpy()
        rows += [(name, stage, int((there & (under == name)).sum())) for name in names]
    return pd.DataFrame(rows, columns=["dimension", "stage", "n"])


def bank_notes(bank: ItemBank, state: BarsState, selection: Selection) -> list[Problem]:
    """What to keep in mind about the judgements: few judges, thin dimensions, dimensions mixed up, groups that differ."""
    notes: list[Problem] = []
    items, labels = bank.items, {d["dimension"]: d.get("label") or d["dimension"] for d in state.dimensions}
    for step, column in (("retranslation", "n_retranslated"), ("scaling", "n_scaled")):
        judged = items.loc[(items[column] > 0) & (items["stage"] != "dropped"), column]
        if len(judged) and judged.min() < FEW_JUDGES:
            notes.append(Problem("W-FEWSTEPJUDGES", None, None, None, {"step": step, "n": int(judged.min()), "least": FEW_JUDGES}))
    unsure = items["uncertain"] & items["kept"]
    if unsure.any():
        details = {"n": int(unsure.sum()), "kept": int(items["kept"].sum()), "threshold": selection.threshold}
        notes.append(Problem("I-AGREEMENTUNSURE", None, None, None, details))
    if state.choices and state.placings:
        for name in state.names:
            n = int((items["kept"] & (items["dimension"] == name)).sum())
            if n < FEW_SURVIVORS:
                others = bank.confusion.loc[name].drop([name, NONE]) if len(state.names) > 1 else pd.Series(dtype="float64")
                mixed = str(others.idxmax()) if len(others) and others.max() > 0 else ""
                details = {"dimension": labels[name], "n": n, "least": FEW_SURVIVORS, "other": labels.get(mixed, "—")}
                notes.append(Problem("W-FEWSURVIVORS", None, None, None, details))
    apart = bank.differences[bank.differences["q"] < _SURE]
    if len(apart):
        notes.append(Problem("W-GROUPSDIFFER", None, None, None, {"n": len(apart), "which": list(apart["incident"])}))
    notes += [Problem("I-OVERLAP", None, None, None, {"step": o["step"], "who": o["judges"]}) for o in state.overlaps]
    return notes
