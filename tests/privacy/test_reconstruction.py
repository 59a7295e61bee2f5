"""The reconstruction attack: nothing the policy protects is found, and the same attack succeeds on the toys."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pandas as pd
import pytest

from rankkit.kernels.sources.disclosure import exposed_sets
from rankkit.kernels.sources.disclosure_ranges import whole_rows
from rankkit.privacy import Composite, DisclosurePolicy, GroupMean, Ledger, RollUp, disclose
from tests.oracles_disclosure import Attack
from tests.privacy.panels_of_feedback import EXEMPT, Panel, Reader

POLICIES = ("standard", "strict")


def besiege(seed, policy, ledger):
    """Release a random design one to three times, attack everything together; return what was found and the counts."""
    rng = np.random.default_rng(seed)
    panel = Panel(rng)
    reader = Reader(panel)
    rules = DisclosurePolicy(policy=policy)
    for _ in range(int(rng.integers(1, 4))):
        cells, statements = panel.cells(), panel.statements()
        if len(cells) and statements:
            shown = disclose(cells, statements, rules, scale=(1, panel.categories), ratee=str(seed), ledger=ledger)
            reader.read(cells, statements, shown)
        panel.go_on()
    return attacked(reader, rules), reader.counts


def attacked(reader, rules):
    """Run both attacks."""
    cells, sources = reader.cells, reader.panel.sources
    protected = [sources[r] not in EXEMPT for r, _ in cells]
    raters = sorted(sources)
    person = np.array([raters.index(r) for r, _ in cells])
    k = np.array([rules.k(sources[r]) for r in raters])
    rows = [row for row, _, _ in reader.attack.rows]
    found = []
    if rows:
        A = whole_rows(rows, len(cells))[0]
        found += [("set", s) for s in exposed_sets(A, person, k, ~np.array(protected)).sets]
    for insider in ["", *(r for r in raters if sources[r] not in EXEMPT)]:
        found += [("rating", insider, cells[c]) for c in reader.attack.determined(reader.x, protected, insider, rules.margin + 1)]
    return found


def storm(seeds, tmp_path):
    """Attack many designs under both policies; return counts of how statements were shown."""
    counts = {p: {} for p in POLICIES}
    for policy, batch in itertools.product(POLICIES, [seeds[k : k + 50] for k in range(0, len(seeds), 50)]):
        with Ledger(tmp_path / f"{policy}{batch[0]}.jsonl").held() as ledger:
            for seed in batch:
                found, shown = besiege(seed, policy, ledger)
                assert not found, (policy, seed, found)
                for kind, n in shown.items():
                    counts[policy][kind] = counts[policy].get(kind, 0) + n
    return counts


def told(counts):
    for policy, shown in counts.items():
        total = sum(shown.values())
        shares = ", ".join(f"{kind} {100 * n / total:.1f} %" for kind, n in sorted(shown.items(), key=lambda kv: -kv[1]))
        print(f"{policy}: {total} numbers asked for: {shares}")


def test_nothing_protected_is_found(tmp_path, capsys):
    counts = storm(range(120), tmp_path)
    with capsys.disabled():
        told(counts)
    for policy in POLICIES:
        assert counts[policy]["suppressed"] > 0  # or the designs would be too easy
        assert counts[policy]["exact"] > 0
        assert counts[policy]["band"] > 0
    assert counts["strict"]["suppressed"] > counts["standard"]["suppressed"]


@pytest.mark.thorough
def test_nothing_protected_is_found_in_ten_thousand_designs(tmp_path, capsys):
    counts = storm(range(10_000), tmp_path)
    with capsys.disabled():
        told(counts)


@pytest.mark.parametrize(("peers", "points", "policy"), [(3, 5, "standard"), (4, 4, "standard"), (4, 5, "strict")])
def test_somebody_who_runs_this_program_on_every_possible_table_learns_nothing_more(peers, points, policy):
    """All tables of answers that lead to the very same output, every word of it: each rating keeps its categories."""
    rules = DisclosurePolicy(policy=policy)
    names = [f"p{k}" for k in range(peers)]
    wanted = [
        Composite("score", {("supervisor", "A"): 1, ("peer", "A"): 2}),
        GroupMean("peer", "A"),
        RollUp("all", ("supervisor", "peer"), "A"),
    ]
    frame = pd.DataFrame({"rater": ["boss", *names], "source": ["supervisor", *["peer"] * peers], "dimension": "A"})
    worlds = {}
    for x in itertools.combinations_with_replacement(range(1, points + 1), peers):  # the output does not depend on who is who
        out = disclose(frame.assign(score=[2, *x]), wanted, rules, scale=(1, points))
        key = (out.table.to_csv(), out.groups.to_csv(), out.messages("en").to_csv())
        worlds.setdefault(key, []).extend(set(itertools.permutations(x)))
    assert len(worlds) > 2
    for possible in worlds.values():
        for j in range(peers):
            assert len({x[j] for x in possible}) > rules.margin  # for an outsider
            for i in range(peers):  # for each of the others, whatever the own answer
                for own in {x[i] for x in possible}:
                    assert i == j or len({x[j] for x in possible if x[i] == own}) > rules.margin


def published(groups, answers, categories=5):
    """A toy's releases on one dimension: (raters, low, high) of means in categories from 0."""
    attack = Attack([(r, "A") for r in sorted(answers)], categories)
    for raters, low, high in groups:
        attack.publish({(r, "A"): 1 for r in raters}, low * len(raters), high * len(raters))
    return attack, [answers[r] for r in sorted(answers)]


def test_toy_that_hides_the_group_and_publishes_the_total():
    answers = {"p1": 2, "p2": 3, "p3": 1, "p4": 2, "s1": 4}
    total, peers = sum(answers.values()), 8
    attack, x = published([(["p1", "p2", "p3", "p4"], peers / 4, peers / 4), (list(answers), total / 5, total / 5)], answers)
    assert attack.determined(x, [True] * 5, "", 2) == [4]
    A = whole_rows([row for row, _, _ in attack.rows], 5)[0]
    assert exposed_sets(A, np.arange(5), np.full(5, 3)).sets == ((4,),)


def test_toy_that_rounds_to_one_decimal():
    """Up to ten raters a mean with one decimal leaves one sum, so that the rounded toy is as open as the exact one."""
    for n in range(2, 11):
        sums = np.arange(4 * n + 1)
        assert len(set(np.round(sums / n, 1))) == len(sums)
    answers = {"p1": 2, "p2": 3, "p3": 1, "p4": 2, "s1": 4}
    groups = [(["p1", "p2", "p3", "p4"], 2.0 - 0.05, 2.0 + 0.05), (list(answers), 2.4 - 0.05, 2.4 + 0.05)]
    attack, x = published(groups, answers)
    assert attack.determined(x, [True] * 5, "", 2) == [4]


def test_toy_that_shows_a_mean_at_the_end_of_the_scale():
    answers = dict.fromkeys(("p1", "p2", "p3", "p4", "p5", "p6"), 4)
    attack, x = published([(list(answers), 4, 4)], answers)
    assert attack.determined(x, [True] * 6, "", 2) == list(range(6))
    low = {**answers, "p1": 0}  # and the one who gave 1 knows that all others gave 5
    attack, x = published([(list(low), 20 / 6, 20 / 6)], low)
    assert attack.determined(x, [True] * 6, "", 2) == []
    assert attack.determined(x, [True] * 6, "p1", 2) == [1, 2, 3, 4, 5]


def test_toy_that_shows_mean_and_sd_of_five():
    """For most answers of five raters on five points mean and SD leave one set of answers."""
    seen = {}
    answers = list(itertools.product(range(5), repeat=5))
    for a in answers:
        seen.setdefault((sum(a), round(statistics.pvariance(a), 9)), set()).add(tuple(sorted(a)))
    chance = dict(enumerate((0.05, 0.15, 0.20, 0.35, 0.25)))  # answers as skewed as ratings are
    for weigh, expected in ((lambda _: 1, 0.638), (lambda a: math.prod(chance[v] for v in a), 0.672)):
        alone = sum(weigh(a) for a in answers if len(seen[sum(a), round(statistics.pvariance(a), 9)]) == 1)
        assert alone / sum(map(weigh, answers)) == pytest.approx(expected, abs=0.0005)
