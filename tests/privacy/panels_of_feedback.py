"""Random feedback designs and sequences of releases, and what an attacker reads off them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd

from rankkit.privacy import Composite, GroupMean, RollUp
from tests.oracles_disclosure import Attack

EXEMPT = ("supervisor", "self")
GROUPS = {"supervisor": (1, 1), "self": (1, 1), "peer": (0, 9), "subordinate": (0, 7), "customer": (0, 9), "expert": (0, 4)}


@dataclass
class Panel:
    """Who rates one person, and what they answer; answers may be blank, and some come late."""

    rng: np.random.Generator
    categories: int = 5
    dimensions: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str], int] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def __post_init__(self):
        rng = self.rng
        self.categories = int(rng.choice([4, 5, 5, 7]))
        self.dimensions = tuple("ABCD"[: int(rng.integers(1, 4))])
        lenience, spread = rng.normal(0.65, 0.2), rng.uniform(0.0, 0.35)  # near the top, sometimes all alike
        for source, (least, most) in GROUPS.items():
            for j in range(int(rng.integers(least, most + 1))):
                rater = f"{source[:2]}{j}"
                self.sources[rater] = source
                for d in self.dimensions:
                    if source in EXEMPT or rng.random() > 0.06:
                        value = round((self.categories - 1) * rng.normal(lenience, spread))
                        self.answers[rater, d] = int(np.clip(value, 0, self.categories - 1))
        protected = [r for r, s in self.sources.items() if s not in EXEMPT]
        self.waiting = [str(r) for r in rng.permutation(protected)[: int(rng.choice([0, 0, 1, 1, 2, 4, 7]))]]

    def cells(self):
        rows = [(r, self.sources[r], d, v + 1) for (r, d), v in self.answers.items() if r not in self.waiting and r not in self.gone]
        return pd.DataFrame(rows, columns=["rater", "source", "dimension", "score"])

    def go_on(self):
        """Late answers arrive; now and then somebody withdraws."""
        arriving = int(self.rng.integers(0, len(self.waiting) + 1))
        self.waiting = self.waiting[arriving:]
        if self.rng.random() < 0.15:
            there = sorted(r for r, s in self.sources.items() if s not in EXEMPT and r not in self.waiting)
            if there:
                self.gone.add(str(self.rng.choice(there)))

    def statements(self):
        """A random choice of what reports contain, in random order."""
        rng = self.rng
        present = sorted({s for s in self.sources.values() if s != "self"})
        protected = [s for s in present if s not in EXEMPT]
        means = [GroupMean(s, d) for s in present for d in self.dimensions]
        out = [means[k] for k in np.flatnonzero(rng.random(len(means)) < rng.choice([0.0, 0.5, 1.0]))]
        out += [RollUp(f"all others {d}", tuple(protected), d) for d in self.dimensions if protected and rng.random() < 0.4]
        out += [RollUp(f"everybody {d}", tuple(present), d) for d in self.dimensions if rng.random() < 0.3]
        for name in ("total", "reweighted"):
            if rng.random() < 0.6:
                weights = {s: int(rng.integers(1, 6)) for s in present}
                out.append(
                    Composite(
                        name, {(s, d): weights[s] for s in present for d in self.dimensions}, str(rng.choice(["renormalise", "drop"]))
                    )
                )
        out += [Composite(f"{s} over all", {(s, d): 1 for d in self.dimensions}) for s in present if rng.random() < 0.5]
        return [out[k] for k in rng.permutation(len(out))]


class Reader:
    """Turns releases into rows of an attack, from what is public: the design, the table, and which groups are shown how."""

    def __init__(self, panel):
        self.panel = panel
        self.cells = sorted(panel.answers)
        self.x = [panel.answers[c] for c in self.cells]
        self.attack = Attack(self.cells, panel.categories)
        self.members = {}  # (source or "colleagues", dimension) -> raters behind what is shown of it
        self.pooled = {}  # raters of a source whose answers are in some group that is shown
        self.counts = {}

    def read(self, cells, statements, shown):
        """Take one release."""
        by = {(s, d): set(f["rater"]) for (s, d), f in cells.groupby(["source", "dimension"])}
        groups = {key: (row["shown_as"], row["code"]) for key, row in shown.groups.iterrows()}
        for (d, s), (name, code) in groups.items():
            if name and code != "W-LATEANSWER":
                self.pooled[s, d] = by[s, d]
                if name != "colleagues":
                    self.members[s, d] = by[s, d]
        for d in self.panel.dimensions:
            merged = {s for (dim, s), (name, _) in groups.items() if dim == d and name == "colleagues"}
            if merged:
                self.members.setdefault(("colleagues", d), set().union(*(by[s, d] for s in merged)))
        named = {s.name: s for s in statements}
        for name, row in shown.table.iterrows():
            self.counts[row["shown"]] = self.counts.get(row["shown"], 0) + 1
            if row["shown"] == "suppressed":
                continue
            statement = named.get(name) or GroupMean("colleagues", str(row["dimension"]))
            weights = self.weights(statement, groups)
            value = 1 + sum(w * self.panel.answers[c] for c, w in weights.items())
            assert row["low"] - 1e-9 <= value <= row["high"] + 1e-9, (name, row, value)  # nothing untrue is shown
            assert not row["low"] < row["high"] or row["shown"] != "exact"
            low, high = (Fraction(float(v)).limit_denominator(10**6) - 1 for v in (row["low"], row["high"]))
            if row["shown"] == "exact":
                low = high = value - 1
            self.attack.publish(weights, low, high)

    def weights(self, statement, groups):
        """Weights of single answers behind a statement, as the rules say."""
        if isinstance(statement, GroupMean):
            return self.mean(statement.source, statement.dimension)
        if isinstance(statement, RollUp):
            d = statement.dimension
            raters = set()
            for s in statement.sources:
                name = groups.get((d, s), ("",))[0]
                if name:
                    raters |= self.pooled[s, d]
            return {(r, d): Fraction(1, len(raters)) for r in raters}
        out, total = {}, Fraction(0)
        for (s, d), w in statement.weights.items():
            name = groups.get((d, s), ("",))[0]
            if name:
                total += w
                for cell, v in self.mean("colleagues" if name == "colleagues" else s, d).items():
                    out[cell] = out.get(cell, Fraction(0)) + w * v
        return {cell: v / total for cell, v in out.items()}

    def mean(self, source, dimension):
        raters = self.members[source, dimension]
        return {(r, dimension): Fraction(1, len(raters)) for r in raters}
