"""Every setting of paired comparison on data at the edge, and awkward ids on their way into everything others read."""

from __future__ import annotations

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from rankkit import PairedComparison, People, plot
from rankkit.errors import ConvergenceError, RankkitError
from tests.methods.edge_pairs import WIDEST, panel, rows, undefeated
from tests.report.page_checks import Page

SETTINGS = [
    {},
    {"ties": "rao_kupper"},
    {"ties": "half"},
    {"ties": "davidson"},
    {"ties": "drop"},
    {"order_effect": True},
    {"link": "probit"},
    {"link": "probit", "ties": "rao_kupper", "order_effect": True},
    {"penalty": "none"},
    {"penalty": "jeffreys", "order_effect": True, "ties": "davidson"},
    {"penalty": "gaussian"},
    {"penalty": "gaussian", "order_effect": True, "prior_sd": 0.5},
    {"judges": "model"},
    {"bootstrap": 50},
    {"solver": "choix"},
    {"standardise": True},
    {"covariates": ("x",)},
    {"covariates": ("x",), "penalty": "gaussian"},
    {"interactions": (("z", "x"),)},
]
EDGES = {
    "two people": rows([("a", "b", "left"), ("a", "b", "right"), ("b", "a", "left")]),
    "one pair, one way": rows([("a", "b", "left")]),
    "undefeated": undefeated(),
    "all tied": panel(3, 3, ties=1.0),
    "judges alike": pd.concat([panel(1, 4, seed=4, gap=0.1).assign(rater=f"j{k}") for k in range(8)]),
    "always left": panel(3, 4).assign(outcome="left"),
}


def answer(settings, frame, people):
    """A result, or None where the library refuses with a reason of its own; to give up is no answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return PairedComparison(**settings).fit(frame, people=people)
        except ConvergenceError:
            raise
        except RankkitError:
            return None


@pytest.mark.parametrize("edge", EDGES)
def test_every_setting_gives_a_number_that_stands_or_says_why_not(edge):
    frame = EDGES[edge]
    ids = sorted({*frame["left"], *frame["right"]})
    rng = np.random.default_rng(1)
    people = People.from_frame(pd.DataFrame({"person": ids, "x": rng.normal(size=len(ids))}))
    beside = frame.assign(z=rng.normal(size=len(frame)))
    answers = 0
    for settings in SETTINGS:
        found = answer(settings, beside, people)
        if found is None:
            continue
        answers += 1
        scores = found.scores
        assert np.isfinite(scores["score"]).all(), settings
        if found.se_basis == "none":  # what covariates say, not what people are
            assert {r.code for r in found.reasons if r} <= {"S-EXPLAINED", "S-PENALTY"}, settings
        else:
            assert scores["se"].between(1e-6, WIDEST).all(), settings
        assert (found.existence == "finite") == (not {"S-PENALTY", "S-PRIOR"} & {r.code for r in found.reasons if r}), settings
    assert answers > len(SETTINGS) / 3


# what others read

WEIRD = ["😀", "new\nline", "=cmd|'/c calc'!A0", "𠮷", "007", "Zoë Quill"]


def test_awkward_ids_go_everywhere_and_stay_with_those_they_belong_to(tmp_path):
    frame = panel(4, 6, names=WEIRD, seed=5).assign(rater=lambda d: "Ruth " + d["rater"])
    found = PairedComparison().fit(frame)
    assert set(found.scores.index) == {" ".join(w.split()) for w in WEIRD}
    again = type(found).from_json(found.to_json())
    pd.testing.assert_frame_equal(again.scores, found.scores)
    assert pickle.loads(pickle.dumps(found)).scores.equals(found.scores)
    assert repr(found)
    assert found._repr_html_()
    for kind in plot.kinds(found):
        assert plot.data(found, kind) is not None
    hidden = [w for w in found.people if len(w) > 1] + ["Ruth"]
    for lang in ("en", "zh"):
        for audience, ratee in (("research", None), ("ratee", "007")):
            page, book = tmp_path / "r.html", tmp_path / "r.xlsx"
            found.to_report(page, audience=audience, ratee=ratee, lang=lang)
            found.to_excel(book, audience=audience, ratee=ratee, lang=lang)
            sheets = CalamineWorkbook.from_path(str(book))
            cells = {str(c) for name in sheets.sheet_names for row in sheets.get_sheet_by_name(name).to_python() for c in row}
            texts = Page(page.read_text(encoding="utf-8")).texts
            for name in hidden:
                if name == ratee:
                    continue
                found_in = [cell for cell in (*cells, *texts) if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", cell)]
                assert found_in == [], (audience, name)
