"""The data sets that travel with the library: published tables, each with a card, and simulated ones that say so."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

import pandas as pd

from rankkit.errors import DataError, SettingsError
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.incidents import Incidents
from rankkit.tables.narratives import Narratives
from rankkit.tables.people import People
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings

Kind = Literal["ratings", "averaged_ratings", "comparisons", "rankings", "incidents", "narratives", "people", "table"]
Loaded: TypeAlias = Ratings | Comparisons | Rankings | Incidents | Narratives | People | pd.DataFrame

_IDS = (
    "rater", "ratee", "dimension", "source", "occasion", "winner", "loser", "left", "right", "outcome", "person", "unit", "manager",
    "level", "label", "label_en", "ratee_label", "rater_label", "left_label", "right_label", "group", "box_mark", "course", "year",
    "cycle", "incident", "author", "author_label", "narrative", "segment", "coder", "code", "section", "text",
    "lang", "text_id", "nominated_by", "na_reason",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Card:
    """What is known about a data set.

    Attributes
    ----------
    name, title : str
        How to load it, and what it is.
    kind : str
        ``ratings``, ``averaged_ratings``, ``comparisons``, ``rankings``, ``incidents``, ``narratives``, ``people`` or
        ``table`` (a plain DataFrame).
    scale : (float, float) or None
        Lowest and highest possible score.
    order_effect : str or None
        What the left position means, where sides matter.
    rows, people : int
        Rows of the file, and how many people or objects are judged (0 where none are).
    source, licence, reproduces : str
        Citation, terms, and the published numbers the data lead to.
    simulated : bool
        Whether the data were made up by :mod:`rankkit.simulate`.
    protected : tuple of str
        Columns with protected attributes: :func:`frame` has them, the table of :func:`load` has not.
    text : str
        Design, columns and units, caveats (Markdown).
    """

    name: str
    title: str
    kind: Kind
    scale: tuple[float, float] | None
    order_effect: str | None
    rows: int
    people: int
    source: str
    licence: str
    simulated: bool
    reproduces: str
    protected: tuple[str, ...]
    text: str

    def __repr__(self) -> str:
        made = "SIMULATED " if self.simulated else ""
        facts = [f"{self.name}: {self.title}", f"{made}{self.kind}, {self.rows} rows"]
        facts += [f"Source: {self.source}", f"Licence: {self.licence}", f"Reproduces: {self.reproduces}"]
        return "\n".join([*facts, "", self.text])

    def _repr_html_(self) -> str:
        made = "<b>SIMULATED</b> " if self.simulated else ""
        head = f"<h3>{html.escape(self.name)}: {html.escape(self.title)}</h3><p>{made}{html.escape(self.kind)}, {self.rows} rows</p>"
        facts = {"Source": self.source, "Licence": self.licence, "Reproduces": self.reproduces}
        rows = "".join(f"<tr><th>{k}</th><td>{html.escape(v)}</td></tr>" for k, v in facts.items())
        return f'{head}<table>{rows}</table><pre style="white-space:pre-wrap">{html.escape(self.text)}</pre>'


def names(kind: Kind | None = None) -> list[str]:
    """Names of the data sets, in alphabetical order.

    Parameters
    ----------
    kind : str, optional
        Only those of one kind: ``ratings``, ``averaged_ratings``, ``comparisons``, ``rankings``, ``incidents``,
        ``narratives``, ``people``, ``table``.

    Returns
    -------
    list of str

    Raises
    ------
    SettingsError
        If the kind is unknown.

    Examples
    --------
    >>> from rankkit import datasets
    >>> datasets.names("averaged_ratings")
    ['supervisor_attitude', 'us_judge_ratings']
    """
    if kind is not None and kind not in get_args(Kind):
        raise SettingsError("E-SETTING", name="kind", value=kind, allowed=", ".join(get_args(Kind)))
    found = sorted(path.stem for path in _folder().glob("*.csv"))
    return [name for name in found if kind is None or describe(name).kind == kind]


@cache
def describe(name: str) -> Card:
    """Return the card of a data set: design, columns, source, licence, and what it reproduces.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    Card

    Raises
    ------
    DataError
        If there is no data set of this name.

    Examples
    --------
    >>> from rankkit import datasets
    >>> datasets.describe("guilford_creativity").scale
    (1.0, 9.0)
    """
    text = _file(name, ".md").read_text(encoding="utf-8")
    _, head, body = text.split("---\n", 2)
    fields = {k: v.strip() for k, _, v in (line.partition(":") for line in head.splitlines())}
    low_high = [float(v) for v in fields["scale"].split(",") if v.strip()]
    return Card(
        name=fields["name"],
        title=fields["title"],
        kind=cast("Kind", fields["kind"]),
        scale=(low_high[0], low_high[1]) if low_high else None,
        order_effect=fields["order_effect"] or None,
        rows=int(fields["rows"]),
        people=int(fields["people"]),
        source=fields["source"],
        licence=fields["licence"],
        simulated=fields["simulated"] == "true",
        reproduces=fields["reproduces"],
        protected=tuple(v.strip() for v in fields.get("protected", "").split(",") if v.strip()),
        text=body.strip(),
    )


def frame(name: str) -> pd.DataFrame:
    """Return a data set as it is stored, with every column; ids are text.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    DataFrame

    Raises
    ------
    DataError
        If there is no data set of this name.

    Examples
    --------
    >>> from rankkit import datasets
    >>> datasets.frame("journal_citations").columns.to_list()
    ['winner', 'loser', 'count']
    """
    path = _file(name, ".csv")
    with path.open(encoding="utf-8") as lines:
        columns = lines.readline().rstrip("\n").split(",")
    return pd.read_csv(path, encoding="utf-8", dtype={c: "str" for c in columns if c in _IDS}, keep_default_na=False, na_values=[""])


def load(name: str) -> Loaded:
    """Load a data set as the validated table of its kind, ready for ``fit``.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    Ratings, Comparisons, Rankings, Incidents, Narratives, People or DataFrame
        A DataFrame for the kind ``table``. Columns with protected attributes are left out of tables that methods score;
        :func:`frame` has them.

    Raises
    ------
    DataError
        If there is no data set of this name.

    Examples
    --------
    >>> from rankkit import datasets
    >>> datasets.load("guilford_creativity")
    <Ratings: 105 rows, 7 people, 3 raters, 5 dimensions>
    """
    card = describe(name)
    data = frame(name)
    source = f"{name} (simulated)" if card.simulated else name
    if card.kind == "table":
        return data
    data = data.drop(columns=list(card.protected))
    if card.kind == "people":
        return People.from_frame(data, source_name=source)
    table: Ratings | Comparisons | Rankings | Incidents | Narratives
    if card.kind == "ratings":
        table = Ratings.from_frame(data, scale=card.scale, source_name=source)
    elif card.kind == "averaged_ratings":
        table = Ratings.averaged(data, scale=card.scale, source_name=source)
    elif card.kind == "incidents":
        table = Incidents.from_frame(data, source_name=source)
    elif card.kind == "narratives":
        table = Narratives.from_frame(data, source_name=source)
    elif card.kind == "comparisons":
        table = Comparisons.from_frame(data, source_name=source)
    else:
        table = Rankings.from_frame(data, source_name=source)
    return table.as_simulated() if card.simulated else table


def _folder() -> Path:
    """Where the files are: inside an installed package, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "_datasets"
    return installed if installed.is_dir() else here.parent / "datasets"


def _file(name: str, suffix: str) -> Path:
    """Path of a file of a data set that exists."""
    available = names()
    if name not in available:
        raise DataError("E-DATASET", name=name, available=available)
    return _folder() / f"{name}{suffix}"
