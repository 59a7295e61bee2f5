"""Ratings as a generalizability study reads them: which facets there are, in which design, one score a cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from rankkit.errors import IdentificationError, InsufficientDataError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.components.balanced_designs import arranged, packed
from rankkit.kernels.components.design_notation import DesignNotation, parse
from rankkit.kernels.rater_effects.rating_graph import RatingGraph, rating_graph
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import encode

_OWN = ("ratee", "rater", "dimension")
_LETTERS = {"p": ("ratee",), "r": ("rater",), "d": ("dimension",), "o": ("occasion",), "t": ("task", "team"), "i": ("item", "dimension")}
_ORDER = (*_OWN, "item", "task", "occasion", "cycle", "form", "team")


@dataclass(frozen=True, eq=False)
class StudyData:
    """Scores of a study, one a cell.

    Attributes
    ----------
    design : DesignNotation
        Facets by name, the ratees first.
    codes : ndarray of int, shape (facets, N)
        Condition of each facet.
    score : ndarray, shape (N,)
        Scores, averaged over whatever the design leaves out.
    notes : tuple of Problem
        What was done to get there.
    """

    design: DesignNotation
    codes: Ints
    score: Floats
    notes: tuple[Problem, ...]

    @cached_property
    def complete(self) -> Floats | None:
        """The complete table, one axis a facet, or None where there are gaps."""
        return arranged(self.score, self.codes, self.design)

    @cached_property
    def conditions(self) -> dict[str, float]:
        """Conditions of each facet behind one ratee (within one condition of what it is nested in): harmonic mean."""
        out = {}
        for f, facet in enumerate(self.design.facets[1:], start=1):
            outer = sorted({0} | self.design.nested_in[f])
            inside = packed(self.codes[outer])
            span = int(self.codes[f].max()) + 1
            pairs = np.unique(inside * span + self.codes[f])
            out[facet] = float(1 / (1 / np.bincount(pairs // span)).mean())
        return out

    @cached_property
    def levels(self) -> dict[str, int]:
        """Distinct conditions of each facet, those of nested facets counted within what they are nested in."""
        sets = [sorted({f} | self.design.nested_in[f]) for f in range(len(self.design.facets))]
        return {facet: int(packed(self.codes[s]).max()) + 1 for facet, s in zip(self.design.facets, sets, strict=True)}

    @cached_property
    def graph(self) -> RatingGraph | None:
        """Who was rated by whom, where raters are a facet crossed with ratees."""
        if "rater" not in self.design.facets:
            return None
        r = self.design.position("rater")
        return rating_graph(self.codes[0], self.codes[r], int(self.codes[0].max()) + 1, int(self.codes[r].max()) + 1)


def study_data(table: Ratings, notation: str | None) -> StudyData:
    """Choose the design, code its facets, average to its cells.

    Parameters
    ----------
    table : Ratings
        Self ratings out.
    notation : str, optional
        Design; by default what the data are.

    Returns
    -------
    StudyData

    Raises
    ------
    SettingsError
        If the notation cannot be read, lacks the ratees or names a facet the data do not have.
    IdentificationError
        ``I-NESTED`` or ``I-ONERATER`` where the data cannot tell raters from teams, or one rater from others.
    InsufficientDataError
        With a single condition of a facet.
    """
    rated = ~np.isnan(table.score)
    design = _inferred(table, rated) if notation is None else _named(parse(notation), table, str(notation))
    codes = np.stack([_codes(table, f)[rated] for f in design.facets])
    score = table.score[rated]
    if (codes < 0).any():  # rows that leave a facet blank belong to no cell
        whole = (codes >= 0).all(axis=0)
        rated[np.flatnonzero(rated)[~whole]] = False
        codes, score = codes[:, whole], score[whole]
    for f, facet in enumerate(design.facets):
        outer = sorted(design.nested_in[f])
        nest = packed(codes[outer]) if outer else np.zeros(codes.shape[1], dtype=np.int64)
        pairs = np.unique(nest * (int(codes[f].max()) + 1) + codes[f]) // (int(codes[f].max()) + 1)
        found = int(np.bincount(pairs).max(initial=0))
        if found < 2:
            where = f" within one {' and '.join(design.facets[o] for o in outer)}" if outer else ""
            unit = f"conditions of the facet {facet}{where}"
            raise InsufficientDataError("E-FEW", what="a generalizability study", needed=2, unit=unit, found=found)
    notes = []
    if "dimension" not in design.facets and len(table.dimensions) > 1:
        score = _level(score, table.dimension[rated], codes)
        notes.append(Problem("I-MEANOVER", None, None, None, {"facets": "dimension", "design": str(design)}))
    left_out = [f for f in ("rater",) if f not in design.facets and len(table.raters) > 1]
    if left_out:
        notes.append(Problem("I-MEANOVER", None, None, None, {"facets": left_out, "design": str(design)}))
    cells, values, repeated = _averaged(codes, score)
    if repeated and not left_out and ("dimension" in design.facets or len(table.dimensions) == 1):
        notes.append(Problem("I-OCCASIONS", None, None, None, {"n": repeated}))
    return StudyData(design, cells, values, tuple(notes))


def _codes(table: Ratings, facet: str) -> Ints:
    """Codes of one facet for every row."""
    own = {"ratee": table.ratee, "rater": table.rater, "dimension": table.dimension}
    return own[facet] if facet in own else encode(table.extras[facet]).codes


def _inferred(table: Ratings, rated: Bools) -> DesignNotation:
    """Crossed, or raters of each ratee's own; with the dimensions if there are several."""
    if table.averaged_over:
        raise InsufficientDataError("E-FEW", what="a generalizability study", needed=2, unit="raters", found="–")
    graph = rating_graph(table.ratee[rated], table.rater[rated], len(table.people), len(table.raters))
    if graph.design == "one_rater":
        raise IdentificationError("I-ONERATER")
    if graph.design == "nested" and not graph.nested_raters:
        raise IdentificationError("I-NESTED")
    if graph.k_min == 1 and graph.nested_raters and int(graph.raters_per_ratee.max()) == 1:
        raise InsufficientDataError("E-FEW", what="a generalizability study", needed=2, unit="raters for the same person", found=1)
    people = "(rater:ratee)" if graph.nested_raters else "ratee x rater"
    several = len(np.unique(table.dimension[rated])) > 1
    text = f"{people} x dimension" if several else people
    return _ordered(parse(text))


def _named(design: DesignNotation, table: Ratings, notation: str) -> DesignNotation:
    """Replace letters by names of facets."""
    available = {*_OWN, *map(str, table.extras.columns)}
    names = {}
    for facet in design.facets:
        choices = (facet, *_LETTERS.get(facet, ()))
        name = next((c for c in choices if c in available), None)
        if name is None:
            raise SettingsError("E-FACET", facet=facet, design=notation, found=sorted(available, key=_place))
        names[facet] = name
    if len(set(names.values())) < len(names):
        raise SettingsError("E-NOTATION", notation=notation)
    if "ratee" not in names.values():
        raise SettingsError("E-FACET", facet="ratee", design=notation, found=list(design.facets))
    if "rater" in names.values() and table.averaged_over:
        raise InsufficientDataError("E-FEW", what="a generalizability study", needed=2, unit="raters", found="–")
    return _ordered(design.renamed(names))


def _ordered(design: DesignNotation) -> DesignNotation:
    """Facets in the order tables show them, so that the notation's order decides nothing."""
    return design.reordered(sorted(design.facets, key=_place))


def _place(facet: str) -> tuple[int, str]:
    return (_ORDER.index(facet) if facet in _ORDER else len(_ORDER), facet)


def _level(score: Floats, dimension: Ints, codes: Ints) -> Floats:
    """Take out differences of dimension means where some cell lacks dimensions, so that blanks are no merit."""
    cell = packed(codes)
    per_cell = np.bincount(cell)
    if per_cell.min() == per_cell.max() == len(np.unique(dimension)):
        return score
    count = np.bincount(dimension)
    mean = np.bincount(dimension, score) / np.maximum(count, 1)
    return np.asarray(score - mean[dimension] + mean[count > 0].mean())


def _averaged(codes: Ints, score: Floats) -> tuple[Ints, Floats, int]:
    """One score a cell, in canonical order; and how many ratings repeated a cell."""
    cell = packed(codes)
    order = np.lexsort((score, cell))
    cell, values = cell[order], score[order]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    count = np.diff(np.append(first, len(cell)))
    return codes[:, order][:, first], np.add.reduceat(values, first) / count, int(len(score) - len(first))


def dense(table: pd.DataFrame | Ratings) -> Ratings:
    """Validated ratings without self ratings, where there are others."""
    ratings = table if isinstance(table, Ratings) else Ratings.from_frame(table)
    if "self" in ratings.sources and len(ratings.sources) > 1:
        ratings = ratings.where(ratings.source != ratings.sources.index("self"))
    return ratings
