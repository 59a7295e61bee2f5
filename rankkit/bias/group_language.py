"""Whether texts about one group use other words than texts about another: aggregated only, small groups refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import REVIEW_Q, check_settings, levels
from rankkit.errors import PeopleError, Problem, SettingsError
from rankkit.findings import Findings, pattern
from rankkit.kernels.behaviours.log_odds import LogOdds, log_odds
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.tables.attributes import Attributes
from rankkit.tables.narratives import Narratives
from rankkit.tables.text_language import Tokenizer, language_of, tokens
from rankkit.tables.text_redaction import redact

FEWEST_PEOPLE = 10  # of each group
WORD_PEOPLE = 8  # people whose texts must have a word before it is shown: a rarer one may point at somebody
_AUTHORS = 5  # of each author's texts, before errors are summed over authors too


def group_language(
    narratives: Narratives | pd.DataFrame,
    attributes: Attributes,
    *,
    attribute: str,
    groups: tuple[str, str] | None = None,
    lang: str | None = None,
    tokenizer: Tokenizer | None = None,
    prior: float | None = None,
    floor: float = 0.5,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
) -> Findings:
    r"""Contrast the words of texts about two groups by log-odds with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008).

    The published z takes words for independent; here the standard error is at least the one summed over people (and over authors, where
    there are five or more): one person described ten times as "caring" is one person. Names, titles, pronouns and personal data are taken
    out first. Self-reports are left out where there are others.

    Parameters
    ----------
    narratives : Narratives or DataFrame
    attributes : Attributes
        Protected attributes; the only way they come in.
    attribute : str
        Which of them.
    groups : (str, str), optional
        Its two values to be contrasted; by default the only two, or the two with most people.
    lang : {"zh", "en"}, optional
        Texts of which language; by default that of most texts. Languages are never pooled.
    tokenizer : callable, optional
        Cuts a text into units.
    prior : float, optional
        Words the prior is worth; by default a tenth of all words, at most 500.
    floor : float
        Smallest log-odds worth a review.
    review_q : float
        False discovery rate over the words.
    level : float
        Of the intervals.

    Returns
    -------
    Findings
        Table ``group_language``, index ``word`` (only words of eight people or more): ``group_1, group_2, first, second`` (occurrences),
        ``people, log_odds, z`` (as published), ``se, df, ci_low, ci_high, p, q, level``. Refused with fewer than ten people in a group.

    Raises
    ------
    DataError, PeopleError
        If a table has problems, or the attribute is not there.
    SettingsError
        For an impossible setting.

    References
    ----------
    Monroe, Colaresi & Quinn (2008), Political Analysis 16, 372-403. Madera, Hebl & Martin (2009), Gender and letters of recommendation
    for academia, Journal of Applied Psychology 94, 1591-1599.

    Examples
    --------
    >>> import pandas as pd
    >>> from rankkit.tables.attributes import Attributes
    >>> people = [f"e{k:02d}" for k in range(40)]
    >>> words = ["solved and led", "helped and cared"]
    >>> texts = pd.DataFrame({"ratee": people, "text": [f"This year {words[k % 2]} in case {k}." for k in range(40)]})
    >>> known = Attributes.from_frame(pd.DataFrame({"person": people, "attribute": "group", "value": ["p", "q"] * 20}))
    >>> group_language(texts, known, attribute="group").of("group_language").query("q < .05").index.tolist()
    ['cared', 'helped', 'led', 'solved']
    """
    _check(prior, floor, review_q, level, lang)
    if not isinstance(attributes, Attributes):
        raise PeopleError("E-TYPE", expected="Attributes", found=type(attributes).__name__)
    table = narratives if isinstance(narratives, Narratives) else Narratives.from_frame(narratives)
    value = _values(attributes, attribute)
    docs = _documents(table, value, lang)
    sizes = docs.groupby("value")["ratee"].nunique().sort_values(ascending=False, kind="stable")
    chosen = tuple(map(str, groups)) if groups is not None else tuple(sorted(map(str, sizes.index[:2])))
    if len(chosen) != 2 or any(int(sizes.get(g, 0)) < FEWEST_PEOPLE for g in chosen):
        found = [f"{g}: {int(sizes.get(g, 0))}" for g in chosen] or ["–"]
        return Findings(refused=(Problem("E-SMALLGROUP", None, "group_language", None, {"found": found, "needed": FEWEST_PEOPLE}),))
    docs = docs[docs["value"].isin(chosen)]
    words = _counted(docs, tokenizer or tokens, table)
    contrast = _contrast(words, docs, chosen[0], prior)
    return _findings(contrast, words["vocabulary"], chosen, attribute, floor=floor, review_q=review_q, level=level)


def _check(prior: float | None, floor: float, review_q: float, level: float, lang: str | None) -> None:
    check_settings(level, review_q, floor=(floor, 0))
    if not (prior is None or prior > 0):
        raise SettingsError("E-SETTING", name="prior", value=prior, allowed="prior > 0")
    if lang not in (None, "zh", "en"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed="'zh', 'en'")


def _values(attributes: Attributes, attribute: str) -> dict[str, str]:
    """Return the attribute of each person."""
    if attribute not in attributes.names:
        raise PeopleError("E-COLS", missing=attribute, found=list(attributes.names), example=f"'{attribute}': '…'")
    own = attributes.entries[attributes.entries["attribute"] == attribute]
    return dict(zip(own["person"], own["value"], strict=True))


def _documents(table: Narratives, value: dict[str, str], lang: str | None) -> pd.DataFrame:
    """Texts with words about people whose group is known, in one language."""
    docs = table.documents
    docs = docs[docs["text"] != ""].assign(language=lambda d: [language_of(t) for t in d["text"]])
    if "source" in docs and (docs["source"] == "self").any() and not (docs["source"] == "self").all():
        docs = docs[docs["source"] != "self"]
    kinds = docs["language"].value_counts()
    wanted = lang or max(("en", "zh"), key=lambda k: int(kinds.get(k, 0)))
    docs = docs[docs["language"] == wanted]
    return docs.assign(value=docs["ratee"].map(value)).dropna(subset="value")


def _counted(docs: pd.DataFrame, cut: Tokenizer, table: Narratives) -> dict[str, Any]:
    """Occurrences of each word in each text, names and gender words taken out."""
    names = {n for n in (*table.labels.values(), *table.author_labels.values(), *table.people, *table.authors) if len(n) > 1}
    person, author = (pd.factorize(docs[c], sort=True)[0] if c in docs else None for c in ("ratee", "author"))
    vocabulary: dict[str, int] = {}
    rows: list[tuple[int, int, int, int]] = []
    for k, text in enumerate(docs["text"]):
        plain = redact(str(text), names).replace("［", " ［").replace("该员工", " ")
        for word, n in sorted(Counter(w for w in cut(plain) if w not in _MARKS and not w[0].isdigit()).items()):
            rows.append((int(person[k]), -1 if author is None else int(author[k]), vocabulary.setdefault(word, len(vocabulary)), n))  # type: ignore[index]
    return {"rows": np.array(rows, dtype=np.int64).reshape(-1, 4), "vocabulary": list(vocabulary)}


_MARKS = frozenset(("姓名", "单位", "个人", "人信", "信息", "name", "unit", "personal", "data"))


def _contrast(words: dict[str, Any], docs: pd.DataFrame, first: str, prior: float | None) -> LogOdds:
    rows = words["rows"]
    in_first = docs.drop_duplicates("ratee").sort_values("ratee")["value"].to_numpy() == first
    if prior is None:
        prior = min(500.0, max(0.1 * float(rows[:, 3].sum()), 1.0))
    several = rows[:, 1].min(initial=0) >= 0 and len(np.unique(rows[:, 1])) >= _AUTHORS
    return log_odds(
        rows[:, 0], rows[:, 2], rows[:, 3].astype(np.float64), in_first, prior, len(words["vocabulary"]), rows[:, 1] if several else None
    )


def _findings(
    found: LogOdds, vocabulary: list[str], groups: tuple[str, ...], attribute: str, *, floor: float, review_q: float, level: float
) -> Findings:
    """Lay out the words many people's texts have."""
    keep = found.people >= WORD_PEOPLE
    half = stats.t.ppf((1 + level) / 2, found.df) * found.se
    table = pd.DataFrame(
        {
            "group_1": groups[0], "group_2": groups[1], "first": found.first, "second": found.second, "people": found.people,
            "log_odds": found.log_odds, "z": found.z, "se": found.se, "df": found.df, "ci_low": found.log_odds - half,
            "ci_high": found.log_odds + half, "p": found.p,
        },
        index=pd.Index(vocabulary, name="word"),
    )[keep].sort_index()  # fmt: skip
    table["q"] = benjamini_hochberg(table["p"].to_numpy(dtype=np.float64))
    p, q, effect = (table[c].to_numpy(dtype=np.float64) for c in ("p", "q", "log_odds"))
    table["level"] = levels(p, q, effect, table["people"].to_numpy(), floor=floor, fewest=WORD_PEOPLE, review_q=review_q)
    hits = table[table["level"] != ""]
    patterns = []
    if len(hits):
        each = [list(hits.index[hits["log_odds"] > 0]), list(hits.index[hits["log_odds"] < 0])]
        details = {
            "attribute": attribute,
            "first": groups[0],
            "second": groups[1],
            "n": len(hits),
            "words_1": each[0] or ["–"],
            "words_2": each[1] or ["–"],
        }
        strongest = hits.iloc[int(np.argmin(hits["p"].to_numpy()))]
        patterns.append(
            pattern(
                "F-GROUPWORDS", "review" if (hits["level"] == "review").any() else "info", "group", f"{groups[0]} / {groups[1]}", details,
                estimate=float(strongest["log_odds"]), se=float(strongest["se"]), effect=float(strongest["log_odds"]),
                effect_name="largest log-odds", p=float(strongest["p"]), q=float(strongest["q"]), family="words × attribute", n=len(table),
            )
        )  # fmt: skip
    return Findings(
        patterns=tuple(patterns),
        tables={"group_language": table},
        notes=(Problem("I-GROUPWORDS", None, None, None, {"least": WORD_PEOPLE}),),
    )
