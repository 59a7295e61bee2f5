"""Ratings made ready for a many-facet Rasch model: whole numbers, facets, the part of the design that hangs together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rankkit.errors import IdentificationError, InsufficientDataError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_design import Gaps, RaschDesign, rasch_design
from rankkit.kernels.rasch.rasch_subsets import Subsets, subsets
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import encode

Estimation = Literal["marginal", "joint"]
Thresholds = Literal["common", "rater", "dimension"]
Dependence = Literal["auto", "none", "cell"]
_MOST_CATEGORIES = 100
_LARGEST_KEY = 2.0**62
_NAMED = 4  # groups, and members of a group, that a message names


@dataclass(frozen=True, kw_only=True)
class RaschModel:
    """What is to be fitted: the settings of :class:`~rankkit.ManyFacetRasch` that say so.

    Attributes
    ----------
    estimation : {"marginal", "joint"}
    thresholds : {"common", "rater", "dimension"}
    facets : tuple of str
        Beside the people: ``rater``, ``dimension``, ``source`` or other columns of the table.
    gaps : {"merge", "refuse"}
    dependence : {"auto", "none", "cell"}
        Of the ratings one rater gives one person; marginal estimation only.
    """

    estimation: Estimation = "marginal"
    thresholds: Thresholds = "common"
    facets: tuple[str, ...] = ("rater", "dimension")
    gaps: Gaps = "merge"
    dependence: Dependence = "auto"


@dataclass(frozen=True, eq=False)
class RaschRatings:
    """Observations of the largest part of a table that hangs together.

    Attributes
    ----------
    design : RaschDesign
        Facet 0 are all people of the table; facets without two elements in use are left out.
    names : tuple of str
        ``ratee`` and the other facets.
    ids : tuple of tuples of str
        Elements of each facet.
    labels : tuple of mappings
        Display names, where they differ from ids.
    rows : ndarray of int
        Row of the table of each observation.
    rated : ndarray of bool
        People with a rating.
    apart : tuple of tuples of str
        Other groups of people, who share nobody with these.
    repeated : int
        Ratings beyond one a cell.
    linked : Subsets or None
        What the design links, if all of it was kept.
    """

    design: RaschDesign
    names: tuple[str, ...]
    ids: tuple[tuple[str, ...], ...]
    labels: tuple[Mapping[str, str], ...]
    rows: Ints
    rated: Bools
    apart: tuple[tuple[str, ...], ...]
    repeated: int
    linked: Subsets | None

    def name(self, facet: int, code: int) -> str:
        """What an element is called."""
        ident = self.ids[facet][code]
        return self.labels[facet].get(ident, ident)

    def position(self, facet: str) -> int:
        """Number of a facet by its name; −1 if it is not in the model."""
        return self.names.index(facet) if facet in self.names else -1


def rasch_ratings(table: Ratings, model: RaschModel) -> RaschRatings:
    """Check ratings and cut them to the largest group of people who can be compared.

    Raises
    ------
    RatingsError
        ``E-RASCHWHOLE`` for every score that is no whole number, ``E-RASCHMANY`` for too many different ones,
        ``E-RASCHFACET`` for a facet that is no column of the table or has blanks.
    IdentificationError
        If there are no raters, if no group of people is larger than the others, or if one category only was used.
    InsufficientDataError
        If there is no facet beside the people.
    """
    if table.averaged_over:
        remedy = "Use the ratings of single raters."
        raise IdentificationError("E-IDENT", what="severity", reason="the raters are unknown", remedy=remedy)
    _check_scores(table)
    at = np.flatnonzero(~np.isnan(table.score))
    names, codes, ids, labels = _facets(table, at, model)
    order = _canonical(codes, [len(i) for i in ids], table.score[at])
    at, codes = at[order], [c[order] for c in codes]
    rated = np.bincount(codes[0], minlength=len(table.people)) > 0
    sizes = [len(i) for i in ids]
    linked = subsets(codes, sizes)
    keep, apart = _largest(linked, codes[0], table)
    at, codes = at[keep], [c[keep] for c in codes]
    fresh = np.ones(len(at), dtype=bool)
    if len(at):
        fresh[1:] = np.any([c[1:] != c[:-1] for c in codes], axis=0)
    cell = np.cumsum(fresh) - 1
    weight = 1 / np.bincount(cell)[cell]
    threshold = None if model.thresholds == "common" or model.thresholds not in names else names.index(model.thresholds)
    design = rasch_design(codes, sizes, table.score[at], threshold_facet=threshold, weight=weight, gaps=model.gaps)
    repeated = int(len(at) - fresh.sum())
    return RaschRatings(design, tuple(names), tuple(ids), tuple(labels), at, rated, apart, repeated, None if apart else linked)


def _canonical(codes: list[Ints], sizes: list[int], score: Floats) -> Ints:
    """Order of observations by their elements, then by rating."""
    if np.prod([float(s) for s in sizes]) * (_MOST_CATEGORIES + 1) > _LARGEST_KEY:
        return np.lexsort((score, *codes[::-1]))
    key = codes[0]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key = key * size + code
    return np.argsort(key * (_MOST_CATEGORIES + 1) + np.unique(score, return_inverse=True)[1], kind="stable")


def _check_scores(table: Ratings) -> None:
    """Raise for scores that are no categories."""
    score = table.score[~np.isnan(table.score)]
    broken = np.flatnonzero(~np.isnan(table.score) & (table.score != np.round(table.score)))
    if len(broken):
        problems = [Problem("E-RASCHWHOLE", int(table.rows[k]), "score", float(table.score[k])) for k in broken]
        raise RatingsError(problems, source=table.source_name, n_rows=len(table))
    n = len(np.unique(score))
    if n > _MOST_CATEGORIES:
        raise RatingsError("E-RASCHMANY", n=n, most=_MOST_CATEGORIES)


def _facets(table: Ratings, at: Ints, model: RaschModel) -> tuple[list[str], list[Ints], list[tuple[str, ...]], list[Mapping[str, str]]]:
    """Codes of all facets with at least two elements in use."""
    names, codes, ids, labels = ["ratee"], [table.ratee[at]], [table.people], [table.labels]
    for name in model.facets:
        own: Mapping[str, str] = {}
        if name == "rater":
            code, values, own = table.rater[at], table.raters, table.rater_labels
        elif name == "dimension":
            code, values = table.dimension[at], table.dimensions
        elif name == "source" and table.sources:
            code, values = table.source[at], table.sources
        elif name in table.extras:
            found = encode(table.extras[name].iloc[at])
            code, values = found.codes, found.values
        else:
            columns = ["rater", "dimension", *(["source"] if table.sources else []), *map(str, table.extras.columns)]
            raise RatingsError("E-RASCHFACET", name=name, found=columns)
        if (code < 0).any():
            raise RatingsError([Problem("E-RASCHBLANK", int(table.rows[k]), name) for k in at[code < 0]], n_rows=len(table))
        if len(np.unique(code)) > 1:
            names.append(name)
            codes.append(code)
            ids.append(values)
            labels.append(own)
    if len(names) == 1:
        raise InsufficientDataError("E-FEW", what="a many-facet Rasch model", needed=2, unit="raters or dimensions", found=1)
    return names, codes, ids, labels


def _largest(linked: Subsets, ratee: Ints, table: Ratings) -> tuple[Bools, tuple[tuple[str, ...], ...]]:
    """Observations of the largest group of people that hangs together, and the other groups."""
    label = linked.label[0]
    count = int(label.max(initial=-1)) + 1
    everything = np.ones(len(ratee), dtype=bool)
    if count <= 1:
        return everything, ()
    size = np.bincount(label[label >= 0], minlength=count)
    ratings = np.bincount(label[ratee], minlength=count)
    groups = tuple(tuple(table.people[i] for i in np.flatnonzero(label == g)) for g in range(count))
    if size[0] < 2 or (size[0] == size[1] and ratings[0] == ratings[1]):
        raise IdentificationError("E-RASCHDISC", groups=named_groups(groups, table.labels))
    return label[ratee] == 0, groups[1:]


def named_groups(groups: tuple[tuple[str, ...], ...], labels: Mapping[str, str]) -> str:
    """Groups of people in words: the first few of the first few."""
    shown = []
    for group in groups[:_NAMED]:
        names = ", ".join(labels.get(p, p) for p in group[:_NAMED])
        shown.append(names + (f" … ({len(group)})" if len(group) > _NAMED else ""))
    return "; ".join(shown) + (f"; … ({len(groups)})" if len(groups) > _NAMED else "")


def check_facets(facets: Any, thresholds: str) -> tuple[str, ...]:
    """Check the names of facets.

    Raises
    ------
    SettingsError
        If a name stands twice, ``ratee`` is among them, or the thresholds are of a facet that is not.
    """
    given = (facets,) if isinstance(facets, str) else tuple(facets)
    allowed = "distinct columns such as ('rater', 'dimension')"
    if not given or len(set(given)) < len(given) or not all(isinstance(f, str) and f for f in given) or "ratee" in given:
        raise SettingsError("E-SETTING", name="facets", value=given, allowed=allowed)
    if thresholds != "common" and thresholds not in given:
        raise SettingsError("E-SETTING", name="thresholds", value=thresholds, allowed=["'common'", *(repr(f) for f in given)])
    return given
