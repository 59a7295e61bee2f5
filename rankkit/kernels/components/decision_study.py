"""Decision studies: what variance components say of the mean of so many raters, dimensions, occasions.

A component adds to the universe-score variance, to relative error (the order of the objects), to absolute error (their
standing), or to nothing, according to which of its facets are fixed, which random, and what is nested in the objects.

Sources: Cronbach, Gleser, Nanda & Rajaratnam (1972); Brennan (2001), chapters 4 and 5; Putka, Le, McCloy & Diaz (2008).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import ArrayLike

from rankkit.errors import IdentificationError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.components.design_notation import DesignNotation


@dataclass(frozen=True, eq=False)
class Shares:
    """What each of the k components of a study contributes to the variances of a decision study.

    Attributes
    ----------
    universe, relative, absolute : ndarray, shape (k,)
        Coefficients of the components in the universe-score variance and the two error variances.
    mean : ndarray, shape (k,)
        In the error variance of the mean of all objects, beside that of the universe scores themselves: what all share.
    """

    universe: Floats
    relative: Floats
    absolute: Floats
    mean: Floats


@dataclass(frozen=True, eq=False)
class Decision:
    """Variances and coefficients of a decision study, from components of shape (..., k).

    Attributes
    ----------
    universe, relative, absolute : ndarray, shape (...)
        Universe-score variance σ²(τ), relative error variance σ²(δ), absolute error variance σ²(Δ).
    """

    universe: Floats
    relative: Floats
    absolute: Floats

    @property
    def erho2(self) -> Floats:
        """Generalizability coefficient Eρ² = σ²(τ)/(σ²(τ) + σ²(δ)); NaN if both are zero."""
        return _ratio(self.universe, self.relative)

    @property
    def phi(self) -> Floats:
        """Index of dependability Φ = σ²(τ)/(σ²(τ) + σ²(Δ)); NaN if both are zero."""
        return _ratio(self.universe, self.absolute)

    @property
    def signal_noise(self) -> tuple[Floats, Floats]:
        """Universe-score over error variance, relative and absolute; infinite without error."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.universe / self.relative, self.universe / self.absolute

    @property
    def sem(self) -> tuple[Floats, Floats]:
        """Standard errors of measurement, relative and absolute, in score units."""
        return np.sqrt(np.maximum(self.relative, 0)), np.sqrt(np.maximum(self.absolute, 0))


def _ratio(universe: Floats, error: Floats) -> Floats:
    """Share of the universe-score variance."""
    whole = universe + error
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 0, universe / whole, np.nan))


def decide(components: ArrayLike, shares: Shares) -> Decision:
    """Put components into a decision study.

    Parameters
    ----------
    components : array, shape (..., k)
        Variance components, none negative.
    shares : Shares
        From :func:`shares`.

    Returns
    -------
    Decision

    Examples
    --------
    >>> from rankkit.kernels.components.design_notation import parse
    >>> found = decide([0.0574, 0.0754, 0.1269], shares(parse("p x i"), {"i": 12}))
    >>> round(float(found.erho2), 3), round(float(found.phi), 3)
    (0.844, 0.773)
    """
    sigma = np.asarray(components, dtype=np.float64)
    return Decision(*(np.asarray(sigma @ part) for part in (shares.universe, shares.relative, shares.absolute)))


def shares(
    design: DesignNotation,
    conditions: Mapping[str, float],
    *,
    fixed: Collection[str] = (),
    objects: str | None = None,
    alternative: DesignNotation | None = None,
) -> Shares:
    r"""Coefficients of the components of a study in a decision study.

    A component with facets A counts, in a decision study where A is joined by what its facets are nested in, as

    .. math:: \sigma^2_A \Big/ \prod_{f \in A,\, f \ne p} n'_f

    and belongs to σ²(τ) if A holds the objects p and otherwise only fixed facets, to σ²(δ) if it holds p and a random
    facet, to σ²(Δ) if it holds a random facet, and to nothing if it holds only fixed facets.

    Parameters
    ----------
    design : DesignNotation
        Design of the study the components come from.
    conditions : mapping
        Facet to n', how many conditions are averaged over; 1 where not given. A fixed facet needs all of its universe.
    fixed : collection of str
        Facets whose conditions are the whole universe (usually the dimensions).
    objects : str, optional
        Facet of the objects of measurement; default the first.
    alternative : DesignNotation, optional
        Design of the decision study; default that of the study. It may nest what was crossed (different raters for each
        ratee), not cross what was nested.

    Returns
    -------
    Shares

    Raises
    ------
    IdentificationError
        ``E-DSTUDY`` if the study cannot tell apart what the alternative needs apart.
    SettingsError
        For a facet the design does not have.

    References
    ----------
    Brennan (2001), sections 4.1 and 5.1.

    Examples
    --------
    >>> from rankkit.kernels.components.design_notation import parse
    >>> shares(parse("p x r"), {"r": 4}, alternative=parse("r:p")).relative
    array([0.  , 0.25, 0.25])
    """
    used = design if alternative is None else alternative
    if set(used.facets) != set(design.facets):
        raise SettingsError("E-SETTING", name="design", value=str(used), allowed=f"the facets {', '.join(design.facets)}")
    used = used.reordered(design.facets)
    if any(not before <= after for before, after in zip(design.nested_in, used.nested_in, strict=True)):
        raise IdentificationError("E-DSTUDY", wanted=str(used), design=str(design))
    p = 0 if objects is None else design.position(objects)
    constant = frozenset(design.position(f) for f in fixed)
    n = np.ones(len(design.facets))
    for facet, number in conditions.items():
        n[design.position(facet)] = number
    person = used.closure({p})
    out = {name: np.zeros(len(design.effects)) for name in ("universe", "relative", "absolute", "mean")}
    for k, effect in enumerate(design.effects):
        facets = used.closure(effect)
        others = facets - person
        weight = 1 / float(np.prod([n[f] for f in others], initial=1.0))
        random = bool(others - constant)
        if p in facets:
            out["relative" if random else "universe"][k] = weight
            out["absolute"][k] = weight * random
        elif facets & person:  # what the objects are nested in: no error of theirs, and not theirs alone
            continue
        elif random:
            out["absolute"][k] = out["mean"][k] = weight
    return Shares(**out)


def ill_structured(
    design: DesignNotation, conditions: Mapping[str, float], *, q: float, k: float, raters: str, fixed: Collection[str] = ()
) -> Shares:
    r"""Shares where ratees have different but partly shared raters: the coefficient G(q, k̂).

    .. math:: G(q,\hat k) = \frac{\sigma^2_p}{\sigma^2_p + q\sigma^2_r + \sigma^2_{pr,e}/\hat k}

    Parameters
    ----------
    design : DesignNotation
        Crossed design of the components.
    conditions, fixed
        As in :func:`shares`, for the facets other than the raters.
    q : float
        Share of the rater variance that stays in a comparison of two ratees: 0 crossed, 1/k̂ where no rater is shared.
    k : float
        k̂, harmonic mean of the raters per ratee.
    raters : str
        Facet of the raters.

    Returns
    -------
    Shares
        Relative error as above; absolute error with σ²_r/k̂.

    References
    ----------
    Putka, Le, McCloy & Diaz (2008), Journal of Applied Psychology 93, 959–981.

    Examples
    --------
    >>> from rankkit.kernels.components.design_notation import parse
    >>> ill_structured(parse("p x r"), {}, q=0.1, k=2, raters="r").relative
    array([0. , 0.1, 0.5])
    """
    out = shares(design, {**conditions, raters: k}, fixed=fixed)
    relative = out.relative.copy()
    r = design.position(raters)
    for place, effect in enumerate(design.effects):
        if r in effect and 0 not in effect:
            relative[place] = out.absolute[place] * k * q
    return Shares(out.universe, relative, out.absolute, out.mean)


def phi_lambda(decision: Decision, shares_of_mean: float, mean: float, cut: float) -> float:
    r"""Dependability of decisions at a cut score.

    .. math:: \Phi(\lambda) = \frac{\sigma^2(\tau) + (\bar X - \lambda)^2 - \sigma^2(\bar X)}
              {\sigma^2(\tau) + (\bar X - \lambda)^2 - \sigma^2(\bar X) + \sigma^2(\Delta)}

    Parameters
    ----------
    decision : Decision
        Of single numbers.
    shares_of_mean : float
        σ²(X̄), the error variance of the mean; subtracting it makes (X̄ − λ)² unbiased.
    mean, cut : float
        X̄ and λ, score units.

    Returns
    -------
    float
        At least Φ's own value with X̄ = λ; NaN without any variance.

    References
    ----------
    Brennan & Kane (1977), Journal of Educational Measurement 14, 277–289.

    Examples
    --------
    >>> phi_lambda(Decision(np.array(1.0), np.array(0.5), np.array(1.0)), 0.0, 5.0, 4.0)
    0.6666666666666666
    """
    distance = max((mean - cut) ** 2 - shares_of_mean, 0.0)
    return float(_ratio(decision.universe + distance, decision.absolute))


def raters_needed(single: float, target: float) -> int | None:
    r"""How many raters the mean needs for a reliability, from that of one rater, exactly.

    .. math:: k = \Bigl\lceil \frac{r^*(1 - r_1)}{r_1 (1 - r^*)} \Bigr\rceil

    Parameters
    ----------
    single : float
        r₁, reliability of one rater.
    target : float
        r*, above 0 and below 1.

    Returns
    -------
    int or None
        None where no number reaches it (r₁ not above 0). Numbers are taken as the decimals they print as, so .20 to .80
        is 16 and not 17.

    Raises
    ------
    SettingsError
        For an impossible target.

    References
    ----------
    Spearman (1910); Brown (1910).

    Examples
    --------
    >>> raters_needed(0.2, 0.8), raters_needed(0.52, 0.9)
    (16, 9)
    """
    return conditions_needed(single, 0.0, 1 - Fraction(repr(float(single))), target)


def conditions_needed(universe: float, constant: float, per_condition: float | Fraction, target: float) -> int | None:
    r"""Smallest n with σ²(τ)/(σ²(τ) + c + v/n) ≥ target, in exact fractions.

    Parameters
    ----------
    universe : float
        σ²(τ).
    constant : float
        c, error variance that more conditions do not lessen.
    per_condition : float
        v, error variance of one condition.
    target : float
        Coefficient wanted, above 0 and below 1.

    Returns
    -------
    int or None
        At least 1; None where no number reaches it.

    Raises
    ------
    SettingsError
        For an impossible target.

    Examples
    --------
    >>> conditions_needed(0.5, 0.1, 0.4, 0.8), conditions_needed(0.5, 0.2, 0.4, 0.8)
    (16, None)
    """
    if not 0 < target < 1:
        raise SettingsError("E-SETTING", name="target", value=target, allowed="above 0, below 1")
    t, u, c, v = (x if isinstance(x, Fraction) else Fraction(repr(float(x))) for x in (target, universe, constant, per_condition))
    room = (1 - t) * u - t * c
    if u <= 0 or room < 0 or (room == 0 and v > 0):
        return None
    return max(1, ceil(t * v / room)) if v > 0 else 1
