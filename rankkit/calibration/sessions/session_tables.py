"""What a committee looks at: grades, moves, seats, people who cannot be told apart, agreement of votes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.calibration.event_log.chain import text_number
from rankkit.calibration.sessions import votes
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import SessionState
from rankkit.kernels.arrays import Floats

_NO_ONE = "—"


def grades(state: SessionState, names: Names) -> pd.DataFrame:
    """Grades before and now: ``label, manager, score, se, before, grade, probability`` (of the grade now), ``steps, moves``."""
    moved = pd.Series([m.who for m in state.standing], dtype="object").value_counts()
    rows = [
        {
            "ratee": names.id(w),
            "label": str(names.fact(w, "label", names.id(w))),
            "manager": names.manager(w),
            "score": names.number(w, "score"),
            "se": names.number(w, "se"),
            "before": state.before[w] if state.before[w] is not None else pd.NA,
            "grade": state.grade[w] if state.grade[w] is not None else pd.NA,
            "candidates": " / ".join(state.candidates[w]) if state.grade[w] is None else "",
            "probability": names.probability(w, state.grade[w]),
            "steps": sum(m.steps for m in state.standing if m.who == w) if w in moved.index else 0,
            "moves": int(moved.get(w, 0)),
        }
        for w in state.before
    ]
    frame = pd.DataFrame(rows).astype({"before": "object", "grade": "object"})
    order = {g: k for k, g in enumerate(state.grades)}
    frame["_grade"] = [order.get(g, len(order)) for g in frame["grade"]]
    frame = frame.sort_values(["_grade", "score", "ratee"], ascending=[True, False, True]).drop(columns="_grade")
    return frame.set_index("ratee")


def moves(state: SessionState, names: Names) -> pd.DataFrame:
    """Every move, also those undone: by number of the event, with both reasons, evidence, votes and probabilities.

    ``tied_left`` of the ``n_left`` people of the grade that was left, and ``tied_joined`` of the ``n_joined`` people of the grade
    moved to (and of those passed), could not be told from the person moved when the move was made.
    """
    rows = []
    for m in state.moves.values():
        body = m.personal or {}
        rows.append(
            {
                "n": m.n,
                "at": m.at,
                "ratee": names.id(m.who),
                "label": names.label(m.who),
                "from": m.data["from"] or _NO_ONE,
                "to": m.data["to"],
                "steps": m.steps,
                "proposer": names.label(m.by),
                "code": m.data["code"],
                "reason": str(body.get("text") or ""),
                "second_code": m.data["second"] or "",
                "second_reason": str(body.get("second") or ""),
                "evidence": ", ".join(body.get("evidence") or ()),
                "n_evidence": int(m.data["evidence"]),
                "votes": _tallied(state.grades, m.data["votes"]),
                "p_from": text_number(body.get("p_from")),
                "p_to": text_number(body.get("p_to")),
                "score": text_number(body.get("score")),
                "cut": text_number(body.get("cut")),
                **dict(zip(_ACROSS, m.data.get("across") or [pd.NA] * 4, strict=True)),
                "undone_by": m.undone or pd.NA,
            }
        )
    columns = list(rows[0]) if rows else _MOVE_COLUMNS
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys([*_ACROSS, "undone_by"], "Int64")).set_index("n")


_ACROSS = ("tied_left", "n_left", "tied_joined", "n_joined")
_MOVE_COLUMNS = [
    "n", "at", "ratee", "label", "from", "to", "steps", "proposer", "code", "reason", "second_code", "second_reason", "evidence",
    "n_evidence", "votes", "p_from", "p_to", "score", "cut", *_ACROSS, "undone_by",
]  # fmt: skip


def quota(state: SessionState) -> pd.DataFrame:
    """Seats by grade: ``seats, before, used, slack`` (seats less used: negative is too many)."""
    seats = {g: state.start["seats"].get(g) for g in state.grades}
    before, now = ([sum(x == g for x in held.values()) for g in state.grades] for held in (state.before, state.grade))
    frame = pd.DataFrame({"seats": list(seats.values()), "before": before, "used": now}, index=pd.Index(list(state.grades), name="grade"))
    frame["seats"] = pd.array(frame["seats"].tolist(), dtype="Int64")
    frame["slack"] = frame["seats"] - frame["used"]
    return frame


def clopper_pearson(hits: int, n: int, level: float) -> tuple[float, float]:
    r"""Exact interval of a share (Clopper & Pearson 1934, Biometrika 26, 404–413).

    >>> [round(x, 4) for x in clopper_pearson(0, 10, 0.95)]
    [0.0, 0.3085]
    """
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(stats.beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(stats.beta.ppf(1 - tail, hits + 1, n - hits))
    return low, high


def before_after(state: SessionState, names: Names, level: float = 0.95) -> pd.DataFrame:
    r"""Distribution over grades by manager, before and now.

    The intervals of one manager's grades hold together: Clopper–Pearson at :math:`1 - (1 - \text{level})/K`, exact for a multinomial by
    Bonferroni's inequality.

    Returns
    -------
    DataFrame
        ``manager, grade, n`` (of the manager's graded people), then for "before" and "now" the count, the share and its interval.
    """
    order, each = state.grades, 1 - (1 - level) / len(state.grades)
    held = pd.DataFrame(
        {"manager": [names.manager(w) for w in state.before], "before": list(state.before.values()), "now": list(state.grade.values())}
    )
    out = []
    for manager, part in sorted(held.groupby("manager"), key=lambda pair: str(pair[0])):
        for g in order:
            row: dict[str, Any] = {"manager": manager, "grade": g}
            for when in ("before", "now"):
                n, hits = int(part[when].notna().sum()), int((part[when] == g).sum())
                low, high = clopper_pearson(hits, n, each) if n else (np.nan, np.nan)
                row |= {f"n_{when}": n, when: hits, f"{when}_share": hits / n if n else np.nan, f"{when}_low": low, f"{when}_high": high}
            out.append(row)
    return pd.DataFrame(out)


def boundary(state: SessionState, names: Names) -> pd.DataFrame:
    """People near a cut when the session began: whom across it they could not be told apart from, and both grades now."""
    rows = []
    for w in state.before:
        near = names.fact(w, "boundary")
        if near is None:
            continue
        across = near["across"]
        rows.append(
            {
                "ratee": names.id(w),
                "label": names.label(w),
                "score": names.number(w, "score"),
                "before": state.before[w] or _NO_ONE,
                "grade": state.grade[w] or _NO_ONE,
                "across": names.label(across) if across else _NO_ONE,
                "across_grade": (state.grade.get(across) or _NO_ONE) if across else _NO_ONE,
                "difference": names.number(w, "score") - (names.number(across, "score") if across else np.nan),
                "se": text_number(near["se"]),
                "tie": bool(near["tie"]),
                "coin_flip": bool(near["coin_flip"]),
                "probability": names.probability(w, state.grade[w]),
            }
        )
    columns = [
        "ratee",
        "label",
        "score",
        "before",
        "grade",
        "across",
        "across_grade",
        "difference",
        "se",
        "tie",
        "coin_flip",
        "probability",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values(["score", "ratee"], ascending=[False, True]).set_index("ratee")


def vote_table(state: SessionState, names: Names) -> pd.DataFrame:
    """Votes by case, nobody's own: a column for each grade, ``abstained, n_votes, entropy, agreement``."""
    rows = []
    for w in state.before:
        counted = state.counted(w)
        if not counted:
            continue
        counts = votes.tally(state.grades, {v: vote.grade for v, vote in counted.items()})
        rows.append(
            {"ratee": names.id(w), "label": names.label(w), **dict(zip(state.grades, counts.tolist(), strict=True))}
            | {"abstained": sum(v.grade is None for v in counted.values()), "n_votes": int(counts.sum())}
            | {"entropy": votes.entropy(counts), "agreement": votes.agreement(counts)}
        )
    columns = ["ratee", "label", *state.grades, "abstained", "n_votes", "entropy", "agreement"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["entropy", "ratee"], ascending=[False, True], na_position="last").set_index("ratee")


def vote_counts(state: SessionState) -> Floats:
    """Votes for each grade by case, shape (cases, K)."""
    rows = [votes.tally(state.grades, {v: vote.grade for v, vote in state.counted(w).items()}) for w in state.before]
    return np.array(rows, dtype=np.float64).reshape(-1, len(state.grades))


def quota_only(state: SessionState) -> tuple[int, int]:
    """Downward moves that stand and were made only to fit the curve, and all downward moves that stand."""
    down = [m for m in state.standing if m.steps < 0]
    return sum(m.data["code"] == "quota_only" for m in down), len(down)


def who_moved_whom(state: SessionState, names: Names) -> pd.DataFrame:
    """Standing moves by proposer and manager of the ratee: ``up, down, placed, quota_only, without_evidence``."""
    rows = [
        {
            "proposer": names.label(m.by),
            "manager": names.manager(m.who),
            "up": int(m.steps > 0),
            "down": int(m.steps < 0),
            "placed": int(m.data["from"] is None),
            "quota_only": int(m.data["code"] == "quota_only"),
            "without_evidence": int(not m.data["evidence"]),
        }
        for m in state.standing
    ]
    columns = ["proposer", "manager", "up", "down", "placed", "quota_only", "without_evidence"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.groupby(["proposer", "manager"], as_index=False).sum() if len(frame) else frame


def flows(state: SessionState) -> pd.DataFrame:
    """How many people went from each grade to each: ``before, grade, n``; an awaited grade is a dash."""
    order = [*state.grades, _NO_ONE]
    pairs = pd.DataFrame({"before": [g or _NO_ONE for g in state.before.values()], "grade": [g or _NO_ONE for g in state.grade.values()]})
    counts = pairs.value_counts().rename("n").reset_index()
    key = {g: k for k, g in enumerate(order)}
    counts = counts.sort_values(["before", "grade"], key=lambda c: c.map(key).astype("int64"))
    return counts.reset_index(drop=True)


def _tallied(order: Sequence[str], counts: Sequence[int]) -> str:
    """Votes in short: A 2, B 3."""
    return ", ".join(f"{g} {n}" for g, n in zip(order, counts, strict=True) if n)
