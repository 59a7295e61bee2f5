"""Who is asked about whom in feedback from all sides: superiors, peers, subordinates, oneself, customers, experts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.kernels.arrays import Floats, Ints
from rankkit.simulate.simulated import ids


@dataclass(frozen=True, eq=False)
class Staff:
    """Everybody in the organisation.

    Attributes
    ----------
    agents, leads, customers, experts : tuple of str
        Ids; everybody else is an employee's superior.
    team : ndarray of int, shape (agents,)
        Team of each agent; its lead has the same place in ``leads``.
    head : str
        The leads' superior.
    """

    agents: tuple[str, ...]
    leads: tuple[str, ...]
    team: Ints
    customers: tuple[str, ...]
    experts: tuple[str, ...]
    head: str = "H1"

    @property
    def employees(self) -> tuple[str, ...]:
        """Those who are rated: agents, then leads."""
        return self.agents + self.leads

    def members(self, team: int) -> list[str]:
        """Agents of a team."""
        return [a for a, t in zip(self.agents, self.team, strict=True) if t == team]


@dataclass(frozen=True)
class Asked:
    """How many of each group are asked about a person in a cycle.

    Attributes
    ----------
    peers, subordinates, experts : int
        Fewer where there are fewer; leads' peers are other leads.
    customers : (int, int)
        Fewest and most.
    nominated : int
        Of an agent's peers, how many the agent chose; the manager chose the others.
    """

    peers: int = 5
    subordinates: int = 8
    customers: tuple[int, int] = (2, 3)
    experts: int = 2
    nominated: int = 3


def staff(n_agents: int, n_teams: int, n_customers: int, n_experts: int) -> Staff:
    """An organisation with agents dealt to the teams in turn."""
    agents, leads = ids("A", n_agents), ids("L", n_teams)
    return Staff(agents, leads, np.arange(n_agents) % n_teams, ids("C", n_customers), ids("X", n_experts))


def closeness(rng: Generator, who: Staff, cliques: tuple[tuple[str, ...], ...]) -> Floats:
    """How close two agents are, symmetric, agent × agent: whom they would choose as raters; members of a clique choose each other."""
    n = len(who.agents)
    near = np.triu(rng.random((n, n)), 1)
    near += near.T
    place = {a: k for k, a in enumerate(who.agents)}
    for group in cliques:
        at = [place[a] for a in group if a in place]
        near[np.ix_(at, at)] += 1.0
    return np.asarray(near)


def forms(rng: Generator, who: Staff, near: Floats, asked: Asked, without_customers: tuple[int, ...] = ()) -> pd.DataFrame:
    """Who fills in a form about whom in one cycle.

    Parameters
    ----------
    rng : Generator
        Random numbers.
    who : Staff
        The organisation.
    near : ndarray, shape (agents, agents)
        Closeness.
    asked : Asked
        How many of each group.
    without_customers : tuple of int
        Teams whose agents have no customers.

    Returns
    -------
    DataFrame
        ``rater, ratee, source, nominated_by``.
    """
    rows: list[tuple[str, str, str, str]] = []

    def ask(source: str, ratee: str, pool: list[str], n: int, by: str = "system") -> None:
        others = [p for p in pool if p != ratee]
        rows.extend((others[k], ratee, source, by) for k in np.sort(rng.permutation(len(others))[:n]))

    place = {a: k for k, a in enumerate(who.agents)}
    teams = [who.members(t) for t in range(len(who.leads))]
    for agent, team in zip(who.agents, who.team, strict=True):
        rows.append((who.leads[team], agent, "supervisor", "system"))
        others = [a for a in teams[team] if a != agent]
        by_closeness = np.argsort([-near[place[agent], place[a]] for a in others], kind="stable")
        chosen = [others[k] for k in by_closeness[: min(asked.nominated, asked.peers)]]
        rows.extend((a, agent, "peer", "ratee") for a in sorted(chosen))
        ask("peer", agent, [a for a in others if a not in chosen], asked.peers - len(chosen), "manager")
    for lead, members in zip(who.leads, teams, strict=True):
        rows.append((who.head, lead, "supervisor", "system"))
        ask("peer", lead, list(who.leads), asked.peers, "manager")
        ask("subordinate", lead, members, asked.subordinates)
    for person in who.employees:
        rows.append((person, person, "self", "system"))
        n = int(rng.integers(asked.customers[0], asked.customers[1] + 1))
        if not (person in place and who.team[place[person]] in without_customers):
            ask("customer", person, list(who.customers), n)
        ask("expert", person, list(who.experts), asked.experts)
    return pd.DataFrame(rows, columns=["rater", "ratee", "source", "nominated_by"])
