"""Building a behaviourally anchored scale with known truth: incidents, and judges who sort and place them with error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.simulate.incident_texts import DIMENSIONS, SCALE, expectations, second_dimensions, service_incidents
from rankkit.simulate.simulated import ids

N_AUTHORS, N_DEFINERS = 12, 6
_DEFINITIONS = {
    "en": {
        "knowledge": (
            "Knowledge", "Knows products, rules and systems", "Answers correctly at once, exceptions too", "Finds the right answer in time",
            "Gives wrong information",
        ),
        "attitude": (
            "Attitude", "Courtesy, patience and readiness to help", "Stays kind and helpful under strain", "Correct and polite",
            "Rude or unwilling",
        ),
        "problem_solving": (
            "Problem solving", "Finds causes and ways out", "Removes causes for good", "Follows the usual steps",
            "Acts blindly or not at all",
        ),
        "communication": (
            "Communication", "Makes things clear, and listens", "Everybody knows where they stand", "Says what is needed",
            "Leaves people in the dark",
        ),
    },
    "zh": {
        "knowledge": ("业务知识", "熟悉产品、规则与系统", "当场答对，例外情形也清楚", "能及时查到正确答案", "给出错误信息"),
        "attitude": ("服务态度", "礼貌、耐心、乐于助人", "压力之下依然友善周到", "得体有礼", "粗鲁或不情愿"),
        "problem_solving": ("解决问题", "找出原因与出路", "从根本上消除原因", "按常规步骤处理", "盲目处理或不作为"),
        "communication": ("沟通表达", "讲得清楚，也听得进去", "让每个人都清楚进展", "把该说的说到", "让人摸不着头脑"),
    },
}  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedRetranslation:
    """A simulated building of a scale, with the truth behind it.

    Attributes
    ----------
    dimensions : DataFrame
        Group A's: ``dimension, label, definition, high, acceptable, low``.
    definers : tuple of str
        Group A.
    incidents : DataFrame
        Group B's: ``incident, dimension, situation, behaviour, result, text, effectiveness, author``; ``text`` is in the form of an
        expectation, ``effectiveness`` the author's own view.
    retranslation : DataFrame
        Group C's: ``incident, judge, judge_group, judge_role, dimension_chosen``.
    scaling : DataFrame
        Group D's: ``incident, judge, judge_group, judge_role, effectiveness``.
    truth : DataFrame
        Indexed by ``incident``: ``dimension``, ``second`` (of incidents that show two), ``effectiveness``, ``shift`` (by how much
        supervisors place it higher than incumbents), ``p_own`` (how likely a judge is to choose the dimension).
    parameters : mapping
        Settings of the simulation, its seed among them.
    """

    dimensions: pd.DataFrame
    definers: tuple[str, ...]
    incidents: pd.DataFrame
    retranslation: pd.DataFrame
    scaling: pd.DataFrame
    truth: pd.DataFrame
    parameters: Mapping[str, Any]

    def __repr__(self) -> str:
        settings = ", ".join(f"{k}={v!r}" for k, v in self.parameters.items())
        return f"<SIMULATED building of a scale: {len(self.incidents)} incidents; {settings}>"


def retranslation(
    *,
    n_judges: int = 24,
    n_scalers: int = 20,
    clear: float = 0.88,
    ambiguous: float = 0.5,
    sd: float = 0.8,
    ambiguous_sd: float = 1.5,
    severity_sd: float = 0.25,
    n_shifted: int = 6,
    shift: float = 1.8,
    lang: Literal["en", "zh"] = "en",
    seed: int = 2026,
) -> SimulatedRetranslation:
    """Simulate how a behaviourally anchored scale for service work is built, with four groups of judges.

    The 150 incidents are those of :func:`~rankkit.simulate.incident_texts.service_incidents`. A judge of group C chooses the
    dimension an incident shows with probability ``clear``, else one of the others; of incidents that show two, the writer's one
    with ``ambiguous`` and the other one almost always otherwise. A judge of group D places an incident at its true effectiveness
    plus the judge's own severity plus chance, rounded to whole points and cut off at the ends. Half of D are supervisors, who
    place ``n_shifted`` incidents higher than incumbents do. Everything in it is invented.

    Parameters
    ----------
    n_judges, n_scalers : int
        Judges of group C and group D, two at least.
    clear, ambiguous : float
        Probability of the writer's dimension.
    sd, ambiguous_sd : float
        Spread of placings about the truth, in points; the latter for incidents that show two dimensions.
    severity_sd : float
        Spread of the judges' own severity.
    n_shifted : int
        Incidents supervisors see differently.
    shift : float
        By how much, in points.
    lang : {"en", "zh"}
        Language of the texts.
    seed : int
        Seed of the random numbers; 2026 gives the data set ``service_team_retranslation``.

    Returns
    -------
    SimulatedRetranslation

    Raises
    ------
    SettingsError
        For impossible settings.

    Examples
    --------
    >>> from rankkit import simulate
    >>> made = simulate.retranslation()
    >>> len(made.incidents), made.retranslation["judge"].nunique(), made.scaling["judge"].nunique()
    (150, 24, 20)
    """
    _check(n_judges, n_scalers, {"clear": clear, "ambiguous": ambiguous}, n_shifted)
    texts, said = service_incidents(lang), expectations(lang)
    rng = np.random.default_rng(seed)
    names = [t[0] for t in texts]
    own = np.array([DIMENSIONS.index(t[1]) for t in texts])
    second = np.array([DIMENSIONS.index(d) if d else -1 for d in (second_dimensions().get(n, "") for n in names)])
    value = np.array([t[2] for t in texts])
    shifted = np.zeros(len(texts))
    shifted[np.sort(rng.permutation(np.flatnonzero((value > 3) & (value < 5) | (second >= 0)))[:n_shifted])] = shift
    p = _probabilities(own, second, clear, ambiguous)
    draws = np.array([rng.choice(len(DIMENSIONS), size=n_judges, p=row) for row in p])
    placed = _placings(rng, value, shifted, n_scalers, np.where(second >= 0, ambiguous_sd, sd), severity_sd)
    authors = ids("b", N_AUTHORS)
    incidents = pd.DataFrame(
        [(n, d, s, b, r, said[n]) for n, d, _, s, b, r in texts],
        columns=["incident", "dimension", "situation", "behaviour", "result", "text"],
    ).assign(
        effectiveness=np.clip(np.rint(value + 0.5 * rng.standard_normal(len(texts))), *SCALE),
        author=[authors[k % N_AUTHORS] for k in rng.permutation(len(texts))],
    )
    return SimulatedRetranslation(
        dimensions=pd.DataFrame(
            [(d, *_DEFINITIONS[lang][d]) for d in DIMENSIONS],
            columns=["dimension", "label", "definition", "high", "acceptable", "low"],
        ),
        definers=ids("a", N_DEFINERS),
        incidents=incidents,
        retranslation=_long(names, "c", n_judges, {"dimension_chosen": np.array(DIMENSIONS)[draws]}),
        scaling=_long(names, "d", n_scalers, {"effectiveness": placed}),
        truth=pd.DataFrame(
            {
                "dimension": [DIMENSIONS[k] for k in own],
                "second": [DIMENSIONS[k] if k >= 0 else "" for k in second],
                "effectiveness": value,
                "shift": shifted,
                "p_own": p[np.arange(len(own)), own],
            },
            index=pd.Index(names, name="incident"),
        ),
        parameters={
            "n_judges": n_judges, "n_scalers": n_scalers, "clear": clear, "ambiguous": ambiguous, "sd": sd, "ambiguous_sd": ambiguous_sd,
            "severity_sd": severity_sd, "n_shifted": n_shifted, "shift": shift, "lang": lang, "seed": seed,
        },
    )  # fmt: skip


def _check(n_judges: int, n_scalers: int, shares: Mapping[str, float], n_shifted: int) -> None:
    for name, n in (("n_judges", n_judges), ("n_scalers", n_scalers)):
        if not isinstance(n, int) or n < 2:
            raise SettingsError("E-SETTING", name=name, value=n, allowed="2, 3, …")
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise SettingsError("E-SETTING", name=name, value=share, allowed="0 to 1")
    if n_shifted < 0:
        raise SettingsError("E-SETTING", name="n_shifted", value=n_shifted, allowed="0, 1, 2, …")


def _probabilities(own: Any, second: Any, clear: float, ambiguous: float) -> Floats:
    """Probability of each dimension, by incident."""
    k = len(DIMENSIONS)
    p = np.full((len(own), k), (1 - clear) / (k - 1))
    p[np.arange(len(own)), own] = clear
    both = np.flatnonzero(second >= 0)
    p[both] = (1 - ambiguous) * 0.1 / (k - 2)
    p[both, own[both]] = ambiguous
    p[both, second[both]] = (1 - ambiguous) * 0.9
    return np.asarray(p / p.sum(axis=1, keepdims=True), dtype=np.float64)


def _placings(rng: Generator, value: Floats, shifted: Floats, n: int, spread: Floats, severity_sd: float) -> Floats:
    """Placings, incidents × judges; the first half of the judges are supervisors."""
    supervisor = np.arange(n) < (n + 1) // 2
    y = value[:, None] + np.where(supervisor, 0.5, -0.5)[None] * shifted[:, None] + severity_sd * rng.standard_normal(n)[None]
    return np.clip(np.rint(y + spread[:, None] * rng.standard_normal((len(value), n))), *SCALE)


def _long(names: list[str], group: str, n: int, values: Mapping[str, Any]) -> pd.DataFrame:
    """One judgement a row; half the judges are supervisors."""
    judges = ids(group, n)
    roles = ["supervisor" if k < (n + 1) // 2 else "incumbent" for k in range(n)]
    frame = pd.DataFrame({"incident": np.repeat(names, n), "judge": np.tile(judges, len(names))})
    frame = frame.assign(judge_group=group.upper(), judge_role=np.tile(roles, len(names)))
    return frame.assign(**{name: np.asarray(v).ravel() for name, v in values.items()})
