"""What a re-rater gets: the evidence, and nothing of who thought what of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_state import AppealState, Case
from rankkit.calibration.event_log.chain import canonical
from rankkit.calibration.sessions.moves import spoken
from rankkit.errors import Lang, Problem, SettingsError, writing
from rankkit.tables.incidents import Incidents
from rankkit.wording import appeals as words

_SHOWN = ("occurred_on", "dimension", "situation", "behaviour", "result", "text", "category")
"""Columns of an incident that say what happened; authors and judgements (valence, effectiveness) are not among them."""


@dataclass(frozen=True, eq=False)
class BlindPack:
    """Evidence for a blind re-rating: no score, grade, rater, proposal, or name of the appellant.

    Attributes
    ----------
    n : int
        Number of the appeal.
    evidence : DataFrame
        Indexed by ``evidence`` (its id): what happened, where incidents were given.
    sha256 : str
        Of the content, as the log keeps it.
    notes : tuple of Problem
        ``W-APPEALTELLS`` where a text names a rater, the appellant, or a grade.
    """

    n: int
    evidence: pd.DataFrame
    sha256: str
    notes: tuple[Problem, ...] = ()

    def instructions(self, lang: Lang = "en") -> str:
        """Say what the re-rater is asked to do."""
        return words.phrase("pack", lang, n=self.n, pieces=len(self.evidence))

    def to_csv(self, path: str | Path) -> Path:
        """Write the evidence as a table."""
        with writing(path, (".csv",)) as target:
            self.evidence.to_csv(target, encoding="utf-8-sig")
        return Path(path)


def blind_pack(state: AppealState, names: AppealNames, case: Case, evidence_ids: Sequence[str], incidents: Incidents | None) -> BlindPack:
    """Put together what the re-rater may see.

    Parameters
    ----------
    state, names, case
        The log, its people, and the appeal.
    evidence_ids : sequence of str
        What the original rating rested on; the appellant's own evidence comes first.
    incidents : Incidents, optional
        Texts of the evidence; incidents about other people are never taken.

    Raises
    ------
    SettingsError
        For anything but Incidents.
    """
    own = (case.body or {}).get("evidence", [])
    ids = list(dict.fromkeys([*own, *evidence_ids]))
    frame = pd.DataFrame(index=pd.Index(ids, name="evidence"))
    if incidents is not None:
        if not isinstance(incidents, Incidents):
            raise SettingsError("E-SETTING", name="incidents", value=type(incidents).__name__, allowed="rankkit.Incidents")
        told = incidents.frame
        told = told[(told["ratee"] == names.id(case.who)) & told["incident"].isin(ids)] if "incident" in told else told.iloc[:0]
        shown = told.set_index("incident")[[c for c in _SHOWN if c in told]]
        frame = frame.join(shown.astype(object)).where(lambda f: f.notna(), "") if len(shown) else frame
        frame.index.name = "evidence"
    content = {
        "case": case.n,
        "evidence": [[str(i), *(spoken(v) for v in row)] for i, row in zip(frame.index, frame.to_numpy(dtype=object), strict=True)],
    }
    return BlindPack(case.n, frame, hashlib.sha256(canonical(content)).hexdigest(), _tells(state, names, case, frame))


def _tells(state: AppealState, names: AppealNames, case: Case, frame: pd.DataFrame) -> tuple[Problem, ...]:
    """Texts that give away who rated, who is rated, or what came of it."""
    actors = {a for (a, w), kinds in state.relations.items() if w == case.who and kinds & {"rater", "supervisor", "moved"}} | {case.who}
    known = {t for a in actors for t in (names.id(a), names.label(a)) if len(t) > 1}
    graded = re.compile(r"(grade|graded|rated|等级|评为|评级)\W{0,3}(" + "|".join(map(re.escape, state.grades)) + r")\b", re.IGNORECASE)
    found = [
        str(i) for i, row in zip(frame.index, frame.to_numpy(dtype=object), strict=True)
        if any(k in (text := " ".join(map(str, row))) for k in known) or graded.search(text)
    ]  # fmt: skip
    return (Problem("W-APPEALTELLS", None, None, None, {"ids": found, "n": len(found)}),) if found else ()
