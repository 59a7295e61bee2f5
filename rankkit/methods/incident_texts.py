"""What is worth a second look in a log of incidents: trait words, copies, personal data, lateness, one-sided authors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import Problem
from rankkit.findings import Finding, pattern
from rankkit.kernels.behaviours.text_similarity import similar_pairs
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.tables.incidents import Incidents
from rankkit.tables.text_detectors import printed
from rankkit.tables.text_language import language_of
from rankkit.tables.text_personal_data import personal_data
from rankkit.tables.text_traits import is_trait_only, trait_words

REVIEW_Q = 0.05
ONE_SIDED = 3  # incidents of one person by one author, all negative, that are worth a look
_SHOWN = 8
_KINDS_ZH = {
    "email": "邮箱", "identity number": "证件号码", "card number": "卡号", "telephone": "电话", "account": "账号",
    "address": "地址", "name": "姓名",
}  # fmt: skip


def plain(text: str) -> str:
    """Text as copies are compared: small letters, one blank between words."""
    return " ".join(text.casefold().split())


def texts(table: Incidents, late_days: int, copy_threshold: float) -> pd.DataFrame:
    """One row an incident, in the order of the table: what the detectors found, never the words themselves.

    ``place`` (id or row), ``ratee, rater, lang, trait`` (words), ``personal_data`` (kinds), ``copy_of`` (place of an earlier, nearly
    equal text), ``similarity``, ``lag`` (days), ``late``.
    """
    words, places = table.texts, table.places
    lag = np.floor(table.recorded) - np.floor(table.day)
    names = np.array([*table.authors, ""], dtype=object)
    out = pd.DataFrame(
        {
            "place": places,
            "ratee": table.entries["ratee"].to_numpy(),
            "rater": names[table.author],
            "lang": [language_of(t) for t in words],
            "trait": [", ".join(dict.fromkeys(trait_words(t))) if is_trait_only(t) else "" for t in words],
            "personal_data": [", ".join(dict.fromkeys(kind for kind, _, _ in personal_data(t))) for t in words],
            "copy_of": "",
            "similarity": np.nan,
            "lag": lag,
            "late": lag > late_days,
        }
    )
    found = similar_pairs([plain(t) for t in words], copy_threshold)
    when = np.where(np.isnan(table.recorded), table.day, table.recorded)
    for i, j, value in zip(found.first[::-1], found.second[::-1], found.similarity[::-1], strict=True):
        first, second = sorted((int(i), int(j)), key=lambda k: (when[k], table.day[k], places[k]))
        out.loc[second, ["copy_of", "similarity"]] = [places[first], value]
    return out


def notes(found: pd.DataFrame, table: Incidents, late_days: int) -> list[Problem]:
    """Say in words what the detectors found, and how often they are right."""
    out: list[Problem] = []
    for code, column, detector in (("W-TRAIT", "trait", "trait"), ("W-PII", "personal_data", "personal_data")):
        hit = found[found[column] != ""]
        if len(hit):
            details = {
                "n": len(hit),
                "which": _some(hit["place"]),
                "found": (kinds := _some(dict.fromkeys(", ".join(hit[column]).split(", ")))),
            }
            details["found_zh"] = [_KINDS_ZH.get(k, k) for k in kinds]
            details |= printed(detector)
            out.append(Problem(code, None, None, None, details))
    copies = found[found["copy_of"] != ""]
    if len(copies):
        pairs = [
            f"{a!s} = {b!s} ({float(s):.0%})"
            for a, b, s in zip(*(copies[c].tolist() for c in ("copy_of", "place", "similarity")), strict=True)
        ]
        out.append(Problem("W-DUP", None, None, None, {"n": len(copies), "which": pairs[:_SHOWN]}))
    late = int(found["late"].sum())
    if late:
        dated = int(found["lag"].notna().sum())
        out.append(Problem("W-LATE", None, None, None, {"n": late, "dated": dated, "share": f"{late / dated:.0%}", "days": late_days}))
    blank = int((found["lang"] == "none").sum())
    if blank and any(table.texts):
        out.append(Problem("W-NOWORDS", None, None, None, {"n": blank, "which": _some(found.loc[found["lang"] == "none", "place"])}))
    return out


def one_sided(table: Incidents) -> tuple[pd.DataFrame, list[Finding], list[Problem]]:
    """Authors whose incidents of one person are all negative, against what the author writes of others (Fisher's exact test).

    Table by (``rater``, ``ratee``): ``negative, n, others_negative, others_n, p, q``.
    """
    columns = ["rater", "ratee", "negative", "n", "others_negative", "others_n", "p"]
    names = np.array([*table.authors, ""], dtype=object)
    data = pd.DataFrame({"rater": names[table.author], "ratee": table.entries["ratee"], "negative": table.valence < 0, "n": 1})
    pairs = data[data["rater"] != ""].groupby(["rater", "ratee"], as_index=False)[["negative", "n"]].sum()
    whole = pairs.groupby("rater")[["negative", "n"]].transform("sum")
    pairs["others_negative"], pairs["others_n"] = whole["negative"] - pairs["negative"], whole["n"] - pairs["n"]
    pairs["p"] = [_fisher(*row) for row in pairs[["negative", "n", "others_negative", "others_n"]].itertuples(index=False)]
    tested = (pairs["n"] >= ONE_SIDED) & (pairs["others_n"] >= ONE_SIDED)
    pairs["p"] = pairs["p"].where(tested)
    pairs = pairs.reindex(columns=columns)
    pairs["q"] = benjamini_hochberg(pairs["p"].to_numpy(dtype=np.float64))
    all_bad = pairs[(pairs["negative"] == pairs["n"]) & (pairs["n"] >= ONE_SIDED)]
    found = []
    row: Any
    for row in all_bad[all_bad["q"] < REVIEW_Q].itertuples(index=False):
        gap = 1 - row.others_negative / row.others_n
        who = {"rater": table.author_labels.get(row.rater, row.rater), "ratee": table.labels.get(row.ratee, row.ratee)}
        details = {**who, "n": int(row.n), "others": f"{row.others_negative / row.others_n:.0%}"}
        numbers: dict[str, Any] = {"estimate": 1.0, "effect": gap, "effect_name": "share negative − the author's share for others"}
        found.append(
            pattern(
                "F-ONESIDED", "review" if gap >= 0.3 else "info", "rater", row.rater, details, p=row.p, q=row.q,
                family="one-sided × author and person", n=int(row.n), **numbers,
            )
        )  # fmt: skip
    said = [f"{table.author_labels.get(a, a)} → {table.labels.get(r, r)}" for a, r in zip(all_bad["rater"], all_bad["ratee"], strict=True)]
    note = [Problem("W-ONESIDEDLOG", None, None, None, {"n": len(said), "which": said, "least": ONE_SIDED})] if said else []
    return pairs.set_index(["rater", "ratee"]), found, note


def _fisher(negative: int, n: int, others_negative: int, others_n: int) -> float:
    """Chance of so many negatives if the author judged this person as the others."""
    return float(stats.hypergeom.sf(negative - 1, n + others_n, negative + others_negative, n)) if others_n else np.nan


def _some(values: Iterable[Any]) -> list[str]:
    return [str(v) for v in values]
