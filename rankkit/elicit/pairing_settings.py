"""What a pairing session is asked to do, checked before its first question."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self, get_args

import numpy as np
import pandas as pd

from rankkit.errors import IdentificationError, PeopleError, Problem, SessionError, SettingsError
from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.designs.pair_designs import check_degree, components
from rankkit.tables.people import People
from rankkit.tables.ratings import OVERALL
from rankkit.tables.text import as_text, zero_padded_twins

Design = Literal["complete", "random_regular", "cyclic", "swiss", "adaptive", "given"]
DESIGNS: tuple[Design, ...] = get_args(Design)
DYNAMIC: tuple[Design, ...] = ("swiss", "adaptive")  # what is asked depends on the answers
USUAL = 12  # comparisons of each person: 10 to 14 give a reliability near .70 (Verhavert et al. 2019)
MOST_COMPLETE = 12  # people up to which comparing all pairs is reasonable
FEWEST = 3
_MOST_HOLDOUT = 0.5


@dataclass(frozen=True, kw_only=True)
class PairingSettings:
    """Facts of a session that never change; they stand in the first line of its log.

    Attributes
    ----------
    items : tuple of str
        Who is compared, sorted.
    labels : mapping
        Display names.
    rater : str
        Who judges.
    session : str
        Name of the session.
    design, k, holdout, start_rounds, max_gap, repeats, max_repeats, dimensions, seed
        As in :meth:`rankkit.elicit.pairing.PairingSession.start`.
    excluded : tuple of pairs
        Pairs never to be compared.
    left_out : tuple of str
        People the rater does not judge.
    given : mapping
        For ``design="given"``, the pairs of each dimension.
    """

    items: tuple[str, ...]
    labels: Mapping[str, str]
    rater: str
    session: str
    design: Design
    k: int
    holdout: float
    start_rounds: int
    max_gap: float
    repeats: float
    max_repeats: int
    dimensions: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    seed: int
    given: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def code(self) -> dict[str, int]:
        """Number of each person."""
        return {person: place for place, person in enumerate(self.items)}

    @property
    def forbidden(self) -> Ints:
        """Excluded pairs as codes, shape (f, 2)."""
        return pair_codes(self.excluded, self.code)

    @property
    def permitted(self) -> Bools:
        """Which pairs may be compared, shape (n, n)."""
        allowed = ~np.eye(len(self.items), dtype=np.bool_)
        a, b = self.forbidden.T
        allowed[a, b] = allowed[b, a] = False
        return allowed

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What the rater or the analyst should know before the first question."""
        notes = []
        n = len(self.items)
        if self.left_out:
            notes.append(Problem("I-CONFLICT", details={"rater": self.rater, "who": [self.labels.get(i, i) for i in self.left_out]}))
        if self.design == "complete" and n > MOST_COMPLETE:
            notes.append(Problem("W-ALLPAIRS", details={"n": n, "pairs": n * (n - 1) // 2, "most": MOST_COMPLETE}))
        if self.design in DYNAMIC and not self.holdout:
            notes.append(Problem("W-NOHOLDOUT"))
        return tuple(notes)

    def header(self) -> dict[str, Any]:
        """Return the settings as the first line of a log."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), ensure_ascii=False))
        return plain

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Self:
        """Read the settings back.

        Raises
        ------
        SessionError
            ``E-LOGHEADER`` if they are not those of a pairing session.
        """
        try:
            facts = dict(header)
            facts |= {name: tuple(facts[name]) for name in ("items", "dimensions", "left_out")}
            facts["excluded"] = tuple((a, b) for a, b in facts["excluded"])
            facts["given"] = {d: tuple((a, b) for a, b in pairs) for d, pairs in facts["given"].items()}
            return cls(**facts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SessionError("E-LOGHEADER", reason=str(error)) from error


def pair_codes(pairs: Iterable[tuple[str, str]], code: Mapping[str, int]) -> Ints:
    """Turn pairs of ids into pairs of codes, shape (pairs, 2)."""
    return np.array([(code[a], code[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)


def choose_settings(
    items: Any,
    *,
    rater: str,
    design: Design,
    k: int | None,
    holdout: float,
    start_rounds: int,
    max_gap: float,
    repeats: float,
    max_repeats: int,
    dimensions: Sequence[str] | str,
    exclude_pairs: Iterable[tuple[str, str]],
    conflicts: Iterable[str],
    pairs: Mapping[str, Iterable[tuple[str, str]]] | Iterable[tuple[str, str]] | None,
    seed: int,
    labels: Mapping[str, str] | None,
    session: str | None,
) -> PairingSettings:
    """Check everything a session is started with.

    Raises
    ------
    PeopleError
        ``E-BLANK, E-DUPPERSON, E-ID`` for the list of people.
    SettingsError
        ``E-SETTING, E-SHORTPAIRS, E-KRANGE, E-ODDTOTAL, E-PARTNERS, E-NOTITEM, E-SELFPAIR, E-NOPAIRS``.
    IdentificationError
        ``E-EXCLUDED`` if the pairs left do not link everybody; the groups are named.
    """
    people, names = read_people(items, labels)
    judge = _one("rater", rater)
    barred = {judge, *(_one("conflicts", c) for c in conflicts)}
    meant = {p for p in people if p in barred or names.get(p, p) in barred}  # a conflict may be given by id or by display name
    left_out = tuple(p for p in people if p in meant)
    people = tuple(p for p in people if p not in meant)
    if len(people) < FEWEST:
        raise SettingsError("E-SHORTPAIRS", n=len(people), least=FEWEST)
    check_choice("design", design, DESIGNS)
    check_number("seed", seed, 0, None, whole=True)
    check_number("repeats", repeats, 0, 1)
    check_number("max_repeats", max_repeats, 1, None, whole=True)
    check_number("holdout", holdout, 0, _MOST_HOLDOUT)
    check_number("start_rounds", start_rounds, 1, None, whole=True)
    check_number("max_gap", max_gap, 0.1, None)
    named = read_dimensions(dimensions)
    excluded = read_pairs("exclude_pairs", exclude_pairs, {*people, *left_out})
    excluded = tuple(p for p in excluded if not {*p} & {*left_out})
    given: dict[str, tuple[tuple[str, str], ...]] = {}
    if design == "given":
        if pairs is None:
            raise SettingsError("E-NOPAIRS")
        given = _given(pairs, people, named)
        k = 0
    else:
        refuse_split(people, excluded, names)
        k = choose_degree(len(people), k, design, int(max_repeats))
        if design == "random_regular":
            refuse_lonely(people, excluded, k, names)
    facts: dict[str, Any] = {
        "items": people, "labels": {p: names[p] for p in (*people, *left_out)}, "rater": judge, "design": design, "k": k,
        "holdout": float(holdout) if design in DYNAMIC else 0.0, "start_rounds": int(start_rounds), "max_gap": float(max_gap),
        "repeats": float(repeats), "max_repeats": int(max_repeats), "dimensions": named, "excluded": excluded,
        "left_out": left_out, "seed": int(seed), "given": given,
    }  # fmt: skip
    name = as_text(session) if session is not None else None
    content = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    facts["session"] = name or f"{judge}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    return PairingSettings(**facts)


def read_people(items: Any, labels: Mapping[str, str] | None) -> tuple[tuple[str, ...], dict[str, str]]:
    """Ids, sorted, and display names, from a list of ids, a Series, a People, or a frame with ``ratee`` (or that index)."""
    found: dict[str, str] = {}
    if isinstance(items, People):
        items, found = items.ids, dict(items.labels)
    elif isinstance(items, pd.DataFrame):
        column = next((c for c in ("ratee", "person") if c in items.columns), None)
        ids = items[column] if column else items.index
        if "label" in items.columns:
            found = {str(as_text(i)): str(as_text(v)) for i, v in zip(ids, items["label"], strict=True) if as_text(v)}
        items = list(ids)
    elif isinstance(items, str):
        raise SettingsError("E-SETTING", name="items", value=items, allowed="a list of ids")
    texts = [as_text(i) for i in items]
    problems = [Problem("E-BLANK", row, "items") for row, t in enumerate(texts, 1) if t is None]
    ids_read = [t for t in texts if t is not None]
    problems += [Problem("E-DUPPERSON", details={"name": i}) for i in dict.fromkeys(i for i in ids_read if ids_read.count(i) > 1)]
    problems += [Problem("E-ID", details={"a": a, "b": b}) for a, b in zero_padded_twins(set(ids_read))]
    if problems:
        raise PeopleError(problems, n_rows=len(texts))
    named = {str(as_text(i)): str(as_text(v)) for i, v in (labels or {}).items() if as_text(v)}
    return tuple(sorted(ids_read)), {i: named.get(i, found.get(i, i)) for i in ids_read}


def read_dimensions(dimensions: Sequence[str] | str) -> tuple[str, ...]:
    """Names of the dimensions, in the order they are asked."""
    named = [_one("dimensions", d) for d in ([dimensions] if isinstance(dimensions, str) else dimensions)] or [OVERALL]
    if len(set(named)) < len(named):
        raise SettingsError("E-SETTING", name="dimensions", value=named, allowed="each name once")
    return tuple(named)


def read_pairs(name: str, pairs: Iterable[tuple[str, str]], people: set[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of known people, each in sorted order and once, sorted."""
    read = set()
    for pair in pairs:
        both = [as_text(p) for p in pair] if not isinstance(pair, str) else []
        if len(both) != 2:
            raise SettingsError("E-SETTING", name=name, value=str(pair), allowed="pairs of ids, such as ('e1', 'e2')")
        unknown = [str(p) for p in both if p not in people]
        if unknown:
            raise SettingsError("E-NOTITEM", name=name, who=unknown)
        if both[0] == both[1]:
            raise SettingsError([Problem("E-SELFPAIR", details={"name": both[0]})])
        read.add(tuple(sorted(str(p) for p in both)))
    return tuple(sorted((a, b) for a, b in read))


def _given(pairs: Any, people: tuple[str, ...], dimensions: tuple[str, ...]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Pairs of each dimension; one list serves all of them."""
    if isinstance(pairs, Mapping):
        by_dimension = {str(as_text(d)): list(v) for d, v in pairs.items()}
    else:
        listed = list(pairs)
        by_dimension = dict.fromkeys(dimensions, listed)
    if set(by_dimension) != set(dimensions):
        raise SettingsError("E-SETTING", name="pairs", value=list(by_dimension), allowed=list(dimensions))
    given = {d: read_pairs("pairs", by_dimension[d], set(people)) for d in dimensions}
    if not any(given.values()):
        raise SettingsError("E-NOPAIRS")
    return given


def choose_degree(n: int, k: int | None, design: str, max_repeats: int = 1) -> int:
    """Comparisons of each person; the usual number, as far as it is possible, where none is asked for."""
    if design == "complete":
        return n - 1
    exact = design in ("random_regular", "cyclic")
    if k is None:
        k = min(USUAL, n - 1)
        return k - 1 if exact and n * k % 2 else k
    check_number("k", k, 1, None, whole=True)
    check_degree(n, int(k), even_total=exact, times=max_repeats if design in DYNAMIC else 1)
    return int(k)


def refuse_split(people: tuple[str, ...], excluded: tuple[tuple[str, str], ...], labels: Mapping[str, str]) -> None:
    """Refuse exclusions that leave groups nobody can compare, not even through others."""
    n = len(people)
    codes = pair_codes(excluded, {p: i for i, p in enumerate(people)})
    first, second = np.triu_indices(n, 1)
    keep = ~np.isin(first * n + second, codes.min(axis=1) * n + codes.max(axis=1)) if len(codes) else np.ones(len(first), dtype=np.bool_)
    part = components(first[keep], second[keep], n)
    if part.max() > 0:
        groups = [", ".join(labels.get(people[i], people[i]) for i in np.flatnonzero(part == g)) for g in range(int(part.max()) + 1)]
        raise IdentificationError("E-EXCLUDED", groups=" | ".join(groups))


def refuse_lonely(people: tuple[str, ...], excluded: tuple[tuple[str, str], ...], k: int, labels: Mapping[str, str]) -> None:
    """Refuse more comparisons a person than exclusions leave partners."""
    partners = dict.fromkeys(people, len(people) - 1)
    for pair in excluded:
        for person in pair:
            partners[person] -= 1
    few = [f"{labels.get(p, p)} ({c})" for p, c in partners.items() if c < k]
    if few:
        raise SettingsError("E-PARTNERS", k=k, who=few, most=min(partners.values()))


def check_choice(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Refuse a word that is not among the possible ones."""
    if value not in allowed:
        raise SettingsError("E-SETTING", name=name, value=value, allowed=[repr(a) for a in allowed])


def check_number(name: str, value: Any, least: float, most: float | None, *, whole: bool = False) -> None:
    """Refuse a number outside its range."""
    fine = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    fine = fine and (not whole or float(value).is_integer()) and least <= value <= (np.inf if most is None else most)
    if not fine:
        kind = "whole numbers" if whole else "numbers"
        raise SettingsError("E-SETTING", name=name, value=value, allowed=f"{kind} {least:g} – {'…' if most is None else f'{most:g}'}")


def _one(name: str, value: Any) -> str:
    """Read a single id or name."""
    text = as_text(value)
    if text is None:
        raise SettingsError("E-SETTING", name=name, value=value, allowed="a name")
    return text
