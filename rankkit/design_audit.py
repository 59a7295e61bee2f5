"""Design audit: who was judged by whom, and what these data therefore cannot tell. Runs before every estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from rankkit import show
from rankkit.archive import archived
from rankkit.errors import DataError, Problem
from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.pairs import beats_graph
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from rankkit.kernels.rater_effects.rating_graph import rating_graph
from rankkit.lazy_tables import LazyTables
from rankkit.tables.attributes import Attributes
from rankkit.tables.comparisons import SKIP, Comparisons
from rankkit.tables.judgements import Judgements
from rankkit.tables.people import People
from rankkit.tables.ranking_picks import UNRANKED
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rankkit.errors import Lang

DesignKind = Literal["crossed", "partially_crossed", "disconnected", "nested", "one_rater", "averaged", "complete", "connected"]


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DesignAudit:
    """What a design allows.

    Attributes
    ----------
    kind : str
        Ratings: ``crossed`` (every rater rates everyone), ``partially_crossed`` (connected), ``disconnected``,
        ``nested`` (each ratee has one rater), ``one_rater``, ``averaged`` (raters unknown). Comparisons: ``complete``
        (every pair compared), ``connected``, ``disconnected``.
    components : tuple of tuples of str
        Groups of people who can be compared with each other, largest first.
    articulation : tuple of str
        People whose removal would disconnect the design.
    facts : mapping
        Numbers: people, raters, fill rate, raters per person (min, median, harmonic mean) …
    notes : tuple of Problem
        What is not identified, in words.
    tables : mapping of str to DataFrame
        ``links``: who judged whom, made when asked for.
    """

    kind: DesignKind
    components: tuple[tuple[str, ...], ...]
    articulation: tuple[str, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    rater_components: tuple[tuple[str, ...], ...] = ()
    rater_labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def links(self) -> pd.DataFrame:
        """Who judged whom: ``rater, ratee, n`` or ``left, right, n``."""
        return self.tables["links"].copy(deep=False) if "links" in self.tables else pd.DataFrame()

    @property
    def not_identified(self) -> pd.DataFrame:
        """What these data cannot tell: ``code, text, fix``."""
        return pd.DataFrame([(p.code, p.message(), p.fix()) for p in self.notes], columns=["code", "text", "fix"])

    @property
    def summary(self) -> pd.DataFrame:
        """The facts as a table."""
        return pd.DataFrame({"value": {"design": self.kind, **self.facts}})

    def in_words(self, lang: Lang | None = None) -> list[str]:
        """Say what is not identified, one sentence each."""
        return [p.text(lang) for p in self.notes]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw who judged whom."""
        return show.plot(self, "design", ax)

    def __repr__(self) -> str:
        facts = ", ".join(f"{k} {v:g}" for k, v in self.facts.items())
        return "\n".join([f"<DesignAudit: {self.kind}; {facts}>", *("  " + line for line in self.in_words())])


def audit(table: Any) -> DesignAudit:
    """Describe the design of a table of judgements and say what it does not identify.

    Parameters
    ----------
    table : Ratings, Comparisons, Rankings, or a frame of any engine
        A plain frame is read as comparisons if it has ``winner`` or ``left``, as rankings if it has ``rank``, else
        as ratings. Self ratings do not link people and are left out where there are others.

    Returns
    -------
    DesignAudit

    Raises
    ------
    DataError
        If the table has problems.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> rk.audit(pd.DataFrame({"rater": ["m1", "m1", "m2"], "ratee": ["a", "b", "c"], "score": [3, 4, 5]})).kind
    'nested'
    """
    if not isinstance(table, (Judgements, People, Attributes)):
        from rankkit.tables.sheets import read_sheet  # noqa: PLC0415 - reading files is loaded only where it is needed

        table = table if isinstance(table, pd.DataFrame) else read_sheet(table).frame
        kinds: dict[str, type[Comparisons | Rankings]] = {"winner": Comparisons, "left": Comparisons, "rank": Rankings}
        kind: type[Ratings | Comparisons | Rankings] = next((kinds[c] for c in kinds if c in table.columns), Ratings)
        table = kind.from_frame(table)
    if isinstance(table, Comparisons):
        return of_comparisons(table)
    if isinstance(table, Rankings):
        return of_rankings(table)
    if isinstance(table, Ratings):
        return of_ratings(table)
    raise DataError("E-TYPE", expected="Ratings, Comparisons or Rankings", found=type(table).__name__)


def of_rankings(table: Rankings, use: Bools | None = None) -> DesignAudit:
    """Audit who was shown to whom for ranking, optionally in some rows only."""
    shown = table.status <= UNRANKED
    shown = shown if use is None else shown & use
    return _of_codes(table.ratee[shown], table.rater[shown], table.people, table.raters, table.labels)


def of_ratings(table: Ratings, use: Bools | None = None) -> DesignAudit:
    """Audit the filled cells of ratings, optionally of some rows only."""
    if table.averaged_over:
        everyone = (table.people,) if table.people else ()
        facts = {"people": len(table.people)}
        return DesignAudit(kind="averaged", components=everyone, facts=facts, notes=(Problem("I-NORATERS"),), labels=table.labels)
    rated = ~np.isnan(table.score)
    if use is not None:
        rated &= use
    elif "self" in table.sources and len(table.sources) > 1:
        rated &= table.source != table.sources.index("self")
    found = _of_codes(table.ratee[rated], table.rater[rated], table.people, table.raters, table.labels)
    return replace(found, rater_labels=table.rater_labels)


def _of_codes(ratee: Ints, rater: Ints, people: tuple[str, ...], raters: tuple[str, ...], labels: Mapping[str, str]) -> DesignAudit:
    graph = rating_graph(ratee, rater, len(people), len(raters))
    components = _grouped(graph.ratee_component, people)
    cut = graph.articulation_ratees if graph.design in ("partially_crossed", "disconnected") else None
    articulation = tuple(people[i] for i in cut) if cut is not None else ()
    load = graph.ratees_per_rater[graph.ratees_per_rater > 0]
    facts = {
        "people": graph.n,
        "raters": graph.m,
        "fill rate": graph.fill_rate,
        "fewest raters per person": graph.k_min,
        "median raters per person": graph.k_median,
        "harmonic mean raters per person": graph.k_harmonic,
        "median people per rater": float(np.median(load)) if len(load) else 0.0,
        "components": graph.n_components,
    }
    notes: list[Problem] = []
    if graph.design == "nested":
        notes.append(Problem("I-NESTED"))
    elif graph.design == "one_rater":
        notes.append(Problem("I-ONERATER"))
    elif graph.design == "disconnected":
        notes.append(Problem("W-DISCONN", None, None, None, {"groups": _groups_in_words(components, labels)}))
    if articulation and len(articulation) <= max(3, graph.n // 10):
        notes.append(Problem("I-ARTICULATION", None, None, None, {"who": [labels.get(p, p) for p in articulation]}))
    return DesignAudit(
        kind=graph.design,
        components=components,
        articulation=articulation,
        facts=facts,
        notes=tuple(notes),
        tables=LazyTables({"links": partial(_rating_links, ratee, rater, people, raters)}),
        labels=labels,
        rater_components=_grouped(graph.rater_component, raters),
    )


def of_comparisons(table: Comparisons) -> DesignAudit:
    """Audit the decided comparisons of a table, all dimensions together."""
    use = (table.result != SKIP) & (table.count > 0)
    counts = aggregate(table.left[use], table.right[use], table.result[use], table.count[use], len(table.people))
    return of_pairs(counts, table.people, table.labels, len(table.raters))


def of_pairs(counts: PairCounts, people: tuple[str, ...], labels: Mapping[str, str], judges: int) -> DesignAudit:
    """Audit comparisons already added up by pair; ``people`` are in the order of their codes."""
    n = counts.n
    linked = beats_graph.is_connected(counts)
    components = (people,) if linked else _grouped(beats_graph.verdict(counts).component, people)
    pairs = int(np.count_nonzero(counts.total > 0))
    each = counts.comparisons
    facts = {
        "people": n,
        "judges": judges,
        "comparisons": float(counts.total.sum()),
        "pairs compared": pairs,
        "share of pairs": pairs / max(n * (n - 1) / 2, 1),
        "fewest comparisons per person": float(each.min()) if n else 0.0,
        "median comparisons per person": float(np.median(each)) if n else 0.0,
        "components": len(components),
    }
    kind: DesignKind = "disconnected" if not linked else "complete" if pairs == n * (n - 1) // 2 else "connected"
    notes = () if linked else (Problem("E-DISC", None, None, None, {"groups": _groups_in_words(components, labels)}),)
    tables = LazyTables({"links": partial(_pair_links, counts, people)})
    return DesignAudit(kind=kind, components=components, facts=facts, notes=notes, tables=tables, labels=labels)


def _pair_links(counts: PairCounts, people: tuple[str, ...]) -> pd.DataFrame:
    ids = np.array(people, dtype=object)
    return pd.DataFrame({"left": ids[counts.first], "right": ids[counts.second], "n": counts.total})


def _rating_links(ratee: Ints, rater: Ints, people: tuple[str, ...], raters: tuple[str, ...]) -> pd.DataFrame:
    key, n = np.unique(ratee * max(len(raters), 1) + rater, return_counts=True)
    whom, who = np.divmod(key, max(len(raters), 1))
    return pd.DataFrame({"rater": np.array(raters, dtype=object)[who], "ratee": np.array(people, dtype=object)[whom], "n": n})


def _grouped(component: Ints, ids: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Members of each component, largest component first."""
    order = np.argsort(component, kind="stable")
    order = order[component[order] >= 0]
    groups = np.split(order, np.flatnonzero(np.diff(component[order])) + 1) if len(order) else []
    return tuple(tuple(ids[i] for i in g) for g in sorted(groups, key=lambda g: -len(g)))


def _groups_in_words(groups: tuple[tuple[str, ...], ...], labels: Mapping[str, str], most: int = 4) -> str:
    """Name the people of each group, shortened."""
    parts = []
    for group in groups[:most]:
        names = [labels.get(p, p) for p in group[:4]]
        parts.append("{" + ", ".join(names) + (f", … {len(group)}" if len(group) > 4 else "") + "}")
    return " / ".join(parts) + (f" / … {len(groups)}" if len(groups) > most else "")
