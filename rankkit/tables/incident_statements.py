"""Incidents as drafts of scale statements: without names, in the wording of an expectation, linked to where they came from."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from rankkit.tables.incidents import Incidents
from rankkit.tables.people import People
from rankkit.tables.text_language import language_of
from rankkit.tables.text_redaction import redact

_ZH_SUBJECT = re.compile(r"^(?:该员工|［姓名］|员工|其|本人)[，,]?")
_EN_SUBJECT = re.compile(r"^(?:\[name\]|they|the employee|this employee|this person)\s+", re.IGNORECASE)


def to_bars(table: Incidents, people: People | None = None) -> pd.DataFrame:
    """Turn incidents into drafts for retranslation.

    Names of ratees and authors, gender words and personal data go; the behaviour is put as an expectation ("could be expected to act
    like this: …", 预期会：…). They are drafts: an editor makes one behaviour of each and smooths the grammar.

    Parameters
    ----------
    table : Incidents
        With texts.
    people : People, optional
        Their names, units and managers are taken out too, wherever they occur.

    Returns
    -------
    DataFrame
        ``incident`` (id or row, the link back), ``dimension, situation, behaviour, result, effectiveness`` (1 to 7), ``author``; those
        without any words are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from rankkit.tables.incidents import Incidents
    >>> log = pd.DataFrame({"ratee": ["e1"], "ratee_label": ["王雨桐"], "occurred_on": ["2026-03-01"], "valence": [2]})
    >>> log["text"] = "王雨桐当天回电。"
    >>> to_bars(Incidents.from_frame(log))[["behaviour", "effectiveness"]].values.tolist()
    [['预期会：当天回电。', 7.0]]
    """
    names, units = _names(table, people)
    entries = table.entries
    columns = {
        c: entries[c].fillna("").astype(str) if c in entries else pd.Series("", index=entries.index) for c in ("situation", "result")
    }
    behaviour = (
        entries["behaviour"] if "behaviour" in entries else entries["text"] if "text" in entries else pd.Series("", index=entries.index)
    )
    if "behaviour" in entries and "text" in entries:
        behaviour = behaviour.where(behaviour.notna(), entries["text"])
    out = pd.DataFrame(
        {
            "incident": table.places,
            "dimension": entries.get("dimension"),
            "situation": [redact(t, names, units) for t in columns["situation"]],
            "behaviour": [expectation(redact(t, names, units)) if t else "" for t in behaviour.fillna("").astype(str)],
            "result": [redact(t, names, units) for t in columns["result"]],
            "effectiveness": entries["effectiveness"] if "effectiveness" in entries else 4.0 + 1.5 * table.valence,
            "author": entries.get("author"),
        }
    )
    return out[(out["behaviour"] != "") & (out["behaviour"].notna())].reset_index(drop=True)


def expectation(text: str) -> str:
    """Put a behaviour as an expectation, in the language of the text.

    >>> expectation("当天回电并道歉"), expectation("They called back the same day.")
    ('预期会：当天回电并道歉', 'Could be expected to act like this: called back the same day.')
    """
    if language_of(text) in ("zh", "mixed"):
        return f"预期会：{_ZH_SUBJECT.sub('', text)}"
    bare = _EN_SUBJECT.sub("", text)
    return f"Could be expected to act like this: {bare[:1].lower()}{bare[1:]}"


def _names(table: Incidents, people: People | None) -> tuple[set[str], set[str]]:
    """Every name and unit that must not be in a statement."""
    names: set[str] = {*table.labels.values(), *table.author_labels.values(), *table.people, *table.authors}
    units: set[str] = set()
    if people is not None:
        names |= {*people.ids, *people.labels.values()}
        names |= _texts(people.facts.get(c) for c in people.facts.columns if str(c).startswith("label"))
        units |= _texts(people.facts.get(c) for c in ("unit",) if c in people.facts)
    return {n for n in names if len(n) > 1}, units


def _texts(columns: Iterable[pd.Series | None]) -> set[str]:
    return {str(v) for column in columns if column is not None for v in column.dropna()}
