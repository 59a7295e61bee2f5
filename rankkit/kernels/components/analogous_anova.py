"""Variance components of designs with gaps by Henderson's method 1: the analysis of variance carried over by analogy.

The uncorrected sums of squares T_A = Σ_a n_a ȳ_a² of every effect are set equal to their expectations. No normality is
needed and no iteration; estimates are unbiased, may be negative, and are less efficient than restricted maximum likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rankkit.errors import IdentificationError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.components.balanced_designs import packed
from rankkit.kernels.components.design_notation import DesignNotation

_SINGULAR = 1e-10  # smallest singular value of the scaled expectations that still separates the components
_MOST_CELLS = 4_000_000  # entries of a product of groupings up to which sampling variances are worked out


@dataclass(frozen=True, eq=False)
class AnalogousComponents:
    """Components by Henderson's method 1.

    Attributes
    ----------
    names : tuple of str
        Effects; the last is the residual.
    mean : float
        Mean of all scores.
    sums : ndarray, shape (k,)
        T of each effect, from uncentred scores as published tables have them.
    mean_sum : float
        T of the mean, N ȳ².
    levels : ndarray, shape (k,)
        Distinct cells of each effect.
    raw : ndarray, shape (k,)
        Unbiased components; may be negative.
    estimates : ndarray, shape (k,)
        Negative values set to zero.
    covariance : ndarray, shape (k, k), or None
        Sampling covariance under normality at ``estimates``; None for tables too large to work it out.
    """

    names: tuple[str, ...]
    mean: float
    sums: Floats
    mean_sum: float
    levels: Floats
    raw: Floats
    estimates: Floats
    covariance: Floats | None


def analogous_anova(y: Floats, codes: Ints, design: DesignNotation) -> AnalogousComponents:
    r"""Estimate the components of any design, with gaps or several scores a cell.

    .. math:: E(T_A) = N\mu^2 + \sum_B \sigma^2_B \sum_{a} \frac{\sum_b n_{ab}^2}{n_a}

    with n_ab the number of scores in cell a of effect A and cell b of effect B.

    Parameters
    ----------
    y : array, shape (N,)
        Scores.
    codes : int array, shape (facets, N)
        Condition of each facet of ``design``; those of a nested facet need to differ only within what it is nested in.
    design : DesignNotation
        The design.

    Returns
    -------
    AnalogousComponents
        Of a complete balanced table the analysis-of-variance estimates.

    Raises
    ------
    IdentificationError
        ``E-COMPONENTS`` if the gaps leave components that cannot be told apart.

    References
    ----------
    Henderson (1953), Biometrics 9, 226–252. Brennan (2001), section 7.1.

    Examples
    --------
    >>> from rankkit.kernels.components.design_notation import parse
    >>> found = analogous_anova(np.array([1.0, 3, 7, 9]), np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), parse("p x i"))
    >>> found.raw.tolist()
    [18.0, 2.0, 0.0]
    """
    n = float(len(y))
    mean = float(y.mean())
    z = y - mean
    cell = {e: packed(codes[sorted(e)]) for e in design.effects}
    # the residual is the score itself, also where a cell of all facets holds several
    cell[design.effects[-1]] = np.arange(len(y))
    groups = [sparse.csr_array((np.ones(len(y)), (cell[e], np.arange(len(y))))) for e in design.effects]
    sizes: list[Floats] = [np.asarray(g.sum(axis=1), dtype=np.float64).ravel() for g in groups]
    sums = np.array([float((np.asarray(g @ z) ** 2 / s).sum()) for g, s in zip(groups, sizes, strict=True)])
    k = len(groups)
    cross = [[sparse.csr_array(groups[a] @ groups[b].T) for b in range(k)] for a in range(k)]
    expected = np.empty((k, k))
    for b in range(k):
        of_mean = float(sizes[b] @ sizes[b]) / n
        for a in range(k):
            squares = cross[a][b].copy()
            squares.data **= 2
            expected[a, b] = float((np.asarray(squares.sum(axis=1)).ravel() / sizes[a]).sum()) - of_mean
    scale = np.sqrt(np.abs(np.diag(expected)))
    if not (scale > 0).all() or np.linalg.svd(expected / np.outer(scale, scale), compute_uv=False)[-1] < _SINGULAR:
        raise IdentificationError("E-COMPONENTS", design=str(design), facets=list(design.names))
    inverse = np.linalg.inv(expected)
    raw = inverse @ sums
    estimates = np.maximum(raw, 0.0)
    large = max(c.nnz for row in cross[:-1] for c in row[:-1]) if k > 1 else 0
    covariance = None
    if large <= _MOST_CELLS and _products(sizes) <= _MOST_CELLS:
        covariance = inverse @ _sampling(cross, sizes, estimates, n) @ inverse.T
    return AnalogousComponents(
        names=design.names,
        mean=mean,
        sums=sums + n * mean**2,
        mean_sum=n * mean**2,
        levels=np.array([float(len(s)) for s in sizes]),
        raw=raw,
        estimates=estimates,
        covariance=covariance,
    )


def _products(sizes: list[Floats]) -> float:
    """Largest number of entries a product of two groupings other than the residual's can have."""
    levels = sorted(len(s) for s in sizes[:-1])
    return float(levels[-1] * levels[-1]) if levels else 0.0


def _sampling(cross: list[list[sparse.csr_array]], sizes: list[Floats], sigma: Floats, n: float) -> Floats:
    """Cov of the corrected sums: 2 tr(Q_A V Q_B V) with Q_A = P_A − 11'/N and V = Σ σ²_C Z_C Z_C'."""
    k = len(sizes)
    averaged = [[[_through(cross, sizes, a, c, d) for d in range(k)] for c in range(k)] for a in range(k)]
    out = np.zeros((k, k))
    for a in range(k):
        for b in range(a, k):
            total = 0.0
            for c in range(k):
                for d in range(k):
                    if sigma[c] == 0 or sigma[d] == 0:
                        continue
                    m_a, m_b = averaged[a][c][d], averaged[b][c][d]
                    both = float(m_a.multiply(m_b).sum())
                    edge_a = float(sizes[c] @ (m_a @ sizes[d])) / n
                    edge_b = float(sizes[c] @ (m_b @ sizes[d])) / n
                    ones = float(sizes[c] @ sizes[c]) * float(sizes[d] @ sizes[d]) / n**2
                    total += sigma[c] * sigma[d] * (both - edge_a - edge_b + ones)
            out[a, b] = out[b, a] = 2 * total
    return out


def _through(cross: list[list[sparse.csr_array]], sizes: list[Floats], a: int, c: int, d: int) -> sparse.csr_array:
    """Z_C' P_A Z_D."""
    left = cross[c][a].copy()
    left.data /= sizes[a][left.indices]
    return sparse.csr_array(left @ cross[a][d])
