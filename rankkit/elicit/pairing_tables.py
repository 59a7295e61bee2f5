"""Answers of pairing sessions as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rankkit.elicit.pairing_settings import PairingSettings, check_choice
from rankkit.elicit.pairing_state import PairingState
from rankkit.errors import SessionError
from rankkit.tables.comparisons import Comparisons

_COLUMNS = ["rater", "left", "right", "outcome", "dimension", "left_label", "right_label", "seq", "design", "session", "response_ms"]


def answers_frame(s: PairingSettings, state: PairingState, withdrawn: str) -> pd.DataFrame:
    """Answers that hold, one a row, in order; those about withdrawn people kept or dropped."""
    check_choice("withdrawn", withdrawn, ("keep", "drop"))
    rows = [
        (s.rater, a.left, a.right, a.outcome, a.dimension, s.labels[a.left], s.labels[a.right], t, a.kind, s.session, a.response_ms)
        for t, a in enumerate(state.answers, 1)
        if withdrawn == "keep" or not {a.left, a.right} & {*state.withdrawn}
    ]
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"seq": np.int64, "response_ms": np.float64})


def comparisons_of(frames: Sequence[pd.DataFrame], name: str) -> Comparisons:
    """Validate the answers of one or more sessions; ``E-NOANSWERS`` if none was decided."""
    filled = [f for f in frames if len(f)]
    if not any((f["outcome"] != "skip").any() for f in filled):
        raise SessionError("E-NOANSWERS")
    return Comparisons.from_frame(pd.concat(filled, ignore_index=True), source_name=name)
