"""What a generalizability study found, and what it says of studies with other numbers of raters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit import show
from rankkit.agreement.component_estimates import Coefficient, Estimates
from rankkit.errors import Problem, SettingsError
from rankkit.kernels.components import decision_study
from rankkit.kernels.components.decision_study import Shares
from rankkit.kernels.components.design_notation import DesignNotation, parse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS: tuple[Coefficient, Coefficient] = ("relative", "absolute")
_NO_SHARE = 1e-12  # q of crossed raters is zero up to rounding


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizabilityStudy:
    """Variance components and the coefficients that follow from them.

    Attributes
    ----------
    components : DataFrame
        Indexed by ``facet`` ("ratee", "rater", "ratee:rater" … "residual"): ``variance`` in squared score units, none negative;
        ``share`` of their sum; ``as_estimated``; ``se, ci_low, ci_high``; ``df`` of the mean square, or matched to the standard error.
        Every component is that of a single rating. Facets joined by a colon are an interaction or one nested in the other.
    design : str
        The design in the usual notation.
    method : str
        "anova", "reml …" or "henderson".
    fixed : tuple of str
        Facets taken as fixed.
    level : float
        Confidence level.
    mean : float
        Mean score.
    n_scores : int
        Scores after averaging to cells.
    levels, conditions : mapping
        Facet to its distinct conditions, and to how many stand behind one ratee (harmonic mean).
    notes : tuple of Problem
        Negative and zero components, what was averaged over, what the design cannot tell.
    q : float or None
        Share of the rater variance in the comparison of two ratees, with crossed raters.
    """

    components: pd.DataFrame
    design: str
    method: str
    fixed: tuple[str, ...]
    level: float
    mean: float
    n_scores: int
    levels: Mapping[str, int]
    conditions: Mapping[str, float]
    notes: tuple[Problem, ...]
    notation: DesignNotation
    estimates: Estimates = field(repr=False)
    q: float | None = None

    @property
    def facets(self) -> tuple[str, ...]:
        """Facets beside the ratees."""
        return self.notation.facets[1:]

    @property
    def messages(self) -> pd.DataFrame:
        """The notes as a table: ``code, text, fix``."""
        return pd.DataFrame([(p.code, p.message(), p.fix()) for p in self.notes], columns=["code", "text", "fix"])

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Coefficients of this study's own numbers of conditions and of one rater, each with what it assumes.

        One row each: ``coefficient, value, ci_low, ci_high``, the conditions averaged over, ``universe_variance, error_variance,
        sem, signal_noise, assumes``. Where ratees have different, partly shared raters, G(q,k̂) takes the place of Eρ².
        """
        rows = []
        for name, kind, numbers, shares, assumes in self._wanted():
            value = self.estimates.evaluated(shares, kind, self.level)
            if np.isnan(value["value"]):
                said = f"{assumes}; not defined: nothing varies"
            elif np.isnan(value["ci_low"]):
                said = f"{assumes}; no interval: no standard errors are known"
            else:
                said = assumes
            rows.append({"coefficient": name, **value, **{f"{f}s": n for f, n in numbers.items()}, "assumes": said})
        columns = ["coefficient", "value", "ci_low", "ci_high", *(f"{f}s" for f in self.facets)]
        columns += ["universe_variance", "error_variance", "sem", "signal_noise", "assumes"]
        return pd.DataFrame(rows, columns=columns)

    def project(
        self,
        raters: int | Iterable[int] = range(1, 11),
        dimensions: int | Iterable[int] | None = None,
        *,
        conditions: Mapping[str, int | Iterable[int]] | None = None,
        same_raters: bool = True,
        design: str | None = None,
        fixed: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Decision study: what other numbers of raters, dimensions or occasions would give.

        Parameters
        ----------
        raters, dimensions : int or iterable of int
            Numbers to try; by default 1 to 10 raters and this study's own dimensions.
        conditions : mapping, optional
            Numbers of any facet by name, e.g. ``{"occasion": [1, 2, 4]}``.
        same_raters : bool
            Whether everyone would be rated by the same raters; if not, differences of severity disturb the order of people.
        design : str, optional
            Any design of the decision study, in this study's names.
        fixed : collection of str, optional
            Facets taken as fixed; the study's own by default.

        Returns
        -------
        DataFrame
            One row a combination: the numbers (``raters, dimensions`` …), ``relative, relative_low, relative_high`` (Eρ²),
            ``absolute, absolute_low, absolute_high`` (Φ), ``universe_variance, relative_error, absolute_error, sem_relative,
            sem_absolute, signal_noise_relative, signal_noise_absolute``.

        Raises
        ------
        SettingsError
            For impossible numbers or facets.
        IdentificationError
            If the study cannot tell apart what the design needs apart.
        """
        chosen = self._fixed(fixed)
        other = self._alternative(same_raters, design)
        grid = self._grid(raters, dimensions, conditions)
        rows = []
        for numbers in product(*grid.values()):
            at = dict(zip(grid, numbers, strict=True))
            shares = decision_study.shares(self.notation, at, fixed=chosen, alternative=other)
            relative, absolute = (self.estimates.evaluated(shares, kind, self.level) for kind in _KINDS)
            row: dict[str, float] = {f"{f}s": n for f, n in at.items()}
            for kind, found in (("relative", relative), ("absolute", absolute)):
                row |= {kind: found["value"], f"{kind}_low": found["ci_low"], f"{kind}_high": found["ci_high"]}
            row["universe_variance"] = relative["universe_variance"]
            row |= {"relative_error": relative["error_variance"], "absolute_error": absolute["error_variance"]}
            row |= {"sem_relative": relative["sem"], "sem_absolute": absolute["sem"]}
            row |= {"signal_noise_relative": relative["signal_noise"], "signal_noise_absolute": absolute["signal_noise"]}
            rows.append(row)
        return pd.DataFrame(rows)

    def raters_needed(
        self,
        target: float = 0.8,
        coefficient: Coefficient = "relative",
        *,
        dimensions: int | None = None,
        conditions: Mapping[str, int] | None = None,
        same_raters: bool = True,
        fixed: Collection[str] | None = None,
    ) -> int | None:
        """How many raters reach a coefficient.

        Parameters
        ----------
        target : float
            Coefficient wanted, above 0 and below 1.
        coefficient : {"relative", "absolute"}
            Eρ² (the order of people) or Φ (their standing).
        dimensions, conditions, same_raters, fixed
            As in :meth:`project`.

        Returns
        -------
        int or None
            None where no number of raters reaches it: without variance between ratees, or with error that raters do not lessen.

        Raises
        ------
        SettingsError
            For an impossible target, or a study without raters.
        """
        if "rater" not in self.facets:
            raise SettingsError("E-SETTING", name="facet", value="rater", allowed=list(self.facets))
        _check_kind(coefficient)
        grid = self._grid(1, dimensions, conditions)
        at = {f: numbers[0] for f, numbers in grid.items()}
        several = 2.0
        fixed_facets, other = self._fixed(fixed), self._alternative(same_raters, None)
        parts = [
            decision_study.decide(
                self.estimates.variances, decision_study.shares(self.notation, {**at, "rater": n}, fixed=fixed_facets, alternative=other)
            )
            for n in (1.0, several)
        ]
        one, two = (float(getattr(p, coefficient)) for p in parts)
        per_rater = (one - two) * several / (several - 1)
        constant = max(one - per_rater, 0.0)
        if constant < 1e-12 * max(one, 1e-300):  # the rest of a subtraction
            constant = 0.0
        return decision_study.conditions_needed(float(parts[0].universe), constant, per_rater, target)

    def dependability(self, cut: float, raters: int | None = None, dimensions: int | None = None) -> float:
        """Φ(λ): dependability of who is above and below a cut score.

        Parameters
        ----------
        cut : float
            λ, in score units.
        raters, dimensions : int, optional
            Conditions averaged over; this study's own by default.

        Returns
        -------
        float
        """
        own = self.conditions.get("rater", 1.0)
        grid = self._grid(own if raters is None else raters, dimensions, None)
        at = {f: numbers[0] for f, numbers in grid.items()}
        shares = decision_study.shares(self.notation, at, fixed=self.fixed)
        found = decision_study.decide(self.estimates.variances, shares)
        n = self.levels["ratee"]
        of_mean = (float(found.universe) + float(found.relative)) / n + float(shares.mean @ self.estimates.variances)
        return decision_study.phi_lambda(found, of_mean, self.mean, cut)

    def plot(self, kind: str | None = None, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw it: ``"components"`` or ``"dstudy"``."""
        return show.plot(self, kind, ax, **options)

    def plot_data(self, kind: str | None = None, **options: Any) -> Any:
        """Return the exact numbers and labels a plot shows."""
        return show.plot_data(self, kind, **options)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {f}s" for f, n in self.levels.items())
        head = f"<GeneralizabilityStudy: {self.design}; {self.method}; {counts}>"
        tables = [show.as_text(self.components[["variance", "share", "ci_low", "ci_high"]])]
        tables.append(show.as_text(self.coefficients[["coefficient", "value", "ci_low", "ci_high", "assumes"]]))
        return "\n".join([head, *tables, *(f"  {p.text()}" for p in self.notes)])

    def _repr_html_(self) -> str:
        return show.as_html(self.components) + show.as_html(self.coefficients)

    def _wanted(self) -> list[tuple[str, Coefficient, dict[str, float], Shares, str]]:
        """Which coefficients there are: name, kind, conditions, shares, what they assume."""
        own = dict(self.conditions)
        rows: list[tuple[str, Coefficient, dict[str, float], Shares, str]] = []
        nested = {self.notation.facets[f] for f, outer in enumerate(self.notation.nested_in) if 0 in outer}
        crossed_raters = "rater" in self.facets and "rater" not in nested
        shared = self.q is not None and self.q > _NO_SHARE

        def add(name: str, kind: Coefficient, at: dict[str, float], said: str, *, fixed: Collection[str], same: bool = True) -> None:
            shares = decision_study.shares(self.notation, at, fixed=fixed, alternative=self._alternative(same, None))
            rows.append((name, kind, at, shares, f"{said}; {self._universe(fixed)}"))

        same = "everyone rated by the same raters" if crossed_raters else "raters of each person's own"
        same = same if "rater" in self.facets else "everyone under the same conditions"
        if shared:
            fixed = self.fixed
            rest = {f: n for f, n in own.items() if f != "rater"}
            mixed = decision_study.ill_structured(self.notation, rest, q=self.q or 0.0, k=own["rater"], raters="rater", fixed=fixed)
            said = f"only the order matters; raters partly shared as in these data (q = {self.q:.3g}); {self._universe(fixed)}"
            rows.append(("G(q,k)", "relative", own, mixed, said))
        else:
            add("Eρ²", "relative", own, f"only the order matters; {same}", fixed=self.fixed)
        add("Φ", "absolute", own, f"absolute standing matters; {same if not shared else 'any raters'}", fixed=self.fixed)
        if "rater" in self.facets:
            one = {**own, "rater": 1.0}
            add("Eρ², one rater", "relative", one, f"only the order matters; {same}", fixed=self.fixed)
            add("Φ, one rater", "absolute", one, f"absolute standing matters; {same}", fixed=self.fixed)
        if crossed_raters and "rater" not in self.fixed:
            said = "only the order matters; different raters for each person"
            add("Eρ², different raters", "relative", own, said, fixed=self.fixed, same=False)
        fixed = (*self.fixed, "dimension")
        if "dimension" in self.facets and "dimension" not in self.fixed and set(self.facets) - set(fixed):
            add("Eρ², dimensions fixed", "relative", own, f"only the order matters; {same}", fixed=fixed)
            add("Φ, dimensions fixed", "absolute", own, f"absolute standing matters; {same}", fixed=fixed)
        return rows

    def _universe(self, fixed: Collection[str]) -> str:
        """Say what is generalised over."""
        random = [f"{f}s" for f in self.facets if f not in fixed]
        kept = [f"{f}s" for f in self.facets if f in fixed]
        over = f"over {', '.join(random)}" if random else "over nothing"
        return over + (f", for exactly these {', '.join(kept)}" if kept else "")

    def _fixed(self, fixed: Collection[str] | None) -> tuple[str, ...]:
        chosen = self.fixed if fixed is None else ((fixed,) if isinstance(fixed, str) else tuple(fixed))
        for facet in chosen:
            if facet not in self.facets:
                raise SettingsError("E-SETTING", name="fixed", value=facet, allowed=list(self.facets))
        return chosen

    def _alternative(self, same_raters: bool, design: str | None) -> DesignNotation | None:
        """Design of the decision study, where it differs."""
        if design is not None:
            return parse(design)
        if same_raters or "rater" not in self.facets:
            return None
        r = self.notation.position("rater")
        nests = tuple(
            outer | {0} | self.notation.nested_in[0] if f == r or r in outer else outer for f, outer in enumerate(self.notation.nested_in)
        )
        return DesignNotation(self.notation.facets, nests)

    def _grid(
        self, raters: float | Iterable[float], dimensions: float | Iterable[float] | None, conditions: Mapping[str, Any] | None
    ) -> dict[str, list[float]]:
        """Numbers to try, by facet."""
        asked: dict[str, Any] = dict(conditions or {})
        if "rater" in self.facets:
            asked.setdefault("rater", raters)
        if dimensions is not None:
            asked.setdefault("dimension", dimensions)
        unknown = [f for f in asked if f not in self.facets]
        if unknown:
            raise SettingsError("E-SETTING", name="facet", value=unknown, allowed=list(self.facets))
        out = {}
        for facet in self.facets:
            numbers = asked.get(facet, self.conditions[facet])
            listed = list(numbers) if isinstance(numbers, Iterable) else [numbers]
            if not listed or any(not (np.isfinite(n) and n >= 1) for n in listed):
                raise SettingsError("E-SETTING", name=f"{facet}s", value=listed, allowed="1 or more")
            out[facet] = listed
        return out


def _check_kind(coefficient: str) -> None:
    if coefficient not in ("relative", "absolute"):
        raise SettingsError("E-SETTING", name="coefficient", value=coefficient, allowed=["relative", "absolute"])
