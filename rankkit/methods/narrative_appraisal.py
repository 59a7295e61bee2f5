"""Narrative appraisal: texts checked, codes held against each other, comparisons of texts scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rankkit import findings
from rankkit.archive import archived
from rankkit.assessment import Assessment, check_choice, is_number
from rankkit.errors import Problem, SettingsError
from rankkit.lazy_tables import LazyTables
from rankkit.methods import narrative_coding, narrative_comparing, narrative_quality
from rankkit.methods.paired_result import PairedComparisonResult
from rankkit.result import Result, Status
from rankkit.tables.narratives import Narratives
from rankkit.tables.people import People
from rankkit.tables.text_detectors import accuracy
from rankkit.tables.text_language import TOKENIZER, TOKENIZER_ZH, Tokenizer

Models = Literal["evidence", "judge"]
_SHOWN = (
    "text_quality",
    "coding",
    "coded_categories",
    "confusion",
    "boundaries",
    "coding_models",
    "model_judges",
    "length_effect",
    "judges",
    "detectors",
)


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NarrativeAppraisalResult(Result):
    """Result of :class:`~rankkit.NarrativeAppraisal`; no table has the words of a text.

    Attributes
    ----------
    tokenizer : str
        How texts were cut into units.
    """

    tokenizer: str = TOKENIZER

    def _table(self, name: str) -> pd.DataFrame:
        return self.evidence[name].copy(deep=False) if name in self.evidence else pd.DataFrame()

    @property
    def text_quality(self) -> pd.DataFrame:
        """By ``narrative``: length, numbers, dates, links, sentences to act on, sentences of traits only."""
        return self._table("text_quality")

    @property
    def copies(self) -> pd.DataFrame:
        """Sections about different people with nearly the same words."""
        return self._table("copies")

    @property
    def coding(self) -> pd.DataFrame:
        """Agreement of the people who coded: κ by pair, weighted κ, α, AC1, with how many segments were left out."""
        return self._table("coding")

    @property
    def coded_categories(self) -> pd.DataFrame:
        """By ``category``: agreement on it, with its interval."""
        return self._table("coded_categories")

    @property
    def confusion(self) -> pd.DataFrame:
        """How often one coder's category met another's."""
        return self._table("confusion")

    @property
    def boundaries(self) -> pd.DataFrame:
        """Agreement on where texts were cut, apart from the categories."""
        return self._table("boundaries")

    @property
    def coding_models(self) -> pd.DataFrame:
        """Models that coded, beside people: κ of codes."""
        return self._table("coding_models")

    @property
    def model_judges(self) -> pd.DataFrame:
        """By ``rater``: how often a model preferred the text that people's comparisons prefer, beside people's own share."""
        return self._table("model_judges")

    @property
    def worths(self) -> pd.DataFrame:
        """By ``narrative``: worth of each compared text with its standard error."""
        return self._table("worths")

    @property
    def length_effect(self) -> pd.DataFrame:
        """Slope of worth on log length, within languages, with its interval."""
        return self._table("length_effect")

    @property
    def judges(self) -> pd.DataFrame:
        """How each judge of texts answered, by ``rater``."""
        return self._table("judges")

    @property
    def detectors(self) -> pd.DataFrame:
        """Precision and recall of the text detectors on labelled texts they were not made from."""
        return self._table("detectors")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports; none has the words of a text."""
        return LazyTables({name: partial(self._table, name) for name in _SHOWN if name in self.evidence})


@dataclass(frozen=True, kw_only=True)
class NarrativeAppraisal(Assessment[Narratives, NarrativeAppraisalResult]):
    """Texts about people: checked, coded, compared.

    Texts and codes alone give nobody a score. Comparisons of texts (which of two describes the better work, by judges who read them
    without names: :meth:`texts_for_judges`) do, by :class:`~rankkit.PairedComparison`; a person with several texts gets their mean.

    Parameters
    ----------
    tokenizer : callable, optional
        Cuts a text into units: a function of a module, text in, list of str out. By default alphabetic words, and overlapping pairs of
        Chinese characters (:func:`rankkit.tables.text_language.tokens`).
    copy_threshold : float
        Share of common characters, .85 to 1, from which two texts are copies.
    boundary_reach : int
        Characters apart from which two coders' cuts are no longer the same cut misplaced.
    models : {"evidence", "judge"}
        Comparisons by computer models (column ``source`` = ``model``) are set beside people's and do not count, or count after they
        share 30 decided pairs with what people compared. Models' codes never count.
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError
        For impossible settings.
    DataError
        If a table has problems.
    InsufficientDataError
        ``E-MODELALONE`` where only models judged.

    References
    ----------
    Thurstone (1927); Pollitt (2012) for comparative judgement of texts; Krippendorff (2019), Content Analysis; Fournier (2013).

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> texts = pd.DataFrame({"narrative": ["n1", "n2"], "ratee": ["e1", "e2"], "text": ["3月2日当天回电三次。", "态度好。"]})
    >>> codes = pd.DataFrame({"narrative": "n1", "segment": list("123456") * 2, "coder": list("aaaaaabbbbbb")})
    >>> codes["code"] = list("ppqqpqppqqpp")
    >>> result = rk.NarrativeAppraisal().fit(rk.Narratives.from_frame(texts).with_codes(codes))
    >>> result.coding[["coefficient", "value", "n", "left_out"]].head(2)
                     coefficient     value  n  left_out
    0                Cohen kappa  0.666667  6         0
    1  Krippendorff alpha, nominal  0.685714  6         0
    >>> result.scores["status"].tolist()
    ['not_scored', 'not_scored']
    """

    accepts: ClassVar[type[Narratives]] = Narratives
    tokenizer: Tokenizer | None = None
    copy_threshold: float = 0.9
    boundary_reach: int = 6
    models: Models = "evidence"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("models", self.models, Models)
        if self.tokenizer is not None and not callable(self.tokenizer):
            raise SettingsError("E-SETTING", name="tokenizer", value=self.tokenizer, allowed="a function, text in, list of str out")
        if not is_number(self.copy_threshold) or not 0.85 <= self.copy_threshold <= 1:
            raise SettingsError("E-SETTING", name="copy_threshold", value=self.copy_threshold, allowed="0.85 to 1")
        reach = self.boundary_reach
        if not isinstance(reach, (int, np.integer)) or isinstance(reach, bool) or reach < 1:
            raise SettingsError("E-SETTING", name="boundary_reach", value=reach, allowed="1 or more characters")

    def texts_for_judges(self, narratives: Narratives | pd.DataFrame, people: People | None = None, *, gender: bool = True) -> pd.DataFrame:
        """Texts as judges may read them, without names, units, gender words and personal data.

        Parameters
        ----------
        narratives : Narratives or DataFrame
        people : People, optional
            Names and units to be taken out too.
        gender : bool
            Also take out words that tell the gender.

        Returns
        -------
        DataFrame
            ``narrative, text``. Insiders may still recognise an event.

        Examples
        --------
        >>> import pandas as pd, rankkit as rk
        >>> texts = pd.DataFrame({"narrative": ["n1"], "ratee": ["e1"], "ratee_label": ["李敏"], "text": ["李敏替她的同事接了电话。"]})
        >>> rk.NarrativeAppraisal().texts_for_judges(texts)["text"].item()
        '［姓名］替该员工的同事接了电话。'
        """
        return narrative_comparing.texts_for_judges(self._table(narratives), people, gender=gender)

    def _estimate(self, table: Narratives, _people: People | None, /) -> NarrativeAppraisalResult:
        checked = narrative_quality.quality(table, self.tokenizer)
        copied = narrative_quality.copies(table, float(self.copy_threshold))
        name = self._tokenizer_name()
        notes = [Problem("I-TOKENIZER", None, None, None, {"tokenizer": name, "tokenizer_zh": TOKENIZER_ZH if name == TOKENIZER else name})]
        notes += narrative_quality.notes(table, checked, copied)
        makers: dict[str, Any] = {"text_quality": checked.copy, "copies": copied.copy, "detectors": partial(accuracy, self.level)}
        if table.codes is not None:
            makers |= self._coded(table, notes)
        fields, patterns = self._compared(table, checked, makers, notes)
        makers["findings"] = partial(findings.as_frame, patterns)
        return NarrativeAppraisalResult(
            method=type(self).__name__, people=table.people, labels=table.labels, level=self.level, seed=self.seed, notes=tuple(notes),
            patterns=tuple(patterns), evidence=LazyTables(makers), tokenizer=self._tokenizer_name(), **fields,
        )  # fmt: skip

    def _tokenizer_name(self) -> str:
        return TOKENIZER if self.tokenizer is None else str(getattr(self.tokenizer, "__qualname__", type(self.tokenizer).__name__))

    def _coded(self, table: Narratives, notes: list[Problem]) -> dict[str, Any]:
        """Tables of codes, each made when it is asked for."""
        codes = table.codes
        if codes is None:
            return {}
        if len(codes.people) < 2:
            code = "W-ONECODER" if codes.people else "E-MODELALONE"
            notes.append(Problem(code, None, None, None, {"coder": list(codes.people), "needed": narrative_comparing.FEWEST_SHARED}))
        out: dict[str, Any] = {
            "coding": partial(narrative_coding.coding_agreement, codes, self.level, self.seed),
            "coded_categories": partial(narrative_coding.specific_agreement, codes, self.level),
            "confusion": partial(narrative_coding.confusion, codes),
        }
        if "start" in codes.entries:
            out["boundaries"] = partial(narrative_coding.boundaries, codes, int(self.boundary_reach), self.level)
        if codes.models:
            out["coding_models"] = partial(narrative_coding.models, codes, self.level)
            notes.append(Problem("I-MODELS", None, None, None, {"which": list(codes.models)}))
        return out

    def _compared(
        self, table: Narratives, checked: pd.DataFrame, makers: dict[str, Any], notes: list[Problem]
    ) -> tuple[dict[str, Any], list[findings.Finding]]:
        """Scores from comparisons; without any nobody is scored."""
        n = len(table.people)
        if table.comparisons is None:
            notes.append(Problem("I-NOCOMPARISONS"))
            none: Status = "not_scored"
            n_obs = table.documents["ratee"].value_counts().reindex(list(table.people), fill_value=0).to_numpy(dtype=np.int64)
            blank: dict[str, Any] = {"estimate": np.full(n, np.nan), "status": (none,) * n, "reasons": (Problem("S-TEXTONLY"),) * n}
            return {**blank, "n_raters": np.full(n, -1), "n_obs": n_obs}, []
        found = narrative_comparing.judged(table.comparisons, self.level, self.seed, count_models=self.models == "judge")
        worths = found.worths
        whole = narrative_comparing.of_people(table, worths)
        length, patterns = narrative_comparing.length_table(worths, checked, self.level)
        makers |= {"worths": partial(_worths, worths, checked), "length_effect": length.copy}
        makers |= {name: partial(_of, worths, name) for name in ("judges", "growth", "reliability") if name in worths.evidence}
        if len(found.models):
            makers["model_judges"] = found.models.copy
            notes.append(
                Problem("I-MODELJUDGES" if self.models == "judge" else "I-MODELS", None, None, None, {"which": list(found.models.index)})
            )
        notes += worths.notes
        fields = {
            "estimate": whole.estimate, "status": whole.status, "reasons": whole.reasons, "n_raters": whole.n_raters, "n_obs": whole.n_obs,
            "covariance": whole.covariance, "joint_covariance": whole.joint, "df": np.full(n, worths.df_difference),
            "df_difference": worths.df_difference, "df_joint": worths.df_joint, "unit": worths.unit,
            "se_basis": worths.se_basis if whole.covariance is not None else "none", "design": worths.design,
        }  # fmt: skip
        return fields, list(patterns)


def _of(worths: PairedComparisonResult, name: str) -> pd.DataFrame:
    return worths.evidence[name].copy(deep=False)


def _worths(worths: PairedComparisonResult, checked: pd.DataFrame) -> pd.DataFrame:
    """Worth of each compared text beside its length."""
    scores = worths.scores[["score", "se", "ci_low", "ci_high", "n_raters", "n_obs", "status", "status_reason"]].rename_axis("narrative")
    return checked[["ratee", "lang", "length"]].reindex(scores.index).join(scores)
