"""How large the reserve for appeals should be: what is likely to be asked for, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit import show
from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.grading.claims_needed import claims_needed
from rankkit.tables.money import rounded

if TYPE_CHECKING:
    from rankkit.calibration.pay.bonus_allocation import BonusAllocation

Rate = float | tuple[int, int]
_NODES, _VALUES = 40, 16  # quantiles of each unknown rate; equally likely values of their product


@dataclass(frozen=True, repr=False)
class ReserveAdvice:
    """What a reserve will be asked for.

    Attributes
    ----------
    expected : Decimal
        Mean of the top-ups.
    expected_low, expected_high : Decimal
        Where the mean lies with 90 % where the rates are not known but counted; else the mean itself.
    needed : Decimal
        Enough with probability ``level``, rounded up.
    level : float
        That probability.
    enough : float
        Probability that the reserve of the allocation is enough.
    reserve : Decimal
        That reserve.
    most : Decimal
        If everybody who can appealed with success.
    n : int
        People an appeal could bring more.
    by_grade : DataFrame
        Indexed by ``grade``: the better grade ``to``, ``n``, mean and largest top-up.
    currency : str
        Of the amounts.
    """

    expected: Decimal
    expected_low: Decimal
    expected_high: Decimal
    needed: Decimal
    level: float
    enough: float
    reserve: Decimal
    most: Decimal
    n: int
    by_grade: pd.DataFrame
    currency: str

    def __repr__(self) -> str:
        return show.reserve_text(self)


def reserve_needed(
    allocation: BonusAllocation, appeal_rate: Rate, overturn_rate: Rate, *, level: float = 0.95, steps: int = 1
) -> ReserveAdvice:
    r"""Advise how large a reserve should be.

    Each person below the best coefficient appeals with success with probability p = appeal rate · overturn rate, and is then due
    the top-up t_i of the next better grade. The sum :math:`\sum_i X_i t_i` is found by convolution, not by a normal approximation:
    few large amounts make it skew. Rates given as counts (of past cycles) are not known exactly: each has its Jeffreys posterior
    Beta(k + ½, n − k + ½), and the same unknown rate holds for everybody, which widens the sum more than chance alone.
    Appeals are otherwise taken as independent; several against the same manager are not, so that it errs low where a whole team may
    appeal. An advice for setting ``reserve`` before grades are told; grades of this allocation stand in for those to come.

    Parameters
    ----------
    allocation : BonusAllocation
        What appeals are against.
    appeal_rate, overturn_rate : float or (int, int)
        Share of people who appeal, share of appeals that succeed: a number from 0 to 1, or (cases, of how many).
    level : float
        Probability with which the reserve is to be enough.
    steps : int
        Grades an appeal that succeeds brings.

    Returns
    -------
    ReserveAdvice

    Raises
    ------
    SettingsError
        If a rate is none, or ``level`` or ``steps`` is impossible.

    References
    ----------
    Klugman, Panjer & Willmot (2012), Loss Models, ch. 9 (the individual risk model).

    Examples
    --------
    >>> import pandas as pd
    >>> from rankkit.calibration import BonusPlan
    >>> plan = BonusPlan(pool="100000", reserve="5000", coefficients={"A": "1.5", "B": "1"})
    >>> pay = pd.DataFrame({"person": [f"{k:03}" for k in range(40)], "base": "9000", "months": 12})
    >>> given = plan.allocate({p: "A" if k < 8 else "B" for k, p in enumerate(pay["person"])}, pay)
    >>> advice = given.reserve_needed(0.05, 0.3)
    >>> advice.n, advice.expected, advice.needed
    (32, Decimal('545.47'), Decimal('2272.76'))
    """
    problems: list[Problem] = []
    rates = [_values("appeal_rate", appeal_rate, problems), _values("overturn_rate", overturn_rate, problems)]
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 < level < 1:
        problems.append(Problem("E-LEVEL", None, None, None, {"value": level}))
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        problems.append(Problem("E-SETTING", None, None, None, {"name": "steps", "value": steps, "allowed": "1, 2, 3, …"}))
    if problems:
        raise SettingsError(problems)
    rows = pd.DataFrame(_top_ups(allocation, steps), columns=["grade", "to", "cents"])
    product = np.sort(np.outer(*rates).ravel())
    chances = np.array([part.mean() for part in np.array_split(product, min(_VALUES, len(product)))])
    amounts = rows["cents"].to_numpy(dtype=np.float64)
    found = claims_needed(amounts, chances)
    plan, whole = allocation.plan, int(rows["cents"].sum())

    def paid(cents: float) -> Decimal:
        return plan.money(min(rounded(Fraction(round(cents * 100), 100), up=True), whole))

    low, high = (float(np.quantile(product, q)) * whole for q in (0.05, 0.95))
    return ReserveAdvice(
        expected=paid(found.mean),
        expected_low=paid(low if len(product) > 1 else found.mean),
        expected_high=paid(high if len(product) > 1 else found.mean),
        needed=paid(found.quantile(level)),
        level=level,
        enough=found.enough(float(allocation._reserve)),  # noqa: SLF001 - what the allocation holds, in minor units
        reserve=plan.money(allocation._reserve),  # noqa: SLF001
        most=plan.money(whole),
        n=len(rows),
        by_grade=_by_grade(rows, allocation),
        currency=plan.currency,
    )


def _values(name: str, rate: Any, problems: list[Problem]) -> Floats:
    """A rate, or equally likely values of one that was counted."""
    if isinstance(rate, tuple) and len(rate) == 2 and all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in rate):
        k, n = (int(v) for v in rate)
        if 0 <= k <= n and n:
            return np.asarray(stats.beta.ppf((np.arange(_NODES) + 0.5) / _NODES, k + 0.5, n - k + 0.5), dtype=np.float64)
    elif isinstance(rate, (int, float, np.floating)) and not isinstance(rate, bool) and 0 <= rate <= 1:
        return np.array([float(rate)])
    problems.append(Problem("E-RATE", None, None, None, {"name": name, "shown": str(rate)}))
    return np.zeros(1)


def _top_ups(allocation: BonusAllocation, steps: int) -> list[tuple[str, str, int]]:
    """Grade, better grade and top-up of everybody an appeal could bring more."""
    worth = {g: Decimal(c) for g, c in allocation.plan.coefficients.items()}
    ladder = sorted(set(worth.values()))
    out = []
    for share, cents in zip(allocation.shares, allocation.cents, strict=True):
        if share.excluded or not share.grade:
            continue
        place = min(ladder.index(worth[share.grade]) + steps, len(ladder) - 1)
        better = next(g for g, c in worth.items() if c == ladder[place])
        more = allocation.due(share, better) - cents if ladder[place] > worth[share.grade] else 0
        if more > 0:
            out.append((share.grade, better, more))
    return out


def _by_grade(rows: pd.DataFrame, allocation: BonusAllocation) -> pd.DataFrame:
    plan = allocation.plan
    out = [
        {
            "grade": g,
            "to": part["to"].iloc[0],
            "n": len(part),
            "mean": plan.money(round(part["cents"].mean())),
            "largest": plan.money(int(part["cents"].max())),
        }
        for g, part in rows.groupby("grade", sort=False)
    ]
    frame = pd.DataFrame(out, columns=["grade", "to", "n", "mean", "largest"]).set_index("grade")
    return frame.reindex([g for g in plan.coefficients if g in frame.index])
