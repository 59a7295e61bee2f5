"""Narratives of the simulated service team, with codes of them, comparisons of them, and what was planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.kernels.arrays import Floats, Ints
from rankkit.simulate import narrative_phrases as phrases
from rankkit.simulate.incident_texts import service_incidents
from rankkit.simulate.judged_pairs import decide
from rankkit.simulate.service_desk import DIMENSIONS, MEAN, N_COMPARED, N_EXPERTS, Names, _label, _Staff, _staff
from rankkit.simulate.simulated import ids
from rankkit.tables.narratives import Narratives
from rankkit.tables.text_language import length_of

LENGTH_LOGITS, MERIT_LOGITS, ROUNDS, TIES = 0.8, 1.2, 30, 0.10  # judges: logits a unit of log length (n SD), of merit (in SD)
RIGHT = {"K1": 0.88, "K2": 0.85, "K3": 0.78, "M1": 0.70}  # share of segments a coder puts into the right category
MODEL, CODES = "M1", (*DIMENSIONS, "other")
COPIED = ("A04", "A12")
EMPTY, ENGLISH, PERSONAL = "A21", "A08", "A15"


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedNarratives:
    """Simulated texts with what was planted in them.

    Attributes
    ----------
    table : Narratives
        With codes and comparisons.
    truth : DataFrame
        By ``narrative``: ``worth`` in logits without the part of length, ``length_part``.
    planted : mapping of str to tuple of str
        Narratives: ``copies, empty, other_language, personal_data``; coders: ``model``.
    parameters : mapping
        Settings, the seed among them.
    """

    table: Narratives
    truth: pd.DataFrame
    planted: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<SIMULATED {repr(self.table).strip('<>')}; seed={self.parameters['seed']}>"


def service_team_narratives(*, seed: int = 2026, names: Names = "zh") -> SimulatedNarratives:
    """Simulate what the leads wrote about twenty-four agents of the service team under the four questions, and twelve self-reports.

    The people and their true scores are those of :func:`~rankkit.simulate.service_team` with the same seed. Three people and a computer
    model (``M1``) code every sentence of the second section by dimension and value; the six experts compare the leads' texts, and prefer
    better work and, a little, longer texts; the model judged forty of the pairs. Planted: a copied section, an empty text, a section in
    another language, a customer's telephone number.

    Parameters
    ----------
    seed : int
        Seed of the random numbers; 2026 gives the data sets ``service_team_narratives, service_team_codes, service_team_text_pairs``.
    names : {"zh", "en"}
        Language of names and texts.

    Returns
    -------
    SimulatedNarratives

    Raises
    ------
    SettingsError
        If ``names`` is neither of the two.

    Examples
    --------
    >>> from rankkit import simulate
    >>> simulate.service_team_narratives().table
    <Narratives: 36 texts of 24 people>
    """
    staff = _staff(np.random.default_rng(seed))
    rng = np.random.default_rng([seed, 6])
    agents = staff.agents[:N_COMPARED]
    rows, segments = _written(rng, staff, agents, names)
    frame = pd.DataFrame(rows)
    for column in ("ratee", "author"):
        frame[f"{column}_label"] = _label(staff, frame[column].tolist(), names)
    table = Narratives.from_frame(frame, source_name="service_team_narratives (simulated)").as_simulated()
    table = table.with_codes(_coded(rng, segments))
    worth, length_part = _worths(staff, table, agents)
    pairs = _judged(rng, worth + length_part)
    table = table.with_comparisons(pairs)
    truth = pd.DataFrame({"worth": worth, "length_part": length_part})
    planted = {
        "copies": tuple(f"N-{a}" for a in COPIED), "empty": (f"N-{EMPTY}",), "other_language": (f"N-{ENGLISH}",),
        "personal_data": (f"N-{PERSONAL}",), "model": (MODEL,),
    }  # fmt: skip
    parameters = {"length_logits": LENGTH_LOGITS, "merit_logits": MERIT_LOGITS, "ties": TIES, "right": RIGHT, "seed": seed}
    return SimulatedNarratives(table, truth, planted, parameters)


def _written(rng: Generator, staff: _Staff, agents: tuple[str, ...], names: Names) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Write the four sections of every text, and list the sentences of the second with their true dimension and value."""
    statements = service_incidents("zh" if names == "zh" else "en")
    used = np.zeros(len(statements), dtype=np.int64)
    rows: list[dict[str, Any]] = []
    segments: list[tuple[Any, ...]] = []
    written = [(f"N-{a}", a, staff.leads[staff.team[k]], "supervisor", k) for k, a in enumerate(agents)]
    written += [(f"S-{a}", a, a, "self", k) for k, a in enumerate(agents[:12])]
    copied, orders = "", [rng.permutation(42) for _ in range(2)]
    for place, (narrative, ratee, author, source, k) in enumerate(written):
        n = int(rng.integers(2, 8)) if source == "supervisor" else int(rng.integers(2, 5))
        said, at = [], 0
        for s in range(n):
            d = int(rng.integers(len(DIMENSIONS)))
            effect, text = _sentence(rng, statements, used, d, staff.merit[k, d] + (0.5 if source == "self" else 0.0), names)
            segments.append((narrative, f"s{s + 1}", d, int(np.clip(np.rint((effect - 4) * 2 / 3), -2, 2)), at, at + len(text)))
            said.append(text)
            at += len(text) + (names == "en")
        sections = {
            "should": phrases.should(k, names),
            "did": ("" if names == "zh" else " ").join(said),
            "why": phrases.why(int(orders[0][place]), names),
            "improve": phrases.improve(int(orders[1][place]), int(rng.integers(1, 12)), names),
        }
        if narrative in (f"N-{a}" for a in COPIED):
            copied = copied or phrases.copied(names)
            sections["improve"] = copied if ratee == COPIED[0] else copied.replace("10", "12")
        if narrative == f"N-{ENGLISH}":
            sections["improve"] = phrases.improve(1, 9, "en" if names == "zh" else "zh")
        if narrative == f"N-{PERSONAL}":
            sections["why"] += phrases.customer(names)
        if narrative == f"N-{EMPTY}":
            sections = dict.fromkeys(sections, "")
            segments = [s for s in segments if s[0] != narrative]
        facts = {"narrative": narrative, "cycle": "2026", "ratee": ratee, "author": author, "source": source}
        rows += [{**facts, "section": section, "text": text, "lang": names} for section, text in sections.items()]
    columns = ["narrative", "segment", "dimension", "value", "start", "end"]
    return rows, pd.DataFrame(segments, columns=columns)


def _sentence(rng: Generator, statements: Any, used: Ints, d: int, merit: float, names: Names) -> tuple[float, str]:
    """Pick a statement of a dimension near the person's level, and write it as a sentence."""
    wanted = 4 + 2.2 * (merit - MEAN) + 1.2 * rng.standard_normal()
    cost = np.array([abs(s[2] - wanted) + 0.6 * u if s[1] == DIMENSIONS[d] else np.inf for s, u in zip(statements, used, strict=True)])
    chosen = int(np.argmin(cost))
    used[chosen] += 1
    _, _, effect, situation, behaviour, result = statements[chosen]
    day = int(rng.integers(1, 28))
    month = int(rng.integers(1, 12))
    return effect, phrases.deed(situation, behaviour, result, month, day, names)


def _coded(rng: Generator, segments: pd.DataFrame) -> pd.DataFrame:
    """Codes by three people and a model; the third saw half of the texts, the second cuts a little elsewhere."""
    half = set(sorted(set(segments["narrative"]))[::2])
    rows = []
    for coder, right in RIGHT.items():
        r: Any
        for r in segments.itertuples(index=False):
            if coder == "K3" and r.narrative not in half:
                continue
            code: str | None = (
                DIMENSIONS[r.dimension] if rng.random() < right else str(rng.choice([c for c in CODES if c != DIMENSIONS[r.dimension]]))
            )
            value = int(np.clip(r.value + rng.choice([-1, 0, 0, 0, 0, 1]), -2, 2))
            code = None if rng.random() < 0.04 else code
            shift = int(rng.integers(0, 9)) if coder == "K2" and rng.random() < 0.35 else 0
            source = "model" if coder == MODEL else "human"
            rows.append((r.narrative, r.segment, coder, source, code, value if code else None, r.start, r.end - shift))
    return pd.DataFrame(rows, columns=["narrative", "segment", "coder", "source", "code", "value", "start", "end"])


def _worths(staff: _Staff, table: Narratives, agents: tuple[str, ...]) -> tuple[pd.Series, pd.Series]:
    """Return what the leads' texts are worth to judges: merit of the person and length of the text, in logits."""
    kept = [k for k, a in enumerate(agents) if a != EMPTY]
    index = pd.Index([f"N-{agents[k]}" for k in kept], name="narrative")
    merit = staff.merit[kept].mean(axis=1)
    length = np.log([length_of(t) for t in table.documents.loc[index, "text"]])
    parts = [(x - x.mean()) / x.std() for x in (merit, np.asarray(length))]
    return pd.Series(MERIT_LOGITS * parts[0], index=index), pd.Series(LENGTH_LOGITS * parts[1], index=index)


def _judged(rng: Generator, worth: pd.Series) -> pd.DataFrame:
    """Comparisons by the experts in random pairs, and by the model on forty of them."""
    n = len(worth)
    u: Floats = worth.to_numpy(dtype=np.float64)
    order = np.argsort(rng.random((ROUNDS, n)), axis=1)[:, : n // 2 * 2]
    left, right = order[:, 0::2].ravel(), order[:, 1::2].ravel()
    judge = rng.permutation(np.arange(len(left)) % N_EXPERTS)
    outcome = np.array(["left", "right", "tie"])[decide(rng, u[left] - u[right], TIES)]
    names = np.array(worth.index, dtype=object)
    frame = pd.DataFrame(
        {"rater": np.array(ids("X", N_EXPERTS))[judge], "left": names[left], "right": names[right], "outcome": outcome, "source": "human"}
    )
    again = rng.permutation(len(left))[:40]
    model = np.array(["left", "right", "tie"])[decide(rng, 0.5 * (u[left] - u[right])[again], 0.0)]
    seen = pd.DataFrame({"rater": MODEL, "left": names[left[again]], "right": names[right[again]], "outcome": model, "source": "model"})
    return pd.concat([frame, seen], ignore_index=True)
