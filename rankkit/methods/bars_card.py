"""ScaleCard: a behaviourally anchored rating scale ready to be used, with the evidence every anchor rests on."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from rankkit import archive, show
from rankkit.archive import archived
from rankkit.errors import DataError, Problem, SettingsError, language, writing
from rankkit.kernels.arrays import Floats
from rankkit.tables import score_checks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rankkit.errors import Lang

ANCHORS = (
    "dimension", "point", "incident", "text", "value", "value_low", "value_high", "sd", "n_scaled", "agreement", "agreement_low",
    "agreement_high", "n_retranslated",
)  # fmt: skip
DIMENSIONS = ("dimension", "label", "definition", "high", "acceptable", "low")
FEWEST_JUDGES = 2  # one person's opinion of an anchor is not a scale value


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ScaleCard:
    """A behaviourally anchored rating scale, emitted by :class:`~rankkit.BARSBuilder`.

    Attributes
    ----------
    title : str
        What the scale is for.
    scale : (float, float)
        Lowest and highest point; any value between may be marked, anchors are examples on the way.
    dimensions : DataFrame
        ``dimension, label, definition, high, acceptable, low``, and by how many incidents and with what agreement (kappa)
        each came through.
    anchors : DataFrame
        ``dimension, point, incident, text, value`` (mean placing) with its interval ``value_low, value_high``, ``sd, n_scaled``,
        ``agreement`` of the retranslation with its interval and ``n_retranslated``; from the bottom of each dimension.
    gaps : DataFrame
        Stretches without an anchor: ``dimension, low, high, width, needed`` (good, average or bad incidents), ``survivors`` (kept
        incidents that could fill it), and the widest stretch without any kept incident, ``empty_low, empty_high``.
    overlaps : DataFrame
        Neighbouring anchors: ``dimension, lower, upper, difference, se, separated``.
    items : DataFrame
        The item bank: every incident with its statistics, the share of judges by dimension (``share:…``), ``kept`` and ``stage`` (where it
        left).
    funnel : DataFrame
        ``dimension, stage, n``: how many incidents came how far.
    confusion : DataFrame
        Intended dimension × chosen dimension: shares of the judgements.
    differences : DataFrame
        Supervisors' less incumbents' placing of each incident, with interval, p and q.
    judges : DataFrame
        Who did what: ``judge, role, group, defined, wrote, retranslated, scaled, overlap``.
    settings : mapping
        Thresholds and rules that were used.
    notes : tuple of Problem
        What to know before the card is used.
    draft : bool
        True until a pilot was run.
    """

    title: str
    scale: tuple[float, float]
    dimensions: pd.DataFrame
    anchors: pd.DataFrame
    gaps: pd.DataFrame = field(default_factory=pd.DataFrame)
    overlaps: pd.DataFrame = field(default_factory=pd.DataFrame)
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    funnel: pd.DataFrame = field(default_factory=pd.DataFrame)
    confusion: pd.DataFrame = field(default_factory=pd.DataFrame)
    differences: pd.DataFrame = field(default_factory=pd.DataFrame)
    judges: pd.DataFrame = field(default_factory=pd.DataFrame)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    draft: bool = True

    def __post_init__(self) -> None:
        if score_checks.possible(self.scale) is None:
            raise SettingsError("E-SETTING", name="scale", value=self.scale, allowed="(lowest, highest)")
        problems = [*_missing(self.anchors, ANCHORS, "anchors"), *_missing(self.dimensions, DIMENSIONS, "dimensions")]
        problems = problems or [*_outside(self.anchors, self.scale), *_unjudged(self.anchors), *_disordered(self.anchors)]
        known = set(self.dimensions["dimension"]) if "dimension" in self.dimensions else set()
        if not problems and not set(self.anchors["dimension"]) <= known:
            names = sorted(set(self.anchors["dimension"]) - known)
            problems = [Problem("E-CARDDIMENSION", None, "anchors", None, {"names": names, "known": sorted(known)})]
        if problems:
            raise DataError(problems)

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of the dimensions, in the order of the card."""
        return tuple(self.dimensions["dimension"])

    @property
    def labels(self) -> dict[str, str]:
        """Display name of each dimension."""
        return dict(zip(self.dimensions["dimension"], self.dimensions["label"], strict=True))

    def of(self, dimension: str) -> pd.DataFrame:
        """Return the anchors of one dimension, from the bottom.

        Raises
        ------
        SettingsError
            If the card has no such dimension.
        """
        if dimension not in self.names:
            raise SettingsError("E-SETTING", name="dimension", value=dimension, allowed=list(self.names))
        return self.anchors[self.anchors["dimension"] == dimension].sort_values("value", kind="stable", ignore_index=True)

    @property
    def messages(self) -> pd.DataFrame:
        """Notes: ``code, text, fix``."""
        return pd.DataFrame([(n.code, n.note(), n.fix()) for n in self.notes], columns=["code", "text", "fix"])

    @property
    def digest(self) -> str:
        """Twelve digits that identify title, scale, dimensions and anchors: which edition of the card it is."""
        shown = [
            f"{v:.12g}" if isinstance(v, float) else str(v) for row in self.anchors[list(ANCHORS)].itertuples(index=False) for v in row
        ]
        text = archive.dumps([self.title, list(self.scale), list(self.names), shown])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @classmethod
    def from_anchors(
        cls, dimensions: pd.DataFrame, anchors: pd.DataFrame, *, title: str = "", scale: tuple[float, float] = (1.0, 7.0)
    ) -> Self:
        """Take over a scale that was built elsewhere, if its anchors were judged.

        Parameters
        ----------
        dimensions : DataFrame
            ``dimension, label, definition, high, acceptable, low``.
        anchors : DataFrame
            The columns of :attr:`anchors`; what is not known of an interval may be blank, the judges' number may not.
        title : str
            What the scale is for.
        scale : (float, float)
            Lowest and highest point.

        Returns
        -------
        ScaleCard

        Raises
        ------
        DataError
            ``E-COLS`` for missing columns, ``E-ONEAUTHOR`` for anchors fewer than two judges have placed: typed by one author, their
            values are that author's opinion; ``E-ORDER`` if values do not rise with the points; ``E-RANGE``.
        """
        ordered = (
            anchors.sort_values(["dimension", "value"], kind="stable", ignore_index=True)
            if {"dimension", "value"} <= {*anchors}
            else anchors
        )
        return cls(title=title, scale=scale, dimensions=dimensions.reset_index(drop=True), anchors=ordered)

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the whole card as an archive, judges included; write it too if a path is given."""
        text = archive.dumps(self)
        if path is not None:
            with writing(path) as target:
                target.write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read what :meth:`to_json` wrote: the text itself or a file.

        Raises
        ------
        DataError, ReadingError
            If it is no archive of a scale card, or the file does not exist.
        """
        found = archive.loads(archive.text_of(source))
        if not isinstance(found, cls):
            raise DataError("E-ARCHIVE", reason=f"{type(found).__name__}, not {cls.__name__}")
        return found

    def plot(self, kind: str | None = None, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw it: ``anchor_scale, retranslation, survival_funnel`` or ``judge_groups``."""
        return show.plot(self, kind, ax, **options)

    def plot_data(self, kind: str | None = None, **options: Any) -> Any:
        """Return the exact numbers and labels a plot shows."""
        return show.plot_data(self, kind, **options)

    def to_html(self, path: str | Path, lang: Lang = "en") -> Path:
        """Write the printable card: one page a dimension, a vertical scale any point of which may be marked.

        Parameters
        ----------
        path : path-like
            The file (``.html``).
        lang : {"en", "zh"}
            Language of the words around the texts.

        Returns
        -------
        pathlib.Path
            The file written. It names no judge.
        """
        return show.scale_card(self, path, lang=lang)

    def to_svg(self, path: str | Path, dimension: str, lang: Lang = "en") -> Path:
        """Write the vertical scale of one dimension as a picture; parameters as :meth:`to_html`."""
        return show.scale_card(self, path, lang=lang, dimension=dimension)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, ScaleCard) and archive.dumps(self) == archive.dumps(other))

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        state = ", draft" if self.draft else ""
        n, k = len(self.anchors), len(self.dimensions)
        return f"<ScaleCard {self.digest}: {n} anchors on {k} dimensions, {self.scale[0]:g}–{self.scale[1]:g}{state}>"

    def _repr_html_(self) -> str:
        columns = ["dimension", "value", "sd", "n_scaled", "agreement", "agreement_low", "agreement_high", "text"]
        notes = "".join(f"<li>{html.escape(n.text(language()))}</li>" for n in self.notes)
        table = show.as_html(self.anchors[columns].iloc[::-1].round(2).set_index("dimension"))
        return f"<p>{html.escape(repr(self))}</p>{table}<ul>{notes}</ul>"


def _missing(frame: pd.DataFrame, needed: tuple[str, ...], what: str) -> list[Problem]:
    absent = [c for c in needed if c not in frame.columns]
    found = {"missing": absent, "found": list(map(str, frame.columns)), "example": ", ".join(f"'{c}': '…'" for c in absent)}
    return [Problem("E-COLS", None, what, None, found)] if absent else []


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    return np.asarray(pd.to_numeric(frame[column], errors="coerce"), dtype=np.float64)


def _outside(anchors: pd.DataFrame, scale: tuple[float, float]) -> list[Problem]:
    """Values off the scale."""
    value = _numbers(anchors, "value")
    bad = ~((value >= scale[0]) & (value <= scale[1]))
    return [
        Problem("E-RANGE", int(k) + 2, "value", anchors["value"].iloc[k], {"low": scale[0], "high": scale[1]}) for k in np.flatnonzero(bad)
    ]


def _unjudged(anchors: pd.DataFrame) -> list[Problem]:
    """Anchors placed by one author."""
    n = _numbers(anchors, "n_scaled")
    alone = ~(n >= FEWEST_JUDGES)
    names = [str(anchors["incident"].iloc[k]) for k in np.flatnonzero(alone)]
    return [Problem("E-ONEAUTHOR", None, None, None, {"n": len(names), "which": names})] if names else []


def _disordered(anchors: pd.DataFrame) -> list[Problem]:
    """Dimensions whose values do not rise with the points."""
    out = []
    for name, part in anchors.groupby("dimension", sort=False):
        point = _numbers(part, "point")
        order = np.argsort(np.where(np.isfinite(point), point, _numbers(part, "value")), kind="stable")
        if (np.diff(_numbers(part, "value")[order]) <= 0).any():
            values = [f"{v:.2f}" for v in _numbers(part, "value")[order]]
            out.append(Problem("E-ORDER", None, None, None, {"dimension": name, "values": values}))
    return out
