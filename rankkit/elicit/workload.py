"""What a session asks of a rater, before it starts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """What a session asks of a rater.

    Attributes
    ----------
    picks : int
        Decisions still to be made.
    names : int
        Names to be read for them, one list a decision.
    minutes : float
        At the seconds assumed for each.
    """

    picks: int
    names: int
    minutes: float


def alternation_workload(n: int, *, seconds_per_name: float = 1.0, seconds_per_pick: float = 3.0) -> Workload:
    """Estimate the work of ranking ``n`` people by alternation.

    ``n - 1`` decisions, of lists of ``n, n-1, …, 2`` names: reading grows with the square of the list, deciding does not.

    Parameters
    ----------
    n : int
        People in the list.
    seconds_per_name, seconds_per_pick : float
        Assumed time to read a name, and to decide; measure your own with ``response_ms``.

    Returns
    -------
    Workload

    Examples
    --------
    >>> alternation_workload(10)
    Workload(picks=9, names=54, minutes=1.35)
    """
    picks, names = max(n - 1, 0), max(n * (n + 1) // 2 - 1, 0)
    return Workload(picks, names, (names * seconds_per_name + picks * seconds_per_pick) / 60)
