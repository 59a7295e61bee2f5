"""Balanced and unbalanced designs written out as dense matrices: projections, expectations and covariances by brute force."""

from __future__ import annotations

import itertools

import numpy as np


def indicator(codes):
    """0/1 matrix of the distinct columns of a table of codes, shape (N, levels)."""
    _, place = np.unique(codes, axis=1, return_inverse=True)
    place = place.ravel()
    out = np.zeros((codes.shape[1], place.max() + 1))
    out[np.arange(codes.shape[1]), place] = 1
    return out


def all_codes(sizes):
    """Codes of a complete table, shape (facets, N)."""
    return np.indices(sizes).reshape(len(sizes), -1)


def span(codes, effect):
    """Orthonormal basis of the columns of an effect's indicator."""
    q, r = np.linalg.qr(indicator(codes[sorted(effect)]))
    return q[:, np.abs(np.diag(r)) > 1e-10]


def projections(codes, design):
    """Projection on each effect after all effects inside it, for balanced designs."""
    n = codes.shape[1]
    mean = np.full((n, n), 1 / n)
    out = []
    for k, effect in enumerate(design.effects):
        basis = span(codes, effect)
        smaller = [out[j] for j, other in enumerate(design.effects[:k]) if other < effect]
        out.append(basis @ basis.T - mean - sum(smaller, np.zeros((n, n))))
    return out


def covariance(codes, design, sigma):
    """Var(y) for variance components of every effect; the last is the residual."""
    n = codes.shape[1]
    v = sigma[-1] * np.eye(n)
    for effect, s in zip(design.effects[:-1], sigma[:-1], strict=True):
        z = indicator(codes[sorted(effect)])
        v += s * z @ z.T
    return v


def henderson(y, codes, design):
    """Method 1 from projections: E(y'Q y) by traces, and the sampling covariance of the sums of squares."""
    n = len(y)
    mean = np.full((n, n), 1 / n)
    forms = []
    for effect in design.effects[:-1]:
        z = indicator(codes[sorted(effect)])
        forms.append(z @ np.diag(1 / z.sum(axis=0)) @ z.T - mean)
    forms.append(np.eye(n) - mean)
    unit = np.eye(len(design.effects))
    expected = np.array([[np.trace(q @ covariance(codes, design, unit[b])) for b in range(len(unit))] for q in forms])
    raw = np.linalg.solve(expected, [y @ q @ y for q in forms])
    v = covariance(codes, design, np.maximum(raw, 0))
    sampling = np.array([[2 * np.trace(a @ v @ b @ v) for b in forms] for a in forms])
    inverse = np.linalg.inv(expected)
    return raw, inverse @ sampling @ inverse.T


def decision(design, used, fixed, sizes, sigma):
    """σ²(τ), σ²(δ), σ²(Δ) of means of objects (facet 0) from the covariance matrix of two objects in two replications.

    A replication has new conditions of every random facet and the same ones of the fixed facets. ``sizes`` are the conditions
    averaged over, by facet; ``sigma`` the components of ``design``; ``used`` the design of the decision study.
    """
    facets = range(len(design.facets))
    shape = [2, 2] + [sizes[f] for f in facets if f != 0]
    cells = np.array(list(itertools.product(*map(range, shape))))
    person, replication = cells[:, 0], cells[:, 1]
    code = {0: person}
    for place, f in enumerate((f for f in facets if f != 0), start=2):
        code[f] = cells[:, place] if f in fixed else cells[:, place] + 100 * replication
    v = np.zeros((len(cells), len(cells)))
    for effect, s in zip(design.effects, sigma, strict=True):
        columns = np.stack([code[f] for f in sorted(used.closure(effect))])
        v += s * (columns[:, :, None] == columns[:, None, :]).all(axis=0)
    means = np.stack([(person == p) & (replication == r) for p in (0, 1) for r in (0, 1)]).astype(float)
    means /= means.sum(axis=1, keepdims=True)
    c = means @ v @ means.T  # order: (p0, r0), (p0, r1), (p1, r0), (p1, r1)
    constant = c[0, 3]
    universe = c[0, 1] - constant
    return universe, c[0, 0] - c[0, 2] - universe, c[0, 0] - constant - universe
