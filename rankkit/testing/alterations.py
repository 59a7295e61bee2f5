"""Altered tables: the same judgements in another order, under other names, turned round, moved, doubled, thinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

import numpy as np
import pandas as pd

from rankkit.tables.comparisons import Comparisons
from rankkit.tables.incidents import Incidents
from rankkit.tables.judgements import Judgements
from rankkit.tables.narratives import Narratives
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings
from rankkit.testing import altered_rankings, altered_texts
from rankkit.testing.trial import Trial

J = TypeVar("J", bound=Judgements)
PERSON_COLUMNS = ("rater", "ratee", "left", "right", "winner", "loser", "author")
_SWAPPED = {"left": "right", "right": "left", "winner": "loser", "loser": "winner"}


def plain(table: Judgements) -> pd.DataFrame:
    """Return the table as a user would hold it: a frame of numbers and text, no categories."""
    frame = table.frame
    categories = [c for c in frame.columns if isinstance(frame[c].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(categories, "object"))


def rebuilt(table: J, frame: pd.DataFrame, *, scale: tuple[float, float] | None = None, names: Mapping[str, str] | None = None) -> J:
    """Validate a frame into a table of the same kind, with the scale and the notes of the first one."""
    made: Judgements
    if isinstance(table, Ratings):
        scale = scale or table.scale
        made = Ratings.averaged(frame, scale=scale) if table.averaged_over else Ratings.from_frame(frame, scale=scale)
        return cast("J", replace(made, notes=table.notes))
    made = type(table).from_frame(frame)
    if isinstance(made, Narratives) and isinstance(table, Narratives):
        made = altered_texts.attached(table, made, names)
    kept = (Comparisons, Rankings, Incidents, Narratives)
    return cast("J", replace(made, notes=table.notes) if isinstance(made, kept) else made)


def shuffled(table: J, seed: int | None) -> J:
    """Put the rows in another order: at random, or from last to first if there is no seed."""
    n = len(table)
    order = np.arange(n)[::-1] if seed is None else np.random.default_rng(seed).permutation(n)
    return rebuilt(table, plain(table).iloc[order].reset_index(drop=True))


def everyone(table: Judgements) -> list[str]:
    """Return ids of all people and raters, sorted."""
    return sorted({*table.people, *getattr(table, "raters", ())})


def renamed(table: J, names: Mapping[str, str]) -> J:
    """Give people and raters other ids; display names that were ids change with them."""
    frame = plain(table)
    columns = [c for c in PERSON_COLUMNS if c in frame.columns]
    return rebuilt(table, frame.assign(**{c: frame[c].map(names) for c in columns}), names=names)


def backwards(table: Judgements) -> dict[str, str]:
    """Return new ids that sort the other way round."""
    ids = everyone(table)
    return {name: f"id{len(ids) - k:06d}x" for k, name in enumerate(ids)}


def at_random(table: Judgements, seed: int) -> dict[str, str]:
    """Return new ids in random order."""
    ids = everyone(table)
    return {name: f"w{k:06d}x" for name, k in zip(ids, np.random.default_rng(seed).permutation(len(ids)), strict=True)}


def scale_of(trial: Trial) -> tuple[float, float] | None:
    """Return the scale of ratings: the table's, the method's, or none declared."""
    table = trial.table
    declared = getattr(trial.reader, "scale", None)
    if not isinstance(table, Ratings):
        return None
    return table.scale or (declared if isinstance(declared, tuple) else None)


def reversed_judgements(trial: Trial) -> Judgements | None:
    """Turn judgements round: low for high, loser for winner; ``None`` where that has no meaning."""
    table = trial.table
    frame = plain(table)
    if isinstance(table, Ratings):
        low, high = scale_of(trial) or (np.nanmin(table.score), np.nanmax(table.score))
        return rebuilt(table, frame.assign(score=low + high - table.score))
    if isinstance(table, Comparisons):
        if table.sided:
            return rebuilt(table, frame.assign(outcome=frame["outcome"].replace(_SWAPPED)))
        return rebuilt(
            table,
            frame.rename(
                columns={c: "_".join([_SWAPPED[c.split("_")[0]], *c.split("_")[1:]]) for c in frame.columns if c.split("_")[0] in _SWAPPED}
            ),
        )
    if isinstance(table, Incidents):
        return rebuilt(table, altered_texts.reversed_incidents(frame))
    if isinstance(table, Rankings) and altered_rankings.mirrors(trial.result if trial.through is None else trial.through.fit(table)):
        turned = altered_rankings.turned(table, frame)
        return None if turned is None else rebuilt(table, turned)
    return None


def moved(trial: Trial, constant: float) -> Trial | None:
    """Add a constant to every rating and to the scale; ``None`` for tables of another kind, and for points that mean something."""
    table = trial.table
    if not isinstance(table, Ratings) or getattr(trial.reader, "fixed_scale", False):
        return None
    scale = None if table.scale is None else (table.scale[0] + constant, table.scale[1] + constant)
    changed = replace(trial, table=rebuilt(table, plain(table).assign(score=table.score + constant), scale=scale))
    declared = getattr(trial.reader, "scale", None)
    if isinstance(declared, tuple):
        changed = changed.with_reader(scale=(declared[0] + constant, declared[1] + constant))
    return changed


def doubled(table: J) -> J | None:
    """Let the same raters say everything a second time; ``None`` where raters are unknown."""
    frame = plain(table)
    if isinstance(table, Ratings):
        if table.averaged_over:
            return None
        before = frame["occasion"].astype(str) if "occasion" in frame else pd.Series("first", index=frame.index)
        return rebuilt(table, pd.concat([frame.assign(occasion=before), frame.assign(occasion=before + " again")], ignore_index=True))
    if isinstance(table, Comparisons):
        return rebuilt(table, pd.concat([frame, frame], ignore_index=True))
    return rebuilt(table, altered_rankings.repeated(frame)) if isinstance(table, Rankings) else None


def improved(trial: Trial, person: str) -> Judgements | None:
    """Judge one person as well as can be, the others as before; ``None`` where that has no meaning."""
    table = trial.table
    frame = plain(table)
    if isinstance(table, Ratings):
        top = (scale_of(trial) or (0.0, float(np.nanmax(table.score))))[1]
        return rebuilt(table, frame.assign(score=np.where((frame["ratee"] == person) & frame["score"].notna(), top, frame["score"])))
    if isinstance(table, Comparisons):
        first, second = ("left", "right") if table.sided else ("winner", "loser")
        if table.sided:
            decided = frame["outcome"] != "skip"
            outcome = frame["outcome"].mask(decided & (frame[first] == person), "left").mask(decided & (frame[second] == person), "right")
            return rebuilt(table, frame.assign(outcome=outcome))
        lost = frame[second] == person
        turned = frame.rename(
            columns={c: "_".join([_SWAPPED[c.split("_")[0]], *c.split("_")[1:]]) for c in frame.columns if c.split("_")[0] in _SWAPPED}
        )
        return rebuilt(table, pd.concat([frame[~lost], turned[lost]], ignore_index=True)[list(frame.columns)])
    if isinstance(table, Incidents):
        return rebuilt(table, altered_texts.improved_incidents(frame, person))
    return rebuilt(table, altered_rankings.promoted(table, frame, person)) if isinstance(table, Rankings) else None


def thinned(table: J, share: float, seed: int) -> J:
    """Lose a share of the rows at random."""
    frame = plain(table)
    return rebuilt(table, frame.sample(frac=1 - share, random_state=seed).reset_index(drop=True))


def with_unjudged(table: J, person: str) -> J | None:
    """Add somebody who is in the table without any judgement: a blank rating, a skipped pair."""
    frame = plain(table)
    if isinstance(table, Ratings):
        blank: dict[str, object] = {"ratee": person, "score": np.nan}
    elif isinstance(table, Comparisons):
        blank = {"left": person, "outcome": "skip"} if table.sided else {"winner": person, "count": 0.0}
    elif isinstance(table, Rankings):
        blank = altered_rankings.silent(person)
    else:
        return None
    labels = [c for c in frame.columns if c.endswith("_label") or c in ("pick", "end", "forced")]
    extra = frame.iloc[[0]].drop(columns=labels).assign(**blank)  # type: ignore[arg-type]
    return rebuilt(table, pd.concat([frame, extra], ignore_index=True))


def small_tables(table: Judgements) -> dict[str, pd.DataFrame]:
    """Return frames too small or too even to rank anyone."""
    frame = plain(table)
    raters = getattr(table, "raters", ())
    out = {"one rater": frame[frame["rater"] == raters[0]]} if raters and "rater" in frame else {}
    if isinstance(table, Ratings):
        value = float(table.score[~np.isnan(table.score)][0])
        out |= {
            "one person": frame[frame["ratee"] == table.people[0]],
            "all scores equal": frame.assign(score=frame["score"].where(frame["score"].isna(), value)),
        }
    elif isinstance(table, Comparisons):
        first, second = ("left", "right") if table.sided else ("winner", "loser")
        out["one pair"] = frame[(frame[first] == frame[first].iloc[0]) & (frame[second] == frame[second].iloc[0])]
        out["all even"] = (
            pd.concat([frame, frame.rename(columns=_SWAPPED)], ignore_index=True) if not table.sided else frame.assign(outcome="tie")
        )
    elif isinstance(table, Rankings):
        out |= {
            "one person": frame[frame["ratee"] == table.people[0]],
            "all ranks equal": altered_rankings.without_picks(frame).assign(rank=1.0),
        }
    return {name: part.reset_index(drop=True) for name, part in out.items()}
