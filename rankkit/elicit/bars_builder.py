"""BARSBuilder: a behaviourally anchored rating scale built step by step, each step kept in a file."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from rankkit.elicit import bars_anchors, bars_audit, bars_editing, bars_forms, bars_item_bank
from rankkit.elicit.bars_anchors import Anchoring, Anchors
from rankkit.elicit.bars_item_bank import ItemBank, Selection
from rankkit.elicit.bars_procedure import BARSProcedure
from rankkit.elicit.bars_state import BarsState
from rankkit.elicit.event_log import EventLog
from rankkit.errors import Problem, SessionError, SettingsError
from rankkit.methods.bars_card import ScaleCard
from rankkit.tables.text_language import Tokenizer, tokens


class BARSBuilder(BARSProcedure):
    """Build a behaviourally anchored rating scale as Smith & Kendall (1963) did; make it with :meth:`start` or :meth:`open`.

    Group A defines dimensions; group B (or A) writes critical incidents; an editor rewords them to expectations; an independent
    group C sorts them back into the dimensions (retranslation); C or D places them on the scale; incidents judges agree on are
    kept, and the best placed become anchors; a pilot tries the scale. Every step is an event in an append-only log that can be
    opened again, in another session and by another program. Incidents may be added and judged at any time, so that gaps can be
    filled; undoing is an event too.

    Judges who wrote incidents or defined dimensions may not judge incidents (``E-SAMEJUDGES``); ``allow_overlap=True`` lets them,
    and the card says so for good.

    Do not expect better psychometrics of it: reviews found small and inconsistent advantages of such scales over plain ones
    (Schwab, Heneman & DeCotiis 1975; Landy & Farr 1980; Jacobs, Kafry & Zedeck 1980; Kingstrom & Bass 1981). What they give is a
    frame raters share, and reasons that can be defended.

    References
    ----------
    Smith & Kendall (1963), Journal of Applied Psychology 47, 149-155. Flanagan (1954), Psychological Bulletin 51, 327-358.

    Examples
    --------
    >>> import rankkit as rk
    >>> made = rk.simulate.retranslation(seed=1)
    >>> builder = rk.BARSBuilder.start(None, title="Service desk")
    >>> builder.add_dimensions(made.dimensions, judges=made.definers)
    >>> builder.add_incidents(made.incidents)
    >>> builder.add_retranslation(made.retranslation)
    >>> builder.add_scaling(made.scaling)
    >>> builder.card().names
    ('knowledge', 'attitude', 'problem_solving', 'communication')
    """

    def __init__(self, log: EventLog, state: BarsState) -> None:
        super().__init__(log, state)
        self._bank: tuple[BarsState, ItemBank] | None = None

    def form(self, judge: str, step: Literal["retranslation", "scaling"] = "retranslation") -> pd.DataFrame:
        """Return a judge's form: the incidents still to be judged, shuffled for this judge.

        Parameters
        ----------
        judge : str
            Id.
        step : {"retranslation", "scaling"}
            The form for scaling names the dimension each incident came to and leaves out those that came to none.

        Returns
        -------
        DataFrame
            ``order, incident, text, judge`` and an empty column to fill in: ``dimension_chosen`` or ``effectiveness``.
        """
        return bars_forms.form(self._state, self.bank, str(judge), step)

    def editing(self, threshold: float = bars_editing.DUPLICATE, tokenizer: Tokenizer = tokens) -> pd.DataFrame:
        """List what to edit: ``incident, what, other, similarity, text``; see :func:`~rankkit.elicit.bars_editing.editing_table`."""
        if not 0 < threshold <= 1:
            raise SettingsError("E-SETTING", name="threshold", value=threshold, allowed="above 0, up to 1")
        return bars_editing.editing_table({i: self._state.incidents[i] for i in self._state.in_hand}, threshold, tokenizer)

    @property
    def levels(self) -> pd.DataFrame:
        """Good, average and bad incidents of each dimension in hand: ``bad, average, good, unknown``."""
        state = self._state
        return bars_editing.levels_table({i: state.incidents[i] for i in state.in_hand}, state.names, state.scale)

    @property
    def selection(self) -> Selection:
        """How incidents are kept."""
        return Selection(**self._state.selection)

    @property
    def anchoring(self) -> Anchoring:
        """How anchors are chosen."""
        return Anchoring(**self._state.anchoring)

    @property
    def bank(self) -> ItemBank:
        """Statistics of all incidents."""
        if self._bank is None or self._bank[0] is not self._state:
            self._bank = (self._state, bars_item_bank.item_bank(self._state, self.selection))
        return self._bank[1]

    @property
    def items(self) -> pd.DataFrame:
        """The item bank, one incident a row; columns as :attr:`ScaleCard.items`."""
        return self.bank.items.copy(deep=False)

    @property
    def judges(self) -> pd.DataFrame:
        """Who did what: ``judge, role, group, defined, wrote, retranslated, scaled, overlap``."""
        return bars_audit.judges(self._state)

    @property
    def pilot(self) -> pd.DataFrame:
        """What the pilot showed, by dimension: ``marks, raters, ratees, mean, sd, at_ends, on_anchors, icc, icc_low, icc_high``."""
        return bars_audit.pilot(self._state, self._anchors().anchors)

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What to keep in mind as things stand."""
        return self._notes(self._anchors())

    @property
    def messages(self) -> pd.DataFrame:
        """Notes: ``code, text, fix``."""
        return pd.DataFrame([(n.code, n.note(), n.fix()) for n in self.notes], columns=["code", "text", "fix"])

    def _anchors(self) -> Anchors:
        return bars_anchors.choose(self.bank, self._state, self.anchoring)

    def _notes(self, anchors: Anchors) -> tuple[Problem, ...]:
        state = self._state
        levels = bars_editing.unbalanced(self.levels, {d["dimension"]: d["label"] for d in state.dimensions})
        judged = bool(state.choices and state.placings)
        untried = [Problem("W-NOPILOT")] if judged and not state.pilot else []
        return (*levels, *bars_item_bank.bank_notes(self.bank, state, self.selection), *(anchors.notes if judged else ()), *untried)

    def card(self) -> ScaleCard:
        """Return the scale as it stands; a draft until a pilot was run.

        Raises
        ------
        SessionError
            ``E-STEPBEFORE`` before incidents were retranslated and scaled, ``E-NOANCHORS`` if none is left.
        """
        state = self._state
        if not (state.choices and state.placings):
            raise SessionError("E-STEPBEFORE", step="card", before=state.step, waiting=state.step)
        found, bank = self._anchors(), self.bank
        if not len(found.anchors):
            stages = bank.items["stage"].value_counts()
            why = [f"{stage} {stages[stage]}" for stage in bars_item_bank.STAGES if stage in stages]
            raise SessionError("E-NOANCHORS", why=why)
        dimensions = pd.DataFrame(list(state.dimensions)).merge(bank.dimensions, on="dimension", how="left")
        return ScaleCard(
            title=state.title,
            scale=state.scale,
            dimensions=dimensions,
            anchors=found.anchors,
            gaps=found.gaps,
            overlaps=found.overlaps,
            items=bank.items,
            funnel=bars_item_bank.funnel(bank.items, state.names, list(found.anchors["incident"])),
            confusion=bank.confusion,
            differences=bank.differences,
            judges=self.judges,
            settings={
                **self.selection.facts(), **self.anchoring.facts(), "sd_cut_used": self.selection.cut(state.scale),
                "kappa": float(bank.dimensions["kappa"].iloc[-1]) if len(bank.dimensions) else np.nan,
            },
            notes=self._notes(found),
            draft=not state.pilot,
        )  # fmt: skip

    def __repr__(self) -> str:
        state = self._state
        counts = (
            f"{len(state.names)} dimensions, {len(state.in_hand)} incidents in hand, {len(state.choices)} + {len(state.placings)} judges"
        )
        return f"<BARSBuilder: {counts}; next: {self.step}>"
