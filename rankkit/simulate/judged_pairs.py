"""Comparisons of pairs by judges, of people of known strength."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.simulate.simulated import Simulated, ids
from rankkit.tables.comparisons import Comparisons

Design = Literal["complete", "random", "near"]
_OUTCOMES = ["left", "right", "tie"]


def comparisons(
    n: int = 20,
    *,
    sd: float = 1.0,
    judges: int = 5,
    judge_sd: float = 0.0,
    ties: float = 0.0,
    order_effect: float = 0.0,
    design: Design = "random",
    rounds: int = 12,
    seed: int = 0,
) -> Simulated[Comparisons]:
    r"""Simulate comparisons with known strengths.

    Judge r sees person i as strong as :math:`\theta_{ri} = \theta_i + v_{ri}`, with θ of standard deviation ``sd`` and the
    judge's own view v of standard deviation ``judge_sd``. With :math:`d = \theta_{ri} - \theta_{rj} + \omega`, ω being
    the advantage of the left position,

    .. math:: P(\text{left}) : P(\text{right}) : P(\text{tie}) = e^{d/2} : e^{-d/2} : \nu

    which is the model of Bradley & Terry (1952) with the ties of Davidson (1970) and the order effect of Davidson &
    Beaver (1977).

    Parameters
    ----------
    n : int
        People compared.
    sd, judge_sd : float
        Standard deviations of strength and of a judge's own view of a person, in logits. With ``judge_sd`` > 0
        the comparisons of one judge depend on each other.
    judges : int
        Number of judges.
    ties : float
        ν; 0 gives no ties, 1 makes a tie as likely as either win between equals.
    order_effect : float
        ω, in logits.
    design : {"complete", "random", "near"}
        ``complete``: every judge compares every pair once. ``random``: in every round people are paired at random.
        ``near``: in every round people of about equal strength are paired, as adaptive procedures do.
    rounds : int
        Comparisons of each person, for ``random`` and ``near`` (with an odd ``n`` one person sits out each round).
    seed : int
        Seed of the random numbers; the same seed gives the same comparisons.

    Returns
    -------
    Simulated
        ``truth`` has ``score`` = θ less its mean, in logits.

    Raises
    ------
    SettingsError
        If the design is unknown or a setting is impossible.

    Examples
    --------
    >>> from rankkit import simulate
    >>> simulate.comparisons(10, judges=2, design="complete", seed=1).table
    <Comparisons: 90 rows, 10 people, 2 judges, 1 dimension>
    """
    if design not in ("complete", "random", "near"):
        raise SettingsError("E-SETTING", name="design", value=design, allowed="'complete', 'random', 'near'")
    for name, value, least in (
        ("n", n, 2),
        ("judges", judges, 1),
        ("rounds", rounds, 1),
        ("sd", sd, 0),
        ("judge_sd", judge_sd, 0),
        ("ties", ties, 0),
    ):
        if not least <= value < np.inf:
            raise SettingsError("E-SETTING", name=name, value=value, allowed=f"{least} or more")
    rng = np.random.default_rng(seed)
    theta = sd * rng.standard_normal(n)
    view = judge_sd * rng.standard_normal((judges, n))
    left, right, judge = _pairs(rng, theta, judges, design, rounds, sd)
    d = theta[left] + view[judge, left] - theta[right] - view[judge, right] + order_effect
    outcome = decide(rng, d, ties)
    people, panel = ids("p", n), ids("j", judges)
    frame = pd.DataFrame(
        {
            "rater": pd.Categorical.from_codes(judge, pd.Index(panel)),
            "left": pd.Categorical.from_codes(left, pd.Index(people)),
            "right": pd.Categorical.from_codes(right, pd.Index(people)),
            "outcome": pd.Categorical.from_codes(outcome, pd.Index(_OUTCOMES)),
        }
    )
    index = pd.Index(people, name="ratee")
    truth = pd.DataFrame({"score": theta - theta.mean()}, index=index)
    settings: dict[str, Any] = {
        "n": n, "sd": sd, "judges": judges, "judge_sd": judge_sd, "ties": ties, "order_effect": order_effect, "design": design,
        "rounds": None if design == "complete" else rounds, "seed": seed,
    }  # fmt: skip
    return Simulated(
        table=Comparisons.from_frame(frame, source_name="simulated comparisons").as_simulated(),
        truth=truth,
        dimensions=truth.rename(columns={"score": "overall"}),
        raters=pd.DataFrame({"effect": np.zeros(judges)}, index=pd.Index(panel, name="rater")),
        parameters=settings,
    )


def decide(rng: Generator, d: Floats, ties: float) -> Ints:
    """Draw 0 (left), 1 (right) or 2 (tie) for logits ``d``."""
    left, right = np.exp(d / 2), np.exp(-d / 2)
    u = rng.random(d.shape) * (left + right + ties)
    return (u >= left).astype(np.int64) + (u >= left + right)


def _pairs(rng: Generator, theta: Floats, judges: int, design: str, rounds: int, sd: float) -> tuple[Ints, Ints, Ints]:
    """Who is compared with whom, by which judge; sides are drawn by lot."""
    n = len(theta)
    if design == "complete":
        first, second = (np.tile(side, judges) for side in np.triu_indices(n, 1))
        judge = np.repeat(np.arange(judges), n * (n - 1) // 2)
    else:
        place = rng.random((rounds, n)) if design == "random" else theta + sd / 2 * rng.standard_normal((rounds, n))
        order = np.argsort(place, axis=1)[:, : n - n % 2]
        if n % 2 and design == "near":  # someone other than the best must sit out: drop one at random by rotating the order
            order = np.take_along_axis(np.argsort(place, axis=1), _others(rng, rounds, n), axis=1)
        first, second = order[:, 0::2].ravel(), order[:, 1::2].ravel()
        judge = rng.permutation(np.arange(len(first)) % judges)
    swap = rng.random(len(first)) < 0.5
    return np.where(swap, second, first), np.where(swap, first, second), judge


def _others(rng: Generator, rounds: int, n: int) -> Ints:
    """For each round, all places but one drawn by lot, in order; shape (rounds, n − 1)."""
    out = rng.integers(n, size=(rounds, 1))
    places = np.arange(n - 1)
    return places + (places >= out)
