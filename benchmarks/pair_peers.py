"""Bradley–Terry by other packages, each from a table of names to worths in logits; those not installed are left out."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import numpy as np
import pandas as pd

Worths = pd.Series
Peer = Callable[[pd.DataFrame], Worths]


def table(n: int, m: int, *, near: bool, seed: int = 3) -> pd.DataFrame:
    """Random pairs, or near neighbours only (what adaptive pairing produces)."""
    rng = np.random.default_rng(seed)
    worth = np.sort(rng.normal(size=n))
    left = rng.integers(0, n, m)
    right = (left + rng.choice([-2, -1, 1, 2], m)) % n if near else (left + rng.integers(1, n, m)) % n
    if near:
        inside = np.abs(left - right) <= 2
        left, right = left[inside], right[inside]
    wins = rng.random(len(left)) < 1 / (1 + np.exp(worth[right] - worth[left]))
    ids = pd.array([f"e{i:06d}" for i in range(n)], dtype="str")
    return pd.DataFrame({"winner": ids.take(np.where(wins, left, right)), "loser": ids.take(np.where(wins, right, left))})


def coded(data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Codes of winners and losers, and the names."""
    codes, names = pd.factorize(pd.concat([data["winner"], data["loser"]], ignore_index=True))
    winner, loser = np.split(codes, 2)
    return winner, loser, names


def choix_dense(data: pd.DataFrame) -> Worths:
    """Dense iterative Luce spectral ranking."""
    import choix

    winner, loser, names = coded(data)
    wins = np.bincount(winner * len(names) + loser, minlength=len(names) ** 2).reshape(len(names), -1)
    return pd.Series(choix.ilsr_pairwise_dense(wins.astype(float)), index=names)


def choix_pairs(data: pd.DataFrame) -> Worths:
    """Iterative Luce spectral ranking of a list of pairs."""
    import choix

    winner, loser, names = coded(data)
    return pd.Series(choix.ilsr_pairwise(len(names), list(zip(winner.tolist(), loser.tolist(), strict=True))), index=names)


def evalica(data: pd.DataFrame) -> Worths:
    """Public API, defaults."""
    import evalica

    found = evalica.bradley_terry(data["winner"], data["loser"], [evalica.Winner.X] * len(data))
    return np.log(found.scores)


def arena_rank(data: pd.DataFrame) -> Worths:
    """Ratings alone, without intervals; compiled before."""
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    given = pd.DataFrame({"model_a": data["winner"].astype(object), "model_b": data["loser"].astype(object), "winner": "model_a"})
    dataset = PairDataset.from_pandas(given)
    model = BradleyTerry(n_competitors=len(dataset.competitors))
    model.fit(dataset)
    return pd.Series(np.asarray(model.params["ratings"]), index=dataset.competitors)


def logistic(data: pd.DataFrame) -> Worths:
    """scikit-learn's logistic regression on a sparse design, without a penalty worth the name, at a hundredth of its default tolerance."""
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

    winner, loser, names = coded(data)
    m = len(winner)
    sign = np.where(np.arange(m) % 2, 1.0, -1.0)  # both outcomes must occur
    rows = np.repeat(np.arange(m), 2)
    x = csr_array((np.column_stack([sign, -sign]).ravel(), (rows, np.column_stack([winner, loser]).ravel())), shape=(m, len(names)))
    found = LogisticRegression(C=1e10, fit_intercept=False, tol=1e-6, max_iter=1000).fit(x, sign > 0)
    return pd.Series(found.coef_[0], index=names)


def glm(data: pd.DataFrame) -> Worths:
    """statsmodels' binomial GLM on a dense design of the pairs, one person at zero."""
    import statsmodels.api as sm

    winner, loser, names = coded(data)
    n = len(names)
    wins = np.bincount(winner * n + loser, minlength=n * n).reshape(n, n)
    first, second = np.nonzero(np.triu(wins + wins.T))
    x = np.zeros((len(first), n))
    x[np.arange(len(first)), first], x[np.arange(len(first)), second] = 1, -1
    y = np.column_stack([wins[first, second], wins[second, first]])
    found = sm.GLM(y, x[:, 1:], family=sm.families.Binomial()).fit()
    return pd.Series(np.append(0.0, found.params), index=names)


PEERS: dict[str, tuple[Peer, str, int]] = {  # what runs it, the package, the most comparisons that end in a minute or so
    "choix dense": (choix_dense, "choix", 300_000),
    "choix pairs": (choix_pairs, "choix", 300_000),
    "evalica": (evalica, "evalica", 300_000),
    "arena-rank": (arena_rank, "arena_rank", 3_000_000),
    "scikit-learn": (logistic, "sklearn", 3_000_000),
    "statsmodels": (glm, "statsmodels", 1_000),
}


def installed() -> dict[str, tuple[Peer, int]]:
    """Peers that can be run here, with the most comparisons for each."""
    return {name: (peer, most) for name, (peer, package, most) in PEERS.items() if find_spec(package) is not None}


def missing() -> list[str]:
    """Peers that cannot."""
    return [name for name, (_, package, _) in PEERS.items() if find_spec(package) is None]
