"""Jurisdictions: thresholds and words of the law as versioned data, apart from the statistics."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from rankkit.errors import Lang, SettingsError

Verdict = Literal["below", "below_by_chance", "above_but_significant", "none"]


@dataclass(frozen=True)
class Jurisdiction:
    """What a legal order says of group differences; information, not legal advice.

    Attributes
    ----------
    id, version : str
        Name, and the month of the text.
    date : datetime.date
        Day the text was written. Law moves: somebody who knows it should read the pack before it is relied on.
    title : mapping
        By language.
    threshold : float or None
        Ratio of rates below which a difference counts as evidence (four fifths), where there is such a rule.
    alpha : float
        Significance level of the verdicts.
    compare_with : {"highest", "others"}
        The comparison the rules ask for: the group with the best rate, or everybody else.
    sources : mapping
        Statutes, guidelines and cases, by language; those of other languages keep their own names.
    text : mapping
        Verdicts and a caveat, by language.
    """

    id: str
    version: str
    date: dt.date
    title: Mapping[Lang, str]
    threshold: float | None
    alpha: float
    compare_with: Literal["highest", "others"]
    sources: Mapping[Lang, tuple[str, ...]]
    text: Mapping[Lang, Mapping[str, str]]

    def say(self, verdict: Verdict | Literal["caveat"], lang: Lang = "en", end: Literal["favourable", "adverse"] = "favourable") -> str:
        """Words for a verdict; of adverse outcomes some packs say it in words of their own."""
        text = self.text[lang]
        return text.get(f"adverse_{verdict}", text[verdict]) if end == "adverse" else text[verdict]


def names() -> tuple[str, ...]:
    """Jurisdictions there are packs for.

    Examples
    --------
    >>> names()
    ('cn', 'gb', 'none', 'us')
    """
    return tuple(sorted(_packs()))


def jurisdiction(name: str) -> Jurisdiction:
    """Return the newest pack of a jurisdiction, or the one of a version (``"us-2026-11"``).

    Raises
    ------
    SettingsError
        ``E-LAW`` if there is none; the message lists those there are.

    Examples
    --------
    >>> jurisdiction("us").threshold
    0.8
    """
    for packs in _packs().values():
        for pack in packs:
            if name in (f"{pack.id}-{pack.version}", pack.id):
                return pack
    raise SettingsError("E-LAW", name=repr(name), allowed=list(names()))


@cache
def _packs() -> Mapping[str, tuple[Jurisdiction, ...]]:
    """Read the packs; newest first."""
    found: dict[str, list[Jurisdiction]] = {}
    for entry in files("rankkit.calibration.adverse_impact").joinpath("jurisdictions").iterdir():
        if entry.name.endswith(".toml"):
            raw = tomllib.loads(entry.read_text(encoding="utf-8"))
            pack = Jurisdiction(
                id=raw["id"],
                version=raw["version"],
                date=raw["date"],
                title={"en": raw["title_en"], "zh": raw["title_zh"]},
                threshold=raw.get("threshold"),
                alpha=raw["alpha"],
                compare_with=raw["compare_with"],
                sources={"en": tuple(raw["sources"]), "zh": tuple(raw.get("sources_zh", raw["sources"]))},
                text={"en": raw["text_en"], "zh": raw["text_zh"]},
            )
            found.setdefault(pack.id, []).append(pack)
    return {name: tuple(sorted(packs, key=lambda p: p.version, reverse=True)) for name, packs in sorted(found.items())}
