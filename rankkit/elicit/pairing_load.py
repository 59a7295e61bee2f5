"""What a pairing session asks of a rater, before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from rankkit.elicit.pairing_settings import DESIGNS, FEWEST, MOST_COMPLETE, check_choice, check_number, choose_degree
from rankkit.errors import Lang, Problem, SettingsError

# Comparisons of each person over all judges, and the scale separation reliability reached (Verhavert et al. 2019)
_REACHED = ((10, "below .70", "低于 .70"), (15, "near .70", "约 .70"), (26, "between .70 and .90", ".70 至 .90 之间"))
_HIGH = ("near .90", "约 .90")


@dataclass(frozen=True)
class PairingLoad:
    """What a session asks of one rater.

    Attributes
    ----------
    people : int
    design : str
    k : int
        Comparisons of each person on each dimension.
    pairs : int
        Pairs of one dimension.
    dimensions : int
    comparisons : int
        Pairs times dimensions.
    repeats : int
        Pairs asked a second time, over all dimensions.
    seconds : float
        Assumed for each.
    hours, hours_with_repeats : float
        Without and with the repetitions.
    notes : tuple of Problem
        The load in words, what ``k`` can achieve, and whether another design is advisable.
    """

    people: int
    design: str
    k: int
    pairs: int
    dimensions: int
    comparisons: int
    repeats: int
    seconds: float
    hours: float
    hours_with_repeats: float
    notes: tuple[Problem, ...]

    def text(self, lang: Lang | None = None) -> str:
        """Say it in words."""
        return "\n".join(note.text(lang) for note in self.notes)


def load(
    n: int, design: str = "complete", k: int | None = None, dimensions: int = 1, *, seconds: float = 6.0, repeats: float = 0.1
) -> PairingLoad:
    """Estimate the work of one rater.

    All ``n (n - 1) / 2`` pairs of a complete design, else ``n k / 2``; ten to fourteen comparisons of each person, over
    all raters, give a scale separation reliability near .70, twenty-six to thirty-seven near .90.

    Parameters
    ----------
    n : int
        People to be compared.
    design : {"complete", "random_regular", "cyclic", "swiss", "adaptive"}
        As in :meth:`rankkit.elicit.pairing.PairingSession.start`.
    k : int, optional
        Comparisons of each person; 12 by default where the design does not say.
    dimensions : int
        Number of dimensions.
    seconds : float
        Assumed for one comparison.
    repeats : float
        Share of pairs asked twice.

    Returns
    -------
    PairingLoad

    Raises
    ------
    SettingsError
        ``E-SHORTPAIRS, E-KRANGE, E-ODDTOTAL, E-SETTING``.

    Notes
    -----
    Verhavert, S., Bouwer, R., Donche, V. & De Maeyer, S. (2019). A meta-analysis on the reliability of comparative
    judgement. *Assessment in Education*, 26.

    Examples
    --------
    >>> found = load(30, dimensions=5)
    >>> found.pairs, found.comparisons, round(found.hours, 1)
    (435, 2175, 3.6)
    """
    check_number("n", n, 0, None, whole=True)
    if n < FEWEST:
        raise SettingsError("E-SHORTPAIRS", n=n, least=FEWEST)
    check_choice("design", design, [d for d in DESIGNS if d != "given"])
    check_number("dimensions", dimensions, 1, None, whole=True)
    check_number("seconds", seconds, 0, None)
    check_number("repeats", repeats, 0, 1)
    k = choose_degree(n, k, design)
    pairs = n * k // 2
    comparisons, again = pairs * dimensions, ceil(repeats * pairs - 1e-9) * dimensions
    hours = comparisons * seconds / 3600
    in_all = (comparisons + again) * seconds / 3600
    facts = {"n": n, "pairs": pairs, "dimensions": dimensions, "comparisons": comparisons, "repeats": again, "hours": f"{in_all:.1f}"}
    notes = [Problem("I-LOAD", details=facts)]
    if design == "complete" and n > MOST_COMPLETE:
        notes.append(Problem("W-ALLPAIRS", details={"n": n, "pairs": pairs, "most": MOST_COMPLETE}))
    reached = next(((en, zh) for most, en, zh in _REACHED if k < most), _HIGH)
    notes.append(Problem("I-LOADK", details={"k": k, "reached": reached[0], "reached_zh": reached[1]}))
    return PairingLoad(n, design, k, pairs, dimensions, comparisons, again, seconds, hours, in_all, tuple(notes))
