"""Feedback from all sides with known truth and planted effects: any organisation, and the simulated service team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.simulate import service_desk
from rankkit.simulate.feedback_answers import Answering, Planted, answers, impressions, levels, planted_shift
from rankkit.simulate.feedback_design import Asked, Staff, closeness, forms, staff
from rankkit.simulate.service_desk import DIMENSIONS, LENIENCY, SCALE, SD_RATER, Names
from rankkit.simulate.simulated import Simulated, ids
from rankkit.tables.ratings import Ratings

_DESIGN, _MERIT, _LEVELS, _IMPRESSIONS, _ANSWERS, _MISSING, _CHOICE = range(10, 17)  # streams of random numbers, one for each part
_SERVICE = Planted(
    severity={"X4": -0.8, "L6": 0.8},
    halo={"X2": 0.9},
    reciprocity=0.6,
    cliques=(("A19", "A27", "A35", "A43"),),
    clique_lift=1.2,
    nomination=0.4,
    retaliation=1.5,
    bombs=(("A36", "A04"), ("C28", "A12")),
    bomb=-2.6,
    copies=(("A39", "A15"),),
    pasted={"X6": 9},
    careless=("L5",),
)
_SERVICE_ASKED = {"2025": Asked(peers=3, nominated=2, customers=(1, 2)), "2026": Asked(peers=5, nominated=3)}
_NO_CUSTOMERS = (7,)  # team 8 works in the back office
_FEW_ANSWERS, _ANSWERED = ("L8", "2026"), 2  # of this lead's subordinates only so many answered


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedFeedback(Simulated[Ratings]):
    """Simulated feedback, and what was planted in it.

    Attributes
    ----------
    truth : DataFrame
        Index ``ratee``: ``score``, merit in the last cycle, and ``score_<cycle>`` of the others.
    raters : DataFrame
        Index ``rater, source``: ``effect``, true leniency of the rater in this role.
    planted : DataFrame
        ``effect, cycle, rater, ratee, size``; blank = everywhere, or everybody.
    """

    planted: pd.DataFrame


def feedback(
    n_people: int = 48,
    n_teams: int = 6,
    *,
    dimensions: int | Sequence[str] = 4,
    cycles: int | Sequence[str] = 1,
    peers: int = 5,
    nominated: int = 3,
    subordinates: int = 8,
    customers: tuple[int, int] = (2, 3),
    experts: int = 2,
    n_customers: int = 40,
    n_experts: int = 6,
    mean: float = 3.0,
    sd_ratee: float = 0.5,
    sd_ratee_dimension: float = 0.25,
    sd_change: float = 0.2,
    sd_halo: float = 0.35,
    sd_residual: float = 0.45,
    leniency: Mapping[str, float] | None = None,
    sd_rater: float | Mapping[str, float] = 0.3,
    severe: int = 0,
    severity: float = -0.8,
    haloed: int = 0,
    halo: float = 0.9,
    reciprocity: float = 0.0,
    cliques: int = 0,
    clique_size: int = 4,
    clique_lift: float = 1.0,
    nomination: float = 0.0,
    retaliation: float = 0.0,
    bombs: int = 0,
    bomb: float = -2.5,
    copies: int = 0,
    pasted: int = 0,
    careless: int = 0,
    missing: float = 0.0,
    scale: tuple[float, float] | None = (1, 5),
    rounded: bool = True,
    seed: int = 0,
) -> SimulatedFeedback:
    r"""Simulate feedback from all sides, with nothing planted in it unless asked for.

    Agents in teams with a lead each, and a head above them, are rated by superior, peers of their team, themselves, customers
    and experts; leads also by their agents. The rating of i by r as s, on dimension d in cycle c, is

    .. math:: y = \mu + \theta_{ic} + \delta_{id} + b_s + \beta_{rs} + h_{irc} + e
        + \lambda 1\{clique\} + \nu 1\{nominated\} + \rho\, h_{ri,c-1} 1\{s = subordinate\}

    rounded and cut off at the ends of the scale. The correlation of h between two peers is ``reciprocity``. Each part has
    random numbers of its own: planting one effect leaves everything else as it was.

    Parameters
    ----------
    n_people, n_teams : int
        Agents, and teams they are dealt to in turn.
    dimensions, cycles : int or sequence of str
        Numbers or names.
    peers, nominated : int
        Peers asked about an agent, and how many of them the agent chose (``nominated_by`` = ratee).
    subordinates, customers, experts : int, (int, int), int
        Subordinates, fewest and most customers, and experts asked about a person.
    n_customers, n_experts : int
        How many there are.
    mean : float
        μ; the middle of the scale keeps its ends out of the way.
    sd_ratee, sd_ratee_dimension, sd_change, sd_halo, sd_residual : float
        Standard deviations of merit, merit peculiar to a dimension, change from cycle to cycle, a rater's impression of a
        person (new in each cycle), the rest.
    leniency : mapping of str to float, optional
        By source; 0 by default.
    sd_rater : float or mapping
        SD of the raters' levels, for all sources or by source.
    severe, severity : int, float
        Raters with this further leniency.
    haloed, halo : int, float
        Raters (leads and experts) with this SD of the general impression and little else.
    reciprocity : float
        Correlation of peers' impressions of each other, −1 to 1.
    cliques, clique_size, clique_lift : int, int, float
        Groups of peers, at most one a team, who rate each other so many points higher and choose each other as raters.
    nomination : float
        Points by which raters chosen by the ratee rate higher.
    retaliation : float
        Points for each point of the superior's impression a cycle before, where agents rate their lead.
    bombs, bomb : int, float
        Single forms of the last cycle moved by so many points.
    copies : int
        Pairs of one team, one of whom hands in the other's answers in the last cycle.
    pasted : int
        Experts who give the same answers about half of their people in the last cycle.
    careless : int
        Leads who give nearly the same score everywhere in the last cycle, quickly.
    missing : float
        Share of peers', subordinates' and customers' forms that were not returned (blank scores, ``na_reason`` declined).
    scale, rounded : (float, float) or None, bool
        Ends of the scale; whether scores are whole numbers.
    seed : int
        Seed.

    Returns
    -------
    SimulatedFeedback
        ``table.extras`` has ``cycle, nominated_by, response_ms, na_reason``.

    Raises
    ------
    SettingsError
        If a setting is impossible.

    Examples
    --------
    >>> from rankkit import simulate
    >>> made = simulate.feedback(16, 2, cliques=1, seed=1)
    >>> made.table
    <Ratings: 856 rows, 18 people, 52 raters, 4 dimensions>
    >>> made.planted.groupby("effect").size().to_dict()
    {'clique': 12}
    """
    settings: dict[str, Any] = dict(locals())
    _check(settings)
    names = ids("d", dimensions) if isinstance(dimensions, int) else tuple(dimensions)
    periods = ids("c", cycles) if isinstance(cycles, int) else tuple(cycles)
    who = staff(n_people, n_teams, n_customers, n_experts)
    how = Answering(
        mean, scale, rounded, sd_halo, sd_residual, dict.fromkeys(SD_RATER, 0.0) | dict(leniency or {}),
        dict.fromkeys(SD_RATER, sd_rater) if isinstance(sd_rater, (int, float)) else {**dict.fromkeys(SD_RATER, 0.0), **sd_rater},
    )  # fmt: skip
    asked = dict.fromkeys(periods, Asked(peers, subordinates, customers, experts, nominated))
    plan = _drawn(who, settings)
    rng = np.random.default_rng([seed, _MERIT])
    n, k = len(who.employees), len(names)
    merit = mean + sd_ratee * rng.standard_normal((n, 1)) + sd_ratee_dimension * rng.standard_normal((n, k))
    frame, effect, truth = _simulate(seed, who, asked, how, plan, (merit, sd_change), names)
    declined = np.random.default_rng([seed, _MISSING]).random(len(frame) // k) < missing
    frame = _unreturned(frame, np.repeat(declined, k) & frame["source"].isin(["peer", "subordinate", "customer"]).to_numpy())
    table = Ratings.from_frame(frame, scale=scale, source_name="simulated feedback").as_simulated()
    return _made(table, truth, effect, merit, who, names, settings | {"dimensions": names, "cycles": periods}, plan.frame(periods))


def service_feedback(*, seed: int = 2026, names: Names = "zh") -> SimulatedFeedback:
    """Simulate two cycles of feedback about the service team, with effects planted for the checks of raters to find.

    People, teams and merit in 2026 are those of :func:`service_team` with the same seed. Planted: a severe expert (X4) and a
    lenient lead (L6), halo (X2), reciprocity among peers (.6), a clique of four agents of team 3 (1.2 points), inflation by
    nominated raters (.4), retaliation (1.5), two bombed people, a rater who hands in another's answers (A39 = A15), an
    expert who pastes (X6), a careless lead (L5). Some forms were not returned; team 8 has no customers.

    Parameters
    ----------
    seed : int
        Seed; 2026 gives the data set ``service_team_feedback``.
    names : {"zh", "en"}
        Display names in Chinese characters or in pinyin.

    Returns
    -------
    SimulatedFeedback

    Raises
    ------
    SettingsError
        If ``names`` is neither of the two.

    Examples
    --------
    >>> from rankkit import simulate
    >>> made = simulate.service_feedback()
    >>> made.planted["effect"].drop_duplicates().to_list()
    ['severity', 'halo', 'reciprocity', 'clique', 'nomination', 'retaliation', 'bombing', 'copying', 'pasting', 'careless']
    """
    known = service_desk._staff(np.random.default_rng(seed))  # noqa: SLF001 - the same people and merit
    customers, experts = ids("C", service_desk.N_CUSTOMERS), ids("X", service_desk.N_EXPERTS)
    who = Staff(known.agents, known.leads, known.team, customers, experts)
    how = Answering(service_desk.MEAN, SCALE, True, service_desk.SD_HALO, service_desk.SD_RESIDUAL, LENIENCY, SD_RATER)
    frame, effect, truth = _simulate(seed, who, _SERVICE_ASKED, how, _SERVICE, (known.merit, 0.15), DIMENSIONS, _NO_CUSTOMERS)
    k = len(DIMENSIONS)
    rng = np.random.default_rng([seed, _MISSING])
    declined = np.repeat(rng.random(len(frame) // k) < 0.06, k) & frame["source"].isin(["peer", "subordinate", "customer"]).to_numpy()
    few = ((frame["ratee"] == _FEW_ANSWERS[0]) & (frame["cycle"] == _FEW_ANSWERS[1]) & (frame["source"] == "subordinate")).to_numpy()
    declined = np.where(few, np.cumsum(few) > _ANSWERED * k, declined)
    planted = {*_SERVICE.bombs, *((a, b) for g in _SERVICE.cliques for a in g for b in g)}
    declined &= [(r, i) not in planted for r, i in zip(frame["rater"], frame["ratee"], strict=True)]
    frame = _unreturned(frame, declined)
    unseen = (rng.random(len(frame)) < 0.04) & (frame["source"] == "customer") & frame["score"].notna()
    frame["score"] = frame["score"].mask(unseen)
    frame["na_reason"] = frame["na_reason"].mask(unseen, "not_observed")
    for side in ("ratee", "rater"):
        frame[f"{side}_label"] = service_desk._label(known, frame[side].tolist(), names)  # noqa: SLF001 - the same names
    table = Ratings.from_frame(frame, scale=SCALE, source_name="service_team_feedback (simulated)").as_simulated()
    settings = {
        "mean": how.mean, "sd_ratee": service_desk.SD_RATEE, "sd_ratee_dimension": service_desk.SD_RATEE_DIMENSION, "sd_change": 0.15,
        "sd_halo": how.sd_halo, "sd_residual": how.sd_residual, "leniency": LENIENCY, "sd_rater": SD_RATER, "scale": SCALE,
        "cycles": tuple(_SERVICE_ASKED), "seed": seed,
    }  # fmt: skip
    return _made(table, truth, effect, known.merit, who, DIMENSIONS, settings, _SERVICE.frame(tuple(_SERVICE_ASKED)))


def _simulate(
    seed: int,
    who: Staff,
    asked: Mapping[str, Asked],
    how: Answering,
    plan: Planted,
    merit: tuple[Floats, float],
    names: Sequence[str],
    without_customers: tuple[int, ...] = (),
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Floats]]:
    """Ratings of all cycles, leniency of raters, and merit by cycle; the last cycle has the merit given."""
    periods = tuple(asked)
    rngs = {part: np.random.default_rng([seed, part]) for part in (_DESIGN, _LEVELS, _IMPRESSIONS, _ANSWERS, _MERIT)}
    near = closeness(rngs[_DESIGN], who, plan.cliques)
    asked_forms = {c: forms(rngs[_DESIGN], who, near, asked[c], without_customers) for c in periods}
    roles = sorted({pair for f in asked_forms.values() for pair in zip(f["rater"], f["source"], strict=True)})
    level = levels(rngs[_LEVELS], roles, how, plan)
    role, place = {pair: k for k, pair in enumerate(roles)}, {p: k for k, p in enumerate(who.employees)}
    change = np.random.default_rng([seed, _MERIT, 1]).standard_normal((len(periods) - 1, len(who.employees)))
    back = np.cumsum(change[::-1], axis=0)[::-1] * merit[1] if len(periods) > 1 else change
    by_cycle = {c: merit[0] - (back[k][:, None] if k < len(back) else 0.0) for k, c in enumerate(periods)}
    parts, before = [], None
    for c, f in asked_forms.items():
        h = impressions(rngs[_IMPRESSIONS], f, how, plan)
        own = level[[role[pair] for pair in zip(f["rater"], f["source"], strict=True)]]
        centre = by_cycle[c][[place[p] for p in f["ratee"]]] + (own + h + planted_shift(f, plan, before))[:, None]
        y, ms = answers(rngs[_ANSWERS], f, centre, how, plan, last=c == periods[-1])
        parts.append(_long(f, y, ms, names, c))
        before = f.assign(impression=h)
    index = pd.MultiIndex.from_tuples(roles, names=["rater", "source"])
    return pd.concat(parts, ignore_index=True), pd.DataFrame({"effect": level}, index=index), by_cycle


def _long(f: pd.DataFrame, y: Floats, ms: Any, names: Sequence[str], cycle: str) -> pd.DataFrame:
    """One answer a row."""
    k = len(names)
    return pd.DataFrame(
        {
            "rater": np.repeat(f["rater"].to_numpy(), k),
            "ratee": np.repeat(f["ratee"].to_numpy(), k),
            "dimension": np.tile(list(names), len(f)),
            "source": np.repeat(f["source"].to_numpy(), k),
            "score": y.ravel(),
            "cycle": cycle,
            "nominated_by": np.repeat(f["nominated_by"].to_numpy(), k),
            "response_ms": ms.ravel().astype(np.float64),
            "na_reason": pd.array([None] * (k * len(f)), dtype="str"),
        }
    )


def _unreturned(frame: pd.DataFrame, declined: Any) -> pd.DataFrame:
    """Blank the forms that were asked for and not returned."""
    frame = frame.copy()
    frame.loc[declined, ["score", "response_ms"]] = np.nan
    frame.loc[declined, "na_reason"] = "declined"
    return frame


def _made(
    table: Ratings, truth: Mapping[str, Floats], effect: pd.DataFrame, merit: Floats, who: Staff, names: Sequence[str],
    settings: Mapping[str, Any], planted: pd.DataFrame,
) -> SimulatedFeedback:  # fmt: skip
    index = pd.Index(who.employees, name="ratee")
    cycles = list(truth)
    columns = {"score": truth[cycles[-1]].mean(axis=1)} | {f"score_{c}": truth[c].mean(axis=1) for c in cycles[:-1]}
    dimensions = pd.DataFrame(merit, index=index, columns=pd.Index(names, name="dimension"))
    return SimulatedFeedback(table, pd.DataFrame(columns, index=index), dimensions, effect, settings, planted)


def _drawn(who: Staff, s: Mapping[str, Any]) -> Planted:
    """Draw who carries what."""
    rng = np.random.default_rng([s["seed"], _CHOICE])
    judges = (*who.leads, *who.experts)

    def some(pool: Sequence[str], n: int) -> list[str]:
        return [pool[k] for k in np.sort(rng.permutation(len(pool))[:n])]

    teams = [who.members(t) for t in rng.permutation(len(who.leads))]
    twins = [tuple(some(teams[-1 - k], 2)) for k in range(s["copies"])]
    near = [(a, b) for team in teams for a in team for b in team if a != b]
    return Planted(
        severity=dict.fromkeys(some(judges, s["severe"]), s["severity"]),
        halo=dict.fromkeys(some(judges, s["haloed"]), s["halo"]),
        reciprocity=s["reciprocity"],
        cliques=tuple(tuple(some(teams[k], s["clique_size"])) for k in range(s["cliques"])),
        clique_lift=s["clique_lift"],
        nomination=s["nomination"],
        retaliation=s["retaliation"],
        bombs=tuple(near[k] for k in np.sort(rng.permutation(len(near))[: s["bombs"]])),
        bomb=s["bomb"],
        copies=tuple((a, b) for a, b in twins),
        pasted=dict.fromkeys(some(who.experts, s["pasted"]), max(len(who.employees) * s["experts"] // (2 * len(who.experts)), 2)),
        careless=tuple(some(who.leads, s["careless"])),
    )


def _check(s: Mapping[str, Any]) -> None:
    """Refuse impossible settings."""

    def refuse(name: str, allowed: str) -> None:
        raise SettingsError("E-SETTING", name=name, value=str(s[name]), allowed=allowed)

    for name in ("n_people", "n_teams", "n_customers", "n_experts"):
        if s[name] < 1:
            refuse(name, "1 or more")
    for name in ("dimensions", "cycles"):
        if (s[name] if isinstance(s[name], int) else len(s[name])) < 1:
            refuse(name, "1 or more")
    sds = ("sd_ratee", "sd_ratee_dimension", "sd_change", "sd_halo", "sd_residual", "halo")
    for name in (*sds, "peers", "nominated", "subordinates", "experts", "severe", "haloed", "bombs", "careless", "pasted"):
        if not 0 <= s[name] < np.inf:
            refuse(name, "0 or more")
    if not -1 <= s["reciprocity"] <= 1:
        refuse("reciprocity", "-1 to 1")
    if not 0 <= s["missing"] < 1:
        refuse("missing", "0 to below 1")
    if not 0 <= s["customers"][0] <= s["customers"][1]:
        refuse("customers", "fewest and most, 0 or more")
    for name in ("cliques", "copies"):
        if not 0 <= s[name] <= s["n_teams"]:
            refuse(name, f"0 to {s['n_teams']}")
    unknown = [source for name in ("leniency", "sd_rater") if isinstance(s[name], Mapping) for source in s[name] if source not in SD_RATER]
    if unknown:
        raise SettingsError("E-SETTING", name="leniency, sd_rater", value=unknown, allowed=", ".join(SD_RATER))
    if s["scale"] is not None and not s["scale"][0] < s["scale"][1]:
        refuse("scale", "(lowest, highest)")
