"""A response surface with names: outcome over self and other ratings, its tests, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit import show
from rankkit.assessment import check_choice
from rankkit.errors import InsufficientDataError, SettingsError
from rankkit.kernels.sources.response_surface import TERMS, Errors, SurfaceFit, response_surface

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINES = ("a1", "a2", "a3", "a4")
MEANING = (
    "slope along agreement (self = others)",
    "curvature along agreement",
    "slope along disagreement (self = −others)",
    "curvature along disagreement",
)


@dataclass(frozen=True, eq=False, repr=False)
class ResponseSurface:
    """Polynomial regression of an outcome on self and other ratings.

    Attributes
    ----------
    fitted : SurfaceFit
        Coefficients, covariance and shape.
    data : DataFrame
        By ``ratee``: ``label, self, others, outcome`` of those who have all three.
    midpoint : float
        What was subtracted from both ratings.
    level : float
        Confidence level.
    name : str
        The dimension, or empty for the composite.
    """

    fitted: SurfaceFit
    data: pd.DataFrame
    midpoint: float
    level: float
    name: str = ""

    @property
    def coefficients(self) -> pd.DataFrame:
        """By ``term``: ``estimate, se, ci_low, ci_high, t, p``."""
        return self._frame(self.fitted.b, self.fitted.se, list(TERMS), "term")

    @property
    def tests(self) -> pd.DataFrame:
        """By ``test`` (a1 to a4): ``estimate, se, ci_low, ci_high, t, p, meaning``."""
        return self._frame(self.fitted.a, self.fitted.a_se, list(_LINES), "test").assign(meaning=list(MEANING))

    def _frame(self, estimate: Any, se: Any, names: list[str], index: str) -> pd.DataFrame:
        half = float(stats.t.ppf(0.5 + self.level / 2, self.fitted.df)) * se
        with np.errstate(divide="ignore", invalid="ignore"):
            data = {"estimate": estimate, "se": se, "ci_low": estimate - half, "ci_high": estimate + half, "t": estimate / se}
        return pd.DataFrame(data | {"p": self.fitted.p_values(estimate, se)}, index=pd.Index(names, name=index))

    @property
    def features(self) -> pd.DataFrame:
        """By ``feature``: stationary point, principal axes (both in points less the midpoint) and R²."""
        s0, o0 = self.fitted.stationary_point()
        axes = self.fitted.principal_axes()
        rows = {
            "stationary point, self": s0,
            "stationary point, others": o0,
            "first axis, intercept": axes[0, 0],
            "first axis, slope": axes[0, 1],
            "second axis, intercept": axes[1, 0],
            "second axis, slope": axes[1, 1],
            "R²": self.fitted.r_squared,
        }
        return pd.DataFrame({"value": list(rows.values())}, index=pd.Index(list(rows), name="feature"))

    @property
    def shape(self) -> str:
        """What the stationary point is: ``top``, ``bottom``, ``saddle`` or ``none``."""
        return self.fitted.shape()

    @property
    def difference_models(self) -> pd.DataFrame:
        """By ``model``: F test of what a score of the difference, or of its square, silently assumes; a small p refutes it."""
        found = [self.fitted.wald(what) for what in ("difference", "squared difference")]
        return pd.DataFrame(found, columns=["F", "p"], index=pd.Index(["difference", "squared difference"], name="model"))

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the surface."""
        return show.plot(self, "response_surface", ax, **options)

    def plot_data(self, kind: str = "response_surface", **options: Any) -> Any:
        """Return the exact numbers and labels drawn."""
        return show.plot_data(self, kind, **options)

    def __repr__(self) -> str:
        a = ", ".join(f"{n} {v:.3f} ({s:.3f})" for n, v, s in zip(_LINES, self.fitted.a, self.fitted.a_se, strict=True))
        return f"<ResponseSurface: {self.fitted.n} people, {a}, {self.fitted.errors} se, R² {self.fitted.r_squared:.3f}>"


def surface(
    rows: pd.DataFrame,
    outcome: pd.Series[Any],
    cluster: pd.Series[Any] | None,
    errors: Errors,
    midpoint: float,
    *,
    level: float,
    name: str,
) -> ResponseSurface:
    """Fit the surface for people who have all numbers.

    Raises
    ------
    SettingsError
        For an outcome that is no number, or is given twice for one person.
    InsufficientDataError
        With too few people.
    """
    check_choice("errors", errors, Errors)
    if not outcome.index.is_unique:
        raise SettingsError("E-SETTING", name="outcome", value="…", allowed="one number a ratee")
    values = pd.to_numeric(outcome, errors="coerce").astype("float64")
    if values.isna().sum() > outcome.isna().sum():
        raise SettingsError("E-SETTING", name="outcome", value="…", allowed="numbers by ratee")
    data = rows.assign(outcome=values.reindex(rows.index).to_numpy(dtype=np.float64))
    groups = None if cluster is None else cluster.reindex(rows.index)
    keep = np.isfinite(data[["self", "others", "outcome"]].to_numpy(dtype=np.float64)).all(axis=1)
    if groups is not None:
        keep &= groups.notna().to_numpy()
    data = data[keep].astype({"self": "float64", "others": "float64"})
    if not len(data):
        raise InsufficientDataError("E-FEW", what="a response surface", needed=10, unit="people", found=0)
    codes = None if groups is None else np.unique(groups[keep].astype(str).to_numpy(), return_inverse=True)[1].astype(np.int64)
    s, o, z = (data[c].to_numpy(dtype=np.float64) for c in ("self", "others", "outcome"))
    return ResponseSurface(response_surface(s - midpoint, o - midpoint, z, errors, codes), data, midpoint, level, name)
