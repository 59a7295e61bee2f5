"""Slow and plain versions of the choice models of alternation ranking, and a generator of such data."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd

from rankkit.kernels.rankings.picks import from_log


def log_sum(values):
    peak = max(values)
    return peak + math.log(sum(math.exp(v - peak) for v in values))


def sequential_loglik(u, log, *, scale=1.0, loss=0.0):
    """Log-probability of one list: ``log`` is a list of (people taken together, end), ``u`` of everybody presented.

    All orders inside a tie group are added up; a pick that leaves nobody else is no choice.
    """
    left, total = set(u), 0.0
    for made, (group, end) in enumerate(log):
        sign = (1.0 if end > 0 else -scale) * math.exp(-loss * (made // 2))
        if set(group) == left:
            break
        inner = []
        for order in itertools.permutations(group):
            remaining, here = set(left), 0.0
            for person in order:
                here += sign * u[person] - log_sum([sign * u[j] for j in remaining])
                remaining.discard(person)
            inner.append(here)
        total += log_sum(inner)
        left -= set(group)
    return total


def maxdiff_loglik(u, log):
    """Log-probability of one list without ties, best and worst of a stage taken together."""
    left, total = set(u), 0.0
    people = [(group[0], end) for group, end in log]
    for (a, end), other in zip(people[::2], [*people[1::2], None], strict=False):
        b = other[0] if other is not None else next(iter(left - {a}))
        best, worst = (a, b) if end > 0 else (b, a)
        total += u[best] - u[worst] - log_sum([u[j] - u[k] for j in left for k in left if j != k])
        left -= {a, b}
    return total


def alternation_log(order, first_end=1):
    """Picks of a person who alternates ends through this order, best first; the last place is forced."""
    order, log, end = list(order), [], first_end
    while len(order) > 1:
        log.append(((order.pop(0 if end > 0 else -1),), end))
        end = -end
    return log


def logged(logs, n, *, presented=None, rater=None):
    """Kernel picks of lists of (people taken together, end)."""
    ranking, person, pick, end = [], [], [], []
    for which, log in enumerate(logs):
        shown = range(n) if presented is None else presented[which]
        number = {j: k for k, (group, _) in enumerate(log, start=1) for j in group}
        side = {j: e for group, e in log for j in group}
        for j in shown:
            ranking.append(which)
            person.append(j)
            pick.append(number.get(j, 0))
            end.append(side.get(j, 0))
    raters = np.arange(len(logs)) if rater is None else np.asarray(rater)
    return from_log(*(np.array(x) for x in (ranking, person, pick, end)), raters, n, int(raters.max()) + 1)


def drawn_logs(views, rng, *, scale=1.0, loss=0.0, first_end=1):
    """Pick logs drawn from the sequential best-worst logit, one for each row of worths."""
    logs = []
    for u in views:
        left, log, end, made = list(range(len(u))), [], first_end, 0
        while len(left) > 1:
            sign = (1.0 if end > 0 else -scale) * math.exp(-loss * (made // 2))
            # the largest of Gumbel-perturbed utilities follows the logit
            chosen = left[int(np.argmax(sign * u[left] + rng.gumbel(size=len(left))))]
            log.append(((chosen,), end))
            left.remove(chosen)
            end, made = -end, made + 1
        logs.append(log)
    return logs


def final_order(log, n):
    """Best first: what the picks of a complete list amount to."""
    top = [j for group, end in log if end > 0 for j in group]
    bottom = [j for group, end in log if end < 0 for j in group]
    rest = [j for j in range(n) if j not in {*top, *bottom}]
    return [*top, *rest, *reversed(bottom)]


def numeric_gradient(function, at, step=1e-6):
    at = np.asarray(at, dtype=float)
    return np.array([(function(at + step * e) - function(at - step * e)) / (2 * step) for e in np.eye(len(at))])


def rankings_frame(logs, n, *, raters=None):
    """Table of complete lists with their picks, as a person would hold it."""
    rows = []
    for which, log in enumerate(logs):
        picks = {j: (number, "best" if end > 0 else "worst", group) for number, (group, end) in enumerate(log, start=1) for j in group}
        left = [j for j in range(n) if j not in picks]
        top = [j for group, end in log if end > 0 for j in group]
        for j in range(n):
            number, end, group = picks.get(j, (None, None, (j,)))
            above = top[: top.index(group[0])] if j in top else [*top, *left] if end else top
            before = len(above)
            if end == "worst":  # those picked as worst later stand above
                before += sum(len(g) for g, e in log if e < 0 and picks[g[0]][0] > number)
            rows.append((f"r{which}" if raters is None else raters[which], f"p{j}", before + 1, number, end, not end and len(left) == 1))
    return pd.DataFrame(rows, columns=["rater", "ratee", "rank", "pick", "end", "forced"])
