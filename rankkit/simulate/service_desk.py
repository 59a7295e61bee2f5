"""The simulated service team: sixty agents and eight team leads, rated from all sides, compared in pairs and ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.simulate.invented_names import CUSTOMERS, EXPERTS, HEAD, employees
from rankkit.simulate.judged_pairs import decide
from rankkit.simulate.judged_rankings import Manner, as_rows, pick_in_turn
from rankkit.simulate.simulated import Simulated, ids
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.people import People
from rankkit.tables.ranking_picks import BEST, NOT_KNOWN, STATUSES, WORST
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings

Names = Literal["zh", "en"]
N_AGENTS, N_TEAMS, N_CUSTOMERS, N_EXPERTS = 60, 8, 60, 6
DIMENSIONS = ("knowledge", "attitude", "problem_solving", "communication")
SCALE = (1.0, 5.0)
MEAN = 3.5
SD_RATEE, SD_RATEE_DIMENSION = 0.50, 0.25  # merit, overall and peculiar to a dimension
SD_HALO, SD_RESIDUAL = 0.35, 0.45
LENIENCY = {"supervisor": 0.0, "peer": 0.15, "subordinate": 0.10, "self": 0.35, "customer": 0.20, "expert": -0.15}
SD_RATER = {"supervisor": 0.40, "peer": 0.30, "subordinate": 0.30, "self": 0.30, "customer": 0.30, "expert": 0.20}
N_COMPARED, ROUNDS = 24, 40  # for the comparisons: three agents of each team, forty comparisons each
LOGITS_PER_POINT, TIES = 1.8, 0.15
RANKED_LOGITS = 4.0  # for the rankings: leads who have ranked people for years see more in a point
N_RANKED, SD_VIEW, NOT_KNOWN_SHARE = 20, 0.4, 0.1  # for the rankings: agents, a lead's own view in logits, agents of other teams
ALTERNATION = Manner(worst_scale=0.8, depth_loss=0.08, ties=0.06)


@dataclass(frozen=True)
class _Staff:
    """Ids, names and true scores of everybody in the team; employees are agents, then leads."""

    agents: tuple[str, ...]
    leads: tuple[str, ...]
    team: Ints  # of each agent
    names: dict[str, tuple[str, str]]
    merit: Floats  # employee × dimension, scale points

    @property
    def employees(self) -> tuple[str, ...]:
        return self.agents + self.leads


def _staff(rng: Generator) -> _Staff:
    """Draw the true scores; ids and names do not depend on the seed."""
    agents, leads = ids("A", N_AGENTS), ids("L", N_TEAMS)
    names = dict(zip(agents + leads, employees(N_AGENTS + N_TEAMS), strict=True))
    names |= {c: (f"{CUSTOMERS[0]}{c[1:]}", f"{CUSTOMERS[1]} {c[1:]}") for c in ids("C", N_CUSTOMERS)}
    names |= dict(zip(ids("X", N_EXPERTS), EXPERTS, strict=True)) | {"H1": HEAD}
    n = N_AGENTS + N_TEAMS
    merit = MEAN + SD_RATEE * rng.standard_normal((n, 1)) + SD_RATEE_DIMENSION * rng.standard_normal((n, len(DIMENSIONS)))
    return _Staff(agents, leads, np.arange(N_AGENTS) % N_TEAMS, names, merit)


def _forms(rng: Generator, staff: _Staff) -> list[tuple[str, str, str]]:
    """Who fills in a form about whom, and as what: (rater, ratee, source)."""
    forms: list[tuple[str, str, str]] = []

    def ask(source: str, ratee: str, pool: tuple[str, ...], n: int) -> None:
        others = [p for p in pool if p != ratee]
        forms.extend((others[k], ratee, source) for k in np.sort(rng.permutation(len(others))[:n]))

    customers, experts = ids("C", N_CUSTOMERS), ids("X", N_EXPERTS)
    members = [tuple(a for a, t in zip(staff.agents, staff.team, strict=True) if t == k) for k in range(N_TEAMS)]
    for agent, team in zip(staff.agents, staff.team, strict=True):
        forms.append((staff.leads[team], agent, "supervisor"))
        ask("peer", agent, members[team], int(rng.integers(3, 5)))
    for lead, team_members in zip(staff.leads, members, strict=True):
        forms.append(("H1", lead, "supervisor"))
        ask("peer", lead, staff.leads, 3)
        ask("subordinate", lead, team_members, 5)
    for person in staff.employees:
        forms.append((person, person, "self"))
        ask("customer", person, customers, int(rng.integers(2, 4)))
        ask("expert", person, experts, 2)
    return forms


def _label(staff: _Staff, people: list[str], names: Names) -> list[str]:
    """Display names in the language asked for."""
    if names not in ("zh", "en"):
        raise SettingsError("E-SETTING", name="names", value=names, allowed="'zh', 'en'")
    return [staff.names[p][names == "en"] for p in people]


def service_team(*, seed: int = 2026, names: Names = "zh") -> Simulated[Ratings]:
    r"""Simulate a service team rated by superiors, peers, subordinates, themselves, customers and experts.

    Sixty agents in eight teams (seven or eight each) and their eight leads are rated on four dimensions, 1 to 5:
    everybody by the superior (agents by their lead, leads by the head), three or four peers, themselves, two or three
    customers and two of six experts who rate across teams, leads also by five of their agents. Experts and customers
    connect the teams. The rating of i by r, of source s, on dimension d is

    .. math:: y_{ird} = \mu + \theta_i + \delta_{id} + b_s + \beta_{rs} + h_{ir} + e_{ird}

    rounded to whole points and cut off at 1 and 5. Everything in it is invented, names included.

    Parameters
    ----------
    seed : int
        Seed of the random numbers; 2026 gives the data set ``service_team``.
    names : {"zh", "en"}
        Display names in Chinese characters or in pinyin. Two different people are called 王伟.

    Returns
    -------
    Simulated
        ``truth`` has ``score`` = μ + θ + mean δ in scale points; ``raters`` has the leniency b + β by rater and source.

    Raises
    ------
    SettingsError
        If ``names`` is neither of the two.

    Examples
    --------
    >>> from rankkit import simulate
    >>> simulate.service_team().table.sources
    ('customer', 'expert', 'peer', 'self', 'subordinate', 'supervisor')
    """
    rng = np.random.default_rng(seed)
    staff = _staff(rng)
    rater, ratee, source = (list(column) for column in zip(*_forms(rng, staff), strict=True))
    roles = sorted(set(zip(rater, source, strict=True)))  # a rater may judge peers and subordinates differently
    effect = np.array([LENIENCY[s] for _, s in roles]) + np.array([SD_RATER[s] for _, s in roles]) * rng.standard_normal(len(roles))
    role = {pair: k for k, pair in enumerate(roles)}
    place = {p: k for k, p in enumerate(staff.employees)}
    k = len(DIMENSIONS)
    y = staff.merit[[place[p] for p in ratee]] + effect[[role[pair] for pair in zip(rater, source, strict=True)], None]
    y = y + SD_HALO * rng.standard_normal((len(ratee), 1)) + SD_RESIDUAL * rng.standard_normal((len(ratee), k))
    frame = pd.DataFrame(
        {
            "rater": np.repeat(rater, k),
            "ratee": np.repeat(ratee, k),
            "dimension": np.tile(DIMENSIONS, len(ratee)),
            "score": np.clip(np.rint(y), *SCALE).ravel(),
            "source": np.repeat(source, k),
            "ratee_label": np.repeat(_label(staff, ratee, names), k),
            "rater_label": np.repeat(_label(staff, rater, names), k),
        }
    )
    index = pd.Index(staff.employees, name="ratee")
    return Simulated(
        table=Ratings.from_frame(frame, scale=SCALE, source_name="service_team (simulated)").as_simulated(),
        truth=pd.DataFrame({"score": staff.merit.mean(axis=1)}, index=index),
        dimensions=pd.DataFrame(staff.merit, index=index, columns=pd.Index(DIMENSIONS, name="dimension")),
        raters=pd.DataFrame({"effect": effect}, index=pd.MultiIndex.from_tuples(roles, names=["rater", "source"])),
        parameters={
            "mean": MEAN, "sd_ratee": SD_RATEE, "sd_ratee_dimension": SD_RATEE_DIMENSION, "leniency": LENIENCY, "sd_rater": SD_RATER,
            "sd_halo": SD_HALO, "sd_residual": SD_RESIDUAL, "scale": SCALE, "seed": seed,
        },
    )  # fmt: skip


def service_team_people() -> People:
    """People of the simulated service team: display names, unit, manager and level. Nothing in it is random.

    Returns
    -------
    People
        Sixty agents, eight leads and the head, with ``label`` in Chinese characters and ``label_en`` in pinyin.

    Examples
    --------
    >>> from rankkit import simulate
    >>> simulate.service_team_people().frame.loc["A06", ["label", "label_en", "unit"]].to_list()
    ['王伟', 'Wang Wei', 'team 6']
    """
    staff = _staff(np.random.default_rng(0))
    everybody = [*staff.employees, "H1"]
    teams = [f"team {t + 1}" for t in (*staff.team, *range(N_TEAMS))]
    frame = pd.DataFrame(
        {
            "person": everybody,
            "label": _label(staff, everybody, "zh"),
            "label_en": _label(staff, everybody, "en"),
            "unit": [*teams, "service"],
            "manager": [*(staff.leads[t] for t in staff.team), *["H1"] * N_TEAMS, None],
            "level": ["agent"] * N_AGENTS + ["lead"] * N_TEAMS + ["head"],
        }
    )
    return People.from_frame(frame, source_name="service_team_people (simulated)")


def service_team_pairs(*, seed: int = 2026, names: Names = "zh") -> Simulated[Comparisons]:
    """Simulate comparisons of twenty-four agents of the service team by the six experts.

    The people and their true scores are those of :func:`service_team` with the same seed: the first three agents of each
    team. In each of forty rounds they are paired at random; an expert says who serves customers better. The outcome
    follows Bradley & Terry (1952) with the ties of Davidson (1970), at 1.8 logits a scale point.

    Parameters
    ----------
    seed : int
        Seed of the random numbers; 2026 gives the data set ``service_team_pairs``.
    names : {"zh", "en"}
        Display names in Chinese characters or in pinyin.

    Returns
    -------
    Simulated
        ``truth`` has ``score`` in logits, mean 0.

    Raises
    ------
    SettingsError
        If ``names`` is neither of the two.

    Examples
    --------
    >>> from rankkit import simulate
    >>> simulate.service_team_pairs().table
    <Comparisons: 480 rows, 24 people, 6 judges, 1 dimension>
    """
    staff = _staff(np.random.default_rng(seed))
    rng = np.random.default_rng([seed, 1])
    theta = LOGITS_PER_POINT * staff.merit[:N_COMPARED].mean(axis=1)  # agents are dealt to the teams in turn
    theta -= theta.mean()
    order = np.argsort(rng.random((ROUNDS, N_COMPARED)), axis=1)
    left, right = order[:, 0::2].ravel(), order[:, 1::2].ravel()
    judge = rng.permutation(np.arange(len(left)) % N_EXPERTS)
    outcome = decide(rng, theta[left] - theta[right], TIES)
    people, experts = staff.agents[:N_COMPARED], ids("X", N_EXPERTS)
    sides = {side: [people[k] for k in codes] for side, codes in {"left": left, "right": right}.items()}
    frame = pd.DataFrame(
        {
            "rater": [experts[k] for k in judge],
            **sides,
            "outcome": np.array(["left", "right", "tie"])[outcome],
            **{f"{side}_label": _label(staff, who, names) for side, who in sides.items()},
        }
    )
    truth = pd.DataFrame({"score": theta}, index=pd.Index(people, name="ratee"))
    return Simulated(
        table=Comparisons.from_frame(frame, source_name="service_team_pairs (simulated)").as_simulated(),
        truth=truth,
        dimensions=truth.rename(columns={"score": "overall"}),
        raters=pd.DataFrame({"effect": np.zeros(N_EXPERTS)}, index=pd.Index(experts, name="rater")),
        parameters={"logits_per_point": LOGITS_PER_POINT, "ties": TIES, "rounds": ROUNDS, "seed": seed},
    )


def service_team_rankings(*, seed: int = 2026, names: Names = "zh") -> Simulated[Rankings]:
    """Simulate alternation rankings of twenty agents of the service team by the eight team leads.

    The people and their true scores are those of :func:`service_team` with the same seed: agents ``A01`` to ``A20``. A
    lead first crosses out agents of other teams whom they do not know well enough, then picks the best, the worst, the
    second best, the second worst and so on until one is left (:func:`rankkit.simulate.rankings`); four leads start with
    the worst. Two people who cannot be told apart are picked together. One point of true merit is 4 logits of a first
    pick; worst picks are less certain (λ = .8), and certainty fades with each stage (ρ = .08).

    Parameters
    ----------
    seed : int
        Seed of the random numbers; 2026 gives the data set ``service_team_rankings``.
    names : {"zh", "en"}
        Display names in Chinese characters or in pinyin.

    Returns
    -------
    Simulated
        ``truth`` has ``score`` in logits, mean 0.

    Raises
    ------
    SettingsError
        If ``names`` is neither of the two.

    Examples
    --------
    >>> from rankkit import simulate
    >>> simulate.service_team_rankings().table
    <Rankings: 160 rows, 20 people, 8 raters>
    """
    staff = _staff(np.random.default_rng(seed))
    rng = np.random.default_rng([seed, 2])
    agents, team = np.array(staff.agents[:N_RANKED]), staff.team[:N_RANKED]
    theta = RANKED_LOGITS * staff.merit[:N_RANKED].mean(axis=1)
    theta -= theta.mean()
    starts_with_worst = rng.permutation(N_TEAMS) < N_TEAMS // 2
    lists = []
    for k, lead in enumerate(staff.leads):
        view = theta + SD_VIEW * rng.standard_normal(N_RANKED)
        known = (rng.random(N_RANKED) >= NOT_KNOWN_SHARE) | (team == k)
        made = pick_in_turn(rng, view[known], ALTERNATION, WORST if starts_with_worst[k] else BEST)
        rows = as_rows(lead, agents[known].tolist(), made).set_index("ratee").reindex(agents)
        rows.index.name = "ratee"
        rows = rows.assign(rater=lead, forced=rows["forced"].eq(True), status=rows["status"].fillna(STATUSES[NOT_KNOWN]))
        lists.append(rows.reset_index())
    frame = pd.concat(lists, ignore_index=True)
    frame["ratee_label"] = _label(staff, frame["ratee"].tolist(), names)
    truth = pd.DataFrame({"score": theta}, index=pd.Index(agents, name="ratee"))
    return Simulated(
        table=Rankings.from_frame(frame, source_name="service_team_rankings (simulated)").as_simulated(),
        truth=truth,
        dimensions=truth.rename(columns={"score": "overall"}),
        raters=pd.DataFrame({"effect": np.zeros(N_TEAMS)}, index=pd.Index(staff.leads, name="rater")),
        parameters={
            "logits_per_point": RANKED_LOGITS, "sd_view": SD_VIEW, "worst_scale": ALTERNATION.worst_scale,
            "depth_loss": ALTERNATION.depth_loss, "ties": ALTERNATION.ties, "seed": seed,
        },
    )  # fmt: skip
