"""Tables of a calibration session as a page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rankkit.calibration.adverse_impact.impact import Impact
from rankkit.calibration.sessions.session_record import SessionRecord
from rankkit.calibration.sessions.session_statistics import GroupMoves
from rankkit.errors import Lang
from rankkit.report import terms_of_sessions
from rankkit.report.grids import Cell, Grid, Heading, clean, person_cell
from rankkit.report.numbers import BLANK, fixed, missing, span

_WORDED = frozenset({"code", "second_code", "why", "pair", "reason"})
_PERSONS = frozenset({"label", "proposer", "manager", "group", "first_speaker", "higher", "lower", "across_label", "other"})


def number(value: Any, places: int = 2) -> str:
    """Write a number; infinity as a sign.

    >>> number(0.125), number(float("inf")), number(None)
    ('0.12', '∞', '–')
    """
    if isinstance(value, float) and value == float("inf"):
        return "∞"
    return fixed(value, places)


def word(value: Any, lang: Lang) -> str:
    """Name a phase, a reason or a note in the language of the page."""
    found = terms_of_sessions.WORDS.get(str(value))
    return found[lang == "zh"] if found else clean(value)


def _heading(name: str, lang: Lang, *, numeric: bool) -> Heading:
    found = terms_of_sessions.COLUMNS.get(name)
    return Heading(found[lang == "zh"] if found else clean(name), number=numeric)


def laid_out(rows: Sequence[Mapping[str, Any]], lang: Lang, places: Mapping[str, int], title: str = "") -> Grid | None:
    """Lay out rows; columns with a number of decimals stand right."""
    if not rows:
        return None
    names = list(rows[0])
    headings = tuple(_heading(n, lang, numeric=n in places) for n in names)
    return Grid(title, headings, tuple(tuple(_cell(n, row[n], lang, places) for n in names) for row in rows))


def _cell(name: str, value: Any, lang: Lang, places: Mapping[str, int]) -> Cell:
    if name in places:
        shown = (
            value if isinstance(value, str) else str(int(value)) if not places[name] and not missing(value) else number(value, places[name])
        )
        return Cell(shown, "number")
    if missing(value) or value == "":
        return Cell(BLANK)
    if name in _WORDED:
        return Cell(word(value, lang))
    return Cell(clean(value), "person") if name in _PERSONS else Cell(clean(value))


def quota(session: SessionRecord, lang: Lang) -> Grid | None:
    """Seats, grades held before and now, free seats."""
    rows = [{"grade": g, **{k: row[k] for k in ("seats", "before", "used", "slack")}} for g, row in session.quota.iterrows()]
    return laid_out(rows, lang, dict.fromkeys(("seats", "before", "used", "slack"), 0))


def before_after(session: SessionRecord, lang: Lang) -> Grid | None:
    """Distribution by manager with exact intervals, in percent."""
    rows = []
    for row in session.before_after.to_dict("records"):
        percents = {k: 100 * row[k] for k in row if str(k).endswith(("_share", "_low", "_high"))}
        rows.append(
            {
                "manager": row["manager"],
                "grade": row["grade"],
                "before": row["before"],
                "share_before": f"{fixed(percents['before_share'], 0)} %",
                "before_range": span(percents["before_low"], percents["before_high"], 0, lang),
                "now": row["now"],
                "share_now": f"{fixed(percents['now_share'], 0)} %",
                "now_range": span(percents["now_low"], percents["now_high"], 0, lang),
            }
        )
    return laid_out(rows, lang, dict.fromkeys(("before", "share_before", "before_range", "now", "share_now", "now_range"), 0))


def moves(session: SessionRecord, lang: Lang, most: int | None = None) -> Grid | None:
    """Every move with its reasons; the last ones, where there are many."""
    rows = []
    for n, row in session.moves.iterrows():
        second = f"; {word(row['second_code'], lang)}" if row["second_code"] else ""
        words = f"{row['reason']}{' / ' + row['second_reason'] if row['second_reason'] else ''}"
        rows.append(
            {
                "event": n,
                "label": row["label"],
                "moved": f"{row['from']} → {row['to']}",
                "proposer": row["proposer"],
                "code": word(row["code"], lang) + second,
                "reason_text": words,
                "evidence": row["evidence"] if row["n_evidence"] else BLANK,
                "votes": row["votes"],
                "undone_by": row["undone_by"],
            }
        )
    return laid_out(rows[-most:] if most else rows, lang, {"event": 0, "undone_by": 0})


def who(session: SessionRecord, lang: Lang) -> Grid | None:
    """Standing moves by proposer and manager."""
    rows = [{str(k): v for k, v in row.items()} for row in session.who_moved_whom.to_dict("records")]
    return laid_out(rows, lang, dict.fromkeys(("up", "down", "placed", "quota_only", "without_evidence"), 0))


def boundary(session: SessionRecord, lang: Lang, most: int | None = None) -> Grid | None:
    """People who could not be told apart across a cut."""
    rows = [
        {
            "label": row["label"],
            "score": row["score"],
            "before": row["before"],
            "grade": row["grade"],
            "across_label": row["across"],
            "across_grade": row["across_grade"],
            "chance": row["probability"],
        }
        for _, row in session.boundary.iterrows()
    ]
    return laid_out(rows[:most] if most else rows, lang, {"score": 2, "chance": 2})


def some(names: Sequence[str], lang: Lang, most: int = 5) -> str:
    """Write the first of many names, and how many there are."""
    comma, more = ("、", "等 {n} 人") if lang == "zh" else (", ", " and {n} more")
    told = comma.join(clean(n) for n in names[:most])
    left = len(names) - most
    return told if left <= 0 else told + more.format(n=len(names) if lang == "zh" else left)


def moved_cuts(session: SessionRecord, lang: Lang, most: int | None = None) -> Grid | None:
    """Whom across the cut each person moved could not be told from, nearest first."""
    table, told, rows = session.moves, session.moved_cuts, []
    standing = table[table["undone_by"].isna()]
    for n, move in standing.iterrows():
        row: dict[str, Any] = {"event": n, "label": move["label"], "moved": f"{move['from']} → {move['to']}"}
        for side in ("left", "joined"):
            of = move[f"n_{side}"]
            names = told.loc[(told["move"] == n) & (told["side"] == side), "other_label"].tolist()
            told_of = BLANK if missing(of) else terms_of_sessions.counted(len(names), int(of), lang)
            colon = "：" if lang == "zh" else ": "
            row[side] = f"{told_of}{colon}{some(names, lang, 3)}" if names else told_of
        rows.append(row)
    return laid_out(rows[-most:] if most else rows, lang, {"event": 0})


def reversed_pairs(session: SessionRecord, lang: Lang, most: int = 20) -> Grid | None:
    """Pairs whose order by score was turned round, those told apart first."""
    rows = [
        {
            "higher": row["higher_label"],
            "higher_grade": row["higher_grade"],
            "lower": row["lower_label"],
            "lower_grade": row["lower_grade"],
            "difference": row["difference"],
            "sed": row["se"],
            "apart": word("apart" if row["apart"] else "not_apart", lang),
            "moves": row["moves"],
        }
        for _, row in session.reversals.table.head(most).iterrows()
    ]
    return laid_out(rows, lang, {"difference": 2, "sed": 2})


def moves_and_groups(table: pd.DataFrame, lang: Lang, most: int | None = None) -> Grid | None:
    """How groups fared before and after each move, at both ends."""
    rows = [
        {
            "event": n,
            "label": row["label"],
            "moved": row["moved"],
            "group": f"{row['attribute']}: {row['group']}",
            "outcome": row["outcome"],
            "ratio": change(row["ratio_before"], row["ratio_after"]),
            "adverse_ratio": change(row["adverse_ratio_before"], row["adverse_ratio_after"]),
        }
        for n, row in table.iterrows()
        if not (missing(row["ratio_before"]) and missing(row["ratio_after"]))
    ]
    return laid_out(rows[-most:] if most else rows, lang, {"event": 0, "ratio": 0, "adverse_ratio": 0})


def change(before: Any, after: Any) -> str:
    """Write two numbers, or one where they look alike."""
    return f"{number(before)} → {number(after)}" if number(before) != number(after) else number(after)


def agenda(session: SessionRecord, lang: Lang, most: int | None = None) -> Grid | None:
    """Order of discussion, and who spoke first."""
    cases = session.cases
    names, state = session.names, session.state
    spoke = {names.id(who): names.label(speaker) for who, speaker in state.speakers.items()}
    rows = [
        {
            "order": row["order"],
            "label": row["label"],
            "grade": row["grade"] or BLANK,
            "why": row["why"],
            "boundary": row["boundary"],
            "entropy": row["entropy"],
            "priority": row["priority"],
            "first_speaker": spoke.get(str(ratee), ""),
        }
        for ratee, row in cases[cases["part"] != "together"].iterrows()
    ]
    return laid_out(rows[:most] if most else rows, lang, {"order": 0, "boundary": 2, "entropy": 2, "priority": 2})


def group_moves(tested: GroupMoves, lang: Lang, title: str = "") -> Grid | None:
    """Mean moves of groups against lot, and odds of being moved down."""
    rows = [
        {
            "group": group,
            "n": row["n"],
            "up": row["up"],
            "down": row["down"],
            "mean_move": row["mean"],
            "expected_move": row["expected"],
            "p": row["p"],
            "q": row["q"],
            "odds": row["odds"],
            "odds_range": BLANK if missing(row["odds_low"]) else f"{number(row['odds_low'])}–{number(row['odds_high'])}",
            "reason": row["reason"],
        }
        for group, row in tested.table.iterrows()
    ]
    if not any(row["reason"] for row in rows):
        rows = [{k: v for k, v in row.items() if k != "reason"} for row in rows]
    places = {"n": 0, "up": 0, "down": 0, "mean_move": 2, "expected_move": 2, "p": 3, "q": 3, "odds": 2, "odds_range": 0}
    return laid_out(rows, lang, places, title)


def retained(session: SessionRecord, lang: Lang) -> Grid | None:
    """Rank correlations with scores, pre-votes and results."""
    rows = []
    for pair, row in session.retained.iterrows():
        range_ = BLANK if missing(row["ci_low"]) else span(row["ci_low"], row["ci_high"], 2, lang)
        rows.append({"pair": pair, "n": row["n"], "rho": row["rho"], "interval": range_, "reason": row["reason"]})
    return laid_out(rows, lang, {"n": 0, "rho": 2, "interval": 0})


def grades(session: SessionRecord, lang: Lang) -> Grid | None:
    """Everybody: grade before and now."""
    table = session.grades
    rows = [
        (
            str(ratee),
            {"label": row["label"], "manager": row["manager"], "score": row["score"], "before": row["before"], "grade": row["grade"]},
        )
        for ratee, row in table.iterrows()
    ]
    for (_, cells), chance in zip(rows, table["probability"], strict=True):
        cells["chance"] = chance
    out = laid_out([cells for _, cells in rows], lang, {"score": 2, "chance": 2})
    if out is None:
        return None
    named = [(person_cell(ratee, str(cells["label"])), *row[1:]) for (ratee, cells), row in zip(rows, out.rows, strict=True)]
    return Grid(out.title, out.headings, tuple(named))


def impact(found: Impact, lang: Lang) -> Grid | None:
    """Both ratios at both ends, with the words of the jurisdiction."""
    said = found.words(lang)
    key = ["attribute", "outcome", "end", "group", "reference"]
    merged = found.comparisons.merge(said, on=key) if len(said) else pd.DataFrame()
    rows = [
        {
            "group": f"{row['attribute']}: {row['group']}",
            "outcome": row["outcome"],
            "reference": row["reference"],
            "ratio": row["ratio"],
            "adverse_ratio": row["adverse_ratio"],
            "p": row["mid_p"],
            "text": row["text"],
        }
        for row in merged.to_dict("records")
    ]
    return laid_out(rows, lang, {"ratio": 2, "adverse_ratio": 2, "p": 3})
