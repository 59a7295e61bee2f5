"""Composites of ratings from several sources: raters inside their source first, then the sources with declared weights.

``X_id = Σ_s ω_s x̄_isd / Σ_{s present} ω_s`` and ``X_i = Σ_d w_d X_id / Σ_d w_d``, where ``x̄_isd`` is the mean over the
raters of source s. The pooled mean of all raters is another number as soon as groups differ in size: twelve peers drown
one supervisor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class SourceCells:
    """Ratings with their sources, one each ratee × rater × dimension × source.

    Attributes
    ----------
    ratee, rater, dimension, source : ndarray of int, shape (cells,)
        Codes.
    score : ndarray, shape (cells,)
        Ratings, finite.
    shape : (int, int, int, int)
        Number of ratees, raters, dimensions and sources.
    """

    ratee: Ints
    rater: Ints
    dimension: Ints
    source: Ints
    score: Floats
    shape: tuple[int, int, int, int]

    def where(self, mask: Bools) -> SourceCells:
        """Keep some cells; the codes stay."""
        return SourceCells(self.ratee[mask], self.rater[mask], self.dimension[mask], self.source[mask], self.score[mask], self.shape)


@dataclass(frozen=True, eq=False)
class SourceMeans:
    """Means of each source.

    Attributes
    ----------
    mean : ndarray, shape (n, S, D)
        ``x̄_isd``; ``nan`` where nobody of the source rated.
    count : ndarray of int, shape (n, S, D)
        Raters.
    """

    mean: Floats
    count: Ints

    def present(self, least: Ints) -> Bools:
        """Cells with enough raters, shape (n, S, D); ``least`` by source."""
        return np.asarray(self.count >= np.maximum(least, 1)[None, :, None])


@dataclass(frozen=True, eq=False)
class SourceComposite:
    """Composites and what each source mean counts in them.

    Attributes
    ----------
    score : ndarray, shape (n,)
        ``X_i``; ``nan`` where no source with a weight is present.
    share : ndarray, shape (n,)
        Part of the whole weight, ``Σ_s Σ_d ω_s w_d``, that is present.
    coefficient : ndarray, shape (n, S, D)
        Coefficient of each source mean in ``X_i``; zero where it is not present.
    """

    score: Floats
    share: Floats
    coefficient: Floats

    @property
    def by_source(self) -> Floats:
        """Coefficient of each source, shape (n, S); rows sum to one."""
        return np.asarray(self.coefficient.sum(axis=2))


def source_means(cells: SourceCells) -> SourceMeans:
    """Average the raters of each source.

    Examples
    --------
    >>> import numpy as np
    >>> zero = np.zeros(3, int)
    >>> found = source_means(SourceCells(zero, np.arange(3), zero, np.array([0, 1, 1]), np.array([2.0, 4.0, 5.0]), (1, 3, 1, 2)))
    >>> found.mean[0, :, 0], found.count[0, :, 0]
    (array([2. , 4.5]), array([1, 2]))
    """
    n, _, D, S = cells.shape
    key = (cells.ratee * S + cells.source) * D + cells.dimension
    count = np.bincount(key, minlength=n * S * D).reshape(n, S, D)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(key, weights=cells.score, minlength=n * S * D).reshape(n, S, D) / count
    return SourceMeans(mean, count.astype(np.int64))


def source_composite(means: SourceMeans, present: Bools, source_weights: Floats, dimension_weights: Floats) -> SourceComposite:
    """Form composites, rescaling the weights of the sources (and dimensions) that are present.

    Parameters
    ----------
    means : SourceMeans
    present : ndarray of bool, shape (n, S, D)
        Cells that count.
    source_weights : ndarray, shape (S,)
        ω, summing to one.
    dimension_weights : ndarray, shape (D,)
        w, summing to one.

    Returns
    -------
    SourceComposite

    Examples
    --------
    >>> import numpy as np
    >>> means = SourceMeans(np.array([[[2.0], [4.5]]]), np.array([[[1], [12]]]))
    >>> source_composite(means, means.count > 0, np.array([0.5, 0.5]), np.ones(1)).score
    array([3.25])
    """
    weight = np.where(present, source_weights[None, :, None], 0.0)
    whole = weight.sum(axis=1, keepdims=True)
    dimension = np.where(whole[:, 0, :] > 0, dimension_weights, 0.0)
    seen = dimension.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        within = np.where(whole > 0, weight / whole, 0.0)
        coefficient = within * np.where(seen > 0, dimension / seen, 0.0)[:, None, :]
    score = np.where(coefficient > 0, coefficient * np.nan_to_num(means.mean), 0.0).sum(axis=(1, 2))
    score[coefficient.sum(axis=(1, 2)) <= 0] = np.nan
    share = (weight * dimension_weights).sum(axis=(1, 2))
    return SourceComposite(score, share, coefficient)


def within_sources(means: SourceMeans, present: Bools, dimension_weights: Floats) -> tuple[Floats, Floats]:
    """Composite of each source by itself over the dimensions it rated.

    Returns
    -------
    score : ndarray, shape (n, S)
        ``nan`` where the source is absent.
    coefficient : ndarray, shape (n, S, D)
        Share of each dimension.
    """
    weight = np.where(present, dimension_weights, 0.0)
    seen = weight.sum(axis=2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficient = np.where(seen > 0, weight / seen, 0.0)
    score = (coefficient * np.nan_to_num(means.mean)).sum(axis=2)
    score[seen[:, :, 0] <= 0] = np.nan
    return score, coefficient


def rater_loadings(cells: SourceCells, means: SourceMeans, coefficient: Floats, source: int) -> sparse.csr_array:
    """Coefficient of each rater of one source in each score, shape (n, raters): ``c_ir = Σ_d m_isd / n_isd``.

    Parameters
    ----------
    cells : SourceCells
    means : SourceMeans
    coefficient : ndarray, shape (n, S, D)
        Coefficients of source means in the scores.
    source : int
        Code of the source.
    """
    n, m, _, _ = cells.shape
    own = cells.source == source
    i, r, d = cells.ratee[own], cells.rater[own], cells.dimension[own]
    value = coefficient[i, source, d] / means.count[i, source, d]
    used = value != 0
    return sparse.csr_array(sparse.coo_array((value[used], (i[used], r[used])), shape=(n, m)))
