from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import archive
from rankkit.design_audit import audit, of_ratings
from rankkit.errors import DataError, RatingsError


def _ratings(pairs: str, **columns: Any) -> pd.DataFrame:
    """Ratings from words like ``m1a m1b``: rater m1 rates a."""
    words = pairs.split()
    return pd.DataFrame({"rater": [w[:2] for w in words], "ratee": [w[2:] for w in words], "score": 3.0}).assign(**columns)


@pytest.mark.parametrize(
    ("pairs", "kind", "codes"),
    [
        ("m1a m1b m2a m2b", "crossed", []),
        ("m1a m1b m2b m2c m3c m3a", "partially_crossed", []),
        ("m1a m1b m2c m2d", "nested", ["I-NESTED"]),
        ("m1a m2b m3c", "nested", ["I-NESTED"]),
        ("m1a m1b m2a m2b m3c m3d m4c m4d", "disconnected", ["W-DISCONN"]),
        ("m1a m1b m1c", "one_rater", ["I-ONERATER"]),
        ("m1a", "one_rater", ["I-ONERATER"]),
    ],
)
def test_kinds(pairs: str, kind: str, codes: list[str]) -> None:
    found = audit(_ratings(pairs))
    assert found.kind == kind
    assert [n.code for n in found.notes if n.code != "I-ARTICULATION"] == codes
    assert list(found.not_identified.columns) == ["code", "text", "fix"]
    assert len(found.in_words("zh")) == len(found.notes)


def test_groups_are_named() -> None:
    frame = _ratings("m1a m1b m1c m2a m2b m3d m3e m4d m4e", ratee_label=["王", "李", "张", "王", "李", "赵", "钱", "赵", "钱"])
    found = audit(frame)
    assert found.components == (("a", "b", "c"), ("d", "e"))
    assert found.rater_components == (("m1", "m2"), ("m3", "m4"))
    text = next(n for n in found.notes if n.code == "W-DISCONN").text("en")
    assert "{王, 李, 张} / {赵, 钱} share no rater" in text
    assert found.facts["components"] == 2


def test_many_large_groups_are_cut_short() -> None:
    frame = pd.concat([_ratings(" ".join(f"{r}{g}{k}" for r in (f"{g}1", f"{g}2") for k in range(6))) for g in "abcdef"])
    text = audit(frame).in_words("en")[0]
    assert "/ … 6" in text
    assert "{a0, a1, a2, a3, … 6}" in text


def test_articulation() -> None:
    found = audit(_ratings("m1a m1b m2a m2b m2c m3c m3d m4c m4d"))
    assert found.kind == "partially_crossed"
    bridge = audit(_ratings("m1a m1b m1c m2c m2d m2e"))
    assert bridge.articulation == ("c",)
    assert [n.code for n in bridge.notes] == ["I-ARTICULATION"]
    assert "only c connect" in bridge.in_words("en")[0]


def test_facts_and_links() -> None:
    found = audit(_ratings("m1a m1b m2b m2c"))
    assert found.facts["people"] == 3
    assert found.facts["raters"] == 2
    assert found.facts["fill rate"] == pytest.approx(4 / 6)
    assert found.facts["fewest raters per person"] == 1
    assert found.facts["harmonic mean raters per person"] == pytest.approx(3 / (1 + 0.5 + 1))
    assert found.links[["rater", "ratee", "n"]].to_numpy().tolist() == [["m1", "a", 1], ["m1", "b", 1], ["m2", "b", 1], ["m2", "c", 1]]
    assert found.summary.loc["design", "value"] == "partially_crossed"
    assert "partially_crossed" in repr(found)


def test_blank_scores_link_nobody() -> None:
    frame = _ratings("m1a m1b m2c m2d m1c", score=[3, 3, 3, 3, np.nan])
    assert audit(frame).kind == "nested"


def test_self_ratings_link_nobody() -> None:
    frame = _ratings("m1aa m1bb m2cc m2dd aaaa cccc")
    frame["source"] = ["supervisor"] * 4 + ["self"] * 2
    found = audit(frame)
    assert found.kind == "nested"
    assert len(found.links) == 4
    only_self = audit(frame[frame["source"] == "self"])
    assert only_self.facts["people"] == 2


def test_some_rows_only() -> None:
    table = rk.Ratings.from_frame(_ratings("m1a m1b m2b m2c m2a m1c"))
    assert of_ratings(table).kind == "crossed"
    assert of_ratings(table, table.rater == 0).kind == "one_rater"


def test_averaged() -> None:
    found = audit(rk.Ratings.averaged(pd.DataFrame({"ratee": ["a", "b"], "score": [1, 2]})))
    assert (found.kind, found.components, [n.code for n in found.notes]) == ("averaged", (("a", "b"),), ["I-NORATERS"])


def _pairs(words: str, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame([{"winner": w[0], "loser": w[1]} for w in words.split()]).assign(**columns)


@pytest.mark.parametrize(
    ("words", "kind"), [("ab bc ca", "complete"), ("ab bc", "connected"), ("ab cd", "disconnected"), ("ab ba", "complete")]
)
def test_comparisons(words: str, kind: str) -> None:
    found = audit(_pairs(words))
    assert found.kind == kind
    assert [n.code for n in found.notes] == (["E-DISC"] if kind == "disconnected" else [])


def test_comparisons_name_the_groups() -> None:
    found = audit(_pairs("ab ba cd"))
    assert found.components == (("a", "b"), ("c", "d"))
    assert "{a, b} / {c, d}: never compared with each other" in found.in_words("en")[0]
    assert found.facts["comparisons"] == 3
    assert found.facts["pairs compared"] == 2


def test_skips_and_zero_counts_compare_nobody() -> None:
    frame = pd.DataFrame({"left": list("abc"), "right": list("bcd"), "outcome": ["left", "skip", "tie"]})
    found = audit(frame)
    assert found.kind == "disconnected"
    assert found.facts["comparisons"] == 2
    assert audit(_pairs("ab bc", count=[1, 0])).kind == "disconnected"


def test_rankings_link_through_people() -> None:
    frame = pd.DataFrame({"rater": list("jjkk"), "ratee": list("abab"), "rank": [1, 2, 2, 1]})
    assert audit(frame).kind == "crossed"
    assert audit(rk.Rankings.from_frame(frame.assign(ratee=list("abcd")))).kind == "nested"


def test_who_was_not_shown_links_nobody() -> None:
    frame = pd.DataFrame({"rater": list("jjkkk"), "ratee": list("abcda"), "rank": [1, 2, 2, 1, np.nan]})
    assert audit(frame.assign(status=["", "", "", "", "not_presented"])).kind == "nested"
    assert audit(frame).kind == "partially_crossed"  # shown and left over is a judgement


def test_bad_tables() -> None:
    with pytest.raises(DataError) as caught:
        audit([1, 2])  # type: ignore[arg-type]
    assert caught.value.code == "E-TYPE"
    with pytest.raises(RatingsError):
        audit(pd.DataFrame({"x": [1]}))


def test_row_order_and_labels_change_nothing() -> None:
    frame = _ratings("m1a m1b m2b m2c m3c m3d m4e m5e")
    found = audit(frame)
    other = audit(frame.sample(frac=1, random_state=3))
    assert (other.kind, other.components, other.articulation, other.facts) == (
        found.kind,
        found.components,
        found.articulation,
        found.facts,
    )
    pd.testing.assert_frame_equal(other.links, found.links)


def test_archive() -> None:
    found = audit(_ratings("m1a m1b m2a m2b m3c m3d m4c m4d"))
    again = archive.loads(archive.dumps(found))
    assert (again.kind, again.components, again.facts, again.notes, again.labels) == (
        found.kind,
        found.components,
        found.facts,
        found.notes,
        found.labels,
    )
    pd.testing.assert_frame_equal(again.links, found.links)


def test_audit_takes_frames_of_other_engines_and_files(tmp_path) -> None:
    import polars as pl

    frame = pd.DataFrame({"rater": ["m1", "m1", "m2"], "ratee": ["a", "b", "c"], "score": [3, 4, 5]})
    frame.to_csv(tmp_path / "r.csv", index=False)
    for given in (pl.from_pandas(frame), tmp_path / "r.csv"):
        assert rk.audit(given).kind == "nested"
    with pytest.raises(DataError):
        rk.audit(rk.People.from_frame(pd.DataFrame({"person": ["a"]})))
