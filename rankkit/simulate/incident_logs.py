"""Logs of incidents with known truth: how much happens, who writes diligently, late, in a rush or one-sidedly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.simulate import log_details
from rankkit.simulate.incident_texts import service_incidents
from rankkit.simulate.service_desk import DIMENSIONS, MEAN, N_TEAMS, Names, _label, _Staff, _staff
from rankkit.simulate.simulated import ids
from rankkit.tables.incidents import Incidents

FIRST, LAST = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-12-31")
_DAYS = (LAST - FIRST).days + 1
RATE, SD_PERSON, SD_LOGGER = 0.62, 0.25, 0.15  # incidents a month of full observation; SD of log rates
OWN, NEIGHBOUR, EXPERT = 0.6, 0.2, 0.1  # share of the work seen by the own lead, the next team's lead, a quality expert
DILIGENT, LATE, RUSHED, SIDED, SIDED_AGENT, TRAITS = "L3", "L2", "L5", "L6", "A14", "L7"
LEAN, NOISE = 2.2, 1.2  # effectiveness points a point of merit; its deviation
N_TRAITS, N_COPIES, N_PERSONAL = 12, 6, 8


@dataclass(frozen=True, eq=False, repr=False)
class IncidentLog:
    """A simulated log of incidents with what was planted in it.

    Attributes
    ----------
    table : Incidents
        With exposure.
    truth : DataFrame
        By ``ratee``: ``rate``, the person's log rate over the average, and ``merit``, true score in scale points.
    authors : DataFrame
        By ``author``: ``diligence``, the author's log rate over the average.
    planted : mapping of str to tuple of str
        Ids of the incidents (``traits, copies, personal_data, one_sided``) and of authors (``diligent, late, rushed,
        one_sided_author``).
    parameters : mapping
        Settings, the seed among them.
    """

    table: Incidents
    truth: pd.DataFrame
    authors: pd.DataFrame
    planted: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<SIMULATED {repr(self.table).strip('<>')}; seed={self.parameters['seed']}>"


def incident_log(
    n_ratees: int = 60,
    n_authors: int = 8,
    authors_per_ratee: int = 2,
    *,
    rate: float = 0.6,
    months: float = 12.0,
    sd_ratee: float = 0.3,
    sd_author: float = 0.0,
    dispersion: float = 0.0,
    mean_lag: float = 5.0,
    seed: int = 0,
) -> IncidentLog:
    """Simulate a log of incidents without texts.

    Counts of each author and person are Poisson (negative binomial with ``dispersion``) around exposure × rate × the person's × the
    author's factor; incidents happen at an even rate and are written down after exponential lags, at the latest on the last day.

    Parameters
    ----------
    n_ratees, n_authors, authors_per_ratee : int
        Who logs whom, at random.
    rate : float
        Incidents a month.
    months : float
        Months observed.
    sd_ratee, sd_author : float
        Standard deviations of log rates.
    dispersion : float
        κ, variance μ + κμ².
    mean_lag : float
        Days.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    IncidentLog

    Raises
    ------
    SettingsError
        For impossible settings.

    Examples
    --------
    >>> incident_log(20, 4, seed=1).table.authors
    ('m1', 'm2', 'm3', 'm4')
    """
    if not (n_ratees >= 1 and 1 <= authors_per_ratee <= n_authors and rate > 0 and months > 0):
        value = {"n_ratees": n_ratees, "n_authors": n_authors, "authors_per_ratee": authors_per_ratee, "rate": rate, "months": months}
        raise SettingsError("E-SETTING", name="incident_log", value=value, allowed="positive, authors_per_ratee up to n_authors")
    rng = np.random.default_rng(seed)
    people, authors = ids("e", n_ratees), ids("m", n_authors)
    u, b = sd_ratee * rng.standard_normal(n_ratees), sd_author * rng.standard_normal(n_authors)
    ratee = np.repeat(np.arange(n_ratees), authors_per_ratee)
    author = np.concatenate([rng.permutation(n_authors)[:authors_per_ratee] for _ in range(n_ratees)])
    mu = months * rate * np.exp(u[ratee] + b[author])
    if dispersion:
        mu = mu * rng.gamma(1 / dispersion, dispersion, len(mu))
    pair = np.repeat(np.arange(len(mu)), rng.poisson(mu))
    day = rng.integers(0, _DAYS, len(pair))
    lag = np.floor(rng.exponential(mean_lag, len(pair)))
    frame = pd.DataFrame(
        {
            "ratee": np.array(people, dtype=object)[ratee[pair]],
            "author": np.array(authors, dtype=object)[author[pair]],
            "occurred_on": FIRST + pd.to_timedelta(day, unit="D"),
            "recorded_at": FIRST + pd.to_timedelta(np.minimum(day + lag, _DAYS - 1), unit="D"),
            "valence": np.where(rng.random(len(pair)) < 0.5, 1.0, -1.0),
        }
    )
    seen = {"ratee": np.array(people, dtype=object)[ratee], "author": np.array(authors, dtype=object)[author], "months": months}
    return IncidentLog(
        table=Incidents.from_frame(frame, exposure=pd.DataFrame(seen), source_name="incident_log (simulated)").as_simulated(),
        truth=pd.DataFrame({"rate": u}, index=pd.Index(people, name="ratee")),
        authors=pd.DataFrame({"diligence": b}, index=pd.Index(authors, name="author")),
        planted={},
        parameters={"rate": rate, "months": months, "sd_ratee": sd_ratee, "sd_author": sd_author, "dispersion": dispersion, "seed": seed},
    )


def service_team_incidents(*, seed: int = 2026, names: Names = "zh") -> IncidentLog:
    """Simulate a year's log of incidents of the sixty agents of the service team, with faults of its authors planted.

    The people and their true scores are those of :func:`~rankkit.simulate.service_team` with the same seed. An agent is observed by the
    own lead (share .6), the next team's lead (.2) and a quality expert (.1). ``L3`` writes three times as much as others, ``L2`` weeks
    late, ``L5`` most of it in December; ``L6`` writes nothing but bad of ``A14``; ``L7`` writes traits in place of deeds; some texts are
    copies, some hold personal data (invented). Words are made up, from the statements of the scale of the same team.

    Parameters
    ----------
    seed : int
        Seed of the random numbers; 2026 gives the data set ``service_team_incidents``.
    names : {"zh", "en"}
        Language of names and texts.

    Returns
    -------
    IncidentLog

    Raises
    ------
    SettingsError
        If ``names`` is neither of the two.

    Examples
    --------
    >>> from rankkit import simulate
    >>> len(simulate.service_team_incidents().planted["traits"])
    12
    """
    staff = _staff(np.random.default_rng(seed))
    rng = np.random.default_rng([seed, 5])
    pairs = _pairs(staff)
    authors = sorted(set(pairs["author"]))
    u, b = SD_PERSON * rng.standard_normal(len(staff.agents)), SD_LOGGER * rng.standard_normal(len(authors))
    b[authors.index(DILIGENT)] = np.log(3.0)
    agent = pairs["ratee"].map({a: k for k, a in enumerate(staff.agents)}).to_numpy()
    who = pairs["author"].map({a: k for k, a in enumerate(authors)}).to_numpy()
    n = rng.poisson(12 * pairs["observed_share"].to_numpy() * RATE * np.exp(u[agent] + b[who] - 0.15))
    sided = (pairs["author"] == SIDED).to_numpy() & (pairs["ratee"] == SIDED_AGENT).to_numpy()
    n[sided] = 6
    happened = pairs.loc[np.repeat(pairs.index, n), ["ratee", "author"]].reset_index(drop=True)
    happened["occurred_on"], happened["recorded_at"] = _times(rng, happened["author"])
    happened = _texts(rng, happened, staff, names)
    happened, planted = _planted(rng, happened, names)
    happened = happened.merge(pairs, on=["ratee", "author"])
    silent = pairs[n == 0]
    frame = pd.concat([happened.sort_values("incident"), silent], ignore_index=True)
    for column in ("ratee", "author"):
        frame[f"{column}_label"] = _label(staff, frame[column].tolist(), names)
    planted |= {"diligent": (DILIGENT,), "late": (LATE,), "rushed": (RUSHED,), "one_sided_author": (SIDED,)}
    return IncidentLog(
        table=Incidents.from_frame(frame, source_name="service_team_incidents (simulated)").as_simulated(),
        truth=pd.DataFrame({"rate": u, "merit": staff.merit[: len(staff.agents)].mean(axis=1)}, index=pd.Index(staff.agents, name="ratee")),
        authors=pd.DataFrame({"diligence": b}, index=pd.Index(authors, name="author")),
        planted=planted,
        parameters={"rate": RATE, "sd_ratee": SD_PERSON, "sd_author": SD_LOGGER, "seed": seed},
    )


def _pairs(staff: _Staff) -> pd.DataFrame:
    """Who can observe whom, for how long and how much of the work."""
    rows = []
    for k, agent in enumerate(staff.agents):
        team = int(staff.team[k])
        rows.append((agent, staff.leads[team], 12.0, OWN))
        rows.append((agent, staff.leads[(team + 1) % N_TEAMS], 12.0, NEIGHBOUR))
        rows.append((agent, f"X{1 + k % 3}", 12.0, EXPERT))
    return pd.DataFrame(rows, columns=["ratee", "author", "months", "observed_share"])


def _times(rng: Generator, author: pd.Series) -> tuple[Any, Any]:
    """Even over the year, written down after some days; one author is late, one in a rush at the end."""
    day = rng.integers(0, _DAYS, len(author))
    lag = np.floor(rng.exponential(np.where(author == LATE, 35.0, 4.0)))
    recorded = np.minimum(day + lag, _DAYS - 1)
    rush = ((author == RUSHED) & (rng.random(len(author)) < 0.7)).to_numpy()
    end = rng.integers(_DAYS - 25, _DAYS, len(author))
    recorded = np.where(rush, np.maximum(end, day), recorded)
    return FIRST + pd.to_timedelta(day, unit="D"), FIRST + pd.to_timedelta(recorded, unit="D")


def _texts(rng: Generator, happened: pd.DataFrame, staff: _Staff, names: Names) -> pd.DataFrame:
    """Give each incident a dimension, an effectiveness that follows merit, and words from the statements of the scale."""
    statements = service_incidents("zh" if names == "zh" else "en")
    level = np.array([s[2] for s in statements])
    of = np.array([DIMENSIONS.index(s[1]) for s in statements])
    used = np.zeros(len(statements), dtype=np.int64)
    place = {a: k for k, a in enumerate(staff.agents)}
    dimension: Ints = rng.integers(0, len(DIMENSIONS), len(happened))
    merit = staff.merit[[place[r] for r in happened["ratee"]], dimension]
    wanted = 4 + LEAN * (merit - MEAN) + NOISE * rng.standard_normal(len(happened))
    sided = ((happened["author"] == SIDED) & (happened["ratee"] == SIDED_AGENT)).to_numpy()
    wanted[sided] = 1.8
    rows = []
    for k in range(len(happened)):
        chosen = _nearest(level, of == dimension[k], used, float(wanted[k]))
        _, name, effect, situation, behaviour, result = statements[chosen]
        detail = log_details.detail(int(used[chosen]), int(rng.integers(2, 60)), names)
        used[chosen] += 1
        valence = int(np.clip(np.rint((effect - 4) * 2 / 3), -2, 2))
        rows.append((valence, name, situation, behaviour, f"{result}{'；' if names == 'zh' else '; '}{detail}"))
    out = happened.assign(**dict(zip(("valence", "dimension", "situation", "behaviour", "result"), zip(*rows, strict=True), strict=True)))
    out = out.sort_values(["occurred_on", "ratee", "author"], kind="stable", ignore_index=True)
    return out.assign(incident=[f"I{k + 1:04d}" for k in range(len(out))])


def _nearest(level: Floats, here: np.ndarray[Any, Any], used: Ints, wanted: float) -> int:
    """Pick the statement nearest in effectiveness; each use before counts as some distance."""
    cost = np.abs(level - wanted) + 0.4 * used
    return int(np.argmin(np.where(here, cost, np.inf)))


def _planted(rng: Generator, happened: pd.DataFrame, names: Names) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Put in trait words, copies and personal data."""
    out = happened.copy()
    planted: dict[str, tuple[str, ...]] = {}
    mine = rng.permutation(np.flatnonzero(out["author"] == TRAITS))[:N_TRAITS]
    for j, k in enumerate(mine):
        out.loc[k, ["situation", "behaviour", "result"]] = ["", log_details.trait(j, out.loc[k, "valence"] >= 0, names), ""]
    planted["traits"] = tuple(sorted(out.loc[mine, "incident"]))
    free = rng.permutation(np.setdiff1d(np.arange(len(out)), np.flatnonzero(out["author"] == TRAITS)))
    texts = ["situation", "behaviour", "result", "valence", "dimension"]
    copied: list[int] = []
    for k in free:
        twins = np.flatnonzero((out["author"] == out.loc[k, "author"]) & (out["ratee"] != out.loc[k, "ratee"]))
        later = twins[twins > k]
        if len(later) and len(copied) < N_COPIES and later[0] not in copied and k not in copied:
            out.loc[later[0], texts] = out.loc[k, texts].to_list()
            copied.append(int(later[0]))
    planted["copies"] = tuple(sorted(out.loc[copied, "incident"]))
    personal = [k for k in free if k not in copied][-N_PERSONAL:]
    for j, k in enumerate(personal):
        out.loc[k, "situation"] = log_details.with_customer(j, out.loc[k, "situation"], names)
    planted["personal_data"] = tuple(sorted(out.loc[personal, "incident"]))
    sided = (out["author"] == SIDED) & (out["ratee"] == SIDED_AGENT)
    planted["one_sided"] = tuple(out.loc[sided, "incident"])
    return out, planted
