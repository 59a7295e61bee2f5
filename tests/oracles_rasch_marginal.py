"""Marginal likelihood of a many-facet Rasch model by plain sums over a dense grid, one person and one cell at a time."""

from __future__ import annotations

import numpy as np
from scipy import optimize


class Oracle:
    """Ratings (person, rater, dimension, category number) with thresholds common, by rater or by dimension.

    Parameters are a dict: beta (m), delta (D), psi (groups, K+1), mu, sigma, omega.
    """

    def __init__(self, person, rater, dimension, x, top, thresholds="common", theta=None, n_z=61):
        self.person, self.rater, self.dimension, self.x = (np.asarray(a) for a in (person, rater, dimension, x))
        self.top, self.thresholds = top, thresholds
        self.theta = np.linspace(-9, 9, 241) if theta is None else theta
        self.z = np.linspace(-6.5, 6.5, n_z)
        self.cells = [
            np.flatnonzero((self.person == i) & (self.rater == r)) for i, r in sorted(set(zip(self.person, self.rater, strict=True)))
        ]

    def group(self, rater, dimension):
        return {"common": 0, "rater": rater, "dimension": dimension}[self.thresholds]

    def probability(self, p, rater, dimension, eta):
        """P(x = k), shape (..., K+1)."""
        log_p = np.asarray(eta)[..., None] * np.arange(self.top + 1) - p["psi"][self.group(rater, dimension)]
        out = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
        return out / out.sum(axis=-1, keepdims=True)

    def cell(self, p, rows, theta):
        """Likelihood of one cell at each θ, the ratee × rater term integrated out."""
        z, weight = (np.zeros(1), np.ones(1)) if p["omega"] == 0 else (self.z, np.exp(-(self.z**2) / 2))
        value = np.ones((len(theta), len(z)))
        for t in rows:
            r, d = self.rater[t], self.dimension[t]
            eta = theta[:, None] + p["omega"] * z - p["beta"][r] - p["delta"][d]
            value *= self.probability(p, r, d, eta)[..., self.x[t]]
        return value @ (weight / weight.sum())

    def joint(self, p):
        """Likelihood times prior of every person on the grid."""
        step = self.theta[1] - self.theta[0]
        prior = np.exp(-0.5 * ((self.theta - p["mu"]) / p["sigma"]) ** 2) / (p["sigma"] * np.sqrt(2 * np.pi)) * step
        out = np.tile(prior, (self.person.max() + 1, 1))
        for rows in self.cells:
            out[self.person[rows[0]]] *= self.cell(p, rows, self.theta)
        return out

    def loglik(self, p):
        return float(np.log(self.joint(p).sum(axis=1)).sum())

    def posterior(self, p):
        """Posterior means and standard deviations."""
        mass = self.joint(p)
        mass /= mass.sum(axis=1, keepdims=True)
        mean = mass @ self.theta
        return mean, np.sqrt(mass @ self.theta**2 - mean**2)

    def sum_distribution(self, p, rater, dimensions, theta):
        """P(sum of one rater's ratings on these dimensions | θ), γ integrated out, by going through all ratings."""
        z, weight = (np.zeros(1), np.ones(1)) if p["omega"] == 0 else (self.z, np.exp(-(self.z**2) / 2))
        out = np.ones((len(z), 1))
        for d in dimensions:
            q = self.probability(p, rater, d, theta + p["omega"] * z - p["beta"][rater] - p["delta"][d])
            longer = np.zeros((len(z), out.shape[1] + self.top))
            for k in range(self.top + 1):
                longer[:, k : k + out.shape[1]] += out * q[:, k : k + 1]
            out = longer
        return (weight / weight.sum()) @ out

    def weighted_likelihood(self, p, person, h=1e-4):
        """Warm's measure of one person and its information, derivatives by differences."""
        rows = [c for c in self.cells if self.person[c[0]] == person]

        def parts(theta):
            score = information = third = 0.0
            for c in rows:
                r, dims, s = self.rater[c[0]], self.dimension[c], int(self.x[c].sum())
                low, mid, high = (self.sum_distribution(p, r, dims, theta + step) for step in (-h, 0.0, h))
                first, second = (high - low) / (2 * h), (high - 2 * mid + low) / h**2
                score += first[s] / mid[s]
                information += float((first**2 / mid).sum())
                third += float((first * second / mid).sum())
            return score, information, third

        def equation(theta):
            score, information, third = parts(theta)
            return score + third / (2 * information)

        root = optimize.brentq(equation, -8, 8, xtol=1e-9)
        return root, parts(root)[1]


def pack(p):
    """Free parameters: severities and difficulties without the last, inner ψ, μ, log σ, ω."""
    omega = [p["omega"]] if p["omega"] > 0 else []
    return np.concatenate([p["beta"][:-1], p["delta"][:-1], p["psi"][:, 1:-1].ravel(), [p["mu"], np.log(p["sigma"])], omega])


def unpack(v, like):
    """Inverse of :func:`pack`."""
    m, d, (g, width) = len(like["beta"]), len(like["delta"]), like["psi"].shape
    beta, delta = v[: m - 1], v[m - 1 : m + d - 2]
    at = m + d - 2
    psi = np.zeros((g, width))
    psi[:, 1:-1] = v[at : at + g * (width - 2)].reshape(g, width - 2)
    at += g * (width - 2)
    omega = v[at + 2] if like["omega"] > 0 else 0.0
    return {
        "beta": np.r_[beta, -beta.sum()],
        "delta": np.r_[delta, -delta.sum()],
        "psi": psi,
        "mu": v[at],
        "sigma": np.exp(v[at + 1]),
        "omega": omega,
    }


def maximise(oracle, start):
    """Maximum by a general optimiser from a start; parameters and log-likelihood."""
    found = optimize.minimize(lambda v: -oracle.loglik(unpack(v, start)), pack(start), method="BFGS", options={"gtol": 1e-4})
    return unpack(found.x, start), -float(found.fun)
