"""Mixed standard scales: a value from three answers about a good, an average and a poor example, and answers that contradict."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Bools, Floats

SCALE = (1.0, 7.0)
_MIDDLE = 4.0
SCALABLE = ((1, 1, 1), (0, 1, 1), (-1, 1, 1), (-1, 0, 1), (-1, -1, 1), (-1, -1, 0), (-1, -1, -1))
"""Answers to the good, the average and the poor example that follow Guttman's order, for the values 7 down to 1."""


def mixed_standard_scores(answers: ArrayLike) -> Floats:
    r"""Value of each set of three answers, 1 to 7.

    .. math:: X = 4 + s_G + s_A + s_P, \qquad s \in \{+1, 0, -1\}

    which gives the seven values of Blanz & Ghiselli for the answers that follow the order of the examples and a value between
    them for the other twenty.

    Parameters
    ----------
    answers : array, shape (N, 3)
        To the good, the average and the poor example: +1 better than it, 0 as good, -1 worse; ``nan`` = no answer.

    Returns
    -------
    ndarray, shape (N,)
        ``nan`` where an answer is missing.

    References
    ----------
    Blanz & Ghiselli (1972), Personnel Psychology 25, 185-199.

    Examples
    --------
    >>> mixed_standard_scores(SCALABLE)
    array([7., 6., 5., 4., 3., 2., 1.])
    """
    return np.asarray(_MIDDLE + np.asarray(answers, dtype=np.float64).sum(axis=1), dtype=np.float64)


def logical_errors(answers: ArrayLike) -> Bools:
    """Tell which sets of answers contradict the order of the examples: all twenty patterns outside the seven.

    Someone better than the good example must be better than the average one, and so on.

    Parameters
    ----------
    answers : array, shape (N, 3)
        As for :func:`mixed_standard_scores`.

    Returns
    -------
    ndarray of bool, shape (N,)
        False where an answer is missing: such a set contradicts nothing.

    Examples
    --------
    >>> logical_errors([[1, 0, 1], [0, 0, 0], [-1, 0, 1]])
    array([ True,  True, False])
    """
    s = np.asarray(answers, dtype=np.float64)
    fits = (s[:, None, :] == np.array(SCALABLE, dtype=np.float64)[None]).all(axis=2).any(axis=1)
    return np.asarray(np.isfinite(s).all(axis=1) & ~fits, dtype=bool)
