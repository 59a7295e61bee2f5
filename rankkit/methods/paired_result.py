"""What a paired comparison returns: worths, and on demand everything that says how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Self, get_args

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr

from rankkit.archive import archived
from rankkit.errors import InsufficientDataError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.lazy_tables import LazyTables
from rankkit.result import Result

Cell = Literal["probability", "observed", "residual", "comparisons"]


def decided(gap: Floats, link: str, threshold: float = 0.0) -> Floats:
    """Chance of winning over that of winning or losing, at a lead and Rao and Kupper's threshold of ties.

    >>> decided(np.array([0.0, 1.0]), "logit").round(3), decided(np.array([1.0]), "logit", 0.7).round(3)
    (array([0.5  , 0.731]), array([0.788]))
    """
    share = ndtr if link == "probit" else expit
    won, lost = share(gap - threshold), share(-gap - threshold)
    return np.asarray(won / (won + lost))


_TABLES = ("record", "parameters", "goodness_of_fit", "judges", "consistency", "transitivity", "quasi", "copying")


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PairedComparisonResult(Result):
    """Result of :class:`~rankkit.PairedComparison`; scores are log-worths (logits, or probits) that sum to zero.

    Tables are computed when they are asked for. With several dimensions they belong to the result of each dimension, in
    ``parts``; here only :attr:`record` covers all of them.

    Attributes
    ----------
    existence : str
        ``finite`` (maximum likelihood exists) or ``one_sided`` (it does not; see the messages).
    penalty : str
        What was added to the likelihood: ``none``, ``jeffreys`` or ``gaussian``.
    link : str
        ``logit`` (Bradley–Terry) or ``probit`` (Thurstone's Case V).
    tie_model : str
        ``none``, ``davidson``, ``rao_kupper`` or ``half``.
    """

    existence: str = "finite"
    penalty: str = "none"
    link: str = "logit"
    tie_model: str = "none"

    def _table(self, name: str) -> pd.DataFrame:
        if name not in self.evidence:
            raise InsufficientDataError("E-NOTABLE", name=name, dimensions=list(self.parts))
        return self.evidence[name].copy(deep=False)

    def _statistic(self, name: str) -> float:
        return float(self._table("likelihood")["value"][name]) if "likelihood" in self.evidence else float("nan")

    @property
    def loglik(self) -> float:
        """Log-likelihood of the comparisons at the estimate (no binomial coefficients); ``nan`` for several dimensions."""
        return self._statistic("loglik")

    @property
    def deviance(self) -> float:
        """Twice the log-likelihood lost against free chances.

        For each pair; for each ordered pair, and each value of the covariates, where the model has an order effect or
        covariates. ``nan`` with a penalty or where ties count half.
        """
        return self._statistic("deviance")

    @property
    def deviance_df(self) -> float:
        """Degrees of freedom of :attr:`deviance`."""
        return self._statistic("deviance_df")

    @property
    def record(self) -> pd.DataFrame:
        """Indexed by ``ratee`` (and ``dimension`` where there are several): wins, losses, ties, comparisons."""
        frame = self._table("record")
        if isinstance(frame.index, pd.MultiIndex):
            return frame
        return frame.reindex(pd.Index(list(self.people), name="ratee"), fill_value=0.0)

    @property
    def parameters(self) -> pd.DataFrame:
        """What was estimated beside the worths, by ``parameter``: ``estimate, se, ci_low, ci_high, p``.

        ``order_effect`` is what being named first (left) adds, in the unit of the scores; ``log_nu`` (Davidson) or
        ``log_theta`` (Rao & Kupper) says how common ties are; covariates have their own names.
        """
        return self._table("parameters")

    @property
    def pairs(self) -> pd.DataFrame:
        """One row a pair: counts, fitted ``probability`` that the first is preferred, ``expected_first`` wins, ``residual``.

        A tie counts half a win. Residuals are standardised by the model's own standard deviation.
        """
        return self._table("pairs")

    def pair_matrix(self, what: Cell = "probability") -> pd.DataFrame:
        """Return people × people, best first: row against column.

        Parameters
        ----------
        what : {"probability", "observed", "residual", "comparisons"}
            Fitted chance that the row is preferred (every pair, compared or not), wins of the row (ties half),
            standardised residual, or number of comparisons.

        Raises
        ------
        SettingsError
            If ``what`` is none of these.
        InsufficientDataError
            If the scores are of several dimensions together.
        """
        if what not in get_args(Cell):
            raise SettingsError("E-SETTING", name="what", value=what, allowed=list(get_args(Cell)))
        pairs, ids = self._table("pairs"), self.estimated_ids
        score = self.estimate[np.array([s in ("scored", "provisional") for s in self.status], dtype=bool)]
        place = {p: k for k, p in enumerate(ids)}
        i, j = pairs["first"].map(place).to_numpy(), pairs["second"].map(place).to_numpy()
        n = len(ids)
        out = np.full((n, n), np.nan)
        if what == "probability":
            out = self._preference(score[:, None] - score[None, :])
        elif what == "residual":
            out[i, j], out[j, i] = pairs["residual"], -pairs["residual"]
        elif what == "comparisons":
            out[i, j] = out[j, i] = pairs["comparisons"]
        else:
            half = pairs["ties"] / 2
            out[i, j], out[j, i] = pairs["wins_first"] + half, pairs["wins_second"] + half
        np.fill_diagonal(out, np.nan)
        names = np.array(ids, dtype=object)[np.argsort(-score, kind="stable")]
        return pd.DataFrame(out, index=pd.Index(ids, name="ratee"), columns=list(ids)).loc[names, names]

    def _preference(self, gap: Floats) -> Floats:
        """Chance of being preferred in a decided comparison without an order effect."""
        threshold = float(self.parameters["estimate"].get("log_theta", 0.0)) if self.tie_model == "rao_kupper" else 0.0
        return decided(gap, self.link, threshold)

    def win_probability(self, a: str, b: str) -> float:
        """Chance that ``a`` is preferred to ``b`` in a decided comparison, neither side favoured.

        ``1 / (1 + exp(u_b − u_a))``, with Davidson's ties too; the normal distribution function with ``link="probit"``; with
        Rao & Kupper's ties the chance of winning over that of winning or losing.

        Raises
        ------
        SettingsError
            If the scores are not log-worths (several dimensions: ask the result of one of them, in ``parts``), or if
            one of the two is not in the result.
        IdentificationError
            If one of the two has no score.
        """
        if self.unit not in ("logit", "probit"):
            allowed = [f"parts[{d!r}].win_probability({a!r}, {b!r})" for d in self.parts]
            raise SettingsError("E-SETTING", name="unit", value=self.unit, allowed=allowed)
        return float(self._preference(np.asarray(self.difference(a, b).difference)))

    @property
    def judges(self) -> pd.DataFrame:
        """How each judge answered, by ``rater``: patterns to review, never verdicts.

        ``infit`` and ``outfit`` are mean squared residuals, 1 where the judge follows the model as chance allows, beside
        the band the model itself gives for the judge's own comparisons (``infit_low, infit_middle, infit_high``); ``p, q``
        of infit from three judges on. ``left_share`` beside ``left_expected``, what the scores alone would give, with
        ``left_p, left_q``. ``reversal_rate`` of pairs answered twice beside ``reversals_expected``; ``half_changes`` are
        changes to or from a tie.
        """
        return self._table("judges")

    @property
    def findings(self) -> pd.DataFrame:
        """Judges whose answers are worth a look, in one table over the dimensions (columns of the findings contract)."""
        frames = [self.evidence["findings"]] if "findings" in self.evidence else [p.findings for p in self.parts.values()]
        found = [f for f in frames if len(f)]
        return pd.concat(found, ignore_index=True) if found else super().findings

    @property
    def goodness_of_fit(self) -> pd.DataFrame:
        """Whether one scale describes the comparisons, by ``test``: ``statistic, df, p, method``."""
        return self._table("goodness_of_fit")

    @property
    def consistency(self) -> pd.DataFrame:
        """Circular triads of each judge who compared everybody with everybody; else the share of triads that are transitive."""
        return self._table("consistency")

    @property
    def circular_triads(self) -> pd.DataFrame:
        """Which triads are circular: ``rater, first, second, third`` (first beat second, second beat third, third beat first)."""
        return self._table("circular_triads")

    @property
    def transitivity(self) -> pd.DataFrame:
        """Weak, moderate and strong stochastic transitivity of the pooled proportions."""
        return self._table("transitivity")

    @property
    def quasi(self) -> pd.DataFrame:
        """Quasi-standard errors: ``sqrt(q_a² + q_b²)`` is nearly the standard error of any difference (Firth & de Menezes 2004)."""
        return self._table("quasi")

    @property
    def growth(self) -> pd.DataFrame:
        """Scale reliability and mean standard error after the first so many comparisons."""
        return self._table("growth")

    @property
    def surprises(self) -> pd.DataFrame:
        """Pairs whose outcome fits the common scale worst, largest standardised residual first."""
        pairs = self._table("pairs")
        return pairs.loc[pairs["residual"].abs().sort_values(ascending=False, kind="stable").index].reset_index(drop=True)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        return LazyTables({name: partial(self._shown, name) for name in _TABLES if name in self.evidence})

    def _shown(self, name: str) -> pd.DataFrame:
        return self.record if name == "record" else self._table(name)

    def completed(self) -> Self:
        """Return the result and its parts with the people nobody compared."""
        return replace(self, parts={d: part.completed() for d, part in self.parts.items()})
