"""The rules of disclosure: how many raters a number needs, and what must stay unknown about each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, get_args

from rankkit.errors import PolicyError, Problem, SettingsError
from rankkit.kernels.sources.disclosure_bands import ends
from rankkit.tables.ratings import SOURCES

Kind = Literal["standard", "strict"]
Purpose = Literal["development", "administration", "research"]
MIN_RATERS: Mapping[str, int] = MappingProxyType({"supervisor": 1, "self": 1, "peer": 3, "subordinate": 3, "customer": 5, "expert": 3})
"""Raters a source needs before anything is shown of it; 1 = exempt, and told so beforehand."""
_MARGIN: Mapping[str, int] = MappingProxyType({"standard": 1, "strict": 2})
_OPEN = 1


@dataclass(frozen=True, kw_only=True)
class DisclosurePolicy:
    """Who is protected, and how well.

    ``standard``: no protected rating can be determined exactly, no set of fewer than k people is exposed, the ends of the scale
    are banded. ``strict``: every protected rating keeps a feasible range of at least three categories. Both hold against
    somebody who knows who rated whom, every release, the scale, this program, and the own answers.

    Parameters
    ----------
    policy : {"standard", "strict"}
        What must stay unknown.
    min_raters : mapping of str to int
        Changes to :data:`MIN_RATERS`. A source with 1 is exempt: its ratings are shown, and its raters must have been told so.
        A group of 2 is never shown, for each of the two knows the own answer. *Ratings without a source* (and the sources
        ``system`` and ``model``) count as 1: a form that does not ask who the rater is to the ratee is one whose raters are
        named, as managers are.
    min_comments : int
        Comments a group needs before any is shown.
    spread_extra : int
        Raters beyond k before a spread (SD, r_wg, lowest, highest, histogram) may be looked at.
    purpose : {"development", "administration", "research"}, optional
        What the data were collected for; other uses are refused (:func:`require_purpose`).

    Raises
    ------
    SettingsError
        If a setting is impossible.

    Examples
    --------
    >>> policy = DisclosurePolicy(min_raters={"expert": 4})
    >>> policy.k("expert"), policy.k("customer"), policy.k("")
    (4, 5, 1)
    """

    policy: Kind = "standard"
    min_raters: Mapping[str, int] = field(default_factory=dict)
    min_comments: int = 5
    spread_extra: int = 2
    purpose: Purpose | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.policy not in get_args(Kind):
            problems.append(_bad("policy", self.policy, list(get_args(Kind))))
        if self.purpose is not None and self.purpose not in get_args(Purpose):
            problems.append(_bad("purpose", self.purpose, list(get_args(Purpose))))
        given: Any = self.min_raters
        if not isinstance(given, Mapping):
            raise SettingsError([*problems, _bad("min_raters", given, "{source: number}")])
        problems += [_bad("min_raters", {s: k}, "{source: 1 or more}") for s, k in given.items() if not _count(k, 1)]
        problems += [_bad("min_raters", s, [*SOURCES, "''"]) for s in given if s not in (*SOURCES, "")]
        problems += [_bad(n, v, "1 or more") for n, v in (("min_comments", self.min_comments),) if not _count(v, 1)]
        problems += [_bad(n, v, "0 or more") for n, v in (("spread_extra", self.spread_extra),) if not _count(v, 0)]
        if problems:
            raise SettingsError(problems)
        object.__setattr__(self, "min_raters", dict(sorted(self.min_raters.items())))

    def __hash__(self) -> int:
        return hash((self.policy, tuple(self.min_raters.items()), self.min_comments, self.spread_extra, self.purpose))

    def k(self, source: str) -> int:
        """Raters a source needs."""
        return int(self.min_raters.get(source, MIN_RATERS.get(source, _OPEN)))

    def protects(self, source: str) -> bool:
        """Whether ratings of a source are protected; a k of 1 says that they are not."""
        return self.k(source) > _OPEN

    @property
    def margin(self) -> int:
        """Categories a feasible range keeps beyond one."""
        return _MARGIN[self.policy]

    def enough(self, n: int, sources: tuple[str, ...], categories: int) -> bool:
        """Whether anything may be shown of ``n`` raters of these sources on a scale of so many points."""
        return n >= max(self.k(s) for s in sources) and ends(n, categories, self.margin) is not None

    def spread_floor(self, source: str) -> int:
        """Raters a source needs before a spread may be computed for anybody's eyes."""
        return self.k(source) + self.spread_extra

    def may_comment(self, n: int) -> bool:
        """Whether comments of a group of ``n`` authors may be shown."""
        return n >= self.min_comments

    def to_dict(self) -> dict[str, Any]:
        """Return the settings, for provenance."""
        shown = {**MIN_RATERS, **self.min_raters}
        return {"policy": self.policy, "min_raters": shown, "min_comments": self.min_comments, "purpose": self.purpose}


@dataclass(frozen=True, kw_only=True)
class OnLattice(DisclosurePolicy):
    """A policy where some answers lie closer together than others: margins are counted in the widest distance, ``unit`` categories.

    Means of several occasions lie between the points of a form; somebody who answered once still moves by a whole point, so that
    a margin of the narrowest distance would protect nobody.
    """

    unit: int = 1

    __hash__ = DisclosurePolicy.__hash__

    @property
    def margin(self) -> int:
        """Narrow categories a feasible range keeps beyond one."""
        return super().margin * self.unit

    @classmethod
    def of(cls, policy: DisclosurePolicy, unit: int) -> OnLattice:
        """The same policy with another unit."""
        return cls(**{f.name: getattr(policy, f.name) for f in fields(DisclosurePolicy)}, unit=unit)


def require_purpose(collected_for: str | None, use: str | None) -> None:
    """Refuse to use data for something else than they were collected for.

    Parameters
    ----------
    collected_for : str or None
        Purpose the data carry; ``None`` = none declared, nothing is refused.
    use : str or None
        What they are wanted for; ``research`` is always open, for it sees no names. ``None``: nobody says, nothing is refused.

    Raises
    ------
    PolicyError
        ``E-POLICY``.

    Examples
    --------
    >>> require_purpose("development", "development")
    """
    if collected_for is not None and use not in (None, collected_for, "research"):
        raise PolicyError("E-POLICY", purpose=collected_for, use=use)


def _count(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _bad(name: str, value: Any, allowed: Any) -> Problem:
    return Problem("E-SETTING", None, None, None, {"name": name, "value": value, "allowed": allowed})
