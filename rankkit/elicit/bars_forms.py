"""Forms for judges: the incidents still to be judged, each judge's in an order of its own."""

from __future__ import annotations

from typing import Literal
from zlib import crc32

import numpy as np
import pandas as pd

from rankkit.elicit.bars_item_bank import ItemBank
from rankkit.elicit.bars_state import BarsState


def form(state: BarsState, bank: ItemBank, judge: str, step: Literal["retranslation", "scaling"]) -> pd.DataFrame:
    """Lay out a judge's form.

    Parameters
    ----------
    state : BarsState
        The scale under construction.
    bank : ItemBank
        For the dimension each incident came to.
    judge : str
        Id; the order follows from it and the seed of the scale, so a form can be printed twice.
    step : {"retranslation", "scaling"}
        For scaling, incidents stand under the dimension they came to.

    Returns
    -------
    DataFrame
        ``order, incident, text, judge`` and ``dimension_chosen`` or ``dimension, effectiveness``.
    """
    scaling = step == "scaling"
    said = (state.placings if scaling else state.choices).get(judge, {}).get("placings" if scaling else "choices", {})
    table = bank.items.set_index("incident")
    left = [i for i in state.in_hand if i not in said]
    if scaling and state.choices:
        left = [i for i in left if table.loc[i, "stage"] not in ("not_retranslated", "tied", "other_dimension", "agreement")]
    rng = np.random.default_rng([state.seed, crc32(judge.encode()), int(scaling)])
    order = [left[k] for k in rng.permutation(len(left))]
    texts = [str(state.incidents[i].get("text") or "") for i in order]
    frame = pd.DataFrame({"order": np.arange(1, len(order) + 1), "incident": order, "text": texts, "judge": judge})
    if scaling:
        return frame.assign(dimension=[str(table.loc[i, "dimension"]) for i in order], effectiveness=np.nan)
    return frame.assign(dimension_chosen="")
