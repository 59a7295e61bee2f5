"""Measurement designs in the usual notation: ``p x i``, ``i:p``, ``(r:p) x i``, ``p x (i:o)``, any crossing and nesting.

A design is its facets and, for each, the facets it is nested in. Its effects are the sets of facets that contain, with
every facet, those it is nested in: ``p x (i:o)`` has p, o, po, i:o and pi:o.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Bools, Floats

_TOKEN = re.compile(r"\s*([()]|:|×|\*|[^\W\d]\w*)")
_CROSS = ("x", "X", "×", "*")
_MOST = 6  # facets; 4 is the customary most, and the number of effects doubles with each


@dataclass(frozen=True)
class DesignNotation:
    """A complete design.

    Attributes
    ----------
    facets : tuple of str
        In the order of their first appearance.
    nested_in : tuple of frozenset of int
        For each facet, every facet it is nested in, directly or not (positions in ``facets``).
    """

    facets: tuple[str, ...]
    nested_in: tuple[frozenset[int], ...]

    @cached_property
    def effects(self) -> tuple[frozenset[int], ...]:
        """Effects as sets of facets, main effects first; the last holds every facet and is the residual."""
        sizes = range(1, len(self.facets) + 1)
        sets = (frozenset(c) for size in sizes for c in combinations(range(len(self.facets)), size))
        return tuple(s for s in sets if self.closure(s) == s)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Facets of each effect joined by colons; the last is "residual"."""
        joined = [":".join(self.facets[f] for f in sorted(e)) for e in self.effects]
        return (*joined[:-1], "residual")

    def closure(self, facets: Iterable[int]) -> frozenset[int]:
        """Add the facets that some are nested in."""
        chosen = frozenset(facets)
        return chosen.union(*(self.nested_in[f] for f in chosen))

    def primary(self, effect: frozenset[int]) -> frozenset[int]:
        """Facets of an effect that no other of its facets is nested in."""
        return effect.difference(*(self.nested_in[f] for f in effect))

    def position(self, facet: str) -> int:
        """Position of a facet.

        Raises
        ------
        SettingsError
            If the design has no such facet.
        """
        if facet not in self.facets:
            raise SettingsError("E-SETTING", name="facet", value=facet, allowed=list(self.facets))
        return self.facets.index(facet)

    def renamed(self, names: dict[str, str]) -> DesignNotation:
        """Return the same design with other names."""
        return DesignNotation(tuple(names.get(f, f) for f in self.facets), self.nested_in)

    def holds(self, sizes: Floats) -> Bools:
        """Which effects have degrees of freedom with these numbers of conditions."""
        return self.degrees_of_freedom(sizes) > 0

    def degrees_of_freedom(self, sizes: Floats) -> Floats:
        """Π(n − 1) over the primary facets times Πn over those they are nested in, for each effect."""
        out = np.ones(len(self.effects))
        for k, effect in enumerate(self.effects):
            primary = self.primary(effect)
            for f in effect:
                out[k] *= sizes[f] - (f in primary)
        return out

    def expected_mean_squares(self, sizes: Floats) -> Floats:
        r"""Coefficients C of E(MS) = Cσ² with every facet random (Cornfield & Tukey 1956).

        .. math:: E(MS_A) = \sum_{B \supseteq A} \sigma^2_B \prod_{f \notin B} n_f
        """
        k = len(self.effects)
        out = np.zeros((k, k))
        for a, row in enumerate(self.effects):
            for b, column in enumerate(self.effects):
                if row <= column:
                    out[a, b] = np.prod([n for f, n in enumerate(sizes) if f not in column], initial=1.0)
        return out

    def reordered(self, order: Sequence[str]) -> DesignNotation:
        """Return the same design with its facets in another order."""
        where = [self.facets.index(f) for f in order]
        nests = tuple(frozenset(where.index(o) for o in self.nested_in[f]) for f in where)
        return DesignNotation(tuple(order), nests)

    def __str__(self) -> str:
        return self._written(frozenset(range(len(self.facets))))

    def _written(self, facets: frozenset[int]) -> str:
        """Write some facets: those nothing is nested in, grouped by what they are nested in."""
        groups: dict[frozenset[int], list[str]] = {}
        for f in sorted(self.primary(facets)):
            groups.setdefault(self.nested_in[f], []).append(self.facets[f])
        parts = []
        for outer, inner in groups.items():
            if not outer:
                parts += inner
                continue
            left = " x ".join(inner)
            right = self._written(outer)
            left = f"({left})" if len(inner) > 1 else left
            right = f"({right})" if " x " in right else right
            parts.append(f"{left}:{right}")
        return " x ".join(f"({p})" if ":" in p and len(parts) > 1 else p for p in parts)


def parse(notation: str) -> DesignNotation:
    """Read a design.

    Parameters
    ----------
    notation : str
        Facets joined by ``x`` (also ``×`` or ``*``) for crossed and ``:`` for nested in, which binds more tightly; with
        parentheses where needed. At most six facets.

    Returns
    -------
    DesignNotation

    Raises
    ------
    SettingsError
        If it is no design.

    References
    ----------
    Cronbach, Gleser, Nanda & Rajaratnam (1972); Brennan (2001), Generalizability Theory, section 3.2.

    Examples
    --------
    >>> parse("p x (i:o)").names
    ('p', 'o', 'p:o', 'i:o', 'residual')
    >>> str(parse("r:p × d")), parse("r:p").nested_in
    ('(r:p) x d', (frozenset({1}), frozenset()))
    """
    tokens, at = [], 0
    text = notation.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise SettingsError("E-NOTATION", notation=notation)
        tokens.append(found.group(1))
        at = found.end()
        while at < len(text) and text[at].isspace():
            at += 1
    reader = _Reader(tokens, notation)
    facets = reader.product()
    if reader.left():
        raise SettingsError("E-NOTATION", notation=notation)
    if not 1 <= len(facets) <= _MOST:
        raise SettingsError("E-NOTATION", notation=notation)
    order = [t for t in dict.fromkeys(tokens) if t in facets]
    return DesignNotation(tuple(order), tuple(frozenset(order.index(o) for o in facets[f]) for f in order))


class _Reader:
    """Recursive descent over the tokens; each part is a mapping from facet to the facets it is nested in."""

    def __init__(self, tokens: list[str], notation: str) -> None:
        self.tokens, self.notation, self.at = tokens, notation, 0

    def left(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def product(self) -> dict[str, set[str]]:
        out = self.nesting()
        while self.left() in _CROSS:
            self.at += 1
            out = self._joined(out, self.nesting())
        return out

    def nesting(self) -> dict[str, set[str]]:
        inner = self.atom()
        if self.left() != ":":
            return inner
        self.at += 1
        outer = self.nesting()
        within = {f: nest | set(outer) for f, nest in inner.items()}
        return self._joined(within, outer)

    def atom(self) -> dict[str, set[str]]:
        read = self.left()
        self.at += 1
        if read == "(":
            out = self.product()
            if self.left() != ")":
                raise SettingsError("E-NOTATION", notation=self.notation)
            self.at += 1
            return out
        if read is None or read in (")", ":", *_CROSS):
            raise SettingsError("E-NOTATION", notation=self.notation)
        return {read: set()}

    def _joined(self, one: dict[str, set[str]], two: dict[str, set[str]]) -> dict[str, set[str]]:
        if set(one) & set(two):
            raise SettingsError("E-NOTATION", notation=self.notation)
        return one | two
