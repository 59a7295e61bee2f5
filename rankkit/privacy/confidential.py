"""What a result may show of scores that rest on protected ratings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from rankkit.errors import DisclosureError, Problem
from rankkit.privacy.disclosing import Disclosure
from rankkit.privacy.policy import Purpose

if TYPE_CHECKING:
    from rankkit.privacy.ledger import Ledger

P = TypeVar("P")
_COLUMNS = ["value", "low", "high", "n", "shown", "code"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Confidential:
    """Released scores of everybody whose ratings are protected.

    Attributes
    ----------
    policy : str
        ``standard`` or ``strict``.
    scores : DataFrame
        By ``ratee``: ``value, low, high, n, shown, code``; ``value`` is NaN where nothing may be shown.
    dimensions : mapping of str to DataFrame
        The same for each dimension.
    tables : tuple of str
        Names of tables that hold nothing but released or pooled numbers; all others stay with the owner.
    notes : tuple of Problem
        Kinds of withholding, in words, without anybody's name.
    keep_se : bool
        Whether standard errors may be shown: they may if they come from variance components of all ratees, not if they come from
        the spread of one ratee's own raters.
    purpose : str or None
        What the data were collected for.
    released : mapping of str to DataFrame
        Tables to be shown in the place of those the result has under the same names.
    """

    policy: str
    scores: pd.DataFrame
    dimensions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    keep_se: bool = True
    purpose: Purpose | None = None
    released: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        disclosures: Mapping[str, Disclosure],
        *,
        score: str = "score",
        dimensions: Mapping[str, str] | None = None,
        tables: Iterable[str] = (),
        keep_se: bool = True,
    ) -> Confidential:
        """Collect what was disclosed about everyone.

        Parameters
        ----------
        disclosures : mapping of ratee to Disclosure
        score : str
            Name of the statement that is the score.
        dimensions : mapping of dimension to statement, optional
            Names of the statements that are the scores on the dimensions.
        tables : iterable of str
            Tables that may be shown.
        keep_se : bool
            See the class.
        """
        some = next(iter(disclosures.values()), None)
        return cls(
            policy="standard" if some is None else some.policy.policy,
            scores=_rows(disclosures, score),
            dimensions={d: _rows(disclosures, name) for d, name in (dimensions or {}).items()},
            tables=tuple(tables),
            notes=_kinds(disclosures.values()),
            keep_se=keep_se,
            purpose=None if some is None else some.policy.purpose,
        )

    @staticmethod
    def later(maker: Callable[..., Confidential]) -> ConfidentialLater:
        """Put it off until somebody wants to show something.

        ``maker`` can be pickled, and takes no arguments but, for :meth:`ConfidentialLater.joined`, ``ledger`` and ``cycle``.
        """
        return ConfidentialLater(maker)

    def joined(self, ledger: Ledger, cycle: str = "") -> Confidential:
        """Refuse: what was decided without the ratings at hand cannot be judged again.

        Raises
        ------
        DisclosureError
            ``E-NOTJOINED``.
        """
        raise DisclosureError("E-NOTJOINED", path=str(ledger.path), cycle=cycle)

    @property
    def finished(self) -> Confidential:
        """Itself: nothing is put off."""
        return self

    def of_part(self, name: str) -> Confidential:
        """What may be shown of one dimension: nothing where nothing was decided about it."""
        scores = self.dimensions[name] if name in self.dimensions else self.scores.iloc[:0]
        return Confidential(policy=self.policy, scores=scores, notes=self.notes, keep_se=self.keep_se, purpose=self.purpose)


class ConfidentialLater:
    """A :class:`Confidential` that is made when it is first needed."""

    def __init__(self, maker: Callable[..., Confidential]) -> None:
        self.maker = maker

    def joined(self, ledger: Ledger, cycle: str = "") -> Confidential:
        """Decide together with what a ledger holds, and add to it what is shown."""
        return self.maker(ledger=ledger, cycle=cycle)

    @cached_property
    def finished(self) -> Confidential:
        """What the maker makes."""
        return self.maker()

    def __repr__(self) -> str:
        return f"<ConfidentialLater{': ' + repr(self.finished) if 'finished' in vars(self) else ''}>"


def guarded(parts: Mapping[str, P], whole: Confidential | ConfidentialLater) -> Mapping[str, P]:
    """Give each part of a result its share of what may be shown of the whole."""
    makers = {name: partial(_guarded_part, parts, name, whole) for name in parts}
    if isinstance(parts, dict):
        return {name: make() for name, make in makers.items()}
    kind: Any = type(parts)  # parts that are made when asked for stay so
    later: Mapping[str, P] = kind(makers)
    return later


def _guarded_part(parts: Mapping[str, P], name: str, whole: Confidential | ConfidentialLater) -> P:
    part: Any = parts[name]
    kept: P = replace(part, confidential=Confidential.later(partial(_of_part, whole, name)))
    return kept


def _of_part(whole: Confidential | ConfidentialLater, name: str, *, ledger: Ledger | None = None, cycle: str = "") -> Confidential:
    told = whole.finished if ledger is None else whole.joined(ledger, cycle)
    return told.of_part(name)


def _rows(disclosures: Mapping[str, Disclosure], name: str) -> pd.DataFrame:
    """One statement about everybody."""
    found = {r: d.table.loc[name, _COLUMNS] for r, d in disclosures.items() if name in d.table.index}
    frame = pd.DataFrame([list(row) for row in found.values()], columns=_COLUMNS, index=pd.Index(list(found), name="ratee", dtype=object))
    return frame.astype({"value": "float64", "low": "float64", "high": "float64", "n": "int64", "shown": "object", "code": "object"})


def _kinds(disclosures: Iterable[Disclosure]) -> tuple[Problem, ...]:
    """Say for how many people each kind of withholding occurred."""
    counts: dict[str, int] = {}
    for d in disclosures:
        for code in {*d.table["code"], *(note.code for note in d.notes)} - {""}:
            counts[code] = counts.get(code, 0) + 1
    known = {"W-K": "W-CONFIDENTIALK", "W-MERGED": "W-CONFIDENTIALMERGED", "I-BAND": "I-CONFIDENTIALBAND"}
    known["W-LATEANSWER"] = "W-CONFIDENTIALLATE"
    notes = [Problem("I-CONFIDENTIAL")]
    notes += [Problem(known[c], None, None, None, {"n": n}) for c, n in sorted(counts.items()) if c in known]
    others = sum(n for c, n in counts.items() if c not in known and c != "W-GROUPSLACKING")
    if others:
        notes.append(Problem("W-CONFIDENTIALREST", None, None, None, {"n": others}))
    return tuple(notes)
