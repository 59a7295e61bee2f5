"""Small tables of comparisons at the edge of what can be said, and what must hold of any result from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

J = ("rater", "left", "right", "outcome")
ABSURD = 15.0  # logits: a worth beyond this stands for infinity
WIDEST = 30.0  # logits: a standard error beyond this says nothing


def rows(data, columns=("left", "right", "outcome")):
    return pd.DataFrame(data, columns=list(columns))


def panel(judges, n, *, seed=0, gap=0.4, ties=0.0, names=None):
    """Every judge compares everybody with everybody, sides at random."""
    rng = np.random.default_rng(seed)
    names = names or [f"p{i}" for i in range(n)]
    out = []
    for judge in range(judges):
        for i in range(n):
            for j in range(i + 1, n):
                tie, better, turned = rng.random(3)
                first = better < 1 / (1 + np.exp(-gap * (j - i)))
                a, b = (names[j], names[i]) if turned < 0.5 else (names[i], names[j])
                side = "left" if first == (a == names[i]) else "right"
                out.append((f"judge{judge}", a, b, "tie" if tie < ties else side))
    return rows(out, J)


def said(found):
    return dict(zip(found.messages["code"], found.messages["text"], strict=True))


SLOW = {"goodness_of_fit", "reliability", "growth", "judges", "findings"}  # tables that simulate


def check_numbers(found, *, every_table=False):
    """Scores that stand are finite and not absurd; whoever has none is told why."""
    scores = found.scores
    stands = scores["status"].isin(["scored", "provisional"])
    if found.unit in ("logit", "probit"):
        assert np.isfinite(scores.loc[stands, "score"]).all()
        assert (scores.loc[stands, "score"].abs() < ABSURD).all()
        assert scores.loc[stands, "se"].between(1e-6, WIDEST).all()
    assert (scores.loc[~stands, "status_reason"] != "").all()
    for result in (found, *found.parts.values()):
        for name in result.evidence if every_table else set(result.evidence) - SLOW:
            numbers = result.evidence[name].select_dtypes("number").to_numpy(dtype=float, na_value=np.nan)
            assert not np.isinf(numbers).any(), name


def undefeated(result="left"):
    circle = [("a", "b", "left"), ("b", "c", "left"), ("c", "a", "left")]
    return rows([("e03", other, result) for other in "abc" for _ in range(4)] + circle)
