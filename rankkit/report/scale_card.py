"""Printable scale cards: one sheet a dimension, as an HTML page or as single SVG pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rankkit.errors import Lang, SettingsError, writing
from rankkit.methods.bars_card import ScaleCard
from rankkit.report import html
from rankkit.report.scale_card_drawing import drawing
from rankkit.report.scale_card_words import say

_SHOWN = ("value", "sd", "n_scaled", "agreement", "agreement_low", "agreement_high")


def write(card: ScaleCard, path: str | Path, *, lang: Lang = "en", dimension: str | None = None) -> Path:
    """Write a card: all dimensions as HTML, or one as SVG.

    Parameters
    ----------
    card : ScaleCard
        The card; judges are never named.
    path : path-like
        The file, ``.html`` or, with ``dimension``, ``.svg``.
    lang : {"en", "zh"}
        Language of the words around the texts.
    dimension : str, optional
        Which, for a picture.

    Returns
    -------
    pathlib.Path
        The file written. Equal cards give equal files.

    Raises
    ------
    SettingsError
        If there is no such language or dimension, or the file cannot be written.
    """
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed=["en", "zh"])
    text = page(card, lang) if dimension is None else str(drawing(card, dimension, lang))
    with writing(path, (".html", ".htm") if dimension is None else (".svg",)) as target:
        target.write_text(text, encoding="utf-8")
    return target


def page(card: ScaleCard, lang: Lang = "en") -> str:
    """Return the card as an HTML page; parameters as for :func:`write`."""
    level = card.settings.get("level")
    template = html.environment().get_template("scale_card.html.jinja")
    low, high = (f"{v:g}" for v in card.scale)
    return template.render(
        html_lang="zh-Hans" if lang == "zh" else "en",
        say=lambda key, **details: say(key, lang, **details),
        title=card.title or say("untitled", lang),
        sheets=[_sheet(card, name, lang) for name in card.names],
        draft=card.draft,
        evidence=say("evidence_say" if len(card.judges) else "evidence_elsewhere", lang, level=f"{level:.0%}" if level else "95%"),
        overlap=any(n.code == "I-OVERLAP" for n in card.notes),
        notes=[note.text(lang) for note in card.notes if note.code not in ("W-NOPILOT", "I-OVERLAP")],
        edition=say("edition", lang, digest=card.digest, n=len(card.anchors), k=len(card.names), low=low, high=high),
    )


def _sheet(card: ScaleCard, dimension: str, lang: Lang) -> dict[str, Any]:
    """What stands on the sheet of one dimension."""
    facts = card.dimensions[card.dimensions["dimension"] == dimension].iloc[0]
    anchors = card.of(dimension).iloc[::-1]
    columns = {
        c: anchors[c].to_numpy(dtype=np.float64) for c in ("value", "sd", "n_scaled", "agreement", "agreement_low", "agreement_high")
    }
    rows = [
        {
            "text": text,
            "value": _number(columns["value"][k]),
            "sd": _number(columns["sd"][k]),
            "judges": f"{columns['n_scaled'][k]:.0f}",
            "agreement": _share(*(columns[c][k] for c in ("agreement", "agreement_low", "agreement_high"))),
        }
        for k, text in enumerate(anchors["text"])
    ]
    return {"label": facts["label"], "definition": facts["definition"], "svg": drawing(card, dimension, lang), "rows": rows}


def _number(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else "–"


def _share(value: float, low: float, high: float) -> str:
    """Agreement with its interval."""
    if not np.isfinite(value):
        return "–"
    return f"{value:.0%} [{low:.0%}–{high:.0%}]" if np.isfinite(low) and np.isfinite(high) else f"{value:.0%}"
