"""The chance that a group is chosen before everybody else, in an order nobody recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Floats

_STEP = 0.125  # of the trapezoidal rule; its error falls as exp(-2 pi d / step), d < pi/2
_LOWEST = -42.0  # below, the integrand is less than 1e-18 of what it can reach
_AT_ONCE = 2_000_000  # values of the integrand held at a time


@dataclass(frozen=True)
class UnorderedChoices:
    """Log-chances of groups and their derivatives.

    With ``sigma`` the log of the summed worths of the others, all depend on ``u_i - sigma`` only: the derivative by
    ``sigma`` is minus the sum of those by the ``u_i``.

    Attributes
    ----------
    log_chance : ndarray, shape (events,)
        Log-probability that the members of the group come first.
    gradient : ndarray, shape (events, size)
        Derivatives by the log-worths of the members.
    hessian : ndarray, shape (events, size, size)
        Second derivatives.
    """

    log_chance: Floats
    gradient: Floats
    hessian: Floats


def unordered_choices(lead: Floats) -> UnorderedChoices:
    """Sum the Plackett-Luce chances of all orders of a group, of any size, without listing them.

    The order of independent exponential times with rates ``exp(u_i)`` follows Plackett and Luce, so the group comes
    first if all its times are before the first of the others, whose rate is the sum of their worths. With ``w_i = u_i -
    sigma`` and the time on a log scale,

    ``P = integral exp(z - e^z) prod_i (1 - exp(-e^(z + w_i))) dz``,

    which the trapezoidal rule gives to rounding error. It is log-concave in the log-worths.

    Parameters
    ----------
    lead : ndarray, shape (events, size)
        ``w``: log-worth of each member minus the log of the summed worths of all who are not in the group.

    Returns
    -------
    UnorderedChoices
        Log-chances, gradients and Hessians.

    Notes
    -----
    Plackett, R. L. (1975). The analysis of permutations. *Applied Statistics*, 24.
    DeLong, D. M., Guirguis, G. H. & So, Y. C. (1994). Efficient computation of subset selection probabilities with
    application to Cox regression. *Biometrika*, 81.
    Trefethen, L. N. & Weideman, J. A. C. (2014). The exponentially convergent trapezoidal rule. *SIAM Review*, 56.

    Examples
    --------
    Two people against one, all equal: two of the three can be last in four of the six orders, the one in two.

    >>> found = unordered_choices(np.zeros((1, 2)))
    >>> np.exp(found.log_chance).round(12), found.gradient.round(12)
    (array([0.33333333]), array([[0.41666667, 0.41666667]]))
    """
    events, size = lead.shape
    step = _STEP * min(1.0, float(np.sqrt(30.0 / max(size, 1))))
    z = np.arange(_LOWEST, np.log(2.0 * (size + 1) + 45.0) + step, step)
    chunk = max(1, _AT_ONCE // (len(z) * size))
    if events > chunk:
        parts = [unordered_choices(lead[k : k + chunk]) for k in range(0, events, chunk)]
        return UnorderedChoices(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("log_chance", "gradient", "hessian")))
    x = np.exp(z + lead[:, :, None])  # events, size, nodes
    missed = np.exp(-x)
    reached = -np.expm1(-x)
    height = z - np.exp(z) + np.log(reached).sum(axis=1)
    top = height.max(axis=1, keepdims=True)
    mass = np.exp(height - top)
    total = mass.sum(axis=1, keepdims=True)
    mass /= total
    pull = x * missed / reached  # derivative of each factor's logarithm
    weighted = pull * mass[:, None, :]
    gradient = weighted.sum(axis=2)
    hessian = weighted @ pull.transpose(0, 2, 1) - gradient[:, :, None] * gradient[:, None, :]
    own = np.arange(size)
    hessian[:, own, own] += (weighted * (1.0 - x - pull)).sum(axis=2)
    return UnorderedChoices(np.log(total * step)[:, 0] + top[:, 0], gradient, hessian)
