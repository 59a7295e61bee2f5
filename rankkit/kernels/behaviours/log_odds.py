"""Words one group's texts use more than another's: log-odds with an informative Dirichlet prior, errors by person and author."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints

_TINY = 1e-24  # squares of rounding


@dataclass(frozen=True, eq=False)
class LogOdds:
    """Contrast of two groups, one entry a word; ``nan`` for words nobody used.

    Attributes
    ----------
    first, second : ndarray
        Occurrences in either group.
    people : ndarray of int
        People whose texts have the word.
    log_odds : ndarray
        δ: log-odds in the first group minus those in the second, both with the prior.
    z : ndarray
        δ over the model's standard error √(1/(y₁+α) + 1/(y₂+α)), as published; it takes words for independent.
    se, df, p : ndarray
        Standard error that is at least as large as the model's and those by person and by author; t-test with Satterthwaite's
        degrees of freedom.
    """

    first: Floats
    second: Floats
    people: Ints
    log_odds: Floats
    z: Floats
    se: Floats
    df: Floats
    p: Floats


def log_odds(person: Ints, word: Ints, count: Floats, in_first: Bools, prior: float, n_words: int, author: Ints | None = None) -> LogOdds:
    r"""Contrast the words of two groups of people.

    .. math:: \delta_w = \ell_{1w} - \ell_{2w}, \qquad \ell_{gw} = \log\frac{y_{gw} + \alpha_w}{n_g + \alpha_0 - y_{gw} - \alpha_w}

    with α_w = α₀ × the word's share of both groups together. A word that one person's texts repeat is no evidence about a group, so the
    variance is summed over people (each person's deviation from the group's share), and over authors where they are given.

    Parameters
    ----------
    person, word : ndarray of int, shape (N,)
        Whose text, which word.
    count : ndarray, shape (N,)
        Occurrences.
    in_first : ndarray of bool, shape (people,)
        Whether the person is in the first group.
    prior : float
        α₀: words the prior is worth.
    n_words : int
        Size of the vocabulary.
    author : ndarray of int, shape (N,), optional
        Who wrote it.

    Returns
    -------
    LogOdds

    References
    ----------
    Monroe, Colaresi & Quinn (2008), Fightin' words, Political Analysis 16, 372-403.

    Examples
    --------
    >>> import numpy as np
    >>> person, word = np.repeat(np.arange(8), 2), np.tile([0, 1], 8)
    >>> count = np.array([9, 1, 8, 2, 9, 2, 8, 1, 5, 5, 4, 6, 5, 4, 6, 5.0])
    >>> found = log_odds(person, word, count, np.arange(8) < 4, 10.0, 2)
    >>> found.log_odds.round(2), (found.p < 0.02).tolist()
    (array([ 1.34, -1.34]), [True, True])
    """
    n_people = len(in_first)
    group = np.where(in_first, 0, 1)[person]
    total = np.bincount(word, count, n_words)
    used = total > 0
    alpha = np.where(used, prior * total / total.sum(), 1.0)  # unused words are set to nan below
    y = np.bincount(group * n_words + word, count, 2 * n_words).reshape(2, n_words)
    size = y.sum(axis=1)
    a, b = y + alpha, size[:, None] + prior - y - alpha
    delta = np.log(a / b)
    model = (1 / a).sum(axis=0)
    lean = (1 / a + 1 / b) * np.array([[1.0], [-1.0]])  # what one occurrence more adds to δ, by group
    share = y / size[:, None]
    clustered = [_spread(person, word, count, group, lean, share, n_people, n_words, in_first)]
    if author is not None:
        clustered.append(_spread(author, word, count, group, lean, share, int(author.max()) + 1, n_words, None))
    variance = np.max([model, *(v for v, _, _ in clustered)], axis=0)
    df = np.min([_satterthwaite(variance / np.maximum(v, _TINY), e, most) for v, e, most in clustered], axis=0)
    found = np.where(used, delta[0] - delta[1], np.nan)
    return LogOdds(
        first=y[0],
        second=y[1],
        people=np.bincount(np.unique(person * n_words + word) % n_words, minlength=n_words),
        log_odds=found,
        z=found / np.sqrt(model),
        se=np.sqrt(variance),
        df=df,
        p=np.asarray(2 * stats.t.sf(np.abs(found) / np.sqrt(variance), df)),
    )


def _spread(
    cluster: Ints, word: Ints, count: Floats, group: Ints, lean: Floats, share: Floats, n: int, n_words: int, halves: Bools | None
) -> tuple[Floats, Floats, int]:
    """Variance of δ summed over clusters, each cluster's share of δ, and the most degrees of freedom there are.

    A cluster deviates by Σ lean × (count − share × its words); clusters without the word deviate too.
    """
    words_of = np.bincount(cluster * 2 + group, count, 2 * n).reshape(n, 2)
    own = np.bincount(cluster * n_words + word, lean[group, word] * count, n * n_words).reshape(n, n_words)
    e = own - words_of @ (lean * share)
    if halves is None:
        return e.shape[0] / max(n - 1, 1) * (e**2).sum(axis=0), e, n - 1
    parts = [e[halves], e[~halves]]
    variance = np.sum([len(x) / max(len(x) - 1, 1) * (x**2).sum(axis=0) for x in parts], axis=0)
    return np.asarray(variance), e, n - 2


def _satterthwaite(above: Floats, e: Floats, most: int) -> Floats:
    """(cΣe²)²/Σe⁴, between 1 and the number of clusters less what was estimated.

    c = the variance used over the clustered one: where clusters deviate less than the model says, the model's variance is used, and how
    unevenly the little is spread over clusters leaves it alone.
    """
    square = above * (e**2).sum(axis=0)
    fourth = (e**4).sum(axis=0)
    much = fourth > _TINY  # people all alike are no single cluster
    return np.asarray(np.clip(np.divide(square**2, fourth, out=np.full_like(square, np.inf), where=much), 1.0, max(most, 1)))
