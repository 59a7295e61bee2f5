"""What one audience may read of a result or a comparison: the one place where rows, columns and words are withheld."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
import pandas as pd

from rankkit.errors import DisclosureError, Lang, Problem
from rankkit.privacy.audience import OWN, Audience, visible
from rankkit.privacy.released import Released, clear
from rankkit.report import terms, terms_of_words, words
from rankkit.report.dimension_labels import under_labels
from rankkit.report.identities import LABEL_COLUMNS, PERSON_COLUMNS, Identities

if TYPE_CHECKING:
    from rankkit.comparing import MethodComparison
    from rankkit.result import Result

_BRIEF = ("grades",)  # tables that stand beside scores wherever these are printed
_OWN_TABLES = ("grades", "probabilities", "changes")  # tables a person sees the own row of
_OWN_HIDES = ("across", "across_label", "difference", "se", "tie")  # columns that tell about somebody else
_OWN_NOTES = frozenset(
    {
        "I-NESTED",
        "I-ONERATER",
        "I-NORATERS",
        "I-ASSUMED",
        "I-ADJUSTED",
        "I-ASSUMETEAMS",
        "I-INCOMPLETE",
        "I-OCCASIONS",
        "I-JUDGES",
        "I-NOJUDGES",
        "I-JACKKNIFE",
        "I-NOPROB",
        "I-TOPDOWN",
        "I-RANKPRIOR",
        "I-COUNTED",
        "E-ONE",
        "I-SIMULATED",
        "I-CONFIDENTIAL",
    }
)
_OWN_REASONS = ("I-SHOWNASRANGE", "I-WITHOUTSMALL", "S-SUPPRESSED", "S-UNDISCLOSED")  # they say nothing about anybody else
_OWN_SETTINGS = ("adjust", "assume", "scale", "weights", "level", "shares", "rankkit", "simulated", "ties", "penalty")
_RESEARCH_SETTINGS = (*_OWN_SETTINGS, "data", "rows", "seed", "from", "order_effect", "judges", "solver", "seat_ties", "reliability")
_RESEARCH_WORDS = frozenset(
    {
        "status",
        "grade",
        "coefficient",
        "assumes",
        "dimension",
        "facet",
        "method",
        "method_a",
        "method_b",
        "candidates",
        "metric",
        "model",
        "test",
        "first_end",
        "term",
        "code",
        "level",
        "unit_kind",
        "effect_name",
        "family",
        "value",
        "setting",
        "form",
        "kind",
        "statistic",
    }
)
_RESEARCH_PLOTS = ("forest", "boundary", "bump", "before_after", "quasi", "growth")


@dataclass(frozen=True, kw_only=True)
class View:
    """One subject as one audience reads it; tables keep their column names, words are in the language asked for.

    It is made of a :class:`~rankkit.privacy.Released` and of nothing else: a writer that takes a ``View`` cannot be handed
    anything that was not cleared.
    """

    released: Released[Any]
    audience: Audience
    lang: Lang
    title: str
    sentence: str
    methods: tuple[str, ...]
    dimension_names: tuple[str, ...] = ()
    unit: str = "none"
    se_basis: str = "none"
    level: float = 0.95
    n_people: int = 0
    n_scored: int = 0
    n_raters: int | None = None
    n_obs: int | None = None
    simulated: bool = False
    scores: pd.DataFrame | None = None
    dimensions: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    findings: pd.DataFrame | None = None
    messages: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["code", "text", "fix"]))
    design_words: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    drawn: Any = None  # the subject pictures are made of, already without names for research; None for a ratee
    identities: Identities | None = None  # who must not be recognisable

    def __post_init__(self) -> None:
        if not isinstance(self.released, Released) or self.released.audience != self.audience:
            raise DisclosureError("E-UNCLEARED")

    def may_draw(self, kind: str) -> bool:
        """Tell whether this audience may see a kind of picture."""
        return self.drawn is not None and (self.audience != "research" or kind in _RESEARCH_PLOTS)


def is_comparison(subject: Any) -> TypeGuard[MethodComparison]:
    """Tell a comparison of methods from a result."""
    return hasattr(subject, "results") and hasattr(subject, "agreement")


def view(
    subject: Any,
    audience: Audience,
    lang: Lang,
    ratee: str | None = None,
    key: bytes | None = None,
    *,
    brief: bool = False,
    team: Sequence[str] | None = None,
    use: str | None = None,
) -> View:
    """Cut a result or a comparison of methods to what an audience may read; ``brief`` leaves out tables that take time.

    Without ``key`` the pseudonyms of a research file cannot be linked to those of another file or guessed from the ids.

    Raises
    ------
    DisclosureError
        If the audience is a ratee or a manager and nobody says which.
    """
    key = secrets.token_bytes(32) if key is None else key
    released = clear(subject, audience, ratee=ratee, team=team, use=use)
    if is_comparison(released.subject):
        return _of_comparison(released, lang, key)
    return _of_result(released, lang, key, brief=brief)


def _of_result(released: Released[Result], lang: Lang, key: bytes, *, brief: bool) -> View:
    result, audience, own = under_labels(released.subject), released.audience, _own(released, released.subject.people)
    who = Identities.of([result], key)
    scores = _scores(result, released, lang, who)
    parts = {d: _scores(p, released, lang, who) for d, p in result.parts.items() if own is None or set(own) & set(p.people)}
    dimensions = pd.concat(parts, names=["dimension"]).swaplevel() if parts else None
    known = result.n_raters[result.n_raters >= 0]
    facts = result.design.facts if result.design is not None else {}
    raters = facts.get("raters", facts.get("judges"))
    obs = result.n_obs[result.n_obs >= 0]
    return View(
        released=released,
        audience=audience,
        lang=lang,
        title=words.method(result.method, result.title, lang),
        sentence=words.method_sentence(result.method, lang),
        methods=(words.method(result.method, result.title, lang),),
        dimension_names=tuple(result.parts),
        unit=result.unit,
        se_basis=result.se_basis,
        level=result.level,
        n_people=len(result.people),
        n_scored=len(result.estimated_ids),
        n_raters=int(raters)
        if raters
        else int(known.max())
        if len(known) == len(result.people) and len(known) and (known == known[0]).all()
        else None,
        n_obs=int(obs.sum())
        if len(obs) and "judges" not in facts and "comparisons" not in facts
        else int(facts["comparisons"])
        if "comparisons" in facts
        else None,
        simulated=is_simulated(result),
        scores=_by_rank(scores),
        dimensions=dimensions,
        tables=terms_of_words.headed(_tables(_tables_of(result, brief=brief), audience, own, who, result.labels)),
        findings=_findings(result, audience, who),
        messages=_messages(result.notes, audience, lang, who),
        design_words=_design_words(result, audience, lang, who),
        settings=_settings({**result.settings, "card": getattr(result, "card", None), **result.provenance}, audience, lang, who),
        drawn=None if audience in OWN else who.hide(result) if audience == "research" else result,
        identities=who,
    )


def _of_comparison(released: Released[MethodComparison], lang: Lang, key: bytes) -> View:
    subject, audience, ratee = released.subject, released.audience, released.ratee
    results = dict(subject.results)
    who = Identities.of(results.values(), key)
    shown = {name: r for name, r in results.items() if ratee is None or ratee in r.people}
    if not shown:
        next(iter(results.values())).release(audience, ratee)  # explains that nobody goes by this id
    frames = {name: _by_rank(_scores(r, released, lang, who)) for name, r in shown.items()}
    people = {p for r in results.values() for p in r.people}
    labels = {p: label for r in results.values() for p, label in r.labels.items()}
    own = _own(released, sorted(people))
    tables = {} if own is not None else dict(subject.tables())
    scores = pd.concat(frames, names=["method"]).swaplevel() if own is not None else None
    return View(
        released=released,
        audience=audience,
        lang=lang,
        title=words.say("comparison", lang),
        sentence=words.say("comparison_sentence", lang),
        methods=tuple(results),
        level=subject.level,
        n_people=len(people),
        n_scored=len({p for r in results.values() for p in r.estimated_ids}),
        simulated=any(is_simulated(r) for r in results.values()),
        scores=scores,
        tables=_tables(tables, audience, own, who, labels) | ({} if own is not None else frames),
        messages=_comparison_messages(subject, results, audience, lang, who),
        settings=tuple(
            (f"{name}: {k}", v) for name, r in results.items() for k, v in _settings({**r.settings, **r.provenance}, audience, lang, who)
        ),
        drawn=None if audience in OWN else who.hide(subject) if audience == "research" else subject,
        identities=who,
    )


def _tables_of(result: Result, *, brief: bool) -> dict[str, pd.DataFrame]:
    """Collect the extra tables of a method, the reliability and the facts of the design."""
    kept = result.tables()
    tables = {name: kept[name] for name in kept if not brief or name in _BRIEF}
    tables = {name: t for name, t in tables.items() if t is not None and len(t)}
    if not brief and len(result.reliability):
        tables["reliability"] = result.reliability
    if result.design is not None:
        facts = result.design.summary.rename_axis("setting")
        tables["design"] = facts.assign(value=[int(v) if isinstance(v, float) and v.is_integer() else v for v in facts["value"]]).astype(
            object
        )
    return tables


def is_simulated(result: Result) -> bool:
    """Tell whether the data were simulated."""
    return bool(result.provenance.get("simulated")) or any(n.code == "I-SIMULATED" for n in result.notes)


def _own(released: Released[Any], people: Iterable[str]) -> tuple[str, ...] | None:
    """People the audience reads about by name; ``None`` for everybody."""
    return visible(released.audience, people, released.ratee, released.team or ())


def _scores(result: Result, released: Released[Any], lang: Lang, who: Identities) -> pd.DataFrame:
    """Return the scores an audience may see, with reasons in the language of the report and without names."""
    audience = released.audience
    open_to = audience in ("committee", "hr")
    if audience == "manager":
        plain = result.release(audience, team=released.team or ())
    else:
        plain = result.release("committee" if audience == "research" else audience, released.ratee)
    reasons = dict(zip(result.people, result.reasons, strict=True))
    shown = [reasons[p] for p in plain.index]
    words_of = [r if r is None or open_to or r.code in _OWN_REASONS else who.hide_in_problem(r, lang) for r in shown]
    plain = plain.assign(status_reason=["" if r is None else r.message(lang) for r in words_of])
    if audience == "research":
        return plain.drop(columns="label").rename(index=who.replacement).sort_index()  # the order of ids would give them away
    return plain


def _by_rank(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("rank", kind="stable", na_position="last")


def _tables(
    tables: Mapping[str, pd.DataFrame], audience: Audience, people: tuple[str, ...] | None, who: Identities, labels: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    if people is not None:
        own = {name: tables[name] for name in _OWN_TABLES if name in tables and "ratee" in tables[name].index.names}
        cut = {
            name: t.loc[t.index.get_level_values("ratee").isin(people)].drop(columns=[c for c in _OWN_HIDES if c in t.columns])
            for name, t in own.items()
        }
        return {name: t for name, t in cut.items() if len(t)}
    if audience == "research":
        return {name: without_names(t, who) for name, t in tables.items()}
    return {name: _with_labels(t, labels) for name, t in tables.items()}


def _with_labels(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Add display names to a table of people that has none."""
    if "ratee" not in frame.index.names or "label" in frame.columns:
        return frame
    out = frame.copy()
    out.insert(0, "label", [labels.get(p, p) for p in frame.index.get_level_values("ratee")])
    return out


def without_names(frame: pd.DataFrame, who: Identities) -> pd.DataFrame:
    """Keep numbers, pseudonyms and the words known to be harmless; drop every other text."""
    kept = [c for c in frame.columns if c not in LABEL_COLUMNS and (_is_number(frame[c]) or c in PERSON_COLUMNS or c in _RESEARCH_WORDS)]
    kept = [c for c in kept if not who.mentioned_in(str(c)) or c in terms.COLUMNS]
    out = who.hide_in_frame(frame[kept])
    for k, name in enumerate(kept):
        if not _is_number(frame[name]):
            out.isetitem(k, np.array([*(who.veil(v, person=name in PERSON_COLUMNS) for v in out.iloc[:, k]), None], dtype=object)[:-1])
    return _without_names_in_index(out, who)


def _without_names_in_index(frame: pd.DataFrame, who: Identities) -> pd.DataFrame:
    """Keep an index of pseudonyms, harmless words or numbers; any other is dropped."""
    if not isinstance(frame.index, pd.MultiIndex) and frame.index.name is None:
        return frame.reset_index(drop=True)
    if not all(n in PERSON_COLUMNS or n in _RESEARCH_WORDS for n in frame.index.names):
        return frame.reset_index(drop=True)
    levels = [[who.veil(v, person=n in PERSON_COLUMNS) for v in frame.index.get_level_values(k)] for k, n in enumerate(frame.index.names)]
    names = list(frame.index.names)
    out = frame.set_axis(pd.MultiIndex.from_arrays(levels, names=names) if len(levels) > 1 else pd.Index(levels[0], name=names[0]))
    return out.sort_index(level="ratee", sort_remaining=False, kind="stable") if "ratee" in names else out


def _is_number(column: Any) -> bool:
    return isinstance(column, pd.Series) and (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype))


def _findings(result: Result, audience: Audience, who: Identities) -> pd.DataFrame | None:
    if audience in OWN:
        return None
    frame = result.findings
    if not len(frame):
        return None
    if audience == "research":
        return without_names(frame, who)
    return frame.assign(unit_id=frame["unit_id"].replace("all", "(all)")).rename(columns={"n": "n_seen"})


def _messages(notes: tuple[Problem, ...], audience: Audience, lang: Lang, who: Identities) -> pd.DataFrame:
    if audience in OWN:
        notes = tuple(n for n in notes if n.code in _OWN_NOTES)
    if audience in OWN or audience == "research":
        notes = tuple(who.hide_in_problem(n, lang) for n in notes)
    rows = dict.fromkeys((n.code, n.note(lang), n.fix(lang)) for n in notes if n.code != "I-SIMULATED")  # the banner says it
    return pd.DataFrame(list(rows), columns=["code", "text", "fix"], dtype=object)


def _comparison_messages(
    subject: MethodComparison, results: Mapping[str, Result], audience: Audience, lang: Lang, who: Identities
) -> pd.DataFrame:
    frames = [_messages(subject.notes, audience, lang, who)]
    for name, result in results.items():
        frame = _messages(result.notes, audience, lang, who)
        frames.append(frame.assign(text=[f"{name}{'：' if lang == 'zh' else ': '}{t}" for t in frame["text"]]))
    return pd.concat(frames, ignore_index=True)


def _design_words(result: Result, audience: Audience, lang: Lang, who: Identities) -> tuple[str, ...]:
    """Say what the design leaves open, leaving out what the messages say already."""
    if result.design is None or audience in OWN:
        return ()
    notes = [n for n in result.design.notes if n not in result.notes]
    if audience == "research":
        notes = [who.hide_in_problem(n, lang) for n in notes]
    return tuple(n.text(lang) for n in notes)


def _settings(entries: Mapping[str, Any], audience: Audience, lang: Lang, who: Identities) -> tuple[tuple[str, str], ...]:
    allowed = {"ratee": _OWN_SETTINGS, "manager": _OWN_SETTINGS, "research": _RESEARCH_SETTINGS}.get(audience)
    rows = []
    for name, value in entries.items():
        if value is None or (allowed is not None and name not in allowed):
            continue
        if f"{name}={value}" in terms.VALUES:  # the same word may mean another thing in another setting
            rows.append((terms.setting(name, lang), terms.word(f"{name}={value}", lang)))
            continue
        rows.append((terms.setting(name, lang), _in_words(value, lang, None if allowed is None or name in ("data", "rankkit") else who)))
    return tuple(rows)


def _in_words(value: Any, lang: Lang, who: Identities | None) -> str:
    """Write a setting; names are taken out if ``who`` is given."""
    if isinstance(value, Mapping):
        return "; ".join(f"{_in_words(k, lang, who)} {_in_words(v, lang, who)}" for k, v in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(_in_words(v, lang, who) for v in value)
    if isinstance(value, float):
        return f"{value:g}"
    text = terms.word(str(value), lang)
    return text if who is None else who.scrub(text)
