"""Who shares an attribute with whom: ratees and raters of known groups, and what a design can say about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rater_effects.rating_graph import rating_graph
from rankkit.tables.attributes import Attributes
from rankkit.tables.people import People
from rankkit.tables.text import encode

FEWEST_RATERS = 10  # a group
FEWEST_DYADS = 20  # a cell
USUAL_FACTS = ("unit", "level", "job_family")


@dataclass(frozen=True, eq=False)
class Dyads:
    """One value a rater and ratee.

    Attributes
    ----------
    ratee, rater : ndarray of int, shape (n,)
    score : ndarray, shape (n,)
    """

    ratee: Ints
    rater: Ints
    score: Floats


@dataclass(frozen=True, eq=False)
class Shared:
    """An attribute of ratees and raters.

    Attributes
    ----------
    name : str
    of_ratee, of_rater : ndarray of int, shape (n,)
        Group of each dyad's ratee and rater; −1 = unknown or a group too small to be counted.
    """

    name: str
    of_ratee: Ints
    of_rater: Ints

    @property
    def known(self) -> Bools:
        """Dyads with both."""
        return (self.of_ratee >= 0) & (self.of_rater >= 0)

    @property
    def same(self) -> Floats:
        """1 where ratee and rater are of one group."""
        return np.asarray(self.of_ratee == self.of_rater, dtype=np.float64)


def wanted(attributes: Attributes | None, people: People | None, facts: Sequence[str] | None) -> dict[str, pd.Series]:
    """Collect the attributes asked for: value by person.

    Raises
    ------
    SettingsError
        If ``attributes`` is of another type, or a fact is not in the table of people.
    """
    out: dict[str, pd.Series] = {}
    if attributes is not None:
        if not isinstance(attributes, Attributes):
            raise SettingsError("E-TYPE", expected="Attributes", found=type(attributes).__name__)
        frame = attributes.frame
        for name in attributes.names:
            own = frame[frame["attribute"] == name]
            out[name] = own.set_index("person")["value"]
    found = [] if people is None else list(people.frame.columns)
    for name in facts if facts is not None else [f for f in USUAL_FACTS if f in found]:
        if people is None or name not in found:
            raise SettingsError("E-SETTING", name="facts", value=name, allowed=found or "columns of people=")
        out[name] = people.frame[name]
    return out


def shared(name: str, values: pd.Series, people: Sequence[str], raters: Sequence[str], dyads: Dyads) -> Shared:
    """Code an attribute; groups with too few raters are left out."""
    coded = encode(values.reset_index(drop=True))
    group = dict(zip(values.index.astype(str), coded.codes, strict=True))
    of_ratee = np.array([group.get(p, -1) for p in people] + [-1], dtype=np.int64)[dyads.ratee]
    by_rater = np.array([group.get(r, -1) for r in raters], dtype=np.int64)
    working = np.zeros(len(raters), dtype=bool)
    working[dyads.rater[of_ratee >= 0]] = True
    size = np.bincount(by_rater[working & (by_rater >= 0)], minlength=max(len(coded.values), 1))
    by_rater = np.where((by_rater >= 0) & (size[by_rater] >= FEWEST_RATERS), by_rater, -1)
    return Shared(name, of_ratee, by_rater[dyads.rater])


def usable(found: Shared, dyads: Dyads, use: Bools) -> tuple[Bools, Problem | None]:
    """Find the dyads an attribute can be examined on, or say why it cannot.

    Needed: two groups of ten raters, each of which rated people of its own group and of others, at least twenty dyads each
    way, in one connected design (the largest connected part is used) where some ratees have raters of different groups.

    Returns
    -------
    use : ndarray of bool, shape (n,)
    why : Problem or None
    """
    keep = use & found.known
    detail = {"name": found.name}
    if not keep.any():
        return keep, Problem("E-SIM-GROUPS", None, None, None, detail | {"needed": FEWEST_RATERS})
    graph = rating_graph(dyads.ratee[keep], dyads.rater[keep], int(dyads.ratee.max()) + 1, int(dyads.rater.max()) + 1)
    if graph.design in ("nested", "one_rater"):
        return keep, Problem("E-SIM-NESTED", None, None, None, detail)
    keep &= graph.ratee_component[dyads.ratee] == 0
    why = _lacking(found, dyads, keep)
    if why is not None and graph.n_components > 1:
        why = Problem("E-SIM-APART", None, None, None, detail | {"n": graph.n_components})
    return keep, why


def _lacking(found: Shared, dyads: Dyads, keep: Bools) -> Problem | None:
    """Say what the dyads lack."""
    detail = {"name": found.name}
    rows = pd.DataFrame({"group": found.of_rater[keep], "rater": dyads.rater[keep], "same": found.same[keep] > 0})
    raters = rows.groupby("group")["rater"].nunique()
    if (raters >= FEWEST_RATERS).sum() < 2:
        return Problem("E-SIM-GROUPS", None, None, None, detail | {"needed": FEWEST_RATERS})
    groups = pd.Series(found.of_rater[keep]).groupby(dyads.ratee[keep]).agg(["min", "max"])
    if bool((groups["min"] == groups["max"]).all()):
        return Problem("E-SIM-NESTED", None, None, None, detail)
    cells = rows.groupby("group")["same"].agg(["sum", "size"])
    both = np.minimum(cells["sum"].to_numpy(), (cells["size"] - cells["sum"]).to_numpy())
    if (both >= FEWEST_DYADS).sum() < 2:
        return Problem("E-SIM-CELLS", None, None, None, detail | {"needed": FEWEST_DYADS, "found": int(np.sort(both)[-2])})
    return None
