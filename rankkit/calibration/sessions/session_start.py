"""The first event of a session: grades, people, seats, rules, and where everything came from."""

from __future__ import annotations

import hashlib
import platform
import secrets
import sqlite3
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit.calibration.adverse_impact.jurisdiction import jurisdiction
from rankkit.calibration.event_log.chain import number_text
from rankkit.calibration.event_log.event_store import Draft
from rankkit.calibration.sessions.session_differences import shares_errors
from rankkit.calibration.sessions.session_people import as_flags, as_kpi, sheets_of
from rankkit.calibration.sessions.session_policy import Participant, SessionPolicy
from rankkit.errors import SessionError, SettingsError
from rankkit.findings import Findings
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.people import People
from rankkit.tables.text import as_text

if TYPE_CHECKING:
    from rankkit.calibration.event_log.event_store_file import Random


def first_event(
    grades: ForcedDistributionResult,
    participants: Sequence[Participant],
    people: People | None,
    policy: SessionPolicy,
    title: str,
    seed: int,
    *,
    cycle: str = "",
    kpi: object = None,
    findings: Findings | None = None,
    random: Random | None = None,
) -> Draft:
    """Write down how a session begins.

    Raises
    ------
    SessionError
        ``E-TYPE`` if these are no grades, ``E-NOBODY`` if somebody's family is not among the people graded.
    SettingsError
        If the seed is no whole number; ``E-LAW`` for an unknown jurisdiction.
    """
    if not isinstance(grades, ForcedDistributionResult):
        raise SessionError("E-TYPE", expected="ForcedDistributionResult", found=type(grades).__name__)
    if not isinstance(policy, SessionPolicy):
        raise SessionError("E-TYPE", expected="SessionPolicy", found=type(policy).__name__)
    jurisdiction(policy.law)  # an unknown one is refused before anybody meets
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise SettingsError("E-SETTING", name="seed", value=seed, allowed="0, 1, 2, …")
    grades = grades.for_audience("committee")  # of confidential ratings the committee reads released scores, here as anywhere
    token, sheets, recused = sheets_of(grades, participants, people, as_kpi(kpi), as_flags(findings), random or secrets.token_bytes)
    order = [str(g) for g in grades.quota.index]
    table = grades.grades
    ratees = [
        {
            "who": token[as_text(p) or str(p)],
            "grade": None if pd.isna(g) else str(g),
            "candidates": [c for c in str(open_).split(" / ") if c in order],
        }
        for p, g, open_ in zip(table.index, table["grade"], table["candidates"], strict=True)
    ]
    cuts = grades.cuts["score"].tolist() if "score" in grades.cuts else []
    data: dict[str, Any] = {
        "title": as_text(title) or "",
        "cycle": as_text(cycle) or "",
        "seed": int(seed),
        "grades": order,
        "seats": {str(g): int(n) for g, n in grades.quota["seats"].items() if not pd.isna(n)} if "seats" in grades.quota else {},
        "cuts": [number_text(float(c)) for c in cuts if np.isfinite(c)],
        "policy": policy.record(),
        "participants": sorted(({"who": token[p.id], "role": p.role} for p in participants), key=lambda p: p["who"]),
        "ratees": sorted(ratees, key=lambda r: str(r["who"])),
        "recused": [list(pair) for pair in recused],
        "source": {
            "method": grades.method,
            "unit": str(grades.unit),
            "level": number_text(grades.level),
            "df": number_text(grades.df_difference),
            "shared_errors": shares_errors(grades),
            "released": any(note.code == "I-GRADESEXACT" for note in grades.notes),
            "seed": int(grades.seed),
            "sha256": hashlib.sha256(grades.to_json().encode()).hexdigest(),
        },
        "versions": versions(),
    }
    return Draft("created", data, personal=sheets)


def versions() -> dict[str, str]:
    """Versions of what computed the grades and keeps the log."""
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for package in ("rankkit-appraisal", "numpy", "pandas", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "?"
    return found
