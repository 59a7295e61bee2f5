"""Adverse impact as a page, a workbook, a notebook and a terminal show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
from markupsafe import Markup

from rankkit.calibration.adverse_impact.impact import Impact
from rankkit.calibration.adverse_impact.jurisdiction import Jurisdiction, jurisdiction
from rankkit.errors import DisclosureError, Lang, SettingsError
from rankkit.privacy.audience import OWN, Audience
from rankkit.privacy.released import Released, clear
from rankkit.report import pictures
from rankkit.report.grids import Cell, Grid, Heading, clean
from rankkit.report.numbers import BLANK, fixed, missing
from rankkit.report.terms_of_impact import COLUMNS, PHRASES, TABLES, WORDS
from rankkit.report.words import percent, say

_WORDED = frozenset({"end", "reference", "against", "reason", "told_by", "errors", "verdict"})
_TEXTS = _WORDED | {"attribute", "outcome", "group", "one_person", "text"}
_WHOLE = frozenset({"n", "n_reference", "considered", "selected", "strata", "n_adjusted"})
_P = frozenset({"z_p", "fisher", "mid_p", "q", "p", "exact_p", "exact_mid_p", "homogeneity_p", "adjusted_p"})
_TINY = 0.001
_RATES = ("attribute", "outcome", "group", "considered", "selected", "rate", "interval", "reason")
_KEY = ("attribute", "outcome", "group", "reference")
_COMPARED = (*_KEY, "ratio", "adverse_ratio", "q", "one_person")
_TESTS = (*_KEY, "odds_ratio", "difference", "h", "z", "fisher", "mid_p", "swapped", "detectable")
_STRATA = (*_KEY, "strata", "pooled_ratio", "ratio", "adverse_ratio", "odds_ratio", "p", "conditional", "exact_mid_p", "q",
           "homogeneity_p", "told_by", "reason")  # fmt: skip
_SCORES = ("attribute", "group", "reference", "people", "score_difference", "p", "g", "adjusted", "adjusted_p", "errors", "reason")
_BOUNDS = {
    "rate": ("ci_low", "ci_high"),
    "ratio": ("ratio_low", "ratio_high"),
    "adverse_ratio": ("adverse_low", "adverse_high"),
    "odds_ratio": ("odds_low", "odds_high"),
    "difference": ("difference_low", "difference_high"),
    "conditional": ("conditional_low", "conditional_high"),
    "score_difference": ("ci_low", "ci_high"),
    "g": ("g_low", "g_high"),
    "adjusted": ("adjusted_low", "adjusted_high"),
}


def phrase(key: str, lang: Lang, **details: object) -> str:
    """Return a phrase of the page.

    >>> phrase("own", "en", against="everybody else")
    'The comparison the chosen rules ask for: with everybody else.'
    """
    return PHRASES[key][lang == "zh"].format(**details)


def word(value: object, lang: Lang) -> str:
    """Name a word of a cell in the language of the page; a name not listed is shown as it is."""
    found = WORDS.get(str(value))
    return found[lang == "zh"] if found else clean(value)


def is_impact(subject: Any) -> TypeGuard[Impact]:
    """Tell adverse impact from results, comparisons and findings."""
    return isinstance(subject, Impact)


@dataclass(frozen=True, kw_only=True)
class ImpactView:
    """Impact as one audience reads it; made of a :class:`~rankkit.privacy.Released` and of nothing else."""

    released: Released[Impact]
    audience: Audience
    lang: Lang
    title: str
    unit: str = "none"
    simulated: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.released, Released) or self.released.audience != self.audience:
            raise DisclosureError("E-UNCLEARED")

    @property
    def found(self) -> Impact:
        """What was cleared."""
        return self.released.subject

    @property
    def pack(self) -> Jurisdiction:
        """The law whose words are used."""
        return jurisdiction(self.found.jurisdiction)

    def heading(self) -> str:
        """First line: what it is, by which law's words, which intervals."""
        told = (self.pack.title[self.lang], dict(self.facts())[phrase("level", self.lang)])
        colon, comma = ("：", "，") if self.lang == "zh" else (": ", ", ")
        return f"{phrase('report', self.lang)}{colon}{told[0]}{comma}{told[1]} {phrase('level', self.lang).lower()}"

    def frames(self) -> dict[str, pd.DataFrame]:
        """Sheets of a workbook: all numbers, headings in the language of the reader."""
        found, lang = self.found, self.lang
        out = {"rates": found.rates, "comparisons": found.comparisons, "strata": found.strata, "scores": found.scores}
        frames = {TABLES[k][lang == "zh"]: _headed(t, lang, scores=k == "scores") for k, t in out.items() if len(t)}
        frames[phrase("verdicts", lang)] = _headed(found.words(lang), lang)
        frames["messages"] = pd.DataFrame([(n.note(lang), n.fix(lang)) for n in found.notes], columns=["text", "fix"], dtype=object)
        rows = [*self.facts(), (phrase("law_says", lang), found.caveat(lang))]
        return {**frames, "settings": pd.DataFrame(rows, columns=["setting", "value"], dtype=object)}

    def facts(self) -> list[tuple[str, str]]:
        """What was compared, and by which rules."""
        found, lang, pack = self.found, self.lang, self.pack
        ends = found.rates[["outcome", "end"]].drop_duplicates().itertuples(index=False)
        comma = "、" if lang == "zh" else ", "
        named = [_outcome(o, e, lang) for o, e in ends]
        attributes = [word(a, lang) for a in dict.fromkeys(found.rates["attribute"])]
        return [
            (phrase("attributes", lang), comma.join(attributes)),
            (phrase("outcomes", lang), comma.join(named)),
            (phrase("law", lang), phrase("dated", lang, title=pack.title[lang], version=pack.version, date=pack.date)),
            (phrase("level", lang), percent(found.level, lang)),
            (phrase("least", lang), str(found.min_group)),
        ]


def view(found: Impact, audience: Audience, lang: Lang) -> ImpactView:
    """Clear impact for an audience.

    Raises
    ------
    DisclosureError
        For a ratee or a manager.
    """
    if audience in OWN:
        raise DisclosureError("E-IMPACTAUDIENCE")
    return ImpactView(released=clear(found, audience), audience=audience, lang=lang, title=phrase("title", lang))


def _outcome(outcome: object, end: object, lang: Lang) -> str:
    return f"{word(outcome, lang)}{'（' if lang == 'zh' else ' ('}{word(end, lang)}{'）' if lang == 'zh' else ')'}"


def _headed(frame: pd.DataFrame, lang: Lang, *, scores: bool = False) -> pd.DataFrame:
    """Words and headings of a sheet; infinity is written as a sign, so that no cell is empty without a reason."""
    out = frame.copy()
    for name in out.columns:
        if pd.api.types.is_float_dtype(out[name].dtype):
            out[name] = out[name].astype(object).where(~np.isinf(out[name]), "∞")
        elif name in _WORDED or pd.api.types.is_bool_dtype(out[name].dtype):
            out[name] = [BLANK if missing(v) else word(v, lang) for v in out[name]]
    names = {n: COLUMNS["score_difference" if scores and n == "difference" else n][lang == "zh"] for n in out.columns if n in COLUMNS}
    ends: dict[str, str] = {}
    for value, (low, high) in _BOUNDS.items():
        if low in out.columns and (value in out.columns or (scores and value == "score_difference")):
            head = COLUMNS[value][lang == "zh"]
            ends |= {low: f"{head}: {'下限' if lang == 'zh' else 'from'}", high: f"{head}: {'上限' if lang == 'zh' else 'to'}"}
    return out.rename(columns=ends | names)


def number(value: Any, places: int = 2) -> str:
    """Write a number; infinity as a sign.

    >>> number(0.667), number(float("inf")), number(float("nan"))
    ('0.67', '∞', '–')
    """
    if isinstance(value, (float, np.floating)) and np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return fixed(value, places)


def _grid(table: pd.DataFrame, names: Sequence[str], lang: Lang, title: str, threshold: float | None = None) -> Grid | None:
    """Lay out a table in some columns, the attribute only where there are several."""
    if not len(table):
        return None
    kept = [n for n in names if _present(n, table)]
    if len(set(table["attribute"])) == 1:
        kept.remove("attribute")
    rows = tuple(tuple(_cell(n, row, lang, threshold) for n in kept) for row in table.to_dict("records"))
    numeric = [n not in _TEXTS for n in kept]
    heads = (Heading(COLUMNS[n][lang == "zh"], number=right) for n, right in zip(kept, numeric, strict=True))
    return Grid(title, tuple(heads), rows)


def _present(name: str, table: pd.DataFrame) -> bool:
    if name in ("people", "one_person", "interval"):
        return name != "interval"
    if name == "score_difference":
        return "difference" in table
    if name == "reason":
        return bool(table["reason"].fillna("").astype(str).ne("").any())
    return name in table


def _cell(name: str, row: Mapping[Any, Any], lang: Lang, threshold: float | None) -> Cell:
    if name == "people":
        return Cell(f"{number(row['n'], 0)} / {number(row['n_reference'], 0)}", "number")
    if name == "one_person":
        return Cell(_one_person(row, lang, threshold))
    if name == "outcome":
        return Cell(_outcome(row["outcome"], row["end"], lang))
    value = row["difference" if name == "score_difference" else name]
    if name == "verdict" and row["exploratory"]:
        return Cell(word("exploratory", lang))
    if name in _WORDED:
        return Cell(BLANK if missing(value) or value == "" else word(value, lang))
    if name in _WHOLE:
        return Cell(number(value, 0), "number")
    if name in _P:
        return Cell(f"<{_TINY}" if not missing(value) and value < _TINY else number(value, 3), "number")
    if name == "rate":
        return Cell(BLANK if missing(value) else f"{100 * value:.1f} %{_range(name, row, lang)}", "number")
    if isinstance(value, (float, np.floating)):
        return Cell(number(value) + _range(name, row, lang), "number")
    return Cell(word(value, lang), "person" if name == "group" else "text")


def _range(name: str, row: Mapping[Any, Any], lang: Lang) -> str:
    """Interval in brackets after a number."""
    low, high = (row.get(b, np.nan) for b in _BOUNDS.get(name, ("", "")))
    if np.isnan(low) or np.isnan(high):
        return ""
    if name == "rate":
        return f" [{100 * low:.1f}–{100 * high:.1f}]"
    return f" [{number(low)}{(' 至 ' if lang == 'zh' else ' to ') if low < 0 else '–'}{number(high)}]"


def _one_person(row: Mapping[Any, Any], lang: Lang, threshold: float | None) -> str:
    told = [word("reverses", lang)] if row["one_person_reverses"] else []
    told += [word("crosses", lang).format(threshold=f"{threshold:g}")] if row["one_person_crosses"] else []
    return ("、" if lang == "zh" else ", ").join(told) or BLANK


def rates(found: Impact, lang: Lang) -> Grid | None:
    """Rates of every outcome in every group that may be shown."""
    return _grid(found.rates, _RATES, lang, TABLES["rates"][lang == "zh"])


def compared(found: Impact, lang: Lang, against: str) -> Grid | None:
    """Ratios with their intervals."""
    table = found.comparisons[found.comparisons["against"] == against]
    return _grid(table, _COMPARED, lang, TABLES[against][lang == "zh"], jurisdiction(found.jurisdiction).threshold)


def short(found: Impact, lang: Lang) -> Grid | None:
    """What fits a terminal, of the comparison the rules ask for."""
    table = found.comparisons[found.comparisons["against"] == jurisdiction(found.jurisdiction).compare_with]
    names = ("attribute", "outcome", "group", "ratio", "adverse_ratio", "q", "verdict")
    return _grid(table, names, lang, "")


def verdicts(found: Impact, lang: Lang) -> Grid | None:
    """Verdicts in the words of the law."""
    return _grid(found.words(lang), (*_KEY, "text"), lang, phrase("verdicts", lang))


def sections(found: Impact, lang: Lang) -> list[tuple[str, str, Grid | None]]:
    """Headings, sentences and tables of a page, for reports that hold impact among other things."""
    pack = jurisdiction(found.jurisdiction)
    chinese = lang == "zh"
    if not len(found.comparisons):
        return [(TABLES["rates"][chinese], phrase("nothing", lang), rates(found, lang))]
    own = phrase("own", lang, against=word(pack.compare_with, lang))
    own_rows = found.comparisons[found.comparisons["against"] == pack.compare_with]
    other = "highest" if pack.compare_with == "others" else "others"
    out = [
        (phrase("verdicts", lang), own, verdicts(found, lang)),
        (TABLES["rates"][chinese], "", rates(found, lang)),
        (TABLES[pack.compare_with][chinese], "", compared(found, lang, pack.compare_with)),
        (TABLES["tests"][chinese], own, _grid(own_rows, _TESTS, lang, "")),
        (TABLES[other][chinese], "", compared(found, lang, other)),
    ]
    if len(found.strata):
        out.append((TABLES["strata"][chinese], phrase("read_strata", lang), _grid(found.strata, _STRATA, lang, "")))
    if len(found.scores):
        out.append((TABLES["scores"][chinese], phrase("read_scores", lang), _grid(found.scores, _SCORES, lang, "")))
    return [part for part in out if part[2] is not None]


def law(found: Impact, lang: Lang) -> list[str]:
    """Caveat, sources, and that it is no advice."""
    pack = jurisdiction(found.jurisdiction)
    told = [found.caveat(lang)]
    if pack.sources[lang]:
        told.append(phrase("sources", lang, sources=("；" if lang == "zh" else "; ").join(pack.sources[lang])))
    return [*told, phrase("no_advice", lang)]


def page(found: Impact, *, audience: Audience = "committee", lang: Lang = "en") -> str:
    """Return the report as text.

    Raises
    ------
    DisclosureError
        For a ratee or a manager.
    SettingsError
        If there is no such audience or language.
    """
    from rankkit import plot  # noqa: PLC0415 - matplotlib is loaded only where something is drawn
    from rankkit.report import html  # noqa: PLC0415 - which asks this page for the reports of impact

    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    v = view(found, audience, lang)
    drawn = []
    for kind in plot.kinds(v.found):
        caption = phrase("forest", lang)
        drawn.append((caption, Markup(pictures.shapes_only(plot.svg(v.found, kind, lang=lang), f"{kind}-", caption))))  # noqa: S704 - shapes only, rebuilt from a list of harmless elements
    return html.environment().get_template("impact.html.jinja").render(
        v=v,
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        phrase=lambda key: phrase(key, lang),
        facts=v.facts(),
        notes=[(clean(n.note(lang)), clean(n.fix(lang))) for n in v.found.notes],
        pictures=drawn,
        sections=sections(v.found, lang),
        law=law(v.found, lang),
        reading=[phrase(k, lang) for k in ("read_ratio", "read_chance", "read_absent")],
    )  # fmt: skip
