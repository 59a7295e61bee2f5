"""Many tests at once: p-values adjusted within a declared family."""

from __future__ import annotations

import numpy as np

from rankkit.kernels.arrays import Floats, Ints


def _family(p: Floats, family: int | None) -> tuple[Floats, Ints, int]:
    """Return the p-values, the positions of those computed in ascending order, and the family size."""
    p = np.asarray(p, dtype=np.float64)
    present = np.flatnonzero(~np.isnan(p))
    if family is not None and family < len(present):
        msg = f"a family of {family} tests cannot hold {len(present)} p-values"
        raise ValueError(msg)
    return p, present[np.argsort(p[present], kind="stable")], len(present) if family is None else family


def benjamini_hochberg(p: Floats, *, family: int | None = None) -> Floats:
    """q-values controlling the false discovery rate.

    q_(i) = min_{j ≥ i} min(1, m p_(j)/j) (Benjamini & Hochberg 1995).

    Parameters
    ----------
    p : (n,) array
        p-values; NaN = test not done, which does not count.
    family : int, optional
        Family size m; by default the number of tests done. Larger if results were left out of ``p``.

    Returns
    -------
    (n,) array
        NaN where ``p`` is.

    Raises
    ------
    ValueError
        If the family is smaller than the number of p-values.

    Examples
    --------
    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])).round(3)
    array([0.03, 0.04,  nan, 0.04])
    """
    p, order, m = _family(p, family)
    q = np.full(p.shape, np.nan)
    scaled = p[order] * m / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def holm(p: Floats, *, family: int | None = None) -> Floats:
    """Adjust p-values, controlling the probability of any false finding.

    p̃_(i) = max_{j ≤ i} min(1, (m − j + 1) p_(j)) (Holm 1979).

    Parameters
    ----------
    p : (n,) array
        p-values; NaN = test not done, which does not count.
    family : int, optional
        Family size m; by default the number of tests done.

    Returns
    -------
    (n,) array
        NaN where ``p`` is.

    Raises
    ------
    ValueError
        If the family is smaller than the number of p-values.

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(3)
    array([0.03, 0.06,  nan, 0.06])
    """
    p, order, m = _family(p, family)
    adjusted = np.full(p.shape, np.nan)
    scaled = p[order] * (m - np.arange(len(order)))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def bonferroni(p: Floats, *, family: int | None = None) -> Floats:
    """Adjust p-values to min(1, m p).

    Parameters
    ----------
    p : (n,) array
        p-values; NaN = test not done, which does not count.
    family : int, optional
        Family size m; by default the number of tests done.

    Returns
    -------
    (n,) array
        NaN where ``p`` is.

    Raises
    ------
    ValueError
        If the family is smaller than the number of p-values.

    Examples
    --------
    >>> import numpy as np
    >>> bonferroni(np.array([0.01, 0.5, np.nan])).round(3)
    array([0.02, 1.  ,  nan])
    """
    p, _, m = _family(p, family)
    return np.minimum(p * m, 1.0)


def simes(p: Floats, *, family: int | None = None) -> float:
    """p-value of the global hypothesis that no test has anything to find: min_i m p_(i)/i (Simes 1986).

    Parameters
    ----------
    p : (n,) array
        p-values, independent or positively dependent; NaN = test not done, which does not count.
    family : int, optional
        Family size m; by default the number of tests done.

    Returns
    -------
    float
        NaN if no test was done.

    Raises
    ------
    ValueError
        If the family is smaller than the number of p-values.

    Examples
    --------
    >>> import numpy as np
    >>> simes(np.array([0.01, 0.04, 0.03]))
    0.03
    """
    q = benjamini_hochberg(p, family=family)
    return float(np.nanmin(q)) if (~np.isnan(q)).any() else float("nan")
