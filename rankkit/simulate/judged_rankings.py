"""Rankings by raters who pick the best, the worst, the second best and so on, of people of known strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.simulate.simulated import Simulated, ids
from rankkit.tables.ranking_picks import BEST, ENDS, STATUSES, UNRANKED, WORST
from rankkit.tables.rankings import Rankings

Procedure = Literal["alternation", "top_down"]
FirstEnd = Literal["best", "worst", "random"]


@dataclass(frozen=True)
class Manner:
    """How a rater picks.

    Attributes
    ----------
    worst_scale : float
        λ: certainty of worst picks relative to best picks.
    depth_loss : float
        ρ: loss of certainty from one stage to the next.
    ties : float
        Chance that a pick takes two people who cannot be told apart, while three or more are left.
    top_down : bool
        Pick the best of those left each time, never the worst.
    most_picks : int or None
        Picks after which the rater stops; the rest is left over.
    """

    worst_scale: float = 1.0
    depth_loss: float = 0.0
    ties: float = 0.0
    top_down: bool = False
    most_picks: int | None = None


@dataclass(frozen=True)
class Picked:
    """One list, in the order of the people: rank (nan = left over), number of the pick, its end, and who was forced."""

    rank: Floats
    pick: Ints
    end: Ints
    forced: Bools


def rankings(
    n: int = 12,
    *,
    sd: float = 1.5,
    raters: int = 6,
    rater_sd: float = 0.0,
    procedure: Procedure = "alternation",
    worst_scale: float = 1.0,
    depth_loss: float = 0.0,
    ties: float = 0.0,
    first_end: FirstEnd = "best",
    shown: int | None = None,
    most_picks: int | None = None,
    seed: int = 0,
) -> Simulated[Rankings]:
    r"""Simulate rankings with known strengths, and the picks they came from.

    Rater r sees person i as strong as :math:`\theta_{ri} = \theta_i + v_{ri}`, with θ of standard deviation ``sd`` and the
    rater's own view v of standard deviation ``rater_sd``. From the set R of those left the best and the worst are picked
    in turn. At stage s, two picks each,

    .. math::
        P(\text{best} = b) = \frac{e^{\kappa_s \theta_{rb}}}{\sum_{j \in R} e^{\kappa_s \theta_{rj}}}, \quad
        P(\text{worst} = w) = \frac{e^{-\lambda \kappa_s \theta_{rw}}}{\sum_{j \in R} e^{-\lambda \kappa_s \theta_{rj}}}, \quad
        \kappa_s = e^{-\rho (s - 1)}

    (Marley & Louviere 2005; the fading certainty is that of Hausman & Ruud 1987). The last person is placed without a
    choice. Picked ``top_down``, only the best of those left is asked for, which with ρ = 0 is the model of Plackett (1975)
    and Luce (1959).

    Parameters
    ----------
    n : int
        People.
    sd, rater_sd : float
        Standard deviations of strength and of a rater's own view of a person, in logits. With ``rater_sd`` > 0 the picks
        of one rater depend on each other.
    raters : int
        Raters; each hands in one list.
    procedure : {"alternation", "top_down"}
        Ends in turn, or the best each time.
    worst_scale : float
        λ.
    depth_loss : float
        ρ.
    ties : float
        Chance that two people are taken at once, in whichever order they would have been picked.
    first_end : {"best", "worst", "random"}
        End of the first pick.
    shown : int, optional
        People shown to each rater, drawn by lot; all by default.
    most_picks : int, optional
        Picks after which a rater stops; everybody still left has the status ``unranked``.
    seed : int
        Seed of the random numbers; the same seed gives the same rankings.

    Returns
    -------
    Simulated
        ``truth`` has ``score`` = θ less its mean, in logits of a best pick at the first stage.

    Raises
    ------
    SettingsError
        If a setting is impossible.

    Examples
    --------
    >>> from rankkit import simulate
    >>> made = simulate.rankings(5, raters=2, seed=1)
    >>> made.table, made.table.frame["pick"].iloc[:5].tolist()
    (<Rankings: 10 rows, 5 people, 2 raters>, [2, 1, <NA>, 4, 3])
    """
    choices = {"procedure": (procedure, ("alternation", "top_down")), "first_end": (first_end, ("best", "worst", "random"))}
    for name, (value, allowed) in choices.items():
        if value not in allowed:
            raise SettingsError("E-SETTING", name=name, value=value, allowed=", ".join(map(repr, allowed)))
    each = n if shown is None else shown
    for name, number, least, most in (
        ("n", n, 2, np.inf),
        ("raters", raters, 1, np.inf),
        ("sd", sd, 0, np.inf),
        ("rater_sd", rater_sd, 0, np.inf),
        ("worst_scale", worst_scale, 0, np.inf),
        ("depth_loss", depth_loss, 0, np.inf),
        ("ties", ties, 0, 1),
        ("shown", each, 2, n),
        ("most_picks", 1 if most_picks is None else most_picks, 1, np.inf),
    ):
        if not (least <= number <= most and number < np.inf):
            raise SettingsError(
                "E-SETTING", name=name, value=number, allowed=f"{least} to {most:g}" if most < np.inf else f"{least} or more"
            )
    rng = np.random.default_rng(seed)
    theta = sd * rng.standard_normal(n)
    manner = Manner(worst_scale, depth_loss, ties, procedure == "top_down", most_picks)
    people, panel = ids("p", n), ids("r", raters)
    lists = []
    for r in range(raters):
        view = theta + rater_sd * rng.standard_normal(n)
        who = np.sort(rng.permutation(n)[:each])
        first = {"best": BEST, "worst": WORST, "random": int(rng.integers(2))}[first_end]
        lists.append(as_rows(panel[r], [people[k] for k in who], pick_in_turn(rng, view[who], manner, first)))
    truth = pd.DataFrame({"score": theta - theta.mean()}, index=pd.Index(people, name="ratee"))
    settings: dict[str, Any] = {
        "n": n, "sd": sd, "raters": raters, "rater_sd": rater_sd, "procedure": procedure, "worst_scale": worst_scale,
        "depth_loss": depth_loss, "ties": ties, "first_end": first_end, "shown": shown, "most_picks": most_picks, "seed": seed,
    }  # fmt: skip
    return Simulated(
        table=Rankings.from_frame(pd.concat(lists, ignore_index=True), source_name="simulated rankings").as_simulated(),
        truth=truth,
        dimensions=truth.rename(columns={"score": "overall"}),
        raters=pd.DataFrame({"effect": np.zeros(raters)}, index=pd.Index(panel, name="rater")),
        parameters=settings,
    )


def pick_in_turn(rng: Generator, strength: Floats, manner: Manner, first: int) -> Picked:
    """Let one rater pick until one person is left, or the rater stops.

    Parameters
    ----------
    rng : Generator
        Source of chance.
    strength : ndarray, shape (n,)
        The people as this rater sees them, in logits.
    manner : Manner
        How the rater picks.
    first : int
        End of the first pick, a position in :data:`rankkit.tables.ranking_picks.ENDS`.

    Returns
    -------
    Picked
        The list.

    Examples
    --------
    >>> certain = 100.0 * np.array([1, 4, 3, 2])
    >>> made = pick_in_turn(np.random.default_rng(0), certain, Manner(), BEST)
    >>> made.rank, made.pick, made.forced
    (array([4., 1., 2., 3.]), array([ 2,  1,  3, -1]), array([False, False, False,  True]))
    """
    n = len(strength)
    rank, pick, end = np.full(n, np.nan), np.full(n, -1), np.full(n, -1)
    left, above, below = list(range(n)), 0, 0
    most = n if manner.most_picks is None else manner.most_picks
    number = 0
    while len(left) > 1 and number < most:
        side = first if manner.top_down or number % 2 == 0 else 1 - first
        side = BEST if manner.top_down else side
        certainty = np.exp(-manner.depth_loss * (number // 2)) * (1.0 if side == BEST else -manner.worst_scale)
        size = 2 if rng.random() < manner.ties and len(left) > 2 else 1
        group = []
        for _ in range(size):
            seen = certainty * strength[left] + rng.gumbel(size=len(left))
            group.append(left.pop(int(np.argmax(seen))))
        number += 1
        rank[group] = above + 1 if side == BEST else n - below - size + 1
        above, below = (above + size, below) if side == BEST else (above, below + size)
        pick[group], end[group] = number, side
    forced = np.zeros(n, dtype=bool)
    if len(left) == 1:
        rank[left], forced[left] = above + 1, True
    return Picked(rank, pick, end, forced)


def as_rows(rater: str, people: list[str], made: Picked) -> pd.DataFrame:
    """Write one list as rows of a table of rankings.

    Parameters
    ----------
    rater : str
        Who picked.
    people : list of str
        Who was shown.
    made : Picked
        What happened.

    Returns
    -------
    DataFrame
        ``rater, ratee, rank, status, pick, end, forced``.

    Examples
    --------
    >>> two = Picked(np.array([1.0, 2.0]), np.array([1, -1]), np.array([0, -1]), np.array([False, True]))
    >>> as_rows("r1", ["a", "b"], two)["end"].tolist()
    ['best', None]
    """
    status = np.where(np.isnan(made.rank), STATUSES[UNRANKED], "ranked")
    return pd.DataFrame(
        {
            "rater": rater,
            "ratee": people,
            "rank": made.rank,
            "status": status,
            "pick": pd.array([int(k) if k > 0 else None for k in made.pick], dtype="Int64"),
            "end": pd.Series([ENDS[e] if e >= 0 else None for e in made.end], dtype=object),
            "forced": made.forced,
        }
    )
