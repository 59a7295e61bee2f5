"""The list of checks and the way they are run: every check, every failure, one error that lists them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rankkit.assessment import Assessment
from rankkit.errors import SettingsError
from rankkit.result import Result
from rankkit.tables.judgements import Judgements
from rankkit.testing.trial import Trial

PASSED = "passed"
NOT_APPLICABLE = "not applicable"


class ContractViolation(AssertionError):  # noqa: N818 - what it is called everywhere
    """A method breaks the contract.

    Attributes
    ----------
    failures : tuple of (str, str)
        Every check that failed, with what differed and for whom.
    """

    def __init__(self, failures: str | Iterable[tuple[str, str]]) -> None:
        self.failures = (("", failures),) if isinstance(failures, str) else tuple(failures)
        super().__init__("\n".join(f"{name}: {text}" if name else text for name, text in self.failures))

    @property
    def checks(self) -> tuple[str, ...]:
        """Names of the checks that failed."""
        return tuple(name for name, _ in self.failures)


@dataclass(frozen=True)
class NotApplicable:
    """What a check returns where its question does not arise."""

    reason: str


Check = Callable[[Trial], NotApplicable | None]
_checks: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Register a check under the name of its function; its docstring is the invariant, in one sentence."""
    _checks[getattr(function, "__name__", "")] = function
    return function


def require(holds: Any, message: str) -> None:
    """Raise :class:`ContractViolation` unless the condition holds."""
    if not holds:
        raise ContractViolation(message)


def checks() -> tuple[str, ...]:
    """Return the names of all checks, in the order they are run.

    Examples
    --------
    >>> "row_order" in checks()
    True
    """
    return tuple(_checks)


def invariants() -> pd.DataFrame:
    """Return what each check holds a method to: ``check, invariant``.

    Examples
    --------
    >>> invariants().set_index("check").loc["row_order", "invariant"]
    'Shuffled rows give the same result.'
    """
    rows = [(name, (function.__doc__ or "").strip().split("\n", 1)[0]) for name, function in _checks.items()]
    return pd.DataFrame(rows, columns=["check", "invariant"])


def check_assessment(
    assessment: Assessment[Any, Any],
    data: Judgements | pd.DataFrame,
    *,
    through: Assessment[Any, Any] | None = None,
    only: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Hold a method of judging people to the contract every method keeps.

    Parameters
    ----------
    assessment : Assessment
        The method with its settings.
    data : table of judgements or DataFrame
        A table the method can be fitted to.
    through : Assessment, optional
        For a method that reads results: the method whose result it is given. ``data`` is then that method's table.
    only : iterable of str, optional
        Names of the checks to run; all of :func:`checks` by default.

    Returns
    -------
    DataFrame
        One row a check: ``check``, ``outcome`` ("passed" or "not applicable"), ``reason``.

    Raises
    ------
    ContractViolation
        If any check fails; it lists every failure.
    SettingsError
        If there is no such check, or if ``through`` is missing or superfluous.
    RankkitError
        If the method cannot be fitted to the table at all.

    Examples
    --------
    A method of your own: the share of raters who gave a person the highest rating of all.

    >>> from dataclasses import dataclass
    >>> from typing import ClassVar
    >>> import numpy as np
    >>> import pandas as pd
    >>> import rankkit as rk
    >>> from rankkit.assessment import Assessment
    >>> from rankkit.errors import Problem
    >>> from rankkit.testing import check_assessment
    >>> @dataclass(frozen=True, kw_only=True)
    ... class TopBox(Assessment[rk.Ratings, rk.Result]):
    ...     accepts: ClassVar[type[rk.Ratings]] = rk.Ratings
    ...     def _estimate(self, table, people, /):
    ...         cells = table.cells
    ...         n = np.bincount(cells.ratee, minlength=len(table.people))
    ...         top = np.bincount(cells.ratee, cells.score == cells.score.max(), minlength=len(table.people))
    ...         seen = n > 0
    ...         return rk.Result(
    ...             method="TopBox", people=table.people, labels=table.labels, unit="points", level=self.level, seed=self.seed,
    ...             estimate=np.where(seen, top / np.maximum(n, 1), np.nan),
    ...             status=tuple("scored" if s else "insufficient_data" for s in seen),
    ...             reasons=tuple(None if s else Problem("S-NOSCORE") for s in seen),
    ...             n_raters=np.full(len(n), -1), n_obs=n, notes=(Problem("I-NOPROB"),),
    ...         )
    >>> frame = pd.DataFrame({"rater": list("xyz") * 4, "ratee": list("aaabbbcccddd"), "score": [5, 4, 5, 2, 3, 1, 4, 5, 4, 1, 1, 2]})
    >>> check_assessment(TopBox(), frame, only=["pure", "row_order", "relabel"])
           check outcome reason
    0       pure  passed
    1  row_order  passed
    2    relabel  passed

    It is no measure on a scale: turning the scale round does not turn the order round, and the check says so.

    >>> check_assessment(TopBox(), frame, only=["reversal"])
    Traceback (most recent call last):
    rankkit.testing.contract.ContractViolation: reversal: ...
    """
    names = _chosen(only)
    trial = _trial(assessment, data, through)
    trial.result.scores  # noqa: B018 - a method that cannot be fitted at all says so itself
    rows: list[tuple[str, str, str]] = []
    failures: list[tuple[str, str]] = []
    for name in names:
        try:
            found = _checks[name](trial)
        except ContractViolation as violation:
            failures.append((name, str(violation)))
        except Exception as error:  # noqa: BLE001 - whatever a method raises where it should not is its failure
            failures.append((name, f"raised {type(error).__name__}: {error}"))
        else:
            rows.append((name, PASSED, "") if found is None else (name, NOT_APPLICABLE, found.reason))
    if failures:
        raise ContractViolation(failures)
    return pd.DataFrame(rows, columns=["check", "outcome", "reason"])


def _chosen(only: Iterable[str] | None) -> tuple[str, ...]:
    if only is None:
        return checks()
    wanted = tuple(only)
    unknown = [name for name in wanted if name not in _checks]
    if unknown:
        raise SettingsError("E-SETTING", name="only", value=unknown, allowed=list(_checks))
    return wanted


def _trial(assessment: Assessment[Any, Any], data: Judgements | pd.DataFrame, through: Assessment[Any, Any] | None) -> Trial:
    reads_results = issubclass(assessment.accepts, Result)
    if reads_results != (through is not None):
        raise SettingsError(
            "E-SETTING", name="through", value=through, allowed="the method whose result is read" if reads_results else "None"
        )
    reader = assessment if through is None else through
    table = reader._table(data)  # noqa: SLF001 - the same validation as fit
    return Trial(assessment, table, through)
