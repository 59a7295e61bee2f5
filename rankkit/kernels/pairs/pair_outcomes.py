"""Chances of the outcomes of one comparison, and how they move with the lead of the left person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, log_expit, log_ndtr, ndtri

from rankkit.kernels.arrays import Floats

Link = Literal["logit", "probit"]
Ties = Literal["half", "davidson", "rao_kupper"]

_LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class OutcomeModel:
    """How likely the left person wins, the right person wins, or neither, at a lead ``eta`` of the left person.

    ======== ============== =============================================================== =======================
    link     ties           chances of left, right, tie                                     tie parameter ``t``
    ======== ============== =============================================================== =======================
    either   half           ``F(eta), F(-eta)``; a tie counts as half of each               none
    logit    davidson       proportional to ``exp(eta/2), exp(-eta/2), exp(t)``             ``log nu``
    either   rao_kupper     ``F(eta - t), F(-eta - t)``, the rest                           ``log theta > 0``
    ======== ============== =============================================================== =======================

    ``F`` is the logistic distribution function (Bradley & Terry 1952) or the normal one (Thurstone 1927, Case V, in
    units of the standard deviation of a difference). ``rao_kupper`` with the normal one is the model of Glenn & David.

    Attributes
    ----------
    link : {"logit", "probit"}
    ties : {"half", "davidson", "rao_kupper"}
        Davidson's model has no probit version.

    Notes
    -----
    Thurstone, L. L. (1927). A law of comparative judgment. *Psychological Review*, 34.
    Glenn, W. A. & David, H. A. (1960). Ties in paired-comparison experiments. *Biometrics*, 16.
    Rao, P. V. & Kupper, L. L. (1967). Ties in paired-comparison experiments. *JASA*, 62.
    Davidson, R. R. (1970). Extending the Bradley-Terry model to accommodate ties. *JASA*, 65.
    """

    link: Link = "logit"
    ties: Ties = "half"

    @property
    def has_tie_parameter(self) -> bool:
        """Whether ties are an outcome of their own."""
        return self.ties != "half"

    def first_guess(self, tie_share: float) -> float:
        """Tie parameter at which two equal people tie with this chance."""
        if self.ties == "davidson":
            return float(np.log(2 * tie_share / (1 - tie_share)))
        half = 0.5 * (1 + tie_share)
        return float(ndtri(half) if self.link == "probit" else np.log(half / (1 - half)))

    def at(self, eta: Floats, t: float | Floats) -> Outcomes:
        """Log-chances and their derivatives.

        Parameters
        ----------
        eta : ndarray, shape (contests,)
            Lead of the left person.
        t : float or ndarray, shape (contests,)
            Tie parameter (not used with ``half``).

        Returns
        -------
        Outcomes
            Two outcomes with ``half``, else three: left, right, tie.

        Examples
        --------
        >>> import numpy as np
        >>> np.exp(OutcomeModel("logit", "davidson").at(np.zeros(1), 0.0).log_chance).round(6).ravel()
        array([0.333333, 0.333333, 0.333333])
        """
        if self.ties == "davidson":
            return _davidson(eta, t)
        tail = _logistic if self.link == "logit" else _normal
        shift: float | Floats = 0.0 if self.ties == "half" else t
        (log_left, m_left, k_left), (log_right, m_right, k_right) = tail(eta - shift), tail(-eta - shift)
        if self.ties == "half":
            none = np.zeros((2, len(eta)))
            stacked = np.stack([log_left, log_right]), np.stack([m_left, -m_right]), none, -np.stack([k_left, k_right])
            return Outcomes(*stacked, none, none)
        between = _between_logistic if self.link == "logit" else _between_normal
        tie = between(eta, t, (log_left, m_left, k_left), (log_right, m_right, k_right))
        left = (log_left, m_left, -m_left, -k_left, k_left, -k_left)
        right = (log_right, -m_right, -m_right, -k_right, -k_right, -k_right)
        return Outcomes(*(np.stack(parts) for parts in zip(left, right, tie, strict=True)))


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Log-chances of the outcomes and their first and second derivatives by the lead ``e`` and tie parameter ``t``.

    Attributes
    ----------
    log_chance, by_e, by_t, by_ee, by_et, by_tt : ndarray, shape (outcomes, contests)
    """

    log_chance: Floats
    by_e: Floats
    by_t: Floats
    by_ee: Floats
    by_et: Floats
    by_tt: Floats

    def loglik(self, counts: Floats) -> float:
        """Log-likelihood of counts, shape (outcomes, contests), without multinomial coefficients."""
        return float(np.sum(np.where(counts > 0, counts * self.log_chance, 0.0)))

    def information(self, counts: Floats) -> tuple[Floats, Floats, Floats]:
        """Negative second derivatives of the log-likelihood, each of shape (contests,)."""
        ee, et, tt = (-np.sum(counts * part, axis=0) for part in (self.by_ee, self.by_et, self.by_tt))
        return ee, et, tt

    def expected_information(self) -> tuple[Floats, Floats, Floats]:
        """Fisher information of one comparison, each of shape (contests,)."""
        chance = np.exp(self.log_chance)
        parts = (self.by_e * self.by_e, self.by_e * self.by_t, self.by_t * self.by_t)
        ee, et, tt = (np.sum(chance * part, axis=0) for part in parts)
        return ee, et, tt

    def information_slopes(self) -> tuple[tuple[Floats, Floats, Floats], tuple[Floats, Floats, Floats]]:
        """Derivatives of the three parts of the Fisher information by ``e`` and by ``t``.

        With ``g`` the first and ``h`` the second derivatives of ``log P``, the derivative of ``sum P g_r g_s`` by ``x``
        is ``sum P (g_x g_r g_s + h_xr g_s + h_xs g_r)``.
        """
        chance, e, t = np.exp(self.log_chance), self.by_e, self.by_t

        def slope(x: Floats, of_e: Floats, of_t: Floats) -> tuple[Floats, Floats, Floats]:
            ee = np.sum(chance * (x * e * e + 2 * of_e * e), axis=0)
            et = np.sum(chance * (x * e * t + of_e * t + of_t * e), axis=0)
            tt = np.sum(chance * (x * t * t + 2 * of_t * t), axis=0)
            return ee, et, tt

        return slope(e, self.by_ee, self.by_et), slope(t, self.by_et, self.by_tt)


_Tail = tuple[Floats, Floats, Floats]
_Tie = tuple[Floats, Floats, Floats, Floats, Floats, Floats]


def _logistic(x: Floats) -> _Tail:
    """``log F, (log F)', -(log F)''`` of the logistic distribution."""
    above = expit(-x)
    return log_expit(x), above, above * expit(x)


def _normal(x: Floats) -> _Tail:
    """``log F, (log F)', -(log F)''`` of the normal distribution."""
    log_f = log_ndtr(x)
    mills = np.exp(-0.5 * x * x - _LOG_ROOT_TWO_PI - log_f)
    return log_f, mills, mills * (mills + x)


def _davidson(eta: Floats, t: float | Floats) -> Outcomes:
    """Chances in the ratio ``exp(eta/2) : exp(-eta/2) : exp(t)``."""
    logs = np.stack([0.5 * eta, -0.5 * eta, np.broadcast_to(t, eta.shape)])
    top = logs.max(axis=0)
    log_chance = logs - top - np.log(np.exp(logs - top).sum(axis=0))
    left, right, tie = np.exp(log_chance)
    lead = left - right
    by_e = np.stack([0.5 - 0.5 * lead, -0.5 - 0.5 * lead, -0.5 * lead])
    by_t = np.stack([-tie, -tie, left + right])
    ee = -0.25 * (4 * left * right + tie * (left + right))
    seconds = (ee, 0.5 * lead * tie, -tie * (left + right))
    return Outcomes(log_chance, by_e, by_t, *(np.broadcast_to(part, by_e.shape) for part in seconds))


def _between_logistic(eta: Floats, t: float | Floats, left: _Tail, right: _Tail) -> _Tie:
    """Log-chance of a tie and its derivatives: ``F(eta - t) F(-eta - t) (exp(2 t) - 1)``."""
    (log_left, m_left, k_left), (log_right, m_right, k_right) = left, right
    ones = np.ones_like(eta)
    return (
        log_left + log_right + 2 * t + np.log(-np.expm1(-2 * t)),
        m_left - m_right,
        -2 * ones / np.expm1(-2 * t) - m_left - m_right,
        -k_left - k_right,
        k_left - k_right,
        -ones / np.sinh(np.minimum(t, 300.0)) ** 2 - k_left - k_right,
    )


def _between_normal(eta: Floats, t: float | Floats, left: _Tail, right: _Tail) -> _Tie:  # noqa: ARG001 - same signature as the logistic one
    """Log-chance of a tie and its derivatives: ``F(t - |eta|) - F(-t - |eta|)``, symmetric in ``eta``."""
    size, side = np.abs(eta), np.where(eta < 0, -1.0, 1.0)
    high, low = t - size, -t - size
    log_high = log_ndtr(high)
    log_chance = log_high + np.log(-np.expm1(log_ndtr(low) - log_high))
    near = np.exp(-0.5 * high * high - _LOG_ROOT_TWO_PI - log_chance)  # densities at the two ends, over the chance
    far = np.exp(-0.5 * low * low - _LOG_ROOT_TWO_PI - log_chance)
    by_size, by_t = far - near, near + far
    bend = -high * near + low * far
    both = high * near + low * far
    return log_chance, side * by_size, by_t, bend - by_size**2, side * (both - by_size * by_t), bend - by_t**2
