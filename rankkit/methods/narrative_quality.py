"""What a text lacks or has: length, numbers, links, feedback to act on, words of traits only, copies from others."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.behaviours.text_similarity import similar_pairs
from rankkit.methods.incident_texts import plain
from rankkit.tables.narratives import SECTIONS, Narratives
from rankkit.tables.text_actions import is_actionable
from rankkit.tables.text_detectors import printed
from rankkit.tables.text_language import Tokenizer, counts, language_of, length_of, sentences, tokens
from rankkit.tables.text_personal_data import personal_data
from rankkit.tables.text_traits import is_trait_only

_LINK = re.compile(r"(?<![A-Za-z0-9])(?:INC|inc|Inc|事件|工单|I)[-#：: ]?\d{2,}(?!\d)")
_DATE = re.compile(r"\d{1,2}月\d{1,2}[日号]|\d{4}-\d{1,2}-\d{1,2}|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b")


def quality(table: Narratives, tokenizer: Tokenizer | None = None) -> pd.DataFrame:
    """One row a ``narrative``, numbers only; rates are per 100 units (words, or Chinese characters) of the text.

    ``ratee, rater, lang, length`` (units), ``tokens`` (of the tokenizer), ``numbers, dates, links`` (to incidents), ``specific_rate``
    (numbers, dates and links per 100 units), ``sections`` (of the five that have words), ``actions`` (sentences with what to do by when),
    ``trait_sentences`` (sentences that say what somebody is, no deed), ``personal_data``, ``positive, negative`` (coded values).
    """
    cut = tokens if tokenizer is None else tokenizer
    docs = table.documents
    filled = table.entries[table.entries["text"].notna()].groupby("narrative")["section"].nunique()
    rows = []
    for text in docs["text"]:
        length, found = length_of(text), counts(text)
        dates, links = len(_DATE.findall(text)), len(_LINK.findall(text))
        numbers = max(found["number"] - dates - links, 0)
        said = sentences(text)
        rows.append(
            {
                "lang": language_of(text), "length": length, "tokens": len(list(cut(text))), "numbers": numbers, "dates": dates,
                "links": links,
                "specific_rate": 100 * (numbers + dates + links) / length if length else np.nan,
                "actions": sum(is_actionable(s) for s in said), "trait_sentences": sum(is_trait_only(s) for s in said),
                "personal_data": len(personal_data(text)),
            }
        )  # fmt: skip
    out = pd.DataFrame(rows, index=docs.index)
    out.insert(0, "ratee", docs["ratee"])
    out.insert(1, "rater", docs.get("author"))
    out["sections"] = filled.reindex(docs.index, fill_value=0).astype("int64")
    for name, sign in (("positive", 1), ("negative", -1)):
        out[name] = _valued(table, sign).reindex(docs.index)
    out["reason"] = np.where(out["length"] > 0, "", Problem("S-EMPTYTEXT").message())
    return out


def _valued(table: Narratives, sign: int) -> pd.Series:
    """Segments people coded with a value above (below) zero, averaged over coders; empty without values."""
    codes = table.codes
    if codes is None or "value" not in codes.entries:
        return pd.Series(dtype=np.float64)
    own = codes.entries[codes.entries["coder"].isin(codes.people)].dropna(subset="value")
    hits = (np.sign(own["value"]) == sign).groupby([own["narrative"], own["coder"]]).sum()
    out: pd.Series = hits.groupby(level=0).mean()
    return out


def copies(table: Narratives, threshold: float) -> pd.DataFrame:
    """Sections of texts about different people with nearly the same words; what a post asks for (``should``) may be the same.

    ``first, second`` (narratives), ``ratee_1, ratee_2, section, similarity, same_author``.
    """
    columns = ["first", "second", "ratee_1", "ratee_2", "section", "similarity", "same_author"]
    entries = table.entries[table.entries["text"].notna()].reset_index(drop=True)
    rows = []
    for section in SECTIONS[1:]:
        part = entries[entries["section"] == section].reset_index(drop=True)
        found = similar_pairs([plain(t) for t in part["text"]], threshold)
        for i, j, value in zip(found.first, found.second, found.similarity, strict=True):
            a, b = part.iloc[i], part.iloc[j]
            if a["ratee"] != b["ratee"]:
                same = "author" in part and a["author"] == b["author"]
                rows.append((a["narrative"], b["narrative"], a["ratee"], b["ratee"], section, float(value), bool(same)))
    return pd.DataFrame(rows, columns=columns)


def notes(table: Narratives, checked: pd.DataFrame, copied: pd.DataFrame) -> list[Problem]:
    """Say what is empty, copied, in several languages, about traits only, or personal."""
    out: list[Problem] = []
    empty = checked.index[checked["length"] == 0]
    if len(empty):
        out.append(Problem("W-EMPTY", None, None, None, {"n": len(empty), "of": len(checked), "which": _listed(empty)}))
    if len(copied):
        name = table.labels
        said = [
            f"{name.get(str(a), str(a))} / {name.get(str(b), str(b))} ({float(v):.0%})"
            for a, b, v in copied[["ratee_1", "ratee_2", "similarity"]].itertuples(index=False)
        ]
        out.append(Problem("W-COPY", None, None, None, {"n": len(copied), "which": list(dict.fromkeys(said))}))
    lang = checked.loc[checked["length"] > 0, "lang"]
    kinds = lang.value_counts()
    if len(kinds) > 1 or set(kinds.index) & {"mixed", "other"}:
        out.append(Problem("W-LANG", None, None, None, {"found": [f"{k}: {n}" for k, n in sorted(kinds.items())]}))
    if "lang" in table.entries:
        declared = table.entries.dropna(subset="lang").drop_duplicates("narrative").set_index("narrative")["lang"]
        found_in = {str(n): str(k) for n, k in lang.items()}
        other = [str(n) for n, l in declared.items() if found_in.get(str(n)) in ("zh", "en") and str(l)[:2].lower() != found_in[str(n)]]
        if other:
            out.append(Problem("W-LANGDECLARED", None, None, None, {"n": len(other), "which": _listed(other)}))
    for code, column, detector in (("W-TRAITTEXT", "trait_sentences", "trait"), ("W-PIITEXT", "personal_data", "personal_data")):
        hit = checked.index[checked[column] > 0]
        if len(hit):
            details = {"n": len(hit), "of": len(checked), "which": _listed(hit)}
            details |= printed(detector)
            out.append(Problem(code, None, None, None, details))
    return out


def _listed(values: Iterable[object]) -> list[str]:
    return [str(v) for v in values]
