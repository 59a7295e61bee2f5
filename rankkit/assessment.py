"""Assessment: settings in, ``fit`` a table, a Result out. Every method of judging people is one of these."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar, Generic, TypeVar, cast, get_args

import numpy as np
import pandas as pd

from rankkit.errors import DataError, PeopleError, Problem, SettingsError
from rankkit.lazy_tables import each
from rankkit.privacy import pooled
from rankkit.privacy.confidential import Confidential, guarded
from rankkit.result import Result, Status
from rankkit.tables.attributes import Attributes
from rankkit.tables.judgements import Judgements
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import zero_padded_twins

T = TypeVar("T", bound="Judgements | Result")
R = TypeVar("R", bound=Result)


@dataclass(frozen=True, repr=False)
class Fixed(Mapping[str, Any]):
    """A mapping among settings: ordered, hashable, and not to be changed after the settings are made."""

    entries: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> Fixed:
        """Copy a mapping."""
        return cls(tuple((str(k), v) for k, v in mapping.items()))

    def __getitem__(self, key: str) -> Any:
        return dict(self.entries)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self.entries))

    def __len__(self) -> int:
        return len(self.entries)

    def __eq__(self, other: object) -> bool:
        return self.entries == other.entries if isinstance(other, Fixed) else dict(self.entries) == other

    def __hash__(self) -> int:
        return hash(self.entries)

    def __repr__(self) -> str:
        return repr(dict(self.entries))


@dataclass(frozen=True, kw_only=True)
class Assessment(ABC, Generic[T, R]):
    """A method of judging people, as settings; :meth:`fit` is pure: same table + same settings = same Result.

    Parameters
    ----------
    level : float
        Confidence level of every interval.
    seed : int
        Seed of random draws, which follow a canonical order of the people, never row order or labels.
    """

    accepts: ClassVar[type[Any]]
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not is_number(self.level) or not 0 < self.level < 1:
            raise SettingsError("E-LEVEL", value=self.level)
        if not isinstance(self.seed, (int, np.integer)) or isinstance(self.seed, bool) or self.seed < 0:
            raise SettingsError("E-SETTING", name="seed", value=self.seed, allowed="0, 1, 2, …")

    def fit(self, data: pd.DataFrame | T, *, people: People | pd.DataFrame | None = None) -> R:
        """Estimate scores from a table.

        Parameters
        ----------
        data : DataFrame or validated table
            What :attr:`accepts` names; a frame of any engine is validated first.
        people : People or DataFrame, optional
            Display names and organisational facts; people without any judgement appear with a status.

        Returns
        -------
        Result

        Raises
        ------
        DataError
            If the table has problems; all are listed.
        PeopleError
            If ``people`` has problems, or holds protected attributes, which scoring never sees.
        IdentificationError
            If the design cannot answer the question.
        """
        known = _people(people)
        table = self._table(data)
        if known is not None:
            table = _named(table, known)
        result = self._estimate(table, known)
        return self._attach(result, table, known)

    @abstractmethod
    def _estimate(self, table: T, people: People | None, /) -> R:
        """Estimate; the table is valid."""

    def _table(self, data: Any) -> T:
        """Validate what was given."""
        if isinstance(data, self.accepts):
            return cast("T", data)
        if isinstance(data, (Judgements, Result, Attributes, People)) or not hasattr(self.accepts, "from_frame"):
            error = self.accepts.error if hasattr(self.accepts, "error") else DataError
            raise error("E-TYPE", expected=self.accepts.__name__, found=type(data).__name__)
        return cast("T", self.accepts.from_frame(_frame(data)))

    def _attach(self, result: R, table: T, people: People | None) -> R:
        """Add the people nobody judged, their names, the settings and where it all came from."""
        if people is not None:
            _check_zeros(result.people, people)
            result = with_people(result, people).completed()
        notes = () if isinstance(table, Result) else table.notes
        provenance = {
            "rankkit": _version(),
            "data": "",
            "rows": len(table.people) if isinstance(table, Result) else len(table),
            "seed": self.seed,
        }
        if isinstance(table, Result):
            provenance["from"] = table.method
            provenance["simulated"] = bool(table.provenance.get("simulated", False))
        else:
            provenance["simulated"] = any(n.code == "I-SIMULATED" for n in notes)
        origin = Provenance(provenance, partial(_fingerprint, table))
        result = replace(result, settings=self.settings(), provenance=origin, notes=(*notes, *result.notes))
        if result.confidential is None and isinstance(table, Ratings) and pooled.protects_some(table):
            result = replace(result, confidential=Confidential.later(partial(pooled.later, table, result, self)))
        return result if result.confidential is None else replace(result, parts=guarded(result.parts, result.confidential))

    def settings(self) -> dict[str, Any]:
        """Return the settings by name."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


class Provenance(Mapping[str, Any]):
    """Where a result comes from; the fingerprint of its data (``data``) is computed when somebody asks for it.

    Pickles and archives hold a plain mapping.
    """

    def __init__(self, facts: Mapping[str, Any], fingerprint: Callable[[], str]) -> None:
        self._facts, self._fingerprint = dict(facts), fingerprint

    @cached_property
    def _data(self) -> str:
        return self._fingerprint()

    def __getitem__(self, key: str) -> Any:
        return self._data if key == "data" else self._facts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)


def _fingerprint(table: Judgements | Result) -> str:
    """What identifies the data, the same for any order of rows."""
    return str(table.provenance.get("data", "")) if isinstance(table, Result) else table.data_hash()


def _people(people: Any) -> People | None:
    """Validate what was given as people."""
    if hasattr(people, "__dataframe__"):  # of any engine
        people = _frame(people)
        if {"attribute", "value"} <= set(people.columns):  # a long table of protected attributes
            raise PeopleError("E-ATTRIBUTES")
        return People.from_frame(people)
    if isinstance(people, Attributes):
        raise PeopleError("E-ATTRIBUTES")
    if people is not None and not isinstance(people, People):
        raise PeopleError("E-TYPE", expected="People", found=type(people).__name__)
    return people


def _named(table: T, people: People) -> T:
    """Show display names wherever the method shows people: in tables and messages too."""
    labels = {p: people.labels[p] for p in table.people if people.labels.get(p, p) != p}
    if isinstance(table, Result):
        return table.relabelled(labels)
    return replace(table, labels={**table.labels, **labels})  # type: ignore[type-var]


def _check_zeros(judged: Sequence[str], people: People) -> None:
    """Raise if an id of one table is an id of the other without its leading zeros: one was read as numbers."""
    across = sorted({*zero_padded_twins({*judged, *people.ids})} - {*zero_padded_twins(judged), *zero_padded_twins(people.ids)})
    if across:
        raise PeopleError([Problem("E-ID", details={"a": a, "b": b}) for a, b in across])


def with_people(result: R, people: People) -> R:
    """Add people without any judgement (status ``insufficient_data``) and display names."""
    missing = [p for p in people.ids if p not in set(result.people)]
    labels = {**result.labels, **{p: people.labels[p] for p in people.ids if people.labels[p] != p or p not in result.labels}}
    parts = each(result.parts, partial(with_people, people=people))
    if not missing:
        return replace(result, labels=labels, parts=parts)
    k = len(missing)
    df = np.append(result.df, np.full(k, np.nan)) if len(result.df) else result.df
    # adding at the end leaves the covariance, which lists estimated people only, as it is
    return replace(
        result,
        people=(*result.people, *missing),
        labels=labels,
        parts=parts,
        estimate=np.append(result.estimate, np.full(k, np.nan)),
        status=(*result.status, *_unjudged(k)),
        reasons=(*result.reasons, *[Problem("S-NOJUDGEMENT")] * k),
        n_raters=np.append(result.n_raters, np.zeros(k, dtype=np.int64)),
        n_obs=np.append(result.n_obs, np.zeros(k, dtype=np.int64)),
        df=df,
    )


@dataclass(frozen=True, eq=False)
class FittedBy(Mapping[str, Result]):
    """Results by the value of a column (cycle, unit, job family …).

    Attributes
    ----------
    by : str
        The column.
    results : mapping
        One result a value.
    errors : mapping
        Groups that could not be fitted, with the error that says why; nothing is dropped silently.
    """

    by: str
    results: Mapping[str, Result]
    errors: Mapping[str, Exception] = field(default_factory=dict)

    @property
    def scores(self) -> pd.DataFrame:
        """All scores, indexed by (``by``, ``ratee``)."""
        if not self.results:
            return pd.DataFrame()
        return pd.concat({k: r.scores for k, r in self.results.items()}, names=[self.by])

    def __getitem__(self, key: str) -> Result:
        return self.results[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __repr__(self) -> str:
        failed = f"; not fitted: {', '.join(self.errors)}" if self.errors else ""
        return f"<{len(self)} results by {self.by}: {', '.join(self.results)}{failed}>"


def fit_by(assessment: Assessment[Any, Any], data: Any, by: str, *, people: People | pd.DataFrame | None = None) -> FittedBy:
    """Fit an assessment to each value of a column by itself.

    Parameters
    ----------
    assessment : Assessment
        The method and its settings.
    data : DataFrame or validated table
        With the column ``by``.
    by : str
        For example ``"cycle"`` or ``"unit"``.
    people : People or DataFrame, optional
        As for :meth:`Assessment.fit`; used for names only, so that a group lists its own people.

    Returns
    -------
    FittedBy
        A mapping from value to Result.

    Raises
    ------
    DataError
        If the table has problems or lacks the column.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> half = pd.DataFrame({"rater": ["r1", "r1", "r2", "r2"], "ratee": ["a", "b"] * 2, "score": [4, 2, 5, 3]})
    >>> both = pd.concat([half.assign(cycle="2025"), half.assign(cycle="2026", score=[3, 3, 4, 2])])
    >>> rk.fit_by(rk.GraphicRatingScale(), both, "cycle")
    <2 results by cycle: 2025, 2026>
    """
    from rankkit.errors import RankkitError  # noqa: PLC0415 - kept beside its one use

    table = assessment._table(data)  # noqa: SLF001 - the same validation as fit
    if not isinstance(table, Judgements):
        raise SettingsError("E-SETTING", name="data", value=type(table).__name__, allowed="a table of judgements")
    known = _people(people)
    if known is not None:
        table = _named(table, known)
        _check_zeros(table.people, known)
    results: dict[str, Result] = {}
    errors: dict[str, Exception] = {}
    for value, part in table.split(by).items():
        try:
            result = assessment.fit(part)
        except RankkitError as error:
            errors[value] = error
        else:
            results[value] = result
    return FittedBy(by, results, errors)


def _unjudged(k: int) -> tuple[Status, ...]:
    status: Status = "insufficient_data"
    return (status,) * k


def is_number(value: Any) -> bool:
    """Whether a setting is a number: text and truth values are not."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def check_choice(name: str, value: Any, choices: Any) -> None:
    """Raise if a setting is none of a Literal's choices."""
    allowed = get_args(choices)
    if value not in allowed:
        raise SettingsError("E-SETTING", name=name, value=value, allowed=[repr(a) for a in allowed])


def _plain(value: Any) -> Any:
    """Settings as plain values, for archives."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    return list(value) if isinstance(value, tuple) else value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


@cache
def _version() -> str:
    try:
        return version("rankkit-appraisal")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0"


def _frame(data: Any) -> pd.DataFrame:
    """Turn a frame of any engine into pandas."""
    if isinstance(data, pd.DataFrame):
        return data
    from rankkit.tables.sheets import read_sheet  # noqa: PLC0415 - reading files is loaded only where it is needed

    return read_sheet(data).frame
