"""The steps of building a behaviourally anchored rating scale, each written to a log before the next is taken."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import pandas as pd

from rankkit.elicit import bars_anchors, bars_intake, bars_item_bank
from rankkit.elicit.bars_anchors import Anchoring
from rankkit.elicit.bars_item_bank import Selection
from rankkit.elicit.bars_state import BarsState, apply, fold
from rankkit.elicit.event_log import EventLog
from rankkit.errors import SessionError
from rankkit.tables import score_checks
from rankkit.tables.incident_judgements import IncidentJudgements

KIND = "bars"


class BARSProcedure:
    """The procedure of Smith & Kendall (1963) as steps of a session; :class:`~rankkit.BARSBuilder` adds what comes of them."""

    def __init__(self, log: EventLog, state: BarsState) -> None:
        self.log = log
        self._state = state

    @classmethod
    def start(
        cls, path: str | os.PathLike[str] | None = None, *, title: str = "", scale: tuple[float, float] = (1.0, 7.0), seed: int = 0
    ) -> Self:
        """Begin a scale.

        Parameters
        ----------
        path : path-like, optional
            File of the log (``.jsonl``); in memory by default.
        title : str
            What the scale is for.
        scale : (float, float)
            Lowest and highest point of effectiveness; 1 to 7 or 1 to 9 are usual.
        seed : int
            Of the order of incidents on judges' forms.

        Returns
        -------
        BARSProcedure
            Of the class it is called on.

        Raises
        ------
        SettingsError
            ``E-SETTING`` for an impossible scale.
        SessionError
            ``E-LOGTHERE`` if the file already holds a scale: open it instead.
        """
        low, high = score_checks.possible(scale) or (1.0, 7.0)
        log = EventLog.open(path, kind=KIND, header={"title": str(title)})
        if len(log):
            log.close()
            raise SessionError("E-LOGTHERE", path=str(path))
        event = {"event": "start", "title": str(title), "scale": [float(low), float(high)], "seed": int(seed)}
        state = apply(None, event)
        log.append(event)
        return cls(log, state)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Go on with a scale kept in a file.

        Raises
        ------
        ReadingError, SessionError
            As :meth:`rankkit.elicit.EventLog.open`; ``E-LOGSTEP`` if its steps do not fit together.
        """
        log = EventLog.open(path, kind=KIND)
        return cls(log, fold(log.events))

    @property
    def state(self) -> BarsState:
        """Everything said so far."""
        return self._state

    @property
    def step(self) -> str:
        """What waits to be done: ``dimensions, incidents, retranslation, scaling, pilot`` or ``done``."""
        return self._state.step

    def add_dimensions(self, frame: pd.DataFrame, judges: Sequence[str] = (), *, columns: Mapping[str, str] | None = None) -> None:
        """Step 1: what is to be rated, defined by group A.

        Parameters
        ----------
        frame : DataFrame
            ``dimension``, ``definition``, and what ``high``, ``acceptable`` and ``low`` mean on it; perhaps ``label``. Five to twelve
            dimensions are usual.
        judges : sequence of str
            Who defined them.
        columns : mapping, optional
            Our column name to the frame's own: ``{"dimension": "维度"}``.

        Raises
        ------
        DataError
            For missing or blank columns.
        SessionError
            ``E-STEPAFTER`` once incidents were judged.
        """
        self._step(
            {
                "event": "dimensions",
                "dimensions": bars_intake.dimensions(bars_intake.renamed(frame, columns)),
                "judges": sorted(map(str, judges)),
            }
        )

    def add_incidents(self, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, allow_overlap: bool = False) -> None:
        """Step 2: critical incidents, written by group B (or A); more can be added at any time.

        Parameters
        ----------
        frame : DataFrame
            ``incident, dimension, situation, behaviour, result, author`` and ``effectiveness`` (the writer's own view), as
            ``CriticalIncidents.to_bars`` gives them; ``text`` where it is edited already.
        columns : mapping, optional
            Our column name to the frame's own: ``{"dimension": "维度"}``.
        allow_overlap : bool
            Let authors in who have judged incidents before; recorded.

        Raises
        ------
        DataError
            For missing columns, blank cells, unknown dimensions, values off the scale.
        SessionError
            ``E-INCIDENTTWICE, E-SAMEJUDGES, E-STEPBEFORE``.
        """
        if not self._state.dimensions:
            raise SessionError("E-STEPBEFORE", step="incidents", before="dimensions", waiting=self.step)
        rows = bars_intake.incidents(bars_intake.renamed(frame, columns), self._state)
        self._step({"event": "incidents", "incidents": rows, "allow_overlap": bool(allow_overlap)})

    def edit(self, texts: Mapping[str, str] | None = None, drop: Mapping[str, str] | None = None, *, editor: str = "") -> None:
        """Step 3: reword incidents to expectations ("could be expected to …"), one behaviour each, and drop duplicates.

        Parameters
        ----------
        texts : mapping, optional
            Incident to new text.
        drop : mapping, optional
            Incident to reason (``"duplicate of s031"``).
        editor : str
            Who did it, for the record.

        Raises
        ------
        SessionError
            ``E-UNKNOWNINCIDENT``; ``E-ALREADYJUDGED`` for texts judges have seen.
        """
        changed = {str(i): str(t) for i, t in (texts or {}).items()}
        dropped = {str(i): {"reason": str(r)} for i, r in (drop or {}).items()}
        self._step({"event": "edit", "texts": changed, "drop": dropped, "editor": str(editor)})

    def add_retranslation(
        self, judgements: pd.DataFrame | IncidentJudgements, *, columns: Mapping[str, str] | None = None, allow_overlap: bool = False
    ) -> None:
        """Step 4: group C says which dimension each incident shows; ten judges at least, better 20 to 30.

        Parameters
        ----------
        judgements : DataFrame or IncidentJudgements
            ``incident, judge, dimension_chosen`` (``"none"`` = none of them), perhaps ``judge_role, judge_group``. Where there is a
            column ``effectiveness`` too, the same judges scaled; it is taken by :meth:`add_scaling`.
        columns : mapping, optional
            Our column name to the frame's own: ``{"dimension": "维度"}``.
        allow_overlap : bool
            Let judges in who wrote incidents or defined dimensions; recorded.

        Raises
        ------
        DataError
            For unknown incidents and dimensions and other problems of the table.
        SessionError
            ``E-SAMEJUDGES, E-JUDGEDTWICE, E-STEPBEFORE``.
        """
        self._judged("retranslation", bars_intake.renamed(judgements, columns), allow_overlap=allow_overlap)

    def add_scaling(
        self, judgements: pd.DataFrame | IncidentJudgements, *, columns: Mapping[str, str] | None = None, allow_overlap: bool = False
    ) -> None:
        """Step 5: group C or D places each incident on the scale; ``incident, judge, effectiveness``, else as :meth:`add_retranslation`."""
        self._judged("scaling", bars_intake.renamed(judgements, columns), allow_overlap=allow_overlap)

    def select(
        self,
        *,
        threshold: float = bars_item_bank.THRESHOLD,
        threshold_on: Literal["estimate", "lower"] = "estimate",
        sd_cut: float | None = None,
        allow_reassign: bool = False,
        level: float = 0.95,
    ) -> None:
        """Step 6: which incidents are kept; see :class:`~rankkit.elicit.bars_item_bank.Selection`. Without a call the defaults hold."""
        chosen = Selection(threshold=threshold, threshold_on=threshold_on, sd_cut=sd_cut, allow_reassign=allow_reassign, level=level)
        self._step({"event": "selection", "settings": chosen.facts()})

    def assign_anchors(
        self,
        *,
        points: int = 7,
        sd_weight: float = Anchoring.sd_weight,
        disagreement_weight: float = Anchoring.disagreement_weight,
        reach: float | None = None,
        gap: float | None = None,
        chosen: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Step 6, continued: how anchors are chosen; see :class:`~rankkit.elicit.bars_anchors.Anchoring`. Defaults hold without a call."""
        by_hand = {str(k): tuple(map(str, v)) for k, v in (chosen or {}).items()}
        how = Anchoring(points=points, sd_weight=sd_weight, disagreement_weight=disagreement_weight, reach=reach, gap=gap, chosen=by_hand)
        if by_hand:  # refused before it is written
            chosen_bank = bars_item_bank.item_bank(self._state, Selection(**self._state.selection))
            bars_anchors.choose(chosen_bank, self._state, how)
        self._step({"event": "anchoring", "settings": how.facts()})

    def add_pilot(self, ratings: pd.DataFrame, *, columns: Mapping[str, str] | None = None) -> None:
        """Step 7: ratings some raters gave with the scale: ``rater, ratee, dimension, score``.

        Raises
        ------
        RatingsError
            For problems of the table, scores off the scale among them.
        """
        self._step({"event": "pilot", "ratings": bars_intake.pilot(bars_intake.renamed(ratings, columns), self._state)})

    def undo(self) -> None:
        """Take back the last step that still holds.

        Raises
        ------
        SessionError
            ``E-NOUNDO`` if there is none.
        """
        self._replayed({"event": "undo"})

    def reopen(self, step: str) -> None:
        """Take back a step and all after it: ``dimensions, incidents, edit, retranslation, scaling, selection, anchoring, pilot``."""
        self._replayed({"event": "reopen", "step": step})

    def note(self, text: str) -> None:
        """Keep a remark in the log; it changes nothing."""
        self.log.append({"event": "note", "text": str(text)})

    def _judged(self, step: Literal["retranslation", "scaling"], judgements: Any, *, allow_overlap: bool) -> None:
        judges = bars_intake.judges(judgements, self._state, step)
        self._step({"event": step, "judges": judges, "allow_overlap": bool(allow_overlap)})

    def _step(self, event: dict[str, Any]) -> None:
        """Try a step; only one that is possible gets into the log."""
        state = apply(self._state, event)
        self.log.append(event)
        self._state = state

    def _replayed(self, event: dict[str, Any]) -> None:
        """Take a step back."""
        state = fold([*self.log.events, event])
        self.log.append(event)
        self._state = state

    def close(self) -> None:
        """Give up the lock on the file; every step is in it already."""
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
